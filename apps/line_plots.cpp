#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "apps/plot_scale.h"
#include "apps/plots.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

struct Frame {
  Svg::Point corner;
  Svg::Point size;
  Scale x;
  Scale y;
};

Range y_range(const LineChart& chart) {
  Range range;
  for (const Series& series : chart.series) {
    for (const auto* values : {&series.y, &series.low, &series.high}) {
      for (const double value : *values) range.include(value);
    }
  }
  if (chart.from_zero) range.include(0.0);
  range = range.widened();
  const double room = 0.04 * range.length();
  return {chart.from_zero && range.low >= 0.0 ? 0.0 : range.low - room, range.high + room};
}

double place_value(const LineChart& chart, std::size_t place) {
  return chart.x_value.empty() ? static_cast<double>(place) : chart.x_value[place];
}

Frame make_frame(const LineChart& chart, Svg::Point corner, Svg::Point size) {
  Range range;
  const std::size_t places = std::max(chart.x.size(), chart.x_value.size());
  for (std::size_t i = 0; i < places; ++i) range.include(place_value(chart, i));
  range = range.widened();
  constexpr double kRoom = 6.0;
  return {corner,
          size,
          {range, corner.x + kRoom, corner.x + size.x - kRoom},
          {y_range(chart), corner.y + size.y, corner.y}};
}

void draw_x_axis(Svg& svg, const LineChart& chart, const Frame& frame) {
  const double bottom = frame.corner.y + frame.size.y;
  const auto tick = [&](double x, std::string_view text) {
    svg.line({x, bottom}, {x, bottom + 4}, {});
    svg.text({x, bottom + 16}, text, {.size = kText, .anchor = Anchor::middle});
  };
  svg.line({frame.corner.x, bottom}, {frame.corner.x + frame.size.x, bottom}, {});
  if (!chart.x_value.empty()) {
    const int wanted = static_cast<int>(std::max(2.0, frame.size.x / 70));
    for (const double value : axis_ticks(frame.x.values.low, frame.x.values.high, wanted)) {
      tick(frame.x(value), tick_text(value));
    }
    return;
  }
  constexpr double kWidest = 90.0;
  const double room = frame.size.x / (std::min(widest(chart.x, kText), kWidest) + 10);
  const auto step = static_cast<std::size_t>(std::ceil(static_cast<double>(chart.x.size()) / std::max(room, 1.0)));
  for (std::size_t i = 0; i < chart.x.size(); i += std::max<std::size_t>(step, 1)) {
    tick(frame.x(static_cast<double>(i)), shortened(chart.x[i], kText, kWidest));
  }
}

void draw_y_axis(Svg& svg, const Frame& frame, bool with_texts) {
  const double left = frame.corner.x;
  svg.line({left, frame.corner.y}, {left, frame.corner.y + frame.size.y}, {});
  const int wanted = static_cast<int>(std::max(3.0, frame.size.y / 45));
  for (const double value : axis_ticks(frame.y.values.low, frame.y.values.high, wanted)) {
    const double y = frame.y(value);
    svg.line({left - 4, y}, {left, y}, {});
    svg.line({left, y}, {left + frame.size.x, y}, {.colour = kLight, .width = 0.5});
    if (with_texts) svg.text({left - 7, y + 4}, tick_text(value), {.size = kText, .anchor = Anchor::end});
  }
}

void draw_area(Svg& svg, const LineChart& chart, const Frame& frame, const Series& series) {
  // Each stretch without a gap is an area of its own.
  for (std::size_t begin = 0; begin < series.low.size(); ++begin) {
    if (!std::isfinite(series.low[begin])) continue;
    std::size_t end = begin;
    while (end < series.low.size() && std::isfinite(series.low[end])) ++end;
    svg.begin_path();
    for (std::size_t i = begin; i < end; ++i) svg.add({frame.x(place_value(chart, i)), frame.y(series.high[i])});
    for (std::size_t i = end; i-- > begin;) svg.add({frame.x(place_value(chart, i)), frame.y(series.low[i])});
    svg.fill_path("#999", 0.4);
    begin = end;
  }
}

