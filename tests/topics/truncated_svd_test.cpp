#include "topics/truncated_svd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

namespace malmoi::topics {
namespace {

using vectorize::SparseMatrix;

// Cells are filled with this probability; low columns and rows more often, as in language.
SparseMatrix random_matrix(Eigen::Index rows, Eigen::Index cols, double density, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Eigen::Triplet<float>> cells;
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (Eigen::Index c = 0; c < cols; ++c) {
      const double common = 3.0 * static_cast<double>(cols) / static_cast<double>(cols + 10 * c);
      if (rng.uniform() < density * common) {
        cells.emplace_back(static_cast<int>(r), static_cast<int>(c), static_cast<float>(rng.uniform() - 0.2));
      }
    }
  }
  SparseMatrix matrix(rows, cols);
  matrix.setFromTriplets(cells.begin(), cells.end());
  return matrix;
}

SparseMatrix from_dense(const Eigen::MatrixXd& dense) {
  return dense.cast<float>().sparseView();
}

Eigen::MatrixXd to_dense(const SparseMatrix& matrix) {
  return Eigen::MatrixXd(matrix.cast<double>());
}

// A second dense solver, for where BDCSVD itself is under test.
Eigen::VectorXd all_singular_values(const SparseMatrix& matrix) {
  return Eigen::JacobiSVD<Eigen::MatrixXd>(to_dense(matrix)).singularValues();
}

double orthogonality_error(const RealMatrix& q) {
  return (q.transpose() * q - Eigen::MatrixXd::Identity(q.cols(), q.cols())).cwiseAbs().maxCoeff();
}

// What holds for every result, whatever the method.
void expect_triplets(const SparseMatrix& matrix, const Svd& svd, double residual) {
  ASSERT_EQ(svd.u.rows(), matrix.rows());
  ASSERT_EQ(svd.v.rows(), matrix.cols());
  EXPECT_LT(orthogonality_error(svd.u), 1e-12);
  EXPECT_LT(orthogonality_error(svd.v), 1e-12);
  EXPECT_TRUE(std::is_sorted(svd.sigma.begin(), svd.sigma.end(), std::greater<>()));
  const Eigen::MatrixXd dense = to_dense(matrix);
  for (Eigen::Index k = 0; k < svd.sigma.size(); ++k) {
    const double along = (dense * svd.v.col(k) - svd.sigma[k] * svd.u.col(k)).norm();
    const double across = (dense.transpose() * svd.u.col(k) - svd.sigma[k] * svd.v.col(k)).norm();
    EXPECT_LT(std::max(along, across), residual * std::max(svd.sigma[0], 1e-300) + 1e-300) << "triplet " << k;
    EXPECT_NEAR(svd.residuals[k], std::max(along, across), 1e-12 * (svd.sigma[0] + 1.0));
    Eigen::Index largest = 0;
    svd.v.col(k).cwiseAbs().maxCoeff(&largest);
    EXPECT_GT(svd.v(largest, k), 0.0) << "sign of triplet " << k;
  }
}

void expect_values(const Svd& svd, const Eigen::VectorXd& expected, double relative) {
  for (Eigen::Index k = 0; k < svd.sigma.size(); ++k) {
    EXPECT_NEAR(svd.sigma[k], expected[k], relative * expected[k] + 1e-13 * expected[0]) << "value " << k;
  }
}

TEST(TruncatedSvd, FindsTheTripletsOfADiagonalMatrixByEveryMethod) {
  const SparseMatrix matrix = from_dense((Eigen::MatrixXd(3, 2) << 0, -2, 3, 0, 0, 0).finished());
  for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized, SvdMethod::full}) {
    const Svd svd = truncated_svd(matrix, {.rank = 2, .method = method});
    EXPECT_NEAR(svd.sigma[0], 3.0, 1e-15);
    EXPECT_NEAR(svd.sigma[1], 2.0, 1e-15);
    EXPECT_NEAR(svd.v(0, 0), 1.0, 1e-15);
    EXPECT_NEAR(svd.v(1, 1), 1.0, 1e-15);
    EXPECT_NEAR(svd.u(1, 0), 1.0, 1e-15);
    EXPECT_NEAR(svd.u(0, 1), -1.0, 1e-15);  // v is turned to be positive, so u bears the sign
  }
}

