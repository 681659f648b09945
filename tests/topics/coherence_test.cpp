#include "topics/coherence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "corpus/base/error.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::topics {
namespace {

using vectorize::corpus_of;
using Topics = std::vector<std::vector<TermId>>;

constexpr double kEpsilon = 1e-12;

double score(const TokenSequences& texts, const std::vector<TermId>& topic, CoherenceMeasure measure,
             const CoherenceOptions& options = {}) {
  const std::vector<double> scores = coherence(texts, Topics{topic}, measure, options);
  return scores.at(0);
}

TEST(Coherence, UMassIsAsWorkedOut) {  // a 0, b 1, c 2
  const auto corpus = corpus_of({"a b", "a b c", "b", "a a"});
  // pairs (b | a): together in 2 of 4, a in 3; (c | a): 1, 3; (c | b): 1, 3
  EXPECT_NEAR(score(corpus.tokens, {0, 1, 2}, CoherenceMeasure::u_mass),
              (std::log(2.0 / 3) + std::log(1.0 / 3) + std::log(1.0 / 3)) / 3, 1e-9);
  EXPECT_NEAR(score(corpus.tokens, {2, 0}, CoherenceMeasure::u_mass), 0.0, 1e-9);  // a comes wherever c does
}

TEST(Coherence, SlidesAWindowByOneToken) {
  const auto corpus = corpus_of({"a b x x", "x"});  // in windows of 2: ab, bx, xx, and the short document x
  EXPECT_NEAR(score(corpus.tokens, {0, 1}, CoherenceMeasure::c_uci, {.window = 2}),
              std::log((1.0 / 4) / ((1.0 / 4) * (2.0 / 4))), 1e-9);
  EXPECT_NEAR(score(corpus.tokens, {0, 1}, CoherenceMeasure::c_npmi, {.window = 2}), std::log(2.0) / std::log(4.0),
              1e-9);
}

TEST(Coherence, CvIsTheMeanCosineWithTheSum) {
  const auto corpus = corpus_of({"a b x x", "x"});
  // NPMI(a, a) = NPMI(b, b) = 1, NPMI(a, b) = 0.5: the sum is (1.5, 1.5) and cos((1, 0.5), (1, 1)) = 1.5 / √2.5.
  EXPECT_NEAR(score(corpus.tokens, {0, 1}, CoherenceMeasure::c_v, {.window = 2}), 1.5 / std::sqrt(2.5), 1e-9);
}

TEST(Coherence, WordsThatNeverMeetAreBoundedByEpsilon) {
  const auto corpus = corpus_of({"a x", "b x"});
  EXPECT_NEAR(score(corpus.tokens, {0, 2}, CoherenceMeasure::u_mass), std::log(kEpsilon / 0.5), 1e-9);
  EXPECT_NEAR(score(corpus.tokens, {0, 2}, CoherenceMeasure::c_uci), std::log(kEpsilon / 0.25), 1e-9);
  EXPECT_NEAR(score(corpus.tokens, {0, 2}, CoherenceMeasure::c_npmi), std::log(kEpsilon / 0.25) / -std::log(kEpsilon),
              1e-9);
}

TEST(Coherence, LeavesOutWordsThatNeverOccur) {
  const auto corpus = corpus_of({"a b x x", "", "x"});
  for (const auto measure :
       {CoherenceMeasure::u_mass, CoherenceMeasure::c_uci, CoherenceMeasure::c_npmi, CoherenceMeasure::c_v}) {
    EXPECT_EQ(score(corpus.tokens, {99, 0, 1}, measure), score(corpus.tokens, {0, 1}, measure));
    EXPECT_EQ(score(corpus.tokens, {0, 99}, measure), 0.0);
    EXPECT_EQ(score(corpus.tokens, {}, measure), 0.0);
    EXPECT_EQ(score(corpus_of({"", ""}).tokens, {0, 1}, measure), 0.0);
    EXPECT_EQ(score({}, {0, 1}, measure), 0.0);
  }
}

TEST(Coherence, EmptyDocumentsHaveNoWindows) {
  const auto with = corpus_of({"", "a b x x", "", "x"});
  const auto without = corpus_of({"a b x x", "x"});
  EXPECT_EQ(score(with.tokens, {0, 1}, CoherenceMeasure::c_npmi),
            score(without.tokens, {0, 1}, CoherenceMeasure::c_npmi));
}

TEST(Coherence, RulesDifferWhereAWordIsRepeated) {
  const auto corpus = corpus_of({"a a b x"});  // windows of 3: aab, abx
  // exact: a 2, b 2, together 2. gensim: a leaves with the first token, so the second window has none: a 1, together 1.
  EXPECT_NEAR(score(corpus.tokens, {0, 1}, CoherenceMeasure::c_uci, {.window = 3, .rule = WindowRule::exact}), 0.0,
              1e-9);
  EXPECT_NEAR(score(corpus.tokens, {0, 1}, CoherenceMeasure::c_uci, {.window = 3}), std::log(0.5 / (0.5 * 1.0)), 1e-9);
  const auto other = corpus_of({"a a b x x"});  // aab, abx, bxx
  EXPECT_NEAR(score(other.tokens, {0, 1}, CoherenceMeasure::c_uci, {.window = 3, .rule = WindowRule::exact}),
              std::log((2.0 / 3) / (2.0 / 3)), 1e-9);
  EXPECT_NEAR(score(other.tokens, {0, 1}, CoherenceMeasure::c_npmi, {.window = 3}), 0.0, 1e-9);
}

// The plain version: every window of every document, one after the other.
double plain_npmi(const TokenSequences& texts, const std::vector<TermId>& topic, std::size_t window, WindowRule rule) {
  const std::size_t size = topic.size();
  std::vector<double> together(size * size, 0.0);
  double windows = 0.0;
  for (std::size_t r = 0; r < texts.rows(); ++r) {
    const auto text = texts.row(r);
    std::vector<bool> present(100, false);
    for (std::size_t begin = 0; begin < text.size() && (begin == 0 || begin + window <= text.size()); ++begin) {
      const std::size_t end = std::min(text.size(), begin + window);
      if (rule == WindowRule::exact || begin == 0) {
        std::fill(present.begin(), present.end(), false);
        for (std::size_t i = begin; i < end; ++i) present[static_cast<std::size_t>(text[i])] = true;
      } else {
        present[static_cast<std::size_t>(text[begin - 1])] = false;
        present[static_cast<std::size_t>(text[end - 1])] = true;
      }
      windows += 1.0;
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j < size; ++j) {
          const bool both = present[static_cast<std::size_t>(topic[i])] && present[static_cast<std::size_t>(topic[j])];
          together[i * size + j] += both ? 1.0 : 0.0;
        }
      }
    }
  }
  double sum = 0.0;
  double pairs = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double joint = together[i * size + j] / windows + kEpsilon;
      sum += std::log(joint * windows * windows / (together[i * size + i] * together[j * size + j])) / -std::log(joint);
      pairs += 1.0;
    }
  }
  return sum / pairs;
}

