#include "neural/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

struct Logits {
  std::vector<float> values;
  std::vector<std::int32_t> truth;
};

// True classes are drawn by softmax(logits / temperature).
Logits drawn_at(double temperature, std::size_t documents, std::int32_t classes, std::uint64_t seed) {
  Rng rng(seed);
  Logits logits;
  for (std::size_t i = 0; i < documents * static_cast<std::size_t>(classes); ++i) {
    logits.values.push_back(static_cast<float>(8.0 * rng.uniform()));
  }
  const std::vector<float> probabilities = softmax_at({logits.values, classes}, temperature);
  auto row = probabilities.begin();
  for (std::size_t d = 0; d < documents; ++d, row += classes) {
    double left = rng.uniform();
    std::int32_t one = 0;
    while (one + 1 < classes && left >= static_cast<double>(row[one])) left -= static_cast<double>(row[one++]);
    logits.truth.push_back(one);
  }
  return logits;
}

double plain_loss(const Logits& logits, std::int32_t classes, double temperature) {
  double loss = 0.0;
  for (std::size_t d = 0; d < logits.truth.size(); ++d) {
    const float* row = logits.values.data() + d * static_cast<std::size_t>(classes);
    double sum = 0.0;
    for (std::int32_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c]) / temperature);
    loss += std::log(sum) - static_cast<double>(row[logits.truth[d]]) / temperature;
  }
  return loss / static_cast<double>(logits.truth.size());
}

// What fit_temperature minimises, written down plainly.
double smoothed_loss(const Logits& logits, std::int32_t classes, double temperature) {
  const auto documents = static_cast<double>(logits.truth.size());
  double loss = 0.0;
  for (std::size_t d = 0; d < logits.truth.size(); ++d) {
    const float* row = logits.values.data() + d * static_cast<std::size_t>(classes);
    double sum = 0.0;
    for (std::int32_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c]) / temperature);
    for (std::int32_t c = 0; c < classes; ++c) {
      const double target =
          c == logits.truth[d] ? (documents + 1) / (documents + 2) : 1 / (documents + 2) / (classes - 1);
      loss -= target * (static_cast<double>(row[c]) / temperature - std::log(sum));
    }
  }
  return loss / documents;
}

// All four documents have logits 2 apart, three are right. Targets are 5/6 and 1/6, of the larger logit in the mean
// (3 · 5/6 + 1/6) / 4 = 2/3, so 2 / T = ln 2.
TEST(FitTemperature, SolvesAHandWorkedExample) {
  const std::vector<float> logits = {2, 0, 0, 2, 3, 1, -1, 1};
  const std::vector<std::int32_t> truth = {0, 1, 0, 0};
  const Temperature fitted = fit_temperature({logits, 2}, truth);
  EXPECT_NEAR(fitted.value, 2.0 / std::log(2.0), 1e-9);
  EXPECT_NEAR(fitted.log_loss, -0.75 * std::log(2.0 / 3) - 0.25 * std::log(1.0 / 3), 1e-9);
  EXPECT_NEAR(fitted.log_loss_before, std::log(1 + std::exp(-2.0)) + 0.25 * 2.0, 1e-12);
  EXPECT_LT(fitted.steps, 10);
}

// Three documents, all right: the target is 4/5, so 2 / T = ln 4. Of a thousand it is 1001/1002.
TEST(FitTemperature, IsAsSureAsSoManyDocumentsCanShow) {
  const std::vector<float> logits = {2, 0, 0, 2, 3, 1};
  const std::vector<std::int32_t> right = {0, 1, 0};
  EXPECT_NEAR(fit_temperature({logits, 2}, right).value, 2.0 / std::log(4.0), 1e-9);
  std::vector<float> many;
  for (int d = 0; d < 1000; ++d) many.insert(many.end(), {1.5F, -0.5F});
  EXPECT_NEAR(fit_temperature({many, 2}, std::vector<std::int32_t>(1000, 0)).value, 2.0 / std::log(1001.0), 1e-9);
}