TEST(TruncatedSvd, LanczosEqualsTheDenseSolverOnTallAndWideMatrices) {
  for (const bool wide : {false, true}) {
    SparseMatrix matrix = random_matrix(500, 400, 0.05, 1);
    if (wide) matrix = SparseMatrix(matrix.transpose());
    const Eigen::VectorXd expected = Eigen::BDCSVD<Eigen::MatrixXd>(to_dense(matrix)).singularValues();
    const Svd svd = truncated_svd(matrix, {.rank = 50});
    EXPECT_TRUE(svd.converged);
    expect_values(svd, expected, 1e-12);
    expect_triplets(matrix, svd, 1e-11);
  }
}

TEST(TruncatedSvd, FullEqualsAnotherDenseSolver) {
  const SparseMatrix matrix = random_matrix(60, 45, 0.2, 2);
  const Svd svd = truncated_svd(matrix, {.rank = 45, .method = SvdMethod::full});
  expect_values(svd, all_singular_values(matrix), 1e-12);
  expect_triplets(matrix, svd, 1e-13);
}

TEST(TruncatedSvd, LanczosFindsAllValuesOfASmallMatrix) {
  const SparseMatrix matrix = random_matrix(70, 45, 0.2, 3);
  const Svd svd = truncated_svd(matrix, {.rank = 45});
  expect_values(svd, all_singular_values(matrix), 1e-9);
  expect_triplets(matrix, svd, 1e-11);
}

TEST(TruncatedSvd, LanczosFindsValuesThatComeManyTimes) {
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(300, 200);
  for (Eigen::Index i = 0; i < 200; ++i) dense(i, i) = i < 20 ? 2.0 : 1.0 / static_cast<double>(1 + i);
  const Svd svd = truncated_svd(from_dense(dense), {.rank = 24});
  EXPECT_TRUE(svd.converged);
  for (Eigen::Index k = 0; k < 20; ++k) EXPECT_NEAR(svd.sigma[k], 2.0, 1e-12);
  for (Eigen::Index k = 20; k < 24; ++k) EXPECT_NEAR(svd.sigma[k], 1.0 / static_cast<double>(1 + k), 1e-8);
  expect_triplets(from_dense(dense), svd, 1e-11);
}

TEST(TruncatedSvd, RandomizedIsExactWhereTheRankIsSmallAndNearElsewhere) {
  Rng rng(4);
  const Eigen::MatrixXd left = Eigen::MatrixXd::NullaryExpr(300, 12, [&] { return std::round(9.0 * rng.uniform()); });
  const Eigen::MatrixXd right = Eigen::MatrixXd::NullaryExpr(12, 200, [&] { return std::round(9.0 * rng.uniform()); });
  const SparseMatrix low = from_dense(left * right);
  const Svd exact = truncated_svd(low, {.rank = 12, .method = SvdMethod::randomized});
  expect_values(exact, Eigen::BDCSVD<Eigen::MatrixXd>(to_dense(low)).singularValues(), 1e-12);
  expect_triplets(low, exact, 1e-12);

  const SparseMatrix matrix = random_matrix(500, 400, 0.05, 5);
  const Eigen::VectorXd expected = Eigen::BDCSVD<Eigen::MatrixXd>(to_dense(matrix)).singularValues();
  const Svd near = truncated_svd(matrix, {.rank = 40, .method = SvdMethod::randomized});
  expect_values(near, expected, 0.05);
  EXPECT_LE(near.sigma[39], expected[39]);
  EXPECT_LT(orthogonality_error(near.u), 1e-12);
  EXPECT_LT(orthogonality_error(near.v), 1e-12);
  const Svd longer = truncated_svd(matrix, {.rank = 40, .method = SvdMethod::randomized, .power_iterations = 60});
  expect_values(longer, expected, 1e-4);
}

TEST(TruncatedSvd, GivesZerosWithOrthonormalVectorsBeyondTheRank) {
  Eigen::MatrixXd one(120, 90);  // rank 1: 3 on every other cell of every other row
  for (Eigen::Index r = 0; r < 120; ++r) {
    for (Eigen::Index c = 0; c < 90; ++c) one(r, c) = r % 2 == 0 && c % 2 == 0 ? 3.0 : 0.0;
  }
  for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized, SvdMethod::full}) {
    const Svd svd = truncated_svd(from_dense(one), {.rank = 5, .method = method});
    EXPECT_NEAR(svd.sigma[0], 3.0 * std::sqrt(60.0 * 45.0), 1e-10);
    for (Eigen::Index k = 1; k < 5; ++k) EXPECT_EQ(svd.sigma[k], 0.0);
    EXPECT_TRUE(svd.converged);
    expect_triplets(from_dense(one), svd, 1e-12);
  }
}

