#include "neural/word_similarity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::neural {
namespace {

Embeddings embeddings_of(const std::vector<std::pair<std::string, std::vector<float>>>& words) {
  Embeddings embeddings;
  embeddings.dimensions = static_cast<std::int32_t>(words.front().second.size());
  for (const auto& [word, vector] : words) {
    embeddings.words.intern(word);
    embeddings.vectors.insert(embeddings.vectors.end(), vector.begin(), vector.end());
  }
  return embeddings;
}

// Angles 0, 30, 90, 180 and 30 degrees; lengths do not matter.
Embeddings fan() {
  return embeddings_of({{"east", {2, 0}},
                        {"near", {std::sqrt(3.0F), 1}},
                        {"north", {0, 5}},
                        {"west", {-1, 0}},
                        {"also", {3 * std::sqrt(3.0F), 3}}});
}

TEST(WordSpace, FindsTheNearestWordsByCosine) {
  const Embeddings embeddings = fan();
  const WordSpace space(embeddings);
  const auto nearest = space.nearest("east", 3);
  ASSERT_EQ(nearest.size(), 3U);
  EXPECT_EQ(nearest[0].word, 1);  // of the two at 30 degrees the more frequent
  EXPECT_NEAR(nearest[0].score, std::sqrt(0.75F), 1e-6F);
  EXPECT_EQ(nearest[1].word, 4);
  EXPECT_EQ(nearest[2].word, 2);
  EXPECT_NEAR(nearest[2].score, 0.0F, 1e-6F);
  EXPECT_EQ(space.nearest("west", 100).size(), 4U);
  const std::vector<float> up = {0, 1};
  EXPECT_EQ(space.nearest(up, 1)[0].word, 2);
}

TEST(WordSpace, RefusesWhatHasNoVector) {
  const Embeddings embeddings = fan();
  const WordSpace space(embeddings);
  EXPECT_THROW((void)space.nearest("south", 1), Error);
  EXPECT_THROW((void)space.nearest("east", 0), Error);
  const std::vector<float> wrong = {1, 2, 3};
  EXPECT_THROW((void)space.nearest(wrong, 1), Error);
}

TEST(WordSpace, SolvesAnalogiesByBothFormulas) {
  // man : king = woman : queen along one direction; prince lies near king.
  const Embeddings embeddings = embeddings_of({{"man", {1, 0, 0.1F}},
                                               {"woman", {0, 1, 0.1F}},
                                               {"king", {1, 0, 1}},
                                               {"queen", {0, 1, 1}},
                                               {"prince", {1, 0.1F, 0.9F}}});
  const WordSpace space(embeddings);
  for (const AnalogyMethod method : {AnalogyMethod::cos_add, AnalogyMethod::cos_mul}) {
    const auto answers = space.analogy({"man", "king", "woman", ""}, method, 2);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(embeddings.words.at(answers[0].word), "queen");
    EXPECT_EQ(embeddings.words.at(answers[1].word), "prince");
  }
  // By hand for queen (0, 1, 1)/√2: cosines with king, man, woman are 1/2, 0.1/√(2 · 1.01), 1.1/√(2 · 1.01).
  const double a = 0.1 / std::sqrt(2.02);
  const double c = 1.1 / std::sqrt(2.02);
  EXPECT_NEAR(space.analogy({"man", "king", "woman", ""}, AnalogyMethod::cos_add, 1)[0].score, 0.5 - a + c, 1e-6);
  EXPECT_NEAR(space.analogy({"man", "king", "woman", ""}, AnalogyMethod::cos_mul, 1)[0].score,
              0.75 * (c + 1) / 2 / ((a + 1) / 2 + 0.001), 1e-5);
}

TEST(WordPairs, AreScoredByRanksWithTiesAndCounted) {
  // Cosines: east-near .87, east-north 0, east-west -1, near-also 1; ranks of people 4 2.5 2.5 1 against 3 2 1 4.
  const std::vector<WordPair> pairs = {{"east", "near", 9}, {"east", "north", 5}, {"east", "west", 5},
                                       {"near", "also", 1}, {"east", "south", 2}, {"EAST", "up", 1}};
  const PairScores scores = score_pairs(fan(), pairs);
  EXPECT_EQ(scores.pairs, 6);
  EXPECT_EQ(scores.covered, 4);
  // Deviations 1.5 0 0 -1.5 and .5 -.5 -1.5 1.5: -1.5 / √(4.5 · 5)
  EXPECT_NEAR(scores.spearman, -1.5 / std::sqrt(22.5), 1e-12);
  const std::vector<WordPair> upper = {{"EAST", "Near", 2}, {"West", "EAST", 1}};
  EXPECT_EQ(score_pairs(fan(), upper).covered, 2);
  EXPECT_EQ(score_pairs(fan(), upper).spearman, 1.0);
  const std::vector<WordPair> one = {{"east", "near", 9}};
  EXPECT_EQ(score_pairs(fan(), one).covered, 1);
  EXPECT_TRUE(std::isnan(score_pairs(fan(), one).spearman));  // of one pair there are no ranks to compare
}

TEST(WordPairs, AreReadFromFiles) {
  const testing::TemporaryFolder folder;
  const auto pairs = read_word_pairs(folder.write("pairs.tsv", "word1\tword2\tscore\r\n사랑\t섹스\t6.77\r\na\tb\t0\n"));
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].second, "섹스");
  EXPECT_EQ(pairs[0].score, 6.77);
  EXPECT_THROW((void)read_word_pairs(folder.write("bad.tsv", "a\tb\t1\na\tb\n")), Error);
  EXPECT_THROW((void)read_word_pairs(folder.write("bad.tsv", "a\tb\t1\na\tb\tx\n")), Error);
  EXPECT_THROW((void)read_word_pairs(folder / "absent"), Error);
}

