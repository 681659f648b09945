#pragma once

#include <string_view>

namespace malmoi::apps {

/// The pages without their data: apps/page/frame.html with page.html or classifier.html, the styles, D3 and the scripts
/// put in while building.
/// Three places are left: @LANG@ (ko or en), @TITLE@ (escaped for HTML) and @DATA@ (JSON in which <, >, &, U+2028 and
/// U+2029 are \u escapes). A page's security policy allows just its own scripts, by their SHA-256: nothing that is
/// put into the three places can run, and nothing is loaded from outside.
[[nodiscard]] std::string_view page_template();        ///< the report of a topic model
[[nodiscard]] std::string_view classifier_template();  ///< the evaluation of a classifier

}  // namespace malmoi::apps
