#include "apps/plots.h"

#include <algorithm>
#include <cmath>

#include "apps/plot_scale.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

// ---- map -----------------------------------------------------------------------------------------------------------

constexpr double kMapSide = 560.0;

Scale square_scale(const Range& range, double side, bool upwards) {
  const double middle = (range.low + range.high) / 2;
  const Range values{middle - side / 2, middle + side / 2};
  constexpr double kInner = 50.0;
  return upwards ? Scale{values, kTop + kMapSide - kInner, kTop + kInner}
                 : Scale{values, kMargin + kInner, kMargin + kMapSide - kInner};
}

void draw_scale_bar(Svg& svg, double unit) {
  const std::vector<double> ticks = axis_ticks(0.0, 120.0 / unit, 2);
  const double length = ticks.empty() ? 0.0 : ticks.back();
  if (length <= 0.0) return;
  const double y = kTop + kMapSide + 18;
  svg.line({kMargin, y}, {kMargin + length * unit, y}, {.width = 2});
  svg.text({kMargin + length * unit + 8, y + 4}, concat("√JSD = ", tick_text(length)), {.size = kText});
}

// ---- matrix --------------------------------------------------------------------------------------------------------

// 1 where there is nothing.
double largest_beside_diagonal(const std::vector<std::vector<double>>& values) {
  double largest = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values[i].size(); ++j) {
      if (i != j && std::isfinite(values[i][j])) largest = std::max(largest, values[i][j]);
    }
  }
  return largest > 0.0 ? largest : 1.0;
}

std::string grey_of(double darkness) {
  const long level = std::lround(255.0 * (1.0 - std::clamp(darkness, 0.0, 1.0)));
  return concat("rgb(", level, ',', level, ',', level, ')');
}

void draw_grey_legend(Svg& svg, Svg::Point corner, double darkest) {
  constexpr int kSteps = 5;
  constexpr double kWidth = 20.0;
  for (int step = 0; step <= kSteps; ++step) {
    const double part = static_cast<double>(step) / kSteps;
    svg.rectangle({corner.x + kWidth * step, corner.y}, {kWidth, 10}, grey_of(part));
  }
  svg.text({corner.x, corner.y + 22}, "0", {.size = kText});
  const double shown = std::round(darkest * 1000.0) / 1000.0;
  svg.text({corner.x + kWidth * (kSteps + 1), corner.y + 22}, tick_text(shown), {.size = kText, .anchor = Anchor::end});
}

// ---- bars ----------------------------------------------------------------------------------------------------------

void draw_legend(Svg& svg, const BarTexts& texts, double left) {
  const auto entry = [&](double x, std::string_view colour, std::string_view text) {
    if (text.empty()) return;
    svg.rectangle({x, kTop}, {12, 12}, colour);
    svg.text({x + 18, kTop + 10}, text, {.size = kText});
  };
  entry(left, "#000", texts.value);
  entry(left + 40 + text_width(texts.value, kText), kGrey, texts.whole);
}

}  // namespace

std::string plot_map(std::string_view title, std::span<const MapDisc> discs) {
  Range xs;
  Range ys;
  double largest = 0.0;
  for (const MapDisc& disc : discs) {
    xs.include(disc.x);
    ys.include(disc.y);
    largest = std::max(largest, disc.share);
  }
  xs = discs.empty() ? Range{0.0, 1.0} : xs;
  ys = discs.empty() ? Range{0.0, 1.0} : ys;
  const double side = std::max({xs.length(), ys.length(), 1e-9});
  const Scale x = square_scale(xs, side, false);
  const Scale y = square_scale(ys, side, true);
  constexpr double kList = 300.0;
  constexpr double kLine = 15.0;
  const double height = std::max(kTop + kMapSide + 40, kTop + kLine * static_cast<double>(discs.size()) + 20);
  Svg svg(kMargin * 3 + kMapSide + kList, height, title);
  draw_title(svg, title);
  svg.line({kMargin, y((ys.low + ys.high) / 2)}, {kMargin + kMapSide, y((ys.low + ys.high) / 2)}, {.colour = kLight});
  svg.line({x((xs.low + xs.high) / 2), kTop}, {x((xs.low + xs.high) / 2), kTop + kMapSide}, {.colour = kLight});
  std::vector<const MapDisc*> order;  // small ones on top
  for (const MapDisc& disc : discs) order.push_back(&disc);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->share > b->share; });
  constexpr double kLargestRadius = 42.0;
  for (const MapDisc* disc : order) {
    const double radius = std::max(3.0, kLargestRadius * std::sqrt(largest > 0.0 ? disc->share / largest : 0.0));
    svg.circle({x(disc->x), y(disc->y)}, radius, kGrey, 0.45);
  }
  for (const MapDisc& disc : discs) {
    const std::string number = disc.name.substr(0, disc.name.find(' '));
    svg.text({x(disc.x), y(disc.y) + 4}, number, {.size = kText, .anchor = Anchor::middle, .bold = true});
  }
  for (std::size_t k = 0; k < discs.size(); ++k) {
    const double line = kTop + kLine * static_cast<double>(k) + 12;
    svg.text({kMargin * 2 + kMapSide, line}, shortened(discs[k].name, kText, kList), {.size = kText});
  }
  draw_scale_bar(svg, (x.to - x.from) / side);
  return std::move(svg).finish();
}

