#include "apps/page/page_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"
#include "tests/support/random_text.h"

namespace malmoi::apps {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string json_text(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

PageData hostile_page(const std::string& text) {
  PageData data;
  data.head.corpus = text;
  data.head.model = text;
  data.head.options = {{text, text}};
  data.head.figures = {{text, 1.0}};
  data.topics = {{.name = text, .proposal = text, .alpha = 0.1, .figures = {{"coherence", kUndefined}}}};
  data.terms = {{.text = text, .tokens = 1}};
  data.documents = {{.id = text, .label = text, .date = text, .text = text, .spans = {{0, 1, 0}}}};
  data.trends = {{.by = text, .groups = {text}, .documents = {1}, .share = {{1.0}}}};
  return data;
}

// Whatever a browser could take for markup, or a JavaScript engine for the end of a line.
constexpr const char* kHostile[] = {"</script><script>alert(1)</script>",
                                    "<!--<script>",
                                    "]]>",
                                    "&lt;/script&gt;",
                                    "\" onload=\"alert(1)",
                                    "'; alert(1); '",
                                    "\\\"; alert(1); //",
                                    "\xE2\x80\xA8 \xE2\x80\xA9 \xE2\x80\x9C",
                                    "@DATA@ @TITLE@ @LANG@",
                                    "\x01\x1B[31m\x7F\r\n\t",
                                    "${alert(1)} `x`",
                                    "=cmd|'/C calc'!A0"};

TEST(PageJson, ReadsBackAsTheTextItWas) {
  for (const char* text : kHostile) EXPECT_EQ(nlohmann::json::parse(json_text(text)).get<std::string>(), text);
  const std::string nul("a\0b", 3);
  EXPECT_EQ(json_text(nul), "\"a\\u0000b\"");
  EXPECT_EQ(nlohmann::json::parse(json_text(nul)).get<std::string>(), nul);
  Rng rng(1);
  for (int i = 0; i < 200; ++i) {
    const std::string text = testing::random_text(rng, 50);
    ASSERT_EQ(nlohmann::json::parse(json_text(text)).get<std::string>(), text);
  }
}

TEST(PageJson, PutsTheReplacementCharacterForBytesThatAreNotUtf8) {
  EXPECT_EQ(json_text("a\xFF\xE2"), "\"a\uFFFD\uFFFD\"");
  EXPECT_EQ(json_text("\xE2\x80"), "\"\uFFFD\uFFFD\"");
}

TEST(PageJson, HasNothingThatEndsAScriptElement) {
  for (const char* text : kHostile) {
    const std::string json = to_json(hostile_page(text));
    EXPECT_EQ(json.find_first_of("<>&\r\x01\x1B\x7F"), std::string::npos) << json;
    EXPECT_THAT(json, Not(HasSubstr("\xE2\x80\xA8")));
    EXPECT_THAT(json, Not(HasSubstr("\xE2\x80\xA9")));
    EXPECT_EQ(nlohmann::json::parse(json)["documents"][0]["text"], text);
  }
}

TEST(PageJson, RoundsNumbersAndWritesCountsInFull) {
  PageData data;
  data.head.figures = {{"tokens", 12345678.0}, {"log_likelihood", -7.123456}, {"none", kUndefined}};
  data.topics = {{.share = 0.123456789, .x = -0.0, .terms = {{7, 0.000123456}}}};
  data.similarity = {{1.0, 0.33333}};
  const std::string json = to_json(data);
  EXPECT_THAT(json, HasSubstr(R"(["tokens",12345678],["log_likelihood",-7.1235],["none",null])"));
  EXPECT_THAT(json, HasSubstr(R"("share":0.12346,"x":0,)"));
  EXPECT_THAT(json, HasSubstr(R"("terms":[[7,0.0001235]])"));
  EXPECT_THAT(json, HasSubstr(R"("similarity":[[1,0.333]])"));
}

TEST(PageJson, SaysWhatTheContractOfThePageAsksFor) {
  PageData data = hostile_page("x");
  data.is_lsa = true;
  data.language = "en";
  data.head.seed = 18446744073709551615U;
  data.singular_values = {3.0, 2.0};
  data.explained = {0.5, 0.25};
  data.documents[0].spans = {{0, 1, 2, -1, 7}, {3, 2, 1, 1, 0}, {9, 4, 0}};
  data.documents[0].more = {2, 5, 40};
  const auto json = nlohmann::json::parse(to_json(data));
  EXPECT_EQ(json["kind"], "lsa");
  EXPECT_EQ(json["language"], "en");
  EXPECT_EQ(json["head"]["seed"], 18446744073709551615U);
  EXPECT_EQ(json["head"]["documents_shown"], 1);
  EXPECT_TRUE(json["topics"][0]["figures"]["coherence"].is_null());
  EXPECT_EQ(json["documents"][0]["spans"], nlohmann::json::parse("[0,1,-3,7, 2,2,1,0, 4,4,0,-1]"));
  EXPECT_EQ(json["documents"][0]["more"], nlohmann::json::parse("[2,3,35]"));
  EXPECT_EQ(json["lsa"]["singular_values"], nlohmann::json::parse("[3,2]"));
  EXPECT_FALSE(json["trends"][0].contains("low"));
}

TEST(PageJson, TellsTheBytesOfADocumentBeforehand) {
  PageData data = hostile_page("<텍스트>");
  const std::size_t with = to_json(data).size();
  const std::size_t size = json_size(data.documents[0]);
  data.documents.push_back(data.documents[0]);
  EXPECT_EQ(to_json(data).size(), with + size);
}

TEST(MakePage, FillsInDataTitleAndLanguageOnce) {
  for (const char* text : kHostile) {
    PageData data = hostile_page(text);
    data.language = "en";
    const std::string page = make_page(data, "<html lang=\"@LANG@\"><title>@TITLE@</title>me@example <script>@DATA@");
    EXPECT_TRUE(page.starts_with("<html lang=\"en\"><title>"));
    const std::size_t title = page.find("<title>") + 7;
    const std::size_t title_end = page.find("</title>me@example <script>{");
    ASSERT_NE(title_end, std::string::npos);
    EXPECT_EQ(page.substr(title, title_end - title).find_first_of("<>\"'"), std::string::npos);
    EXPECT_EQ(page.substr(title_end + 27), to_json(data));
  }
}

TEST(CutText, CutsBetweenCodePointsAndBehindABlankNearTheEnd) {
  EXPECT_EQ(cut_text("영화 정말 재미있다", 100), "영화 정말 재미있다");
  EXPECT_EQ(cut_text("영화 정말 재미있다", 7), "영화 정말");       // the blank at 5 lies in the last third
  EXPECT_EQ(cut_text("영화 정말 재미있다", 5), "영화 정말");       // just before a blank
  EXPECT_EQ(cut_text("영화 정말재미있다", 8), "영화 정말재미있");  // the blank lies too far ahead
  EXPECT_EQ(cut_text("영화", 2), "영화");
  EXPECT_EQ(cut_text("영화", 0), "");
  EXPECT_EQ(cut_text("\xFF\x80\x80", 1), "\xFF\x80\x80");  // no code points, but no loop without end either
}

TEST(Utf16Places, CountsCodeUnitsOfEveryPlane) {
  const std::string text = "aé한😀b";  // 1, 2, 3, 4, 1 bytes; 1, 1, 1, 2, 1 units
  Utf16Places places(text);
  EXPECT_EQ(places.at(0), 0);
  EXPECT_EQ(places.at(1), 1);
  EXPECT_EQ(places.at(3), 2);
  EXPECT_EQ(places.at(6), 3);
  EXPECT_EQ(places.at(6), 3);
  EXPECT_EQ(places.at(10), 5);
  EXPECT_EQ(places.at(11), 6);
}

}  // namespace
}  // namespace malmoi::apps
