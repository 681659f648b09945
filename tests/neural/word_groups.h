#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/base/token_sequences.h"
#include "neural/embeddings.h"

namespace malmoi::neural {

/// Texts of eight words, all from one group of words: "0-3" is word 3 of group 0.
struct WordGroups {
  std::vector<std::string> words;
  TokenSequences tokens;

  [[nodiscard]] std::vector<std::string_view> terms() const { return {words.begin(), words.end()}; }
};

inline WordGroups word_groups(std::size_t groups, std::size_t words, std::size_t texts) {
  WordGroups result;
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t w = 0; w < words; ++w) result.words.push_back(concat(g, "-", w));
  }
  Rng rng(11);
  for (std::size_t t = 0; t < texts; ++t) {
    for (int i = 0; i < 8; ++i) {
      result.tokens.terms.push_back(static_cast<TermId>(t % groups * words + rng.uniform_index(words)));
    }
    result.tokens.offsets.push_back(result.tokens.terms.size());
    result.tokens.row_ids.push_back(static_cast<std::int64_t>(t));
  }
  return result;
}

/// The lowest cosine of two words of one group less the highest of words of two.
inline double group_separation(const Embeddings& embeddings) {
  double inside = 1.0;
  double outside = -1.0;
  const auto product = [&](std::int32_t a, std::int32_t b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < embeddings.vector(a).size(); ++i) {
      sum += static_cast<double>(embeddings.vector(a)[i]) * static_cast<double>(embeddings.vector(b)[i]);
    }
    return sum;
  };
  for (std::int32_t a = 0; a < embeddings.words.size(); ++a) {
    for (std::int32_t b = 0; b < a; ++b) {
      const double cosine = product(a, b) / std::sqrt(product(a, a) * product(b, b));
      double& bound = embeddings.words.at(a)[0] == embeddings.words.at(b)[0] ? inside : outside;
      bound = &bound == &inside ? std::min(inside, cosine) : std::max(outside, cosine);
    }
  }
  return inside - outside;
}

}  // namespace malmoi::neural
