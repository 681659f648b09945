#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "topics/inference.h"
#include "topics/topic_model.h"

namespace malmoi::topics {

/// A term of a topic with what ranks it.
struct RankedTerm {
  std::int32_t column = 0;  ///< row of φ
  double score = 0.0;
  friend bool operator==(const RankedTerm&, const RankedTerm&) = default;
};

/// The n most probable terms of a topic, best first, the lower column among equals; score = φ(w, topic). All terms
/// where there are fewer than n. Throws invalid_argument: no such topic, n < 0.
[[nodiscard]] std::vector<RankedTerm> top_terms(const TopicModel& model, Eigen::Index topic, std::int32_t n);

/// The same for every topic. [topics]
[[nodiscard]] std::vector<std::vector<RankedTerm>> top_terms(const TopicModel& model, std::int32_t n,
                                                             const RunContext& context = {});

/// How relevance weighs a term's probability in the topic against how much the topic stands out in it.
struct Relevance {
  double lambda = 0.6;  ///< 1: by φ alone; 0: by lift alone; in [0, 1]
  std::int32_t terms = 30;
};

/// The most relevant terms of a topic, best first, the lower column among equals:
/// score = λ log φ(w, k) + (1 - λ) log(φ(w, k) / p(w)). Terms with φ = 0 or p = 0 are left out.
///
/// term_shares  [terms] p(w), the share of each term among the tokens of the corpus
/// Throws       invalid_argument: no such topic, sizes that differ, λ outside of [0, 1]
/// Source       Sievert and Shirley, ILLVI workshop, 2014, equation 1
[[nodiscard]] std::vector<RankedTerm> relevant_terms(const TopicModel& model, std::span<const double> term_shares,
                                                     Eigen::Index topic, const Relevance& relevance);

/// What tells a good topic from a poor one. Counts are means over the samples, so they need not be whole.
struct TopicDiagnostics {
  double tokens = 0.0;            ///< assigned to the topic
  double share = 0.0;             ///< of all tokens
  double documents = 0.0;         ///< with at least one token of it
  double rank_1_documents = 0.0;  ///< in which no topic has more tokens (the lower topic among equals)
  double exclusivity = 0.0;  ///< mean over the top terms of φ(w, k) / Σ_j φ(w, j): 1 when no other topic has them
  double effective_terms = 0.0;  ///< 1 / Σ_w φ(w, k)²: the inverse of Simpson's index, 1 for a topic of one term
  double corpus_distance =
      0.0;                   ///< Jensen-Shannon divergence, in bits, of φ(., k) from the terms of the corpus: 0 .. 1
  double term_length = 0.0;  ///< mean length of the top terms in code points
};

/// The corpus that a model was fitted to. What it refers to must outlive it.
struct FittedCorpus {
  DocumentTopics documents;
  std::span<const std::int64_t> occurrences;     ///< [terms] tokens of each row of φ
  std::span<const std::string_view> terms = {};  ///< [terms] as text; empty: no lengths
};

/// Diagnostics of every topic, by its n top terms where they are asked for. Named after those of MALLET, with these
/// differences: exclusivity and effective terms from φ as smoothed, a symmetric distance that is finite for terms that
/// never occur, and rank-1 documents as a number, not as a share of `documents`.
///
/// Throws  invalid_argument: sizes that differ, n < 1
[[nodiscard]] std::vector<TopicDiagnostics> topic_diagnostics(const TopicModel& model, const FittedCorpus& corpus,
                                                              std::int32_t n = 20, const RunContext& context = {});

/// Topic a of one model and the topic b of another that is paired with it.
struct TopicMatch {
  std::int32_t a = 0;
  std::int32_t b = 0;
  double cosine = 0.0;  ///< of φ(., a) and φ(., b)
};

/// The one-to-one pairs of topics whose cosines have the largest sum, by ascending a; min(topics of a, topics of b) of
/// them. How alike two fits are: the mean cosine. Throws invalid_argument when the models have different terms.
/// Cost    O(terms × topics²) + O(topics³)
/// Source  Kuhn 1955; shortest augmenting paths as in Jonker and Volgenant 1987
[[nodiscard]] std::vector<TopicMatch> match_topics(const TopicModel& a, const TopicModel& b,
                                                   const RunContext& context = {});

}  // namespace malmoi::topics
