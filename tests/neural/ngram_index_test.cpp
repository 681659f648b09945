#include "neural/ngram_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/support/token_sequences.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Ngram = std::vector<std::int32_t>;

// Low numbers are frequent; every tenth unit is a break.
TokenSequences random_sequences(std::uint64_t seed, std::size_t rows, std::int32_t units, std::size_t longest) {
  Rng rng(seed);
  std::vector<Ngram> all(rows);
  for (Ngram& row : all) {
    row.resize(rng.uniform_index(longest + 1));
    for (std::int32_t& unit : row) {
      const double u = rng.uniform();
      unit = rng.uniform_index(10) == 0 ? -1 : static_cast<std::int32_t>(u * u * u * units);
    }
  }
  return sequences(all);
}

std::vector<std::int32_t> features_of(const NgramIndex& index, std::span<const std::int32_t> sequence) {
  std::vector<NgramIndex::Occurrence> occurrences;
  index.find(sequence, occurrences);
  std::vector<std::int32_t> features;
  for (const NgramIndex::Occurrence& one : occurrences) features.push_back(one.feature);
  return features;
}

// The plain twin: every n-gram with the rows that hold it.
std::map<Ngram, std::set<std::size_t>> all_ngrams(const TokenSequences& sequences, int shortest, int longest) {
  std::map<Ngram, std::set<std::size_t>> ngrams;
  for (std::size_t r = 0; r < sequences.rows(); ++r) {
    const auto row = sequences.row(r);
    for (std::size_t i = 0; i < row.size(); ++i) {
      Ngram ngram;
      for (std::size_t j = i; j < row.size() && row[j] >= 0 && static_cast<int>(ngram.size()) < longest; ++j) {
        ngram.push_back(row[j]);
        if (static_cast<int>(ngram.size()) >= shortest) ngrams[ngram].insert(r);
      }
    }
  }
  return ngrams;
}

TEST(NgramIndex, KeepsTheNgramsOfAHandWorkedExample) {
  const TokenSequences rows = sequences({{0, 1, 2}, {0, 1, 3}, {1, -1, 2}});
  const LearnedNgrams learned = learn_ngrams(rows, 4, {.shortest = 1, .longest = 2, .min_df = 2});
  const NgramIndex index(learned.tree);
  ASSERT_EQ(index.features(), 4);
  EXPECT_THAT(index.ngram(0), ElementsAre(1));  // in three rows; the others in two, 2 and 0 before the bigram
  EXPECT_THAT(learned.documents, ElementsAre(3, 2, 2, 2));
  EXPECT_THAT(index.ngram(3), ElementsAre(0, 1));
  EXPECT_THAT(features_of(index, Ngram{1, 0, 1, 99, 0, -1, 1}), UnorderedElementsAre(0, 1, 0, 1, 0, 3));
  std::vector<NgramIndex::Occurrence> places;
  index.find(Ngram{1, 0, 1}, places);
  EXPECT_EQ(places.back().feature, 3);
  EXPECT_EQ(places.back().begin, 1);
  EXPECT_EQ(places.back().length, 2);
}

TEST(NgramIndex, AgreesWithAPlainMapOfNgrams) {
  for (const auto& [shortest, longest, min_df, max_df] :
       {std::tuple{1, 3, 1, 1.0}, std::tuple{1, 5, 2, 1.0}, std::tuple{3, 4, 2, 1.0}, std::tuple{2, 3, 3, 0.2}}) {
    const TokenSequences rows = random_sequences(7, 120, 25, 60);
    const LearnedNgrams learned =
        learn_ngrams(rows, 25, {.shortest = shortest, .longest = longest, .min_df = min_df, .max_df = max_df});
    std::map<Ngram, std::set<std::size_t>> expected = all_ngrams(rows, shortest, longest);
    std::erase_if(expected, [least = min_df, share = max_df](const auto& one) {
      return static_cast<int>(one.second.size()) < least || static_cast<double>(one.second.size()) > share * 120;
    });
    const NgramIndex index(learned.tree);
    ASSERT_EQ(static_cast<std::size_t>(index.features()), expected.size());
    for (std::int32_t f = 0; f < index.features(); ++f) {
      const auto place = expected.find(index.ngram(f));
      ASSERT_NE(place, expected.end());
      EXPECT_EQ(static_cast<std::size_t>(learned.documents[static_cast<std::size_t>(f)]), place->second.size());
    }
    EXPECT_TRUE(std::is_sorted(learned.documents.rbegin(), learned.documents.rend()));
    const TokenSequences others = random_sequences(8, 30, 30, 200);  // units 25 to 29 are unknown
    for (std::size_t r = 0; r < others.rows(); ++r) {
      std::map<Ngram, int> counts;
      for (const std::int32_t f : features_of(index, others.row(r))) ++counts[index.ngram(f)];
      std::map<Ngram, int> plain;
      const auto row = others.row(r);
      for (std::size_t i = 0; i < row.size(); ++i) {
        Ngram ngram;
        for (std::size_t j = i; j < row.size() && j < i + static_cast<std::size_t>(longest); ++j) {
          ngram.push_back(row[j]);
          if (expected.contains(ngram)) ++plain[ngram];
        }
      }
      EXPECT_EQ(counts, plain);
    }
  }
}

