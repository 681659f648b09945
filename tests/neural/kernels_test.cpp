#include "neural/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

struct Exact {
  const char* name;
  Real (*fast)(Real);
  double (*exact)(double);
  double widest;    // numbers from -widest to widest are tried
  double relative;  // limits of the error, in float
  double absolute = 1e-300;
};

TEST(Kernels, FunctionsAreExactToAFewRoundings) {
  const std::vector<Exact> all = {
      {"exp", fast_exp, [](double x) { return std::exp(x); }, 87.3, 1.5e-7},
      {"tanh", fast_tanh, [](double x) { return std::tanh(x); }, 80, 3e-7},
      {"sigmoid", fast_sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, 87.3, 3e-7},
      {"cdf", normal_cdf, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }, 9, 0, 2e-7},
      {"density", normal_density, [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); }, 9,
       3e-6}};
  for (const Exact& function : all) {
    constexpr int kTried = 50'000;
    for (int i = -kTried; i <= kTried; ++i) {
      const Real x = static_cast<Real>(function.widest * i / kTried);
      const double exact = function.exact(double{x});
      ASSERT_NEAR(double{function.fast(x)}, exact, function.relative * std::abs(exact) + function.absolute)
          << function.name << " of " << x;
    }
  }
}

TEST(Kernels, TanhOfSmallNumbersIsExactRelativeToThem) {
  for (int exponent = -60; exponent < 0; ++exponent) {
    const Real x = std::ldexp(Real{1.37F}, exponent);
    EXPECT_NEAR(double{fast_tanh(-x)} / std::tanh(-double{x}), 1.0, 3e-7) << exponent;
  }
}

TEST(Kernels, EndsAndNotANumber) {
  const Real infinity = std::numeric_limits<Real>::infinity();
  EXPECT_EQ(fast_exp(-infinity), Real{0});
  EXPECT_EQ(fast_exp(infinity), infinity);
  EXPECT_EQ(fast_exp(0), Real{1});
  EXPECT_EQ(normal_cdf(-infinity), Real{0});
  EXPECT_EQ(normal_cdf(infinity), Real{1});
  EXPECT_EQ(fast_tanh(infinity), Real{1});
  EXPECT_EQ(fast_tanh(-infinity), Real{-1});
  EXPECT_EQ(fast_sigmoid(-infinity), Real{0});
  EXPECT_EQ(fast_sigmoid(infinity), Real{1});
  EXPECT_EQ(softplus(Real{1000}), Real{1000});
  for (const auto function : {fast_exp, fast_tanh, fast_sigmoid, normal_cdf}) {
    EXPECT_TRUE(std::isnan(function(std::numeric_limits<Real>::quiet_NaN())));
  }
}

TEST(Kernels, SumsOfRowsAgreeWithPlainLoops) {
  for (const std::size_t n : {1U, 7U, 16U, 100U, 1500U}) {
    const Tensor x = random_tensor({n}, n);
    const Tensor y = random_tensor({n}, n + 1);
    double sum = 0;
    double dot = 0;
    double squares = 0;
    Real greatest = x[0];
    for (std::size_t i = 0; i < n; ++i) {
      sum += double{x[i]};
      dot += double{x[i]} * double{y[i]};
      squares += double{x[i]} * double{x[i]};
      greatest = std::max(greatest, x[i]);
    }
    EXPECT_NEAR(double{row_sum(x.data(), n)}, sum, 1e-5);
    EXPECT_NEAR(double{row_dot(x.data(), y.data(), n)}, dot, 1e-5);
    EXPECT_NEAR(sum_of_squares(x.data(), n), squares, 1e-5 * squares);
    EXPECT_EQ(row_max(x.data(), n), greatest);
  }
}

TEST(Kernels, SoftmaxOfRowsAgreesWithPlainLoops) {
  constexpr std::size_t kRows = 3;
  const Real infinity = std::numeric_limits<Real>::infinity();
  for (const std::size_t n : {1U, 7U, 48U, 100U}) {
    Tensor x = random_tensor({kRows, n}, n);
    for (std::size_t i = n; i < 2 * n; ++i) x[i] = -infinity;
    x[3 * n - 1] = n == 1 ? x[3 * n - 1] : -infinity;
    const Tensor given = x;
    softmax_rows(x.data(), kRows, n, Real{3});
    for (std::size_t row = 0; row < kRows; ++row) {
      double sum = 0;
      for (std::size_t c = 0; c < n; ++c) sum += std::exp(3 * double{given[row * n + c]});
      for (std::size_t c = 0; c < n; ++c) {
        const double exact = sum == 0 ? 0 : std::exp(3 * double{given[row * n + c]}) / sum;
        EXPECT_NEAR(double{x[row * n + c]}, exact, 1e-6 * exact) << n << " numbers, row " << row;
      }
    }
  }
}

TEST(Kernels, ColumnSumsAgreeWithPlainLoopsForEveryNumberOfThreads) {
  const Tensor x = random_tensor({1000, 300}, 1);
  Tensor one({300}, 2);
  Tensor eight({300}, 2);
  column_sums(x.data(), 1000, 300, 1, one.data(), {.threads = 1});
  column_sums(x.data(), 1000, 300, 1, eight.data(), {.threads = 8});
  EXPECT_EQ(one, eight);
  for (std::size_t c = 0; c < 300; ++c) {
    double sum = 2;
    for (std::size_t r = 0; r < 1000; ++r) sum += double{x[r * 300 + c]};
    EXPECT_NEAR(double{one[c]}, sum, 1e-4);
  }
}

}  // namespace
}  // namespace malmoi::neural
