#include "neural/layers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "neural/learning_rate.h"
#include "neural/ops_loss.h"
#include "neural/optimizer.h"
#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

// A bag of words, a hidden layer and two classes: what a trainer does, in a few lines.
struct BagModel {
  EmbeddingBag bag;
  BatchNorm norm;
  Linear hidden;
  Linear out;
  Dropout dropout{.rate = 0.2};

  explicit BagModel(Rng rng) : bag(500, 96, rng), norm(96), hidden(96, 128, rng), out(128, 2, rng) {}

  Variable forward(Graph& graph, std::span<const std::int32_t> ids, std::span<const std::size_t> starts) {
    return out.forward(dropout.forward(relu(hidden.forward(norm.forward(bag.forward(graph, ids, starts))))));
  }
  std::vector<Parameter*> parameters() {
    return join({bag.parameters("bag"), norm.parameters("norm"), hidden.parameters("hidden"), out.parameters("out")});
  }
};

struct Examples {
  std::vector<std::int32_t> ids;
  std::vector<std::size_t> starts = {0};
  std::vector<std::int32_t> labels;
};

// The words of a class come from one half of the vocabulary more often.
Examples draw_examples(std::size_t count, Rng rng) {
  Examples examples;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = rng.uniform_index(2);
    for (std::size_t word = 5 + rng.uniform_index(60); word > 0; --word) {
      const std::size_t half = rng.uniform() < 0.7 ? label : 1 - label;
      examples.ids.push_back(static_cast<std::int32_t>(half * 250 + rng.uniform_index(250)));
    }
    examples.starts.push_back(examples.ids.size());
    examples.labels.push_back(static_cast<std::int32_t>(label));
  }
  return examples;
}

struct Trained {
  std::vector<Tensor> values;
  std::vector<double> losses;
};

Trained train(int threads, int steps) {
  const RunContext context{.threads = threads};
  BagModel model{Rng(7)};
  Optimizer optimizer(model.parameters(), {.rule = UpdateRule::adamw, .l2 = 0.01, .clip_norm = 1});
  const LearningRate schedule{.rate = 0.01, .shape = RateShape::cosine, .warm_up = 3, .total = steps};
  Graph graph(Mode::train, Rng(1), context);
  Trained trained;
  for (int step = 0; step < steps; ++step) {
    const Examples batch = draw_examples(400, Rng(100).split(static_cast<std::uint64_t>(step)));
    graph.restart(Rng(1).split(static_cast<std::uint64_t>(step)));
    const Variable loss = softmax_cross_entropy(model.forward(graph, batch.ids, batch.starts), batch.labels);
    trained.losses.push_back(double{loss.value()[0]});
    graph.backward(loss);
    optimizer.step(rate_at(schedule, optimizer.steps()), context);
  }
  for (const Parameter* const parameter : model.parameters()) trained.values.push_back(parameter->value);
  return trained;
}

TEST(Layers, ATrainingRunHasTheSameBytesForEveryNumberOfThreads) {
  const Trained one = train(1, 12);
  const Trained eight = train(8, 12);
  EXPECT_EQ(one.losses, eight.losses);
  EXPECT_EQ(one.values, eight.values);
}

TEST(Layers, ATrainingRunLearns) {
  const Trained trained = train(1, 30);
  EXPECT_GT(trained.losses.front(), 0.6);
  EXPECT_LT(trained.losses.back(), 0.3);
}

TEST(Layers, ParametersAreNamedInTheOrderOfTheirDeclaration) {
  BagModel model{Rng(7)};
  std::vector<std::string> names;
  for (const Parameter* const parameter : model.parameters()) names.push_back(parameter->name);
  EXPECT_EQ(names, (std::vector<std::string>{"bag.weight", "norm.gain", "norm.bias", "norm.running.mean",
                                             "norm.running.variance", "hidden.weight", "hidden.bias", "out.weight",
                                             "out.bias"}));
  EXPECT_EQ(model.out.parameters("").front()->name, "weight");
  EXPECT_TRUE(model.norm.running.mean.frozen);
}

// A network of two layers by plain loops in double, and its gradient.
struct PlainNetwork {
  std::size_t rows;
  std::size_t inputs;
  std::size_t hidden;

  // Loss Σ y², y = tanh(x U + b) V; d loss / dU.
  std::vector<double> gradient(const Tensor& x, const Tensor& u, const Tensor& b, const Tensor& v) const {
    std::vector<double> result(inputs * hidden);
    for (std::size_t r = 0; r < rows; ++r) {
      std::vector<double> h(hidden);
      double y = 0;
      for (std::size_t j = 0; j < hidden; ++j) {
        double sum = double{b[j]};
        for (std::size_t i = 0; i < inputs; ++i) sum += double{x[r * inputs + i]} * double{u[i * hidden + j]};
        h[j] = std::tanh(sum);
        y += h[j] * double{v[j]};
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        const double d = 2 * y * double{v[j]} * (1 - h[j] * h[j]);
        for (std::size_t i = 0; i < inputs; ++i) result[i * hidden + j] += double{x[r * inputs + i]} * d;
      }
    }
    return result;
  }
};

