#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "neural/attention.h"
#include "neural/convolution.h"
#include "neural/normalization.h"
#include "neural/ops.h"
#include "neural/ops_loss.h"
#include "neural/recurrent.h"
#include "tests/support/gradient_error.h"

// Every operation and loss of several sizes against central differences in double, of sizes that are drawn.
namespace malmoi::neural {
namespace {

using Variables = std::vector<Variable>;

constexpr int kShapes = 12;  // drawn for each operation
constexpr double kLimit = 1e-8;

// Draws what an operation is tried with.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : rng_(seed) {}

  std::size_t size(std::size_t least = 1, std::size_t most = 5) { return least + rng_.uniform_index(most - least + 1); }
  Shape shape(std::size_t least_rank = 1) {
    std::vector<std::size_t> sizes(size(least_rank, 4));
    for (std::size_t& one : sizes) one = size(1, 4);
    return Shape(std::span<const std::size_t>(sizes));
  }
  Tensor tensor(const Shape& shape) { return random_tensor(shape, rng_.bits()); }
  Tensor positive(const Shape& shape) {
    Tensor numbers = tensor(shape);
    for (Real& number : numbers.values()) number = Real{1.5} + number;
    return numbers;
  }
  // Numbers that differ by more than a difference quotient's steps: a maximum keeps its place.
  Tensor apart(const Shape& shape) {
    std::vector<std::size_t> order(shape.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng_.uniform_index(i)]);
    Tensor numbers(shape);
    for (std::size_t i = 0; i < order.size(); ++i) {
      numbers[i] = (static_cast<Real>(order[i]) + static_cast<Real>(rng_.uniform()) / 4) / 50 - 1;
    }
    return numbers;
  }
  std::vector<std::int32_t> ids(std::size_t count, std::size_t below) {  // -1 is one of them
    std::vector<std::int32_t> drawn(count);
    for (std::int32_t& id : drawn) id = static_cast<std::int32_t>(rng_.uniform_index(below + 1)) - 1;
    return drawn;
  }
  std::vector<int> lengths(std::size_t count, std::size_t most) {
    std::vector<int> drawn(count);
    for (int& length : drawn) length = static_cast<int>(rng_.uniform_index(most + 1));
    return drawn;
  }

 private:
  Rng rng_;
};

// An operation with inputs of sizes that were drawn.
struct Trial {
  std::vector<Tensor> inputs;
  std::function<Variable(const Variables&)> operation;
};

struct Case {
  std::string name;
  std::function<Trial(Draw&)> draw;
  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }
};

// b is repeated along some axes of a, and lacks some of the first.
Case binary(const std::string& name, Variable (*function)(const Variable&, const Variable&)) {
  return {name, [function](Draw& draw) {
            const Shape a = draw.shape();
            std::vector<std::size_t> sizes(a.sizes().begin(), a.sizes().end());
            for (std::size_t& one : sizes) one = draw.size(0, 2) == 0 ? 1 : one;
            sizes.erase(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(draw.size(0, sizes.size())));
            const Tensor b = draw.positive(Shape(std::span<const std::size_t>(sizes)));
            if (draw.size(0, 1) == 0)
              return Trial{{b, draw.positive(a)}, [=](const Variables& v) { return function(v[0], v[1]); }};
            return Trial{{draw.tensor(a), b}, [=](const Variables& v) { return function(v[0], v[1]); }};
          }};
}

std::vector<Case> shape_cases() {
  return {
      {"transpose",
       [](Draw& draw) {
         return Trial{{draw.tensor(draw.shape(2))}, [](const Variables& v) { return square(transpose(v[0])); }};
       }},
      {"reshape",
       [](Draw& draw) {
         const std::size_t a = draw.size();
         const std::size_t b = draw.size();
         return Trial{{draw.tensor({a, b, 2})}, [=](const Variables& v) { return square(reshape(v[0], {2 * b, a})); }};
       }},
      {"permute",
       [](Draw& draw) {
         const Shape shape = {draw.size(), draw.size(), draw.size()};
         return Trial{{draw.tensor(shape)}, [](const Variables& v) { return square(permute(v[0], {2, 0, 1})); }};
       }},
      {"slice",
       [](Draw& draw) {
         const Shape shape = draw.shape();
         const std::size_t axis = draw.size(0, shape.rank() - 1);
         const std::size_t begin = draw.size(0, shape[axis] - 1);
         const std::size_t end = draw.size(begin + 1, shape[axis]);
         return Trial{{draw.tensor(shape)}, [=](const Variables& v) { return square(slice(v[0], axis, begin, end)); }};
       }},
      {"concatenate",
       [](Draw& draw) {
         const Shape shape = draw.shape();
         const std::size_t axis = draw.size(0, shape.rank() - 1);
         return Trial{{draw.tensor(shape), draw.tensor(shape)}, [=](const Variables& v) {
                        return square(concatenate({v[0], v[1], v[0]}, axis));
                      }};
       }},
  };
}

