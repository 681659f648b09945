#include "neural/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stop_token>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

constexpr double kTolerance = sizeof(Real) == 4 ? 1e-6 : 1e-14;  // of a sum whose terms are at most 1

std::vector<Real> random_values(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(2.0 * rng.uniform() - 1.0);
  return values;
}

// A product with room behind the rows of all three matrices.
struct Case {
  ProductShape shape;
  MatrixOp a_op;
  MatrixOp b_op;
  Real beta;
  std::ptrdiff_t gap = 3;

  [[nodiscard]] std::ptrdiff_t lda() const { return (a_op == MatrixOp::none ? shape.k : shape.m) + gap; }
  [[nodiscard]] std::ptrdiff_t ldb() const { return (b_op == MatrixOp::none ? shape.n : shape.k) + gap; }
  [[nodiscard]] std::ptrdiff_t ldc() const { return shape.n + gap; }
  [[nodiscard]] std::vector<Real> a() const {
    return random_values(static_cast<std::size_t>((a_op == MatrixOp::none ? shape.m : shape.k) * lda()), 1);
  }
  [[nodiscard]] std::vector<Real> b() const {
    return random_values(static_cast<std::size_t>((b_op == MatrixOp::none ? shape.k : shape.n) * ldb()), 2);
  }
  [[nodiscard]] std::vector<Real> c() const { return random_values(static_cast<std::size_t>(shape.m * ldc()), 3); }
};

Real at(const std::vector<Real>& values, std::ptrdiff_t index) {
  return values[static_cast<std::size_t>(index)];
}

// Three loops.
std::vector<Real> plain_product(const Case& test) {
  const std::vector<Real> a = test.a();
  const std::vector<Real> b = test.b();
  std::vector<Real> c = test.c();
  for (std::ptrdiff_t i = 0; i < test.shape.m; ++i) {
    for (std::ptrdiff_t j = 0; j < test.shape.n; ++j) {
      double sum = 0.0;
      for (std::ptrdiff_t p = 0; p < test.shape.k; ++p) {
        const Real left = at(a, test.a_op == MatrixOp::none ? i * test.lda() + p : p * test.lda() + i);
        const Real right = at(b, test.b_op == MatrixOp::none ? p * test.ldb() + j : j * test.ldb() + p);
        sum += static_cast<double>(left) * static_cast<double>(right);
      }
      Real& to = c[static_cast<std::size_t>(i * test.ldc() + j)];
      to = static_cast<Real>(sum + static_cast<double>(test.beta == Real{0} ? Real{0} : test.beta * to));
    }
  }
  return c;
}

std::vector<Real> fast_product(const Case& test, int threads) {
  const std::vector<Real> a = test.a();
  const std::vector<Real> b = test.b();
  std::vector<Real> c = test.c();
  const RunContext context = {.threads = threads};
  gemm(test.a_op, test.b_op, test.shape.m, test.shape.n, test.shape.k, a.data(), test.lda(), b.data(), test.ldb(),
       test.beta, c.data(), test.ldc(), context);
  return c;
}

std::vector<Real> packed_product(const Case& test) {
  const std::vector<Real> a = test.a();
  const std::vector<Real> b = test.b();
  std::vector<Real> c = test.c();
  const PackedFactor packed({b.data(), test.ldb(), test.b_op}, test.shape.k, test.shape.n);
  gemm(test.shape.m, {a.data(), test.lda(), test.a_op}, packed, {c.data(), test.ldc(), test.beta});
  return c;
}

double largest_difference(const std::vector<Real>& a, const std::vector<Real>& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::fabs(a[i] - b[i])));
  }
  return largest;
}

const std::vector<ProductShape> kShapes = {{1, 1, 1},      {2, 3, 4},     {6, 64, 128},   {7, 65, 129},
                                           {5, 16, 300},   {48, 32, 40},  {49, 32, 40},   {40, 40, 32},
                                           {13, 100, 384}, {64, 2, 128},  {1, 130, 77},   {300, 1, 9},
                                           {31, 47, 2600}, {600, 70, 64}, {100, 300, 90}, {128, 96, 1024}};

TEST(Gemm, IsTheProductForAllFormsAndShapes) {
  for (const ProductShape& shape : kShapes) {
    for (const MatrixOp a_op : {MatrixOp::none, MatrixOp::transposed}) {
      for (const MatrixOp b_op : {MatrixOp::none, MatrixOp::transposed}) {
        for (const Real beta : {Real{0}, Real{1}, Real{-0.5}}) {
          const Case test = {shape, a_op, b_op, beta};
          const std::vector<Real> expected = plain_product(test);
          const double allowed = kTolerance * static_cast<double>(4 + shape.k);
          // Numbers between the rows of C are compared too: they stay as they were.
          EXPECT_LT(largest_difference(fast_product(test, 1), expected), allowed)
              << shape.m << " " << shape.n << " " << shape.k;
          EXPECT_LT(largest_difference(packed_product(test), expected), allowed)
              << shape.m << " " << shape.n << " " << shape.k;
        }
      }
    }
  }
}

