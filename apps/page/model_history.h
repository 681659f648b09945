#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/page/page_data.h"
#include "corpus/sqlite.h"

namespace malmoi::apps {

/// The options that a stored model was made with, by name: the members of the parts "options" and "selection" of its
/// JSON. Empty ones are left out. Throws corrupt_data when it cannot be read.
[[nodiscard]] std::vector<PageOption> model_options(const corpus::Database& database, std::string_view model);

/// The command that made it, as one could type it again; empty where the corpus does not know.
[[nodiscard]] std::string model_command(const corpus::Database& database, std::string_view model);

}  // namespace malmoi::apps
