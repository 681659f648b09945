#include "neural/label_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

struct Table {
  std::vector<float> probabilities;
  std::vector<std::uint8_t> truth;
};

// One decimal, so that there are ties; the last label is rare.
Table random_table(std::size_t documents, std::size_t labels, std::uint64_t seed) {
  Rng rng(seed);
  Table table;
  for (std::size_t d = 0; d < documents; ++d) {
    for (std::size_t label = 0; label < labels; ++label) {
      const double p = static_cast<double>(rng.uniform_index(11)) / 10.0;
      table.probabilities.push_back(static_cast<float>(p));
      table.truth.push_back(rng.uniform() < (label + 1 == labels ? 0.05 : 0.2 + 0.5 * p) ? 1 : 0);
    }
  }
  return table;
}

//        label 0  label 1  label 2      given at 0.5
// true   1 . .    .9 .6 .1              0 1
//        1 1 .    .8 .3 .2              0
//        . . .    .4 .1 .0
//        . 1 .    .7 .9 .5              0 1 2
TEST(LabelMetrics, AreThoseOfAHandWorkedExample) {
  const std::vector<float> probabilities = {.9F, .6F, .1F, .8F, .3F, .2F, .4F, .1F, .0F, .7F, .9F, .5F};
  const std::vector<std::uint8_t> truth = {1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0};
  const LabelMetrics metrics = score_labels({probabilities, 3}, truth, std::vector<float>(3, 0.5F));
  EXPECT_EQ(metrics.documents, 4);
  EXPECT_DOUBLE_EQ(metrics.subset_accuracy, 0.25);
  EXPECT_DOUBLE_EQ(metrics.hamming_loss, 4.0 / 12);
  EXPECT_EQ(metrics.labels[0].tally, (Tally{.hits = 2, .predicted = 3, .support = 2}));
  EXPECT_EQ(metrics.labels[1].tally, (Tally{.hits = 1, .predicted = 2, .support = 2}));
  EXPECT_EQ(metrics.labels[2].tally, (Tally{.hits = 0, .predicted = 1, .support = 0}));
  EXPECT_DOUBLE_EQ(metrics.averages.micro.precision, 3.0 / 6);
  EXPECT_DOUBLE_EQ(metrics.averages.micro.recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(metrics.averages.micro.f1, 6.0 / 10);
  EXPECT_NEAR(metrics.averages.macro.f1, (0.8 + 0.5 + 0.0) / 3, 1e-15);
  EXPECT_NEAR(metrics.averages.weighted.f1, (2 * 0.8 + 2 * 0.5) / 4, 1e-15);
  EXPECT_EQ(metrics.labels[0].roc_auc, 1.0);
  EXPECT_EQ(metrics.labels[1].roc_auc, 0.75);  // of .3 and .9 against .6 and .1 three pairs of four
  EXPECT_FALSE(metrics.labels[2].roc_auc.has_value());
  EXPECT_EQ(metrics.roc_auc, 0.875);
}

// .9 right, .8 wrong, .6 right, .2 wrong: F1 by number given is 2/3, 1/2, 4/5, 2/3.
TEST(TuneThresholds, FindsTheBestF1OfAHandWorkedExample) {
  const std::vector<float> probabilities = {.6F, .9F, .2F, .8F};
  const std::vector<std::uint8_t> truth = {1, 1, 0, 0};
  const std::vector<Threshold> thresholds = tune_thresholds({probabilities, 1}, truth);
  EXPECT_FLOAT_EQ(thresholds[0].value, 0.4F);
  EXPECT_DOUBLE_EQ(thresholds[0].f1, 0.8);
}

TEST(TuneThresholds, TakesTheLowestOfEquallyGoodOnes) {
  // Given .9 alone F1 is 2 / (1 + 3) = 1/2; given all eight down to .2, with .2 and .3 right, it is 6 / 11; with one
  // label of .9 and one of .1 among three documents both ends are alike: 2 / (1 + 2) and 4 / (4 + 2).
  const std::vector<float> probabilities = {.9F, .5F, .4F, .1F};
  const std::vector<std::uint8_t> truth = {1, 0, 0, 1};
  const std::vector<Threshold> thresholds = tune_thresholds({probabilities, 1}, truth);
  EXPECT_DOUBLE_EQ(thresholds[0].f1, 2.0 / 3);
  EXPECT_FLOAT_EQ(thresholds[0].value, 0.05F);
}

TEST(TuneThresholds, KeepsOneHalfForALabelWithoutDocuments) {
  const std::vector<float> probabilities = {.9F, .1F};
  const std::vector<std::uint8_t> truth = {0, 0};
  EXPECT_EQ(tune_thresholds({probabilities, 1}, truth)[0], Threshold{});
}

TEST(TuneThresholds, LiesBetweenNeighboursThatAreAlmostEqual) {
  const float low = 0.5F;
  const float high = std::nextafter(low, 1.0F);
  const std::vector<float> probabilities = {low, high, 0.0F};
  const std::vector<std::uint8_t> truth = {0, 1, 0};
  const std::vector<Threshold> thresholds = tune_thresholds({probabilities, 1}, truth);
  EXPECT_EQ(thresholds[0].f1, 1.0);
  EXPECT_EQ(score_labels({probabilities, 1}, truth, std::vector{thresholds[0].value}).subset_accuracy, 1.0);
}

// Every probability and 0.5 tried one after the other.
TEST(TuneThresholds, AgreesWithTryingAllOfThem) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Table table = random_table(50, 3, seed);
    const std::vector<Threshold> thresholds = tune_thresholds({table.probabilities, 3}, table.truth);
    for (std::size_t label = 0; label < 3; ++label) {
      double best = 0.0;
      float lowest = 1.0F;
      for (int tenth = 10; tenth >= 0; --tenth) {
        const float threshold = static_cast<float>(static_cast<double>(tenth) / 10.0);
        const LabelMetrics metrics =
            score_labels({table.probabilities, 3}, table.truth, std::vector<float>(3, threshold));
        const double f1 = metrics.labels[label].scores.f1;
        if (f1 >= best) lowest = threshold;
        best = std::max(best, f1);
      }
      EXPECT_EQ(thresholds[label].f1, best);
      if (best > 0.0) {
        EXPECT_LE(thresholds[label].value, lowest);
      }
      std::vector<float> own(3, 0.5F);
      own[label] = thresholds[label].value;
      EXPECT_EQ(score_labels({table.probabilities, 3}, table.truth, own).labels[label].scores.f1, best);
    }
  }
}

