#include "neural/linear_classifier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "neural/logistic_solver.h"
#include "tests/neural/small_rows.h"

namespace malmoi::neural {
namespace {

using vectorize::SparseMatrix;

SparseMatrix random_rows(std::uint64_t seed, Eigen::Index rows, Eigen::Index columns) {
  Rng rng(seed);
  SparseMatrix matrix(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < columns; ++j) {
      if (rng.uniform() < 0.1) matrix.insert(i, j) = static_cast<float>(rng.uniform());
    }
  }
  matrix.makeCompressed();
  return matrix;
}

std::vector<std::int32_t> random_labels(std::uint64_t seed, std::size_t rows, std::int32_t classes) {
  Rng rng(seed);
  std::vector<std::int32_t> labels(rows);
  for (std::int32_t& label : labels)
    label = static_cast<std::int32_t>(rng.uniform_index(static_cast<std::size_t>(classes)));
  return labels;
}

// weights [classes or 1][features] as scikit-learn's coef_.
void expect_model(const LinearModel& model, const std::vector<std::vector<double>>& weights,
                  const std::vector<double>& bias) {
  ASSERT_EQ(static_cast<std::size_t>(model.outputs()), bias.size());
  for (std::size_t k = 0; k < bias.size(); ++k) {
    for (std::size_t j = 0; j < weights[k].size(); ++j) {
      EXPECT_NEAR(model.weights[j * bias.size() + k], weights[k][j], 1e-5) << "class " << k << ", feature " << j;
    }
    EXPECT_NEAR(model.bias[k], bias[k], 1e-5);
  }
}

// The expected numbers of the next three tests are scikit-learn 1.2.1's: LogisticRegression(solver="newton-cg", C=2),
// LinearSVC(C=0.5, dual=False), both tol=1e-9 or less.
TEST(LinearClassifier, IsScikitLearnsLogisticRegression) {
  const LinearOptions options{.loss = LinearLoss::logistic, .c = 2.0, .log_ratio = std::nullopt, .tolerance = 1e-9};
  const LinearFit two = fit_linear(small_rows(), small_labels(2), 2, options);
  EXPECT_TRUE(two.converged);
  expect_model(two.model, {{0.7360074326, 0.4682092936, 0.7712227221, 0.1336104946, 0.0394777015}}, {-2.9508543245});
  expect_model(fit_linear(small_rows(), small_labels(3), 3, options).model,
               {{-0.4839663935, -0.5067974969, -0.2193339301, -0.5079299964, 0.7786084127},
                {0.5192061724, 0.3351085343, 0.6561924035, 0.0756656029, 0.1360342334},
                {-0.0352397788, 0.1716889625, -0.4368584734, 0.4322643934, -0.9146426460}},
               {0.9504734046, -1.5792506474, 0.6287772428});
}

TEST(LinearClassifier, IsScikitLearnsLinearSvc) {
  const LinearOptions options{.loss = LinearLoss::squared_hinge,
                              .c = 0.5,
                              .log_ratio = std::nullopt,
                              .tolerance = 1e-6,
                              .max_iterations = 1000000,
                              .calibrated = false};
  const LinearFit two = fit_linear(small_rows(), small_labels(2), 2, options);
  EXPECT_TRUE(two.converged);
  expect_model(two.model, {{0.2644058336, 0.1573990805, 0.2517830031, 0.0275050863, -0.0120215282}}, {-1.0076761378});
  expect_model(fit_linear(small_rows(), small_labels(3), 3, options).model,
               {{-0.2495281187, -0.3324903128, -0.1611000464, -0.3132936025, 0.4876772370},
                {0.2644058336, 0.1573990805, 0.2517830031, 0.0275050863, -0.0120215282},
                {-0.0626034899, 0.1318741950, -0.3107000205, 0.2737212791, -0.6243649086}},
               {0.2380325741, -1.0076761048, 0.1038526696});
}

TEST(LinearClassifier, WeighsClassesAsScikitLearnDoes) {
  const LinearOptions options{.loss = LinearLoss::logistic,
                              .c = 2.0,
                              .log_ratio = std::nullopt,
                              .class_weights = {1.0, 2.5},
                              .tolerance = 1e-9};
  expect_model(fit_linear(small_rows(), small_labels(2), 2, options).model,
               {{0.7662048423, 0.5395289479, 0.8411507694, 0.0984012201, -0.0075166265}}, {-2.1470091787});
  EXPECT_EQ(balanced_weights(std::vector<std::int32_t>{0, 0, 0, 1}, 3),
            (std::vector<double>{4.0 / 9.0, 4.0 / 3.0, 1.0}));
}

TEST(LinearClassifier, BalancesWhatHasALabelWithWhatHasNot) {
  const std::vector<std::uint8_t> truth = {1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1};  // two, one and two of four rows
  EXPECT_EQ(balanced_label_weights(truth, 3), (std::vector<double>{1.0, 3.0, 1.0}));
  const std::vector<std::uint8_t> rare = {1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1};  // one of four, none, all
  EXPECT_EQ(balanced_label_weights(rare, 3), (std::vector<double>{3.0, 1.0, 1.0}));
  EXPECT_THROW((void)balanced_label_weights(rare, 5), Error);
}

TEST(LinearClassifier, HasTheGradientOfItsObjective) {
  const SparseMatrix rows = random_rows(1, 40, 12);
  const SparseMatrix columns = rows.transpose();
  Rng rng(2);
  std::vector<double> costs(40);
  for (double& cost : costs) cost = 0.5 + rng.uniform();
  for (const std::int32_t outputs : {1, 3}) {
    const std::vector<std::int32_t> labels = random_labels(3, 40, std::max(outputs, 2));
    std::vector<float> scale(static_cast<std::size_t>(12 * outputs));
    for (float& one : scale) one = static_cast<float>(rng.uniform() - 0.5);
    const LogisticProblem problem{rows, columns, labels, costs, outputs, scale};
    std::vector<double> values(static_cast<std::size_t>(13 * outputs));
    for (double& value : values) value = 2.0 * rng.uniform() - 1.0;
    const LogisticValue at = evaluate_logistic(problem, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      constexpr double kStep = 0x1p-6;  // wide: the products are of floats
      std::vector<double> moved = values;
      moved[i] += kStep;
      const double above = evaluate_logistic(problem, moved).objective;
      moved[i] -= 2 * kStep;
      const double below = evaluate_logistic(problem, moved).objective;
      EXPECT_NEAR(at.gradient[i], (above - below) / (2 * kStep), 2e-4) << "value " << i << " of " << outputs;
    }
  }
}

TEST(LinearClassifier, StopsWhereTheGradientVanishes) {
  const SparseMatrix rows = random_rows(5, 300, 80);
  const SparseMatrix columns = rows.transpose();
  const std::vector<std::int32_t> labels = random_labels(6, 300, 4);
  const std::vector<double> costs(300, 3.0);
  const LogisticProblem problem{rows, columns, labels, costs, 4, {}};
  const auto norm = [&](const std::vector<double>& values) {
    double sum = 0.0;
    for (const double slope : evaluate_logistic(problem, values).gradient) sum += slope * slope;
    return std::sqrt(sum);
  };
  const LogisticSolution solution = solve_logistic(problem, 1e-6, 100);
  EXPECT_TRUE(solution.converged);
  EXPECT_LE(norm(solution.values), 2e-6 * norm(std::vector<double>(solution.values.size())));
  EXPECT_FALSE(solve_logistic(problem, 1e-6, 1).converged);
}

TEST(LinearClassifier, MultipliesFeaturesByTheirLogCountRatios) {
  // Of 5 rows of class 1 feature 0 is in 3, of 5 rows of class 0 in 1; feature 1 the other way round.
  SparseMatrix rows(10, 2);
  const std::vector<std::int32_t> labels = {1, 1, 1, 1, 1, 0, 0, 0, 0, 0};
  for (const int i : {0, 1, 2, 5}) rows.insert(i, 0) = 1.0F;
  for (const int i : {3, 6, 7, 8}) rows.insert(i, 1) = 1.0F;
  rows.makeCompressed();
  const double ratio = std::log(2.0);  // (1 + 3) / (1 + 1), the sums of both classes being 6
  SparseMatrix scaled = rows;
  for (Eigen::Index e = 0; e < scaled.nonZeros(); ++e) {
    scaled.valuePtr()[e] *= static_cast<float>(scaled.innerIndexPtr()[e] == 0 ? ratio : -ratio);
  }
  for (const LinearLoss loss : {LinearLoss::logistic, LinearLoss::squared_hinge}) {
    LinearOptions options{.loss = loss, .c = 1.5, .log_ratio = 1.0, .tolerance = 1e-8};
    const LinearModel model = fit_linear(rows, labels, 2, options).model;
    options.log_ratio.reset();
    const LinearModel plain = fit_linear(scaled, labels, 2, options).model;
    EXPECT_NEAR(model.weights[0], plain.weights[0] * ratio, 1e-5);
    EXPECT_NEAR(model.weights[1], plain.weights[1] * -ratio, 1e-5);
    EXPECT_NEAR(model.bias[0], plain.bias[0], 1e-5);
    EXPECT_GT(model.weights[0], 0.0F);
  }
}

TEST(LinearClassifier, TreatsEveryLabelOfATableAlone) {
  const SparseMatrix rows = random_rows(8, 120, 20);
  const std::vector<std::int32_t> first = random_labels(9, 120, 2);
  const std::vector<std::int32_t> second = random_labels(10, 120, 2);
  std::vector<std::uint8_t> table;
  for (std::size_t i = 0; i < first.size(); ++i) {
    table.push_back(static_cast<std::uint8_t>(first[i]));
    table.push_back(static_cast<std::uint8_t>(second[i]));
  }
  for (const LinearLoss loss : {LinearLoss::logistic, LinearLoss::squared_hinge}) {
    const LinearOptions options{.loss = loss, .calibrated = false};
    const LinearModel both = fit_linear_labels(rows, table, 2, options).model;
    ASSERT_EQ(both.outputs(), 2);
    EXPECT_EQ(both.link, Link::sigmoid);
    for (std::size_t k = 0; k < 2; ++k) {
      const LinearModel one = fit_linear(rows, k == 0 ? first : second, 2, options).model;
      EXPECT_EQ(both.bias[k], one.bias[0]);
      for (std::size_t j = 0; j < 20; ++j) EXPECT_EQ(both.weights[j * 2 + k], one.weights[j]);
    }
  }
}

TEST(LinearClassifier, SharpensTheScoresOfTheHingeToProbabilities) {
  // One feature tells the class of nine rows in ten: a confidence of 0.9 suits all.
  SparseMatrix rows(2000, 2);
  std::vector<std::int32_t> labels;
  Rng rng(12);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t side = rng.uniform_index(2);
    rows.insert(i, static_cast<Eigen::Index>(side)) = 1.0F;
    labels.push_back(static_cast<std::int32_t>(rng.uniform() < 0.9 ? side : 1 - side));
  }
  rows.makeCompressed();
  const LinearModel model = fit_linear(rows, labels, 2, {.loss = LinearLoss::squared_hinge}).model;
  const std::vector<float> scores = score_rows(model, rows);
  std::vector<float> probabilities(2);
  for (std::size_t i = 0; i < 20; ++i) {
    to_probabilities(model, std::span(scores).subspan(i, 1), probabilities);
    EXPECT_NEAR(std::max(probabilities[0], probabilities[1]), 0.9F, 0.04F);
  }
}

