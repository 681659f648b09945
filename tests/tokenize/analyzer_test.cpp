#include "tokenize/analyzer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"
#include "tests/support/normal_forms.h"

namespace malmoi::tokenize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::nfd_by_icu;

constexpr const char* kDictionary = MALMOI_SHARE_DIR "/mecab-ko-dic";

AnalyzerOptions words_only() {
  return {.korean = KoreanUnit::word, .stop_words = std::vector<std::string>{}};
}

/// "text" of each kept token.
std::vector<std::string> terms(std::string_view text, AnalyzerOptions options = words_only()) {
  const Analyzer analyzer(std::move(options), kDictionary);
  AnalyzerSession session(analyzer);
  std::vector<std::string> kept;
  for (const Token& token : session.analyze(text)) {
    if (token.dropped == DropRule::kept) kept.emplace_back(token.text);
  }
  return kept;
}

/// "text/tag/slice of the text/rule" of every token.
std::vector<std::string> explain(std::string_view text, AnalyzerOptions options = words_only()) {
  const Analyzer analyzer(std::move(options), kDictionary);
  AnalyzerSession session(analyzer);
  std::vector<std::string> lines;
  for (const Token& token : session.analyze(text)) {
    lines.push_back(concat(token.text, "/", token.tag, "/", text.substr(token.begin, token.end - token.begin), "/",
                           name(token.dropped)));
  }
  return lines;
}

