#include "topics/diagnostics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "corpus/base/error.h"
#include "tests/topics/models.h"

namespace malmoi::topics {
namespace {

// φ of two topics over four terms.
TopicModel small_model() {
  return model_of({{0.5F, 0.0F}, {0.25F, 0.25F}, {0.25F, 0.25F}, {0.0F, 0.5F}}, {0.1, 0.1});
}

std::vector<std::int32_t> columns(const std::vector<RankedTerm>& terms) {
  std::vector<std::int32_t> result;
  result.reserve(terms.size());
  for (const RankedTerm& term : terms) result.push_back(term.column);
  return result;
}

TEST(TopTerms, TakeTheLowerColumnAmongEquals) {
  EXPECT_EQ(top_terms(small_model(), 1, 2), (std::vector<RankedTerm>{{3, 0.5}, {1, 0.25}}));
  EXPECT_EQ(columns(top_terms(small_model(), 0, 9)), (std::vector<std::int32_t>{0, 1, 2, 3}));
  EXPECT_TRUE(top_terms(small_model(), 0, 0).empty());
  EXPECT_THROW((void)top_terms(small_model(), 2, 1), Error);
  EXPECT_THROW((void)top_terms(small_model(), 0, -1), Error);
}

TEST(TopTerms, OfAllTopicsAreThoseOfEach) {
  const TopicModel model = random_model(4, 300, 40);
  const auto all = top_terms(model, 10, {.threads = 8});
  ASSERT_EQ(all.size(), 40U);
  EXPECT_EQ(all, top_terms(model, 10, {.threads = 1}));
  for (std::size_t k = 0; k < all.size(); ++k) EXPECT_EQ(all[k], top_terms(model, static_cast<Eigen::Index>(k), 10));
}

TEST(RelevantTerms, WeighProbabilityAgainstLift) {
  const std::vector<double> shares = {0.4, 0.1, 0.3, 0.2};
  const auto found = relevant_terms(small_model(), shares, 0, {.lambda = 0.6, .terms = 3});
  EXPECT_EQ(columns(found), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_NEAR(found[1].score, 0.6 * std::log(0.25) + 0.4 * std::log(2.5), 1e-12);
  EXPECT_EQ(columns(relevant_terms(small_model(), shares, 0, {.lambda = 1.0})), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(columns(relevant_terms(small_model(), shares, 0, {.lambda = 0.0})), (std::vector<std::int32_t>{1, 0, 2}));
  EXPECT_THROW((void)relevant_terms(small_model(), shares, 0, {.lambda = 1.1}), Error);
  EXPECT_THROW((void)relevant_terms(small_model(), std::vector<double>{1.0}, 0, {}), Error);
}

TEST(TopicDiagnostics, AreAsWorkedOut) {
  const std::vector<TopicCounts> samples = {topic_counts({{3, 1}, {2, 2}, {0, 4}, {0, 0}}),
                                            topic_counts({{4, 0}, {1, 3}, {0, 4}, {0, 0}})};
  const std::vector<std::int64_t> occurrences = {4, 2, 2, 0};
  const std::vector<std::string_view> terms = {"ab", "말모이", "x", "yyyy"};
  const auto found = topic_diagnostics(small_model(), {{samples, 1}, occurrences, terms}, 2);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_DOUBLE_EQ(found[0].tokens, 5.0);
  EXPECT_DOUBLE_EQ(found[1].tokens, 7.0);
  EXPECT_DOUBLE_EQ(found[0].share, 5.0 / 12.0);
  EXPECT_DOUBLE_EQ(found[0].documents, 2.0);
  EXPECT_DOUBLE_EQ(found[1].documents, 2.5);
  EXPECT_DOUBLE_EQ(found[0].rank_1_documents, 1.5);  // the tie of the first sample goes to topic 0
  EXPECT_DOUBLE_EQ(found[1].rank_1_documents, 1.5);
  EXPECT_DOUBLE_EQ(found[0].exclusivity, (1.0 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(found[0].effective_terms, 1.0 / (0.25 + 0.0625 + 0.0625));
  EXPECT_DOUBLE_EQ(found[0].corpus_distance, 0.0);  // φ is just the corpus
  // topic 1: p = (0, 1/4, 1/4, 1/2), q = (1/2, 1/4, 1/4, 0)
  EXPECT_NEAR(found[1].corpus_distance, 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(found[0].term_length, 2.5);
  EXPECT_DOUBLE_EQ(found[1].term_length, 3.5);
}

TEST(TopicDiagnostics, CountInUnitsOfATokenAndBearAnEmptyCorpus) {
  const std::vector<TopicCounts> samples = {topic_counts({{128, 64}})};
  const std::vector<std::int64_t> none(4, 0);
  const auto found = topic_diagnostics(small_model(), {{samples, 64}, none});
  EXPECT_DOUBLE_EQ(found[0].tokens, 2.0);
  EXPECT_DOUBLE_EQ(found[0].term_length, 0.0);
  const std::vector<TopicCounts> empty = {topic_counts({{0, 0}})};
  EXPECT_DOUBLE_EQ(topic_diagnostics(small_model(), {{empty, 1}, none})[0].share, 0.0);
}

TEST(TopicDiagnostics, RefuseWhatDoesNotFit) {
  const std::vector<TopicCounts> samples = {topic_counts({{1, 1}})};
  const std::vector<std::int64_t> occurrences(4, 1);
  const std::vector<std::int64_t> few(3, 1);
  EXPECT_THROW((void)topic_diagnostics(small_model(), {{samples, 1}, few}), Error);
  EXPECT_THROW((void)topic_diagnostics(small_model(), {{samples, 0}, occurrences}), Error);
  EXPECT_THROW((void)topic_diagnostics(small_model(), {{samples, 1}, occurrences}, 0), Error);
}

TEST(MatchTopics, FindsTopicsInAnotherOrder) {
  const TopicModel a = random_model(6, 400, 35);
  TopicModel b = a;
  std::vector<std::int32_t> place(35);
  std::iota(place.begin(), place.end(), 0);
  Rng rng(2);
  for (std::size_t i = place.size(); i > 1; --i) std::swap(place[i - 1], place[rng.uniform_index(i)]);
  for (Eigen::Index k = 0; k < 35; ++k) {
    for (Eigen::Index w = 0; w < 400; ++w) {
      b.term_given_topic(w, place[static_cast<std::size_t>(k)]) = a.term_given_topic(w, k);
    }
  }
  const auto matches = match_topics(a, b, {.threads = 8});
  ASSERT_EQ(matches.size(), 35U);
  for (std::size_t k = 0; k < matches.size(); ++k) {
    EXPECT_EQ(matches[k].a, static_cast<std::int32_t>(k));
    EXPECT_EQ(matches[k].b, place[k]);
    EXPECT_NEAR(matches[k].cosine, 1.0, 1e-6);
  }
}

double cosine(const TopicModel& a, Eigen::Index i, const TopicModel& b, Eigen::Index j) {
  double product = 0.0;
  double a_squares = 0.0;
  double b_squares = 0.0;
  for (Eigen::Index w = 0; w < a.terms(); ++w) {
    const auto x = static_cast<double>(a.term_given_topic(w, i));
    const auto y = static_cast<double>(b.term_given_topic(w, j));
    product += x * y;
    a_squares += x * x;
    b_squares += y * y;
  }
  return product / std::sqrt(a_squares * b_squares);
}

TEST(MatchTopics, HasTheLargestSumOfAllPermutations) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const TopicModel a = random_model(seed, 12, 4);
    const TopicModel b = random_model(seed + 100, 12, 6);
    std::vector<Eigen::Index> order = {0, 1, 2, 3, 4, 5};
    double best = 0.0;
    do {
      double sum = 0.0;
      for (Eigen::Index i = 0; i < 4; ++i) sum += cosine(a, i, b, order[static_cast<std::size_t>(i)]);
      best = std::max(best, sum);
    } while (std::next_permutation(order.begin(), order.end()));
    for (const bool turned : {false, true}) {
      const auto matches = turned ? match_topics(b, a) : match_topics(a, b);
      ASSERT_EQ(matches.size(), 4U);
      double sum = 0.0;
      std::vector<bool> taken(6, false);
      for (const TopicMatch& match : matches) {
        EXPECT_NEAR(match.cosine, turned ? cosine(b, match.a, a, match.b) : cosine(a, match.a, b, match.b), 1e-6);
        const auto place = static_cast<std::size_t>(turned ? match.a : match.b);
        EXPECT_FALSE(taken[place]);
        taken[place] = true;
        sum += match.cosine;
      }
      EXPECT_NEAR(sum, best, 1e-6);
    }
  }
}

TEST(MatchTopics, IsTheSameForAnyThreadsAndRefusesOtherTerms) {
  const TopicModel a = random_model(1, 300, 50);
  const TopicModel b = random_model(2, 300, 40);
  const auto one = match_topics(a, b, {.threads = 1});
  const auto eight = match_topics(a, b, {.threads = 8});
  ASSERT_EQ(one.size(), eight.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].a, eight[i].a);
    EXPECT_EQ(one[i].b, eight[i].b);
    EXPECT_EQ(one[i].cosine, eight[i].cosine);
  }
  EXPECT_THROW((void)match_topics(a, random_model(2, 299, 40)), Error);
}

}  // namespace
}  // namespace malmoi::topics
