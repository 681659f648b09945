#include "neural/character_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "corpus/base/utf8.h"
#include "tests/support/random_text.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;

// The units as text, breaks as |.
std::string characters(std::string_view text, bool break_words = false) {
  std::vector<std::int32_t> units;
  append_characters(text, break_words, units);
  std::string joined;
  for (const std::int32_t unit : units) {
    if (unit < 0) joined.push_back('|');
    if (unit >= 0) append_utf8(joined, static_cast<char32_t>(unit));
  }
  return joined;
}

TEST(CharacterUnits, FoldTheTextAndItsWhiteSpace) {
  EXPECT_EQ(characters("  Good\t\n FILM"), " good film ");
  EXPECT_EQ(characters("좋아요\u3000ㅋㅋ Ａ①"), " 좋아요 ㅋㅋ a1 ");
  EXPECT_EQ(characters("\u1112\u1161\u11AB글"), " 한글 ");
  EXPECT_EQ(characters(" \t "), "");
  EXPECT_EQ(characters(""), "");
}

TEST(CharacterUnits, StandInWordsOfTheirOwnWhereAskedTo) {
  EXPECT_EQ(characters(" a bc\nd ", true), " a | bc | d ");
  EXPECT_EQ(characters("", true), "");
}

TEST(CharacterUnits, KnowTheBytesTheyCameFrom) {
  std::vector<std::int32_t> units;
  std::vector<ByteSpan> spans;
  append_characters("영 ㎏ e\u0301", false, units, &spans);  // ㎏ is two letters, e and its accent are one together
  EXPECT_THAT(units, ElementsAre(' ', U'영', ' ', 'k', 'g', ' ', U'é', ' '));
  EXPECT_THAT(spans, ElementsAre(ByteSpan{0, 0}, ByteSpan{0, 3}, ByteSpan{3, 4}, ByteSpan{4, 7}, ByteSpan{4, 7},
                                 ByteSpan{7, 8}, ByteSpan{8, 11}, ByteSpan{11, 11}));
}

TEST(CharacterUnits, HaveSpansInOrderOnCodePointsOfAnyText) {
  Rng rng(4);
  for (int round = 0; round < 300; ++round) {
    const std::string text = testing::random_text(rng, 40);
    for (const bool break_words : {false, true}) {
      std::vector<std::int32_t> plain;
      append_characters(text, break_words, plain);
      std::vector<std::int32_t> units;
      std::vector<ByteSpan> spans;
      append_characters(text, break_words, units, &spans);
      EXPECT_EQ(units, plain);
      ASSERT_EQ(spans.size(), units.size());
      std::size_t before = 0;
      for (const ByteSpan& span : spans) {
        EXPECT_GE(span.begin, before);
        EXPECT_GE(span.end, span.begin);
        before = span.begin;
        for (const std::size_t end : {span.begin, span.end}) {
          EXPECT_TRUE(end == text.size() || (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80);
        }
      }
    }
  }
}

}  // namespace
}  // namespace malmoi::neural