std::vector<Case> reduce_cases() {
  const auto over_last = [](const std::string& name, Variable (*function)(const Variable&)) {
    return Case{name, [function](Draw& draw) {
                  return Trial{{draw.tensor(draw.shape())}, [=](const Variables& v) { return function(v[0]); }};
                }};
  };
  return {
      over_last("softmax", softmax),
      over_last("log_softmax", log_softmax),
      over_last("log_sum_exp", log_sum_exp),
      {"sum_of_axes",
       [](Draw& draw) {
         const Shape shape = draw.shape(2);
         const std::size_t axis = draw.size(1, shape.rank() - 1);
         return Trial{{draw.tensor(shape)}, [=](const Variables& v) { return square(sum(v[0], {0, axis})); }};
       }},
      {"mean_of_axis",
       [](Draw& draw) {
         const Shape shape = draw.shape();
         const std::size_t axis = draw.size(0, shape.rank() - 1);
         return Trial{{draw.tensor(shape)}, [=](const Variables& v) { return square(mean(v[0], {axis})); }};
       }},
      {"max",
       [](Draw& draw) {
         const Shape shape = draw.shape();
         const std::size_t axis = draw.size(0, shape.rank() - 1);
         return Trial{{draw.apart(shape)}, [=](const Variables& v) { return square(max(v[0], axis)); }};
       }},
  };
}

std::vector<Case> product_cases() {
  return {
      {"matmul",
       [](Draw& draw) {
         const std::size_t m = draw.size();
         const std::size_t n = draw.size();
         const std::size_t k = draw.size();
         const bool ta = draw.size(0, 1) == 1;
         const bool tb = draw.size(0, 1) == 1;
         const std::size_t batch = draw.size();
         const bool shared = draw.size(0, 1) == 1;  // one right factor for all
         const Shape a = ta ? Shape({batch, k, m}) : Shape({batch, m, k});
         const Shape b =
             shared ? (tb ? Shape({n, k}) : Shape({k, n})) : (tb ? Shape({batch, n, k}) : Shape({batch, k, n}));
         return Trial{{draw.tensor(a), draw.tensor(b)}, [=](const Variables& v) {
                        return matmul(tanh(v[0]), v[1], {.transpose_a = ta, .transpose_b = tb});
                      }};
       }},
      {"linear",
       [](Draw& draw) {
         const Shape x = draw.shape();
         const std::size_t outputs = draw.size();
         return Trial{{draw.tensor(x), draw.tensor({x.cols(), outputs}), draw.tensor({outputs})},
                      [](const Variables& v) { return tanh(linear(v[0], v[1], v[2])); }};
       }},
      {"feed_forward",
       [](Draw& draw) {
         const Shape x = draw.shape();
         const std::size_t inner = draw.size();
         const std::size_t outputs = draw.size();
         return Trial{{draw.tensor(x), draw.tensor({x.cols(), inner}), draw.tensor({inner}),
                       draw.tensor({inner, outputs}), draw.tensor({outputs})},
                      [](const Variables& v) {
                        return feed_forward(v[0], {v[1], v[2], v[3], v[4]});
                      }};
       }},
      {"gather",
       [](Draw& draw) {
         const std::size_t rows = draw.size();
         const auto ids = draw.ids(draw.size(1, 9), rows);
         return Trial{{draw.tensor({rows, draw.size()})},
                      [=](const Variables& v) { return square(gather(v[0], ids)); }};
       }},
      {"embedding_bag",
       [](Draw& draw) {
         const std::size_t rows = draw.size();
         const auto ids = draw.ids(draw.size(1, 9), rows);
         const std::vector<std::size_t> starts = {0, draw.size(0, ids.size()), ids.size()};
         const BagMode mode = draw.size(0, 1) == 0 ? BagMode::sum : BagMode::mean;
         return Trial{{draw.tensor({rows, draw.size()})},
                      [=](const Variables& v) { return square(embedding_bag(v[0], ids, starts, mode)); }};
       }},
      {"layer_norm",
       [](Draw& draw) {
         const Shape x = draw.shape();
         return Trial{{draw.tensor(x), draw.tensor({x.cols()}), draw.tensor({x.cols()})},
                      [](const Variables& v) { return layer_norm(v[0], v[1], v[2], 1e-1); }};
       }},
      {"batch_norm",
       [](Draw& draw) {
         const Shape x = draw.shape(2);
         const Shape columns = {x.cols()};
         return Trial{{draw.tensor(x), draw.tensor(columns), draw.tensor(columns)}, [=](const Variables& v) {
                        RunningFigures running{{.name = "mean", .value = Tensor(columns), .frozen = true},
                                               {.name = "variance", .value = Tensor(columns, 1), .frozen = true}};
                        return batch_norm(v[0], v[1], v[2], running, {.epsilon = 1e-1});
                      }};
       }},
  };
}