TEST(FitTemperature, FindsWhatASearchOfAGridFinds) {
  Logits logits = drawn_at(0.05, 40, 3, 11);  // nearly all are right
  const double fitted = fit_temperature({logits.values, 3}, logits.truth).value;
  double best = 0.0;
  double least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 9213; ++step) {  // up to 5
    const double temperature = 0.05 * std::pow(1.0005, step);
    const double loss = smoothed_loss(logits, 3, temperature);
    if (loss < least) best = temperature;
    least = std::min(least, loss);
  }
  EXPECT_GT(best, 0.1);
  EXPECT_NEAR(fitted, best, 0.001 * best);
}

TEST(FitTemperature, StaysWithinItsBounds) {
  const std::vector<float> logits = {2, 0, 0, 2, 3, 1};
  const std::vector<std::int32_t> wrong = {1, 0, 1};
  EXPECT_EQ(fit_temperature({logits, 2}, wrong).value, kHighestTemperature);
}

TEST(FitTemperature, LeavesConstantLogitsAlone) {
  const std::vector<float> logits = {1, 1, -3, -3};
  const std::vector<std::int32_t> truth = {0, 1};
  const Temperature fitted = fit_temperature({logits, 2}, truth);
  EXPECT_EQ(fitted.value, 1.0);
  EXPECT_DOUBLE_EQ(fitted.log_loss, std::log(2.0));
}

TEST(FitTemperature, SurvivesLogitsOfAnySize) {
  const std::vector<float> logits = {3e38F, -3e38F, -3e38F, 3e38F, 1e38F, -1e38F, 0, 1};
  const std::vector<std::int32_t> truth = {0, 1, 1, 0};
  const Temperature fitted = fit_temperature({logits, 2}, truth);
  EXPECT_TRUE(std::isfinite(fitted.log_loss));
  EXPECT_EQ(fitted.value, kHighestTemperature);
}

TEST(FitTemperature, FindsTheTemperatureThatTheClassesWereDrawnAt) {
  for (const double temperature : {0.4, 1.0, 3.0}) {
    const Logits logits = drawn_at(temperature, 20000, 4, 17);
    EXPECT_NEAR(fit_temperature({logits.values, 4}, logits.truth).value, temperature, 0.04 * temperature);
  }
}

TEST(FitTemperature, HasALowerLossThanItsNeighbours) {
  const Logits logits = drawn_at(2.5, 300, 3, 5);
  const Temperature fitted = fit_temperature({logits.values, 3}, logits.truth);
  EXPECT_NEAR(fitted.log_loss, plain_loss(logits, 3, fitted.value), 1e-12);
  EXPECT_NEAR(fitted.log_loss_before, plain_loss(logits, 3, 1.0), 1e-12);
  for (const double factor : {0.5, 0.9, 0.999, 1.001, 1.1, 2.0}) {
    EXPECT_LT(smoothed_loss(logits, 3, fitted.value), smoothed_loss(logits, 3, factor * fitted.value));
  }
}

TEST(FitTemperature, IsTheSameForEveryNumberOfThreads) {
  const Logits logits = drawn_at(2.5, 5000, 3, 5);
  const Temperature one = fit_temperature({logits.values, 3}, logits.truth);
  const Temperature eight = fit_temperature({logits.values, 3}, logits.truth, {.threads = 8});
  EXPECT_EQ(one.value, eight.value);
  EXPECT_EQ(one.log_loss, eight.log_loss);
  EXPECT_EQ(softmax_at({logits.values, 3}, one.value), softmax_at({logits.values, 3}, one.value, {.threads = 8}));
}

// The calibration error of classes drawn at temperature 3 nearly goes when that temperature is used.
TEST(FitTemperature, CalibratesProbabilities) {
  const Logits logits = drawn_at(3.0, 20000, 4, 23);
  const ClassRows rows{logits.values, 4};
  const Temperature fitted = fit_temperature(rows, logits.truth);
  const std::vector<float> before = softmax_at(rows, 1.0);
  const std::vector<float> after = softmax_at(rows, fitted.value);
  const ClassMetrics raw = score_classes({before, 4}, logits.truth);
  const ClassMetrics calibrated = score_classes({after, 4}, logits.truth);
  EXPECT_GT(raw.calibration_error, 0.2);
  EXPECT_LT(calibrated.calibration_error, 0.015);
  EXPECT_EQ(raw.accuracy, calibrated.accuracy);
  EXPECT_NEAR(calibrated.log_loss, fitted.log_loss, 1e-6);
}

