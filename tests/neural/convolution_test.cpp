#include "neural/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "neural/ops.h"
#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

constexpr double kTolerance = sizeof(Real) == 4 ? 1e-5 : 1e-13;

// The value of an operation on constants.
Tensor value_of(const std::vector<Tensor>& inputs,
                const std::function<Variable(const std::vector<Variable>&)>& operation, int threads = 1) {
  Graph graph(Mode::evaluate, Rng(1), {.threads = threads});
  std::vector<Variable> variables;
  for (const Tensor& input : inputs) variables.push_back(graph.input(input));
  return operation(variables).value();
}

void expect_near(const Tensor& seen, const Tensor& expected) {
  ASSERT_EQ(seen.shape(), expected.shape());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(seen[i]), static_cast<double>(expected[i]), kTolerance) << "at " << i;
  }
}

// Six loops; zeros around where `same`.
Tensor plain_conv2d(const Tensor& x, const Tensor& w, const Tensor& bias, Padding padding) {
  const Shape& in = x.shape();
  const Shape& window = w.shape();
  const bool same = padding == Padding::same;
  const std::size_t height = same ? in[1] : in[1] - window[0] + 1;
  const std::size_t width = same ? in[2] : in[2] - window[1] + 1;
  const auto above = static_cast<std::ptrdiff_t>(same ? (window[0] - 1) / 2 : 0);
  const auto before = static_cast<std::ptrdiff_t>(same ? (window[1] - 1) / 2 : 0);
  Tensor out({in[0], height, width, window[3]});
  const auto at = [&](std::size_t b, std::ptrdiff_t y, std::ptrdiff_t column, std::size_t c) {
    if (y < 0 || column < 0 || y >= std::ptrdiff_t(in[1]) || column >= std::ptrdiff_t(in[2])) return 0.0;
    return static_cast<double>(x[((b * in[1] + std::size_t(y)) * in[2] + std::size_t(column)) * in[3] + c]);
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t f = i % window[3];
    const auto column = static_cast<std::ptrdiff_t>(i / window[3] % width);
    const auto y = static_cast<std::ptrdiff_t>(i / window[3] / width % height);
    double sum = static_cast<double>(bias[f]);
    for (std::size_t j = 0; j < w.size() / window[3]; ++j) {
      const std::size_t c = j % in[3];
      const auto dx = static_cast<std::ptrdiff_t>(j / in[3] % window[1]);
      const auto dy = static_cast<std::ptrdiff_t>(j / in[3] / window[1]);
      sum += at(i / window[3] / width / height, y + dy - above, column + dx - before, c) *
             static_cast<double>(w[j * window[3] + f]);
    }
    out[i] = static_cast<Real>(sum);
  }
  return out;
}

Tensor reshaped(Tensor tensor, const Shape& shape) {
  tensor.reshape(shape);
  return tensor;
}

TEST(Conv1d, CanBeComputedByHand) {
  // Two channels, one filter of width 2 with weights 1 2 | 3 4 and bias 10.
  const Tensor x({1, 3, 2}, {1, 0, 0, 1, 2, 2});
  const Tensor w({2, 2, 1}, {1, 2, 3, 4});
  const Tensor bias({1}, {10});
  const auto valid = [](const std::vector<Variable>& v) { return conv1d(v[0], v[1], v[2]); };
  EXPECT_EQ(value_of({x, w, bias}, valid), Tensor({1, 2, 1}, {1 + 4 + 10, 2 + 6 + 8 + 10}));
  const auto same = [](const std::vector<Variable>& v) { return conv1d(v[0], v[1], v[2], Padding::same); };
  EXPECT_EQ(value_of({x, w, bias}, same), Tensor({1, 3, 1}, {15, 26, 2 + 4 + 10}));  // the zero row is behind
  const auto best = [](const std::vector<Variable>& v) { return conv1d_max(v[0], v[1], v[2]); };
  EXPECT_EQ(value_of({x, w, bias}, best), Tensor({1, 1}, {26}));
}

