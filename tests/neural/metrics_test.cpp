#include "neural/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stop_token>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "neural/roc_auc.h"

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Case {
  std::vector<float> probabilities;
  std::int32_t classes = 0;
  std::vector<std::int32_t> truth;
  [[nodiscard]] ClassRows rows() const { return {probabilities, classes}; }
};

// Rows that sum to 1; two decimals, so that there are ties.
Case random_case(std::size_t documents, std::int32_t classes, std::uint64_t seed) {
  Rng rng(seed);
  Case made{.probabilities = {}, .classes = classes, .truth = {}};
  for (std::size_t d = 0; d < documents; ++d) {
    std::vector<double> row(static_cast<std::size_t>(classes));
    for (double& score : row) score = std::floor(100.0 * std::pow(rng.uniform(), 3.0)) + 1.0;
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    for (const double p : row) made.probabilities.push_back(static_cast<float>(p / sum));
    double left = rng.uniform() * sum;  // the true class is drawn by the probabilities, or at random
    std::int32_t one = 0;
    while (one + 1 < classes && left >= row[static_cast<std::size_t>(one)])
      left -= row[static_cast<std::size_t>(one++)];
    made.truth.push_back(rng.uniform() < 0.2 ? static_cast<std::int32_t>(d) % classes : one);
  }
  return made;
}

// ---- by hand -------------------------------------------------------------------------------------------------------

// true 0: 0 0 1; true 1: 1 1; true 2: 1. Class 2 is never predicted.
Case six_documents() {
  return {.probabilities = {.7F, .2F, .1F, .6F, .3F, .1F, .3F, .6F, .1F,   // true 0
                            .1F, .8F, .1F, .2F, .7F, .1F, .1F, .6F, .3F},  // true 1, 1, 2
          .classes = 3,
          .truth = {0, 0, 0, 1, 1, 2}};
}

TEST(ClassMetrics, AreThoseOfAHandWorkedExample) {
  const Case six = six_documents();
  const ClassMetrics metrics = score_classes(six.rows(), six.truth);
  EXPECT_EQ(metrics.documents, 6);
  EXPECT_THAT(metrics.confusion, ElementsAre(2, 1, 0, 0, 2, 0, 0, 1, 0));
  EXPECT_DOUBLE_EQ(metrics.accuracy, 4.0 / 6);
  EXPECT_EQ(metrics.classes[0].tally, (Tally{.hits = 2, .predicted = 2, .support = 3}));
  EXPECT_EQ(metrics.classes[1].tally, (Tally{.hits = 2, .predicted = 4, .support = 2}));
  EXPECT_EQ(metrics.classes[2].tally, (Tally{.hits = 0, .predicted = 0, .support = 1}));
  EXPECT_DOUBLE_EQ(metrics.classes[0].scores.precision, 1.0);
  EXPECT_DOUBLE_EQ(metrics.classes[0].scores.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.classes[0].scores.f1, 0.8);
  EXPECT_DOUBLE_EQ(metrics.classes[1].scores.precision, 0.5);
  EXPECT_DOUBLE_EQ(metrics.classes[1].scores.f1, 2.0 / 3);
  EXPECT_EQ(metrics.classes[2].scores.precision, 0.0);  // 0 / 0
  EXPECT_EQ(metrics.classes[2].scores.f1, 0.0);
  EXPECT_NEAR(metrics.averages.macro.precision, 0.5, 1e-15);
  EXPECT_NEAR(metrics.averages.macro.f1, (0.8 + 2.0 / 3) / 3, 1e-15);
  EXPECT_NEAR(metrics.averages.weighted.f1, (3 * 0.8 + 2 * 2.0 / 3) / 6, 1e-15);
  EXPECT_DOUBLE_EQ(metrics.averages.micro.f1, 4.0 / 6);
  const double loss = -(std::log(.7) + std::log(.6) + std::log(.3) + std::log(.8) + std::log(.7) + std::log(.3)) / 6;
  EXPECT_NEAR(metrics.log_loss, loss, 1e-7);
  // Squares of the misses in hundredths: 9+4+1, 16+9+1, 49+36+1, 1+4+1, 4+9+1, 1+36+49.
  EXPECT_NEAR(metrics.brier, (14 + 26 + 86 + 6 + 14 + 86) / 600.0, 1e-7);
  // Scores of class 0: .7 .6 .3 against .1 .2 .1, all above; of class 2: .3 is above five times .1.
  EXPECT_EQ(metrics.classes[0].roc_auc, 1.0);
  EXPECT_EQ(metrics.classes[2].roc_auc, 1.0);
  // Of class 1: .8 beats .2 .3 .6 .6, and so does .7.
  EXPECT_EQ(metrics.classes[1].roc_auc, 1.0);
  EXPECT_EQ(metrics.roc_auc, 1.0);
}

