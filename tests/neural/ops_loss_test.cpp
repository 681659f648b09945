#include "neural/ops_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "neural/normalization.h"
#include "neural/ops.h"
#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

// The figures are those of PyTorch for the same numbers.
const Tensor& logits() {
  static const Tensor tensor({4, 3}, {1, -2, 0.5, 0, 3, 1, 2, 2, -1, -1, 0, 4});
  return tensor;
}
const Tensor& targets() {
  static const Tensor tensor({4, 3}, {1, 0, 0.5, 0, 1, 1, 1, 0, 0, 0, 0.25, 1});
  return tensor;
}

class Losses : public ::testing::Test {
 protected:
  Graph graph{Mode::train, Rng(1)};
  const std::vector<std::int32_t> labels = {2, 1, -1, 0};
};

TEST_F(Losses, CrossEntropyWithSmoothingAndWeights) {
  const std::vector<Real> weights = {0.5, 2, 1};
  const Variable x = graph.input(logits());
  expect_near(softmax_cross_entropy(x, labels).value(), {2.0663959373458});
  expect_near(softmax_cross_entropy(x, labels, {.class_weights = weights}).value(), {1.10190325329265});
  expect_near(softmax_cross_entropy(x, labels, {.label_smoothing = 0.1}).value(), {2.07750704845691});
  expect_near(softmax_cross_entropy(x, labels, {.label_smoothing = 0.1, .class_weights = weights}).value(),
              {1.21025728360272});
}

TEST_F(Losses, CrossEntropyWithProbabilitiesIsThatOfLabelsWhereTheyAreSure) {
  const Variable x = graph.input(logits());
  const Tensor sure({4, 3}, {0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0});
  const Tensor by_labels = softmax_cross_entropy(x, std::vector<std::int32_t>{2, 1, 0, 0}).value();
  expect_near(softmax_cross_entropy(x, sure).value(), {double{by_labels[0]}});
}

TEST_F(Losses, BinaryCrossEntropyAndSquaredError) {
  const Variable x = graph.input(logits());
  Tensor weights = targets();
  weights.array() += Real{0.5};
  expect_near(binary_cross_entropy(x, targets()).value(), {0.484244950666113});
  expect_near(binary_cross_entropy(x, targets(), weights).value(), {0.355081971399807 * 1.0});
  expect_near(mean_squared_error(x, targets()).value(), {2.00520833333333}, 1e-6);
}

TEST_F(Losses, GreatLogitsStayFinite) {
  const Variable x = graph.input(Tensor({2, 2}, {1000, -1000, -1000, 1000}));
  expect_near(softmax_cross_entropy(x, std::vector<std::int32_t>{1, 1}).value(), {1000});
  expect_near(binary_cross_entropy(x, Tensor({2, 2}, {0, 0, 1, 1})).value(), {500});
}

TEST_F(Losses, NothingToLearnFromIsALossOfZero) {
  Parameter p{.name = "p", .value = Tensor({2, 2}, {1, 2, 3, 4})};
  const Variable loss = softmax_cross_entropy(graph.parameter(p), std::vector<std::int32_t>{-1, -1});
  EXPECT_EQ(loss.value()[0], Real{0});
  graph.backward(loss);
  EXPECT_EQ(p.grad, Tensor({2, 2}));
}

TEST_F(Losses, ShapesThatDoNotFitAreNamed) {
  const Variable x = graph.input(logits());
  EXPECT_EQ(error_of([&] { (void)softmax_cross_entropy(x, std::vector<std::int32_t>{1}); }),
            "softmax_cross_entropy: shapes [4 × 3] and [1], wanted [examples × classes] and [examples]");
  EXPECT_EQ(error_of([&] {
              (void)softmax_cross_entropy(x, std::vector<std::int32_t>{0, 1, 3, 0});
            }),
            "softmax_cross_entropy: label 3 of 3 classes");
  EXPECT_EQ(error_of([&] { (void)binary_cross_entropy(x, Tensor({4})); }),
            "binary_cross_entropy: shapes [4 × 3] and [4], wanted equal shapes with a number or more");
  EXPECT_EQ(error_of([&] { (void)mean_squared_error(x, Tensor({4})); }),
            "mean_squared_error: shapes [4 × 3] and [4], wanted equal shapes with a number or more");
}

TEST(Normalization, LayerNormAgreesWithPyTorch) {
  Graph graph(Mode::train, Rng(1));
  const Variable y = layer_norm(graph.input(logits()), graph.input(Tensor({3}, {1, 2, 3})),
                                graph.input(Tensor({3}, {0.1F, 0.2F, 0.3F})));
  expect_near(y.value(),
              {0.9889983080422502, -2.5939946824185003, 1.8239970995010004, -0.9690415314502975, 2.872603828625744,
               -0.501781148587723, 0.8071050134262236, 1.6142100268524473, -3.942630080557342, -0.8258191078240388,
               -0.7258191078240388, 4.466185985208174},
              1e-6);
}

TEST(Normalization, BatchNormAgreesWithPyTorchAndLearnsRunningFigures) {
  RunningFigures running{{.name = "mean", .value = Tensor({3}), .frozen = true},
                         {.name = "variance", .value = Tensor({3}, 1), .frozen = true}};
  const auto run = [&](Mode mode) {
    Graph graph(mode, Rng(1));
    return batch_norm(graph.input(logits()), graph.input(Tensor({3}, 1)), graph.input(Tensor({3})), running).value();
  };
  expect_near(run(Mode::train), {0.447211806656309, -1.432076078992306, -0.34421367338093745, -0.447211806656309,
                                 1.1716986100846138, -0.06884273467618751, 1.3416354199689269, 0.6509436722692299,
                                 -1.1703264894951872, -1.3416354199689269, -0.39056620336153797, 1.583382897552312});
  expect_near(running.mean.value, {0.05, 0.075, 0.1125}, 1e-6);
  expect_near(running.variance.value, {1.0666666666666667, 1.3916666666666666, 1.3395833333333333});
  const Tensor evaluated = run(Mode::evaluate);
  for (std::size_t i = 0; i < 12; ++i) {
    const double expected = (double{logits()[i]} - double{running.mean.value[i % 3]}) /
                            std::sqrt(double{running.variance.value[i % 3]} + 1e-5);
    EXPECT_NEAR(double{evaluated[i]}, expected, 3e-6);
  }
}

}  // namespace
}  // namespace malmoi::neural