std::string message_of(const AnalyzerOptions& options) {
  try {
    validate(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "no error";
}

// ---- words ----------------------------------------------------------------------------------------------------------

TEST(Analyzer, GivesFoldedWordsWithTheirBytes) {
  EXPECT_THAT(explain("Hello, 세계! 1,000 ＡＢ"), ElementsAre("hello//Hello/kept", ",//,/kind", "세계//세계/kept",
                                                              "!//!/kind", "1,000//1,000/kept", "ab//ＡＢ/kept"));
}

TEST(Analyzer, PointsIntoTheTextWhereNothingChanges) {
  const Analyzer analyzer(words_only(), {});
  AnalyzerSession session(analyzer);
  const std::string text = "hello 세계 don't";
  const Tokens& tokens = session.analyze(text);
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens[0].text.data(), text.data());
  EXPECT_EQ(tokens[1].text.data(), text.data() + 6);
}

TEST(Analyzer, MakesFourWordsOfAHyphenatedOne) {
  EXPECT_THAT(terms("State-of-the-art"), ElementsAre("state", "of", "the", "art"));
}

TEST(Analyzer, TakesContractionsApart) {
  EXPECT_THAT(explain("I can't, John’s we’ll"), ElementsAre("i//I/kept", "can//ca/kept", "not//n't/kept", ",//,/kind",
                                                            "john//John/kept", "we//we/kept", "will//’ll/kept"));
  AnalyzerOptions whole = words_only();
  whole.contractions = Contractions::keep;
  EXPECT_THAT(terms("can't John’s", whole), ElementsAre("can't", "john's"));
}

TEST(Analyzer, StemsEnglishWordsAndComparesStopWordsBeforeThat) {
  AnalyzerOptions options = {.korean = KoreanUnit::word, .stemmer = Stemmer::english};
  options.stop_words = {"having"};
  EXPECT_THAT(explain("Having Connections 한글s x9s École", options),
              ElementsAre("have//Having/stop_word", "connect//Connections/kept", "한글//한글/kept", "s//s/kept",
                          "x9s//x9s/kept", "école//École/kept"));
}

TEST(Analyzer, ShortensRunsOfJamo) {
  EXPECT_THAT(explain("ㅋㅋㅋㅋ ㅠㅠㅠ웃ㅋㅋㅋㅎㅎㅎ ﾻﾻﾻ"),
              ElementsAre("ㅋㅋ/IC/ㅋㅋㅋㅋ/kept", "ㅠㅠ/IC/ㅠㅠㅠ/kept", "웃//웃/kept",
                          "ㅋㅋㅎㅎ/IC/ㅋㅋㅋㅎㅎㅎ/kept", "ㅋㅋ/IC/ﾻﾻﾻ/kept"));
  AnalyzerOptions as_it_is = words_only();
  as_it_is.repeat_limit = 0;
  EXPECT_THAT(terms("ㅋㅋㅋㅋ", as_it_is), ElementsAre("ㅋㅋㅋㅋ"));
}

TEST(Analyzer, KeepsTheKindsAsked) {
  AnalyzerOptions options = words_only();
  options.kinds = {TokenKind::url, TokenKind::hashtag, TokenKind::emoji, TokenKind::email};
  EXPECT_THAT(terms("#맛집 @kim https://a.kr/B에서 x@y.com 😀 123 말", options),
              ElementsAre("#맛집", "https://a.kr/b", "x@y.com", "😀"));
}

TEST(Analyzer, MarksTheFirstRuleThatApplies) {
  AnalyzerOptions options = words_only();
  options.min_length = 2;
  options.max_length = 4;
  options.stop_words = {"THE", "a", "."};
  EXPECT_THAT(explain("The a b 말 영화 가나다라마 .", options),
              ElementsAre("the//The/stop_word", "a//a/stop_word", "b//b/too_short", "말//말/too_short",
                          "영화//영화/kept", "가나다라마//가나다라마/too_long", ".//./kind"));
}

TEST(Analyzer, HasStopWordsForBothLanguages) {
  EXPECT_THAT(explain("the 그리고 cinema", {.korean = KoreanUnit::word}),
              ElementsAre("the//the/stop_word", "그리고//그리고/stop_word", "cinema//cinema/kept"));
}

// ---- units ----------------------------------------------------------------------------------------------------------

TEST(Analyzer, CutsHangulIntoSyllableGrams) {
  AnalyzerOptions options = words_only();
  options.korean = KoreanUnit::syllable;
  EXPECT_THAT(explain("한국어 is 말", options),
              ElementsAre("한국//한국/kept", "국어//국어/kept", "is//is/kept", "말//말/kept"));
}

TEST(Analyzer, CutsHangulIntoJamoGrams) {
  AnalyzerOptions options = words_only();
  options.korean = KoreanUnit::jamo;
  options.gram_min = options.gram_max = 3;
  EXPECT_THAT(explain("한말 ok", options), ElementsAre("ㅎㅏㄴ//한/kept", "ㅏㄴㅁ//한말/kept", "ㄴㅁㅏ//한말/kept",
                                                       "ㅁㅏㄹ//말/kept", "ok//ok/kept"));
}

// ---- phrases and n-grams --------------------------------------------------------------------------------------------

TEST(Analyzer, AppendsNgramsOfKeptNeighbours) {
  AnalyzerOptions options = words_only();
  options.ngrams = 3;
  options.stop_words = {"the"};
  EXPECT_THAT(explain("A, b the c", options),
              ElementsAre("a//A/kept", ",//,/kind", "b//b/kept", "the//the/stop_word", "c//c/kept", "a b//A, b/kept",
                          "a b c//A, b the c/kept", "b c//b the c/kept"));
}

TEST(Analyzer, JoinsTheLongestPhrase) {
  AnalyzerOptions options = words_only();
  options.phrases = {"new york", "new york city hall", "york new"};
  EXPECT_THAT(explain("New York, New York city new", options),
              ElementsAre("new york//New York/kept", ",//,/kind", "new york//New York/kept", "city//city/kept",
                          "new//new/kept"));
  EXPECT_THAT(terms("in new york city hall", options), ElementsAre("in", "new york city hall"));
  EXPECT_THAT(explain("new, york", options), ElementsAre("new york//new, york/kept", ",//,/kind"));
}

// ---- morphemes ------------------------------------------------------------------------------------------------------

class AnalyzerMorphs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(kDictionary) + "/sys.dic")) {
      GTEST_SKIP() << "no Korean dictionary in " << kDictionary << "; tests/run.sh fetches it";
    }
  }
};

