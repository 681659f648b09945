#include "corpus/json_scanner.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"

namespace malmoi::corpus {
namespace {

using nlohmann::json;

bool is_object(std::string_view text) {
  return !JsonScanner({}).scan(text);
}

TEST(JsonScanner, AcceptsEveryFormOfRfc8259) {
  for (const char* text : {"{}", " { } ", R"({"a":1})", R"({"a":[],"b":[ ],"c":[1,2]})",
                           R"({"a":-0.5e+10,"b":0,"c":1E5,"d":-0})", R"({"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})",
                           R"({"a":true,"b":false,"c":null})", R"({"":{"":{}}})", "\t{\"a\"\n:\r1 }\n"}) {
    EXPECT_TRUE(is_object(text)) << text;
    EXPECT_TRUE(json::accept(text)) << text;
  }
}

TEST(JsonScanner, RefusesWhatIsLooser) {
  for (const char* text : {"",
                           " ",
                           "[]",
                           "1",
                           "{",
                           "}",
                           "{]",
                           "{a:1}",
                           "{'a':1}",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({,})",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":.5})",
                           R"({"a":+1})",
                           R"({"a":-})",
                           R"({"a":1e})",
                           R"({"a":NaN})",
                           R"({"a":tru})",
                           R"({"a":truee})",
                           R"({"a":"\x"})",
                           R"({"a":"\u12g4"})",
                           R"({"a":"\ud800"})",
                           R"({"a":"\ud800\u0041"})",
                           R"({"a":"\udc00"})",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\x1f\"}",
                           R"({"a":"b)",
                           R"({"a":[1})",
                           R"({"a":[1,]})",
                           R"({"a":1}{)",
                           R"({"a":1} x)",
                           R"({"a" 1})",
                           R"({"a":1 "b":2})",
                           R"({"a":"\)",
                           R"({"a":"\u12)"}) {
    EXPECT_FALSE(is_object(text)) << text;
    EXPECT_FALSE(json::accept(text) && json::parse(text).is_object()) << text;
  }
}

TEST(JsonScanner, SaysWhereAndWhy) {
  const auto fault = JsonScanner({}).scan(R"({"a":1 "b":2})");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->position, 7U);
  EXPECT_EQ(fault->reason, "not valid JSON: ',' or '}' is wanted");
  EXPECT_EQ(JsonScanner({}).scan(R"({"a":"b)")->reason, "not valid JSON: it ends too early, a string is not closed");
}

TEST(JsonScanner, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(is_object(nested(400)));
  EXPECT_FALSE(is_object(nested(600)));
  EXPECT_FALSE(is_object(R"({"a":)" + std::string(1000000, '[')));
}

TEST(JsonScanner, FindsDottedPaths) {
  JsonScanner scanner({"a", "b.c", "b.c.d", "x.y", "missing", "l.a"});
  ASSERT_FALSE(scanner.scan(R"({"b":{"c":{"d":[1]},"a":0},"a":"z","x.y":5,"l":[{"a":1}],"a":2})"));
  const auto values = scanner.values();
  EXPECT_EQ(values[0], "2") << "the last of equal members counts";
  EXPECT_EQ(values[1], R"({"d":[1]})");
  EXPECT_EQ(values[2], "[1]");
  EXPECT_EQ(values[3], "5") << "a name that has a dot itself";
  EXPECT_EQ(values[4], "");
  EXPECT_EQ(values[5], "") << "lists are not entered";
  ASSERT_EQ(scanner.members().size(), 5U);
  EXPECT_EQ(scanner.members()[0].key, "\"b\"");
  ASSERT_FALSE(scanner.scan(R"({"\u0061":"escaped name"})"));
  EXPECT_EQ(scanner.values()[0], "\"escaped name\"");
}

TEST(DecodeJsonString, UndoesEscapes) {
  std::string out = "before ";
  EXPECT_TRUE(decode_json_string(R"("a\"\\\/\b\f\n\r\t\u00e9\uAC00\ud83d\ude00z")", out));
  EXPECT_EQ(out, "before a\"\\/\b\f\n\r\té가😀z");
  EXPECT_FALSE(decode_json_string(R"("a\u0000b")", out));
}

TEST(AppendJsonString, IsReadBackByNlohmann) {
  std::string all;
  for (char32_t code = 0; code < 0x3000; ++code) append_utf8(all, code);
  all += "한글 😀";
  std::string quoted;
  append_json_string(all, quoted);
  EXPECT_EQ(json::parse(quoted).get<std::string>(), all);
}

// Nothing for numbers beyond double: nlohmann/json stops at them, though the grammar allows them.
std::optional<bool> accepted_by_nlohmann(const std::string& text) {
  try {
    return json::parse(text).is_object();
  } catch (const json::out_of_range&) {
    return std::nullopt;
  } catch (const json::parse_error&) {
    return false;
  }
}

std::string mutated(std::string text, Rng& rng) {
  static constexpr std::string_view kPieces = "{}[]:,\"\\u0123456789abdeEfnrt+-./ \t\x1f\x7f\xc3\xa9";
  for (std::size_t changes = 1 + rng.uniform_index(3); changes > 0; --changes) {
    const std::size_t place = rng.uniform_index(text.size());
    const char piece = kPieces[rng.uniform_index(kPieces.size())];
    switch (rng.uniform_index(4)) {
      case 0:
        text[place] = piece;
        break;
      case 1:
        text.insert(place, 1, piece);
        break;
      case 2:
        text.erase(place, 1 + rng.uniform_index(3));
        break;
      default:
        text.insert(place, text.substr(rng.uniform_index(text.size()), 1 + rng.uniform_index(8)));
    }
    if (text.empty()) text.push_back(piece);
  }
  return text;
}

TEST(JsonScanner, AgreesWithNlohmannOnMutatedLines) {
  const std::vector<std::string> seeds = {
      R"({"id":12,"text":"가나다 \"x\" \u00e9\ud83d\ude00\n","meta":{"a":[1,-2.5e3,true,null],"b":{}},"ok":false})",
      R"({"a":[[],[0],{"b":"long enough for eight bytes at once, and more"}],"c":1e-7})",
      R"( {"k" : "v" , "n" : -0 } )"};
  Rng rng(11);
  std::size_t accepted = 0;
  constexpr int kRounds = 200000;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = mutated(seeds[rng.uniform_index(seeds.size())], rng);
    if (find_invalid_utf8(text) != std::string_view::npos) continue;  // the line reader has refused it
    JsonScanner scanner({"id", "text", "meta.a", "k"});
    const bool ours = !scanner.scan(text);
    const std::optional<bool> theirs = accepted_by_nlohmann(text);
    if (!theirs) continue;
    ASSERT_EQ(ours, *theirs) << text;
    if (!ours) continue;
    ++accepted;
    const json object = json::parse(text);
    for (std::size_t i = 0; i < 2; ++i) {
      const char* name = i == 0 ? "id" : "text";
      ASSERT_EQ(scanner.values()[i].empty(), !object.contains(name)) << text;
      ASSERT_TRUE(!object.contains(name) || json::parse(scanner.values()[i]) == object[name]) << text;
      std::string decoded;
      if (object.contains(name) && object[name].is_string() && decode_json_string(scanner.values()[i], decoded)) {
        ASSERT_EQ(decoded, object[name].get<std::string>()) << text;
      }
    }
  }
  EXPECT_GT(accepted, kRounds / 20U) << "the mutations leave enough that is valid";
}

}  // namespace
}  // namespace malmoi::corpus
