#include "topics/topic_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::topics {
namespace {

TopicModel model_of(std::vector<std::vector<float>> topics) {  // one distribution a topic
  TopicModel model;
  model.term_given_topic.resize(static_cast<Eigen::Index>(topics[0].size()), static_cast<Eigen::Index>(topics.size()));
  for (std::size_t k = 0; k < topics.size(); ++k) {
    for (std::size_t w = 0; w < topics[k].size(); ++w) {
      model.term_given_topic(static_cast<Eigen::Index>(w), static_cast<Eigen::Index>(k)) = topics[k][w];
    }
  }
  model.alpha.assign(topics.size(), 0.1);
  return model;
}

// As the definition reads.
double plain_distance(const TopicModel& model, Eigen::Index a, Eigen::Index b) {
  double bits = 0.0;
  for (Eigen::Index w = 0; w < model.terms(); ++w) {
    const double p = model.term_given_topic(w, a);
    const double q = model.term_given_topic(w, b);
    if (p > 0) bits += 0.5 * p * std::log2(2 * p / (p + q));
    if (q > 0) bits += 0.5 * q * std::log2(2 * q / (p + q));
  }
  return std::sqrt(std::max(bits, 0.0));
}

// As a Gibbs sampler leaves it: a topic has tokens of some terms, and the prior of all.
TopicModel random_model(Eigen::Index terms, Eigen::Index topics, std::uint64_t seed) {
  Rng rng(seed);
  TopicModel model;
  model.term_given_topic = DenseMatrix::Constant(terms, topics, 0.01F);
  model.alpha.assign(static_cast<std::size_t>(topics), 0.1);
  for (Eigen::Index k = 0; k < topics; ++k) {
    for (Eigen::Index i = 0; i < terms / 10; ++i) {
      const auto w = static_cast<Eigen::Index>(rng.uniform_index(static_cast<std::size_t>(terms)));
      model.term_given_topic(w, k) += static_cast<float>(1 + rng.uniform_index(50));
    }
    model.term_given_topic.col(k) /= model.term_given_topic.col(k).sum();
  }
  return model;
}

Eigen::MatrixXd plane_distances(const std::vector<MapPoint>& points) {
  const auto n = static_cast<Eigen::Index>(points.size());
  Eigen::MatrixXd distances(n, n);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < points.size(); ++j) {
      distances(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          std::hypot(points[i].x - points[j].x, points[i].y - points[j].y);
    }
  }
  return distances;
}

double largest_difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  double largest = 0.0;
  for (Eigen::Index j = 0; j < a.cols(); ++j) {
    for (Eigen::Index i = 0; i < a.rows(); ++i) largest = std::max(largest, std::abs(a(i, j) - b(i, j)));
  }
  return largest;
}

TEST(TopicDistances, AreTheRootOfTheDivergenceInBits) {
  // p = (½, ½, 0), q = (0, ½, ½): m = (¼, ½, ¼); the divergence is ½ · ½ log₂ 2 + 0 twice = ½.
  const Eigen::MatrixXd distances =
      topic_distances(model_of({{0.5F, 0.5F, 0.0F}, {0.0F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.0F}}));
  EXPECT_NEAR(distances(0, 1), std::sqrt(0.5), 1e-7);
  EXPECT_EQ(distances(1, 0), distances(0, 1));
  EXPECT_EQ(distances(0, 2), 0.0);
  EXPECT_EQ(distances(1, 1), 0.0);
}

TEST(TopicDistances, AreOneBetweenTopicsWithoutACommonTerm) {
  EXPECT_NEAR(topic_distances(model_of({{1.0F, 0.0F}, {0.0F, 1.0F}}))(0, 1), 1.0, 1e-7);
}

TEST(TopicDistances, AgreeWithTheDefinitionOnTopicsAsASamplerLeavesThem) {
  const TopicModel model = random_model(1000, 12, 3);
  const Eigen::MatrixXd distances = topic_distances(model);
  for (Eigen::Index i = 0; i < 12; ++i) {
    for (Eigen::Index j = 0; j < 12; ++j) ASSERT_NEAR(distances(i, j), plain_distance(model, i, j), 1e-6);
  }
}

TEST(TopicDistances, AgreeWithTheDefinitionOnNearlyEqualTopics) {
  TopicModel model = random_model(500, 2, 4);
  model.term_given_topic.col(1) = model.term_given_topic.col(0);
  model.term_given_topic(7, 1) *= 1.01F;
  model.term_given_topic(8, 1) += 1e-6F;
  const double expected = plain_distance(model, 0, 1);
  EXPECT_GT(expected, 1e-6);
  EXPECT_LT(expected, 1e-2);
  EXPECT_NEAR(topic_distances(model)(0, 1), expected, 1e-6);
}

