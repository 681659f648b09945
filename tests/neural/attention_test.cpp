#include "neural/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "neural/ops.h"
#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

constexpr double kTolerance = sizeof(Real) == 4 ? 1e-5 : 1e-13;

struct PlainOptions {
  std::size_t heads;
  std::vector<int> lengths = {};
  bool causal = false;
};

// The formula, number by number.
Tensor plain_attention(const Tensor& q, const Tensor& k, const Tensor& v, const PlainOptions& options) {
  const Shape& in = q.shape();
  const std::size_t keys = k.shape()[1];
  const std::size_t depth = in[2] / options.heads;
  Tensor out(in);
  for (std::size_t i = 0; i < in[0] * in[1] * options.heads; ++i) {
    const std::size_t head = i % options.heads;
    const std::size_t row = i / options.heads;  // text · queries + query
    const std::size_t text = row / in[1];
    std::size_t seen = options.lengths.empty() ? keys : static_cast<std::size_t>(options.lengths[text]);
    if (options.causal) seen = std::min(seen, row % in[1] + 1);
    std::vector<double> share(seen);
    double total = 0.0;
    for (std::size_t key = 0; key < seen; ++key) {
      double dot = 0.0;
      for (std::size_t j = head * depth; j < (head + 1) * depth; ++j) {
        dot += static_cast<double>(q[row * in[2] + j]) * static_cast<double>(k[(text * keys + key) * in[2] + j]);
      }
      total += share[key] = std::exp(dot / std::sqrt(static_cast<double>(depth)));
    }
    for (std::size_t j = head * depth; j < (head + 1) * depth; ++j) {
      double sum = 0.0;
      for (std::size_t key = 0; key < seen; ++key) {
        sum += share[key] / total * static_cast<double>(v[(text * keys + key) * in[2] + j]);
      }
      out[row * in[2] + j] = static_cast<Real>(sum);
    }
  }
  return out;
}

void expect_near(const Tensor& seen, const Tensor& expected) {
  ASSERT_EQ(seen.shape(), expected.shape());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(seen[i]), static_cast<double>(expected[i]), kTolerance) << "at " << i;
  }
}

const std::vector<PlainOptions> kOptions = {{.heads = 1},
                                            {.heads = 3},
                                            {.heads = 2, .lengths = {7, 3, 0}},
                                            {.heads = 2, .causal = true},
                                            {.heads = 6, .lengths = {5, 7, 1}, .causal = true}};

Variable attend(const Variable& q, const Variable& k, const Variable& v, const PlainOptions& options) {
  return attention(q, k, v, {.heads = options.heads, .lengths = options.lengths, .causal = options.causal});
}

TEST(Attention, EqualsTheFormula) {
  const Tensor q = random_tensor({3, 5, 6}, 1);
  const Tensor k = random_tensor({3, 7, 6}, 2);
  const Tensor v = random_tensor({3, 7, 6}, 3);
  for (const PlainOptions& options : kOptions) {
    Graph graph(Mode::evaluate, Rng(1));
    expect_near(attend(graph.input(q), graph.input(k), graph.input(v), options).value(),
                plain_attention(q, k, v, options));
  }
}

TEST(Attention, GivesTheSameBytesWhereNoGradientIsWanted) {
  const Tensor q = random_tensor({3, 5, 6}, 1);
  const Tensor k = random_tensor({3, 7, 6}, 2);
  for (const PlainOptions& options : kOptions) {
    Graph train(Mode::train, Rng(1));
    Graph evaluate(Mode::evaluate, Rng(1));
    EXPECT_EQ(attend(train.input(q), train.input(k), train.input(k), options).value(),
              attend(evaluate.input(q), evaluate.input(k), evaluate.input(k), options).value());
  }
}

TEST(Attention, OfEqualKeysIsTheMeanOfTheValuesSeen) {
  Graph graph(Mode::evaluate, Rng(1));
  const Variable same = graph.input(Tensor({1, 3, 2}, 1));
  const Variable values = graph.input(Tensor({1, 3, 2}, {1, 10, 2, 20, 6, 60}));
  expect_near(attention(same, same, values).value(), Tensor({1, 3, 2}, {3, 30, 3, 30, 3, 30}));
  expect_near(attention(same, same, values, {.causal = true}).value(), Tensor({1, 3, 2}, {1, 10, 1.5, 15, 3, 30}));
}