TEST(Conv1d, EqualsPlainLoops) {
  for (const std::size_t window : {1, 2, 3, 4}) {
    for (const Padding padding : {Padding::valid, Padding::same}) {
      const Tensor x = random_tensor({3, 9, 5}, 1);
      const Tensor w = random_tensor({window, 5, 7}, 2);
      const Tensor bias = random_tensor({7}, 3);
      Tensor expected = plain_conv2d(reshaped(x, {3, 1, 9, 5}), reshaped(w, {1, window, 5, 7}), bias, padding);
      expected.reshape({3, expected.shape()[2], 7});
      expect_near(value_of({x, w, bias}, [&](const auto& v) { return conv1d(v[0], v[1], v[2], padding); }), expected);
    }
  }
}

TEST(Conv2d, EqualsPlainLoops) {
  for (const Padding padding : {Padding::valid, Padding::same}) {
    const Tensor x = random_tensor({2, 6, 7, 3}, 1);
    const Tensor w = random_tensor({3, 2, 3, 5}, 2);
    const Tensor bias = random_tensor({5}, 3);
    expect_near(value_of({x, w, bias}, [&](const auto& v) { return conv2d(v[0], v[1], v[2], padding); }),
                plain_conv2d(x, w, bias, padding));
  }
}

// Windows are scored in pairs, by threes, twos and ones of their steps: every mixture of these is tried.
TEST(Conv1dMax, IsTheGreatestOfTheWindowsInsideTheLength) {
  constexpr std::size_t kFilters = 21;   // a whole vector and a part of one
  constexpr std::size_t kChannels = 19;  // likewise
  const std::vector<int> lengths = {9, 3, 4, 1, 0, 8, 7};
  const Tensor x = random_tensor({lengths.size(), 9, kChannels}, 1);
  for (std::size_t window = 1; window <= 8; ++window) {
    const Tensor w = random_tensor({window, kChannels, kFilters}, 2);
    const Tensor bias = random_tensor({kFilters}, 3);
    const Tensor seen = value_of({x, w, bias}, [&](const auto& v) { return conv1d_max(v[0], v[1], v[2], lengths); });
    for (std::size_t text = 0; text < lengths.size(); ++text) {
      const auto length = static_cast<std::size_t>(lengths[text]);
      Tensor own({1, std::max(length, window), kChannels});  // zeros behind a text shorter than the window
      std::copy_n(x.data() + text * 9 * kChannels, length * kChannels, own.data());
      const Tensor all = value_of({own, w, bias}, [&](const auto& v) { return conv1d(v[0], v[1], v[2]); });
      for (std::size_t f = 0; f < kFilters; ++f) {
        Real best = all[f];
        for (std::size_t i = f; i < all.size(); i += kFilters) best = std::max(best, all[i]);
        EXPECT_NEAR(static_cast<double>(seen[text * kFilters + f]), static_cast<double>(best), 4 * kTolerance)
            << window << ' ' << length;
      }
    }
  }
}

TEST(Conv1dMax, IsNotTouchedByWhatStandsInThePadding) {
  const std::vector<int> lengths = {2, 5};
  const Tensor x = random_tensor({2, 7, 3}, 1);
  Tensor changed = x;
  for (std::size_t step = 2; step < 7; ++step) changed[step * 3] = 1000;
  for (std::size_t step = 5; step < 7; ++step) changed[(7 + step) * 3 + 1] = -1000;
  const std::vector<Tensor> rest = {random_tensor({3, 3, 4}, 2), random_tensor({4}, 3)};
  const auto best = [&](const auto& v) { return conv1d_max(v[0], v[1], v[2], lengths); };
  EXPECT_EQ(value_of({x, rest[0], rest[1]}, best), value_of({changed, rest[0], rest[1]}, best));
  const auto greatest = [&](const auto& v) { return max_over_time(v[0], lengths); };
  EXPECT_EQ(value_of({x}, greatest), value_of({changed}, greatest));
  const auto mean = [&](const auto& v) { return mean_over_time(v[0], lengths); };
  EXPECT_EQ(value_of({x}, mean), value_of({changed}, mean));
}

