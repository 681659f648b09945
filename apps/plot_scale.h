#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "apps/svg.h"

namespace malmoi::apps {

// What the plots share.

inline constexpr double kText = 11.0;
inline constexpr double kMargin = 16.0;
inline constexpr double kTop = 40.0;  ///< room for the title
inline constexpr std::string_view kGrey = "#bbb";
inline constexpr std::string_view kLight = "#e4e4e4";

/// At most six digits.
inline std::string tick_text(double value) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 6).ptr;
  return {buffer.data(), end};
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] double length() const { return high - low; }
  /// The range, or one around its only value, or 0 to 1 where there is none: its length is never 0.
  [[nodiscard]] Range widened() const {
    if (low > high) return {0.0, 1.0};
    if (low < high) return *this;
    const double room = low == 0.0 ? 0.5 : std::abs(low) / 2;
    return {low - room, high + room};
  }
};

/// Values on a stretch of the page.
struct Scale {
  Range values;
  double from = 0.0;
  double to = 1.0;

  [[nodiscard]] double operator()(double value) const {
    return from + (value - values.low) / values.length() * (to - from);
  }
};

inline double widest(std::span<const std::string> names, double size) {
  double width = 0.0;
  for (const std::string& name : names) width = std::max(width, text_width(name, size));
  return width;
}

inline void draw_title(Svg& svg, std::string_view title) {
  svg.text({kMargin, 26}, title, {.size = 14.0, .bold = true});
}

}  // namespace malmoi::apps
