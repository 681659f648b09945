#pragma once

#include <string>
#include <string_view>

namespace malmoi::corpus {

/// What is taken out of a newsgroup post, so that a classifier learns from what its author wrote there: scikit-learn's
/// fetch_20newsgroups(remove=('headers', 'footers', 'quotes')), in this order. White space is that of ASCII.
struct NewsgroupRemoval {
  bool header = true;  ///< all up to the first empty line, also of \r\n; without one the whole text
  bool footer = true;  ///< from the last line that is empty or of hyphens (a signature's) on; kept if that is the first
  bool quotes = true;  ///< lines with "writes in", "writes:", "wrote:", "says:" or "said:", or that begin with
                       ///< "In article", "Quoted from", "|" or ">"
};

/// The post without these parts.
[[nodiscard]] std::string strip_newsgroup_post(std::string_view post, const NewsgroupRemoval& removal = {});

}  // namespace malmoi::corpus
