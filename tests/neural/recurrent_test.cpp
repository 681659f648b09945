#include "neural/recurrent.h"

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

constexpr CellKind kKinds[] = {CellKind::rnn, CellKind::gru, CellKind::lstm};
constexpr double kTolerance = sizeof(Real) == 4 ? 1e-5 : 1e-13;

struct PlainWeights {
  Tensor input;
  Tensor recurrent;
  Tensor bias;
  Tensor new_bias;
};

PlainWeights random_weights(CellKind kind, std::size_t inputs, std::size_t hidden) {
  const std::size_t gates = gate_count(kind) * hidden;
  return {random_tensor({inputs, gates}, 11), random_tensor({hidden, gates}, 12), random_tensor({gates}, 13),
          random_tensor({hidden}, 14)};
}

double plain_sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

// One step of one row by the formulas of PyTorch's documentation.
struct PlainCell {
  CellKind kind;
  const PlainWeights& weights;
  std::vector<double> h;
  std::vector<double> c;

  double dot(const Tensor& matrix, const std::vector<double>& x, std::size_t column) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
      sum += x[i] * static_cast<double>(matrix[i * matrix.shape()[1] + column]);
    return sum;
  }
  void take_step(const std::vector<double>& x) {
    const std::size_t n = h.size();
    std::vector<double> next_h(n);
    std::vector<double> next_c(n);
    for (std::size_t j = 0; j < n; ++j) {
      const auto in = [&](std::size_t gate) {
        return dot(weights.input, x, gate * n + j) + static_cast<double>(weights.bias[gate * n + j]);
      };
      const auto past = [&](std::size_t gate) { return dot(weights.recurrent, h, gate * n + j); };
      if (kind == CellKind::rnn) {
        next_h[j] = std::tanh(in(0) + past(0));
      } else if (kind == CellKind::gru) {
        const double r = plain_sigmoid(in(0) + past(0));
        const double z = plain_sigmoid(in(1) + past(1));
        const double fresh = std::tanh(in(2) + r * (past(2) + static_cast<double>(weights.new_bias[j])));
        next_h[j] = (1.0 - z) * fresh + z * h[j];
      } else {
        next_c[j] = plain_sigmoid(in(1) + past(1)) * c[j] + plain_sigmoid(in(0) + past(0)) * std::tanh(in(2) + past(2));
        next_h[j] = plain_sigmoid(in(3) + past(3)) * std::tanh(next_c[j]);
      }
    }
    h = next_h;
    c = next_c;
  }
};

std::vector<double> row_of(const Tensor& tensor, std::size_t row) {
  const std::size_t columns = tensor.shape().cols();
  const auto values = tensor.values().subspan(row * columns, columns);
  return {values.begin(), values.end()};
}

// A sequence with every weight as a variable.
struct Fixture {
  CellKind kind;
  std::size_t batch = 5;
  std::size_t steps = 7;
  std::size_t inputs = 3;
  std::size_t hidden = 4;
  std::vector<int> lengths = {};
  bool reversed = false;

  [[nodiscard]] Tensor x() const { return random_tensor({batch, steps, inputs}, 1); }
  [[nodiscard]] Tensor h0() const { return random_tensor({batch, hidden}, 2); }
  [[nodiscard]] Tensor c0() const { return random_tensor({batch, hidden}, 3); }
  [[nodiscard]] std::vector<Tensor> tensors() const {
    PlainWeights weights = random_weights(kind, inputs, hidden);
    return {x(), h0(), c0(), weights.input, weights.recurrent, weights.bias, weights.new_bias};
  }
  [[nodiscard]] SequenceResult run(const std::vector<Variable>& v) const {
    CellVariables weights = {v[3], v[4], v[5]};
    if (kind == CellKind::gru) weights.new_bias = v[6];
    RecurrentState start = {v[1]};
    if (kind == CellKind::lstm) start.cell = v[2];
    return run_sequence(kind, v[0], weights, {.lengths = lengths, .start = start, .reversed = reversed});
  }
};

