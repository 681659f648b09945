#include "neural/skip_gram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/neural/word_groups.h"

namespace malmoi::neural {
namespace {

// 120 short texts whose words come from one of three groups each: words of a group stand near one another.
EmbeddingFit fit(EmbeddingOptions options, const RunContext& context = {}) {
  const WordGroups groups = word_groups(3, 6, 1200);
  options.dimensions = 20;
  options.min_count = 1;
  options.subsample = 0;
  return fit_embeddings(groups.tokens, groups.terms(), options, context);
}

TEST(SkipGram, FindsTheGroupsOfAToyCorpus) {
  for (const WordModel model : {WordModel::skip_gram, WordModel::cbow}) {
    for (const WordLoss loss : {WordLoss::negative_sampling, WordLoss::hierarchical_softmax}) {
      for (const bool subwords : {false, true}) {
        EmbeddingOptions options;
        options.model = model;
        options.loss = loss;
        options.epochs = 20;
        options.rate = 0.05;
        if (subwords) options.subwords.emplace();
        const EmbeddingFit result = fit(options);
        EXPECT_GT(group_separation(result.embeddings), 0.3)
            << static_cast<int>(model) << static_cast<int>(loss) << subwords;
        EXPECT_LT(result.losses.back(), result.losses.front());
      }
    }
  }
}

TEST(SkipGram, GivesTheSameBytesForEveryNumberOfThreads) {
  for (const bool subwords : {false, true}) {
    EmbeddingOptions options;
    options.epochs = 2;
    if (subwords) options.subwords.emplace();
    const EmbeddingFit one = fit(options, {.threads = 1});
    const EmbeddingFit eight = fit(options, {.threads = 8});
    EXPECT_EQ(one.embeddings.vectors, eight.embeddings.vectors);
    EXPECT_EQ(one.embeddings.subword_vectors, eight.embeddings.subword_vectors);
    EXPECT_EQ(one.losses, eight.losses);
    options.seed = 2;
    EXPECT_NE(fit(options).embeddings.vectors, one.embeddings.vectors);
  }
}

TEST(SkipGram, LearnsInARaceToo) {
  EmbeddingOptions options;
  options.hogwild = true;
  options.epochs = 20;
  options.rate = 0.05;
  EXPECT_GT(group_separation(fit(options, {.threads = 4}).embeddings), 0.3);
}

TEST(SkipGram, NumbersWordsByFrequencyAndLeavesOutRareAndUnknownOnes) {
  TokenSequences tokens;
  tokens.terms = {2, 0, -1, 2, 1, 0, 2, 3, 3};
  tokens.offsets = {0, 5, 9};
  tokens.row_ids = {0, 1};
  const std::vector<std::string_view> terms = {"b", "rare", "a", "c"};
  const Embeddings embeddings =
      fit_embeddings(tokens, terms, {.dimensions = 4, .min_count = 2, .epochs = 1}).embeddings;
  ASSERT_EQ(embeddings.words.size(), 3);
  EXPECT_EQ(embeddings.words.at(0), "a");
  EXPECT_EQ(embeddings.words.at(1), "b");
  EXPECT_EQ(embeddings.words.at(2), "c");
  EXPECT_EQ(embeddings.counts, (std::vector<std::int64_t>{3, 2, 2}));
  EXPECT_EQ(embeddings.vectors.size(), 12U);
}

TEST(SkipGram, StaysFiniteWhereOneWordIsRepeatedWithoutEnd) {
  TokenSequences tokens;
  tokens.terms.assign(20'000, 0);
  tokens.terms.push_back(1);
  tokens.offsets = {0, tokens.terms.size()};
  tokens.row_ids = {0};
  const std::vector<std::string_view> terms = {"ax", "max"};
  const EmbeddingFit result = fit_embeddings(tokens, terms, {.dimensions = 16, .subsample = 0, .min_count = 1});
  for (const float value : result.embeddings.vectors) {
    ASSERT_TRUE(std::isfinite(value));
    EXPECT_LT(std::abs(value), 100.0F);
  }
}

TEST(SkipGram, StopsOnRequest) {
  std::stop_source source;
  RunContext context;
  context.stop = source.get_token();
  context.on_progress = [&](const Progress&) { source.request_stop(); };
  try {
    (void)fit({.epochs = 3}, context);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::canceled);
  }
}

TEST(SkipGram, RefusesOptionsOutOfRange) {
  EXPECT_THROW(fit({.window = 0}), Error);
  EXPECT_THROW(fit({.negatives = 0}), Error);
  EXPECT_THROW(fit({.epochs = 0}), Error);
  EXPECT_THROW(fit({.rate = 0}), Error);
  EXPECT_THROW(fit({.batch = 0}), Error);
  TokenSequences tokens;
  tokens.terms = {0, 5};
  tokens.offsets = {0, 2};
  tokens.row_ids = {0};
  const std::vector<std::string_view> terms = {"a", "b"};
  EXPECT_THROW((void)fit_embeddings(tokens, terms, {.min_count = 1}), Error);  // term 5 of 2
  tokens.terms = {0, 0};
  EXPECT_THROW((void)fit_embeddings(tokens, terms, {.min_count = 1}), Error);  // one word
}

}  // namespace
}  // namespace malmoi::neural