TEST(SelfAttention, IsAttentionOfItsThreeParts) {
  const Tensor qkv = random_tensor({3, 7, 18}, 1);
  for (const PlainOptions& options : kOptions) {
    Graph graph(Mode::evaluate, Rng(1));
    const Variable all = graph.input(qkv);
    const Variable whole =
        self_attention(all, {.heads = options.heads, .lengths = options.lengths, .causal = options.causal});
    expect_near(whole.value(),
                attend(slice(all, 2, 0, 6), slice(all, 2, 6, 12), slice(all, 2, 12, 18), options).value());
  }
}

// Values of the block before the lengths.
std::vector<Real> values_inside(const Tensor& x, const std::vector<int>& lengths) {
  std::vector<Real> inside;
  for (std::size_t text = 0; text < lengths.size(); ++text) {
    const std::size_t row = x.size() / lengths.size();
    const auto count = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(lengths[text]) * x.shape()[2]);
    inside.insert(inside.end(), x.data() + text * row, x.data() + text * row + count);
  }
  return inside;
}

TEST(TransformerBlock, IsNotTouchedByWhatStandsInThePadding) {
  Rng rng(1);
  TransformerBlock block({.width = 8, .heads = 2, .inner = 12}, rng);
  AttentionPooling pooling(8, rng);
  const std::vector<int> lengths = {5, 2, 0};
  const Tensor x = random_tensor({3, 5, 8}, 1);
  Tensor changed = x;
  std::fill(changed.data() + 7 * 8, changed.data() + 10 * 8, Real{50});
  std::fill(changed.data() + 10 * 8, changed.data() + 15 * 8, Real{-3});
  Graph graph(Mode::evaluate, Rng(1));
  const Variable before = block.forward(graph.input(x), lengths);
  const Variable after = block.forward(graph.input(changed), lengths);
  EXPECT_EQ(values_inside(before.value(), lengths), values_inside(after.value(), lengths));
  EXPECT_EQ(pooling.forward(before, lengths).value(), pooling.forward(after, lengths).value());
}

TEST(TransformerBlock, SeesNothingLaterWhenCausal) {
  Rng rng(1);
  TransformerBlock block({.width = 8, .heads = 2, .inner = 12, .causal = true}, rng);
  const Tensor x = random_tensor({2, 5, 8}, 1);
  Tensor changed = x;
  for (const std::size_t row : {3, 4, 8, 9}) changed[row * 8] += 1;
  Graph graph(Mode::evaluate, Rng(1));
  const std::vector<int> three = {3, 3};
  EXPECT_EQ(values_inside(block.forward(graph.input(x)).value(), three),
            values_inside(block.forward(graph.input(changed)).value(), three));
}

TEST(TransformerBlock, GivesTheSameBytesForEveryNumberOfThreads) {
  Rng rng(1);
  TransformerBlock block({.width = 48, .heads = 4, .inner = 96}, rng);
  const std::vector<Parameter*> parameters = block.parameters("block");
  const auto gradients = [&](int threads) {
    Graph graph(Mode::train, Rng(3), {.threads = threads});
    for (Parameter* parameter : parameters) parameter->clear_gradient();
    graph.backward(sum(square(block.forward(graph.input(random_tensor({20, 30, 48}, 1))))));
    std::vector<Tensor> all;
    for (Parameter* parameter : parameters) all.push_back(parameter->grad);
    return all;
  };
  EXPECT_EQ(gradients(1), gradients(8));
}

TEST(AttentionPooling, OfUnknownImportanceIsTheMean) {
  Rng rng(1);
  AttentionPooling pooling(2, rng);
  pooling.context.value.fill(0);
  Graph graph(Mode::evaluate, Rng(1));
  const Variable x = graph.input(Tensor({2, 2, 2}, {1, 2, 3, 6, 5, 7, 100, 100}));
  const std::vector<int> lengths = {2, 1};
  expect_near(pooling.forward(x, lengths).value(), Tensor({2, 2}, {2, 4, 5, 7}));
  expect_near(pooling.forward(x).value(), Tensor({2, 2}, {2, 4, 52.5, 53.5}));
}

