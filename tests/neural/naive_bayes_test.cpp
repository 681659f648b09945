#include "neural/naive_bayes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "corpus/base/error.h"
#include "tests/neural/small_rows.h"

namespace malmoi::neural {
namespace {

using vectorize::SparseMatrix;

std::vector<float> probabilities_of(const LinearModel& model, const SparseMatrix& rows, std::size_t row) {
  const std::vector<float> scores = score_rows(model, rows);
  const auto outputs = static_cast<std::size_t>(model.outputs());
  std::vector<float> probabilities(static_cast<std::size_t>(model.classes));
  to_probabilities(model, std::span(scores).subspan(row * outputs, outputs), probabilities);
  return probabilities;
}

void expect_probabilities(BayesKind kind, std::int32_t classes, const std::vector<std::vector<double>>& expected) {
  const LinearModel model = fit_bayes(small_rows(), small_labels(classes), classes, {.kind = kind, .smoothing = 0.5});
  const std::vector<std::size_t> rows = {0, 7, 20};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::vector<float> found = probabilities_of(model, small_rows(), rows[r]);
    for (std::size_t k = 0; k < found.size(); ++k) EXPECT_NEAR(found[k], expected[r][k], 1e-5) << "row " << rows[r];
  }
}

TEST(NaiveBayes, FollowsBayesTheoremOnAHandWorkedExample) {
  // Class 0: feature 0 three times. Class 1: feature 0 once, feature 1 twice; with smoothing 1
  // θ(0) = (4/5, 1/5), θ(1) = (2/5, 3/5). A row of one of each: 4/25 against 6/25, priors 1/3 and 2/3.
  SparseMatrix rows(3, 2);
  rows.insert(0, 0) = 3.0F;
  rows.insert(1, 0) = 1.0F;
  rows.insert(2, 1) = 2.0F;
  rows.makeCompressed();
  const LinearModel model = fit_bayes(rows, std::vector<std::int32_t>{0, 1, 1}, 2, {});
  SparseMatrix both(1, 2);
  both.insert(0, 0) = 1.0F;
  both.insert(0, 1) = 1.0F;
  both.makeCompressed();
  EXPECT_NEAR(probabilities_of(model, both, 0)[1], 12.0 / 16.0, 1e-6);
}

// Probabilities of scikit-learn 1.2.1's MultinomialNB, ComplementNB and BernoulliNB with alpha=0.5.
TEST(NaiveBayes, IsScikitLearnsMultinomialNb) {
  expect_probabilities(BayesKind::multinomial, 2,
                       {{0.813999267, 0.186000733}, {0.633851898, 0.366148102}, {0.688380466, 0.311619534}});
  expect_probabilities(BayesKind::multinomial, 3,
                       {{0.794811939, 0.142729772, 0.062458290},
                        {0.078161245, 0.305813032, 0.616025723},
                        {0.103286760, 0.308258848, 0.588454392}});
}

TEST(NaiveBayes, IsScikitLearnsComplementNb) {
  expect_probabilities(BayesKind::complement, 2,
                       {{0.614106737, 0.385893263}, {0.386316228, 0.613683772}, {0.445457347, 0.554542653}});
  expect_probabilities(BayesKind::complement, 3,
                       {{0.598571349, 0.231970954, 0.169457697},
                        {0.164412205, 0.347561135, 0.488026660},
                        {0.202550517, 0.326043889, 0.471405594}});
}

TEST(NaiveBayes, IsScikitLearnsBernoulliNb) {
  expect_probabilities(BayesKind::bernoulli, 2,
                       {{0.865615816, 0.134384184}, {0.590205096, 0.409794904}, {0.710722533, 0.289277467}});
  expect_probabilities(BayesKind::bernoulli, 3,
                       {{0.886437390, 0.081883227, 0.031679383},
                        {0.039100940, 0.275751109, 0.685147951},
                        {0.280894763, 0.328227731, 0.390877506}});
}

TEST(NaiveBayes, GivesTheSameBytesForAnyNumberOfThreads) {
  const LinearModel one = fit_bayes(small_rows(), small_labels(3), 3, {}, {.threads = 1});
  const LinearModel eight = fit_bayes(small_rows(), small_labels(3), 3, {}, {.threads = 8});
  EXPECT_EQ(one.weights, eight.weights);
  EXPECT_EQ(one.bias, eight.bias);
}

TEST(NaiveBayes, RefusesWhatDoesNotFit) {
  const SparseMatrix rows = small_rows();
  const std::vector<std::int32_t> labels = small_labels(3);
  EXPECT_THROW(static_cast<void>(fit_bayes(rows, labels, 2, {})), Error);
  EXPECT_THROW(static_cast<void>(fit_bayes(rows, labels, 4, {})), Error);  // a class without rows
  EXPECT_THROW(static_cast<void>(fit_bayes(rows, labels, 3, {.smoothing = 0.0})), Error);
  EXPECT_THROW(static_cast<void>(fit_bayes(rows, std::span(labels).first(4), 3, {})), Error);
  SparseMatrix negative = rows;
  negative.valuePtr()[3] = -1.0F;
  EXPECT_THROW(static_cast<void>(fit_bayes(negative, labels, 3, {})), Error);
}

}  // namespace
}  // namespace malmoi::neural