TEST_F(AnalyzerMorphs, KeepContentWordsInTheirDictionaryForm) {
  EXPECT_THAT(terms("어제 서울에서 영화를 봤다. 주가가 떨어졌다.", {}),
              ElementsAre("어제", "서울", "영화", "보다", "주가", "떨어지다"));
}

TEST_F(AnalyzerMorphs, ComeApartFromOtherScriptsInOneWord) {
  EXPECT_THAT(terms("AI가 3월에 LG전자의 TV를", {}), IsSupersetOf({"ai", "3", "lg", "전자", "tv"}));
  EXPECT_THAT(explain("AI가", {}), ElementsAre("ai/SL/AI/kept", "가/JKS/가/tag"));
}

TEST_F(AnalyzerMorphs, JoinOneLatinLetterToTheNounBehindIt) {
  EXPECT_THAT(terms("K팝을 듣고 T셔츠를 입는 A형은 C언어를 안다", {}), IsSupersetOf({"k팝", "t셔츠", "a형", "c언어"}));
  EXPECT_THAT(explain("B는", {}), ElementsAre("b/SL/B/kept", "는/JX/는/tag"));
}

TEST_F(AnalyzerMorphs, LeaveAloneWhatIsNoKorean) {
  EXPECT_THAT(explain("The #맛집 漢字 12 ㅋㅋㅋ", {}),
              ElementsAre("the/SL/The/stop_word", "#맛집//#맛집/kept", "漢字/SH/漢字/kept", "12/SN/12/kept",
                          "ㅋㅋ/IC/ㅋㅋㅋ/kept"));
}

TEST_F(AnalyzerMorphs, KeepTheTagsAsked) {
  EXPECT_THAT(terms("아름다운 꽃을 빨리 보았다 flower", {.tags = parse_tags("noun")}), ElementsAre("꽃"));
  EXPECT_THAT(terms("아름다운 꽃을 빨리 보았다", {.tags = parse_tags("verb, adjective")}),
              ElementsAre("아름답다", "보다"));
}

TEST_F(AnalyzerMorphs, FollowTheUserDictionary) {
  EXPECT_THAT(terms("우리는 LG전자말모이를 쓴다", {.user_words = {{"LG전자말모이", "NNP"}}}),
              IsSupersetOf({"lg전자말모이"}));
}

TEST_F(AnalyzerMorphs, DoNotDependOnWhereLongTextIsCut) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "영화를 봤다. ";
  const std::vector<std::string> found = terms(text, {});
  ASSERT_EQ(found.size(), 6000U);
  for (std::size_t i = 0; i < found.size(); i += 2) {
    ASSERT_EQ(found[i], "영화");
    ASSERT_EQ(found[i + 1], "보다");
  }
}

// ---- properties -----------------------------------------------------------------------------------------------------

std::string random_text(Rng& rng) {
  static const std::vector<std::string> kPool = {"한국어",
                                                 "영화를",
                                                 "봤다",
                                                 "떨어졌다",
                                                 "AI",
                                                 "K",
                                                 "팝",
                                                 "3",
                                                 "월에",
                                                 "don't",
                                                 "John’s",
                                                 "New",
                                                 "York",
                                                 "ㅋㅋㅋ",
                                                 "ㅠ",
                                                 "é",
                                                 "e\u0301",
                                                 "\u1112\u1161\u11AB",
                                                 "\u110F\u110F",
                                                 "ﾻ",
                                                 "漢字",
                                                 "カナ",
                                                 "ไทย",
                                                 "😀",
                                                 "👩‍👧",
                                                 "🇰🇷",
                                                 "\u200D",
                                                 "#맛집",
                                                 "@kim",
                                                 "http://a.kr/",
                                                 "a@b.kr",
                                                 "www.x.com",
                                                 " ",
                                                 " ",
                                                 " ",
                                                 " ",
                                                 "\n",
                                                 "\r\n",
                                                 "\t",
                                                 ".",
                                                 ",",
                                                 "-",
                                                 "_",
                                                 "…",
                                                 "“",
                                                 "\u3000",
                                                 "\u0308",
                                                 "١٢",
                                                 "½",
                                                 "ﬁ",
                                                 "İ"};
  std::string text;
  for (std::size_t i = rng.uniform_index(16); i > 0; --i) text += kPool[rng.uniform_index(kPool.size())];
  return text;
}

