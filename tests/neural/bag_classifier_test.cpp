#include "neural/bag_classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

using vectorize::SparseMatrix;

// Rows of some features of their class and some of all: class k of n has features k, k + n, k + 2 n …
struct Problem {
  SparseMatrix rows;
  std::vector<std::int32_t> labels;
};

Problem random_problem(std::int32_t classes, int count, std::uint64_t seed) {
  Problem problem;
  const std::int32_t features = classes * 12;
  problem.rows = SparseMatrix(count, features);
  Rng rng(seed);
  for (int r = 0; r < count; ++r) {
    const auto label = static_cast<std::int32_t>(rng.uniform_index(static_cast<std::size_t>(classes)));
    problem.labels.push_back(label);
    for (int i = 0; i < 8; ++i) {
      const auto any = static_cast<std::int32_t>(rng.uniform_index(static_cast<std::size_t>(features)));
      const std::int32_t feature = i < 3 ? any / classes * classes + label : any;
      problem.rows.coeffRef(r, feature) += 1.0F;
    }
  }
  problem.rows.makeCompressed();
  return problem;
}

double accuracy(const std::vector<float>& probabilities, const std::vector<std::int32_t>& labels, std::size_t classes) {
  double right = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const auto begin = probabilities.begin() + static_cast<std::ptrdiff_t>(r * classes);
    right += std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) - begin == labels[r] ? 1 : 0;
  }
  return right / static_cast<double>(labels.size());
}

double mean_loss(const BagModel& model, const Problem& problem) {
  const std::vector<float> p = predict_bag(model, problem.rows);
  double loss = 0.0;
  for (std::size_t r = 0; r < problem.labels.size(); ++r) {
    loss -= std::log(static_cast<double>(
        p[r * static_cast<std::size_t>(model.classes) + static_cast<std::size_t>(problem.labels[r])]));
  }
  return loss / static_cast<double>(problem.labels.size());
}