TEST(Gemm, IsExactForSmallWholeNumbers) {
  const std::vector<Real> a = {1, 2, 3, 4};         // [2 × 2]
  const std::vector<Real> b = {5, 6, 7, 8, 9, 10};  // [2 × 3]
  std::vector<Real> c(6, 100);
  gemm({2, 3, 2}, {a.data(), 2}, {b.data(), 3}, {c.data(), 3});
  EXPECT_EQ(c, (std::vector<Real>{21, 24, 27, 47, 54, 61}));
  gemm({2, 3, 2}, {a.data(), 2, MatrixOp::transposed}, {b.data(), 3}, {c.data(), 3, Real{1}});
  EXPECT_EQ(c, (std::vector<Real>{21 + 29, 24 + 33, 27 + 37, 47 + 42, 54 + 48, 61 + 54}));
}

TEST(Gemm, AddsABiasToEveryRow) {
  for (const ProductShape& shape : kShapes) {
    Case test = {shape, MatrixOp::none, MatrixOp::none, Real{0}};
    const std::vector<Real> bias = random_values(static_cast<std::size_t>(shape.n), 4);
    std::vector<Real> expected = plain_product(test);
    for (std::ptrdiff_t i = 0; i < shape.m; ++i) {
      for (std::ptrdiff_t j = 0; j < shape.n; ++j)
        expected[static_cast<std::size_t>(i * test.ldc() + j)] += at(bias, j);
    }
    const std::vector<Real> a = test.a();
    const std::vector<Real> b = test.b();
    std::vector<Real> c = test.c();
    gemm(shape, {a.data(), test.lda()}, {b.data(), test.ldb()}, {c.data(), test.ldc(), Real{0}, bias.data()});
    EXPECT_LT(largest_difference(c, expected), kTolerance * static_cast<double>(5 + shape.k))
        << shape.m << " " << shape.n << " " << shape.k;
  }
  const std::vector<Real> bias = {1, -2};
  std::vector<Real> c(4, 100);
  gemm({2, 2, 0}, {nullptr, 0}, {nullptr, 2}, {c.data(), 2, Real{0}, bias.data()});
  EXPECT_EQ(c, (std::vector<Real>{1, -2, 1, -2}));
}

TEST(Gemm, LeavesNoTraceOfWhatStoodInAnOverwrittenResult) {
  const std::vector<Real> a(70 * 9, 1);
  const std::vector<Real> b(9 * 70, 1);
  std::vector<Real> c(70 * 70, std::numeric_limits<Real>::quiet_NaN());
  gemm({70, 70, 9}, {a.data(), 9}, {b.data(), 70}, {c.data(), 70});
  EXPECT_EQ(c, std::vector<Real>(70 * 70, 9));
}

TEST(Gemm, OfNoTermsIsZeroOrScales) {
  std::vector<Real> c = {1, 2, 3, 4};
  gemm({2, 2, 0}, {}, {}, {c.data(), 2, Real{2}});
  EXPECT_EQ(c, (std::vector<Real>{2, 4, 6, 8}));
  gemm({2, 2, 0}, {}, {}, {c.data(), 2});
  EXPECT_EQ(c, (std::vector<Real>{0, 0, 0, 0}));
}

TEST(Gemm, GivesTheSameBytesForEveryNumberOfThreads) {
  for (const ProductShape& shape : {ProductShape{2560, 96, 64}, {100, 300, 130}, {96, 128, 2560}, {700, 512, 128}}) {
    for (const MatrixOp op : {MatrixOp::none, MatrixOp::transposed}) {
      const Case test = {shape, op, op, Real{1}};
      const std::vector<Real> one = fast_product(test, 1);
      EXPECT_EQ(one, fast_product(test, 8));
      EXPECT_LT(largest_difference(one, plain_product(test)), kTolerance * static_cast<double>(4 + shape.k));
    }
  }
}

TEST(Gemm, EndsWhenStopped) {
  std::stop_source stop;
  stop.request_stop();
  const std::vector<Real> a(2560 * 64, 1);
  std::vector<Real> c(2560 * 64);
  try {
    gemm({2560, 64, 64}, {a.data(), 64}, {a.data(), 64}, {c.data(), 64}, {.stop = stop.get_token()});
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::canceled);
  }
}

}  // namespace
}  // namespace malmoi::neural