std::vector<AnalyzerOptions> all_modes() {
  std::vector<AnalyzerOptions> modes;
  for (const KoreanUnit unit : {KoreanUnit::morph, KoreanUnit::word, KoreanUnit::syllable, KoreanUnit::jamo}) {
    modes.push_back({.korean = unit, .stemmer = Stemmer::english, .ngrams = 2, .phrases = {"new york"}});
  }
  modes.push_back({.compounds = CompoundMode::both});
  if (!std::filesystem::exists(std::string(kDictionary) + "/sys.dic")) {
    std::erase_if(modes, [](const AnalyzerOptions& o) { return o.korean == KoreanUnit::morph; });
  }
  return modes;
}

TEST(Analyzer, SlicesTheTextAtCodePointsAndNeverGoesBack) {
  for (const AnalyzerOptions& options : all_modes()) {
    const Analyzer analyzer(options, kDictionary);
    AnalyzerSession session(analyzer);
    Rng rng(11);
    for (int round = 0; round < 3000; ++round) {
      const std::string text = random_text(rng);
      std::uint32_t last = 0;
      bool ngrams = false;
      for (const Token& token : session.analyze(text)) {
        ASSERT_LT(token.begin, token.end) << text;
        ASSERT_LE(token.end, text.size()) << text;
        ASSERT_EQ(find_invalid_utf8(std::string_view(text).substr(token.begin, token.end - token.begin)),
                  std::string_view::npos)
            << text;
        ASSERT_FALSE(token.text.empty()) << text;
        ASSERT_EQ(find_invalid_utf8(token.text), std::string_view::npos) << text;
        if (!ngrams && token.begin < last) ngrams = true, last = 0;  // n-grams start from the front once
        ASSERT_GE(token.begin, last) << text;
        last = token.begin;
      }
    }
  }
}

TEST(Analyzer, GivesTheSameTermsForNfdAndNfc) {
  for (const AnalyzerOptions& options : all_modes()) {
    const Analyzer analyzer(options, kDictionary);
    AnalyzerSession composed(analyzer);
    AnalyzerSession decomposed(analyzer);
    Rng rng(12);
    for (int round = 0; round < 2000; ++round) {
      const std::string text = random_text(rng);
      const std::string split = nfd_by_icu(text);
      const Tokens& a = composed.analyze(text);
      const Tokens& b = decomposed.analyze(split);
      ASSERT_EQ(a.size(), b.size()) << text;
      for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(a[i].text, b[i].text) << text;
        ASSERT_EQ(a[i].tag, b[i].tag) << text;
        ASSERT_EQ(a[i].dropped, b[i].dropped) << text;
        // A mark that does not compose is one change together with the character before it.
        const std::string slice = split.substr(b[i].begin, b[i].end - b[i].begin);
        ASSERT_NE(slice.find(nfd_by_icu(text.substr(a[i].begin, a[i].end - a[i].begin))), std::string::npos) << text;
      }
    }
  }
}

TEST(Analyzer, RefusesTextThatIsNotUtf8) {
  const Analyzer analyzer(words_only(), {});
  AnalyzerSession session(analyzer);
  try {
    session.analyze("ab\xC3(");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("byte 2"));
  }
}

TEST(Analyzer, GivesNothingForNothing) {
  EXPECT_THAT(explain(""), IsEmpty());
  EXPECT_THAT(explain(" \n\t"), IsEmpty());
}

// ---- options --------------------------------------------------------------------------------------------------------

TEST(ParseTags, KnowsNamesAndTagsWithoutRepetition) {
  EXPECT_THAT(parse_tags("noun"), ElementsAre("NNG", "NNP", "NR"));
  EXPECT_THAT(parse_tags("NNP, noun,VV"), ElementsAre("NNP", "NNG", "NR", "VV"));
  EXPECT_THAT(content_tags(),
              ElementsAre("NNG", "NNP", "NR", "VV", "VA", "VCN", "MAG", "XR", "IC", "SL", "SH", "SN", "UNKNOWN"));
}