// A loss to which everything that a sequence gives contributes, each number with another weight.
Variable weighted_sum(const SequenceResult& result) {
  Graph& graph = result.output.graph();
  Variable loss = sum(result.output * graph.input(random_tensor(result.output.shape(), 21)));
  loss = loss + sum(square(result.end.hidden) * graph.input(random_tensor(result.end.hidden.shape(), 22)));
  if (!result.end.cell) return loss;
  return loss + sum(*result.end.cell * graph.input(random_tensor(result.end.cell->shape(), 23)));
}

void expect_plain_values(const Fixture& fixture) {
  Graph graph(Mode::evaluate, Rng(1));
  std::vector<Variable> variables;
  for (Tensor& tensor : fixture.tensors()) variables.push_back(graph.input(std::move(tensor)));
  const SequenceResult result = fixture.run(variables);
  const PlainWeights weights = random_weights(fixture.kind, fixture.inputs, fixture.hidden);
  for (std::size_t row = 0; row < fixture.batch; ++row) {
    const std::size_t length = fixture.lengths.empty() ? fixture.steps : static_cast<std::size_t>(fixture.lengths[row]);
    PlainCell cell = {fixture.kind, weights, row_of(fixture.h0(), row), row_of(fixture.c0(), row)};
    std::vector<std::vector<double>> outputs(fixture.steps, std::vector<double>(fixture.hidden, 0.0));
    for (std::size_t s = 0; s < length; ++s) {
      const std::size_t step = fixture.reversed ? length - 1 - s : s;
      cell.take_step(row_of(fixture.x(), row * fixture.steps + step));
      outputs[step] = cell.h;
    }
    for (std::size_t j = 0; j < fixture.hidden; ++j) {
      for (std::size_t step = 0; step < fixture.steps; ++step) {
        const std::size_t at = (row * fixture.steps + step) * fixture.hidden + j;
        EXPECT_NEAR(static_cast<double>(result.output.value()[at]), outputs[step][j], kTolerance);
      }
      EXPECT_NEAR(static_cast<double>(result.end.hidden.value()[row * fixture.hidden + j]), cell.h[j], kTolerance);
      if (fixture.kind != CellKind::lstm) continue;
      EXPECT_NEAR(static_cast<double>(result.end.cell->value()[row * fixture.hidden + j]), cell.c[j], kTolerance);
    }
  }
}

TEST(RunSequence, FollowsTheFormulasOfPyTorch) {
  for (const CellKind kind : kKinds) {
    expect_plain_values({.kind = kind});
    expect_plain_values({.kind = kind, .reversed = true});
    expect_plain_values({.kind = kind, .batch = 37, .steps = 4, .inputs = 18, .hidden = 35});
    expect_plain_values({.kind = kind, .batch = 19, .steps = 40, .reversed = true});
  }
}

TEST(RunSequence, EndsEachRowAtItsLength) {
  for (const CellKind kind : kKinds) {
    expect_plain_values({.kind = kind, .lengths = {7, 0, 3, 1, 6}});
    expect_plain_values({.kind = kind, .lengths = {7, 0, 3, 1, 6}, .reversed = true});
  }
}

TEST(RunSequence, CanBeComputedByHand) {
  // One number in and out: h = tanh(0.5 x + 0.25 h + 0.125).
  Graph graph(Mode::evaluate, Rng(1));
  const CellVariables weights = {graph.input(Tensor({1, 1}, {Real(0.5)})), graph.input(Tensor({1, 1}, {Real(0.25)})),
                                 graph.input(Tensor({1}, {Real(0.125)}))};
  const SequenceResult result = run_sequence(CellKind::rnn, graph.input(Tensor({1, 2, 1}, {1, -2})), weights);
  EXPECT_NEAR(static_cast<double>(result.output.value()[0]), 0.55459972234938230, 1e-6);   // tanh(0.625)
  EXPECT_NEAR(static_cast<double>(result.output.value()[1]), -0.62693489391394275, 1e-6);  // tanh(-0.73635006941)
  EXPECT_EQ(result.end.hidden.value()[0], result.output.value()[1]);
}

