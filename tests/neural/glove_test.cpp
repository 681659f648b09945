#include "neural/glove.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "corpus/base/error.h"
#include "tests/neural/word_groups.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;

TEST(Cooccurrences, OfAHandWorkedText) {
  // a b a c | c a: with a window of 2 the first sentence has ab 1, aa 1/2, ba 1, bc 1/2, ac 1 and all of them reversed
  WordText text;
  text.counts = {3, 1, 2};
  text.words = {0, 1, 0, 2, 2, 0};
  text.ends = {4, 6};
  const Cooccurrences pairs = count_cooccurrences(text, 2);
  EXPECT_THAT(pairs.offsets, ElementsAre(0, 3, 5, 7));
  EXPECT_THAT(pairs.words, ElementsAre(0, 1, 2, 0, 2, 0, 1));
  EXPECT_THAT(pairs.counts, ElementsAre(1.0F, 2.0F, 2.0F, 2.0F, 0.5F, 2.0F, 0.5F));
}

TEST(Cooccurrences, AgreeWithAPlainCountForEveryNumberOfThreads) {
  const WordGroups groups = word_groups(20, 10, 300);
  const WordText text = read_word_text("test", groups.tokens, groups.words.size(), 1, 1000);
  std::map<std::pair<std::int32_t, std::int32_t>, double> plain;
  for (std::size_t s = 0; s < text.ends.size(); ++s) {
    for (std::size_t i = text.begin_of(s); i < text.ends[s]; ++i) {
      for (std::size_t j = i + 1; j < std::min(text.ends[s], i + 4); ++j) {
        plain[{text.words[i], text.words[j]}] += 1.0 / static_cast<double>(j - i);
        plain[{text.words[j], text.words[i]}] += 1.0 / static_cast<double>(j - i);
      }
    }
  }
  const Cooccurrences one = count_cooccurrences(text, 3, {.threads = 1});
  const Cooccurrences eight = count_cooccurrences(text, 3, {.threads = 8});
  EXPECT_EQ(one.words, eight.words);
  EXPECT_EQ(one.counts, eight.counts);
  ASSERT_EQ(one.words.size(), plain.size());
  auto cell = plain.begin();
  for (std::int32_t w = 0; w < static_cast<std::int32_t>(text.counts.size()); ++w) {
    for (std::size_t i = one.offsets[static_cast<std::size_t>(w)]; i < one.offsets[static_cast<std::size_t>(w) + 1];
         ++i) {
      EXPECT_EQ(cell->first, std::make_pair(w, one.words[i]));
      EXPECT_NEAR(static_cast<double>(one.counts[i]), cell->second, 1e-5 * cell->second);
      ++cell;
    }
  }
}

TEST(Glove, FindsTheGroupsOfAToyCorpusWithTheSameBytesForEveryNumberOfThreads) {
  const WordGroups groups = word_groups(3, 6, 1200);
  const GloveOptions options = {.dimensions = 10, .min_count = 1, .epochs = 30};
  const EmbeddingFit one = fit_glove(groups.tokens, groups.terms(), options, {.threads = 1});
  EXPECT_LT(one.losses.back(), 0.01 * one.losses.front());
  const EmbeddingFit eight = fit_glove(groups.tokens, groups.terms(), options, {.threads = 8});
  EXPECT_EQ(one.embeddings.vectors, eight.embeddings.vectors);
  EXPECT_EQ(one.losses, eight.losses);
  EXPECT_EQ(one.embeddings.words.size(), 18);
  EXPECT_GT(group_separation(one.embeddings), 0.0);
}

TEST(Glove, RefusesOptionsOutOfRange) {
  const WordGroups groups = word_groups(2, 2, 4);
  EXPECT_THROW((void)fit_glove(groups.tokens, groups.terms(), {.window = 0}), Error);
  EXPECT_THROW((void)fit_glove(groups.tokens, groups.terms(), {.most_weight = 0}), Error);
  EXPECT_THROW((void)fit_glove(groups.tokens, groups.terms(), {.min_count = 1000}), Error);
}

}  // namespace
}  // namespace malmoi::neural
