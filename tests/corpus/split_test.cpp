#include "corpus/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Labels = std::vector<std::string>;

Labels repeated(const std::vector<std::pair<std::string, int>>& counts) {
  Labels labels;
  for (const auto& [label, count] : counts) labels.insert(labels.end(), static_cast<std::size_t>(count), label);
  return labels;
}

std::map<std::string, int> counts_in(const Labels& labels, const std::vector<std::size_t>& part) {
  std::map<std::string, int> counts;
  for (const std::size_t place : part) ++counts[labels[place]];
  return counts;
}

void expect_partition(const Split& split, std::size_t documents) {
  std::set<std::size_t> seen;
  for (const auto* part : {&split.train, &split.validation, &split.test}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    seen.insert(part->begin(), part->end());
  }
  EXPECT_EQ(split.train.size() + split.validation.size() + split.test.size(), documents);
  EXPECT_EQ(seen.size(), documents);
  EXPECT_EQ(*seen.rbegin(), documents - 1);
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "nothing thrown";
}

TEST(SplitDocuments, GivesEveryClassItsShares) {
  const Labels labels = repeated({{"b", 50}, {"a", 30}, {"c", 20}});
  const Split split = split_documents(labels, {.test_share = 0.2, .validation_share = 0.1, .seed = 3});
  expect_partition(split, 100);
  EXPECT_EQ(counts_in(labels, split.test), (std::map<std::string, int>{{"a", 6}, {"b", 10}, {"c", 4}}));
  EXPECT_EQ(counts_in(labels, split.validation), (std::map<std::string, int>{{"a", 3}, {"b", 5}, {"c", 2}}));
}

// 0.25 of 7, 6 and 5 are 1.75, 1.5 and 1.25; 4 or 5 of 18 are asked for: 1 each and one more for the largest
// remainders.
TEST(SplitDocuments, GivesTheRestToTheLargestRemainders) {
  const Labels labels = repeated({{"x", 7}, {"y", 6}, {"z", 5}});
  const Split split = split_documents(labels, {.test_share = 0.25, .validation_share = 0.0});
  EXPECT_EQ(counts_in(labels, split.test), (std::map<std::string, int>{{"x", 2}, {"y", 2}, {"z", 1}}));
}

TEST(SplitDocuments, LeavesEveryClassSomethingToTrainOn) {
  const Labels labels = repeated({{"one", 1}, {"two", 2}, {"three", 3}, {"many", 30}});
  for (const bool stratified : {true, false}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const Split split =
          split_documents(labels, {.test_share = 0.5, .validation_share = 0.4, .seed = seed, .stratified = stratified});
      expect_partition(split, labels.size());
      EXPECT_EQ(counts_in(labels, split.train).size(), 4U) << seed;
      EXPECT_EQ(counts_in(labels, split.train)["one"], 1);
    }
  }
}

TEST(SplitDocuments, KeepsClassesOfOneDocumentForTraining) {
  const Labels labels = {"a", "b", "c", "d"};
  const Split split = split_documents(labels, {.test_share = 0.5, .validation_share = 0.25});
  EXPECT_THAT(split.train, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(split.test, IsEmpty());
  EXPECT_THAT(split.validation, IsEmpty());
}

TEST(SplitDocuments, DrawsWithoutRegardToClassesWhenAsked) {
  const Labels labels = repeated({{"a", 500}, {"b", 500}});
  const SplitOptions options{.test_share = 0.2, .validation_share = 0.1, .seed = 1, .stratified = false};
  std::set<int> seen;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SplitOptions own = options;
    own.seed = seed;
    const Split split = split_documents(labels, own);
    expect_partition(split, 1000);
    EXPECT_EQ(split.test.size(), 200U);
    EXPECT_EQ(split.validation.size(), 100U);
    seen.insert(counts_in(labels, split.test)["a"]);
  }
  EXPECT_GT(seen.size(), 3U);
}

TEST(SplitDocuments, IsFixedByTheSeed) {
  const Labels labels = repeated({{"a", 40}, {"b", 60}});
  const SplitOptions one{.seed = 1};
  EXPECT_EQ(split_documents(labels, one), split_documents(labels, one));
  EXPECT_NE(split_documents(labels, one), split_documents(labels, {.seed = 2}));
}

