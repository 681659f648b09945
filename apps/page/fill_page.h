#pragma once

#include <string>
#include <string_view>

namespace malmoi::apps {

/// What is put into a template.
struct PageParts {
  std::string language = {};
  std::string title = {};  ///< any text
  std::string data = {};   ///< JSON as safe_in_script returns it
};

/// `page_template` with @DATA@, @TITLE@ and @LANG@ filled in wherever they stand.
[[nodiscard]] std::string fill_page(const PageParts& parts, std::string_view page_template);

/// JSON in UTF-8 with <, >, &, U+2028 and U+2029, which stand only in its texts, as \u escapes: nothing in it ends a
/// script element or starts another.
[[nodiscard]] std::string safe_in_script(std::string_view json);

}  // namespace malmoi::apps
