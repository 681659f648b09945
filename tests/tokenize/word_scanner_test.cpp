#include "tokenize/word_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"
#include "tests/tokenize/shared_data.h"

namespace malmoi::tokenize {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> cut(std::string_view text, ScanMode mode = ScanMode::entities) {
  WordScanner scanner(mode);
  std::vector<Word> words;
  scanner.scan(text, words);
  std::vector<std::string> pieces;
  for (const Word& word : words) pieces.emplace_back(text.substr(word.begin, word.end - word.begin));
  return pieces;
}

std::vector<std::string> kinds(std::string_view text) {
  WordScanner scanner;
  std::vector<Word> words;
  scanner.scan(text, words);
  std::vector<std::string> lines;
  for (const Word& word : words) {
    lines.push_back(std::string(text.substr(word.begin, word.end - word.begin)) + " " + std::string(name(word.kind)));
  }
  return lines;
}

// ---- the oracle: ICU alone ------------------------------------------------------------------------------------------

/// Word boundaries of a text by ICU's break iterator, pieces of white space left out.
class IcuWords {
 public:
  IcuWords() {
    UErrorCode status = U_ZERO_ERROR;
    breaks_.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) throw std::runtime_error("ICU has no word break rules");
  }

  std::vector<Word> cut(std::string_view text) {
    const icu::UnicodeString units =
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
    breaks_->setText(units);
    std::vector<Word> words;
    std::size_t byte = 0;
    for (std::int32_t from = 0, to = breaks_->next(); to != icu::BreakIterator::DONE; from = to, to = breaks_->next()) {
      bool blank = true;
      const std::size_t begin = byte;
      for (std::int32_t i = from; i < to; i = units.moveIndex32(i, 1)) {
        blank &= u_isUWhiteSpace(units.char32At(i)) != 0;
        byte += static_cast<std::size_t>(U8_LENGTH(units.char32At(i)));
      }
      if (!blank) words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(byte)});
    }
    return words;
  }

 private:
  std::unique_ptr<icu::BreakIterator> breaks_;
};

std::string escape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    out += concat(std::hex, "U+", static_cast<std::uint32_t>(decode_utf8(text, i)), " ");
  }
  return out;
}

/// Empty when our words have ICU's boundaries, else the first place where they differ.
std::string difference(WordScanner& scanner, IcuWords& icu, std::string_view text) {
  std::vector<Word> ours;
  scanner.scan(text, ours);
  const std::vector<Word> theirs = icu.cut(text);
  const auto same = [](const Word& a, const Word& b) { return a.begin == b.begin && a.end == b.end; };
  const auto [a, b] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end(), same);
  if (a == ours.end() && b == theirs.end()) return {};
  const auto show = [&](auto it, auto end) {
    return it == end ? std::string("end") : std::string(text.substr(it->begin, it->end - it->begin));
  };
  return concat("ours '", show(a, ours.end()), "', ICU '", show(b, theirs.end()), "' in '", text.substr(0, 200), "' ",
                escape(text.substr(0, 60)));
}

constexpr std::string_view kFiles[] = {
    "nsmc/ratings_train.txt",
    "nsmc/ratings_test.txt",
    "20news/train.jsonl.gz",
    "20news/test.jsonl.gz",
    "ko_petitions/petitions.jsonl.gz",
    "ko_en/bible.tsv.gz",
    "ko_en/train.tsv",
    "ko_en/dev.tsv",
    "ko_en/test.tsv",
    "en_text/books.txt.gz",
    "en_text/speeches.jsonl.gz",
    "shakespeare/input.txt",
    "ko_chat/chat.tsv",
    "agnews/test.tsv.gz",
    "en_sentiment/sentence_polarity.tsv",
    "ko_paraphrase/train.tsv",
    "sts/korsts_train.tsv",
    "ud/ko_kaist-ud-dev.conllu.gz",
    "ud/ko_gsd-ud-dev.conllu.gz",
    "ud/ko_ksl-ud-dev.conllu.gz",
    "ud/en_ewt-ud-train.conllu.gz",
    "wordsim/analogy_en.txt",
    "wordsim/analogy_ko.txt",
};

/// Compares blocks of some lines, one of every `stride`.
void compare_shared_data(std::size_t stride) {
  WordScanner scanner(ScanMode::plain);
  IcuWords icu;
  std::size_t compared = 0;
  for (const std::string_view file : kFiles) {
    const std::string text = read_shared(file);
    std::size_t block = 0;
    for (std::size_t begin = 0; begin < text.size(); ++block) {
      std::size_t end = text.find('\n', std::min(begin + 4000, text.size()));
      end = end == std::string::npos ? text.size() : end + 1;
      if (block % stride == 0) {
        const std::string found = difference(scanner, icu, std::string_view(text).substr(begin, end - begin));
        ASSERT_EQ(found, "") << file << " byte " << begin;
        compared += end - begin;
      }
      begin = end;
    }
  }
  if (compared == 0) GTEST_SKIP() << "no shared data beside the source folder";
  ::testing::Test::RecordProperty("compared_bytes", std::to_string(compared));
}