TEST(Pooling, CanBeComputedByHand) {
  const Tensor x({1, 5, 1}, {1, 4, 2, 8, 9});
  EXPECT_EQ(value_of({x}, [](const auto& v) { return max_pool1d(v[0]); }), Tensor({1, 2, 1}, {4, 8}));
  EXPECT_EQ(value_of({x}, [](const auto& v) { return average_pool1d(v[0]); }), Tensor({1, 2, 1}, {2.5, 5}));
  EXPECT_EQ(value_of({x}, [](const auto& v) { return max_pool1d(v[0], {.window = 3, .stride = 1}); }),
            Tensor({1, 3, 1}, {4, 8, 9}));
  const Tensor picture({1, 2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 9});
  EXPECT_EQ(value_of({picture}, [](const auto& v) { return max_pool2d(v[0]); }), Tensor({1, 1, 2, 1}, {6, 9}));
  EXPECT_EQ(value_of({picture}, [](const auto& v) { return average_pool2d(v[0]); }), Tensor({1, 1, 2, 1}, {3.5, 5.75}));
  const std::vector<int> lengths = {2, 0};
  const Tensor texts({2, 3, 2}, {1, 2, 3, -4, 100, 100, 7, 7, 7, 7, 7, 7});
  EXPECT_EQ(value_of({texts}, [&](const auto& v) { return max_over_time(v[0], lengths); }),
            Tensor({2, 2}, {3, 2, 0, 0}));
  EXPECT_EQ(value_of({texts}, [&](const auto& v) { return mean_over_time(v[0], lengths); }),
            Tensor({2, 2}, {2, -1, 0, 0}));
}

TEST(Convolution, GivesTheSameBytesForEveryNumberOfThreads) {
  const std::vector<int> lengths = {20, 3, 11, 20, 1, 0, 20, 7, 19, 20, 20};
  std::vector<Parameter> parameters = {{.name = "x", .value = random_tensor({11, 20, 24}, 1)},
                                       {.name = "w", .value = random_tensor({4, 24, 50}, 2)},
                                       {.name = "b", .value = random_tensor({50}, 3)}};
  const auto gradients = [&](int threads) {
    Graph graph(Mode::train, Rng(1), {.threads = threads});
    std::vector<Variable> v;
    for (Parameter& parameter : parameters) {
      parameter.clear_gradient();
      v.push_back(graph.parameter(parameter));
    }
    const Variable all = max_over_time(conv1d(v[0], v[1], v[2], Padding::same), lengths);
    graph.backward(sum(square(all)) + sum(square(conv1d_max(v[0], v[1], v[2], lengths))));
    return std::vector<Tensor>{parameters[0].grad, parameters[1].grad, parameters[2].grad};
  };
  EXPECT_EQ(gradients(1), gradients(8));
}

TEST(Convolution, NamesShapesThatDoNotFit) {
  Graph graph(Mode::evaluate, Rng(1));
  const auto input = [&](const Shape& shape) { return graph.input(Tensor(shape)); };
  const std::string text_forms = ", wanted [batch × steps × channels] and [window × channels × filters]";
  EXPECT_EQ(error_of([&] {
              (void)conv1d(input({2, 5, 3}), input({2, 4, 6}), input({6}));
            }),
            "conv1d: shapes [2 × 5 × 3] and [2 × 4 × 6]" + text_forms);
  EXPECT_EQ(error_of([&] {
              (void)conv1d_max(input({2, 5, 3}), input({2, 4, 6}), input({6}));
            }),
            "conv1d_max: shapes [2 × 5 × 3] and [2 × 4 × 6]" + text_forms);
  EXPECT_THROW((void)conv1d(input({2, 1, 3}), input({2, 3, 6}), input({6})), Error);
  EXPECT_EQ(error_of([&] {
              (void)conv1d(input({2, 5, 3}), input({2, 3, 6}), input({5}));
            }),
            "conv1d: shapes [2 × 3 × 6] and [5], wanted a bias of as many numbers as filters");
  EXPECT_EQ(
      error_of([&] {
        (void)conv2d(input({2, 5, 3}), input({2, 3, 6}), input({6}));
      }),
      "conv2d: shapes [2 × 5 × 3] and [2 × 3 × 6], wanted [batch × height × width × channels] and [height × width "
      "× channels × filters]");
  EXPECT_EQ(error_of([&] {
              (void)max_pool1d(input({2, 5, 3}), {.window = 6});
            }),
            "max_pool1d: shapes [2 × 5 × 3] and [6], wanted [batch × steps × channels] and a window of at most the "
            "steps");
  EXPECT_EQ(error_of([&] {
              (void)max_over_time(input({2, 5}));
            }),
            "max_over_time: shape [2 × 5], wanted [batch × steps × channels]");
  const std::vector<int> lengths = {1, 6};
  EXPECT_EQ(error_of([&] {
              (void)conv1d_max(input({2, 5, 3}), input({2, 3, 6}), input({6}), lengths);
            }),
            "conv1d_max: length 6, wanted 0 .. 5");
}

