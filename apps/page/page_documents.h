#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/page/page_data.h"
#include "apps/workspace.h"

namespace malmoi::apps {

/// What a model says about a document.
struct DocumentView {
  /// Fills topics of the document, best first.
  std::function<std::vector<Weighted>(std::size_t row)> topics;
  /// One mark a token: its topic (and sign), for tokens by column in text order. begin and length are ignored.
  std::function<std::vector<PageSpan>(std::size_t row, std::span<const std::int32_t> columns)> marks;
};

/// Documents that could be shown.
struct DocumentPlan {
  std::span<const std::size_t> rows;         ///< the most important first
  std::span<const std::int64_t> row_ids;     ///< [rows of the model] documents of the corpus
  std::span<const std::int32_t> columns_of;  ///< [terms of the corpus] column of the model or -1
  std::size_t bytes = 0;                     ///< of JSON, for all of them
};

/// The documents that are shown, in the order of their rows.
struct ShownDocuments {
  std::vector<PageDocument> documents;
  std::vector<std::int32_t> place_of;  ///< [rows of the model]; -1: not shown
};

/// Reads the texts and marks their tokens. Long texts are cut, to 1,500 characters or, where there are many long ones,
/// to 1,000 or 700; then as many documents are taken as there is room for. Documents that are gone are passed over.
/// Tokens that overlap an earlier one (the ending of a verb, n-grams) and those the model does not have get no mark.
[[nodiscard]] ShownDocuments show_documents(Workspace& workspace, const DocumentPlan& plan, const DocumentView& view);

}  // namespace malmoi::apps