TEST(WordScanner, HasTheBoundariesOfIcuOnASampleOfRealText) {
  compare_shared_data(8);
}
TEST(WordScanner, DISABLED_FullHasTheBoundariesOfIcuOnAllRealText) {
  compare_shared_data(1);
}

std::string random_text(Rng& rng, std::size_t length) {
  static const std::vector<std::u32string> kPool = {
      U"a",      U"Z",      U"k",          U"0",          U"7",      U"_",      U"'",      U"\"",     U".",
      U",",      U";",      U":",          U"@",          U"#",      U"/",      U"-",      U"(",      U" ",
      U" ",      U"  ",     U"\n",         U"\r\n",       U"\t",     U"\r",     U"\v",     {U'\0'},   U"가",
      U"힣",     U"한글",   U"ㅋ",         U"ㅠㅠ",       U"\u3164", U"\u1112", U"\u1161", U"\u11AB", U"\uD7FB",
      U"\uFFBB", U"漢",     U"字",         U"〇",         U"々",     U"ひ",     U"カ",     U"ー",     U"ｶ",
      U"ไ",      U"ทย",     U"ภาษาไทย",    U"ກ",          U"ខ",      U"א",      U"ש",      U"״",      U"ا",
      U"٣",      U"٫",      U"é",          U"e\u0301",    U"\u0308", U"\u200D", U"\u00AD", U"\uFE0F", U"\u200B",
      U"\u2060", U"\uFEFF", U"\u20E3",     U"😀",          U"👩",      U"❤",      U"♥",      U"🏽",   U"🇰",
      U"🇷",      U"©",      U"…",          U"·",          U"“",      U"’",      U"‘",      U"～",     U"ー",
      U"\u3000", U"\u00A0", U"\u0085",     U"\u2028",     U"\u2003", U"\u202F", U"：",     U"．",     U"﹕",
      U"＠",     U"Ａ",     U"１",         U"①",          U"Ⅳ",      U"½",      U"²",      U"ß",      U"\u203F",
      U"𝒜",      U"𐐀",      U"\U000E0041", U"\U0001F3F4", U"\u0903", U"क",      U"\u094D", U"\u302E", U"㈜",
      U"㉠",     U"ᄀ"};
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    for (const char32_t code : kPool[rng.uniform_index(kPool.size())]) append_utf8(text, code);
  }
  return text;
}

TEST(WordScanner, HasTheBoundariesOfIcuOnRandomMixesOfDifficultCharacters) {
  WordScanner scanner(ScanMode::plain);
  IcuWords icu;
  Rng rng(20240607);
  for (int round = 0; round < 50000; ++round) {
    const std::string text = random_text(rng, 1 + rng.uniform_index(24));
    ASSERT_EQ(difference(scanner, icu, text), "") << "round " << round;
  }
}

TEST(WordScanner, HasTheBoundariesOfIcuAroundEveryCodePoint) {
  WordScanner scanner(ScanMode::plain);
  IcuWords icu;
  for (char32_t code = 0; code <= 0x1FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string c;
    append_utf8(c, code);
    const std::string text = "a" + c + "b1" + c + "2가" + c + "나 " + c + "_" + c + c + "ㅋ" + c + "ㅎ";
    ASSERT_EQ(difference(scanner, icu, text), "") << "code " << static_cast<std::uint32_t>(code);
  }
}

