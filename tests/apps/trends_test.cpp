#include "apps/page/trends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "apps/command.h"
#include "corpus/base/error.h"
#include "tests/apps/small_lda.h"

namespace malmoi::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DocumentGroups grouped(std::string_view by, const std::vector<std::string>& values) {
  return group_documents(parse_grouping(by), values);
}

TEST(DateGroups, AreTheFinestPeriodsThatAreFewEnoughWithoutGaps) {
  const DocumentGroups days = grouped("date", {"2020-02-28", "2020-03-01T10:00", "", "soon"});
  EXPECT_THAT(days.names, ElementsAre("2020-02-28", "2020-02-29", "2020-03-01"));
  EXPECT_THAT(days.group_of, ElementsAre(0, 2, -1, -1));
  EXPECT_EQ(days.left_out, 2);
  EXPECT_THAT(grouped("date", {"2019-11-05", "2020-01-20"}).names, ElementsAre("2019-11", "2019-12", "2020-01"));
  EXPECT_THAT(grouped("date", {"2001", "2003"}).names, ElementsAre("2001", "2002", "2003"));
  EXPECT_THAT(grouped("date", {"1789-04-30", "1801-01-01", "2021-01-20"}).names.front(), "1780s");
  EXPECT_THAT(grouped("date", {"", "x"}).names, IsEmpty());
}

TEST(DateGroups, ReadTheCommonFormsOfDates) {
  const DocumentGroups months =
      grouped("date:month", {"20200131", "2020.02.01", "2020/03/05 12:00", "2020-13-01", "2020"});
  EXPECT_THAT(months.names, ElementsAre("2020-01", "2020-02", "2020-03"));
  EXPECT_THAT(months.group_of, ElementsAre(0, 1, 2, -1, -1));
  EXPECT_THAT(grouped("date:quarter", {"2020-03-31", "2020-04-01"}).names, ElementsAre("2020-Q1", "2020-Q2"));
}

TEST(DateGroups, RefuseAPeriodThatMakesTooManyGroups) {
  EXPECT_THROW((void)grouped("date:day", {"2000-01-01", "2020-01-01"}), UsageError);
  EXPECT_THROW((void)parse_grouping("date:week"), UsageError);
  EXPECT_THROW((void)parse_grouping("author"), UsageError);
  EXPECT_THROW((void)parse_grouping("meta."), UsageError);
}

TEST(ValueGroups, AreOrderedAsNumbersOrByDocumentsAndTheRareOnesMerged) {
  EXPECT_THAT(grouped("label", {"10", "9", "9", ""}).names, ElementsAre("9", "10"));
  EXPECT_THAT(grouped("meta.x", {"b", "a", "b", "c"}).names, ElementsAre("b", "a", "c"));
  std::vector<std::string> values = {"often", "often"};
  for (int i = 0; i < 40; ++i) values.push_back(concat("v", i));
  const DocumentGroups many = grouped("label", values);
  EXPECT_EQ(many.names.size(), 31U);
  EXPECT_EQ(many.names.front(), "often");
  EXPECT_EQ(many.names.back(), "…");
  EXPECT_EQ(many.merged, 11);
  EXPECT_EQ(std::count(many.group_of.begin(), many.group_of.end(), 30), 11);
}

TEST(TopicTrend, IsTheMeanOverSamplesWithTheirRange) {
  // Group a: rows 0 and 1, group b: row 2, group c: nothing. In sample 1 topic 0 has 3 of 4 tokens of a, then 1 of 4.
  const DocumentGroups groups{.by = "label", .names = {"a", "b", "c"}, .group_of = {0, 0, 1, -1}, .left_out = 1};
  const std::vector<topics::TopicCounts> samples = {counts_of({{{0, 2}}, {{0, 1}, {1, 1}}, {{1, 5}}, {{0, 9}}}),
                                                    counts_of({{{0, 1}, {1, 1}}, {{1, 2}}, {{1, 5}}, {{0, 9}}})};
  const PageTrend trend = topic_trend(groups, samples, 2);
  EXPECT_THAT(trend.documents, ElementsAre(2, 1, 0));
  EXPECT_EQ(trend.share[0][0], 0.5);
  EXPECT_EQ(trend.low[0][0], 0.25);
  EXPECT_EQ(trend.high[0][0], 0.75);
  EXPECT_EQ(trend.share[1][1], 1.0);
  EXPECT_TRUE(std::isnan(trend.share[0][2]) && std::isnan(trend.low[0][2]));
  EXPECT_FALSE(trend.quantiles);
  EXPECT_EQ(trend.left_out, 1);
  EXPECT_THAT(topic_trend(groups, std::span(samples).first(1), 2).low, IsEmpty());
}

TEST(TopicTrend, TakesQuantilesOfManySamples) {
  // Topic 0 has s of 40 tokens in sample s = 0 .. 40: the 2.5 % quantile is at 1 of them, the 97.5 % one at 39.
  std::vector<topics::TopicCounts> samples;
  for (int s = 0; s <= 40; ++s) samples.push_back(counts_of({{{0, s}, {1, 40 - s}}}));
  const DocumentGroups one{.by = "label", .names = {"a"}, .group_of = {0}};
  const PageTrend trend = topic_trend(one, samples, 2, {.threads = 8});
  EXPECT_TRUE(trend.quantiles);
  EXPECT_NEAR(trend.low[0][0], 1.0 / 40, 1e-12);
  EXPECT_NEAR(trend.high[0][0], 39.0 / 40, 1e-12);
  EXPECT_EQ(topic_trend(one, samples, 2, {.threads = 1}).low, trend.low);
}

}  // namespace
}  // namespace malmoi::apps