TEST(NgramIndex, KeepsTheMostFrequentWhereTheNumberIsBounded) {
  const TokenSequences rows = random_sequences(3, 100, 20, 40);
  const LearnedNgrams all = learn_ngrams(rows, 20, {.shortest = 2, .longest = 3, .min_df = 2});
  const LearnedNgrams some = learn_ngrams(rows, 20, {.shortest = 2, .longest = 3, .min_df = 2, .most = 50});
  ASSERT_GT(all.documents.size(), 50U);
  EXPECT_EQ(some.documents, std::vector(all.documents.begin(), all.documents.begin() + 50));
  for (std::int32_t f = 0; f < 50; ++f) EXPECT_EQ(NgramIndex(some.tree).ngram(f), NgramIndex(all.tree).ngram(f));
}

TEST(NgramIndex, IsTheSameForAnyNumberOfThreads) {
  const TokenSequences rows = random_sequences(5, 2500, 300, 2000);  // more than one round of parts
  const NgramOptions options{.shortest = 1, .longest = 3, .min_df = 3};
  const LearnedNgrams one = learn_ngrams(rows, 300, options, {.threads = 1});
  const LearnedNgrams eight = learn_ngrams(rows, 300, options, {.threads = 8});
  EXPECT_EQ(one.tree, eight.tree);
  EXPECT_EQ(one.documents, eight.documents);
}

TEST(NgramIndex, TakesNothingForNothing) {
  EXPECT_EQ(learn_ngrams({}, 0, {}).tree.features, 0);
  EXPECT_EQ(learn_ngrams(sequences({{}, {-1, -1}}), 5, {.longest = 3, .min_df = 1}).tree.features, 0);
  EXPECT_THAT(features_of(NgramIndex(NgramTree{}), Ngram{0, 1, -1}), IsEmpty());
}

TEST(NgramIndex, RefusesDamagedTreesAndWrongOptions) {
  EXPECT_THROW(NgramIndex({.parents = {-1, 1}, .units = {0, 0}, .features = 2}), Error);   // its own parent
  EXPECT_THROW(NgramIndex({.parents = {1, 0}, .units = {0, 0}, .features = 2}), Error);    // a circle
  EXPECT_THROW(NgramIndex({.parents = {-1, 7}, .units = {0, 0}, .features = 1}), Error);   // no such node
  EXPECT_THROW(NgramIndex({.parents = {-1, -1}, .units = {3, 3}, .features = 2}), Error);  // twice
  EXPECT_THROW(NgramIndex({.parents = {-1, 0, 0}, .units = {3, 1, 1}, .features = 2}), Error);
  EXPECT_THROW(NgramIndex({.parents = {-1}, .units = {-3}, .features = 1}), Error);
  EXPECT_THROW(NgramIndex({.parents = {-1}, .units = {3}, .features = 2}), Error);
  NgramTree chain;  // each the child of the next: the longest is measured first
  for (std::int32_t node = 0; node < 65536; ++node) {
    chain.parents.push_back(node == 65535 ? -1 : node + 1);
    chain.units.push_back(0);
  }
  EXPECT_THROW(NgramIndex{chain}, Error);
  chain.parents[65534] = -1;  // now of 65,535 units
  chain.units[65534] = 1;
  EXPECT_EQ(NgramIndex(chain).longest(), 65535);
  const TokenSequences rows = sequences({{0, 1}});
  EXPECT_THROW(static_cast<void>(learn_ngrams(rows, 1, {})), Error);
  EXPECT_THROW(static_cast<void>(learn_ngrams(rows, 2, {.shortest = 0})), Error);
  EXPECT_THROW(static_cast<void>(learn_ngrams(rows, 2, {.shortest = 2, .longest = 1})), Error);
  EXPECT_THROW(static_cast<void>(learn_ngrams(rows, 2, {.min_df = 0})), Error);
  EXPECT_THROW(static_cast<void>(learn_ngrams(rows, 2, {.max_df = 0.0})), Error);
}

}  // namespace
}  // namespace malmoi::neural
