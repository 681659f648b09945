#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/embeddings.h"

namespace malmoi::neural {

enum class WordModel {
  skip_gram,  ///< a word and each of its neighbours
  cbow        ///< a word from the mean of its neighbours
};

enum class WordLoss {
  negative_sampling,    ///< tell the word from others that are drawn
  hierarchical_softmax  ///< decisions along the word's path in Huffman's tree
};

struct EmbeddingOptions {
  WordModel model = WordModel::skip_gram;
  WordLoss loss = WordLoss::negative_sampling;
  std::optional<SubwordOptions> subwords = {};  ///< a word is the mean of its own vector and its parts'
  std::int32_t dimensions = 100;                ///< 1 … 4,096
  std::int32_t window = 5;                      ///< most neighbours on either side, drawn from 1 … window; ≥ 1
  std::int32_t negatives = 5;                   ///< words drawn against each word; ≥ 1
  double negative_power = 0.75;                 ///< they are drawn by occurrences to this power
  double subsample = 1e-3;  ///< words of a larger share are left out at times: kept with (√(f/s) + 1) s/f; 0: never
  std::int32_t min_count = 5;  ///< words that occur less often are left out; ≥ 1
  std::int32_t epochs = 5;     ///< ≥ 1
  double rate = 0.025;         ///< at the start; falls to 0 evenly. > 0
  std::int32_t batch = 512;  ///< words whose steps are found from the same state, at most as many as there are distinct
                             ///< ones (but 32), and with sub-words at most 64: another number is another random
                             ///< result. ≥ 1
  bool hogwild = false;      ///< threads change the same vectors without waiting for one another: quicker on several
                             ///< threads, and other bytes in every run
  std::uint64_t seed = 1;
};

struct EmbeddingFit {
  Embeddings embeddings;
  std::vector<double> losses;  ///< [epochs] mean of -ln p over a sample of its steps
};

/// Word vectors by skip-gram or CBOW.
///
/// tokens   texts as numbers of terms; a negative number is passed over
/// terms    [terms] their texts, UTF-8
/// Returns  the same bytes for every number of threads unless options.hogwild is set
/// Throws   invalid_argument: an option out of range, fewer than two words that occur min_count times; canceled
/// Cost     a text word: about 6 · window · negatives · dimensions operations
///
/// Without sub-words skip-gram takes all neighbours of a word with the word and one draw of negatives at a time: small
/// matrix products where word2vec has single rows. With them every neighbour has its own draw, as in fastText.
///
/// A batch of words finds the errors of all its steps from the same state, a part of the words each thread; then the
/// steps are applied one after the other, some columns of all vectors each thread. A vector that takes part in many
/// pairs of a batch goes no further than in `2.5 / rate` of them (`5 / rate` with sub-words): all would push it
/// the same way, and too far.
/// Source   Mikolov et al., arXiv:1301.3781 and NIPS 2013; Ji et al., arXiv:1604.04661 (negatives shared by a window);
///          Bojanowski et al., TACL 5, 2017 (sub-words)
[[nodiscard]] EmbeddingFit fit_embeddings(const TokenSequences& tokens, std::span<const std::string_view> terms,
                                          const EmbeddingOptions& options, const RunContext& context = {});

}  // namespace malmoi::neural