TEST(ClassMetrics, LeaveOutTheRocOfAClassWithoutDocuments) {
  const std::vector<float> probabilities = {.5F, .3F, .2F, .1F, .7F, .2F, .4F, .5F, .1F};
  const std::vector<std::int32_t> truth = {0, 1, 0};
  const ClassMetrics metrics = score_classes({probabilities, 3}, truth);
  EXPECT_FALSE(metrics.classes[2].roc_auc.has_value());
  EXPECT_EQ(metrics.classes[2].tally, Tally{});
  EXPECT_EQ(metrics.classes[2].scores.recall, 0.0);
  EXPECT_EQ(metrics.roc_auc, 1.0);                                     // the mean of classes 0 and 1
  EXPECT_NEAR(metrics.averages.macro.recall, (0.5 + 1.0) / 2, 1e-15);  // class 2 is nowhere
  EXPECT_NEAR(metrics.averages.macro.f1, (2.0 / 3 + 2.0 / 3) / 2, 1e-15);
}

// Hits 2 of 2 predicted and 3 true; of 1 and 0; and a class that is nowhere.
TEST(AveragesOf, LeaveAbsentClassesOutOrCountThemAsZero) {
  const std::vector<Tally> tallies = {{2, 2, 3}, {0, 1, 0}, {0, 0, 0}};
  EXPECT_NEAR(averages_of(tallies, AbsentClass::left_out).macro.f1, (0.8 + 0.0) / 2, 1e-15);
  EXPECT_NEAR(averages_of(tallies, AbsentClass::zero).macro.f1, (0.8 + 0.0 + 0.0) / 3, 1e-15);
  EXPECT_EQ(averages_of(tallies, AbsentClass::left_out).weighted.recall, 2.0 / 3);
  EXPECT_EQ(averages_of(std::vector<Tally>(2), AbsentClass::left_out).macro.f1, 0.0);
}

TEST(ClassMetrics, OfOneDocument) {
  const std::vector<float> probabilities = {.25F, .75F};
  const std::vector<std::int32_t> truth = {1};
  const ClassMetrics metrics = score_classes({probabilities, 2}, truth);
  EXPECT_EQ(metrics.accuracy, 1.0);
  EXPECT_FALSE(metrics.roc_auc.has_value());
  EXPECT_DOUBLE_EQ(metrics.log_loss, -std::log(0.75));
  EXPECT_DOUBLE_EQ(metrics.brier, 0.125);
  EXPECT_DOUBLE_EQ(metrics.calibration_error, 0.25);
  const ClassIntervals ends = class_intervals({probabilities, 2}, truth, {.draws = 10});
  EXPECT_EQ(ends.low.accuracy, 1.0);
  EXPECT_EQ(ends.high.log_loss, metrics.log_loss);
  EXPECT_FALSE(ends.low.roc_auc.has_value());
}

TEST(ClassMetrics, ClipProbabilitiesOfZeroInTheLogLossOnly) {
  const std::vector<float> probabilities = {1, 0, 0, 1, 1, 0};
  const std::vector<std::int32_t> truth = {0, 1, 1};
  const ClassMetrics metrics = score_classes({probabilities, 2}, truth);
  EXPECT_DOUBLE_EQ(metrics.log_loss, 23 * std::log(2.0) / 3);
  EXPECT_DOUBLE_EQ(metrics.brier, 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.calibration_error, 1.0 / 3);
  EXPECT_EQ(metrics.bins.back().documents, 3);
}

// Confidences .9 (right), .9 (wrong) and .62 (right) lie in parts 13 and 9: 2/3 |.5 - .9| + 1/3 |1 - .62|.
TEST(ClassMetrics, CalibrationErrorIsThatOfTheBins) {
  const std::vector<float> probabilities = {.9F, .1F, .9F, .1F, .38F, .62F};
  const std::vector<std::int32_t> truth = {0, 1, 1};
  const ClassMetrics metrics = score_classes({probabilities, 2}, truth);
  EXPECT_NEAR(metrics.calibration_error, 2.0 / 3 * 0.4 + 1.0 / 3 * 0.38, 1e-7);
  ASSERT_EQ(metrics.bins.size(), 15U);
  EXPECT_EQ(metrics.bins[13].documents, 2);
  EXPECT_NEAR(metrics.bins[13].confidence, 0.9, 1e-7);
  EXPECT_EQ(metrics.bins[13].accuracy, 0.5);
  EXPECT_EQ(metrics.bins[9].documents, 1);
  EXPECT_EQ(metrics.bins[0].documents, 0);
  EXPECT_EQ(metrics.bins[0].confidence, 0.0);
}