TEST(Layers, FloatAgreesWithPlainLoopsInDouble) {
  const PlainNetwork plain{.rows = 33, .inputs = 20, .hidden = 40};
  Parameter u{.name = "u", .value = random_tensor({plain.inputs, plain.hidden}, 1)};
  const Tensor x = random_tensor({plain.rows, plain.inputs}, 2);
  const Tensor b = random_tensor({plain.hidden}, 3);
  const Tensor v = random_tensor({plain.hidden, 1}, 4);
  Graph graph(Mode::train, Rng(1));
  const Variable h = tanh(linear(graph.input(x), graph.parameter(u), graph.input(b)));
  graph.backward(sum(square(matmul(h, graph.input(v)))));
  expect_near(u.grad, plain.gradient(x, u.value, b, v), sizeof(Real) == 8 ? 1e-12 : 2e-5);
}

// out, then the gradients of x and of both layers' parameters.
using TwoLayers = Variable (*)(const Variable& x, const std::vector<Variable>& weights);
std::vector<Tensor> run_two_layers(TwoLayers run, int threads) {
  constexpr std::size_t kRows = 1100;  // of several blocks and shards
  std::vector<Parameter> parameters;
  for (const Shape& shape : {Shape{kRows, 20}, Shape{20, 40}, Shape{40}, Shape{40, 24}, Shape{24}}) {
    parameters.push_back({.name = {}, .value = random_tensor(shape, parameters.size())});
  }
  Graph graph(Mode::train, Rng(1), {.threads = threads});
  std::vector<Variable> all;
  for (Parameter& parameter : parameters) all.push_back(graph.parameter(parameter));
  const Variable out = run(all[0], all);
  std::vector<Tensor> results = {out.value()};
  graph.backward(weighted_sum(out));
  for (const Parameter& parameter : parameters) results.push_back(parameter.grad);
  return results;
}

TEST(FeedForward, IsTwoLayersAndGelu) {
  const TwoLayers one = [](const Variable& x, const std::vector<Variable>& w) {
    return feed_forward(x, {w[1], w[2], w[3], w[4]});
  };
  const TwoLayers plain = [](const Variable& x, const std::vector<Variable>& w) {
    return linear(gelu(linear(x, w[1], w[2])), w[3], w[4]);
  };
  const std::vector<Tensor> results = run_two_layers(one, 1);
  const std::vector<Tensor> expected = run_two_layers(plain, 1);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(i);
    const std::vector<double> wanted(expected[i].values().begin(), expected[i].values().end());
    expect_near(results[i], wanted, sizeof(Real) == 8 ? 1e-11 : 1e-3);
  }
  EXPECT_EQ(results, run_two_layers(one, 8));
}

TEST(FeedForward, IsTheSameWhenNothingIsKeptForTheGradient) {
  std::vector<Tensor> outs;
  for (const Mode mode : {Mode::train, Mode::evaluate}) {
    Graph graph(mode, Rng(1));
    const auto input = [&](const Shape& shape) { return graph.input(random_tensor(shape, shape.size())); };
    outs.push_back(feed_forward(input({7, 6}), {input({6, 9}), input({9}), input({9, 5}), input({5})}).value());
  }
  EXPECT_EQ(outs[0], outs[1]);
}

TEST(FeedForward, NamesShapesThatDoNotFit) {
  Graph graph(Mode::evaluate, Rng(1));
  const auto input = [&](const Shape& shape) { return graph.input(Tensor(shape)); };
  EXPECT_EQ(error_of([&] {
              (void)feed_forward(input({2, 3}), {input({4, 5}), input({5}), input({5, 3}), input({3})});
            }),
            "feed_forward: shapes [2 × 3] and [4 × 5], wanted [… × inputs] and [inputs × inner]");
  EXPECT_EQ(error_of([&] {
              (void)feed_forward(input({2, 4}), {input({4, 5}), input({5}), input({6, 3}), input({3})});
            }),
            "feed_forward: shapes [4 × 5] and [6 × 3], wanted [inputs × inner] and [inner × outputs]");
  EXPECT_EQ(error_of([&] {
              (void)feed_forward(input({2, 4}), {input({4, 5}), input({5}), input({5, 3}), input({5})});
            }),
            "feed_forward: shapes [5] and [5], wanted biases of as many numbers as columns");
}

TEST(Layers, AnEmbeddingOfABatchHasThreeAxes) {
  Rng rng(1);
  Embedding embedding(5, 3, rng);
  Graph graph(Mode::evaluate, Rng(1));
  const std::vector<std::int32_t> ids = {0, 1, 2, 3, -1, 0};
  const Tensor out = embedding.forward(graph, ids, 2).value();
  EXPECT_EQ(out.shape(), Shape({2, 3, 3}));
  EXPECT_EQ(out[12], Real{0});
  EXPECT_EQ(out[3], embedding.weight.value[3]);
  EXPECT_EQ(error_of([&] { (void)embedding.forward(graph, ids, 4); }),
            "Embedding::forward: 6 ids for a batch of 4, wanted [batch × steps]");
}

}  // namespace
}  // namespace malmoi::neural
