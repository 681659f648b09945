#include "neural/skip_gram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// Both models with both losses, without and with sub-words.
std::vector<EmbeddingOptions> all_forms() {
  std::vector<EmbeddingOptions> forms;
  for (const WordModel model : {WordModel::skip_gram, WordModel::cbow}) {
    for (const WordLoss loss : {WordLoss::negative_sampling, WordLoss::hierarchical_softmax}) {
      for (const bool subwords : {false, true}) {
        EmbeddingOptions& form = forms.emplace_back();
        form.model = model;
        form.loss = loss;
        if (subwords) form.subwords.emplace();
      }
    }
  }
  return forms;
}

TEST(SkipGram, FindsTheGroupsOfAToyCorpus) {
  for (EmbeddingOptions options : all_forms()) {
    options.epochs = 20;
    options.rate = 0.05;
    const EmbeddingFit result = fit(options);
    EXPECT_GT(group_separation(result.embeddings), 0.3)
        << static_cast<int>(options.model) << static_cast<int>(options.loss) << options.subwords.has_value();
    EXPECT_LT(result.losses.back(), result.losses.front());
  }
}

TEST(SkipGram, GivesTheSameBytesForEveryNumberOfThreads) {
  for (EmbeddingOptions options : all_forms()) {
    options.epochs = 2;
    const EmbeddingFit one = fit(options, {.threads = 1});
    const EmbeddingFit eight = fit(options, {.threads = 8});
    EXPECT_EQ(one.embeddings.vectors, eight.embeddings.vectors);
    EXPECT_EQ(one.embeddings.subword_vectors, eight.embeddings.subword_vectors);
    EXPECT_EQ(one.losses, eight.losses);
    options.seed = 2;
    EXPECT_NE(fit(options).embeddings.vectors, one.embeddings.vectors);
  }
}

// Parts are rows of many words: a larger batch would move them too far from one state.
TEST(SkipGram, TakesAtMost64WordsAtATimeWithSubwords) {
  const WordGroups groups = word_groups(3, 40, 600);
  const auto fit_by = [&](std::int32_t batch, const std::optional<SubwordOptions>& subwords) {
    const EmbeddingOptions options = {
        .subwords = subwords, .dimensions = 8, .min_count = 1, .epochs = 1, .batch = batch};
    return fit_embeddings(groups.tokens, groups.terms(), options).embeddings.vectors;
  };
  EXPECT_EQ(fit_by(512, SubwordOptions{}), fit_by(64, SubwordOptions{}));
  EXPECT_NE(fit_by(512, SubwordOptions{}), fit_by(32, SubwordOptions{}));
  EXPECT_NE(fit_by(512, {}), fit_by(64, {}));
}

// Every second word is the same one, which hides all others from one another in a window of one word.
TEST(SkipGram, LeavesOutMostOfAFrequentWord) {
  WordGroups groups = word_groups(3, 6, 1200);
  const auto filler = static_cast<TermId>(groups.words.size());
  groups.words.emplace_back("f-0");
  TokenSequences spread;
  spread.row_ids = groups.tokens.row_ids;
  for (std::size_t text = 0; text + 1 < groups.tokens.offsets.size(); ++text) {
    for (std::size_t i = groups.tokens.offsets[text]; i < groups.tokens.offsets[text + 1]; ++i) {
      spread.terms.insert(spread.terms.end(), {groups.tokens.terms[i], filler});
    }
    spread.offsets.push_back(spread.terms.size());
  }
  // The least cosine of two words of a group less the greatest of words of two, the filler left out.
  const auto separation = [&](double subsample) {
    const EmbeddingOptions options = {
        .dimensions = 20, .window = 1, .subsample = subsample, .min_count = 1, .epochs = 20, .rate = 0.05};
    Embeddings all = fit_embeddings(spread, groups.terms(), options).embeddings;
    Embeddings words;
    words.dimensions = all.dimensions;
    for (std::int32_t word = 0; word < all.words.size(); ++word) {
      if (all.words.at(word) == "f-0") continue;
      words.words.intern(all.words.at(word));
      words.vectors.insert(words.vectors.end(), all.vector(word).begin(), all.vector(word).end());
    }
    return group_separation(words);
  };
  EXPECT_LT(separation(0), 0.0);
  EXPECT_GT(separation(1e-3), 0.1);
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
