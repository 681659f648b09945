#include "vectorize/weighting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "corpus/base/error.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::vectorize {
namespace {

// Three documents and an empty one; df = 2, 1, 3.
DocTermMatrix sample() {
  return counts({{2, 0, 1}, {1, 4, 1}, {0, 0, 3}, {0, 0, 0}});
}

Eigen::MatrixXf weigh(LocalWeight local, GlobalWeight global, Normalization normalization) {
  const DocTermMatrix matrix = sample();
  return dense(apply_weighting(fit_weighting(matrix, {local, global, normalization}), matrix).values);
}

Eigen::RowVectorXf local_weights(LocalWeight local) {
  return weigh(local, GlobalWeight::none, Normalization::none).row(1);
}

std::vector<double> global_weights(GlobalWeight global) {
  return fit_weighting(sample(), {LocalWeight::count, global, Normalization::none}).global_weight;
}

constexpr float kNear = 1e-6F;

TEST(Weighting, KnowsTheLocalWeights) {
  EXPECT_EQ(local_weights(LocalWeight::binary), Eigen::RowVector3f(1, 1, 1));
  EXPECT_EQ(local_weights(LocalWeight::count), Eigen::RowVector3f(1, 4, 1));
  const float log_of_4 = 1.0F + std::log(4.0F);
  EXPECT_TRUE(local_weights(LocalWeight::log).isApprox(Eigen::RowVector3f(1, log_of_4, 1), kNear));
  EXPECT_EQ(local_weights(LocalWeight::augmented), Eigen::RowVector3f(0.625F, 1.0F, 0.625F));
  const float mean = 1.0F + std::log(2.0F);  // 6 tokens of 3 terms
  EXPECT_TRUE(local_weights(LocalWeight::log_average).isApprox(Eigen::RowVector3f(1, log_of_4, 1) / mean, kNear));
}

TEST(Weighting, KnowsTheGlobalWeights) {
  using testing::DoubleNear;
  using testing::ElementsAre;
  const auto near = [](double value) { return DoubleNear(value, 1e-12); };
  EXPECT_THAT(global_weights(GlobalWeight::none), ElementsAre(1.0, 1.0, 1.0));
  EXPECT_THAT(global_weights(GlobalWeight::smooth),
              ElementsAre(near(std::log(5.0 / 3) + 1), near(std::log(5.0 / 2) + 1), near(std::log(5.0 / 4) + 1)));
  EXPECT_THAT(global_weights(GlobalWeight::unsmoothed),
              ElementsAre(near(std::log(2.0) + 1), near(std::log(4.0) + 1), near(std::log(4.0 / 3) + 1)));
  EXPECT_THAT(global_weights(GlobalWeight::classic),
              ElementsAre(near(std::log(2.0)), near(std::log(4.0)), near(std::log(4.0 / 3))));
  EXPECT_THAT(global_weights(GlobalWeight::probabilistic), ElementsAre(near(0.0), near(std::log(3.0)), near(0.0)));
  EXPECT_THAT(global_weights(GlobalWeight::bm25),
              ElementsAre(near(std::log(2.0)), near(std::log(1 + 3.5 / 1.5)), near(std::log(1 + 1.5 / 3.5))));
}

TEST(Weighting, EntropyIsOneForATermOfOneDocumentAndZeroForAnEvenOne) {
  const DocTermMatrix matrix = counts({{3, 1, 1}, {0, 1, 3}});
  const std::vector<double> weights = fit_weighting(matrix, {LocalWeight::count, GlobalWeight::entropy}).global_weight;
  EXPECT_DOUBLE_EQ(weights[0], 1.0);
  EXPECT_NEAR(weights[1], 0.0, 1e-15);
  EXPECT_NEAR(weights[2], 1.0 + (0.25 * std::log(0.25) + 0.75 * std::log(0.75)) / std::log(2.0), 1e-15);
}

TEST(Weighting, NormalisesRowsAndLeavesEmptyOnesEmpty) {
  const auto rows = [](Normalization n) { return weigh(LocalWeight::count, GlobalWeight::none, n); };
  EXPECT_TRUE(rows(Normalization::l1).row(1).isApprox(Eigen::RowVector3f(1, 4, 1) / 6.0F, kNear));
  EXPECT_TRUE(rows(Normalization::l2).row(1).isApprox(Eigen::RowVector3f(1, 4, 1) / std::sqrt(18.0F), kNear));
  EXPECT_EQ(rows(Normalization::max).row(1), Eigen::RowVector3f(0.25F, 1.0F, 0.25F));
  for (const auto n : {Normalization::l1, Normalization::l2, Normalization::max}) {
    EXPECT_EQ(rows(n).row(3), Eigen::RowVector3f(0, 0, 0));
  }
}

TEST(Weighting, ARowWhoseWeightsAreAllZeroStaysZero) {
  const DocTermMatrix matrix = counts({{1}, {2}});  // classic idf of a term in every document is 0
  const WeightingOptions options{LocalWeight::count, GlobalWeight::classic, Normalization::l2};
  EXPECT_EQ(dense(apply_weighting(fit_weighting(matrix, options), matrix).values), Eigen::MatrixXf::Zero(2, 1));
}

TEST(Weighting, Bm25SaturatesAndDiscountsLength) {
  const DocTermMatrix matrix = sample();  // lengths 3, 6, 3, 0: mean 3
  const Eigen::MatrixXf weights = dense(apply_weighting(fit_weighting(matrix, bm25_options()), matrix).values);
  EXPECT_NEAR(weights(0, 0), 2 * 2.2 / (2 + 1.2) * std::log(2.0), 1e-6);
  EXPECT_NEAR(weights(1, 0), 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2)) * std::log(2.0), 1e-6);
}