TEST(SoftmaxAt, DividesLogitsByTheTemperature) {
  const std::vector<float> logits = {std::log(4.0F), 0.0F, 1000.0F, 1000.0F};
  const std::vector<float> plain = softmax_at({logits, 2}, 1.0);
  EXPECT_NEAR(plain[0], 0.8, 1e-7);
  EXPECT_EQ(plain[2], 0.5F);
  EXPECT_NEAR(softmax_at({logits, 2}, 2.0)[0], 2.0 / 3, 1e-7);
}

TEST(FitTemperature, RefusesWhatDoesNotFit) {
  const std::vector<float> logits = {1, 2};
  const std::vector<std::int32_t> truth = {0};
  const std::vector<std::int32_t> odd = {2};
  const std::vector<float> infinite = {1, std::numeric_limits<float>::infinity()};
  EXPECT_THROW((void)fit_temperature({logits, 2}, {}), Error);
  EXPECT_THROW((void)fit_temperature({logits, 2}, odd), Error);
  EXPECT_THROW((void)fit_temperature({infinite, 2}, truth), Error);
  EXPECT_THROW((void)fit_temperature({logits, 1}, truth), Error);
  EXPECT_THROW((void)softmax_at({logits, 2}, 0.0), Error);
  EXPECT_THROW((void)softmax_at({logits, 2}, std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST(FitPool, TrustsTheMemberThatKnows) {
  Rng rng(5);
  std::vector<std::vector<float>> scores(2);
  std::vector<std::int32_t> truth;
  for (int row = 0; row < 3000; ++row) {
    const double odds = 4 * rng.uniform() - 2;  // of class 1, as the first member says rightly; the second one guesses
    truth.push_back(rng.uniform() < 1 / (1 + std::exp(-odds)) ? 1 : 0);
    scores[0].insert(scores[0].end(), {0.0F, static_cast<float>(odds)});
    scores[1].insert(scores[1].end(), {0.0F, static_cast<float>(4 * rng.uniform() - 2)});
  }
  const std::vector<double> weights = fit_pool(scores, 2, truth);
  EXPECT_NEAR(weights[0], 1.0, 0.1);
  EXPECT_NEAR(weights[1], 0.0, 0.1);
  // Where the slope is 0: sum over the rows of (p - y) s, and the penalty.
  for (std::size_t m = 0; m < 2; ++m) {
    double slope = 10 * (weights[m] - 0.5);
    for (std::size_t row = 0; row < truth.size(); ++row) {
      const double sum = weights[0] * static_cast<double>(scores[0][2 * row + 1]) +
                         weights[1] * static_cast<double>(scores[1][2 * row + 1]);
      slope += (1 / (1 + std::exp(-sum)) - truth[row]) * static_cast<double>(scores[m][2 * row + 1]);
    }
    EXPECT_NEAR(slope, 0, 1e-6);
  }
}

TEST(FitPool, StaysAtAPlainMeanWithoutRowsAndRefusesWhatDoesNotFit) {
  EXPECT_EQ(fit_pool(std::vector<std::vector<float>>(4), 3, {}), std::vector<double>(4, 0.25));
  const std::vector<std::vector<float>> one = {{0.5F, 0.5F, 1.0F}};
  EXPECT_THROW((void)fit_pool(one, 3, std::vector<std::int32_t>{3}), Error);
  EXPECT_THROW((void)fit_pool(one, 3, std::vector<std::int32_t>{0, 1}), Error);
  EXPECT_THROW((void)fit_pool({}, 3, {}), Error);
}

}  // namespace
}  // namespace malmoi::neural