struct LineStyle {
  std::string_view colour;
  std::string_view dashes;
};
// Told apart in print without colours.
constexpr std::array<LineStyle, 8> kStyles = {{{"#000", ""},
                                               {"#000", "6 3"},
                                               {"#000", "2 2"},
                                               {"#000", "8 3 2 3"},
                                               {"#888", ""},
                                               {"#888", "6 3"},
                                               {"#888", "2 2"},
                                               {"#888", "8 3 2 3"}}};

void draw_series(Svg& svg, const LineChart& chart, const Frame& frame, std::size_t index) {
  constexpr std::size_t kFewPlaces = 40;
  const Series& series = chart.series[index];
  draw_area(svg, chart, frame, series);
  const LineStyle& style = kStyles[index % kStyles.size()];
  svg.begin_path();
  for (std::size_t i = 0; i < series.y.size(); ++i) svg.add({frame.x(place_value(chart, i)), frame.y(series.y[i])});
  svg.draw_path({.colour = style.colour, .width = 1.5, .dashes = style.dashes});
  if (series.y.size() > kFewPlaces) return;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    if (!std::isfinite(series.y[i])) continue;
    svg.circle({frame.x(place_value(chart, i)), frame.y(series.y[i])}, 2.0, style.colour, 1.0);
  }
}

// One series as dots from top to bottom; the frame's y is not used.
void draw_dots(Svg& svg, const Series& series, const Frame& frame, double line) {
  const double bottom = frame.corner.y + frame.size.y;
  svg.line({frame.corner.x, bottom}, {frame.corner.x + frame.size.x, bottom}, {});
  for (const double value : axis_ticks(frame.x.values.low, frame.x.values.high, 3)) {
    svg.line({frame.x(value), frame.corner.y}, {frame.x(value), bottom}, {.colour = kLight, .width = 0.5});
    svg.line({frame.x(value), bottom}, {frame.x(value), bottom + 4}, {});
    svg.text({frame.x(value), bottom + 16}, tick_text(value), {.size = kText, .anchor = Anchor::middle});
  }
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    const double y = frame.corner.y + line * (static_cast<double>(i) + 0.5);
    svg.line({frame.corner.x, y}, {frame.corner.x + frame.size.x, y}, {.colour = kLight, .width = 0.5});
    if (!std::isfinite(series.y[i])) continue;
    if (!series.low.empty()) svg.line({frame.x(series.low[i]), y}, {frame.x(series.high[i]), y}, {});
    svg.circle({frame.x(series.y[i]), y}, 2.5, "#000", 1.0);
  }
}

void validate(const LineChart& chart) {
  const std::size_t places = std::max(chart.x.size(), chart.x_value.size());
  for (const Series& series : chart.series) {
    const bool interval = series.low.size() == series.y.size() && series.high.size() == series.y.size();
    if (series.y.size() <= places && (interval || (series.low.empty() && series.high.empty()))) continue;
    throw Error(ErrorCode::invalid_argument, concat("plot: series '", series.name, "' has ", series.y.size(),
                                                    " values, the axis ", places, " places"));
  }
}

}  // namespace

std::string plot_lines(const LineChart& chart) {
  validate(chart);
  constexpr double kLeft = 64.0;
  const Svg::Point size{520, 300};
  std::vector<std::string> names;
  for (const Series& series : chart.series) names.push_back(series.name);
  const bool legend = chart.series.size() > 1;
  const double list = legend ? std::min(widest(names, kText), 260.0) + 60 : 0.0;
  const double below = 18.0 * static_cast<double>(legend ? chart.series.size() : 0);
  Svg svg(kLeft + size.x + kMargin + list, kTop + std::max(size.y, below) + 52, chart.title);
  draw_title(svg, chart.title);
  const Frame frame = make_frame(chart, {kLeft, kTop}, size);
  draw_y_axis(svg, frame, true);
  draw_x_axis(svg, chart, frame);
  svg.text({kLeft + size.x / 2, kTop + size.y + 38}, chart.x_label, {.size = kText, .anchor = Anchor::middle});
  svg.text({16, kTop + size.y / 2}, chart.y_label, {.size = kText, .anchor = Anchor::middle, .turned = -90});
  for (std::size_t i = 0; i < chart.series.size(); ++i) draw_series(svg, chart, frame, i);
  for (std::size_t i = 0; legend && i < names.size(); ++i) {
    const double y = kTop + 10 + 18 * static_cast<double>(i);
    const LineStyle& style = kStyles[i % kStyles.size()];
    const double x = kLeft + size.x + 16;
    svg.line({x, y}, {x + 28, y}, {.colour = style.colour, .width = 1.5, .dashes = style.dashes});
    svg.text({x + 34, y + 4}, shortened(names[i], kText, 260), {.size = kText});
  }
  return std::move(svg).finish();
}