#ifdef MALMOI_REAL_DOUBLE
// A loss of all numbers of an operation's result.
template <typename Operation>
double slope_error(const Operation& operation, const std::vector<Tensor>& inputs) {
  return gradient_error([&](Graph&, const std::vector<Variable>& v) { return weighted_sum(operation(v)); }, inputs);
}

TEST(Convolution, GradientsMatchCentralDifferences) {
  const std::vector<Tensor> text = {random_tensor({9, 6, 3}, 1), random_tensor({3, 3, 4}, 2), random_tensor({4}, 3)};
  const std::vector<int> lengths = {6, 2, 0, 3, 4, 6, 6, 5, 1};
  for (const Padding padding : {Padding::valid, Padding::same}) {
    EXPECT_LT(slope_error([&](const auto& v) { return conv1d(v[0], v[1], v[2], padding); }, text), 1e-8);
    const std::vector<Tensor> picture = {random_tensor({2, 4, 5, 2}, 1), random_tensor({2, 3, 2, 3}, 2),
                                         random_tensor({3}, 3)};
    EXPECT_LT(slope_error([&](const auto& v) { return conv2d(v[0], v[1], v[2], padding); }, picture), 1e-8);
  }
  EXPECT_LT(slope_error([&](const auto& v) { return conv1d_max(v[0], v[1], v[2], lengths); }, text), 1e-8);
  EXPECT_LT(slope_error([&](const auto& v) { return max_over_time(v[0], lengths); }, text), 1e-8);
  EXPECT_LT(slope_error([&](const auto& v) { return mean_over_time(v[0], lengths); }, text), 1e-8);
}

TEST(Pooling, GradientsMatchCentralDifferences) {
  const PoolOptions overlapping = {.window = 3, .stride = 2};
  const std::vector<Tensor> text = {random_tensor({3, 8, 2}, 1)};
  EXPECT_LT(slope_error([&](const auto& v) { return max_pool1d(v[0], overlapping); }, text), 1e-8);
  EXPECT_LT(slope_error([&](const auto& v) { return average_pool1d(v[0], overlapping); }, text), 1e-8);
  const std::vector<Tensor> picture = {random_tensor({2, 5, 6, 2}, 1)};
  EXPECT_LT(slope_error([&](const auto& v) { return max_pool2d(v[0], overlapping); }, picture), 1e-8);
  EXPECT_LT(slope_error([&](const auto& v) { return average_pool2d(v[0], overlapping); }, picture), 1e-8);
}

TEST(Conv1dLayer, GradientsMatchCentralDifferences) {
  Rng rng(1);
  Conv1d text(3, 2, 4, rng);
  Conv2d picture(2, 2, 3, rng);
  const auto of_text = [&](Graph& graph) {
    return weighted_sum(text.forward(graph.input(random_tensor({2, 5, 2}, 4))));
  };
  EXPECT_LT(gradient_error(of_text, text.parameters("conv")), 1e-8);
  const auto of_picture = [&](Graph& graph) {
    return weighted_sum(picture.forward(graph.input(random_tensor({2, 3, 4, 2}, 4)), Padding::same));
  };
  EXPECT_LT(gradient_error(of_picture, picture.parameters("conv")), 1e-8);
}
#endif

}  // namespace
}  // namespace malmoi::neural