TEST(Weighting, NamesWhatTheValuesAre) {
  const DocTermMatrix matrix = sample();
  const auto kind = [&](const WeightingOptions& options) {
    return apply_weighting(fit_weighting(matrix, options), matrix).weighting;
  };
  EXPECT_EQ(kind({}), Weighting::tf_idf);
  EXPECT_EQ(kind(bm25_options()), Weighting::bm25);
  EXPECT_EQ(kind(parse_smart("nnn")), Weighting::count);
  EXPECT_EQ(kind(parse_smart("bnn")), Weighting::tf_idf);
}

TEST(Weighting, AQueryUsesTheFiguresOfTheCorpus) {
  const TermWeighting fitted = fit_weighting(sample(), {LocalWeight::count, GlobalWeight::smooth, Normalization::none});
  const Eigen::MatrixXf query = dense(apply_weighting(fitted, counts({{1, 1, 0}})).values);
  EXPECT_NEAR(query(0, 0), std::log(5.0 / 3) + 1, 1e-6);
  EXPECT_NEAR(query(0, 1), std::log(5.0 / 2) + 1, 1e-6);
}

TEST(Weighting, ATermOfNoDocumentHasAFiniteWeight) {
  const DocTermMatrix matrix = counts({{1, 0}, {1, 0}});
  for (const auto global : {GlobalWeight::smooth, GlobalWeight::unsmoothed, GlobalWeight::classic,
                            GlobalWeight::probabilistic, GlobalWeight::entropy, GlobalWeight::bm25}) {
    EXPECT_TRUE(std::isfinite(fit_weighting(matrix, {LocalWeight::count, global}).global_weight[1]));
  }
}

TEST(Weighting, RefusesWhatIsNoCountOrDoesNotFit) {
  DocTermMatrix matrix = sample();
  const TermWeighting fitted = fit_weighting(matrix, {});
  EXPECT_THROW((void)apply_weighting(fitted, counts({{1, 2}})), Error);
  EXPECT_THROW((void)fit_weighting(matrix, bm25_options(-1.0)), Error);
  EXPECT_THROW((void)fit_weighting(matrix, bm25_options(1.2, 1.5)), Error);
  matrix.weighting = Weighting::tf_idf;
  EXPECT_THROW((void)fit_weighting(matrix, {}), Error);
  EXPECT_THROW((void)apply_weighting(fitted, matrix), Error);
}

TEST(Weighting, IsTheSameOnAnyNumberOfThreads) {
  const DocTermMatrix matrix = count_terms(random_tokens(/*seed=*/3, 10000, 2000, 30), 2000);
  const TermWeighting fitted = fit_weighting(matrix, {});
  const SparseMatrix one = apply_weighting(fitted, matrix, {.threads = 1}).values;
  const SparseMatrix eight = apply_weighting(fitted, matrix, {.threads = 8}).values;
  EXPECT_TRUE(std::equal(one.valuePtr(), one.valuePtr() + one.nonZeros(), eight.valuePtr(),
                         eight.valuePtr() + eight.nonZeros()));
}

TEST(ParseSmart, ReadsTheThreeLetters) {
  const WeightingOptions ltc = parse_smart("ltc");
  EXPECT_EQ(ltc.local, LocalWeight::log);
  EXPECT_EQ(ltc.global, GlobalWeight::classic);
  EXPECT_EQ(ltc.normalization, Normalization::l2);
  EXPECT_EQ(parse_smart("Lpn").local, LocalWeight::log_average);
  EXPECT_EQ(parse_smart("Lpn").global, GlobalWeight::probabilistic);
}

TEST(ParseSmart, NamesTheLetterThatIsWrong) {
  try {
    (void)parse_smart("lxc");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "SMART weighting \"lxc\": letter 2 is 'x', wanted n, t or p");
  }
  EXPECT_THROW((void)parse_smart("lt"), Error);
}

}  // namespace
}  // namespace malmoi::vectorize
