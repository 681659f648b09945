#include "neural/subwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/support/random_text.h"

namespace malmoi::neural {
namespace {

// No two parts of the short words below share one of so many buckets.
std::vector<std::int32_t> parts(std::string_view word, UnitRange syllables, UnitRange jamo, UnitRange letters) {
  std::vector<std::int32_t> buckets;
  append_subwords(word, {.syllables = syllables, .jamo = jamo, .letters = letters, .buckets = 1 << 30}, buckets);
  return buckets;
}

TEST(Subwords, OfALatinWordAreItsLettersBetweenMarks) {
  // <cat>: of 3 letters <ca, cat, at>, of 4 <cat, cat>, of 5 <cat>
  EXPECT_EQ(parts("cat", {1, 4}, {3, 5}, {3, 3}).size(), 3U);
  EXPECT_EQ(parts("cat", {1, 4}, {3, 5}, {3, 6}).size(), 6U);
  EXPECT_EQ(parts("cat", {1, 4}, {3, 5}, {0, 0}).size(), 0U);
}

TEST(Subwords, OfAKoreanWordAreItsSyllablesAndItsJamo) {
  // <영화>: 1: 영, 화 (marks alone are no parts); 2: <영, 영화, 화>
  EXPECT_EQ(parts("영화", {1, 2}, {}, {3, 6}).size(), 5U);
  // <ㅇㅕㅇㅎㅘ>: 7 units, five runs of three
  EXPECT_EQ(parts("영화", {}, {3, 3}, {3, 6}).size(), 5U);
  EXPECT_EQ(parts("영화", {1, 2}, {3, 3}, {3, 6}).size(), 10U);
}

TEST(Subwords, AreSharedByWordsThatShareThem) {
  const auto shared = [](std::string_view a, std::string_view b) {
    auto x = parts(a, {1, 4}, {3, 5}, {3, 6});
    auto y = parts(b, {1, 4}, {3, 5}, {3, 6});
    std::sort(x.begin(), x.end());
    std::sort(y.begin(), y.end());
    std::vector<std::int32_t> both;
    std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(both));
    return both.size();
  };
  EXPECT_EQ(shared("cat", "cat"), 6U);
  EXPECT_EQ(shared("cats", "cat"), 3U);  // <ca, cat, <cat
  EXPECT_EQ(shared("강아지", "cat"), 0U);
  EXPECT_GT(shared("강아지", "송아지"), 0U);
  // ㅋㅋㅋ has the same characters as syllables and as jamo, but they are other parts: of <ㅋㅋㅋ> each has 3 runs of
  // three
  EXPECT_EQ(parts("ㅋㅋㅋ", {3, 3}, {3, 3}, {}).size(), 6U);
  const auto both = parts("ㅋㅋㅋ", {3, 3}, {3, 3}, {});
  EXPECT_EQ(std::set<std::int32_t>(both.begin(), both.end()).size(), 6U);
}

TEST(Subwords, ListsKnowTheBucketsInUseAndNewWordsFindThem) {
  const std::vector<std::string_view> words = {"영화", "영화관", "cat"};
  const SubwordLists lists = list_subwords(words, {});
  EXPECT_TRUE(std::is_sorted(lists.subwords.buckets.begin(), lists.subwords.buckets.end()));
  ASSERT_EQ(lists.offsets.size(), 4U);
  for (std::size_t w = 0; w < words.size(); ++w) {
    std::vector<std::int32_t> rows;
    append_known_rows(words[w], lists.subwords, rows);
    EXPECT_THAT(lists.of(w), ::testing::ElementsAreArray(rows));
  }
  std::vector<std::int32_t> rows;
  append_known_rows("cats", lists.subwords, rows);
  EXPECT_EQ(rows.size(), 3U);
}

TEST(Subwords, LieInTheirBucketsForAnyText) {
  Rng rng(5);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::int32_t> buckets;
    append_subwords(testing::random_text(rng, rng.uniform_index(12)), {.buckets = 7}, buckets);
    for (const std::int32_t bucket : buckets) {
      EXPECT_GE(bucket, 0);
      EXPECT_LT(bucket, 7);
    }
  }
}

TEST(Subwords, RefuseRangesThatAreNone) {
  EXPECT_THROW(validate("test", SubwordOptions{.syllables = {0, 2}}), Error);
  EXPECT_THROW(validate("test", SubwordOptions{.letters = {4, 3}}), Error);
  EXPECT_THROW(validate("test", SubwordOptions{.buckets = 0}), Error);
  EXPECT_NO_THROW(validate("test", SubwordOptions{.jamo = {}}));
}

}  // namespace
}  // namespace malmoi::neural