TEST(TruncatedSvd, HandlesMoreColumnsThanRankInLanczosSteps) {
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(900, 600);  // rank 7 in a space that the basis does not fill
  for (Eigen::Index k = 0; k < 7; ++k) dense(3 * k, 50 * k) = static_cast<double>(7 - k);
  const Svd svd = truncated_svd(from_dense(dense), {.rank = 12});
  EXPECT_TRUE(svd.converged);
  for (Eigen::Index k = 0; k < 12; ++k) EXPECT_NEAR(svd.sigma[k], k < 7 ? static_cast<double>(7 - k) : 0.0, 1e-12);
  for (Eigen::Index k = 7; k < 12; ++k) EXPECT_EQ(svd.sigma[k], 0.0);
  expect_triplets(from_dense(dense), svd, 1e-12);
}

TEST(TruncatedSvd, AMatrixOfZerosHasZeros) {
  for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized, SvdMethod::full}) {
    for (const Eigen::Index size : {20, 300}) {
      const SparseMatrix matrix(size, size + 3);
      const Svd svd = truncated_svd(matrix, {.rank = 4, .method = method});
      EXPECT_EQ(svd.sigma, Eigen::VectorXd::Zero(4));
      expect_triplets(matrix, svd, 1e-12);
    }
  }
}

TEST(TruncatedSvd, EmptyRowsAndColumnsGetZeros) {
  Eigen::MatrixXd dense = to_dense(random_matrix(200, 150, 0.1, 6));
  dense.row(17).setZero();
  dense.col(3).setZero();
  dense.col(149).setZero();
  const Svd svd = truncated_svd(from_dense(dense), {.rank = 20});
  for (Eigen::Index k = 0; k < 20; ++k) {
    EXPECT_NEAR(svd.u(17, k), 0.0, 1e-14);
    EXPECT_NEAR(svd.v(3, k), 0.0, 1e-14);
    EXPECT_NEAR(svd.v(149, k), 0.0, 1e-14);
  }
  expect_values(svd, Eigen::BDCSVD<Eigen::MatrixXd>(dense).singularValues(), 1e-12);
}

// A tall matrix with singular values 1, 10^-0.5, 10^-1, ... 10^-8 (in float cells: to 1e-8 of the first).
SparseMatrix decaying_matrix() {
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(400, 300);
  for (Eigen::Index i = 0; i < 17; ++i) dense(i, 2 * i) = std::pow(10.0, -0.5 * static_cast<double>(i));
  Rng rng(7);
  for (Eigen::Index r = 20; r < 400; ++r) dense(r, static_cast<Eigen::Index>(100 + rng.uniform_index(200))) = 1e-9;
  return from_dense(dense);
}

TEST(TruncatedSvd, SmallValuesAreRightToRoundingOfTheFirst) {
  const SparseMatrix matrix = decaying_matrix();
  const Eigen::VectorXd expected = Eigen::BDCSVD<Eigen::MatrixXd>(to_dense(matrix)).singularValues();
  const Svd svd = truncated_svd(matrix, {.rank = 15});  // the last is 1e-7 of the first: 1e-14 in squares
  for (Eigen::Index k = 0; k < 15; ++k) {
    const double rounding = std::numeric_limits<double>::epsilon() / expected[k];  // of a square, in its root
    EXPECT_NEAR(svd.sigma[k], expected[k], 1e-6 * expected[k] + rounding) << k;
  }
  EXPECT_LT(svd.residuals.maxCoeff(), 1e-8);
}

// Some seconds: the dense solver's.
TEST(TruncatedSvdSlow, ALargeMatrixAgreesWithTheDenseSolver) {
  if (kSanitized) GTEST_SKIP() << "too slow with sanitizers";
  const SparseMatrix matrix = random_matrix(2000, 2000, 0.02, 8);
  const Eigen::VectorXd expected = Eigen::BDCSVD<Eigen::MatrixXd>(to_dense(matrix)).singularValues();
  expect_values(truncated_svd(matrix, {.rank = 100}, {.threads = 2}), expected, 1e-10);
}

