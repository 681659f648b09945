#include "neural/graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stop_token>
#include <string>
#include <vector>

#include "neural/ops.h"
#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

TEST(Graph, GradientOfAHandWorkedExample) {
  Parameter x{.name = "x", .value = Tensor({2}, {2, 3})};
  Graph graph(Mode::train, Rng(1));
  const Variable v = graph.parameter(x);
  graph.backward(sum(v * v * 5));  // 5 x²: 10 x
  EXPECT_EQ(x.grad, Tensor({2}, {20, 30}));
}

TEST(Graph, GradientsOfStepsAddUpUntilCleared) {
  Parameter x{.name = "x", .value = Tensor({2}, {2, 3})};
  Graph graph(Mode::train, Rng(1));
  for (int step = 0; step < 2; ++step) {
    graph.backward(sum(square(graph.parameter(x))));
    graph.restart(Rng(1));
  }
  EXPECT_EQ(x.grad, Tensor({2}, {8, 12}));
  x.clear_gradient();
  graph.backward(sum(square(graph.parameter(x))));
  EXPECT_EQ(x.grad, Tensor({2}, {4, 6}));
}

TEST(Graph, ATapeThatIsKeptServesASecondLoss) {
  const auto build = [](Graph& graph, Parameter& x) {
    const Variable hidden = tanh(graph.parameter(x) * 2);
    return std::vector<Variable>{sum(square(hidden)), sum(hidden * 3)};
  };
  Parameter both{.name = "x", .value = random_tensor({3, 2}, 1)};
  Graph graph(Mode::train, Rng(1));
  const std::vector<Variable> losses = build(graph, both);
  graph.backward(losses[0], Tape::keep);
  graph.backward(losses[1]);

  Parameter whole{.name = "x", .value = both.value};
  Graph other(Mode::train, Rng(1));
  const std::vector<Variable> parts = build(other, whole);
  other.backward(parts[0] + parts[1]);
  for (std::size_t i = 0; i < both.grad.size(); ++i) EXPECT_NEAR(both.grad[i], whole.grad[i], 1e-6);
}

TEST(Graph, WatchedVariablesShowTheirGradientAlsoOfTwoLosses) {
  Graph graph(Mode::train, Rng(1));
  const Variable x = graph.input(Tensor({2}, {1, 2}));
  graph.watch(x);
  const Variable y = square(x);
  graph.watch(y);
  const Variable loss = sum(y * 3);
  graph.backward(loss, Tape::keep);
  EXPECT_EQ(graph.gradient(y), Tensor({2}, {3, 3}));
  EXPECT_EQ(graph.gradient(x), Tensor({2}, {6, 12}));
  graph.backward(loss);
  EXPECT_EQ(graph.gradient(y), Tensor({2}, {6, 6}));
  EXPECT_EQ(graph.gradient(x), Tensor({2}, {12, 24}));
}

TEST(Graph, InputsAndFrozenParametersGetNoGradient) {
  Parameter x{.name = "x", .value = Tensor({2}, {2, 3})};
  Parameter frozen{.name = "y", .value = Tensor({2}, {2, 3}), .frozen = true};
  Graph graph(Mode::train, Rng(1));
  const Variable y = graph.parameter(frozen);
  EXPECT_FALSE((y * graph.input(Tensor({2}))).needs_grad());
  graph.backward(sum(graph.parameter(x) * y));
  EXPECT_EQ(frozen.form, GradientForm::none);
  EXPECT_EQ(x.grad, Tensor({2}, {2, 3}));
}

TEST(Graph, RefusesALossThatIsNoNumberOrHasNoTape) {
  Parameter x{.name = "x", .value = Tensor({2}, {2, 3})};
  Graph graph(Mode::train, Rng(1));
  const Variable v = graph.parameter(x);
  EXPECT_EQ(error_of([&] { graph.backward(v); }), "Graph::backward: a loss of shape [2], wanted one number");
  const Variable loss = sum(v);
  graph.backward(loss);
  const std::string released = "Graph::backward: the loss depends on no parameter, or its tape was released";
  EXPECT_EQ(error_of([&] { graph.backward(loss); }), released);
  EXPECT_EQ(error_of([&] { graph.backward(graph.input(Tensor(Shape()))); }), released);
}

TEST(Graph, HandlesMayOutliveTheirGraph) {
  Parameter x{.name = "x", .value = Tensor({2}, {2, 3})};
  Variable kept;
  {
    Graph graph(Mode::train, Rng(1));
    kept = square(graph.parameter(x));
  }
  EXPECT_EQ(kept.value(), Tensor({2}, {4, 9}));
}

TEST(Graph, LongTapesAreFreedWithoutRecursion) {
  Parameter x{.name = "x", .value = Tensor({1}, {0})};
  Graph graph(Mode::train, Rng(1));
  Variable v = graph.parameter(x);
  for (int i = 0; i < 200000; ++i) v = v + 1;
  graph.backward(sum(v));
  EXPECT_EQ(x.grad[0], Real{1});
  x.clear_gradient();
  v = graph.parameter(x);
  for (int i = 0; i < 200000; ++i) v = v + 1;
  graph.restart(Rng(1));
  EXPECT_EQ(v.value()[0], Real{200000});
}

