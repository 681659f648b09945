#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "neural/layers.h"
#include "neural/normalization.h"
#include "neural/ops.h"
#include "neural/ops_loss.h"
#include "tests/support/gradient_error.h"

// Every operation, layer and loss against central differences in double.
namespace malmoi::neural {
namespace {

using Variables = std::vector<Variable>;

constexpr double kLimit = 1e-8;

// Numbers in [0.5, 1.5), for functions of positive numbers.
Tensor positive_tensor(const Shape& shape, std::uint64_t seed) {
  Tensor tensor = random_tensor(shape, seed);
  for (Real& value : tensor.values()) value = 1 + value / 2;
  return tensor;
}

std::vector<Shape> random_shapes(std::size_t count) {
  Rng rng(11);
  std::vector<Shape> shapes = {Shape({})};
  while (shapes.size() < count) {
    std::vector<std::size_t> sizes(shapes.size() % 4 + 1);
    for (std::size_t& size : sizes) size = 1 + rng.uniform_index(4);
    shapes.emplace_back(std::span<const std::size_t>(sizes));
  }
  return shapes;
}

struct UnaryCase {
  std::string name;
  Variable (*function)(const Variable&);
  bool positive = false;
  friend void PrintTo(const UnaryCase& one, std::ostream* out) { *out << one.name; }
};

class UnaryGradient : public ::testing::TestWithParam<UnaryCase> {};

TEST_P(UnaryGradient, MatchesCentralDifferencesForRandomShapes) {
  const UnaryCase& op = GetParam();
  std::uint64_t seed = 1;
  for (const Shape& shape : random_shapes(9)) {
    const Tensor x = op.positive ? positive_tensor(shape, ++seed) : random_tensor(shape, ++seed);
    const auto loss = [&](Graph&, const Variables& v) { return weighted_sum(op.function(v[0])); };
    EXPECT_LT(gradient_error(loss, {x}), kLimit) << op.name << ' ' << shape;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, UnaryGradient,
                         ::testing::Values(UnaryCase{"exp", exp}, UnaryCase{"log", log, true},
                                           UnaryCase{"sqrt", sqrt, true}, UnaryCase{"square", square},
                                           UnaryCase{"sigmoid", sigmoid}, UnaryCase{"tanh", tanh},
                                           UnaryCase{"relu", relu}, UnaryCase{"gelu", gelu},
                                           UnaryCase{"add_scalar", [](const Variable& x) { return 2 - x * 3 + 1; }},
                                           UnaryCase{"div_scalar", [](const Variable& x) { return -(x / 3); }},
                                           UnaryCase{"dropout", [](const Variable& x) { return dropout(x, 0.4); }},
                                           UnaryCase{"sum", [](const Variable& x) { return square(sum(x)); }},
                                           UnaryCase{"mean", [](const Variable& x) { return square(mean(x)); }}),
                         [](const auto& tested) { return tested.param.name; });

TEST(BinaryGradient, MatchesCentralDifferencesForAllBroadcasts) {
  using Function = Variable (*)(const Variable&, const Variable&);
  const std::vector<Function> functions = {add, sub, mul, div};
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{}, {}},           {{3}, {3}},          {{2, 3}, {3}},          {{3}, {2, 3}},       {{2, 3}, {2, 1}},
      {{1, 3}, {2, 1}},   {{2, 3, 4}, {3, 1}}, {{2, 3, 4}, {2, 1, 4}}, {{2, 1, 4}, {3, 1}}, {{2, 1, 3, 1}, {4, 1, 2}},
      {{}, {2, 2, 2, 2}}, {{2, 3, 1, 2}, {1}}, {{1, 1, 4}, {2, 3, 1}}, {{2, 1}, {2, 1}},    {{1, 1}, {1}}};
  std::uint64_t seed = 1;
  for (const Function function : functions) {
    for (const auto& [a, b] : shapes) {
      const auto loss = [&](Graph&, const Variables& v) { return weighted_sum(function(v[0], v[1])); };
      EXPECT_LT(gradient_error(loss, {random_tensor(a, ++seed), positive_tensor(b, ++seed)}), kLimit) << a << b;
    }
  }
}

TEST(BinaryGradient, AddsUpWhereAVariableIsUsedTwice) {
  const auto loss = [](Graph&, const Variables& v) {
    const Variable y = tanh(v[0]);
    return weighted_sum(y * y + y / (y + 3) - v[0]);
  };
  EXPECT_LT(gradient_error(loss, {random_tensor({3, 4}, 1)}), kLimit);
}

TEST(MaskGradient, IsZeroWhereTheMaskIs) {
  const auto loss = [](Graph&, const Variables& v) {
    return weighted_sum(softmax(mask_fill(v[0], causal_mask(4), -9)));
  };
  EXPECT_LT(gradient_error(loss, {random_tensor({2, 4, 4}, 1)}), kLimit);
}

TEST(ShapeGradient, MatchesCentralDifferences) {
  const auto check = [](const std::function<Variable(const Variable&)>& function, const Shape& shape) {
    const auto loss = [&](Graph&, const Variables& v) { return weighted_sum(function(tanh(v[0]))); };
    EXPECT_LT(gradient_error(loss, {random_tensor(shape, 3)}), kLimit) << shape;
  };
  check([](const Variable& x) { return reshape(x, {6, 2}); }, {3, 4});
  check([](const Variable& x) { return transpose(x); }, {3, 4});
  check([](const Variable& x) { return transpose(x); }, {2, 3, 4});
  check([](const Variable& x) { return permute(x, {2, 0, 3, 1}); }, {2, 3, 2, 4});
  check([](const Variable& x) { return permute(x, {0, 2, 1, 3}) + permute(x, {0, 2, 1, 3}); }, {2, 3, 2, 4});
  check([](const Variable& x) { return slice(x, 0, 1, 3); }, {4, 3});
  check([](const Variable& x) { return slice(x, 1, 0, 2) * slice(x, 1, 1, 3); }, {2, 3, 2});
  check([](const Variable& x) { return concatenate({x, square(x), slice(x, 1, 0, 1)}, 1); }, {2, 3, 2});
  check([](const Variable& x) { return concatenate({x, x}, 0); }, {3});
}

TEST(ReduceGradient, MatchesCentralDifferencesForAllAxes) {
  const Tensor x = random_tensor({2, 3, 4, 2}, 1);
  const std::vector<std::vector<std::size_t>> all = {{0},    {1},    {2},    {3},    {0, 1},
                                                     {1, 2}, {3, 0}, {0, 2}, {1, 3}, {3, 1, 0}};
  for (const auto& axes : all) {
    const auto loss = [&](Graph&, const Variables& v) {
      const Variable y = axes.size() == 1   ? sum(v[0], {axes[0]})
                         : axes.size() == 2 ? sum(v[0], {axes[0], axes[1]})
                                            : mean(v[0], {axes[0], axes[1], axes[2]});
      return weighted_sum(square(y));
    };
    EXPECT_LT(gradient_error(loss, {x}), kLimit) << axes.size() << axes[0];
  }
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const auto loss = [&](Graph&, const Variables& v) { return weighted_sum(max(v[0], axis)); };
    EXPECT_LT(gradient_error(loss, {x}), kLimit) << axis;
  }
}

