#include "corpus/base/utf8.h"

#include <gtest/gtest.h>

#include "tests/support/random_text.h"

namespace malmoi {
namespace {

constexpr std::size_t kValid = std::string_view::npos;

TEST(FindInvalidUtf8, AcceptsWhatIsValid) {
  EXPECT_EQ(find_invalid_utf8(""), kValid);
  EXPECT_EQ(find_invalid_utf8("plain ascii, longer than eight bytes"), kValid);
  EXPECT_EQ(find_invalid_utf8("한국어 English é 😀 \U0010FFFF \uFFFF"), kValid);
}

TEST(FindInvalidUtf8, NamesTheFirstBadByte) {
  EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2U);
  EXPECT_EQ(find_invalid_utf8("abcdefghij\x80"), 10U);
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0U) << "overlong";
  EXPECT_EQ(find_invalid_utf8("\xE0\x80\x80"), 0U) << "overlong";
  EXPECT_EQ(find_invalid_utf8("가\xED\xA0\x80"), 3U) << "surrogate";
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U) << "above U+10FFFF";
  EXPECT_EQ(find_invalid_utf8("\xEA\xB0"), 0U) << "cut off";
}

// The definition of UTF-8 by code points: decode by hand, and reject what encodes differently.
bool is_valid_by_definition(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC0 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF8 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xC0U) != 0x80) return false;
      code = (code << 6U) | (byte & 0x3FU);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    std::string again;
    append_utf8(again, code);
    if (again != text.substr(i, length)) return false;
    i += length;
  }
  return true;
}

TEST(FindInvalidUtf8, AgreesWithTheDefinitionOnDamagedText) {
  Rng rng(5);
  for (int round = 0; round < 20000; ++round) {
    std::string text = testing::random_text(rng, 1 + rng.uniform_index(12));
    if (rng.uniform() < 0.7) text[rng.uniform_index(text.size())] = static_cast<char>(rng.uniform_index(256));
    const std::size_t bad = find_invalid_utf8(text);
    EXPECT_EQ(bad == kValid, is_valid_by_definition(text)) << round;
    if (bad == kValid) continue;
    EXPECT_TRUE(is_valid_by_definition(text.substr(0, bad))) << round;
  }
}

TEST(DecodeUtf8, ReadsWhatAppendWrote) {
  for (char32_t code = 1; code <= 0x10FFFF; code += 7) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    std::size_t position = 0;
    ASSERT_EQ(decode_utf8(text, position), code);
    ASSERT_EQ(position, text.size());
  }
}

TEST(DisplayWidth, CountsTerminalColumns) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("한국어"), 6);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("\u1112\u1161\u11AB"), 2) << "conjoining jamo make one syllable";
  EXPECT_EQ(display_width("😀"), 2);
  EXPECT_EQ(display_width("ｗ"), 2);
  EXPECT_EQ(display_width("\xFF\xFE"), 2) << "not UTF-8";
}

TEST(FitWidth, CutsBetweenCharacters) {
  EXPECT_EQ(fit_width("한국어", 5), "한국");
  EXPECT_EQ(fit_width("한국어", 6), "한국어");
  EXPECT_EQ(fit_width("abc", 0), "");
  EXPECT_EQ(fit_width("e\u0301x", 1), "e\u0301");
}

}  // namespace
}  // namespace malmoi