std::vector<Case> sequence_cases() {
  const auto pool = [](const std::string& name, Variable (*function)(const Variable&, const PoolOptions&),
                       bool picture) {
    return Case{name, [=](Draw& draw) {
                  const PoolOptions options = {.window = draw.size(1, 3), .stride = draw.size(1, 3)};
                  const std::size_t channels = draw.size(1, 3);
                  const Shape x = picture ? Shape({draw.size(1, 2), draw.size(3), draw.size(3), channels})
                                          : Shape({draw.size(1, 3), draw.size(3, 7), channels});
                  return Trial{{draw.apart(x)}, [=](const Variables& v) { return function(v[0], options); }};
                }};
  };
  const auto over_time = [](const std::string& name, Variable (*function)(const Variable&, std::span<const int>)) {
    return Case{name, [=](Draw& draw) {
                  const Shape x = {draw.size(), draw.size(), draw.size()};
                  const auto lengths = draw.lengths(x[0], x[1]);
                  return Trial{{draw.apart(x)}, [=](const Variables& v) { return function(v[0], lengths); }};
                }};
  };
  const auto recurrent = [](const std::string& name, CellKind kind) {
    return Case{name, [=](Draw& draw) {
                  const Shape x = {draw.size(1, 3), draw.size(), draw.size(1, 3)};
                  const std::size_t hidden = draw.size(1, 3);
                  const std::size_t gates = gate_count(kind) * hidden;
                  const auto lengths = draw.lengths(x[0], x[1]);
                  const bool reversed = draw.size(0, 1) == 1;
                  std::vector<Tensor> inputs = {draw.tensor(x), draw.tensor({x[2], gates}),
                                                draw.tensor({hidden, gates}), draw.tensor({gates})};
                  if (kind == CellKind::gru) inputs.push_back(draw.tensor({hidden}));
                  return Trial{
                      inputs, [=](const Variables& v) {
                        CellVariables weights{.input = v[1], .recurrent = v[2], .bias = v[3]};
                        if (v.size() > 4) weights.new_bias = v[4];
                        return run_sequence(kind, v[0], weights, {.lengths = lengths, .reversed = reversed}).output;
                      }};
                }};
  };
  return {
      {"conv1d",
       [](Draw& draw) {
         const std::size_t window = draw.size(1, 3);
         const Shape x = {draw.size(1, 3), draw.size(window, 6), draw.size(1, 3)};
         const std::size_t filters = draw.size(1, 4);
         const Padding padding = draw.size(0, 1) == 0 ? Padding::valid : Padding::same;
         return Trial{{draw.tensor(x), draw.tensor({window, x[2], filters}), draw.tensor({filters})},
                      [=](const Variables& v) { return conv1d(v[0], v[1], v[2], padding); }};
       }},
      {"conv2d",
       [](Draw& draw) {
         const std::size_t height = draw.size(1, 3);
         const std::size_t width = draw.size(1, 3);
         const Shape x = {draw.size(1, 2), draw.size(height, 4), draw.size(width, 4), draw.size(1, 3)};
         const std::size_t filters = draw.size(1, 3);
         const Padding padding = draw.size(0, 1) == 0 ? Padding::valid : Padding::same;
         return Trial{{draw.tensor(x), draw.tensor({height, width, x[3], filters}), draw.tensor({filters})},
                      [=](const Variables& v) { return conv2d(v[0], v[1], v[2], padding); }};
       }},
      {"conv1d_max",
       [](Draw& draw) {
         const Shape x = {draw.size(1, 3), draw.size(), draw.size(1, 3)};
         const std::size_t window = draw.size(1, 3);
         const std::size_t filters = draw.size(1, 4);
         const auto lengths = draw.lengths(x[0], x[1]);
         return Trial{{draw.tensor(x), draw.tensor({window, x[2], filters}), draw.tensor({filters})},
                      [=](const Variables& v) { return conv1d_max(v[0], v[1], v[2], lengths); }};
       }},
      pool("max_pool1d", max_pool1d, false),
      pool("average_pool1d", average_pool1d, false),
      pool("max_pool2d", max_pool2d, true),
      pool("average_pool2d", average_pool2d, true),
      over_time("max_over_time", max_over_time),
      over_time("mean_over_time", mean_over_time),
      recurrent("rnn", CellKind::rnn),
      recurrent("gru", CellKind::gru),
      recurrent("lstm", CellKind::lstm),
      {"attention",
       [](Draw& draw) {
         const std::size_t batch = draw.size(1, 3);
         const std::size_t keys = draw.size();
         const std::size_t heads = draw.size(1, 3);
         const std::size_t width = heads * draw.size(1, 3);
         const auto lengths = draw.lengths(batch, keys);
         const bool causal = draw.size(0, 1) == 1;
         const Shape of = {batch, keys, width};
         return Trial{{draw.tensor({batch, draw.size(), width}), draw.tensor(of), draw.tensor(of)},
                      [=](const Variables& v) {
                        return attention(v[0], v[1], v[2], {.heads = heads, .lengths = lengths, .causal = causal});
                      }};
       }},
      {"self_attention",
       [](Draw& draw) {
         const Shape x = {draw.size(1, 3), draw.size(), 3 * 2 * draw.size(1, 2)};
         const auto lengths = draw.lengths(x[0], x[1]);
         return Trial{{draw.tensor(x)},
                      [=](const Variables& v) { return self_attention(v[0], {.heads = 2, .lengths = lengths}); }};
       }},
  };
}

