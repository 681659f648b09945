#include "neural/ops.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

class Ops : public ::testing::Test {
 protected:
  Graph graph{Mode::train, Rng(1)};
  Variable x(const Shape& shape, std::initializer_list<Real> values) { return graph.input(Tensor(shape, values)); }
  Variable random(const Shape& shape, std::uint64_t seed) { return graph.input(random_tensor(shape, seed)); }
};

TEST_F(Ops, ArithmeticRepeatsAxesOfSizeOne) {
  const Variable a = x({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ((a + x({2}, {10, 20})).value(), Tensor({2, 2}, {11, 22, 13, 24}));
  EXPECT_EQ((a - x({2, 1}, {1, 2})).value(), Tensor({2, 2}, {0, 1, 1, 2}));
  EXPECT_EQ((x({1, 2}, {1, 2}) * x({2, 1}, {3, 4})).value(), Tensor({2, 2}, {3, 6, 4, 8}));
  EXPECT_EQ((a / x({}, {2})).value(), Tensor({2, 2}, {0.5, 1, 1.5, 2}));
  EXPECT_EQ((1 - 2 * a).value(), Tensor({2, 2}, {-1, -3, -5, -7}));
}

// Every pair of shapes of up to four axes of 1 or 2 numbers, by indices.
TEST_F(Ops, BroadcastingAgreesWithPlainIndices) {
  std::vector<Shape> shapes = {Shape()};
  for (std::size_t bits = 0; bits < 16; ++bits) {
    shapes.push_back({1 + (bits & 1U), 1 + (bits >> 1U & 1U), 1 + (bits >> 2U & 1U), 1 + (bits >> 3U & 1U)});
  }
  const auto at = [](const Tensor& t, const std::array<std::size_t, 4>& index) {
    std::size_t place = 0;
    for (std::size_t axis = 0; axis < t.shape().rank(); ++axis) {
      place = place * t.shape()[axis] + (t.shape()[axis] == 1 ? 0 : index[axis]);
    }
    return t[place];
  };
  for (const Shape& a : shapes) {
    for (const Shape& b : shapes) {
      const Tensor ta = random_tensor(a, 1);
      const Tensor tb = random_tensor(b, 2);
      const Variable sum = graph.input(ta) - graph.input(tb);
      for (std::size_t i = 0; i < 16; ++i) {
        const std::array<std::size_t, 4> index = {i & 1U, i >> 1U & 1U, i >> 2U & 1U, i >> 3U & 1U};
        ASSERT_EQ(at(sum.value(), index), at(ta, index) - at(tb, index)) << a << b;
      }
    }
  }
}

TEST_F(Ops, ShapesThatDoNotFitAreNamed) {
  const Variable a = random({2, 3}, 1);
  const Variable b = random({4, 5}, 2);
  const std::string both = ": shapes [2 × 3] and [4 × 5], wanted ";
  EXPECT_EQ(error_of([&] { (void)add(a, b); }), "add" + both + "equal sizes or 1, from the last axis on");
  EXPECT_EQ(error_of([&] { (void)matmul(a, b); }), "matmul" + both + "equal inner sizes");
  EXPECT_EQ(error_of([&] { (void)reshape(a, b.shape()); }), "reshape" + both + "as many numbers in both");
  EXPECT_EQ(error_of([&] { (void)concatenate({a, b}, 1); }), "concatenate" + both + "equal sizes but of axis 1");
  EXPECT_EQ(error_of([&] { (void)linear(a, b, b); }), "linear" + both + "[… × inputs] and [inputs × outputs]");
  EXPECT_EQ(error_of([&] { (void)mask_fill(a, b.value(), 0); }),
            "mask_fill" + both + "equal sizes or 1, from the last axis on");
  EXPECT_EQ(error_of([&] { (void)slice(a, 1, 2, 4); }),
            "slice: 2 to 4 of axis 1 of shape [2 × 3], wanted a part of an axis");
  EXPECT_EQ(error_of([&] {
              (void)permute(a, {0, 0});
            }),
            "permute: shapes [2 × 3] and [0 × 0], wanted every axis of the first once in the second");
  EXPECT_EQ(error_of([&] { (void)sum(a, {2}); }),
            "sum: shapes [2 × 3] and [2], wanted different axes of the first in the second");
  EXPECT_EQ(error_of([&] {
              (void)matmul(random({2, 3, 4}, 1), random({3, 4, 5}, 1));
            }),
            "matmul: shapes [2 × 3 × 4] and [3 × 4 × 5], wanted equal leading axes, or two axes of the second");
  EXPECT_EQ(error_of([&] { (void)concatenate({a, a}, 2); }), "concatenate: shape [2 × 3], wanted an axis 2");
  EXPECT_EQ(error_of([&] { (void)transpose(random({3}, 1)); }), "transpose: shape [3], wanted two axes or more");
  EXPECT_EQ(error_of([&] { (void)softmax(random({}, 1)); }),
            "softmax: shape [], wanted a last axis of at least 1 number");
  EXPECT_EQ(error_of([&] {
              (void)log_sum_exp(graph.input(Tensor({2, 0})));
            }),
            "log_sum_exp: shape [2 × 0], wanted a last axis of at least 1 number");
  EXPECT_EQ(error_of([&] {
              (void)max(graph.input(Tensor({2, 0})), 1);
            }),
            "max: shape [2 × 0], wanted at least 1 number along axis 1");
}

TEST_F(Ops, FunctionsOfOneNumber) {
  const Variable v = x({5}, {-3, -0.5, 0, 1, 2});
  expect_near(gelu(v).value(), {-0.00404969409489031, -0.154268769362993, 0, 0.841344746068543, 1.95449973610364});
  expect_near(tanh(v).value(), {std::tanh(-3.0), std::tanh(-0.5), 0, std::tanh(1.0), std::tanh(2.0)});
  expect_near(sigmoid(v).value(), {0.0474258731775668, 0.377540668798145, 0.5, 0.731058578630005, 0.880797077977882});
  expect_near(exp(v).value(), {std::exp(-3.0), std::exp(-0.5), 1, std::exp(1.0), std::exp(2.0)});
  EXPECT_EQ(relu(v).value(), Tensor({5}, {0, 0, 0, 1, 2}));
  EXPECT_EQ(step(v).value(), Tensor({5}, {0, 0, 0, 1, 1}));
  EXPECT_EQ(square(v).value(), Tensor({5}, {9, 0.25, 0, 1, 4}));
  EXPECT_EQ(sqrt(x({2}, {4, 9})).value(), Tensor({2}, {2, 3}));
  expect_near(log(x({2}, {1, 10})).value(), {0, std::log(10.0)});
}

TEST_F(Ops, AxesAreMovedCutAndJoined) {
  const Variable a = x({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(transpose(a).value(), Tensor({3, 2}, {1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(slice(a, 1, 1, 3).value(), Tensor({2, 2}, {2, 3, 5, 6}));
  EXPECT_EQ(slice(a, 0, 1, 1).value().size(), 0U);
  EXPECT_EQ(concatenate({a, x({2, 1}, {7, 8})}, 1).value(), Tensor({2, 4}, {1, 2, 3, 7, 4, 5, 6, 8}));
  EXPECT_EQ(concatenate({a, a}, 0).shape(), Shape({4, 3}));
  const Tensor four = random_tensor({2, 3, 4, 5}, 1);
  const Tensor moved = permute(graph.input(four), {3, 1, 0, 2}).value();
  for (std::size_t i = 0; i < four.size(); ++i) {
    const std::size_t d = i % 5;
    const std::size_t c = i / 5 % 4;
    const std::size_t b = i / 20 % 3;
    EXPECT_EQ(moved[((d * 3 + b) * 2 + i / 60) * 4 + c], four[i]);
  }
}

TEST_F(Ops, SumsMeansAndMaximaOverAxes) {
  const Variable a = x({2, 3}, {1, 5, 3, 4, 2, 6});
  EXPECT_EQ(sum(a).value(), Tensor(Shape(), 21));
  EXPECT_EQ(sum(a, {0}).value(), Tensor({3}, {5, 7, 9}));
  EXPECT_EQ(mean(a, {1}).value(), Tensor({2}, {3, 4}));
  EXPECT_EQ(max(a, 0).value(), Tensor({3}, {4, 5, 6}));
  EXPECT_EQ(max(a, 1).value(), Tensor({2}, {5, 6}));
  const Variable four = random({2, 3, 4, 5}, 1);
  const Tensor sums = sum(four, {0, 2}).value();
  ASSERT_EQ(sums.shape(), Shape({3, 5}));
  for (std::size_t b = 0; b < 3; ++b) {
    for (std::size_t d = 0; d < 5; ++d) {
      double expected = 0;
      for (std::size_t ac = 0; ac < 8; ++ac) expected += double{four.value()[((ac / 4 * 3 + b) * 4 + ac % 4) * 5 + d]};
      EXPECT_NEAR(double{sums[b * 5 + d]}, expected, 1e-5);
    }
  }
}

TEST_F(Ops, TheGradientOfAMaximumGoesToTheFirstOfEqualOnes) {
  Parameter p{.name = "p", .value = Tensor({1, 3}, {2, 5, 5})};
  graph.backward(sum(max(graph.parameter(p), 1)));
  EXPECT_EQ(p.grad, Tensor({1, 3}, {0, 1, 0}));
}

TEST_F(Ops, NotANumberIsNeverLost) {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (std::size_t at = 0; at < 40; ++at) {
    Tensor row = random_tensor({40}, 1);
    row[at] = nan;
    const Variable v = graph.input(row);
    for (const Variable& y : {max(v, 0), sum(softmax(v)), log_sum_exp(v), sum(relu(v)), sum(tanh(v))}) {
      EXPECT_TRUE(std::isnan(y.value()[0])) << at;
    }
  }
}

TEST_F(Ops, SoftmaxAgreesWithItsDefinitionAndStandsGreatNumbers) {
  const Tensor small = random_tensor({3, 37}, 1);
  const Tensor p = softmax(graph.input(small)).value();
  const Tensor log_p = log_softmax(graph.input(small)).value();
  const Tensor total = log_sum_exp(graph.input(small)).value();
  for (std::size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (std::size_t c = 0; c < 37; ++c) sum += std::exp(double{small[row * 37 + c]});
    EXPECT_NEAR(double{total[row]}, std::log(sum), 1e-6);
    for (std::size_t c = 0; c < 37; ++c) {
      EXPECT_NEAR(double{p[row * 37 + c]}, std::exp(double{small[row * 37 + c]}) / sum, 1e-7);
      EXPECT_NEAR(double{log_p[row * 37 + c]}, double{small[row * 37 + c]} - std::log(sum), 1e-6);
    }
  }
  EXPECT_EQ(softmax(x({2}, {1e30F, 1e30F})).value(), Tensor({2}, {0.5, 0.5}));
  const Real infinity = std::numeric_limits<Real>::infinity();
  EXPECT_EQ(softmax(x({2}, {-infinity, 3})).value(), Tensor({2}, {0, 1}));
  EXPECT_EQ(log_sum_exp(x({2}, {-infinity, -infinity})).value(), Tensor(Shape(), -infinity));
}

TEST_F(Ops, ProductsAgreeWithPlainLoops) {
  const Tensor a = random_tensor({2, 3, 7, 5}, 1);
  const Tensor b = random_tensor({2, 3, 5, 4}, 2);
  const Tensor c = matmul(graph.input(a), graph.input(b)).value();
  const Tensor turned =
      matmul(transpose(graph.input(a)), transpose(graph.input(b)), {.transpose_a = true, .transpose_b = true}).value();
  ASSERT_EQ(c.shape(), Shape({2, 3, 7, 4}));
  for (std::size_t batch = 0; batch < 6; ++batch) {
    for (std::size_t i = 0; i < 28; ++i) {
      double expected = 0;
      for (std::size_t k = 0; k < 5; ++k) {
        expected += double{a[(batch * 7 + i / 4) * 5 + k]} * double{b[(batch * 5 + k) * 4 + i % 4]};
      }
      EXPECT_NEAR(double{c[batch * 28 + i]}, expected, 1e-6);
      EXPECT_NEAR(double{turned[batch * 28 + i]}, expected, 1e-6);
    }
  }
}

TEST_F(Ops, TablesGiveRowsAndBags) {
  const Variable table = x({3, 2}, {1, 2, 3, 4, 5, 6});
  const std::vector<std::int32_t> ids = {2, -1, 0, 2};
  const std::vector<std::size_t> starts = {0, 2, 2, 4};
  EXPECT_EQ(gather(table, ids).value(), Tensor({4, 2}, {5, 6, 0, 0, 1, 2, 5, 6}));
  EXPECT_EQ(gather(table, ids, {2, 2}).value(), Tensor({2, 2, 2}, {5, 6, 0, 0, 1, 2, 5, 6}));
  EXPECT_EQ(error_of([&] {
              (void)gather(table, ids, {3, 2});
            }),
            "gather: shapes [4] and [3 × 2], wanted as many ids as the axes hold, which are at most 3");
  EXPECT_EQ(embedding_bag(table, ids, starts, BagMode::sum).value(), Tensor({3, 2}, {5, 6, 0, 0, 6, 8}));
  EXPECT_EQ(embedding_bag(table, ids, starts, BagMode::mean).value(), Tensor({3, 2}, {5, 6, 0, 0, 3, 4}));
  EXPECT_EQ(error_of([&] { (void)gather(table, std::vector<std::int32_t>{3}); }),
            "gather: ids from 0 to 3 for a table of shape [3 × 2], wanted -1 or a row");
  EXPECT_EQ(error_of([&] {
              (void)embedding_bag(table, ids, std::vector<std::size_t>{0, 3}, BagMode::sum);
            }),
            "embedding_bag: 2 starts for 4 ids, wanted from 0 to that number without falling");
}

TEST_F(Ops, TheGradientOfATableHoldsTheRowsUsedAlone) {
  Parameter table{.name = "table", .value = Tensor({100, 2}, 1)};
  graph.backward(sum(gather(graph.parameter(table), std::vector<std::int32_t>{70, 3, -1, 70})));
  EXPECT_EQ(table.form, GradientForm::rows);
  EXPECT_EQ(table.grad_rows, (std::vector<std::int32_t>{3, 70}));
  EXPECT_EQ(table.grad, Tensor({2, 2}, {1, 1, 2, 2}));
  graph.backward(sum(gather(graph.parameter(table), std::vector<std::int32_t>{5, 3})));
  EXPECT_EQ(table.grad_rows, (std::vector<std::int32_t>{3, 5, 70}));
  EXPECT_EQ(table.grad, Tensor({3, 2}, {2, 2, 1, 1, 2, 2}));
  EXPECT_EQ(table.dense_gradient().shape(), Shape({100, 2}));
  EXPECT_EQ(table.grad[140], Real{2});
}

TEST_F(Ops, RowsAreGroupedInOrderAlsoForGreatIds) {
  const RowGroups groups = group_rows(std::vector<std::int32_t>{2000000000, 7, -1, 5000, 7, 2000000000, 0});
  EXPECT_EQ(groups.rows, (std::vector<std::int32_t>{0, 7, 5000, 2000000000}));
  EXPECT_EQ(groups.starts, (std::vector<std::uint32_t>{0, 1, 3, 4, 6}));
  EXPECT_EQ(groups.places, (std::vector<std::uint32_t>{6, 1, 4, 3, 0, 5}));
  EXPECT_TRUE(group_rows({}).rows.empty());
}

TEST_F(Ops, DropoutKeepsTheExpectationAndDependsOnTheSeedAlone) {
  const Variable ones = graph.input(Tensor({200, 500}, 1));
  const Tensor first = dropout(ones, 0.3).value();
  std::size_t dropped = 0;
  for (const Real value : first.values()) {
    EXPECT_TRUE(value == 0 || value == static_cast<Real>(1 / 0.7));
    dropped += value == 0 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(dropped) / 1e5, 0.3, 0.005);  // about three standard deviations
  EXPECT_NE(dropout(ones, 0.3).value(), first);                 // the next one of the same graph
  Graph same(Mode::train, Rng(1), {.threads = 8});
  EXPECT_EQ(dropout(same.input(Tensor({200, 500}, 1)), 0.3).value(), first);
  Graph evaluation(Mode::evaluate, Rng(1));
  EXPECT_EQ(dropout(evaluation.input(Tensor({3}, 1)), 0.3).value(), Tensor({3}, 1));
  EXPECT_EQ(error_of([&] { (void)dropout(ones, 1.0); }), "dropout: rate 1, wanted 0 ≤ rate < 1");
}

TEST_F(Ops, MasksAreRepeated) {
  EXPECT_EQ(length_mask(std::vector<std::int32_t>{2, 0, 5}, 3), Tensor({3, 3}, {1, 1, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(causal_mask(3), Tensor({3, 3}, {1, 0, 0, 1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(mask_fill(x({2, 2}, {1, 2, 3, 4}), Tensor({2}, {1, 0}), -9).value(), Tensor({2, 2}, {1, -9, 3, -9}));
}

}  // namespace
}  // namespace malmoi::neural
