#pragma once

#include <string>
#include <vector>

#include "apps/page/page_data.h"

namespace malmoi::apps {

struct PlotFile {
  std::string name;  ///< "map.svg"
  std::string svg;
};

/// The plots of a page for papers, in its language: map.svg, similarity.svg, terms-K.svg for each topic,
/// trend-FIELD.svg; of LSA scree.svg and terms-K.svg with both poles.
[[nodiscard]] std::vector<PlotFile> page_plots(const PageData& page);

/// Could page_plots give a file of this name?
[[nodiscard]] bool is_page_plot(std::string_view name);

}  // namespace malmoi::apps