TEST(SoftmaxGradient, MatchesCentralDifferences) {
  for (const Shape& shape : {Shape({5}), Shape({3, 1}), Shape({2, 3, 17}), Shape({2, 2, 2, 3})}) {
    const std::vector<Tensor> x = {random_tensor(shape, 2)};
    EXPECT_LT(gradient_error([](Graph&, const Variables& v) { return weighted_sum(softmax(v[0])); }, x), kLimit);
    EXPECT_LT(gradient_error([](Graph&, const Variables& v) { return weighted_sum(log_softmax(v[0])); }, x), kLimit);
    EXPECT_LT(gradient_error([](Graph&, const Variables& v) { return weighted_sum(log_sum_exp(v[0])); }, x), kLimit);
  }
}

TEST(MatmulGradient, MatchesCentralDifferencesForAllFormsAndRanks) {
  struct Case {
    Shape a;
    Shape b;
    MatmulOptions options;
  };
  const std::vector<Case> cases = {
      {{3, 4}, {4, 2}, {}},
      {{4, 3}, {4, 2}, {.transpose_a = true}},
      {{3, 4}, {2, 4}, {.transpose_b = true}},
      {{4, 3}, {2, 4}, {.transpose_a = true, .transpose_b = true}},
      {{2, 3, 4}, {4, 5}, {}},
      {{2, 3, 4}, {5, 4}, {.transpose_b = true}},
      {{2, 4, 3}, {4, 5}, {.transpose_a = true}},
      {{2, 4, 3}, {5, 4}, {.transpose_a = true, .transpose_b = true}},
      {{2, 3, 4}, {2, 4, 5}, {}},
      {{2, 2, 4, 3}, {2, 2, 4, 5}, {.transpose_a = true}},
      {{2, 2, 3, 4}, {2, 2, 5, 4}, {.transpose_b = true}},
      {{2, 4, 3}, {2, 5, 4}, {.transpose_a = true, .transpose_b = true}},
  };
  for (const Case& c : cases) {
    const auto loss = [&](Graph&, const Variables& v) { return weighted_sum(matmul(tanh(v[0]), v[1], c.options)); };
    EXPECT_LT(gradient_error(loss, {random_tensor(c.a, 1), random_tensor(c.b, 2)}), kLimit) << c.a << c.b;
  }
}

