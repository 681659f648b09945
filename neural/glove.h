#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/skip_gram.h"
#include "neural/word_text.h"

namespace malmoi::neural {

struct GloveOptions {
  std::int32_t dimensions = 100;  ///< 1 … 4,096
  std::int32_t window = 10;       ///< neighbours on either side; ≥ 1
  std::int32_t min_count = 5;     ///< words that occur less often are left out; ≥ 1
  double most_weight = 10.0;      ///< co-occurrences from which on a pair weighs 1 ("x_max"); > 0
  double weight_power = 0.75;     ///< below, a pair of x co-occurrences weighs (x / most_weight)^power
  std::int32_t epochs = 25;       ///< ≥ 1
  double rate = 0.05;             ///< of AdaGrad; > 0
  std::uint64_t seed = 1;
};

/// How often words stand near one another: rows of a symmetric sparse matrix, columns ascending.
struct Cooccurrences {
  std::vector<std::size_t> offsets = {0};  ///< [words + 1]
  std::vector<std::int32_t> words;
  std::vector<float> counts;  ///< Σ 1 / distance
};

/// Counts neighbours at distance 1 … window within sentences. The same for every number of threads.
[[nodiscard]] Cooccurrences count_cooccurrences(const WordText& text, std::int32_t window,
                                                const RunContext& context = {});

/// Word vectors by GloVe: w(i) · v(j) + b(i) + c(j) ≈ ln x(i, j), weighted squares, by AdaGrad; a word's vector is
/// w + v. losses: [epochs] mean of ½ weight · error² over the pairs.
///
/// tokens, terms  as fit_embeddings
/// Returns  the same bytes for every number of threads
/// Throws   invalid_argument: an option out of range, fewer than two words that occur min_count times; canceled
/// Memory   20 bytes a pair of words that occur near one another
///
/// Pairs are shuffled within 16 × 16 blocks of rows and columns; in a round 16 blocks that share no word are worked on
/// at once, so that no two threads touch the same vector and nothing is ever old.
/// Source   Pennington, Socher and Manning, EMNLP 2014, with the steps of their program
[[nodiscard]] EmbeddingFit fit_glove(const TokenSequences& tokens, std::span<const std::string_view> terms,
                                     const GloveOptions& options, const RunContext& context = {});

}  // namespace malmoi::neural