TEST(TruncatedSvd, GivesTheSameBytesForAnyNumberOfThreads) {
  const SparseMatrix matrix = random_matrix(3000, 1200, 0.01, 9);
  for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized}) {
    const Svd one = truncated_svd(matrix, {.rank = 10, .method = method}, {.threads = 1});
    const Svd eight = truncated_svd(matrix, {.rank = 10, .method = method}, {.threads = 8});
    EXPECT_EQ(one.sigma, eight.sigma);
    EXPECT_EQ(one.u, eight.u);
    EXPECT_EQ(one.v, eight.v);
    EXPECT_EQ(one.residuals, eight.residuals);
    EXPECT_EQ(one.products, eight.products);
  }
}

TEST(TruncatedSvd, AnotherSeedFindsTheSameTriplets) {
  const SparseMatrix matrix = random_matrix(800, 300, 0.05, 10);
  const Svd first = truncated_svd(matrix, {.rank = 8, .seed = 1});
  const Svd second = truncated_svd(matrix, {.rank = 8, .seed = 2});
  EXPECT_LT((first.sigma - second.sigma).cwiseAbs().maxCoeff(), 1e-12 * first.sigma[0]);
  EXPECT_LT((first.v - second.v).cwiseAbs().maxCoeff(), 1e-6);
}

TEST(TruncatedSvd, SaysWhenItDidNotConverge) {
  const SparseMatrix matrix = random_matrix(900, 700, 0.02, 11);
  const Svd svd = truncated_svd(matrix, {.rank = 40, .basis = 60, .restarts = 0});
  EXPECT_FALSE(svd.converged);
  EXPECT_GT(svd.residuals.maxCoeff(), 1e-6);
  EXPECT_LT(orthogonality_error(svd.u), 1e-12);
  EXPECT_TRUE(truncated_svd(matrix, {.rank = 40, .basis = 60}).converged);
}

TEST(TruncatedSvd, RefusesBadOptionsAndValues) {
  const SparseMatrix matrix = random_matrix(30, 20, 0.3, 12);
  const auto message = [&](const SparseMatrix& values, const SvdOptions& options) {
    try {
      static_cast<void>(truncated_svd(values, options));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(matrix, {.rank = 0}), testing::HasSubstr("ranks from 1 to 20, not 0"));
  EXPECT_THAT(message(matrix, {.rank = 21}), testing::HasSubstr("ranks from 1 to 20, not 21"));
  EXPECT_THAT(message(SparseMatrix(0, 5), {.rank = 1}), testing::HasSubstr("ranks from 1 to 0"));
  EXPECT_THAT(message(matrix, {.rank = 2, .tolerance = 0.0}), testing::HasSubstr("tolerance"));
  EXPECT_THAT(message(matrix, {.rank = 2, .basis = 18}), testing::HasSubstr("rank + 16"));
  EXPECT_THAT(message(matrix, {.rank = 2, .restarts = -1}), testing::HasSubstr("restarts"));
  EXPECT_THAT(message(matrix, {.rank = 2, .oversampling = -1}), testing::HasSubstr("oversampling"));
  EXPECT_THAT(message(matrix, {.rank = 2, .power_iterations = -1}), testing::HasSubstr("power iterations"));
  EXPECT_THAT(message(SparseMatrix(1 << 14, 1 << 13), {.rank = 2, .method = SvdMethod::full}),
              testing::HasSubstr("at most 2^26"));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    SparseMatrix broken = matrix;
    broken.coeffRef(4, 7) = bad;
    for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized, SvdMethod::full}) {
      EXPECT_THAT(message(broken, {.rank = 2, .method = method}), testing::HasSubstr("row 4, column 7"));
    }
  }
}

TEST(TruncatedSvd, ReportsProgressAndStops) {
  const SparseMatrix matrix = random_matrix(900, 700, 0.02, 13);
  for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized}) {
    std::vector<std::int64_t> done;
    std::stop_source source;
    const RunContext watched{.on_progress = [&](const Progress& progress) { done.push_back(progress.done); }};
    static_cast<void>(truncated_svd(matrix, {.rank = 20, .method = method}, watched));
    ASSERT_FALSE(done.empty());
    EXPECT_EQ(done.back(), method == SvdMethod::lanczos ? 20 : 6);
    const RunContext stopping{.on_progress = [&](const Progress&) { source.request_stop(); },
                              .stop = source.get_token()};
    EXPECT_THROW(static_cast<void>(truncated_svd(matrix, {.rank = 20, .method = method}, stopping)), Error);
  }
}

}  // namespace
}  // namespace malmoi::topics
