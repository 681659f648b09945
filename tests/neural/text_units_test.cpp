#include "neural/text_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/random_text.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;

const std::filesystem::path kDictionary = MALMOI_SHARE_DIR "/mecab-ko-dic";

std::vector<std::string> words_of(const TokenizedTexts& texts, std::size_t row) {
  std::vector<std::string> words;
  for (const TermId term : texts.tokens.row(row)) words.emplace_back(texts.terms.at(term));
  return words;
}

tokenize::AnalyzerOptions words_only() {
  tokenize::AnalyzerOptions options = classification_analysis();
  options.korean = tokenize::KoreanUnit::word;
  return options;
}

TEST(TextUnits, KeepEverythingInOrder) {
  const tokenize::Analyzer analyzer(words_only(), {});
  const std::vector<std::string_view> texts = {"Not the best, 영화!", "", "the best"};
  const TokenizedTexts units = tokenize_texts(texts, analyzer, TermTags::korean);
  EXPECT_THAT(words_of(units, 0), ElementsAre("not", "the", "best", ",", "영화", "!"));
  EXPECT_THAT(words_of(units, 1), ElementsAre());
  EXPECT_THAT(units.tokens.row(2), ElementsAre(1, 2));
}

TEST(TextUnits, TagKoreanMorphemesOnly) {
  if (!std::filesystem::exists(kDictionary)) GTEST_SKIP() << "no dictionary in " << kDictionary;
  const tokenize::Analyzer analyzer(classification_analysis(), kDictionary);
  const std::vector<std::string_view> texts = {"영화가 재밌다 AI 3편."};
  EXPECT_THAT(words_of(tokenize_texts(texts, analyzer, TermTags::korean), 0),
              ElementsAre("영화/NNG", "가/JKS", "재밌다/VA", "다/EC", "ai", "3", "편/NNBC", "."));
  EXPECT_THAT(words_of(tokenize_texts(texts, analyzer, TermTags::none), 0),
              ElementsAre("영화", "가", "재밌다", "다", "ai", "3", "편", "."));
}

TEST(TextUnits, GiveUnknownWordsAPlaceOfTheirOwn) {
  const tokenize::Analyzer analyzer(words_only(), {});
  StringTable terms;
  terms.intern("good");
  terms.intern("film");
  const std::vector<std::string_view> texts = {"a good bad film"};
  EXPECT_THAT(tokenize_texts(texts, analyzer, TermTags::none, terms).row(0), ElementsAre(-1, 0, -1, 1));
}

TEST(TextUnits, AreTheSameForEveryNumberOfThreads) {
  const tokenize::Analyzer analyzer(words_only(), {});
  Rng rng(5);
  std::vector<std::string> store;
  for (int i = 0; i < 3000; ++i) store.push_back(malmoi::testing::random_text(rng, 40));
  const std::vector<std::string_view> texts(store.begin(), store.end());
  const TokenizedTexts one = tokenize_texts(texts, analyzer, TermTags::korean, {.threads = 1});
  const TokenizedTexts eight = tokenize_texts(texts, analyzer, TermTags::korean, {.threads = 8});
  EXPECT_EQ(one.tokens.terms, eight.tokens.terms);
  EXPECT_EQ(one.tokens.offsets, eight.tokens.offsets);
  ASSERT_EQ(one.terms.size(), eight.terms.size());
  for (std::int32_t t = 0; t < one.terms.size(); ++t) ASSERT_EQ(one.terms.at(t), eight.terms.at(t));
}

}  // namespace
}  // namespace malmoi::neural
