#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/page/page_data.h"
#include "corpus/sqlite.h"

namespace malmoi::apps {

/// The options that a stored model was made with, named as flags are: of the fit, the weighting, the selection of terms
/// and the analysis of the corpus. Empty ones are left out. Throws corrupt_data when they cannot be read.
[[nodiscard]] std::vector<PageOption> model_options(const corpus::Database& database, std::string_view model);

/// What a corpus knows of how a model came to be; empty where it does not know.
struct ModelHistory {
  std::string
      commands;      ///< a line each, as one could type them again: of the corpus, then of the fits one upon another
  std::string data;  ///< fingerprints of what was read, in their order
};
[[nodiscard]] ModelHistory model_history(const corpus::Database& database, std::string_view model);

}  // namespace malmoi::apps
