#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::apps {

// Plots for papers as SVG files. Values that are not finite leave gaps.

struct MapDisc {
  std::string name = {};
  double x = 0.0;
  double y = 0.0;
  double share = 0.0;  ///< area of the disc
};
/// Topics as discs at their places, with the scale of distances below. Names are put beside discs where they fit, the
/// number alone otherwise; all names stand in a list at the right.
[[nodiscard]] std::string plot_map(std::string_view title, std::span<const MapDisc> discs);

struct Bar {
  std::string name = {};
  double value = 0.0;  ///< black; negative values go to the left
  double whole = 0.0;  ///< behind it in grey; 0: none
};
/// Bars from top to bottom. The two texts say what black and grey mean; empty: no legend.
struct BarTexts {
  std::string_view title = {};
  std::string_view value = {};
  std::string_view whole = {};
};
[[nodiscard]] std::string plot_bars(const BarTexts& texts, std::span<const Bar> bars);

struct Series {
  std::string name = {};
  std::vector<double> y = {};    ///< one a place on the x-axis
  std::vector<double> low = {};  ///< of the interval, or empty
  std::vector<double> high = {};
};
struct LineChart {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> x = {};   ///< names of the places, evenly spaced; as many are written as there is room for
  std::vector<double> x_value = {};  ///< or numbers, on a scale; used if not empty
  std::vector<Series> series = {};
  bool from_zero = false;  ///< the y-axis begins at 0
};
/// Lines with their intervals as grey areas; a legend where there is more than one series.
[[nodiscard]] std::string plot_lines(const LineChart& chart);

/// Lines of many series, each in a small chart of its own with the same scale, in columns.
[[nodiscard]] std::string plot_panels(const LineChart& chart);

/// The same for places without an order: each series is a small chart with a row for each place, its value as a dot and
/// its interval as a line.
[[nodiscard]] std::string plot_dots(const LineChart& chart);

/// A square matrix with the names at its sides: 0 is white, the largest value beside the diagonal black. The diagonal
/// is left out.
[[nodiscard]] std::string plot_matrix(std::string_view title, std::span<const std::string> names,
                                      const std::vector<std::vector<double>>& values);

/// Round numbers, about `wanted` of them, that lie in [low, high]: steps of 1, 2 or 5 times a power of ten.
[[nodiscard]] std::vector<double> axis_ticks(double low, double high, int wanted);

}  // namespace malmoi::apps