TEST(BagClassifier, ComputesTheProbabilitiesOfAHandWorkedModel) {
  BagModel model;
  model.features = 3;
  model.classes = 2;
  model.dimensions = 1;
  model.vectors = {1, 4, -2};
  model.outputs = {0.5F, -0.5F};
  SparseMatrix rows(3, 3);
  rows.coeffRef(0, 0) = 2;  // hidden (2 · 1 + 4) / 3 = 2: scores 1 and -1
  rows.coeffRef(0, 1) = 1;
  rows.coeffRef(1, 2) = 5;  // hidden -2: scores -1 and 1
  rows.makeCompressed();
  const double p = 1 / (1 + std::exp(-2.0));
  const std::vector<float> softmax = predict_bag(model, rows);
  EXPECT_NEAR(softmax[0], p, 1e-6);
  EXPECT_NEAR(softmax[1], 1 - p, 1e-6);
  EXPECT_NEAR(softmax[2], 1 - p, 1e-6);
  EXPECT_EQ(softmax[4], 0.5F);  // an empty row
  model.loss = BagLoss::sigmoid;
  EXPECT_NEAR(predict_bag(model, rows)[0], 1 / (1 + std::exp(-1.0)), 1e-6);
  model.loss = BagLoss::hierarchical;  // one node; class 1 of equal counts is joined first
  model.counts = {1, 1};
  model.outputs = {0.5F};
  EXPECT_NEAR(predict_bag(model, rows)[1], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(predict_bag(model, rows)[0], 1 - 1 / (1 + std::exp(-1.0)), 1e-6);
}

// All outputs are zero at the start, so after one row they are the step itself.
TEST(BagClassifier, StepsDownTheSlopeOfTheLoss) {
  for (const BagLoss loss : {BagLoss::softmax, BagLoss::hierarchical}) {
    const Problem problem = random_problem(4, 1, 5);
    const auto fit_at = [&](double rate) {
      return fit_bag(problem.rows, problem.labels, 4, {.loss = loss, .dimensions = 3, .epochs = 1, .rate = rate}).model;
    };
    const BagModel start = fit_at(1e-30);
    const BagModel after = fit_at(0.5);
    for (std::size_t i = 0; i < start.outputs.size(); ++i) {
      BagModel up = start;
      BagModel down = start;
      up.outputs[i] += 0.05F;
      down.outputs[i] -= 0.05F;
      const double slope = (mean_loss(up, problem) - mean_loss(down, problem)) / 0.1;
      EXPECT_NEAR(static_cast<double>(after.outputs[i]) / 0.5, -slope, 1e-4);
    }
  }
}

// The plain algorithm of fastText: one row after the other, everything changed at once.
BagModel plain_fit(const Problem& problem, std::int32_t classes, const BagOptions& options, BagModel model,
                   const std::vector<std::size_t>& order) {
  const auto d = static_cast<std::size_t>(options.dimensions);
  std::size_t seen = 0;
  for (const std::size_t r : order) {
    const auto rate = options.rate * (1.0 - static_cast<double>(seen++) / static_cast<double>(order.size()));
    std::vector<double> hidden(d, 0.0);
    double sum = 0.0;
    const auto row = static_cast<Eigen::Index>(r);
    for (SparseMatrix::InnerIterator it(problem.rows, row); it; ++it) sum += static_cast<double>(it.value());
    for (SparseMatrix::InnerIterator it(problem.rows, row); it; ++it) {
      for (std::size_t i = 0; i < d; ++i) {
        hidden[i] += static_cast<double>(it.value() * model.vectors[static_cast<std::size_t>(it.col()) * d + i]) / sum;
      }
    }
    std::vector<double> p(static_cast<std::size_t>(classes));
    double total = 0.0;
    for (std::size_t k = 0; k < p.size(); ++k) {
      double score = 0.0;
      for (std::size_t i = 0; i < d; ++i) score += hidden[i] * static_cast<double>(model.outputs[k * d + i]);
      total += p[k] = std::exp(score);
    }
    std::vector<double> gradient(d, 0.0);
    for (std::size_t k = 0; k < p.size(); ++k) {
      const double error = rate * ((static_cast<std::int32_t>(k) == problem.labels[r] ? 1 : 0) - p[k] / total);
      for (std::size_t i = 0; i < d; ++i) {
        gradient[i] += error * static_cast<double>(model.outputs[k * d + i]);
        model.outputs[k * d + i] += static_cast<float>(error * hidden[i]);
      }
    }
    for (SparseMatrix::InnerIterator it(problem.rows, row); it; ++it) {
      for (std::size_t i = 0; i < d; ++i) {
        model.vectors[static_cast<std::size_t>(it.col()) * d + i] +=
            static_cast<float>(gradient[i] * static_cast<double>(it.value()) / sum);
      }
    }
  }
  return model;
}

TEST(BagClassifier, IsThePlainAlgorithmWhereABatchIsOneRow) {
  const Problem problem = random_problem(3, 40, 1);
  BagOptions options = {.dimensions = 5, .epochs = 1, .rate = 0.5, .batch = 1, .seed = 9};
  BagOptions still = options;
  still.rate = 1e-30;  // leaves the start as it is
  const BagModel start = fit_bag(problem.rows, problem.labels, 3, still).model;
  std::vector<std::size_t> order(40);  // as the seed has it
  std::iota(order.begin(), order.end(), std::size_t{0});
  Rng rng(Rng(options.seed).split(1).bits());
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.uniform_index(i)]);
  const BagModel expected = plain_fit(problem, 3, options, start, order);
  const BagModel model = fit_bag(problem.rows, problem.labels, 3, options).model;
  for (std::size_t i = 0; i < model.vectors.size(); ++i) EXPECT_NEAR(model.vectors[i], expected.vectors[i], 1e-5F);
  for (std::size_t i = 0; i < model.outputs.size(); ++i) EXPECT_NEAR(model.outputs[i], expected.outputs[i], 1e-5F);
}

TEST(BagClassifier, LearnsClassesByEveryLoss) {
  const Problem train = random_problem(5, 2000, 1);
  const Problem test = random_problem(5, 500, 2);
  for (const BagLoss loss : {BagLoss::softmax, BagLoss::hierarchical}) {
    for (const double dropout : {0.0, 0.3}) {
      const BagFit fit = fit_bag(train.rows, train.labels, 5,
                                 {.loss = loss, .epochs = 30, .rate = 0.5, .dropout = dropout, .batch = 32});
      EXPECT_GT(accuracy(predict_bag(fit.model, test.rows), test.labels, 5), 0.8) << static_cast<int>(loss) << dropout;
      EXPECT_LT(fit.losses.back(), fit.losses.front());
    }
  }
}

