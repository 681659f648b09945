#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/lda_model.h"
#include "apps/page/page_data.h"
#include "apps/page/trends.h"
#include "apps/workspace.h"
#include "corpus/base/run_context.h"

namespace malmoi::apps {

struct PageRequest {
  std::string corpus = {};               ///< name to be shown
  std::string model = {};                ///< name in the corpus
  std::string made = {};                 ///< time, ISO 8601
  std::string command = {};              ///< that asks for the page
  std::string language = {};             ///< ko, en, or empty: by the terms
  std::vector<Grouping> groupings = {};  ///< empty: by date and by label where the documents have them
  std::size_t documents = 1000;          ///< shown at most
  std::size_t bytes = 2'400'000;         ///< of all the data as JSON
  std::uint64_t seed = 1;                ///< of the documents that are drawn
};

/// The report page of an LDA model. Where there are more than 200 topics it has neither similarities nor intervals.
/// The same for every number of threads.
[[nodiscard]] PageData make_topic_page(Workspace& workspace, const LdaModel& model, const PageRequest& request,
                                       const RunContext& context = {});

/// Head of a page, without its figures.
[[nodiscard]] PageHead make_head(const corpus::Database& database, const PageRequest& request);

/// "ko" where at least a third of the terms have Hangul, else "en".
[[nodiscard]] std::string guess_language(std::span<const PageTerm> terms);

}  // namespace malmoi::apps
