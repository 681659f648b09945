#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/page/page_data.h"
#include "apps/workspace.h"
#include "corpus/base/token_sequences.h"

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
  std::span<const std::int32_t> place_of;    ///< [terms of the model] in the page's list or -1
  const TokenSequences& tokens;              ///< of the documents, as the corpus has them
  std::size_t bytes = 0;                     ///< of JSON, for all of them
};

/// The documents that are shown, in the order of their rows.
struct ShownDocuments {
  std::vector<PageDocument> documents;
  std::vector<std::int32_t> place_of;  ///< [rows of the model]; -1: not shown
};

/// Reads the texts and marks their tokens. Where there is not room for all of every text, long ones are cut, to 20,000
/// characters or as few as 700; then as many documents are taken as there is room for. Documents that are gone are
/// passed over. Tokens that overlap an earlier one (the ending of a verb, n-grams) and those the model does not have
/// get no mark. Marks and `more` together are the terms that the corpus counts in the document.
[[nodiscard]] ShownDocuments show_documents(Workspace& workspace, const DocumentPlan& plan, const DocumentView& view);

}  // namespace malmoi::apps