TEST(Analogies, AreReadAndCountedBySection) {
  const testing::TemporaryFolder folder;
  const auto sections = read_analogies(folder.write("analogies",
                                                    ": family\nman king woman queen\nMan King Woman Prince\n: other\n"
                                                    "man king woman nobody\n"));
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[0].name, "family");
  EXPECT_EQ(sections[0].questions.size(), 2U);
  const Embeddings embeddings = embeddings_of({{"man", {1, 0, 0.1F}},
                                               {"woman", {0, 1, 0.1F}},
                                               {"king", {1, 0, 1}},
                                               {"queen", {0, 1, 1}},
                                               {"prince", {1, 0.1F, 0.9F}}});
  const WordSpace space(embeddings);
  const auto scores = score_analogies(space, sections, AnalogyMethod::cos_mul);
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_EQ(scores[0].questions, 2);
  EXPECT_EQ(scores[0].covered, 2);
  EXPECT_EQ(scores[0].right, 1);
  EXPECT_EQ(scores[1].covered, 0);
  EXPECT_THROW((void)read_analogies(folder.write("bad", "a b c\n")), Error);
}

TEST(Analogies, AreAnsweredAsOneByOneAndTheSameForEveryNumberOfThreads) {
  Embeddings embeddings;
  embeddings.dimensions = 8;
  Rng rng(2);
  for (int w = 0; w < 60; ++w) {
    embeddings.words.intern(concat("w", w));
    for (int i = 0; i < 8; ++i) embeddings.vectors.push_back(static_cast<float>(rng.uniform() - 0.5));
  }
  const WordSpace space(embeddings);
  const auto word = [&] { return concat("w", rng.uniform_index(60)); };
  for (const AnalogyMethod method : {AnalogyMethod::cos_add, AnalogyMethod::cos_mul}) {
    std::vector<AnalogySection> sections(1);
    std::int64_t right = 0;
    for (int q = 0; q < 100; ++q) {
      Analogy question{word(), word(), word(), ""};
      const auto best = space.analogy(question, method, 1);
      question.d = q % 2 == 0 ? std::string(embeddings.words.at(best[0].word)) : word();
      right += embeddings.words.at(best[0].word) == question.d ? 1 : 0;
      sections[0].questions.push_back(question);
    }
    const auto one = score_analogies(space, sections, method, {.threads = 1});
    EXPECT_EQ(one[0].right, right);
    EXPECT_EQ(score_analogies(space, sections, method, {.threads = 8})[0].right, right);
  }
}

}  // namespace
}  // namespace malmoi::neural
