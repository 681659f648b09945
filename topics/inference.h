#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "topics/topic_model.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

struct InferenceOptions {
  std::int32_t chains = 4;   ///< independent courses of sampling that are averaged; ≥ 1
  std::int32_t sweeps = 8;   ///< of each over the tokens of a document; ≥ 1
  std::int32_t burn_in = 3;  ///< sweeps at the beginning that are not averaged; 0 .. sweeps - 1
  std::uint64_t seed = 1;
};

/// The shares of the model's topics in documents, the model being as it is: collapsed Gibbs sampling of every token's
/// topic, p(k) ∝ φ(w, k) (n(k) + α(k)), and the mean of (n(k) + α(k)) / (tokens + Σ α) over the chains' sweeps after
/// burn-in, where a token counts as p(k) rather than as its draw (Rao-Blackwell). The first topics are drawn one after
/// the other, each given those before it.
///
/// counts   [documents × terms], columns = rows of φ. Terms of another corpus that φ lacks are left out by the caller.
/// Returns  [documents × topics], rows sum to 1. An empty document gets α / Σ α. The random numbers hang on
/// options.seed
///          and the document's own counts: it gets the same shares in every batch, for every thread count, on every
///          machine.
/// Throws   invalid_argument: not counts, another number of terms, an option out of range; canceled
/// Cost     O(tokens × chains × sweeps × topics / 16); memory: the result
[[nodiscard]] DenseMatrix infer_topics(const TopicModel& model, const vectorize::DocTermMatrix& counts,
                                       const InferenceOptions& options, const RunContext& context = {});

/// The most likely topic of each token given the document's shares: argmax_k φ(w, k) share(k), the lowest k among
/// equals.
/// shares  [topics]
/// terms   rows of φ. Throws invalid_argument: another number of topics, a term outside of φ
[[nodiscard]] std::vector<std::uint16_t> token_topics(const TopicModel& model, std::span<const float> shares,
                                                      std::span<const TermId> terms);

/// Topic counts of documents in one or more states of a sampler. The counts must outlive it.
struct DocumentTopics {
  std::span<const TopicCounts> samples;  ///< ≥ 1, each [documents × topics]
  std::int32_t unit = 1;                 ///< counts of one token

  [[nodiscard]] std::size_t documents() const noexcept { return samples.empty() ? 0 : samples.front().rows(); }
};

/// Throws invalid_argument: no samples, samples of different sizes, a topic that the model lacks, unit < 1
void validate(const DocumentTopics& documents, const TopicModel& model);

/// A document's shares: (n(k) + α(k)) / (n + Σ α) averaged over the samples. [topics]
[[nodiscard]] std::vector<float> mean_shares(const DocumentTopics& documents, std::size_t row,
                                             std::span<const double> alpha);

}  // namespace malmoi::topics