// Every resample written out as documents and scored from scratch.
TEST(LabelIntervals, AreTheQuantilesOfResamplesScoredFromScratch) {
  const Table all = random_table(40, 3, 5);
  const std::vector<float> thresholds = {0.4F, 0.5F, 0.9F};
  const BootstrapOptions options{.draws = 41, .level = 0.9, .seed = 8};
  std::vector<double> subsets;
  std::vector<double> losses;
  std::vector<double> rare;
  for (std::uint64_t draw = 0; draw < 41; ++draw) {
    Rng rng = Rng(options.seed).split(draw);
    Table resample;
    for (int i = 0; i < 40; ++i) {
      const std::size_t d = rng.uniform_index(40);
      for (std::size_t at = 3 * d; at < 3 * d + 3; ++at) {
        resample.probabilities.push_back(all.probabilities[at]);
        resample.truth.push_back(all.truth[at]);
      }
    }
    const LabelMetrics metrics = score_labels({resample.probabilities, 3}, resample.truth, thresholds);
    subsets.push_back(metrics.subset_accuracy);
    losses.push_back(metrics.hamming_loss);
    if (metrics.labels[2].roc_auc) rare.push_back(*metrics.labels[2].roc_auc);
  }
  const LabelIntervals ends = label_intervals({all.probabilities, 3}, all.truth, thresholds, options);
  std::sort(subsets.begin(), subsets.end());
  std::sort(losses.begin(), losses.end());
  EXPECT_DOUBLE_EQ(ends.low.subset_accuracy, subsets[2]);  // 5 % of 40 steps
  EXPECT_DOUBLE_EQ(ends.high.subset_accuracy, subsets[38]);
  EXPECT_DOUBLE_EQ(ends.low.hamming_loss, losses[2]);
  EXPECT_LT(rare.size(), 41U);  // some resamples have no document of the rare label; the others count
  EXPECT_GE(*ends.low.labels[2].roc_auc, *std::min_element(rare.begin(), rare.end()));
  EXPECT_LE(*ends.high.labels[2].roc_auc, *std::max_element(rare.begin(), rare.end()));
}

TEST(LabelIntervals, AreTheSameForEveryNumberOfThreads) {
  const Table all = random_table(500, 7, 3);
  const std::vector<float> thresholds(7, 0.5F);
  const ClassRows rows{all.probabilities, 7};
  const LabelIntervals one = label_intervals(rows, all.truth, thresholds, {.draws = 60});
  const LabelIntervals eight = label_intervals(rows, all.truth, thresholds, {.draws = 60}, {.threads = 8});
  EXPECT_EQ(one.low.subset_accuracy, eight.low.subset_accuracy);
  EXPECT_EQ(one.high.roc_auc, eight.high.roc_auc);
  EXPECT_EQ(one.high.averages.micro.f1, eight.high.averages.micro.f1);
  EXPECT_EQ(tune_thresholds(rows, all.truth), tune_thresholds(rows, all.truth, {.threads = 8}));
  for (std::size_t label = 0; label < 7; ++label) {
    EXPECT_EQ(one.low.labels[label].scores.f1, eight.low.labels[label].scores.f1);
  }
}

TEST(LabelMetrics, RefuseTablesThatDoNotFit) {
  const std::vector<float> probabilities = {.5F, .5F};
  const std::vector<std::uint8_t> truth = {1, 0};
  const std::vector<float> thresholds = {.5F};
  EXPECT_THROW((void)score_labels({probabilities, 2}, truth, thresholds), Error);
  EXPECT_THROW((void)score_labels({probabilities, 1}, {}, thresholds), Error);
  EXPECT_THROW((void)score_labels({{}, 1}, {}, thresholds), Error);
  EXPECT_THROW((void)score_labels({probabilities, 0}, truth, {}), Error);
  const std::vector<float> odd = {.5F, 1.5F};
  EXPECT_THROW((void)tune_thresholds({odd, 1}, truth), Error);
}

}  // namespace
}  // namespace malmoi::neural