TEST(MatmulGradient, AddsUpForAProductWithItself) {
  const auto loss = [](Graph&, const Variables& v) { return weighted_sum(matmul(v[0], v[0], {.transpose_b = true})); };
  EXPECT_LT(gradient_error(loss, {random_tensor({3, 4}, 1)}), kLimit);
}

TEST(LinearGradient, MatchesCentralDifferences) {
  const auto loss = [](Graph&, const Variables& v) { return weighted_sum(tanh(linear(v[0], v[1], v[2]))); };
  EXPECT_LT(gradient_error(loss, {random_tensor({2, 3, 4}, 1), random_tensor({4, 5}, 2), random_tensor({5}, 3)}),
            kLimit);
}

TEST(FeedForwardGradient, MatchesCentralDifferences) {
  const auto loss = [](Graph&, const Variables& v) {
    const FeedForwardWeights weights = {v[1], v[2], v[3], v[4]};
    return weighted_sum(feed_forward(feed_forward(tanh(v[0]), weights), weights));  // the weights' gradients add up
  };
  EXPECT_LT(gradient_error(loss, {random_tensor({2, 3, 4}, 1), random_tensor({4, 5}, 2), random_tensor({5}, 3),
                                  random_tensor({5, 4}, 4), random_tensor({4}, 5)}),
            kLimit);
}

TEST(LookupGradient, MatchesCentralDifferencesForParametersAndForOtherTables) {
  const std::vector<std::int32_t> ids = {4, 1, -1, 4, 0, 4, 1};
  const std::vector<std::size_t> starts = {0, 2, 2, 3, 7};
  const std::vector<Tensor> table = {random_tensor({6, 3}, 1)};
  const auto check = [&](const std::function<Variable(const Variable&)>& function) {
    EXPECT_LT(gradient_error([&](Graph&, const Variables& v) { return weighted_sum(function(v[0])); }, table), kLimit);
    EXPECT_LT(gradient_error([&](Graph&, const Variables& v) { return weighted_sum(function(tanh(v[0]))); }, table),
              kLimit);
    const auto twice = [&](Graph&, const Variables& v) {  // beside a dense gradient of the same table, and another one
      return weighted_sum(function(v[0])) + weighted_sum(square(v[0])) +
             weighted_sum(gather(v[0], std::vector{5, 2, 0}));
    };
    EXPECT_LT(gradient_error(twice, table), kLimit);
  };
  check([&](const Variable& t) { return gather(t, ids); });
  check([&](const Variable& t) { return embedding_bag(t, ids, starts, BagMode::sum); });
  check([&](const Variable& t) { return embedding_bag(t, ids, starts, BagMode::mean); });
  check([&](const Variable& t) { return square(gather(t, ids)) * gather(t, ids); });
}