TEST(Graph, AsksTheHeapForNothingAfterTheFirstStep) {
  Parameter weight{.name = "weight", .value = random_tensor({64, 64}, 1)};
  Graph graph(Mode::train, Rng(1));
  std::vector<std::size_t> allocations;
  for (std::uint64_t step = 0; step < 5; ++step) {
    graph.restart(Rng(step));
    Variable h = graph.input(graph.zeros({32, 64}));
    for (int layer = 0; layer < 8; ++layer) h = dropout(tanh(matmul(h, graph.parameter(weight))), 0.1);
    graph.backward(mean(softmax(h) * h));
    weight.clear_gradient();
    allocations.push_back(graph.pool().allocations());
  }
  EXPECT_GT(allocations[0], 0U);
  EXPECT_EQ(allocations.back(), allocations[0]);
}

TEST(Graph, TheWayBackFreesEachStepAtOnce) {
  Parameter weight{.name = "weight", .value = random_tensor({64, 64}, 1)};
  Graph graph(Mode::train, Rng(1));
  Variable h = graph.input(random_tensor({32, 64}, 2));
  for (int layer = 0; layer < 100; ++layer) h = tanh(matmul(h, graph.parameter(weight)));
  const Variable loss = mean(h);
  h = {};
  const std::size_t forward = graph.pool().allocations();
  graph.backward(loss);
  EXPECT_GE(forward, 200U);                            // two results a layer
  EXPECT_LE(graph.pool().allocations(), forward + 3);  // what is freed on the way makes room for its gradients
}

TEST(Graph, EvaluationKeepsNothing) {
  Parameter weight{.name = "weight", .value = random_tensor({64, 64}, 1)};
  Graph graph(Mode::evaluate, Rng(1));
  Variable h = graph.input(graph.zeros({32, 64}));
  for (int layer = 0; layer < 100; ++layer) h = tanh(matmul(h, graph.parameter(weight)));
  EXPECT_FALSE(h.needs_grad());
  EXPECT_LE(graph.pool().allocations(), 3U);
}

TEST(Graph, StopsOnRequest) {
  Parameter x{.name = "x", .value = random_tensor({4}, 1)};
  std::stop_source stop;
  Graph graph(Mode::train, Rng(1), {.stop = stop.get_token()});
  const Variable loss = sum(square(graph.parameter(x)));
  stop.request_stop();
  EXPECT_EQ(error_of([&] { graph.backward(loss); }), "stopped on request");
}

// h = tanh(x U + h W) over 200 steps with a loss at each, and its gradient by a plain loop in double.
struct PlainRnn {
  std::size_t steps;
  std::size_t inputs;
  std::size_t hidden;

  // d loss / d(U, W) behind one another.
  std::vector<double> gradient(const Tensor& x, const Tensor& u, const Tensor& w) const {
    std::vector<std::vector<double>> h(steps + 1, std::vector<double>(hidden));
    for (std::size_t t = 0; t < steps; ++t) {
      for (std::size_t j = 0; j < hidden; ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < inputs; ++i) sum += double{x[t * inputs + i]} * double{u[i * hidden + j]};
        for (std::size_t i = 0; i < hidden; ++i) sum += h[t][i] * double{w[i * hidden + j]};
        h[t + 1][j] = std::tanh(sum);
      }
    }
    std::vector<double> result((inputs + hidden) * hidden);
    std::vector<double> back(hidden);
    for (std::size_t t = steps; t-- > 0;) {
      std::vector<double> before(hidden);
      for (std::size_t j = 0; j < hidden; ++j) {
        const double d = (back[j] + 2 * h[t + 1][j]) * (1 - h[t + 1][j] * h[t + 1][j]);
        for (std::size_t i = 0; i < inputs; ++i) result[i * hidden + j] += double{x[t * inputs + i]} * d;
        for (std::size_t i = 0; i < hidden; ++i) {
          result[(inputs + i) * hidden + j] += h[t][i] * d;
          before[i] += double{w[i * hidden + j]} * d;
        }
      }
      back = before;
    }
    return result;
  }
};

TEST(Graph, ARecurrentNetworkOf200StepsHasTheGradientOfAPlainLoop) {
  const PlainRnn plain{.steps = 200, .inputs = 3, .hidden = 5};
  Parameter u{.name = "u", .value = random_tensor({plain.inputs, plain.hidden}, 1)};
  Parameter w{.name = "w", .value = random_tensor({plain.hidden, plain.hidden}, 2)};
  const Tensor x = random_tensor({plain.steps, plain.inputs}, 3);
  Graph graph(Mode::train, Rng(1));
  const Variable all = graph.input(x);
  Variable h = graph.input(Tensor({1, plain.hidden}));
  Variable loss = graph.input(Tensor(Shape()));
  for (std::size_t t = 0; t < plain.steps; ++t) {
    h = tanh(matmul(slice(all, 0, t, t + 1), graph.parameter(u)) + matmul(h, graph.parameter(w)));
    loss = loss + sum(square(h));
  }
  graph.backward(loss);
  const std::vector<double> expected = plain.gradient(x, u.value, w.value);
  const double limit = sizeof(Real) == 8 ? 1e-11 : 1e-4;
  double greatest = 0;
  for (const double value : expected) greatest = std::max(greatest, std::abs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t of_u = u.value.size();
    const double own = i < of_u ? double{u.grad[i]} : double{w.grad[i - of_u]};
    EXPECT_NEAR(own, expected[i], limit * greatest) << i;
  }
}

}  // namespace
}  // namespace malmoi::neural