/// Unicode's own cases, but for those whose characters ICU 72 treats otherwise: a colon does not hold letters together.
TEST(WordScanner, PassesTheWordBreakTestOfUnicode) {
  std::ifstream file("/usr/share/unicode/auxiliary/WordBreakTest.txt");
  if (!file) GTEST_SKIP() << "WordBreakTest.txt is not installed (Debian package unicode-data)";
  WordScanner scanner(ScanMode::plain);
  int cases = 0;
  int tailored = 0;
  for (std::string line; std::getline(file, line);) {
    line = line.substr(0, line.find('#'));
    std::string text;
    std::vector<Word> expected;
    bool blank = true;
    std::istringstream fields(line);
    for (std::string field; fields >> field;) {
      if (field == "÷") {
        const auto end = static_cast<std::uint32_t>(text.size());
        if (!expected.empty()) expected.back().end = end;
        if (!expected.empty() && blank) expected.pop_back();
        expected.push_back({end, end});
        blank = true;
      } else if (field != "×") {
        const auto code = static_cast<char32_t>(std::stoul(field, nullptr, 16));
        append_utf8(text, code);
        blank &= u_isUWhiteSpace(static_cast<UChar32>(code)) != 0;
      }
    }
    if (text.empty()) continue;
    expected.pop_back();  // opened by the ÷ at the end of the line
    if (text.find(':') != std::string::npos) {
      ++tailored;
      continue;
    }
    std::vector<Word> words;
    scanner.scan(text, words);
    const auto same = [](const Word& a, const Word& b) { return a.begin == b.begin && a.end == b.end; };
    EXPECT_TRUE(std::equal(words.begin(), words.end(), expected.begin(), expected.end(), same)) << line;
    ++cases;
  }
  EXPECT_GT(cases, 1000);
  EXPECT_LT(tailored, cases);
}

// ---- examples -------------------------------------------------------------------------------------------------------

TEST(WordScanner, CutsHangulFromWhatStandsBesideIt) {
  EXPECT_THAT(cut("AI가 3월에 K팝을, LG전자"), ElementsAre("AI", "가", "3", "월에", "K", "팝을", ",", "LG", "전자"));
}

TEST(WordScanner, MakesFourWordsOfAHyphenatedOne) {
  EXPECT_THAT(cut("state-of-the-art"), ElementsAre("state", "-", "of", "-", "the", "-", "art"));
}

TEST(WordScanner, KeepsApostrophesAndPointsInsideWordsAndNumbers) {
  EXPECT_THAT(kinds("don't 1,234.5 3.x U.S. '90"),
              ElementsAre("don't word", "1,234.5 number", "3 number", ". punctuation", "x word", "U.S word",
                          ". punctuation", "' punctuation", "90 number"));
}

TEST(WordScanner, FindsUrlsWithoutThePunctuationBehindThem) {
  EXPECT_THAT(kinds("(https://example.com/a_(b)?q=1#x)."),
              ElementsAre("( punctuation", "https://example.com/a_(b)?q=1#x url", ") punctuation", ". punctuation"));
  EXPECT_THAT(cut("www.naver.com에서 HTTP://X.kr/을"), ElementsAre("www.naver.com", "에서", "HTTP://X.kr/", "을"));
  EXPECT_THAT(cut("http:// www. a://b"), ElementsAre("http", ":", "/", "/", "www", ".", "a", ":", "/", "/", "b"));
}

TEST(WordScanner, FindsMailAddresses) {
  EXPECT_THAT(kinds("<kim.lee+1@mail.example.co.kr>으로"),
              ElementsAre("< punctuation", "kim.lee+1@mail.example.co.kr email", "> punctuation", "으로 word"));
  EXPECT_THAT(kinds("a@b.com로"), ElementsAre("a@b.com email", "로 word"));
}

TEST(WordScanner, FindsHashtagsAndMentions) {
  EXPECT_THAT(
      kinds("#맛집#서울여행_2024 @kim_님 #1 C# &#39;"),
      ElementsAre("#맛집 hashtag", "#서울여행_2024 hashtag", "@kim_ mention", "님 word", "# punctuation", "1 number",
                  "C word", "# punctuation", "& punctuation", "# punctuation", "39 number", "; punctuation"));
}

TEST(WordScanner, KeepsEmojiSequencesWhole) {
  EXPECT_THAT(kinds("👩‍👩‍👧‍👦👍🏽🇰🇷🇺🇸1️⃣❤️♥"),
              ElementsAre("👩‍👩‍👧‍👦 emoji", "👍🏽 emoji", "🇰🇷 emoji", "🇺🇸 emoji", "1️⃣ emoji",
                          "❤️ emoji", "♥ emoji"));
}

TEST(WordScanner, NamesTheScriptsOfAWord) {
  WordScanner scanner;
  std::vector<Word> words;
  scanner.scan("aB1 가나 ㅋㅋ éa #가", words);
  std::vector<int> scripts;
  for (const Word& word : words) scripts.push_back(word.scripts);
  EXPECT_THAT(scripts, ElementsAre(kAsciiLower | kAsciiUpper | kDigit, kHangul, kJamo, kOther | kAsciiLower, kHangul));
}

TEST(WordScanner, FindsNothingInBlanks) {
  EXPECT_THAT(cut(""), IsEmpty());
  EXPECT_THAT(cut(" \t\r\n\u3000\u00A0"), IsEmpty());
}

}  // namespace
}  // namespace malmoi::tokenize