TEST(Coherence, CountsAsIfEveryWindowWereLookedAt) {
  const TokenSequences texts = vectorize::random_tokens(/*seed=*/8, 400, 60, 50);
  const Topics topics = {{0, 1, 2, 3}, {3, 10, 20, 30, 0}, {5, 4}};
  for (const auto rule : {WindowRule::gensim, WindowRule::exact}) {
    for (const int window : {1, 2, 7, 10, 49, 110}) {
      const auto found = coherence(texts, topics, CoherenceMeasure::c_npmi, {.window = window, .rule = rule});
      for (std::size_t k = 0; k < topics.size(); ++k) {
        EXPECT_NEAR(found[k], plain_npmi(texts, topics[k], static_cast<std::size_t>(window), rule), 1e-9) << window;
      }
    }
  }
}

TEST(Coherence, HasTheMeasuresOwnWindows) {
  const TokenSequences texts = vectorize::random_tokens(/*seed=*/9, 50, 60, 200);
  const std::vector<TermId> topic = {0, 1, 2, 3};
  EXPECT_EQ(score(texts, topic, CoherenceMeasure::c_npmi),
            score(texts, topic, CoherenceMeasure::c_npmi, {.window = 10}));
  EXPECT_EQ(score(texts, topic, CoherenceMeasure::c_uci), score(texts, topic, CoherenceMeasure::c_uci, {.window = 10}));
  EXPECT_EQ(score(texts, topic, CoherenceMeasure::c_v), score(texts, topic, CoherenceMeasure::c_v, {.window = 110}));
  EXPECT_NE(score(texts, topic, CoherenceMeasure::c_v), score(texts, topic, CoherenceMeasure::c_v, {.window = 10}));
}

TEST(Coherence, IsTheSameForAnyThreads) {
  const TokenSequences texts = vectorize::random_tokens(/*seed=*/10, 3000, 90, 30);
  Topics topics;
  for (TermId k = 0; k < 8; ++k) topics.push_back({k, k + 8, k + 16, 2 * k + 20, 60 + k});
  for (const auto measure : {CoherenceMeasure::u_mass, CoherenceMeasure::c_v}) {
    EXPECT_EQ(coherence(texts, topics, measure, {}, {.threads = 1}),
              coherence(texts, topics, measure, {}, {.threads = 8}));
  }
}

TEST(Coherence, RefusesTopicsThatAreNone) {
  const auto corpus = corpus_of({"a b"});
  EXPECT_THROW((void)score(corpus.tokens, {0, 0}, CoherenceMeasure::u_mass), Error);
  EXPECT_THROW((void)score(corpus.tokens, {-1, 0}, CoherenceMeasure::u_mass), Error);
  EXPECT_THROW((void)score(corpus.tokens, {0, 1}, CoherenceMeasure::c_v, {.window = -1}), Error);
}

}  // namespace
}  // namespace malmoi::topics
