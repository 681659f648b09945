#include "topics/dirichlet.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "corpus/base/rng.h"
#include "tests/support/topic_corpus.h"

namespace malmoi::topics {
namespace {

TEST(Digamma, HasItsKnownValues) {
  constexpr double kEuler = 0.57721566490153286;
  EXPECT_NEAR(digamma(1), -kEuler, 1e-12);
  EXPECT_NEAR(digamma(0.5), -kEuler - 2 * std::log(2.0), 1e-12);
  EXPECT_NEAR(digamma(10), 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4 + 1.0 / 5 + 1.0 / 6 + 1.0 / 7 + 1.0 / 8 + 1.0 / 9 - kEuler,
              1e-12);
  for (int i = 0; i < 33; ++i) {
    const double x = 0.01 * std::pow(1.3, i);
    EXPECT_NEAR(digamma(x + 1) - digamma(x), 1 / x, 1e-10 / x) << x;
  }
}

TEST(LearnDirichlet, FindsTheParametersThatCountsWereDrawnWith) {
  const std::vector<double> alpha = {0.05, 0.4, 1.5, 3.0};
  Rng rng(11);
  std::vector<std::map<int, std::int64_t>> seen(4);
  std::map<int, std::int64_t> lengths;
  for (int document = 0; document < 20000; ++document) {
    const std::vector<double> shares = testing::dirichlet_draw(alpha, rng);
    std::vector<int> counts(4);
    const int length = 20 + static_cast<int>(rng.uniform_index(60));
    for (int i = 0; i < length; ++i) ++counts[static_cast<std::size_t>(testing::draw(shares, rng))];
    for (std::size_t k = 0; k < 4; ++k) ++seen[k][counts[k]];
    ++lengths[length];
  }
  std::vector<std::vector<Occurrence>> lists(4);
  for (std::size_t k = 0; k < 4; ++k) {
    for (const auto& [count, times] : seen[k]) {
      if (count > 0) lists[k].push_back({static_cast<double>(count), times});
    }
  }
  std::vector<Occurrence> all;
  for (const auto& [length, times] : lengths) all.push_back({static_cast<double>(length), times});
  std::vector<double> learned(4, 1.0);
  for (int i = 0; i < 60; ++i) learned = learn_dirichlet(learned, lists, all);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(learned[k] / alpha[k], 1.0, 0.05) << k;
}

TEST(LearnDirichlet, KeepsATopicWithoutDocumentsAboveZero) {
  const std::vector<std::vector<Occurrence>> counts = {{{5.0, 100}}, {}};
  const std::vector<Occurrence> lengths = {{5.0, 100}};
  std::vector<double> alpha = {1.0, 1.0};
  for (int i = 0; i < 100; ++i) alpha = learn_dirichlet(alpha, counts, lengths);
  EXPECT_GT(alpha[1], 0.0);
  EXPECT_LT(alpha[1], 0.01);
}

TEST(LearnSymmetricDirichlet, FindsTheParameterThatCountsWereDrawnWith) {
  Rng rng(12);
  std::map<int, std::int64_t> seen;
  for (int topic = 0; topic < 300; ++topic) {
    const std::vector<double> shares = testing::dirichlet_draw(std::vector<double>(50, 0.07), rng);
    std::vector<int> counts(50);
    for (int i = 0; i < 400; ++i) ++counts[static_cast<std::size_t>(testing::draw(shares, rng))];
    for (const int count : counts) ++seen[count];
  }
  std::vector<Occurrence> counts;
  for (const auto& [count, times] : seen) {
    if (count > 0) counts.push_back({static_cast<double>(count), times});
  }
  double beta = 1.0;
  const std::vector<Occurrence> lengths = {{400.0, 300}};
  for (int i = 0; i < 60; ++i) beta = learn_symmetric_dirichlet(beta, 50, counts, lengths);
  EXPECT_NEAR(beta, 0.07, 0.004);
}

}  // namespace
}  // namespace malmoi::topics