// Loss and all gradients of one pass.
std::vector<Tensor> run_once(const Fixture& fixture, std::vector<Tensor> tensors, int threads) {
  Graph graph(Mode::train, Rng(1), {.threads = threads});
  std::vector<Variable> variables;
  for (Tensor& tensor : tensors) variables.push_back(graph.input(std::move(tensor)));
  for (const Variable& variable : variables) graph.watch(variable);
  const SequenceResult result = fixture.run(variables);
  const Variable loss = weighted_sum(result);
  std::vector<Tensor> all = {loss.value(), result.output.value()};
  graph.backward(loss);
  for (const Variable& variable : variables) all.push_back(graph.gradient(variable));
  return all;
}

TEST(RunSequence, GivesTheSameBytesForEveryNumberOfThreads) {
  for (const CellKind kind : kKinds) {
    const Fixture fixture = {.kind = kind, .batch = 50, .steps = 30, .inputs = 40, .hidden = 24};
    EXPECT_EQ(run_once(fixture, fixture.tensors(), 1), run_once(fixture, fixture.tensors(), 8));
  }
}

TEST(RunSequence, GivesTheSameBytesWhereNoGradientIsWanted) {
  for (const CellKind kind : kKinds) {
    const Fixture fixture = {.kind = kind, .lengths = {7, 0, 3, 1, 6}};
    std::vector<SequenceResult> results;
    Graph train(Mode::train, Rng(1));
    Graph evaluate(Mode::evaluate, Rng(1));
    for (Graph* const graph : {&train, &evaluate}) {
      std::vector<Variable> variables;
      for (Tensor& tensor : fixture.tensors()) variables.push_back(graph->input(std::move(tensor)));
      results.push_back(fixture.run(variables));
    }
    EXPECT_EQ(results[0].output.value(), results[1].output.value());
    EXPECT_EQ(results[0].end.hidden.value(), results[1].end.hidden.value());
    if (kind != CellKind::lstm) continue;
    EXPECT_EQ(results[0].end.cell->value(), results[1].end.cell->value());
  }
}

TEST(RunSequence, IsNotTouchedByWhatStandsInThePadding) {
  for (const CellKind kind : kKinds) {
    for (const bool reversed : {false, true}) {
      const Fixture fixture = {.kind = kind, .lengths = {7, 0, 3, 1, 6}, .reversed = reversed};
      std::vector<Tensor> changed = fixture.tensors();
      for (std::size_t row = 0; row < fixture.batch; ++row) {
        for (std::size_t step = static_cast<std::size_t>(fixture.lengths[row]); step < fixture.steps; ++step) {
          changed[0][(row * fixture.steps + step) * fixture.inputs] = 1000;
        }
      }
      EXPECT_EQ(run_once(fixture, fixture.tensors(), 1), run_once(fixture, changed, 1));
    }
  }
}

TEST(RunSequence, GoesOnFromACarriedStateAsIfNeverCut) {
  for (const CellKind kind : kKinds) {
    Graph graph(Mode::evaluate, Rng(1));
    const Fixture whole = {.kind = kind};
    std::vector<Variable> v;
    for (Tensor& tensor : whole.tensors()) v.push_back(graph.input(std::move(tensor)));
    const SequenceResult expected = whole.run(v);
    const Variable x = v[0];
    v[0] = slice(x, 1, 0, 3);
    const SequenceResult first = whole.run(v);
    v[0] = slice(x, 1, 3, 7);
    v[1] = first.end.hidden;
    if (first.end.cell) v[2] = *first.end.cell;
    const SequenceResult second = whole.run(v);
    EXPECT_EQ(concatenate({first.output, second.output}, 1).value(), expected.output.value());
    EXPECT_EQ(second.end.hidden.value(), expected.end.hidden.value());
  }
}

