#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "apps/topic_input.h"
#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "topics/lda.h"

namespace malmoi::apps {

struct TopicSweepOptions {
  std::vector<std::int32_t> topics;  ///< numbers of topics to try, each ≥ 2
  std::int32_t seeds = 3;            ///< fits for each: lda.seed, lda.seed + 1, ...; ≥ 1
  double held_out = 0.1;             ///< share of the documents that no fit sees; in (0, 1)
  std::int32_t top_terms = 10;       ///< of a topic, for coherence and exclusivity; ≥ 2
  topics::LdaOptions lda = {};       ///< but for topics and seed
};

/// A figure over the seeds; NaN: there is none.
struct SweepFigure {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// How good the fits with one number of topics are.
struct TopicSweepRow {
  std::int32_t topics = 0;
  SweepFigure held_out;     ///< log-likelihood a token of unseen documents, by completion; higher is better
  SweepFigure coherence;    ///< NPMI of the top terms over the corpus, mean of the topics; higher is better
  SweepFigure exclusivity;  ///< of the top terms, mean of the topics; higher is better
  SweepFigure stability;  ///< mean cosine of matched topics, of all pairs of seeds; 1: always the same; one seed: none
};

/// Fits with every number of topics and seed, and measures. texts: the documents word by word, for coherence.
/// Throws invalid_argument for options out of range or too few documents to hold some out, what fit_lda throws.
[[nodiscard]] std::vector<TopicSweepRow> sweep_topics(const TopicInput& input, const TokenSequences& texts,
                                                      const TopicSweepOptions& options, const RunContext& context);

}  // namespace malmoi::apps
