#include "neural/text_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "tests/support/random_text.h"
#include "vectorize/weighting.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;
using vectorize::SparseMatrix;
using Row = std::map<std::string, float>;

FeatureOptions word_options() {
  FeatureOptions options;
  options.analysis.korean = tokenize::KoreanUnit::word;
  options.words = NgramOptions{.shortest = 1, .longest = 2, .min_df = 1};
  options.characters.reset();
  return options;
}

FeatureOptions character_options(CharacterScope scope) {
  FeatureOptions options = word_options();
  options.words.reset();
  options.characters = NgramOptions{.shortest = 1, .longest = 3, .min_df = 1};
  options.scope = scope;
  options.weight = FeatureWeight::count;
  options.norm = FeatureNorm::none;
  return options;
}

FittedFeatures fit(std::span<const std::string_view> texts, const FeatureOptions& options, int threads = 1) {
  const tokenize::Analyzer analyzer(options.analysis, {});
  const RunContext context{.threads = threads};
  return fit_features(texts, tokenize_texts(texts, analyzer, options.tags, context), options, context);
}

Row row_of(const FittedFeatures& fitted, const SparseMatrix& rows, Eigen::Index r) {
  Row row;
  for (SparseMatrix::InnerIterator entry(rows, r); entry; ++entry) {
    row[fitted.features.name(static_cast<std::int32_t>(entry.col()))] += entry.value();
  }
  return row;
}

std::vector<std::string> random_texts(std::size_t count, std::size_t characters) {
  Rng rng(21);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) text = testing::random_text(rng, rng.uniform_index(characters));
  return texts;
}

TEST(TextFeatures, WeighAHandWorkedExample) {
  const std::vector<std::string_view> texts = {"bad bad film", "good film", ""};
  FeatureOptions options = word_options();
  options.norm = FeatureNorm::none;
  const FittedFeatures counted = fit(texts, options);
  const auto idf = [](double df) { return std::log(4.0 / (1.0 + df)) + 1.0; };
  const Row first = row_of(counted, counted.rows, 0);
  EXPECT_EQ(first.size(), 4U);
  EXPECT_FLOAT_EQ(first.at("bad"), static_cast<float>((1.0 + std::log(2.0)) * idf(1)));
  EXPECT_FLOAT_EQ(first.at("bad bad"), static_cast<float>(idf(1)));
  EXPECT_FLOAT_EQ(first.at("bad film"), static_cast<float>(idf(1)));
  EXPECT_FLOAT_EQ(first.at("film"), static_cast<float>(idf(2)));
  EXPECT_EQ(counted.rows.row(2).nonZeros(), 0);
  options.norm = FeatureNorm::view;
  const FittedFeatures scaled = fit(texts, options);
  EXPECT_NEAR(scaled.rows.row(0).norm(), 1.0, 1e-6);
  options.weight = FeatureWeight::count;
  options.norm = FeatureNorm::none;
  const FittedFeatures plain = fit(texts, options);
  EXPECT_EQ(row_of(plain, plain.rows, 0), (Row{{"bad", 2}, {"film", 1}, {"bad bad", 1}, {"bad film", 1}}));
  options.weight = FeatureWeight::binary;
  const FittedFeatures present = fit(texts, options);
  EXPECT_EQ(row_of(present, present.rows, 0), (Row{{"bad", 1}, {"film", 1}, {"bad bad", 1}, {"bad film", 1}}));
}

TEST(TextFeatures, WeighAsTheWeightingOfMatricesDoes) {
  const std::vector<std::string> texts = random_texts(200, 80);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  FeatureOptions options = character_options(CharacterScope::text);
  const FittedFeatures counted = fit(views, options);
  const vectorize::DocTermMatrix counts{counted.rows, vectorize::Weighting::count, std::vector<std::int64_t>(200)};
  const vectorize::TermWeighting weighting = vectorize::fit_weighting(counts, {.local = vectorize::LocalWeight::log});
  options.weight = FeatureWeight::tf_idf;
  options.norm = FeatureNorm::whole;
  const SparseMatrix expected = vectorize::apply_weighting(weighting, counts).values;
  EXPECT_LT((fit(views, options).rows - expected).norm(), 1e-5F);
}

TEST(TextFeatures, CountCharactersAsAPlainMapDoes) {
  const std::vector<std::string_view> texts = {"ab abc", "AB"};
  const FittedFeatures across = fit(texts, character_options(CharacterScope::text));
  EXPECT_EQ(row_of(across, across.rows, 0),  // of " ab abc "
            (Row{{" ", 3},
                 {"a", 2},
                 {"b", 2},
                 {"c", 1},
                 {" a", 2},
                 {"ab", 2},
                 {"b ", 1},
                 {"bc", 1},
                 {"c ", 1},
                 {" ab", 2},
                 {"ab ", 1},
                 {"b a", 1},
                 {"abc", 1},
                 {"bc ", 1}}));
  const FittedFeatures within = fit(texts, character_options(CharacterScope::word));
  EXPECT_EQ(row_of(within, within.rows, 0),  // of " ab " and " abc ": scikit-learn's char_wb
            (Row{{" ", 4},
                 {"a", 2},
                 {"b", 2},
                 {"c", 1},
                 {" a", 2},
                 {"ab", 2},
                 {"b ", 1},
                 {"bc", 1},
                 {"c ", 1},
                 {" ab", 2},
                 {"ab ", 1},
                 {"abc", 1},
                 {"bc ", 1}}));
}