TEST(RunSequence, NamesShapesThatDoNotFit) {
  Graph graph(Mode::evaluate, Rng(1));
  const auto input = [&](const Shape& shape) { return graph.input(Tensor(shape)); };
  const CellVariables weights = {input({3, 8}), input({2, 8}), input({8})};
  EXPECT_EQ(error_of([&] {
              (void)run_sequence(CellKind::lstm, input({4, 5, 6}), weights);
            }),
            "run_sequence: weights.input [3 × 8], wanted [6 × 8]");
  EXPECT_EQ(error_of([&] {
              (void)run_sequence(CellKind::lstm, input({4, 5}), weights);
            }),
            "run_sequence: shape [4 × 5], wanted [batch × steps × inputs]");
  const std::vector<int> lengths = {1, 2, 3, 6};
  EXPECT_THROW((void)run_sequence(CellKind::lstm, input({4, 5, 3}), weights, {.lengths = lengths}), Error);
  EXPECT_THROW((void)run_sequence(CellKind::gru, input({4, 5, 3}), weights), Error);
  EXPECT_THROW((void)run_sequence(CellKind::lstm, input({4, 5, 3}), weights, {.start = RecurrentState{input({4, 2})}}),
               Error);
}

TEST(Recurrent, StacksLayersAndReadsBothWays) {
  const std::vector<int> lengths = {4, 2};
  Rng rng(1);
  Recurrent layers({.kind = CellKind::gru, .inputs = 3, .hidden = 2, .layers = 2, .bidirectional = true}, rng);
  std::vector<std::string> names;
  for (const Parameter* parameter : layers.parameters("encoder")) names.push_back(parameter->name);
  EXPECT_EQ(names.size(), 16U);
  EXPECT_EQ(names[3], "encoder.0.new_bias");
  EXPECT_EQ(names[4], "encoder.0.backward.input");
  EXPECT_EQ(names[8], "encoder.1.input");

  Graph graph(Mode::evaluate, Rng(1));
  Variable x = graph.input(random_tensor({2, 4, 3}, 5));
  const RecurrentResult result = layers.forward(x, lengths);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    std::vector<Variable> sides;
    for (std::size_t side = 0; side < 2; ++side) {
      Recurrent::Direction& own = layers.directions[2 * layer + side];
      const CellVariables weights = {graph.parameter(own.input), graph.parameter(own.recurrent),
                                     graph.parameter(own.bias), graph.parameter(own.new_bias)};
      sides.push_back(run_sequence(CellKind::gru, x, weights, {.lengths = lengths, .reversed = side == 1}).output);
    }
    x = concatenate(sides, 2);
  }
  EXPECT_EQ(result.output.value(), x.value());
  EXPECT_EQ(result.ends.size(), 4U);
}