TEST(MostProbable, PrefersTheLowestOfEqualClasses) {
  const std::vector<float> probabilities = {.4F, .4F, .2F, .2F, .4F, .4F};
  EXPECT_THAT(most_probable({probabilities, 3}), ElementsAre(0, 1));
}

// Of the four pairs the positive .4 beats .1 and ties with .4; .8 beats both.
TEST(RankedScores, CountsATieAsHalf) {
  const std::vector<float> scores = {.4F, .1F, .8F, .4F};
  const std::vector<std::uint8_t> positive = {1, 0, 1, 0};
  const RankedScores ranked(scores, positive);
  EXPECT_EQ(ranked.area(std::vector<std::uint32_t>(4, 1U)), 3.5 / 4);
  EXPECT_EQ(ranked.area(std::vector<std::uint32_t>{2, 1, 0, 3}), (2 * (1 + 3 * 0.5)) / 8);
  EXPECT_EQ(ranked.area(std::vector<std::uint32_t>{0, 1, 0, 3}), std::nullopt);
  EXPECT_EQ(ranked.area(std::vector<std::uint32_t>{1, 0, 1, 0}), std::nullopt);
}

TEST(RankedScores, IsOneHalfWhereAllScoresAreEqual) {
  const RankedScores ranked(std::vector<float>(5, 0.3F), std::vector<std::uint8_t>{1, 0, 0, 1, 0});
  EXPECT_EQ(ranked.area(std::vector<std::uint32_t>(5, 1U)), 0.5);
}

// ---- against plain twins -------------------------------------------------------------------------------------------

std::optional<double> plain_area(const std::vector<float>& scores, const std::vector<std::uint8_t>& positive) {
  double won = 0.0;
  double pairs = 0.0;
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      if (positive[a] == 0 || positive[b] != 0) continue;
      pairs += 1.0;
      won += scores[a] > scores[b] ? 1.0 : scores[a] == scores[b] ? 0.5 : 0.0;
    }
  }
  return pairs > 0.0 ? std::optional(won / pairs) : std::nullopt;
}

TEST(RankedScores, AgreesWithComparingAllPairs) {
  Rng rng(4);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> scores;
    std::vector<std::uint8_t> positive;
    for (int d = 0; d < 40; ++d) {
      scores.push_back(static_cast<float>(rng.uniform_index(12)) / 11.0F);
      positive.push_back(rng.uniform() < 0.3 ? 1 : 0);
    }
    EXPECT_EQ(RankedScores(scores, positive).area(std::vector<std::uint32_t>(40, 1U)), plain_area(scores, positive));
  }
}

// Every resample written out as documents and scored from scratch.
TEST(ClassIntervals, AreTheQuantilesOfResamplesScoredFromScratch) {
  const Case all = random_case(60, 4, 9);
  const BootstrapOptions options{.draws = 99, .level = 0.9, .seed = 12};
  std::vector<double> accuracies;
  std::vector<double> losses;
  std::vector<double> errors;
  std::vector<double> areas;
  std::vector<double> recalls;
  for (std::uint64_t draw = 0; draw < 99; ++draw) {
    Rng rng = Rng(options.seed).split(draw);
    Case resample{.probabilities = {}, .classes = 4, .truth = {}};
    for (int i = 0; i < 60; ++i) {
      const std::size_t d = rng.uniform_index(60);
      resample.truth.push_back(all.truth[d]);
      for (std::size_t c = 0; c < 4; ++c) resample.probabilities.push_back(all.probabilities[4 * d + c]);
    }
    const ClassMetrics metrics = score_classes(resample.rows(), resample.truth);
    accuracies.push_back(metrics.accuracy);
    losses.push_back(metrics.log_loss);
    errors.push_back(metrics.calibration_error);
    areas.push_back(*metrics.roc_auc);
    recalls.push_back(metrics.classes[2].scores.recall);
  }
  const ClassIntervals ends = class_intervals(all.rows(), all.truth, options);
  const auto expect_ends = [](std::vector<double> values, double low, double high) {
    std::sort(values.begin(), values.end());  // 5 % of 98 steps is 4.9
    EXPECT_NEAR(low, values[4] + 0.9 * (values[5] - values[4]), 1e-12);
    EXPECT_NEAR(high, values[93] + 0.1 * (values[94] - values[93]), 1e-12);
  };
  expect_ends(accuracies, ends.low.accuracy, ends.high.accuracy);
  expect_ends(losses, ends.low.log_loss, ends.high.log_loss);
  expect_ends(errors, ends.low.calibration_error, ends.high.calibration_error);
  expect_ends(areas, *ends.low.roc_auc, *ends.high.roc_auc);
  expect_ends(recalls, ends.low.classes[2].scores.recall, ends.high.classes[2].scores.recall);
}