TEST(TextFeatures, ScaleEachViewOrTheWholeRow) {
  const std::vector<std::string_view> texts = {"bad film", "good film"};
  FeatureOptions options = word_options();
  options.characters = NgramOptions{.shortest = 1, .longest = 2, .min_df = 1};
  const FittedFeatures views = fit(texts, options);
  EXPECT_NEAR(views.rows.row(0).norm(), std::sqrt(2.0), 1e-6);
  options.norm = FeatureNorm::whole;
  EXPECT_NEAR(fit(texts, options).rows.row(0).norm(), 1.0, 1e-6);
}

TEST(TextFeatures, GiveNewTextsTheRowsOfTheTrainingTexts) {
  const std::vector<std::string> texts = random_texts(300, 120);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  FeatureOptions options = word_options();
  options.words->min_df = 2;
  options.characters = NgramOptions{.shortest = 2, .longest = 4, .min_df = 3, .most = 500};
  const FittedFeatures fitted = fit(views, options);
  const tokenize::Analyzer analyzer(options.analysis, {});
  const TokenSequences tokens = tokenize_texts(views, analyzer, options.tags, fitted.features.terms());
  const SparseMatrix again = fitted.features.rows(views, tokens, {.threads = 8});
  EXPECT_EQ((again - fitted.rows).norm(), 0.0F);
  EXPECT_EQ(again.nonZeros(), fitted.rows.nonZeros());
  for (Eigen::Index r = 0; r < again.rows(); ++r) {
    for (std::int32_t e = again.outerIndexPtr()[r] + 1; e < again.outerIndexPtr()[r + 1]; ++e) {
      ASSERT_LT(again.innerIndexPtr()[e - 1], again.innerIndexPtr()[e]);
    }
  }
}

TEST(TextFeatures, AreTheSameForAnyNumberOfThreads) {
  const std::vector<std::string> texts = random_texts(1500, 60);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  FeatureOptions options = word_options();
  options.characters = NgramOptions{.shortest = 1, .longest = 4};
  const FittedFeatures one = fit(views, options, 1);
  const FittedFeatures eight = fit(views, options, 8);
  ASSERT_EQ(one.features.size(), eight.features.size());
  EXPECT_EQ(one.features.words().tree(), eight.features.words().tree());
  EXPECT_EQ(one.features.characters().tree(), eight.features.characters().tree());
  EXPECT_TRUE(std::equal(one.rows.valuePtr(), one.rows.valuePtr() + one.rows.nonZeros(), eight.rows.valuePtr(),
                         eight.rows.valuePtr() + eight.rows.nonZeros()));
}

TEST(TextFeatures, ShowWhereTheyAre) {
  const std::vector<std::string_view> texts = {"Bad Film", "bad  film"};
  FeatureOptions options = word_options();
  options.words->shortest = 2;
  options.characters = NgramOptions{.shortest = 5, .longest = 5, .min_df = 2};
  options.scope = CharacterScope::text;
  const FittedFeatures fitted = fit(texts, options);
  const tokenize::Analyzer analyzer(options.analysis, {});
  std::vector<std::string> seen;
  for (const FeatureOccurrence& place : fitted.features.occurrences("A bad  FILM", analyzer)) {
    seen.push_back(fitted.features.name(place.feature) + "=" +
                   std::string("A bad  FILM").substr(place.begin, place.end - place.begin));
  }
  EXPECT_THAT(seen, ElementsAre("bad film=bad  FILM", " bad = bad  ", "bad f=bad  F", "ad fi=ad  FI", "d fil=d  FIL",
                                " film=  FILM", "film =FILM"));
  EXPECT_TRUE(fitted.features.of_words(0));
  EXPECT_FALSE(fitted.features.of_words(1));
}

TEST(TextFeatures, RefuseWhatDoesNotFitTogether) {
  const std::vector<std::string_view> texts = {"a b", "a b"};
  const FittedFeatures fitted = fit(texts, word_options());
  EXPECT_THROW(static_cast<void>(fitted.features.rows(texts, {})), Error);
  FeatureData data;
  data.global = {1.0F};
  EXPECT_THROW(TextFeatures{std::move(data)}, Error);
  FeatureData unknown;
  unknown.words = {.parents = {-1}, .units = {0}, .features = 1};
  unknown.global = {1.0F};
  EXPECT_THROW(TextFeatures{std::move(unknown)}, Error);
}

}  // namespace
}  // namespace malmoi::neural