TEST(Recurrent, BeginsWithOrthogonalRecurrentWeightsAndAnOpenForgetGate) {
  Rng rng(1);
  Recurrent layer({.kind = CellKind::lstm, .inputs = 3, .hidden = 4}, rng);
  const Tensor& recurrent = layer.directions[0].recurrent.value;
  for (std::size_t gate = 0; gate < 4; ++gate) {
    double square = 0.0;
    double product = 0.0;
    for (std::size_t row = 0; row < 4; ++row) {
      const double first = static_cast<double>(recurrent[row * 16 + gate * 4]);
      square += first * first;
      product += first * static_cast<double>(recurrent[row * 16 + gate * 4 + 1]);
    }
    EXPECT_NEAR(square, 1.0, 1e-6);
    EXPECT_NEAR(product, 0.0, 1e-6);
  }
  EXPECT_EQ(layer.directions[0].bias.value, Tensor({16}, {0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Recurrent, CarriesItsStateFromOneChunkToTheNext) {
  for (const CellKind kind : kKinds) {
    Rng rng(1);
    Recurrent layers({.kind = kind, .inputs = 3, .hidden = 4, .layers = 2}, rng);
    Graph graph(Mode::evaluate, Rng(1));
    const Variable x = graph.input(random_tensor({2, 6, 3}, 5));
    const CarriedState first = layers.forward(slice(x, 1, 0, 4)).carried();
    EXPECT_EQ(
        concatenate({layers.forward(slice(x, 1, 0, 4)).output, layers.forward(slice(x, 1, 4, 6), {}, &first).output}, 1)
            .value(),
        layers.forward(x).output.value());
  }
}

TEST(Recurrent, RefusesWhatItCannotDo) {
  Rng rng(1);
  EXPECT_THROW(Recurrent({.inputs = 0, .hidden = 4}, rng), Error);
  EXPECT_THROW(Recurrent({.inputs = 3, .hidden = 4, .dropout = 1.0}, rng), Error);
  Recurrent both({.kind = CellKind::rnn, .inputs = 3, .hidden = 4, .bidirectional = true}, rng);
  Graph graph(Mode::evaluate, Rng(1));
  const Variable x = graph.input(Tensor({2, 6, 3}));
  const CarriedState state = both.forward(x).carried();
  EXPECT_THROW((void)both.forward(x, {}, &state), Error);
  Recurrent two({.kind = CellKind::rnn, .inputs = 3, .hidden = 4, .layers = 3}, rng);
  EXPECT_THROW((void)two.forward(x, {}, &state), Error);
}

#ifdef MALMOI_REAL_DOUBLE
TEST(RunSequence, GradientMatchesCentralDifferences) {
  for (const CellKind kind : kKinds) {
    for (const bool reversed : {false, true}) {
      const Fixture full = {.kind = kind, .reversed = reversed};
      const auto of_full = [&](Graph&, const std::vector<Variable>& v) { return weighted_sum(full.run(v)); };
      EXPECT_LT(gradient_error(of_full, full.tensors()), 1e-8);
      const Fixture ragged = {.kind = kind, .lengths = {7, 0, 3, 1, 6}, .reversed = reversed};
      const auto of_ragged = [&](Graph&, const std::vector<Variable>& v) { return weighted_sum(ragged.run(v)); };
      EXPECT_LT(gradient_error(of_ragged, ragged.tensors()), 1e-8);
    }
  }
}

TEST(RunSequence, OnlyTheLastCellCanBearALoss) {
  const Fixture fixture = {.kind = CellKind::lstm, .lengths = {7, 0, 3, 1, 6}};
  const auto loss = [&](Graph&, const std::vector<Variable>& v) { return sum(square(*fixture.run(v).end.cell)); };
  EXPECT_LT(gradient_error(loss, fixture.tensors()), 1e-8);
}

TEST(RunSequence, CarriesGradientsThroughTwoHundredSteps) {
  for (const CellKind kind : kKinds) {
    const Fixture fixture = {.kind = kind, .batch = 1, .steps = 200, .inputs = 2, .hidden = 3};
    const auto loss = [&](Graph&, const std::vector<Variable>& v) { return weighted_sum(fixture.run(v)); };
    EXPECT_LT(gradient_error(loss, fixture.tensors()), 1e-8);
  }
}

TEST(Recurrent, GradientsMatchCentralDifferences) {
  const std::vector<int> lengths = {4, 2};
  for (const CellKind kind : kKinds) {
    Rng rng(1);
    Recurrent layers({.kind = kind, .inputs = 2, .hidden = 3, .layers = 2, .bidirectional = true, .dropout = 0.4}, rng);
    const auto loss = [&](Graph& graph) {
      const RecurrentResult result = layers.forward(graph.input(random_tensor({2, 4, 2}, 5)), lengths);
      return weighted_sum(result.output) + weighted_sum(result.ends[1].hidden, 7);
    };
    EXPECT_LT(gradient_error(loss, layers.parameters("encoder")), 1e-8);
  }
}
#endif

}  // namespace
}  // namespace malmoi::neural