std::string plot_panels(const LineChart& chart) {
  validate(chart);
  constexpr std::size_t kColumns = 4;
  constexpr double kLeft = 56.0;
  const Svg::Point size{190, 90};
  const Svg::Point step{size.x + 46, size.y + 58};
  const std::size_t rows = (chart.series.size() + kColumns - 1) / kColumns;
  Svg svg(kLeft + step.x * kColumns, kTop + step.y * static_cast<double>(rows) + 30, chart.title);
  draw_title(svg, chart.title);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::size_t row = i / kColumns;
    const Svg::Point corner{kLeft + step.x * static_cast<double>(i % kColumns),
                            kTop + 22 + step.y * static_cast<double>(row)};
    const Frame frame = make_frame(chart, corner, size);
    svg.text({corner.x, corner.y - 6}, shortened(chart.series[i].name, kText, size.x), {.size = kText, .bold = true});
    draw_y_axis(svg, frame, i % kColumns == 0);
    draw_x_axis(svg, chart, frame);
    LineChart alone{.x = chart.x, .x_value = chart.x_value};
    alone.series.push_back(chart.series[i]);
    draw_series(svg, alone, frame, 0);
  }
  svg.text({kLeft, kTop + step.y * static_cast<double>(rows) + 18}, chart.y_label, {.size = kText});
  return std::move(svg).finish();
}

std::string plot_dots(const LineChart& chart) {
  validate(chart);
  constexpr std::size_t kColumns = 4;
  constexpr double kLine = 14.0;
  const double left = kMargin + std::min(widest(chart.x, kText), 160.0) + 8;
  const Svg::Point size{190, kLine * static_cast<double>(chart.x.size())};
  const Svg::Point step{size.x + 24, size.y + 58};
  const std::size_t rows = (chart.series.size() + kColumns - 1) / kColumns;
  Svg svg(left + step.x * kColumns, kTop + step.y * static_cast<double>(rows) + 30, chart.title);
  draw_title(svg, chart.title);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::size_t row = i / kColumns;
    const Svg::Point corner{left + step.x * static_cast<double>(i % kColumns),
                            kTop + 22 + step.y * static_cast<double>(row)};
    svg.text({corner.x, corner.y - 6}, shortened(chart.series[i].name, kText, size.x), {.size = kText, .bold = true});
    for (std::size_t place = 0; i % kColumns == 0 && place < chart.x.size(); ++place) {
      const double y = corner.y + kLine * (static_cast<double>(place) + 0.5) + 4;
      svg.text({corner.x - 8, y}, shortened(chart.x[place], kText, 160), {.size = kText, .anchor = Anchor::end});
    }
    const Frame frame{corner, size, {y_range(chart), corner.x, corner.x + size.x}, {}};
    draw_dots(svg, chart.series[i], frame, kLine);
  }
  svg.text({left, kTop + step.y * static_cast<double>(rows) + 18}, chart.y_label, {.size = kText});
  return std::move(svg).finish();
}

std::vector<double> axis_ticks(double low, double high, int wanted) {
  if (!(high > low) || !std::isfinite(high - low) || wanted < 1) return {};
  const double rough = (high - low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * 0.999) step = factor * power;
  }
  std::vector<double> ticks;
  constexpr double kRounding = 1e-9;
  const auto first = static_cast<std::int64_t>(std::ceil(low / step - kRounding));
  const auto last = static_cast<std::int64_t>(std::floor(high / step + kRounding));
  for (std::int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

}  // namespace malmoi::apps