std::vector<Case> loss_cases() {
  return {
      {"mean_squared_error",
       [](Draw& draw) {
         const Shape shape = draw.shape();
         const Tensor target = draw.tensor(shape);
         return Trial{{draw.tensor(shape)}, [=](const Variables& v) { return mean_squared_error(v[0], target); }};
       }},
      {"softmax_cross_entropy",
       [](Draw& draw) {
         const Shape shape = {draw.size(), draw.size()};
         std::vector<std::int32_t> labels = draw.ids(shape[0], shape[1]);
         labels[0] = 0;  // one at least counts
         const Tensor drawn = draw.positive({shape[1]});
         const std::vector<Real> weights(drawn.values().begin(), drawn.values().end());
         return Trial{{draw.tensor(shape)}, [=](const Variables& v) {
                        return softmax_cross_entropy(v[0], labels, {.label_smoothing = 0.1, .class_weights = weights});
                      }};
       }},
      {"cross_entropy_of_shares",
       [](Draw& draw) {
         const Shape shape = {draw.size(), draw.size()};
         const Tensor targets = draw.positive(shape);
         return Trial{{draw.tensor(shape)}, [=](const Variables& v) { return softmax_cross_entropy(v[0], targets); }};
       }},
      {"binary_cross_entropy",
       [](Draw& draw) {
         const Shape shape = draw.shape();
         const Tensor targets = draw.positive(shape);
         const Tensor weights = draw.positive(shape);
         return Trial{{draw.tensor(shape)},
                      [=](const Variables& v) { return binary_cross_entropy(v[0], targets, weights); }};
       }},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all = {binary("add", add), binary("sub", sub), binary("mul", mul), binary("div", div)};
  for (auto* const group : {shape_cases, reduce_cases, product_cases, sequence_cases, loss_cases}) {
    for (Case& one : group()) all.push_back(std::move(one));
  }
  return all;
}

class GradientOf : public ::testing::TestWithParam<Case> {};

TEST_P(GradientOf, MatchesCentralDifferencesForShapesThatAreDrawn) {
  for (std::uint64_t seed = 1; seed <= kShapes; ++seed) {
    Draw draw(seed);
    const Trial trial = GetParam().draw(draw);
    const auto loss = [&](Graph&, const Variables& v) { return weighted_sum(trial.operation(v)); };
    EXPECT_LT(gradient_error(loss, trial.inputs), kLimit)
        << "shapes of seed " << seed << ", the first " << trial.inputs.front().shape();
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, GradientOf, ::testing::ValuesIn(all_cases()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace malmoi::neural
