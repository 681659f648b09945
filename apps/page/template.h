#pragma once

#include <string_view>

namespace malmoi::apps {

/// The report page without its data: apps/page/page.html with the styles, D3 and the scripts put in while building.
/// Three places are left: @LANG@ (ko or en), @TITLE@ (escaped for HTML) and @DATA@ (JSON in which <, >, &, U+2028 and
/// U+2029 are \u escapes). The page's security policy allows just its own scripts, by their SHA-256: nothing that is
/// put into the three places can run, and nothing is loaded from outside.
[[nodiscard]] std::string_view page_template();

}  // namespace malmoi::apps
