#include "neural/bag_features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "corpus/base/error.h"
#include "tests/neural/word_groups.h"
#include "tests/support/token_sequences.h"

namespace malmoi::neural {
namespace {

const std::vector<std::string_view> kTerms = {"a", "b", "c"};

TEST(BagFeatures, AreTheNgramsOfTheTokens) {
  const TokenSequences tokens = sequences({{0, 1, 0, 1}, {2, -1, 1}, {}});
  const BagFeatures features = fit_bag_features({&tokens, kTerms}, {.words = {1, 2}, .min_count = 1});
  EXPECT_EQ(features.size(), 5);  // a b c ab ba; nothing across the unknown token
  const vectorize::SparseMatrix rows = features.rows({&tokens, kTerms});
  EXPECT_EQ(rows.row(0).nonZeros(), 4);
  EXPECT_EQ(rows.row(0).sum(), 7.0F);  // 4 tokens and 3 pairs
  EXPECT_EQ(rows.row(1).sum(), 2.0F);
  EXPECT_EQ(rows.row(2).nonZeros(), 0);
  const BagFeatures frequent = fit_bag_features({&tokens, kTerms}, {.words = {1, 2}, .min_count = 2});
  EXPECT_EQ(frequent.size(), 3);  // a b ab
}

TEST(BagFeatures, TakeTheLogarithmOfCountsWhereItIsAskedFor) {
  const TokenSequences tokens = sequences({{0, 0, 0, 1}, {1, 1}});
  const BagFeatures features =
      fit_bag_features({&tokens, kTerms}, {.words = {1, 1}, .min_count = 1, .log_counts = true});
  const vectorize::SparseMatrix rows = features.rows({&tokens, kTerms});
  ASSERT_EQ(features.size(), 2);
  EXPECT_FLOAT_EQ(rows.row(0).sum(), 2 + std::log(3.0F));
  EXPECT_FLOAT_EQ(rows.row(1).sum(), 1 + std::log(2.0F));
}

TEST(BagFeatures, DoNotDependOnTheNumbersOfTheTerms) {
  const TokenSequences tokens = sequences({{0, 1, 2, 0}});
  const BagFeatures features =
      fit_bag_features({&tokens, kTerms}, {.words = {1, 3}, .parts = SubwordOptions{}, .min_count = 1});
  const std::vector<std::string_view> other_terms = {"z", "c", "b", "a"};
  const TokenSequences other = sequences({{3, 2, 1, 3}});
  const vectorize::SparseMatrix x = features.rows({&tokens, kTerms});
  const vectorize::SparseMatrix y = features.rows({&other, other_terms});
  EXPECT_GT(x.nonZeros(), 6);
  EXPECT_EQ((x - y).norm(), 0.0F);
}

TEST(BagFeatures, AreTheSameForEveryNumberOfThreads) {
  const WordGroups groups = word_groups(30, 10, 3000);
  const std::vector<std::string_view> terms = groups.terms();
  const BagFeatureOptions options = {.parts = SubwordOptions{}};
  const BagFeatures one = fit_bag_features({&groups.tokens, terms}, options, {.threads = 1});
  const BagFeatures eight = fit_bag_features({&groups.tokens, terms}, options, {.threads = 8});
  EXPECT_EQ(one.data().buckets, eight.data().buckets);
  const auto x = one.rows({&groups.tokens, terms}, {.threads = 1});
  const auto y = eight.rows({&groups.tokens, terms}, {.threads = 8});
  ASSERT_EQ(x.nonZeros(), y.nonZeros());
  EXPECT_TRUE(std::equal(x.innerIndexPtr(), x.innerIndexPtr() + x.nonZeros(), y.innerIndexPtr()));
  EXPECT_TRUE(std::equal(x.valuePtr(), x.valuePtr() + x.nonZeros(), y.valuePtr()));
}

TEST(BagFeatures, RefuseWhatIsOutOfRange) {
  const TokenSequences tokens = sequences({{0, 7}});
  EXPECT_THROW((void)fit_bag_features({&tokens, kTerms}, {}), Error);
  EXPECT_THROW((void)fit_bag_features({&tokens, kTerms}, {.buckets = 0}), Error);
  EXPECT_THROW((void)fit_bag_features({&tokens, kTerms}, {.words = {2, 1}}), Error);
  EXPECT_THROW((void)BagFeatures(BagFeatureData{{}, {3, 3}}), Error);
  EXPECT_THROW((void)BagFeatures(BagFeatureData{{}, {-1}}), Error);
}

}  // namespace
}  // namespace malmoi::neural
