#include "apps/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "apps/plots.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Every tag that is opened is closed, in order, and attributes stand in quotes: enough of XML for what we write.
bool is_well_formed(std::string_view svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string_view::npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    if (end == std::string_view::npos) return false;
    const std::string_view tag = svg.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string_view::npos) return false;
    if (tag.starts_with('?') || tag.ends_with('/')) continue;
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else {
      open.emplace_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

LineChart chart() {
  return {
      .title = "title",
      .x_label = "month",
      .y_label = "share",
      .x = {"2019-01", "2019-02", "2019-03", "2019-04"},
      .series = {{.name = "a", .y = {0.1, 0.2, 0.3, 0.4}, .low = {0.0, 0.1, 0.2, 0.3}, .high = {0.2, 0.3, 0.4, 0.5}},
                 {.name = "b", .y = {0.4, 0.3, 0.2, 0.1}}}};
}

TEST(Svg, WritesShapesWithShortNumbers) {
  Svg svg(100, 50.5, "a < b");
  svg.line({0, 1.0 / 3.0}, {10, -0.0001}, {.dashes = "4 2"});
  svg.circle({5, 5}, 2, "#bbb", 0.5);
  const std::string out = std::move(svg).finish();
  EXPECT_TRUE(
      out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
                      "width=\"100\" height=\"50.5\" viewBox=\"0 0 100 50.5\""));
  EXPECT_THAT(out, HasSubstr("<title>a &lt; b</title>"));
  EXPECT_THAT(out, HasSubstr("<line x1=\"0\" y1=\"0.33\" x2=\"10\" y2=\"0\" stroke=\"#000\" stroke-width=\"1\" "
                             "stroke-dasharray=\"4 2\"/>"));
  EXPECT_THAT(out, HasSubstr("<circle cx=\"5\" cy=\"5\" r=\"2\" fill=\"#bbb\" fill-opacity=\"0.5\""));
  EXPECT_TRUE(is_well_formed(out));
}

TEST(Svg, KeepsTextFromBeingMarkup) {
  for (const std::string text : {"</text><script>alert(1)</script>", "\" onload=\"alert(1)", "a & b", "]]>",
                                 "\x01\x1B\x7F", "\xFF\xFE", "\xEF\xBF\xBF"}) {
    Svg svg(10, 10, text);
    svg.text({1, 1}, text, {});
    const std::string out = std::move(svg).finish();
    EXPECT_TRUE(is_well_formed(out)) << out;
    EXPECT_THAT(out, Not(HasSubstr("<script")));
    EXPECT_EQ(out.find_first_of("\x01\x1B\x7F\xFF\xFE"), std::string::npos);
  }
}

TEST(Svg, CutsLinesWhereValuesAreMissing) {
  Svg svg(10, 10, "");
  svg.begin_path();
  for (const double y : {1.0, 2.0, std::nan(""), 4.0}) svg.add({y, y});
  svg.draw_path({});
  svg.begin_path();
  svg.draw_path({});  // nothing to draw
  const std::string out = std::move(svg).finish();
  EXPECT_THAT(out, HasSubstr("d=\"M1 1L2 2M4 4\""));
  EXPECT_EQ(out.find("<path", out.find("<path") + 1), std::string::npos);
}

TEST(SvgText, IsCutToAWidthWithFullWidthLettersAsTwo) {
  EXPECT_DOUBLE_EQ(text_width("영화ab", 10), 10 + 10 + 5.5 + 5.5);
  EXPECT_EQ(shortened("영화ab", 10, 31), "영화ab");
  EXPECT_EQ(shortened("영화ab", 10, 30.9), "영화…");
  EXPECT_EQ(shortened("영화", 10, 1), "…");
}

