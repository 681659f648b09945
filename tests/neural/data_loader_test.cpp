#include "neural/data_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/support/token_sequences.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;

TokenSequences random_sequences(std::size_t rows, std::size_t longest) {
  Rng rng(3);
  std::vector<std::vector<TermId>> made;
  made.reserve(rows);
  for (std::size_t r = 0; r < rows; ++r) made.emplace_back(1 + rng.uniform_index(longest), 7);
  return sequences(made);
}

std::vector<std::size_t> all_rows(const TokenSequences& tokens) {
  std::vector<std::size_t> rows(tokens.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

TEST(DataLoader, PadsBehindTheEndAndCutsLongTexts) {
  const TokenSequences tokens = sequences({{1, 2, 3, 4, 5}, {6}, {}, {7, -1, 8}});
  const DataLoader loader(tokens, {.batch_size = 4, .max_length = 3});
  Batch batch;
  loader.fill(all_rows(tokens), batch);
  EXPECT_EQ(batch.steps, 3U);
  EXPECT_THAT(batch.lengths, ElementsAre(3, 1, 0, 3));
  EXPECT_THAT(batch.ids, ElementsAre(1, 2, 3, 6, -1, -1, -1, -1, -1, 7, -1, 8));
}

TEST(DataLoader, GivesATextWithoutTokensOneStepOfPadding) {
  const TokenSequences tokens = sequences({{}});
  const DataLoader loader(tokens, {});
  Batch batch;
  loader.fill(std::vector<std::size_t>{0}, batch);
  EXPECT_THAT(batch.ids, ElementsAre(-1));
  EXPECT_THAT(batch.lengths, ElementsAre(0));
}

TEST(DataLoader, GivesEveryRowOnceAnEpoch) {
  const TokenSequences tokens = random_sequences(1003, 30);
  const DataLoader loader(tokens, {.batch_size = 10});
  std::vector<std::size_t> seen;
  for (const auto& batch : loader.shuffled(all_rows(tokens), 1, 0)) {
    EXPECT_LE(batch.size(), 10U);
    seen.insert(seen.end(), batch.begin(), batch.end());
  }
  std::ranges::sort(seen);
  EXPECT_EQ(seen, all_rows(tokens));
}

TEST(DataLoader, OrdersEpochsDifferentlyAndTheSameEpochAlike) {
  const TokenSequences tokens = random_sequences(300, 30);
  const DataLoader loader(tokens, {.batch_size = 16});
  EXPECT_EQ(loader.shuffled(all_rows(tokens), 1, 4), loader.shuffled(all_rows(tokens), 1, 4));
  EXPECT_NE(loader.shuffled(all_rows(tokens), 1, 4), loader.shuffled(all_rows(tokens), 1, 5));
  EXPECT_NE(loader.shuffled(all_rows(tokens), 1, 4), loader.shuffled(all_rows(tokens), 2, 4));
}

TEST(DataLoader, PadsLessThanATenthOfShuffledBatches) {
  const TokenSequences tokens = random_sequences(6400, 60);
  const DataLoader loader(tokens, {.batch_size = 64});
  std::size_t places = 0;
  Batch batch;
  for (const auto& rows : loader.shuffled(all_rows(tokens), 1, 0)) {
    loader.fill(rows, batch);
    places += batch.ids.size();
  }
  EXPECT_LT(static_cast<double>(places), 1.1 * static_cast<double>(tokens.terms.size()));
}

TEST(DataLoader, PredictsInOrderOfLength) {
  const TokenSequences tokens = sequences({{1, 1, 1}, {2}, {3, 3}, {4}});
  const DataLoader loader(tokens, {.batch_size = 3});
  const auto batches = loader.in_order_of_length(all_rows(tokens));
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_THAT(batches[0], ElementsAre(1, 3, 2));
  EXPECT_THAT(batches[1], ElementsAre(0));
}

TEST(DataLoader, RefusesEmptyBatches) {
  const TokenSequences tokens = sequences({{1}});
  EXPECT_THROW(DataLoader(tokens, {.batch_size = 0}), Error);
  EXPECT_THROW(DataLoader(tokens, {.max_length = 0}), Error);
}

}  // namespace
}  // namespace malmoi::neural