std::string plot_bars(const BarTexts& texts, std::span<const Bar> bars) {
  constexpr double kBar = 12.0;
  constexpr double kLine = 18.0;
  constexpr double kWidth = 420.0;
  Range range{0.0, 0.0};
  double names = 60.0;
  for (const Bar& bar : bars) {
    range.include(bar.value);
    range.include(bar.whole);
    names = std::max(names, std::min(text_width(bar.name, kText), 220.0));
  }
  range = range.low == range.high ? Range{0.0, 1.0} : range;
  const double legend = texts.value.empty() ? 0.0 : 26.0;
  const double top = kTop + legend;
  const double height = kLine * static_cast<double>(bars.size());
  Svg svg(kMargin * 2 + names + 8 + kWidth + 30, top + height + 34, texts.title);
  draw_title(svg, texts.title);
  const Scale x{range, kMargin + names + 8, kMargin + names + 8 + kWidth};
  draw_legend(svg, texts, x.from);
  for (const double value : axis_ticks(range.low, range.high, 5)) {
    svg.line({x(value), top}, {x(value), top + height}, {.colour = kLight, .width = 0.5});
    svg.text({x(value), top + height + 16}, tick_text(value), {.size = kText, .anchor = Anchor::middle});
  }
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = top + kLine * static_cast<double>(i) + 3;
    const auto draw = [&](double value, std::string_view colour) {
      svg.rectangle({std::min(x(0.0), x(value)), y}, {std::abs(x(value) - x(0.0)), kBar}, colour);
    };
    svg.text({x.from - 8, y + 10}, shortened(bars[i].name, kText, names), {.size = kText, .anchor = Anchor::end});
    if (bars[i].whole != 0.0) draw(bars[i].whole, kGrey);
    draw(bars[i].value, "#000");
  }
  svg.line({x(0.0), top}, {x(0.0), top + height}, {});
  return std::move(svg).finish();
}

std::string plot_matrix(std::string_view title, std::span<const std::string> names,
                        const std::vector<std::vector<double>>& values) {
  if (values.size() != names.size()) {
    throw Error(ErrorCode::invalid_argument,
                concat("plot_matrix: ", names.size(), " names for ", values.size(), " rows"));
  }
  const auto n = static_cast<double>(names.size());
  const double cell = std::clamp(560.0 / std::max(n, 1.0), 4.0, 26.0);
  const double font = std::min(kText, cell);
  const double left = kMargin + std::min(widest(names, font), 240.0) + 6;
  const double darkest = largest_beside_diagonal(values);
  Svg svg(left + std::max(n * cell, 200.0) + kMargin, kTop + n * cell + 64, title);
  draw_title(svg, title);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double y = kTop + static_cast<double>(i) * cell;
    const double x = left + static_cast<double>(i) * cell;
    svg.text({left - 6, y + cell / 2 + font / 3}, shortened(names[i], font, 240),
             {.size = font, .anchor = Anchor::end});
    const std::string number = names[i].substr(0, names[i].find(' '));
    const double fitting = 1.4 * cell / static_cast<double>(std::max<std::size_t>(number.size(), 1));
    svg.text({x + cell / 2, kTop + n * cell + font + 4}, number,
             {.size = std::min(font, fitting), .anchor = Anchor::middle});
    for (std::size_t j = 0; j < values[i].size(); ++j) {
      if (i == j || !std::isfinite(values[i][j])) continue;
      svg.rectangle({left + static_cast<double>(j) * cell, y}, {cell, cell}, grey_of(values[i][j] / darkest));
    }
  }
  draw_grey_legend(svg, {left, kTop + n * cell + 34}, darkest);
  for (const double edge : {0.0, n * cell}) {
    svg.line({left, kTop + edge}, {left + n * cell, kTop + edge}, {.width = 0.75});
    svg.line({left + edge, kTop}, {left + edge, kTop + n * cell}, {.width = 0.75});
  }
  return std::move(svg).finish();
}

}  // namespace malmoi::apps
