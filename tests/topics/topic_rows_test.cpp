#include "topics/topic_rows.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <vector>

#include "corpus/base/rng.h"

namespace malmoi::topics {
namespace {

constexpr std::int32_t kTopics = 200;
using Counts = std::map<std::uint16_t, std::int32_t>;  // the plain twin of a row

// What a row holds, and whether it is filled up to whole lines as its users expect.
Counts counts_of(const SparseRows& rows, std::size_t r) {
  Counts counts;
  for (std::int32_t i = 0; i < rows.size(r); ++i) {
    EXPECT_TRUE(counts.empty() || counts.rbegin()->first < rows.topic(r, i)) << "topics ascend";
    counts[rows.topic(r, i)] = rows.count(r, i);
  }
  for (std::int32_t i = rows.size(r); i < rows.lines(r) * kLanes; ++i) {
    EXPECT_EQ(rows.topic(r, i), kTopics);
    EXPECT_EQ(rows.count(r, i), 0);
  }
  return counts;
}

std::int32_t place_of(const SparseRows& rows, std::size_t r, std::uint16_t topic) {
  for (std::int32_t i = 0; i < rows.size(r); ++i) {
    if (rows.topic(r, i) == topic) return i;
  }
  return -1;
}

std::uint16_t random_topic(Rng& rng) {
  return static_cast<std::uint16_t>(rng.uniform_index(kTopics));
}

TEST(SparseRows, KeepTheirTopicsInOrderLikeAMap) {
  constexpr std::size_t kMost = 70;
  SparseRows rows(std::vector<std::int32_t>{kMost, 5, kMost}, kTopics);
  Counts expected;
  Rng rng(7);
  for (int step = 0; step < 20000; ++step) {
    const std::uint16_t topic = random_topic(rng);
    const bool there = expected.contains(topic);
    if (!there && expected.size() == kMost) continue;
    const std::int32_t change = there && rng.uniform() < 0.6 ? -1 : 1;
    EXPECT_EQ(rows.add(2, topic, change), std::distance(expected.begin(), expected.lower_bound(topic)));
    if ((expected[topic] += change) == 0) expected.erase(topic);
    ASSERT_EQ(counts_of(rows, 2), expected) << "step " << step;
  }
  EXPECT_EQ(rows.size(0), 0);
  EXPECT_EQ(rows.size(1), 0);
}

TEST(SparseRows, MovesTokensAsAMapDoes) {
  constexpr std::int32_t kTokens = 40;
  SparseRows rows(std::vector<std::int32_t>{5, kTokens, 5}, kTopics);
  Rng rng(1);
  Counts expected;
  std::vector<std::uint16_t> tokens;
  for (std::int32_t i = 0; i < kTokens; ++i) {
    tokens.push_back(random_topic(rng));
    rows.move(1, {.weight = 3, .topic = tokens.back()});
    expected[tokens.back()] += 3;
  }
  ASSERT_EQ(counts_of(rows, 1), expected);
  for (int step = 0; step < 5000; ++step) {
    std::uint16_t& token = tokens[rng.uniform_index(tokens.size())];
    const std::uint16_t topic = rng.uniform() < 0.5 ? random_topic(rng) : tokens[rng.uniform_index(tokens.size())];
    if (topic == token) continue;
    const bool known = rng.uniform() < 0.5;  // -1 where the topic is not in the row
    rows.move(1, {3, place_of(rows, 1, token), topic, known ? place_of(rows, 1, topic) : -1});
    if ((expected[token] -= 3) == 0) expected.erase(token);
    expected[topic] += 3;
    token = topic;
    ASSERT_EQ(counts_of(rows, 1), expected) << "step " << step;
  }
  EXPECT_TRUE(counts_of(rows, 0).empty()) << "the neighbours are not touched";
  EXPECT_TRUE(counts_of(rows, 2).empty());
}

// Every token has a topic of its own, so that the row is full while one moves.
TEST(SparseRows, AFullRowHasRoomForAMove) {
  SparseRows rows(std::vector<std::int32_t>{kLanes, 1}, kTopics);
  for (std::uint16_t topic = 0; topic < kLanes; ++topic) rows.add(0, topic, 1);
  rows.add(1, 7, 1);
  rows.move(0, {.weight = 1, .from = 3, .topic = 100});
  EXPECT_EQ(rows.size(0), kLanes);
  EXPECT_EQ(place_of(rows, 0, 3), -1);
  EXPECT_EQ(place_of(rows, 0, 100), kLanes - 1);
  EXPECT_EQ(counts_of(rows, 1), (Counts{{7, 1}}));
}

TEST(SparseRows, IsMadeAnewOfCounts) {
  constexpr std::int32_t kMost = 50;
  SparseRows rows(std::vector<std::int32_t>{kMost}, kTopics);
  Rng rng(2);
  for (int step = 0; step < 500; ++step) {
    std::vector<std::int32_t> counts(kTopics);
    Counts expected;
    std::vector<std::uint16_t> more;
    for (std::int32_t i = 0; i < rows.size(0); ++i) {  // some of its topics stay
      if (rng.uniform() < 0.5) expected[rows.topic(0, i)] = 1 + static_cast<std::int32_t>(rng.uniform_index(1000));
    }
    for (std::size_t i = rng.uniform_index(20); i > 0; --i) {
      more.push_back(random_topic(rng));
      if (rng.uniform() < 0.7) expected[more.back()] += 1;  // else it was given away again
    }
    for (const auto& [topic, count] : expected) counts[topic] = count;
    rows.set(0, counts.data(), more);
    ASSERT_EQ(counts_of(rows, 0), expected) << "step " << step;
    ASSERT_EQ(counts, std::vector<std::int32_t>(kTopics)) << "step " << step;
  }
}

TEST(Lanes, SaysWhichHoldAValue) {
  const Shorts values = {7, 0, 7, 65535, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 7};
  EXPECT_EQ(lanes_with(values, 7), 0b1000'0000'0000'0101U);
  EXPECT_EQ(lanes_with(values, 65535), 0b1000U);
  EXPECT_EQ(lanes_with(values, 100), 0U);
}

}  // namespace
}  // namespace malmoi::topics