TEST(NormalizationGradient, MatchesCentralDifferences) {
  for (const Shape& shape : {Shape({3, 4}), Shape({2, 3, 19}), Shape({5, 1})}) {
    const std::size_t n = shape.cols();
    const std::vector<Tensor> inputs = {random_tensor(shape, 1), random_tensor({n}, 2), random_tensor({n}, 3)};
    const auto layer = [](Graph&, const Variables& v) { return weighted_sum(layer_norm(v[0], v[1], v[2], 1e-2)); };
    EXPECT_LT(gradient_error(layer, inputs), kLimit) << shape;
    RunningFigures running{{.name = "mean", .value = Tensor({n}), .frozen = true},
                           {.name = "variance", .value = Tensor({n}, 1), .frozen = true}};
    const auto batch = [&](Graph&, const Variables& v) {
      return weighted_sum(square(batch_norm(v[0], v[1], v[2], running, {.epsilon = 1e-2})));
    };
    EXPECT_LT(gradient_error(batch, inputs), kLimit) << shape;
  }
}

TEST(LossGradient, MatchesCentralDifferences) {
  const std::vector<std::int32_t> labels = {2, 0, -1, 1};
  const std::vector<Real> weights = {0.5, 2, 1};
  const std::vector<Tensor> x = {random_tensor({4, 3}, 1)};
  const auto check = [&](const std::function<Variable(const Variable&)>& loss) {
    EXPECT_LT(gradient_error([&](Graph&, const Variables& v) { return loss(v[0]); }, x), kLimit);
    EXPECT_LT(gradient_error([&](Graph&, const Variables& v) { return square(loss(tanh(v[0]))) + loss(v[0]); }, x),
              kLimit);
  };
  check([](const Variable& v) { return mean_squared_error(v, random_tensor({4, 3}, 2)); });
  check([&](const Variable& v) { return softmax_cross_entropy(v, labels); });
  check([&](const Variable& v) { return softmax_cross_entropy(v, labels, {.label_smoothing = 0.1}); });
  check([&](const Variable& v) { return softmax_cross_entropy(v, labels, {.class_weights = weights}); });
  check([&](const Variable& v) {
    return softmax_cross_entropy(v, labels, {.label_smoothing = 0.2, .class_weights = weights});
  });
  check([](const Variable& v) { return softmax_cross_entropy(v, positive_tensor({4, 3}, 4)); });
  check([](const Variable& v) { return binary_cross_entropy(v, positive_tensor({4, 3}, 5)); });
  check([](const Variable& v) {
    return binary_cross_entropy(v, positive_tensor({4, 3}, 5), positive_tensor({4, 3}, 6));
  });
}

TEST(LayerGradient, MatchesCentralDifferencesForEveryLayer) {
  Rng rng(3);
  Embedding embedding(7, 4, rng, 1.0);
  EmbeddingBag bag(7, 4, rng, BagMode::mean, 1.0);
  Linear linear_layer(4, 5, rng, InitialValues::orthogonal);
  LayerNorm layer_norm_layer(5);
  BatchNorm batch_norm_layer(5);
  const Dropout dropout_layer{.rate = 0.3};
  const std::vector<std::int32_t> ids = {1, 2, 6, 3, 2, 0};  // a row of padding alone has no variance
  const std::vector<std::size_t> starts = {0, 3, 6};
  const auto loss = [&](Graph& graph) {
    const Variable steps = layer_norm_layer.forward(linear_layer.forward(embedding.forward(graph, ids, 2)));
    const Variable bags = linear_layer.forward(bag.forward(graph, ids, starts));
    return weighted_sum(dropout_layer.forward(tanh(batch_norm_layer.forward(concatenate({sum(steps, {1}), bags}, 0)))));
  };
  EXPECT_LT(gradient_error(
                loss, join({embedding.parameters("embedding"), bag.parameters("bag"), linear_layer.parameters("linear"),
                            layer_norm_layer.parameters("layer_norm"), batch_norm_layer.parameters("batch_norm")})),
            kLimit);
}

}  // namespace
}  // namespace malmoi::neural