TEST(TopicDistances, AreTheSameForEveryNumberOfThreads) {
  const TopicModel model = random_model(2000, 70, 5);
  EXPECT_EQ(topic_distances(model, {.threads = 1}), topic_distances(model, {.threads = 8}));
}

TEST(TopicDistances, RefuseWhatIsNoProbability) {
  EXPECT_THROW((void)topic_distances(model_of({{1.5F, -0.5F}, {0.5F, 0.5F}})), Error);
  EXPECT_THROW((void)topic_distances(model_of({{std::numeric_limits<float>::quiet_NaN(), 1.0F}, {0.5F, 0.5F}})), Error);
}

TEST(ClassicalScaling, FindsPointsOnAPlaneFromTheirDistances) {
  Rng rng(6);
  std::vector<MapPoint> points;
  for (int i = 0; i < 30; ++i) points.push_back({3.0 * rng.uniform(), rng.uniform()});
  const Eigen::MatrixXd distances = plane_distances(points);
  const PlaneMap map = classical_scaling(distances);
  EXPECT_LT(largest_difference(plane_distances(map.points), distances), 1e-7);
  EXPECT_NEAR(map.explained, 1.0, 1e-9);
}

TEST(ClassicalScaling, PutsTheLongerSideOnTheFirstAxisWithTheFarthestPointPositive) {
  // A line: 0, 1, 5. The mean is 2; the farthest point from it is 5, 3 away.
  const Eigen::MatrixXd line{{0, 1, 5}, {1, 0, 4}, {5, 4, 0}};
  const PlaneMap map = classical_scaling(line);
  EXPECT_NEAR(map.points[0].x, -2.0, 1e-9);
  EXPECT_NEAR(map.points[1].x, -1.0, 1e-9);
  EXPECT_NEAR(map.points[2].x, 3.0, 1e-9);
  for (const MapPoint& point : map.points) EXPECT_NEAR(point.y, 0.0, 1e-6);
}

TEST(ClassicalScaling, SaysHowMuchOfThreeDimensionsAPlaneShows) {
  // The corners of a regular tetrahedron: three equal eigenvalues, of which two are shown.
  const Eigen::MatrixXd distances = Eigen::MatrixXd::Ones(4, 4) - Eigen::MatrixXd::Identity(4, 4);
  EXPECT_NEAR(classical_scaling(distances).explained, 2.0 / 3.0, 1e-9);
}

TEST(ClassicalScaling, TakesTwoTopicsOneAndEqualOnes) {
  const PlaneMap two = classical_scaling(Eigen::MatrixXd{{0, 0.8}, {0.8, 0}});
  EXPECT_NEAR(two.points[0].x, 0.4, 1e-12);
  EXPECT_NEAR(two.points[1].x, -0.4, 1e-12);
  EXPECT_NEAR(two.points[0].y, 0.0, 1e-7);
  EXPECT_EQ(classical_scaling(Eigen::MatrixXd::Zero(1, 1)).points, std::vector<MapPoint>(1));
  for (const MapPoint& point : classical_scaling(Eigen::MatrixXd::Zero(3, 3)).points) {
    EXPECT_EQ(std::hypot(point.x, point.y), 0.0);
  }
}

TEST(ClassicalScaling, CountsNegativeEigenvaluesAsNothing) {
  // No points have these distances: 5 > 1 + 1.
  const PlaneMap map = classical_scaling(Eigen::MatrixXd{{0, 1, 5}, {1, 0, 1}, {5, 1, 0}});
  for (const MapPoint& point : map.points) EXPECT_TRUE(std::isfinite(point.x) && std::isfinite(point.y));
  EXPECT_NEAR(map.explained, 1.0, 1e-9);
}

TEST(ClassicalScaling, RefusesWhatIsNoDistance) {
  EXPECT_THROW((void)classical_scaling(Eigen::MatrixXd::Zero(2, 3)), Error);
  EXPECT_THROW((void)classical_scaling(Eigen::MatrixXd{{0, 1}, {2, 0}}), Error);
  EXPECT_THROW((void)classical_scaling(Eigen::MatrixXd{{0, -1}, {-1, 0}}), Error);
}

}  // namespace
}  // namespace malmoi::topics