TEST(Positions, AreSinesAndCosinesOfFallingFrequency) {
  const Tensor positions = sinusoidal_positions(3, 4);
  expect_near(positions,
              Tensor({3, 4}, {0, 1, 0, 1, Real(0.8414709848078965), Real(0.5403023058681398),
                              Real(0.009999833334166664), Real(0.9999500004166653), Real(0.9092974268256817),
                              Real(-0.4161468365471424), Real(0.01999866669333308), Real(0.9998000066665778)}));
}

TEST(Attention, NamesShapesThatDoNotFit) {
  Graph graph(Mode::evaluate, Rng(1));
  Rng rng(1);
  const auto input = [&](const Shape& shape) { return graph.input(Tensor(shape)); };
  EXPECT_EQ(
      error_of([&] {
        (void)attention(input({2, 5, 6}), input({2, 4, 8}), input({2, 4, 8}));
      }),
      "attention: shapes [2 × 5 × 6] and [2 × 4 × 8], wanted [batch × queries × width] and [batch × keys × width]");
  EXPECT_EQ(error_of([&] {
              (void)attention(input({2, 5, 6}), input({2, 4, 6}), input({2, 5, 6}));
            }),
            "attention: shapes [2 × 4 × 6] and [2 × 5 × 6], wanted keys and values alike");
  EXPECT_EQ(error_of([&] {
              (void)self_attention(input({2, 5, 8}));
            }),
            "self_attention: shape [2 × 5 × 8], wanted [batch × steps × 3 width]");
  EXPECT_EQ(error_of([&] { MultiHeadAttention(8, 3, rng); }),
            "MultiHeadAttention: 3 heads of width 8, wanted heads that divide it");
  LearnedPositions positions(4, 6, rng);
  EXPECT_EQ(error_of([&] {
              (void)positions.forward(input({2, 5, 6}));
            }),
            "LearnedPositions: shapes [2 × 5 × 6] and [4 × 6], wanted [batch × steps × width] with no more steps than "
            "there are vectors");
  EXPECT_EQ(error_of([&] {
              (void)attention(input({2, 5, 6}), input({2, 5, 6}), input({2, 5, 6}), {.heads = 4});
            }),
            "attention: 4 heads of width 6, wanted heads that divide it");
}

#ifdef MALMOI_REAL_DOUBLE
TEST(Attention, GradientsMatchCentralDifferences) {
  for (const PlainOptions& options : kOptions) {
    const auto cross = [&](Graph&, const std::vector<Variable>& v) {
      return weighted_sum(attend(v[0], v[1], v[2], options));
    };
    EXPECT_LT(
        gradient_error(cross, {random_tensor({3, 5, 6}, 1), random_tensor({3, 7, 6}, 2), random_tensor({3, 7, 6}, 3)}),
        1e-8);
    const auto self = [&](Graph&, const std::vector<Variable>& v) {
      return weighted_sum(
          self_attention(v[0], {.heads = options.heads, .lengths = options.lengths, .causal = options.causal}));
    };
    EXPECT_LT(gradient_error(self, {random_tensor({3, 7, 18}, 1)}), 1e-8);
    const auto one = [&](Graph&, const std::vector<Variable>& v) {  // all three are the same variable
      return weighted_sum(attend(v[0], v[0], v[0], options));
    };
    EXPECT_LT(gradient_error(one, {random_tensor({3, 7, 6}, 1)}), 1e-8);
  }
}

TEST(TransformerBlock, GradientsMatchCentralDifferences) {
  const std::vector<int> lengths = {4, 2, 0};
  Rng rng(1);
  TransformerBlock block({.width = 6, .heads = 2, .inner = 8}, rng);
  LearnedPositions positions(5, 6, rng);
  AttentionPooling pooling(6, rng);
  const auto loss = [&](Graph& graph) {
    const Variable x = positions.forward(graph.input(random_tensor({3, 4, 6}, 4)));
    return weighted_sum(pooling.forward(block.forward(x, lengths), lengths)) +
           weighted_sum(pooling.forward(block.forward(x)), 7);
  };
  EXPECT_LT(gradient_error(loss, join({block.parameters("block"), positions.parameters("positions"),
                                       pooling.parameters("pooling")})),
            1e-8);
}
#endif

}  // namespace
}  // namespace malmoi::neural
