#include "neural/step_batch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

using Matrix = std::vector<std::vector<double>>;

RowTable random_table(std::size_t rows, std::int32_t dimensions, std::uint64_t seed) {
  RowTable table(rows, dimensions);
  fill_uniform(table, 0.8F, seed);
  return table;
}

Matrix matrix_of(const RowTable& table) {
  Matrix matrix(table.rows());
  for (std::size_t r = 0; r < table.rows(); ++r) {
    matrix[r].assign(table.row(r), table.row(r) + table.dimensions());
  }
  return matrix;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

struct PlainStep {
  std::vector<std::int32_t> inputs;
  std::vector<std::int32_t> outputs;
  std::vector<float> labels;
  bool mean = false;
};

std::vector<std::vector<double>> vectors_of(const PlainStep& step, const Matrix& inputs) {
  std::vector<std::vector<double>> xs;
  for (const std::int32_t row : step.inputs) xs.push_back(inputs[static_cast<std::size_t>(row)]);
  if (!step.mean) return xs;
  std::vector<double> mean(xs[0].size(), 0.0);
  for (const auto& x : xs) {
    for (std::size_t i = 0; i < x.size(); ++i) mean[i] += x[i] / static_cast<double>(xs.size());
  }
  return {mean};
}

// The step as its formulas have it, pair by pair in double.
void plain_step(const PlainStep& step, double rate, Matrix& inputs, Matrix& outputs) {
  const auto xs = vectors_of(step, inputs);
  const Matrix before = outputs;
  Matrix sums(xs.size(), std::vector<double>(xs[0].size(), 0.0));
  for (std::size_t m = 0; m < step.outputs.size(); ++m) {
    const auto row = static_cast<std::size_t>(step.outputs[m]);
    for (std::size_t n = 0; n < xs.size(); ++n) {
      const double error = rate * (static_cast<double>(step.labels[m]) - sigmoid(product(xs[n], before[row])));
      for (std::size_t i = 0; i < xs[n].size(); ++i) {
        sums[n][i] += error * before[row][i];
        outputs[row][i] += error * xs[n][i];
      }
    }
  }
  for (std::size_t n = 0; n < step.inputs.size(); ++n) {
    auto& row = inputs[static_cast<std::size_t>(step.inputs[n])];
    for (std::size_t i = 0; i < row.size(); ++i) row[i] += sums[step.mean ? 0 : n][i];
  }
}

double plain_loss(const PlainStep& step, const Matrix& inputs, const Matrix& outputs) {
  double loss = 0.0;
  for (const auto& x : vectors_of(step, inputs)) {
    for (std::size_t m = 0; m < step.outputs.size(); ++m) {
      const double p = sigmoid(product(x, outputs[static_cast<std::size_t>(step.outputs[m])]));
      loss -= std::log(step.labels[m] > 0.5F ? p : 1 - p);
    }
  }
  return loss;
}

void add(const PlainStep& step, StepBatch& batch) {
  for (const std::int32_t row : step.inputs) batch.add_input(row);
  for (std::size_t m = 0; m < step.outputs.size(); ++m) batch.add_output(step.outputs[m], step.labels[m]);
  batch.end_step(step.mean);
}

void expect_near(const RowTable& table, const Matrix& expected, double tolerance) {
  for (std::size_t r = 0; r < table.rows(); ++r) {
    for (std::size_t i = 0; i < expected[r].size(); ++i) {
      EXPECT_NEAR(static_cast<double>(table.row(r)[i]), expected[r][i], tolerance) << "row " << r << " column " << i;
    }
    for (std::size_t i = expected[r].size(); i < table.width() * 16; ++i) EXPECT_EQ(table.row(r)[i], 0.0F);
  }
}

// Skip-gram (many inputs), CBOW or sub-words (a mean) and hierarchical softmax (labels of both kinds), each with a row
// that occurs twice and numbers of rows that fill no group.
const std::vector<PlainStep> kSteps = {
    {{0, 1, 2, 1, 4}, {3, 5, 0}, {1, 0, 0}, false},
    {{2}, {6}, {1}, false},
    {{5, 3, 3}, {1, 2, 1, 4, 6}, {1, 0, 1, 0, 0}, true},
    {{6}, {0, 1, 2, 3, 4, 5, 6, 0, 1}, {1, 1, 0, 0, 1, 0, 1, 0, 1}, true},
};

TEST(StepBatch, TakesTheStepOfTheFormulas) {
  for (const std::int32_t dimensions : {1, 16, 37}) {
    for (const PlainStep& step : kSteps) {
      RowTable inputs = random_table(7, dimensions, 1);
      RowTable outputs = random_table(7, dimensions, 2);
      Matrix expected_inputs = matrix_of(inputs);
      Matrix expected_outputs = matrix_of(outputs);
      StepBatch batch(inputs, outputs);
      add(step, batch);
      const double vectors = step.mean ? 1.0 : static_cast<double>(step.inputs.size());
      EXPECT_NEAR(batch.loss(0) * vectors, plain_loss(step, expected_inputs, expected_outputs), 1e-5);
      plain_step(step, 0.3, expected_inputs, expected_outputs);
      batch.find_errors(0.3F);
      batch.apply(inputs, outputs, {nullptr, {0, inputs.width()}});
      expect_near(inputs, expected_inputs, 2e-6);
      expect_near(outputs, expected_outputs, 2e-6);
    }
  }
}

TEST(StepBatch, StepIsTheGradientOfTheLoss) {
  for (const PlainStep& step : kSteps) {
    const Matrix inputs = matrix_of(random_table(7, 5, 1));
    const Matrix outputs = matrix_of(random_table(7, 5, 2));
    Matrix moved_inputs = inputs;
    Matrix moved_outputs = outputs;
    plain_step(step, 1.0, moved_inputs, moved_outputs);
    constexpr double kStep = 1e-6;
    for (std::size_t row = 0; row < 7; ++row) {
      for (std::size_t i = 0; i < 5; ++i) {
        Matrix up = outputs;
        Matrix down = outputs;
        up[row][i] += kStep;
        down[row][i] -= kStep;
        const double slope = (plain_loss(step, inputs, up) - plain_loss(step, inputs, down)) / (2 * kStep);
        EXPECT_NEAR(moved_outputs[row][i] - outputs[row][i], -slope, 1e-8);
        up = inputs;
        down = inputs;
        up[row][i] += kStep;
        down[row][i] -= kStep;
        // word2vec gives each row of a mean the whole gradient of the mean: of k rows k times its own.
        const double rows = step.mean ? static_cast<double>(step.inputs.size()) : 1.0;
        const double input_slope = (plain_loss(step, up, outputs) - plain_loss(step, down, outputs)) / (2 * kStep);
        EXPECT_NEAR(moved_inputs[row][i] - inputs[row][i], -rows * input_slope, 1e-8);
      }
    }
  }
}

TEST(StepBatch, GivesTheSameBitsInWhateverColumnsItIsApplied) {
  RowTable inputs = random_table(7, 100, 1);
  RowTable outputs = random_table(7, 100, 2);
  StepBatch batch(inputs, outputs);
  for (const PlainStep& step : kSteps) add(step, batch);
  EXPECT_EQ(batch.steps(), 4U);
  batch.find_errors(0.3F);
  RowTable other_inputs = inputs;
  RowTable other_outputs = outputs;
  batch.apply(inputs, outputs, {nullptr, {0, 7}});
  for (const LineRange lines : {LineRange{5, 7}, LineRange{0, 1}, LineRange{1, 5}}) {
    batch.apply(other_inputs, other_outputs, {nullptr, lines});
  }
  EXPECT_EQ(packed(inputs), packed(other_inputs));
  EXPECT_EQ(packed(outputs), packed(other_outputs));
}

TEST(StepBatch, ManyPairsOfARowCountAsAFewWould) {
  RowTable inputs = random_table(2, 16, 1);
  RowTable outputs = random_table(3, 16, 2);
  const RowTable inputs_before = inputs;
  const RowTable outputs_before = outputs;
  StepBatch batch(inputs, outputs);
  for (int i = 0; i < 8; ++i) add({{0}, {0, 1}, {1, 0}, false}, batch);
  add({{1}, {2}, {1}, false}, batch);
  RowTouches touches{{0, 0}, {0, 0, 0}, 4.0F};
  batch.add_touches(touches);
  EXPECT_EQ(touches.inputs, (std::vector<std::int32_t>{16, 1}));
  EXPECT_EQ(touches.outputs, (std::vector<std::int32_t>{8, 8, 1}));
  batch.find_errors(1e-3F);
  batch.apply(inputs, outputs, {&touches, {0, 1}});
  batch.remove_touches(touches);
  EXPECT_EQ(touches.inputs, (std::vector<std::int32_t>{0, 0}));

  // Input row 0 moves a quarter of eight steps' way, output row 0 a half, the others all of theirs.
  const auto error = [&](std::size_t x, std::size_t y, double label) {
    return 1e-3 * (label - sigmoid(product(matrix_of(inputs_before)[x], matrix_of(outputs_before)[y])));
  };
  for (std::size_t i = 0; i < 16; ++i) {
    const auto moved = [&](const RowTable& now, const RowTable& before, std::size_t row) {
      return static_cast<double>(now.row(row)[i]) - static_cast<double>(before.row(row)[i]);
    };
    const auto of = [&](const RowTable& table, std::size_t row) { return static_cast<double>(table.row(row)[i]); };
    EXPECT_NEAR(moved(inputs, inputs_before, 0),
                2 * (error(0, 0, 1) * of(outputs_before, 0) + error(0, 1, 0) * of(outputs_before, 1)), 2e-5);
    EXPECT_NEAR(moved(outputs, outputs_before, 0), 4 * error(0, 0, 1) * of(inputs_before, 0), 2e-5);
    EXPECT_NEAR(moved(outputs, outputs_before, 2), error(1, 2, 1) * of(inputs_before, 1), 1e-6);
  }
}

TEST(RowTable, SigmoidIsAsExactAsFloatsAllow) {
  for (int i = -216; i <= 216; ++i) {
    const double x = 0.37 * i;
    std::vector<RowLine> lines(1);
    lines[0].values[3] = static_cast<float>(x);
    apply_sigmoid(lines);
    const double expected = sigmoid(static_cast<double>(static_cast<float>(x)));
    EXPECT_NEAR(static_cast<double>(lines[0].values[3]), expected, 2e-7 * (1 + std::abs(x)) * expected + 1e-35) << x;
    EXPECT_EQ(lines[0].values[0], 0.5F);
  }
}

TEST(RowTable, PacksAndUnpacks) {
  const RowTable table = random_table(3, 21, 9);
  const std::vector<float> values = packed(table);
  ASSERT_EQ(values.size(), 63U);
  EXPECT_EQ(values[21], table.row(1)[0]);
  EXPECT_EQ(packed(unpacked(values, 21)), values);
}

}  // namespace
}  // namespace malmoi::neural
