#include "tokenize/english.h"

#include <gtest/gtest.h>

#include <string>

namespace malmoi::tokenize {
namespace {

std::string split(std::string_view word) {
  const auto parts = split_contraction(word);
  if (!parts) return "-";
  return std::string(parts->first) + "|" + std::string(parts->second) + "|" + std::to_string(parts->split);
}

TEST(SplitContraction, TakesEachKindApart) {
  EXPECT_EQ(split("don't"), "do|not|2");
  EXPECT_EQ(split("can't"), "can|not|2");
  EXPECT_EQ(split("won't"), "will|not|2");
  EXPECT_EQ(split("shan't"), "shall|not|3");
  EXPECT_EQ(split("we're"), "we|are|2");
  EXPECT_EQ(split("i've"), "i|have|1");
  EXPECT_EQ(split("they'll"), "they|will|4");
  EXPECT_EQ(split("i'm"), "i|am|1");
  EXPECT_EQ(split("she'd"), "she|would|3");
}

TEST(SplitContraction, DropsPossessives) {
  EXPECT_EQ(split("john's"), "john||4");
  EXPECT_EQ(split("it's"), "it||2");
}

TEST(SplitContraction, LeavesOtherWordsAlone) {
  for (const std::string_view word : {"dont", "o'clock", "n't", "'s", "'", "", "cannot", "rock'n'roll"}) {
    EXPECT_EQ(split(word), "-") << word;
  }
}

TEST(WordStemmer, GivesTheStemsOfSnowball) {
  WordStemmer english(Stemmer::english);
  EXPECT_EQ(english.stem("running"), "run");
  EXPECT_EQ(english.stem("generously"), "generous");
  EXPECT_EQ(english.stem("skies"), "sky");
  WordStemmer porter(Stemmer::porter);
  EXPECT_EQ(porter.stem("skies"), "ski");
  EXPECT_EQ(porter.stem("generously"), "gener");
}

TEST(WordStemmer, GivesTheSameStemAgainAndAfterItsTableWasFull) {
  WordStemmer stemmer(Stemmer::english);
  EXPECT_EQ(stemmer.stem("connections"), "connect");
  for (int i = 0; i < 70000; ++i) (void)stemmer.stem("word" + std::to_string(i) + "s");
  EXPECT_EQ(stemmer.stem("connections"), "connect");
  EXPECT_EQ(stemmer.stem("connected"), "connect");
}

}  // namespace
}  // namespace malmoi::tokenize
