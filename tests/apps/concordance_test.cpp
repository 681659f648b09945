#include "apps/concordance.h"

#include <gtest/gtest.h>

namespace malmoi::apps {
namespace {

using ::malmoi::tokenize::DropRule;
using ::malmoi::tokenize::Tokens;

// Words between blanks; those of one byte are dropped.
Tokens tokens_of(std::string_view text) {
  Tokens tokens;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    tokens.add({.text = text.substr(begin, end - begin),
                .begin = static_cast<std::uint32_t>(begin),
                .end = static_cast<std::uint32_t>(end),
                .dropped = end - begin == 1 ? DropRule::too_short : DropRule::kept});
    begin = end + 1;
  }
  return tokens;
}

TEST(FindTerms, GivesTheBytesOfKeptTokensOnly) {
  const std::string_view text = "aa b cc aa";
  EXPECT_EQ(find_terms(tokens_of(text), std::vector<std::string>{"aa", "b"}), (std::vector<Place>{{0, 2}, {8, 10}}));
}

TEST(FindPhrase, PassesOverDroppedTokens) {
  const std::string_view text = "new y york x new york";
  EXPECT_EQ(find_phrase(tokens_of(text), std::vector<std::string>{"new", "york"}),
            (std::vector<Place>{{0, 10}, {13, 21}}));
  EXPECT_TRUE(find_phrase(tokens_of(text), {}).empty());
}

TEST(JoinPlaces, SortsAndJoinsWhatOverlaps) {
  EXPECT_EQ(join_places({{8, 10}, {0, 4}, {2, 6}, {6, 7}}), (std::vector<Place>{{0, 7}, {8, 10}}));
}

TEST(Snippet, MarksHitsAndCutsAroundThem) {
  EXPECT_EQ(snippet("좋은 영화", std::vector<Place>{{7, 13}}, 40), "좋은 «영화»");
  EXPECT_EQ(snippet("one two three four five six seven", std::vector<Place>{{28, 33}}, 20), "… six «seven»");
  EXPECT_EQ(snippet("a  b\n\nc", {}, 40), "a b c");
  EXPECT_EQ(snippet("한국어로 쓴 아주 긴 글", {}, 8), "한국어로…");
}

TEST(Snippet, ChoosesTheWindowWithMostHits) {
  const std::string text = "hit " + std::string(100, '.') + " hit and hit";
  EXPECT_EQ(snippet(text, std::vector<Place>{{0, 3}, {105, 108}, {113, 116}}, 20), "….... «hit» and «hit»");
}

TEST(InContext, CutsToColumnsOnBothSides) {
  const ContextLine line = in_context("정말 재미있는\n영화 였습니다", {20, 26}, 7);
  EXPECT_EQ(line.left, "미있는 ");
  EXPECT_EQ(line.keyword, "영화");
  EXPECT_EQ(line.right, " 였습니");
}

}  // namespace
}  // namespace malmoi::apps
