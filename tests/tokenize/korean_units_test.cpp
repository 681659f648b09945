#include "tokenize/korean_units.h"

#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"

namespace malmoi::tokenize {
namespace {

std::string shortened(std::string_view token, int limit) {
  std::string out = "left over";
  shorten_jamo_runs(token, limit, out);
  return out;
}

std::string jamo_of(std::string_view word) {
  std::string out;
  decompose_to_jamo(word, out);
  return out;
}

std::vector<UnitGram> syllable_grams(std::string_view word, int gram_min, int gram_max) {
  std::vector<UnitGram> grams;
  append_syllable_grams(word, gram_min, gram_max, grams);
  return grams;
}

std::string random_word(Rng& rng) {
  std::string word;
  for (std::size_t length = rng.uniform_index(8); length > 0; --length) {
    const char32_t code = rng.uniform() < 0.6   ? 0xAC00 + static_cast<char32_t>(rng.uniform_index(11172))
                          : rng.uniform() < 0.5 ? 0x3131 + static_cast<char32_t>(rng.uniform_index(51))
                                                : U'a' + static_cast<char32_t>(rng.uniform_index(26));
    append_utf8(word, code);
  }
  return word;
}

TEST(ShortenJamoRuns, CutsEachRunOfOneJamo) {
  EXPECT_EQ(shortened("ㅋㅋㅋㅋ", 2), "ㅋㅋ");
  EXPECT_EQ(shortened("ㅋㅋㅋㅎㅎㅎㅎ", 2), "ㅋㅋㅎㅎ");
  EXPECT_EQ(shortened("ㅠㅠㅠㅠ", 2), "ㅠㅠ");
  EXPECT_EQ(shortened("ㅋㅋㅋㅋ", 1), "ㅋ");
  EXPECT_EQ(shortened("ㅋㅎㅋㅎ", 1), "ㅋㅎㅋㅎ");
}

TEST(ShortenJamoRuns, LeavesOtherCharactersAlone) {
  EXPECT_EQ(shortened("하하하하!!!!", 2), "하하하하!!!!");
  EXPECT_EQ(shortened("cooool ㅋㅋㅋ", 2), "cooool ㅋㅋ");
  EXPECT_EQ(shortened("", 2), "");
}

TEST(ShortenJamoRuns, ZeroKeepsEverything) {
  EXPECT_EQ(shortened("ㅋㅋㅋㅋ", 0), "ㅋㅋㅋㅋ");
}

TEST(DecomposeToJamo, TakesSyllablesApart) {
  EXPECT_EQ(jamo_of("값"), "ㄱㅏㅄ");
  EXPECT_EQ(jamo_of("닭이"), "ㄷㅏㄺㅇㅣ");
  EXPECT_EQ(jamo_of("가힣"), "ㄱㅏㅎㅣㅎ");
  EXPECT_EQ(jamo_of("꽤 K팝ㅋ"), "ㄲㅙ Kㅍㅏㅂㅋ");
}

// ICU takes syllables apart into conjoining jamo, and its NFKC turns a compatibility jamo into the initial or the vowel
// of that name. Finals have initials' names too, so they are tested by name below.
TEST(DecomposeToJamo, AgreesWithIcuOnAllSyllables) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
  ASSERT_TRUE(U_SUCCESS(status));
  for (char32_t code = 0xAC00; code <= 0xD7A3; ++code) {
    std::string syllable;
    append_utf8(syllable, code);
    const icu::UnicodeString ours = icu::UnicodeString::fromUTF8(jamo_of(syllable));
    const icu::UnicodeString parts = nfd->normalize(icu::UnicodeString(static_cast<UChar32>(code)), status);
    ASSERT_EQ(ours.length(), parts.length());
    EXPECT_EQ(nfkc->normalize(ours.tempSubString(0, 1), status)[0], parts[0]);
    EXPECT_EQ(nfkc->normalize(ours.tempSubString(1, 1), status)[0], parts[1]);
    // The initial and vowel alone compose to the syllable that has no final.
    EXPECT_EQ(nfkc->normalize(ours.tempSubString(0, 2), status)[0], (code - 0xAC00) / 28 * 28 + 0xAC00);
  }
}

TEST(DecomposeToJamo, NamesTheFinalsInUnicodeOrder) {
  std::string finals;
  for (char32_t last = 1; last < 28; ++last) {
    std::string syllable;
    append_utf8(syllable, U'가' + last);
    finals += jamo_of(syllable).substr(6);
  }
  EXPECT_EQ(finals, "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ");
}

TEST(SyllableGrams, AreRunsOfCodePointsInTextOrder) {
  const std::vector<UnitGram> expected = {{"말", 0, 3}, {"말모", 0, 6}, {"모", 3, 6}, {"모이", 3, 9}, {"이", 6, 9}};
  EXPECT_EQ(syllable_grams("말모이", 1, 2), expected);
  const std::vector<UnitGram> mixed = {{"K팝", 0, 4}, {"팝을", 1, 7}};
  EXPECT_EQ(syllable_grams("K팝을", 2, 2), mixed);
}

TEST(SyllableGrams, KeepShortWordsWhole) {
  const std::vector<UnitGram> expected = {{"말", 0, 3}};
  EXPECT_EQ(syllable_grams("말", 2, 3), expected);
  EXPECT_TRUE(syllable_grams("", 2, 3).empty());
}

TEST(JamoGrams, HaveTheRangeOfTheSyllablesTheyTouch) {
  TextArena arena;
  std::vector<UnitGram> grams;
  append_jamo_grams("말이", 3, 3, arena, grams);  // ㅁㅏㄹㅇㅣ
  const std::vector<UnitGram> expected = {{"ㅁㅏㄹ", 0, 3}, {"ㅏㄹㅇ", 0, 6}, {"ㄹㅇㅣ", 0, 6}};
  EXPECT_EQ(grams, expected);
  grams.clear();
  append_jamo_grams("나", 3, 4, arena, grams);
  EXPECT_EQ(grams, (std::vector<UnitGram>{{"ㄴㅏ", 0, 3}}));
}

TEST(UnitGrams, CoverRandomWordsOnCodePoints) {
  Rng rng(7);
  for (int round = 0; round < 2000; ++round) {
    const std::string word = random_word(rng);
    const int gram_min = 1 + static_cast<int>(rng.uniform_index(3));
    const int gram_max = gram_min + static_cast<int>(rng.uniform_index(3));
    for (const UnitGram& gram : syllable_grams(word, gram_min, gram_max)) {
      EXPECT_EQ(gram.text, std::string_view(word).substr(gram.begin, gram.end - gram.begin));
      EXPECT_EQ(find_invalid_utf8(gram.text), std::string_view::npos);
    }
    TextArena arena;
    std::vector<UnitGram> grams;
    append_jamo_grams(word, gram_min, gram_max, arena, grams);
    for (const UnitGram& gram : grams) {
      const std::string_view touched = std::string_view(word).substr(gram.begin, gram.end - gram.begin);
      EXPECT_EQ(find_invalid_utf8(touched), std::string_view::npos);
      EXPECT_NE(jamo_of(touched).find(gram.text), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace malmoi::tokenize