TEST(SplitDocuments, DrawsTheSameTestWhateverTheValidationShare) {
  const Labels labels = repeated({{"a", 41}, {"b", 17}, {"c", 2}});
  for (const bool stratified : {true, false}) {
    const SplitOptions none{.test_share = 0.3, .validation_share = 0.0, .seed = 5, .stratified = stratified};
    const SplitOptions half{.test_share = 0.3, .validation_share = 0.5, .seed = 5, .stratified = stratified};
    EXPECT_EQ(split_documents(labels, none).test, split_documents(labels, half).test);
  }
}

// Over many seeds every document is drawn about as often as any other: 2,000 draws of 5 in 20, σ = 19.4.
TEST(SplitDocuments, DrawsAllDocumentsAlikeOften) {
  for (const bool stratified : {true, false}) {
    const Labels labels = repeated({{"a", 8}, {"b", 12}});
    std::vector<int> drawn(20);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
      const Split split = split_documents(
          labels, {.test_share = 0.25, .validation_share = 0.0, .seed = seed, .stratified = stratified});
      for (const std::size_t place : split.test) ++drawn[place];
    }
    for (const int count : drawn) EXPECT_NEAR(count, 500, 90) << stratified;
  }
}

TEST(SplitDocuments, RefusesOddShares) {
  const Labels labels = {"a", "a"};
  EXPECT_THAT(message_of([&] { (void)split_documents(labels, {.test_share = -0.1}); }), HasSubstr("-0.1"));
  EXPECT_THAT(message_of([&] { (void)split_documents(labels, {.test_share = 0.5, .validation_share = 0.5}); }),
              HasSubstr("less than 1"));
  EXPECT_THAT(message_of([&] { (void)split_documents(labels, {.test_share = std::nan("")}); }), HasSubstr("shares"));
  EXPECT_THAT(message_of([] { (void)split_documents({}, {}); }), HasSubstr("no documents"));
}

TEST(SplitByColumn, KnowsTheUsualNames) {
  const Labels parts = {"train", "dev", "TEST", "Training", "valid", "validation", "val", "test"};
  const Split split = split_by_column(parts, Labels(8, "x"), {});
  EXPECT_THAT(split.train, ElementsAre(0, 3));
  EXPECT_THAT(split.validation, ElementsAre(1, 4, 5, 6));
  EXPECT_THAT(split.test, ElementsAre(2, 7));
}

TEST(SplitByColumn, DrawsValidationFromTrainingDocumentsAlone) {
  Labels parts(40, "train");
  for (std::size_t place = 0; place < 40; place += 2) parts[place] = "test";
  const Labels labels = repeated({{"a", 20}, {"b", 20}});
  const Split split = split_by_column(parts, labels, {.validation_share = 0.2, .seed = 2});
  expect_partition(split, 40);
  EXPECT_EQ(split.test.size(), 20U);
  EXPECT_EQ(counts_in(labels, split.validation), (std::map<std::string, int>{{"a", 2}, {"b", 2}}));
  for (const std::size_t place : split.test) EXPECT_EQ(place % 2, 0U);
  EXPECT_THAT(split_by_column(parts, labels, {.validation_share = 0.0}).validation, IsEmpty());
}

TEST(SplitByColumn, KnowsTheNamesOfItsParts) {
  for (const std::string name : {"train", "Training", "VALID", "validation", "val", "dev", "test"}) {
    EXPECT_TRUE(is_part_name(name)) << name;
  }
  for (const std::string name : {"", "tests", "t"}) EXPECT_FALSE(is_part_name(name)) << name;
  for (const std::string name : {"VALID", "validation", "val", "dev", "Test"}) EXPECT_TRUE(is_held_out_name(name));
  for (const std::string name : {"train", "Training", "", "tests"}) EXPECT_FALSE(is_held_out_name(name)) << name;
}

TEST(SplitByColumn, SaysWhatItDoesNotUnderstand) {
  const auto split = [](const Labels& parts, const Labels& labels) {
    return [=] { (void)split_by_column(parts, labels, {}); };
  };
  EXPECT_THAT(message_of(split({"train", "tset"}, {"a", "b"})), HasSubstr("document 2 has 'tset'"));
  EXPECT_THAT(message_of(split({"train", ""}, {"a", "b"})), HasSubstr("document 2 has ''"));
  EXPECT_THAT(message_of(split({"test"}, {"a"})), HasSubstr("none of 1 documents"));
  EXPECT_THAT(message_of(split({"train"}, {"a", "b"})), HasSubstr("1 names of parts for 2 documents"));
}

}  // namespace
}  // namespace malmoi::corpus