// ---- properties ----------------------------------------------------------------------------------------------------

void expect_same(const ClassMetrics& a, const ClassMetrics& b) {
  EXPECT_EQ(a.accuracy, b.accuracy);
  EXPECT_EQ(a.log_loss, b.log_loss);
  EXPECT_EQ(a.brier, b.brier);
  EXPECT_EQ(a.calibration_error, b.calibration_error);
  EXPECT_EQ(a.roc_auc, b.roc_auc);
  EXPECT_EQ(a.averages.macro.f1, b.averages.macro.f1);
  EXPECT_EQ(a.averages.weighted.precision, b.averages.weighted.precision);
  for (std::size_t c = 0; c < a.classes.size(); ++c) {
    EXPECT_EQ(a.classes[c].scores.f1, b.classes[c].scores.f1);
    EXPECT_EQ(a.classes[c].roc_auc, b.classes[c].roc_auc);
  }
}

TEST(ClassIntervals, AreTheSameForEveryNumberOfThreads) {
  const Case all = random_case(9000, 5, 2);
  expect_same(score_classes(all.rows(), all.truth), score_classes(all.rows(), all.truth, {.threads = 8}));
  const BootstrapOptions options{.draws = 50};
  const ClassIntervals one = class_intervals(all.rows(), all.truth, options);
  const ClassIntervals eight = class_intervals(all.rows(), all.truth, options, {.threads = 8});
  expect_same(one.low, eight.low);
  expect_same(one.high, eight.high);
}

// The error of a share p of n is sqrt(p (1 - p) / n): 95 % lie within 1.96 of it.
TEST(ClassIntervals, AreAsWideAsTheStandardError) {
  const Case all = random_case(4000, 2, 6);
  const ClassMetrics metrics = score_classes(all.rows(), all.truth);
  const ClassIntervals ends = class_intervals(all.rows(), all.truth, {.draws = 2000});
  const double error = std::sqrt(metrics.accuracy * (1 - metrics.accuracy) / 4000);
  EXPECT_NEAR(ends.low.accuracy, metrics.accuracy - 1.96 * error, 0.15 * error);
  EXPECT_NEAR(ends.high.accuracy, metrics.accuracy + 1.96 * error, 0.15 * error);
  EXPECT_LT(*ends.low.roc_auc, *metrics.roc_auc);
  EXPECT_GT(*ends.high.roc_auc, *metrics.roc_auc);
  EXPECT_EQ(ends.low.documents, 4000);
  EXPECT_TRUE(ends.low.confusion.empty());
}

TEST(ClassMetrics, RefuseWhatIsNotProbabilitiesOfTheClasses) {
  const std::vector<std::int32_t> truth = {0, 1};
  const auto message = [&truth](const std::vector<float>& probabilities, std::int32_t classes) -> std::string {
    try {
      (void)score_classes({probabilities, classes}, truth);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return error.what();
    }
    return "nothing thrown";
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message({}, 2), HasSubstr("0 probabilities"));
  EXPECT_THAT(message({.5F, .5F, .5F}, 2), HasSubstr("3 probabilities of 2 classes"));
  EXPECT_THAT(message({1.0F, 1.0F}, 1), HasSubstr("at least two classes"));
  EXPECT_THAT(message({.5F, .5F, nan, .5F}, 2), HasSubstr("document 1 has the probability nan"));
  EXPECT_THAT(message({.5F, .5F, -3.0F, 4.0F}, 2), HasSubstr("document 1 has the probability -3"));
  EXPECT_THAT(message({.5F, .5F}, 2), HasSubstr("2 true classes for 1 documents"));
  const std::vector<std::int32_t> odd = {0, 2};
  EXPECT_THROW((void)score_classes({std::vector<float>(4, .5F), 2}, odd), Error);
}

TEST(Bootstrap, RefusesOptionsOutOfRangeAndStopsOnRequest) {
  const Case all = random_case(10, 2, 1);
  for (const BootstrapOptions& options :
       {BootstrapOptions{.draws = 0}, BootstrapOptions{.level = 0.0}, BootstrapOptions{.level = 1.0}}) {
    EXPECT_THROW((void)class_intervals(all.rows(), all.truth, options), Error);
  }
  std::stop_source stop;
  stop.request_stop();
  try {
    (void)class_intervals(all.rows(), all.truth, {}, {.stop = stop.get_token()});
    ADD_FAILURE() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::canceled);
  }
}

}  // namespace
}  // namespace malmoi::neural
