#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/workspace.h"
#include "vectorize/doc_term_matrix.h"
#include "vectorize/vocabulary.h"

namespace malmoi::apps {

/// Which documents and terms a topic model is made of. It is stored with the model.
struct TermSelection {
  std::string min_df = "5";     ///< terms in fewer documents are left out: a number, or a share such as 0.01 or 1%
  std::string max_df = "50%";   ///< terms in more documents are left out
  std::int32_t remove_top = 0;  ///< then so many of the most frequent terms are left out; ≥ 0
  std::optional<std::int32_t> max_features = {};  ///< and of the others so many are kept, the most frequent; ≥ 1
  std::string where = {};                         ///< condition on documents, as --where; empty: all
  friend bool operator==(const TermSelection&, const TermSelection&) = default;
};

/// JSON object with every field; and back, which throws corrupt_data naming the field.
[[nodiscard]] std::string to_json(const TermSelection& selection);
[[nodiscard]] TermSelection term_selection_from_json(std::string_view json);

/// Documents as counts of the terms that were selected.
struct TopicInput {
  vectorize::DocTermMatrix counts;  ///< [documents × terms]
  std::vector<std::string> terms;   ///< of the columns
  std::vector<TermId> term_ids;     ///< their numbers in the corpus; -1: the corpus does not have the term
};

/// Throws invalid_argument when no term is left; UsageError for a selection out of range.
[[nodiscard]] TopicInput select_input(Workspace& workspace, const TermSelection& selection, const RunContext& context);

/// Given documents (ids ascending; those that are gone give no row) in given terms, in their order; other terms are
/// left out.
[[nodiscard]] TopicInput input_of(Workspace& workspace, std::span<const std::int64_t> documents,
                                  std::vector<std::string> terms, const RunContext& context);

/// Numbers of terms in the corpus; -1: the corpus does not have the term.
[[nodiscard]] std::vector<TermId> term_ids_of(Workspace& workspace, std::span<const std::string> terms);

/// Column of each term of the corpus, -1 for none.
[[nodiscard]] std::vector<std::int32_t> columns_of(std::span<const TermId> term_ids, TermId terms);

/// A fingerprint of each row: its columns and counts.
[[nodiscard]] std::vector<std::int64_t> row_hashes(const vectorize::DocTermMatrix& counts);
/// Tokens of each row: the sum of its counts.
[[nodiscard]] std::vector<std::int64_t> row_tokens(const vectorize::DocTermMatrix& counts);

}  // namespace malmoi::apps
