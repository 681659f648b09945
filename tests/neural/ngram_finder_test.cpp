#include "neural/ngram_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Units = std::vector<std::int32_t>;

// 0, 1, 2 · 0 1 · 0 1 2, which is no feature · 0 1 2 0
const NgramTree kTree{.parents = {-1, -1, 0, -1, 5, 2}, .units = {0, 1, 1, 2, 0, 2}, .features = 5};

void add(NgramFinder& finder, const Units& sequence) {
  finder.units().insert(finder.units().end(), sequence.begin(), sequence.end());
  finder.end_sequence();
}

Units found(const NgramFinder& finder, std::size_t sequence) {
  const auto features = finder.features(sequence);
  return {features.begin(), features.end()};
}

TEST(NgramFinder, FindsTheFeaturesOfEachSequenceLevelByLevel) {
  const NgramIndex index(kTree);
  NgramFinder finder(index);
  add(finder, {0, 1, 2, 0});
  add(finder, {});
  add(finder, {1, 7, 0, -1, 1});
  add(finder, {0, 1});
  finder.find();
  EXPECT_THAT(found(finder, 0), ElementsAre(0, 1, 3, 0, 2, 4));
  EXPECT_THAT(found(finder, 1), IsEmpty());
  EXPECT_THAT(found(finder, 2), ElementsAre(1, 0, 1));  // nothing goes across a break or an unknown unit
  EXPECT_THAT(found(finder, 3), ElementsAre(0, 1, 2));
  EXPECT_EQ(finder.found(), 12U);
  finder.clear();
  add(finder, {1});
  finder.find();
  EXPECT_THAT(found(finder, 0), ElementsAre(1));
}

TEST(NgramFinder, DoesNotGoOnIntoTheNextSequence) {
  const NgramIndex index(kTree);
  NgramFinder finder(index);
  add(finder, {0});
  add(finder, {1});
  finder.find();
  EXPECT_THAT(found(finder, 0), ElementsAre(0));
  EXPECT_THAT(found(finder, 1), ElementsAre(1));
}

// NgramIndex::find looks at one prefix after another, by plain calls.
TEST(NgramFinder, AgreesWithTheIndexInTheSameOrder) {
  Rng rng(11);
  TokenSequences rows;
  for (int row = 0; row < 150; ++row) {
    const std::size_t size = row % 10 == 0 ? 0 : rng.uniform_index(row % 7 == 0 ? 500 : 40);  // some of many blocks
    for (std::size_t i = 0; i < size; ++i) {
      const double u = rng.uniform();
      rows.terms.push_back(rng.uniform_index(12) == 0 ? -1 : static_cast<std::int32_t>(u * u * 40));
    }
    rows.offsets.push_back(rows.terms.size());
    rows.row_ids.push_back(row);
  }
  const NgramIndex index(learn_ngrams(rows, 40, {.shortest = 1, .longest = 5, .min_df = 2}).tree);
  ASSERT_GT(index.features(), 500);
  NgramFinder finder(index);
  for (std::size_t begin = 0; begin < rows.rows(); begin += 6) {
    finder.clear();
    for (std::size_t r = begin; r < begin + 6; ++r) add(finder, {rows.row(r).begin(), rows.row(r).end()});
    finder.find();
    for (std::size_t r = begin; r < begin + 6; ++r) {
      std::vector<NgramIndex::Occurrence> places;
      index.find(rows.row(r), places);
      Units expected;
      for (const NgramIndex::Occurrence& one : places) expected.push_back(one.feature);
      EXPECT_EQ(found(finder, r - begin), expected);
    }
  }
}

TEST(NgramFinder, FindsNothingInATreeOfNothing) {
  const NgramIndex index{NgramTree{}};
  NgramFinder finder(index);
  add(finder, {0, 1, -1});
  finder.find();
  EXPECT_THAT(found(finder, 0), IsEmpty());
}

}  // namespace
}  // namespace malmoi::neural
