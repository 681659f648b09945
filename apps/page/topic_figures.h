#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/lda_model.h"
#include "apps/page/page_data.h"
#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "topics/topic_model.h"

namespace malmoi::apps {

/// A model with the documents that it was fitted to, as far as they are still there.
struct FittedModel {
  const LdaModel& model;
  const topics::TopicModel& phi;         ///< topics::topic_model(model.lda)
  const TokenSequences& tokens;          ///< of the corpus, in its numbering of terms
  std::span<const std::int64_t> counts;  ///< [terms of the model] tokens when it was fitted
};

/// Tokens of each term of a model in the documents.
/// term_ids  [terms of the model] numbers in the corpus, -1: not there
[[nodiscard]] std::vector<std::int64_t> count_terms_of(std::span<const TermId> term_ids, const TokenSequences& tokens,
                                                       TermId corpus_terms);

/// How good each topic is: tokens, documents, rank1, coherence (NPMI of the 10 best terms in these documents, windows
/// of 10 tokens), exclusivity, effective_terms, distance, term_length; see topics/diagnostics.h. [topics]
[[nodiscard]] std::vector<std::vector<PageFigure>> topic_figures(const FittedModel& fitted,
                                                                 const RunContext& context = {});

/// Mean of a figure over the topics.
[[nodiscard]] double mean_figure(std::span<const std::vector<PageFigure>> figures, std::string_view name);

}  // namespace malmoi::apps
