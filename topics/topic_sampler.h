#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/token_sequences.h"
#include "topics/lanes.h"
#include "topics/topic_model.h"
#include "vectorize/doc_term_matrix.h"

// What infer_topics and the held-out estimators share: Gibbs sampling of one document's topics while φ stays as it is.
namespace malmoi::topics {

/// The rows of φ for loops that read whole blocks of topics. The model must outlive it.
class TermRows {
 public:
  /// Throws invalid_argument: no topics or more than 65,535, no α for each topic, an α that is not > 0
  explicit TermRows(const TopicModel& model);

  /// At least padded() readable numbers: φ(term, 0 .. topics), then others that stand for nothing.
  [[nodiscard]] const float* row(TermId term) const noexcept {
    const auto r = static_cast<std::size_t>(term);
    return r < first_copied_ ? model_.term_given_topic.data() + r * topics()
                             : end_.data() + (r - first_copied_) * topics();
  }
  /// [padded] Ones, for terms that no topic has.
  [[nodiscard]] const float* ones() const noexcept { return ones_.data(); }
  [[nodiscard]] std::size_t topics() const noexcept { return model_.alpha.size(); }
  [[nodiscard]] std::size_t padded() const noexcept {
    return static_cast<std::size_t>(whole_lanes(static_cast<std::int32_t>(topics())));
  }
  [[nodiscard]] std::span<const double> alpha() const noexcept { return model_.alpha; }
  [[nodiscard]] double alpha_sum() const noexcept { return alpha_sum_; }

 private:
  const TopicModel& model_;
  double alpha_sum_ = 0.0;
  std::size_t first_copied_ = 0;
  std::vector<float> end_;  ///< the last rows, where a whole block would reach behind the matrix, and zeros
  std::vector<float> ones_;
};

/// The topics of a document's tokens as counts in units, and draws of one more. Sums run in an order of their own that
/// is the same on every machine: in each of the 16 lanes over the blocks, then over the lanes as a tree.
class TopicSampler {
 public:
  /// rows  must outlive it
  /// unit  units of a token of weight 1 (TokenWeights)
  explicit TopicSampler(const TermRows& rows, std::int32_t unit = 1);

  void clear();  ///< no tokens
  void add(std::uint16_t topic, std::int32_t units) { change(topic, units); }
  void remove(std::uint16_t topic, std::int32_t units) { change(topic, -units); }

  /// Draws a topic with p(k) ∝ φ(term, k) (n(k) + α(k)). Of a term that no topic has, one by n(k) + α(k) alone.
  [[nodiscard]] std::uint16_t draw(TermId term, Rng& rng);

  /// Adds weight · p(k) of the draw just made, before anything has changed. sums  [topics]
  void add_probabilities(float weight, std::span<float> sums) const;

  /// Σ_k φ(term, k) (n(k) + α(k)) in units: the probability of the term as next token, times (tokens + Σ α) · unit.
  [[nodiscard]] double total(TermId term);

  /// [topics] tokens of each topic
  [[nodiscard]] std::span<const std::int32_t> counts() const noexcept { return counts_; }

 private:
  void change(std::uint16_t topic, std::int32_t by) {
    counts_[topic] += by;
    weights_[topic] = alpha_[topic] + static_cast<float>(counts_[topic]);  // anew: steps of 1 would add up rounding
  }
  float sum_lanes(const float* row);
  [[nodiscard]] std::size_t find(float target) const;

  const TermRows* rows_;
  const float* row_ = nullptr;  ///< of the last draw
  std::vector<std::int32_t> counts_;
  std::vector<float> alpha_;      ///< units
  std::vector<float> weights_;    ///< [padded] n(k) + α(k), then zeros
  std::vector<float> sums_;       ///< [padded] of each lane up to each block
  float lanes_[kLanes + 1] = {};  ///< lanes_[i]: of the lanes before lane i
};

/// One course of Gibbs sampling through a document.
struct Chain {
  explicit Chain(const TermRows& rows, std::int32_t unit = 1) : sampler(rows, unit) {}
  void restart(const Rng& random);  ///< no tokens read

  TopicSampler sampler;
  Rng rng{0};
  std::vector<std::uint16_t> topics = {};  ///< of the tokens read so far
};

/// A token that chains read: its term, and the units that it adds.
struct ReadToken {
  TermId term = 0;
  std::int32_t units = 1;
};

/// Draws the topic of a further token in every chain.
void read_token(std::span<Chain> chains, const ReadToken& token);

/// Draws the topic of token i anew in every chain. Several chains side by side cost far less than one after the other:
/// in one, each draw waits for the counts that the draw before has changed.
/// sums  [topics], or empty: gets units · p(k) of the draws added
void redraw(std::span<Chain> chains, std::size_t i, const ReadToken& token, std::span<float> sums = {});

/// Throws invalid_argument, naming `who`: not counts, another number of terms than the model's.
void require_counts(std::string_view who, const TopicModel& model, const vectorize::DocTermMatrix& counts);

/// The tokens of a row by ascending term, each as often as it is counted.
/// Throws invalid_argument, naming `who`, for a value that is not a whole number ≥ 0.
[[nodiscard]] std::vector<TermId> tokens_of(std::string_view who, const vectorize::SparseMatrix& counts,
                                            std::size_t row);

/// The random numbers of a document: of the seed and its own tokens, so that they are the same in every batch.
[[nodiscard]] Rng document_rng(std::uint64_t seed, std::span<const TermId> tokens);

/// Puts tokens in random order (Fisher and Yates).
void shuffle(std::span<TermId> tokens, Rng& rng);

}  // namespace malmoi::topics