TEST(LinearClassifier, GivesTheSameBytesForAnyNumberOfThreads) {
  const SparseMatrix rows = random_rows(13, 3000, 60);
  const std::vector<std::int32_t> labels = random_labels(14, 3000, 5);
  for (const LinearLoss loss : {LinearLoss::logistic, LinearLoss::squared_hinge}) {
    const LinearModel one = fit_linear(rows, labels, 5, {.loss = loss}, {.threads = 1}).model;
    const LinearModel eight = fit_linear(rows, labels, 5, {.loss = loss}, {.threads = 8}).model;
    EXPECT_EQ(one.weights, eight.weights);
    EXPECT_EQ(one.bias, eight.bias);
    EXPECT_EQ(one.sharpness, eight.sharpness);
    EXPECT_EQ(score_rows(one, rows, {.threads = 1}), score_rows(one, rows, {.threads = 8}));
  }
}

TEST(LinearClassifier, TurnsScoresIntoProbabilities) {
  const LinearModel two{.features = 0, .classes = 2, .sharpness = 2.0F, .weights = {}, .bias = {0.0F}};
  std::vector<float> probabilities(2);
  to_probabilities(two, std::vector<float>{std::log(3.0F) / 2.0F}, probabilities);
  EXPECT_NEAR(probabilities[1], 0.75F, 1e-6F);
  EXPECT_NEAR(probabilities[0], 0.25F, 1e-6F);
  const LinearModel three{.features = 0, .classes = 3, .weights = {}, .bias = {0.0F, 0.0F, 0.0F}};
  probabilities.resize(3);
  to_probabilities(three, std::vector<float>{1000.0F + std::log(2.0F), 1000.0F, 1000.0F}, probabilities);
  EXPECT_NEAR(probabilities[0], 0.5F, 1e-5F);
  EXPECT_NEAR(probabilities[2], 0.25F, 1e-5F);
  const LinearModel tags{.features = 0, .classes = 2, .link = Link::sigmoid, .weights = {}, .bias = {0.0F, 0.0F}};
  probabilities.resize(2);
  to_probabilities(tags, std::vector<float>{0.0F, -std::log(3.0F)}, probabilities);
  EXPECT_NEAR(probabilities[0], 0.5F, 1e-6F);
  EXPECT_NEAR(probabilities[1], 0.25F, 1e-6F);
}

