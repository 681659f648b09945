#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/page/page_data.h"
#include "corpus/base/run_context.h"
#include "topics/lda.h"

namespace malmoi::apps {

/// The terms of a model as the page needs them. The spans must outlive their use.
struct PageTermInput {
  const topics::Lda& model;
  const topics::TopicModel& phi;         ///< topics::topic_model(model)
  std::span<const std::string> terms;    ///< [terms] texts of the columns
  std::span<const std::string> words;    ///< [terms] of which names are made
  std::span<const std::int64_t> tokens;  ///< [terms] term_tokens(model): the counts that phi goes with
};

/// The most relevant terms of each topic: by column, for each λ in {0, 0.2, ... 1} the `most` terms with the highest
/// λ ln p(w | k) + (1 - λ) ln(p(w | k) / p(w)), all of them together by p(w | k); only terms with tokens in the topic.
/// Source: Sievert and Shirley 2014.
/// Returns [topics], Weighted by column with p(w | k)
[[nodiscard]] std::vector<std::vector<Weighted>> relevant_columns(const PageTermInput& input, std::size_t most,
                                                                  const RunContext& context = {});

/// How many terms a topic shows for each λ: 30, fewer where there are more than 100 topics.
[[nodiscard]] std::size_t terms_per_topic(std::size_t topics);

/// The name that a topic's terms propose, by their relevance at λ = 0.6: the same that the tables show.
/// columns  as relevant_columns gives them for the topic
[[nodiscard]] std::string propose_topic_name(const PageTermInput& input, std::span<const Weighted> columns);

/// Leaves each topic its `most` most relevant terms at λ = 0.6, in their order. Returns how many went, of all topics.
std::int64_t shorten_columns(const PageTermInput& input, std::size_t most, std::span<std::vector<Weighted>> columns);

/// The page's list of terms, and where each column stands in it.
struct PageTermList {
  std::vector<PageTerm> terms;
  std::vector<std::int32_t> place_of;  ///< [terms] of the model; -1: not in the list
};

/// All terms of the topics by their tokens, then the most frequent others as long as they take at most `bytes`.
[[nodiscard]] PageTermList list_terms(const PageTermInput& input, std::span<const std::vector<Weighted>> columns,
                                      std::size_t bytes);

}  // namespace malmoi::apps
