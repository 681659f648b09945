#include "tokenize/normalizer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"
#include "tests/support/normal_forms.h"

namespace malmoi::tokenize {
namespace {

using testing::nfc_by_icu;
using testing::nfd_by_icu;

std::string fold(std::string_view token, UnicodeForm form = UnicodeForm::nfkc, bool fold_case = true) {
  std::string out = "replaced";
  fold_token(token, form, fold_case, out);
  return out;
}

// ---- NormalizedText -------------------------------------------------------------------------------------------------

TEST(NormalizedText, IsTheTextItselfWhenThatIsInNfc) {
  const std::string text = "한글 abc ㅋㅋ é … 漢字 👩‍👩‍👧";
  const NormalizedText normalized(text);
  EXPECT_FALSE(normalized.changed());
  EXPECT_EQ(normalized.view().data(), text.data());
  EXPECT_EQ(normalized.original_begin(3), 3U);
  EXPECT_EQ(normalized.original_end(6), 6U);
}

TEST(NormalizedText, MapsEachComposedSyllableToItsOwnJamo) {
  const std::string text = "a\u1112\u1161\u11AB\u1100\u1173\u11AF!";  // a한글! in NFD: 1 + 9 + 9 + 1 bytes
  const NormalizedText normalized(text);
  ASSERT_TRUE(normalized.changed());
  EXPECT_EQ(normalized.view(), "a한글!");
  EXPECT_EQ(normalized.original_begin(1), 1U);
  EXPECT_EQ(normalized.original_end(4), 10U);
  EXPECT_EQ(normalized.original_begin(4), 10U);
  EXPECT_EQ(normalized.original_end(7), 19U);
  EXPECT_EQ(normalized.original_begin(7), 19U);
  EXPECT_EQ(normalized.original_end(8), 20U);
}

TEST(NormalizedText, ComposesAMarkBehindACharacterThatNeedsNoCheckByItself) {
  const NormalizedText normalized("cafe\u0301 가");
  EXPECT_EQ(normalized.view(), "café 가");
  EXPECT_EQ(normalized.original_begin(3), 3U);
  EXPECT_EQ(normalized.original_end(5), 6U);
  EXPECT_EQ(NormalizedText("가\u11A8").view(), "각");
}

/// The code points of the fields of a line of NormalizationTest.txt.
std::vector<std::string> columns(const std::string& line) {
  std::vector<std::string> texts;
  std::istringstream fields(line.substr(0, line.find('#')));
  for (std::string field; texts.size() < 5 && std::getline(fields, field, ';');) {
    std::istringstream codes(field);
    std::string& text = texts.emplace_back();
    for (std::string code; codes >> code;) append_utf8(text, static_cast<char32_t>(std::stoul(code, nullptr, 16)));
  }
  return texts;
}

TEST(NormalizedText, PassesTheNormalizationTestOfUnicode) {
  const char* packed = "/usr/share/unicode/NormalizationTest.txt.bz2";
  if (!std::filesystem::exists(packed)) GTEST_SKIP() << packed << " is not installed (Debian package unicode-data)";
  const std::unique_ptr<FILE, int (*)(FILE*)> file(popen(("bzcat " + std::string(packed)).c_str(), "r"), pclose);
  int cases = 0;
  for (std::array<char, 4096> line = {};
       std::fgets(line.data(), static_cast<int>(line.size()), file.get()) != nullptr;) {
    if (std::isxdigit(static_cast<unsigned char>(line[0])) == 0) continue;
    const std::vector<std::string> c = columns(line.data());
    ASSERT_EQ(c.size(), 5U);
    EXPECT_EQ(NormalizedText(c[0]).view(), c[1]) << line.data();
    EXPECT_EQ(NormalizedText(c[1]).view(), c[1]) << line.data();
    EXPECT_EQ(NormalizedText(c[2]).view(), c[1]) << line.data();
    EXPECT_EQ(NormalizedText(c[3]).view(), c[3]) << line.data();
    EXPECT_EQ(NormalizedText(c[4]).view(), c[3]) << line.data();
    ++cases;
  }
  if (cases == 0) GTEST_SKIP() << "bzcat is not installed";
  EXPECT_GT(cases, 18000);
}

std::string random_text(Rng& rng) {
  constexpr std::array<char32_t, 24> kPool = {U'a',  U' ',      U'é',      U'e',      U'\u0301', U'\u0327',
                                              U'가', U'한',     U'\u1112', U'\u1161', U'\u11AB', U'\u119E',
                                              U'ㅋ', U'漢',     U'\uF900', U'\u212B', U'\u0344', U'\u0958',
                                              U'…',  U'\u2126', U'😀',      U'\u200D', U'\u302E', U'\U0001D15E'};
  std::string text;
  for (std::size_t i = rng.uniform_index(20); i > 0; --i) append_utf8(text, kPool[rng.uniform_index(kPool.size())]);
  return text;
}

TEST(NormalizedText, EqualsIcuAndMapsEveryPieceToWhatNormalizesToIt) {
  Rng rng(5);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = random_text(rng);
    const NormalizedText normalized(text);
    const std::string_view view = normalized.view();
    ASSERT_EQ(view, nfc_by_icu(text));
    std::uint32_t last = 0;
    for (std::size_t position = 0; position < view.size();) {
      const auto from = static_cast<std::uint32_t>(position);
      position += utf8_length(view[position]);
      const std::uint32_t begin = normalized.original_begin(from);
      const std::uint32_t end = normalized.original_end(static_cast<std::uint32_t>(position));
      ASSERT_LT(begin, end);
      ASSERT_LE(end, text.size());
      ASSERT_LE(last, begin);
      ASSERT_EQ(find_invalid_utf8(std::string_view(text).substr(begin, end - begin)), std::string::npos);
      const std::string piece = nfc_by_icu(std::string_view(text).substr(begin, end - begin));
      ASSERT_NE(piece.find(view.substr(from, position - from)), std::string::npos);
      last = begin;
    }
  }
}

// ---- fold_token -----------------------------------------------------------------------------------------------------

TEST(FoldToken, FoldsCaseAndWidth) {
  EXPECT_EQ(fold("Hello"), "hello");
  EXPECT_EQ(fold("Hello", UnicodeForm::nfkc, false), "Hello");
  EXPECT_EQ(fold("ＡＢＣ１２３"), "abc123");
  EXPECT_EQ(fold("ＡＢＣ", UnicodeForm::nfc, false), "ＡＢＣ");
  EXPECT_EQ(fold("Straße ÉCOLE"), "strasse école");
  EXPECT_EQ(fold("㈜한글"), "(주)한글");
  EXPECT_EQ(fold("한글"), "한글");
  EXPECT_EQ(fold(""), "");
}

TEST(FoldToken, MakesCompatibilityJamoOfJamoThatStandAlone) {
  EXPECT_EQ(fold("\u110F\u110F\u110F"), "ㅋㅋㅋ");
  EXPECT_EQ(fold("\u1172\u1172"), "ㅠㅠ");
  EXPECT_EQ(fold("\u11C2"), "ㅎ");
  EXPECT_EQ(fold("ﾻﾻﾾ"), "ㅋㅋㅎ");
  EXPECT_EQ(fold("ￂￇￊￏￒￗￚￜ"), "ㅏㅔㅕㅚㅛㅠㅡㅣ");
  EXPECT_EQ(fold("가\u11C2\u1172"), "가ㅎㅠ");
}

TEST(FoldToken, DoesNotComposeCompatibilityJamo) {
  EXPECT_EQ(fold("ㅎㅏㄴ"), "ㅎㅏㄴ");
  EXPECT_EQ(fold("가ㄴ"), "가ㄴ");
}

TEST(FoldToken, KeepsOldSyllablesWhole) {
  EXPECT_EQ(fold("\u1112\u119E\u11AB"), "\u1112\u119E\u11AB");
}

TEST(FoldToken, MakesOneApostropheOfAll) {
  EXPECT_EQ(fold("Don’t"), "don't");
  EXPECT_EQ(fold("Don’t", UnicodeForm::nfc, false), "Don't");
}

TEST(FoldToken, IsTheSameForNfdTextAfterComposition) {
  const std::string nfd = nfd_by_icu("Économie한국어");
  const NormalizedText normalized(nfd);
  EXPECT_EQ(fold(normalized.view()), "économie한국어");
}

}  // namespace
}  // namespace malmoi::tokenize
