#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/token_sequences.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::testing {

inline vectorize::DocTermMatrix count_matrix(const std::vector<std::vector<int>>& documents, int terms) {
  TokenSequences tokens;
  for (const std::vector<int>& document : documents) {
    tokens.row_ids.push_back(static_cast<std::int64_t>(tokens.row_ids.size()) + 1);
    tokens.terms.insert(tokens.terms.end(), document.begin(), document.end());
    tokens.offsets.push_back(tokens.terms.size());
  }
  return vectorize::count_terms(tokens, terms);
}

/// A draw from a Gamma(shape, 1), shape < 1 or any other: Marsaglia and Tsang 2000.
inline double gamma_draw(double shape, Rng& rng) {
  if (shape < 1) return gamma_draw(shape + 1, rng) * std::pow(1 - rng.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
    const double x = radius * std::cos(6.283185307179586 * rng.uniform());  // normal, by Box and Muller
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

inline std::vector<double> dirichlet_draw(const std::vector<double>& alpha, Rng& rng) {
  std::vector<double> shares;
  double sum = 0;
  for (const double a : alpha) {
    shares.push_back(gamma_draw(a, rng));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

inline int draw(const std::vector<double>& shares, Rng& rng) {
  double at = rng.uniform();
  std::size_t k = 0;
  while (k + 1 < shares.size() && at >= shares[k]) at -= shares[k++];
  return static_cast<int>(k);
}

/// Documents drawn from known topics.
struct TopicCorpus {
  std::vector<std::vector<double>> topics;  ///< [topics][terms]
  std::vector<std::vector<int>> documents;
};

struct TopicCorpusOptions {
  int topics = 5;
  int terms = 100;
  int documents = 200;
  int length = 60;
  double alpha = 0.2;
  double beta = 0.05;
  std::uint64_t seed = 1;
};

inline TopicCorpus topic_corpus(const TopicCorpusOptions& options) {
  TopicCorpus corpus;
  Rng rng(options.seed);
  for (int k = 0; k < options.topics; ++k) {
    corpus.topics.push_back(
        dirichlet_draw(std::vector<double>(static_cast<std::size_t>(options.terms), options.beta), rng));
  }
  for (int d = 0; d < options.documents; ++d) {
    const auto shares =
        dirichlet_draw(std::vector<double>(static_cast<std::size_t>(options.topics), options.alpha), rng);
    corpus.documents.emplace_back();
    for (int i = 0; i < options.length; ++i) {
      corpus.documents.back().push_back(draw(corpus.topics[static_cast<std::size_t>(draw(shares, rng))], rng));
    }
  }
  return corpus;
}

}  // namespace malmoi::testing