TEST(ParseTags, AllKeepsParticlesEndingsAndSymbols) {
  const std::vector<std::string> all = parse_tags("all");
  EXPECT_EQ(all.size(), 47U);
  EXPECT_THAT(all, IsSupersetOf({"NNG", "JKS", "EF", "SF", "UNKNOWN"}));
}

TEST(ParseTags, NamesWhatThereIs) {
  for (const std::string_view bad : {"nouns", "", "NNG,,VV"}) {
    try {
      (void)parse_tags(bad);
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_THAT(error.what(), HasSubstr("noun, proper_noun"));
    }
  }
}

TEST(AnalyzerOptions, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(message_of({}), "no error");
  EXPECT_THAT(message_of({.tags = {"XYZ"}}), HasSubstr("tags has \"XYZ\""));
  EXPECT_THAT(message_of({.gram_min = 0}), HasSubstr("gram_min"));
  EXPECT_THAT(message_of({.gram_min = 3, .gram_max = 2}), HasSubstr("are 3 and 2"));
  EXPECT_THAT(message_of({.min_length = 5, .max_length = 4}), HasSubstr("max_length"));
  EXPECT_THAT(message_of({.repeat_limit = -1}), HasSubstr("repeat_limit is -1"));
  EXPECT_THAT(message_of({.ngrams = 0}), HasSubstr("ngrams is 0"));
  EXPECT_THAT(message_of({.phrases = {"single"}}), HasSubstr("phrases"));
  EXPECT_THAT(message_of({.user_words = {{"", "NNP"}}}), HasSubstr("user_words"));
  EXPECT_THAT(message_of({.stop_words = std::vector<std::string>{"\xFF"}}), HasSubstr("stop_words"));
}

TEST(AnalyzerOptions, ComeBackFromJson) {
  const AnalyzerOptions options = {.korean = KoreanUnit::jamo,
                                   .tags = {"NNG"},
                                   .compounds = CompoundMode::both,
                                   .user_words = {{"말모이", "NNP"}, {"가다", "VV"}},
                                   .gram_min = 1,
                                   .gram_max = 3,
                                   .form = UnicodeForm::nfc,
                                   .fold_case = false,
                                   .stemmer = Stemmer::porter,
                                   .contractions = Contractions::keep,
                                   .kinds = {TokenKind::word, TokenKind::url},
                                   .stop_words = std::vector<std::string>{"그 \"a\""},
                                   .min_length = 2,
                                   .max_length = 9,
                                   .repeat_limit = 3,
                                   .ngrams = 2,
                                   .phrases = {"new york"}};
  const std::string json = to_json(options);
  EXPECT_EQ(to_json(analyzer_options_from_json(json)), json);
  EXPECT_EQ(json,
            R"({"korean":"jamo","tags":["NNG"],"compounds":"both","user_words":[["말모이","NNP"],["가다","VV"]],)"
            R"("gram_min":1,"gram_max":3,"form":"nfc","fold_case":false,"stemmer":"porter","contractions":"keep",)"
            R"("kinds":["word","url"],"stop_words":["그 \"a\""],"min_length":2,"max_length":9,"repeat_limit":3,)"
            R"("ngrams":2,"phrases":["new york"]})");
  EXPECT_EQ(to_json(analyzer_options_from_json("{}")), to_json({}));
}

TEST(AnalyzerOptions, RefuseJsonThatIsDamaged) {
  for (const std::string_view bad :
       {"", "[]", "{", R"({"korean":"words"})", R"({"ngrams":"2"})", R"({"ngrams":0})", R"({"later":1})",
        R"({"kinds":["noun"]})", R"({"user_words":[["a"]]})", R"({"tags":["?"]})"}) {
    try {
      (void)analyzer_options_from_json(bad);
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << bad;
    }
  }
}

}  // namespace
}  // namespace malmoi::tokenize