TEST(AxisTicks, AreRoundAndInside) {
  EXPECT_THAT(axis_ticks(0, 1, 5), ElementsAre(0, 0.2, 0.4, ::testing::DoubleEq(0.6), 0.8, 1));
  EXPECT_THAT(axis_ticks(-3, 7, 3), ElementsAre(0, 5));
  EXPECT_THAT(axis_ticks(95, 330, 3), ElementsAre(100, 200, 300));
  EXPECT_THAT(axis_ticks(1, 1, 3), ElementsAre());
  EXPECT_THAT(axis_ticks(0, std::numeric_limits<double>::infinity(), 3), ElementsAre());
}

TEST(Plots, AreWellFormedWithHostileAndMissingNames) {
  const std::string bad = "<&\"'>\xFF";
  const std::vector<std::string> names = {bad, "", "3 영화 · 배우"};
  LineChart lines = chart();
  lines.title = lines.x[1] = lines.series[0].name = bad;
  for (const std::string& svg :
       {plot_map(bad, std::vector<MapDisc>{{bad, 0, 0, 0.5}, {"", 1, 1, 0.5}}),
        plot_bars({bad, bad, bad}, std::vector<Bar>{{bad, 1, 2}, {"", -1, 0}}), plot_lines(lines), plot_panels(lines),
        plot_dots(lines), plot_matrix(bad, names, {{1, 0, 0}, {0, 1, 0}, {0, std::nan(""), 1}})}) {
    EXPECT_TRUE(is_well_formed(svg)) << svg;
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
  }
}

TEST(Plots, TakeNothingOneAndEqualValues) {
  EXPECT_TRUE(is_well_formed(plot_map("", {})));
  EXPECT_THAT(plot_map("", std::vector<MapDisc>{{"0", 0.5, 0.5, 0.0}}), Not(HasSubstr("nan")));
  EXPECT_TRUE(is_well_formed(plot_bars({"", "", ""}, {})));
  EXPECT_TRUE(is_well_formed(plot_lines({})));
  EXPECT_TRUE(is_well_formed(plot_panels({})));
  EXPECT_TRUE(is_well_formed(plot_dots({})));
  EXPECT_TRUE(is_well_formed(plot_matrix("", {}, {})));
  LineChart flat{.x = {"a"}, .series = {{.name = "s", .y = {0.0}}}};
  EXPECT_THAT(plot_lines(flat), Not(HasSubstr("nan")));
  flat.series[0].y = {std::nan("")};
  EXPECT_THAT(plot_lines(flat), Not(HasSubstr("nan")));
}

TEST(Plots, DrawWhatTheyAreGiven) {
  // 0.5 of the greatest area: the radius is 42 / √2.
  EXPECT_THAT(plot_map("", std::vector<MapDisc>{{"0", 0, 0, 0.2}, {"1", 1, 0, 0.1}}),
              ::testing::AllOf(HasSubstr("r=\"42\""), HasSubstr("r=\"29.7\"")));
  EXPECT_THAT(plot_matrix("", std::vector<std::string>{"a", "b", "c"}, {{1, 0.5, 0.25}, {0.5, 1, 0}, {0.25, 0, 1}}),
              ::testing::AllOf(HasSubstr("rgb(0,0,0)"), HasSubstr("rgb(128,128,128)"), HasSubstr(">0.5</text>")));
  const std::string lines = plot_lines(chart());
  EXPECT_THAT(lines, HasSubstr(">2019-01</text>"));
  EXPECT_THAT(lines, HasSubstr("stroke-dasharray=\"6 3\""));  // the second series
  EXPECT_THAT(plot_dots(chart()), ::testing::AllOf(HasSubstr(">2019-04</text>"), Not(HasSubstr("<path"))));
}

TEST(Plots, RefuseSeriesThatDoNotFitTheAxis) {
  LineChart wrong = chart();
  wrong.series[1].y.push_back(1.0);
  EXPECT_THROW((void)plot_lines(wrong), Error);
  wrong = chart();
  wrong.series[0].low.pop_back();
  EXPECT_THROW((void)plot_panels(wrong), Error);
  EXPECT_THROW((void)plot_matrix("", std::vector<std::string>{"a"}, {}), Error);
}

}  // namespace
}  // namespace malmoi::apps