TEST(LinearClassifier, EndsWhenAskedTo) {
  std::stop_source source;
  source.request_stop();
  for (const LinearLoss loss : {LinearLoss::logistic, LinearLoss::squared_hinge}) {
    EXPECT_THROW(
        static_cast<void>(fit_linear(small_rows(), small_labels(2), 2, {.loss = loss}, {.stop = source.get_token()})),
        Error);
  }
}

TEST(LinearClassifier, RefusesWhatDoesNotFit) {
  const SparseMatrix rows = small_rows();
  const std::vector<std::int32_t> labels = small_labels(3);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, labels, 2, {})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, labels, 1, {})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, std::span(labels).first(3), 3, {})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(SparseMatrix(0, 3), {}, 3, {})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, labels, 3, {.c = 0.0})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, labels, 3, {.log_ratio = -1.0})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, labels, 3, {.class_weights = {1.0}})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear(rows, labels, 3, {.max_iterations = 0})), Error);
  EXPECT_THROW(static_cast<void>(fit_linear_labels(rows, std::vector<std::uint8_t>(61), 2, {})), Error);
  SparseMatrix broken = rows;
  broken.valuePtr()[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(static_cast<void>(fit_linear(broken, labels, 3, {})), Error);
  EXPECT_THROW(static_cast<void>(score_rows(fit_linear(rows, labels, 3, {}).model, SparseMatrix(1, 4))), Error);
}

}  // namespace
}  // namespace malmoi::neural