TEST(BagClassifier, LearnsAnyNumberOfLabels) {
  const Problem train = random_problem(4, 2000, 3);
  std::vector<std::uint8_t> truth(8000, 0);
  for (std::size_t r = 0; r < 2000; ++r) {
    truth[r * 4 + static_cast<std::size_t>(train.labels[r])] = 1;
    truth[r * 4] = 1;  // one that all have
  }
  const BagFit fit =
      fit_bag_labels(train.rows, truth, 4, {.loss = BagLoss::sigmoid, .epochs = 30, .rate = 0.5, .batch = 32});
  const std::vector<float> p = predict_bag(fit.model, train.rows);
  double right = 0;
  for (std::size_t i = 0; i < p.size(); ++i) right += (p[i] > 0.5F) == (truth[i] == 1) ? 1 : 0;
  EXPECT_GT(right / static_cast<double>(p.size()), 0.9);
  for (std::size_t r = 0; r < 2000; ++r) EXPECT_GT(p[r * 4], 0.8F);
}

TEST(BagClassifier, GivesTheSameBytesForEveryNumberOfThreads) {
  const Problem train = random_problem(3, 1500, 1);
  const BagOptions options = {.dimensions = 100, .epochs = 2, .dropout = 0.2};  // enough work for threads
  const BagFit one = fit_bag(train.rows, train.labels, 3, options, {.threads = 1});
  const BagFit eight = fit_bag(train.rows, train.labels, 3, options, {.threads = 8});
  EXPECT_EQ(one.model.vectors, eight.model.vectors);
  EXPECT_EQ(one.model.outputs, eight.model.outputs);
  EXPECT_EQ(one.losses, eight.losses);
  EXPECT_EQ(predict_bag(one.model, train.rows, {.threads = 1}), predict_bag(one.model, train.rows, {.threads = 8}));
}

TEST(BagClassifier, RefusesWhatIsOutOfRange) {
  const Problem train = random_problem(3, 10, 1);
  const std::vector<std::int32_t> wrong(10, 3);
  EXPECT_THROW((void)fit_bag(train.rows, wrong, 3, {}), Error);
  EXPECT_THROW((void)fit_bag(train.rows, std::span(wrong).first(9), 4, {}), Error);
  EXPECT_THROW((void)fit_bag(train.rows, train.labels, 3, {.rate = 0}), Error);
  EXPECT_THROW((void)fit_bag(train.rows, train.labels, 3, {.dropout = 1}), Error);
  EXPECT_THROW((void)fit_bag(train.rows, train.labels, 3, {.loss = BagLoss::sigmoid}), Error);
  EXPECT_THROW((void)fit_bag_labels(train.rows, {}, 3, {.loss = BagLoss::sigmoid}), Error);
  SparseMatrix negative = train.rows;
  negative.valuePtr()[0] = -1;
  EXPECT_THROW((void)fit_bag(negative, train.labels, 3, {}), Error);
  const BagFit fit = fit_bag(train.rows, train.labels, 3, {.epochs = 1});
  EXPECT_THROW((void)predict_bag(fit.model, SparseMatrix(2, 5)), Error);
}

// The first rate that is too much leads to what half of it does.
TEST(BagClassifier, BeginsAnewWithHalfTheRateWhenTheLossIsNotFinite) {
  const Problem train = random_problem(3, 10, 1);
  BagFit before = fit_bag(train.rows, train.labels, 3, {.rate = 1});
  EXPECT_EQ(before.rate, 1);
  for (int power = 1; power < 126; ++power) {
    const double rate = std::ldexp(1.0, power);
    BagFit fit = fit_bag(train.rows, train.labels, 3, {.rate = rate});
    if (fit.rate < rate) {
      EXPECT_EQ(fit.rate, rate / 2);
      EXPECT_EQ(fit.model.vectors, before.model.vectors);
      EXPECT_EQ(fit.losses, before.losses);
      return;
    }
    before = std::move(fit);
  }
  FAIL() << "no rate was too much";
}

TEST(BagClassifier, RefusesAModelThatIsNotFinite) {
  const Problem train = random_problem(3, 10, 1);
  try {
    (void)fit_bag(train.rows, train.labels, 3, {.rate = 3e38});
    FAIL() << "a model of infinite numbers";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(" is not finite even with a learning rate of 9.375e+36"));
  }
}

}  // namespace
}  // namespace malmoi::neural
