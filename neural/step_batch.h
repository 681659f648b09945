#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neural/row_table.h"

namespace malmoi::neural {

/// How many pairs of a batch each row takes part in. Steps that are found from the same state all push a row the same
/// way: where there are many of them, each counts for less, so that together they go no further than a few would.
struct RowTouches {
  std::vector<std::int32_t> inputs;   ///< [rows of the table]
  std::vector<std::int32_t> outputs;  ///< likewise
  float most = 0.0F;                  ///< pairs that count whole; of c > most each counts most / c

  [[nodiscard]] float share(std::int32_t count) const {
    return static_cast<float>(count) <= most ? 1.0F : most / static_cast<float>(count);
  }
};

/// Columns of a table: lines [first, last) of every row.
struct LineRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

struct Changes {
  const RowTouches* touches = nullptr;  ///< of all batches that are applied together; null: all pairs count whole
  LineRange lines;                      ///< which columns are changed
};

/// Steps of logistic regression between rows of two tables: every input row x tells for every output row y with
/// σ(x · y) whether y's label is 1. Their errors are found all from the same state of the tables; then they are applied
/// one after the other, to all columns or to some: who does which columns changes no bit.
class StepBatch {
 public:
  StepBatch(const RowTable& inputs, const RowTable& outputs) : inputs_(&inputs), outputs_(&outputs) {}

  void clear();
  [[nodiscard]] std::size_t steps() const noexcept { return steps_.size(); }

  // The next step's rows; a row may occur more than once.
  void add_input(std::int32_t row) { input_rows_.push_back(row); }
  void add_output(std::int32_t row, float label) {
    output_rows_.push_back(row);
    labels_.push_back(label);
  }
  /// mean: the step has one input vector, the mean of the input rows
  void end_step(bool mean);

  /// G(m, n) = rate · (label(m) - σ(x(n) · y(m))) of all steps.
  void find_errors(float rate);

  /// -Σ ln p(label) of a step, divided by its number of input vectors. Before find_errors.
  [[nodiscard]] double loss(std::size_t step) const;

  /// Adds the pairs of each row, or takes them away again.
  void add_touches(RowTouches& touches) const { change_touches(touches, 1); }
  void remove_touches(RowTouches& touches) const { change_touches(touches, -1); }

  /// y(m) += Σ G(m, n) x(n) and x(n) += Σ G(m, n) y(m), with y and x as they were before the step. Where x is a mean,
  /// it is that of find_errors, and each of its rows gets the whole sum, as in word2vec.
  void apply(RowTable& inputs, RowTable& outputs, const Changes& changes) const;

 private:
  struct Step {
    std::size_t inputs = 0;  // where its rows begin, and its errors and mean
    std::size_t outputs = 0;
    std::size_t errors = 0;
    std::size_t columns = 1;  // of errors [outputs × columns]: input vectors in whole groups, or the mean alone
    std::int32_t mean = -1;   // number of its mean
  };
  // One step's lists of rows.
  [[nodiscard]] std::span<const std::int32_t> inputs_of(std::size_t s) const {
    const std::size_t end = s + 1 < steps_.size() ? steps_[s + 1].inputs : input_rows_.size();
    return std::span(input_rows_).subspan(steps_[s].inputs, end - steps_[s].inputs);
  }
  [[nodiscard]] std::span<const std::int32_t> outputs_of(std::size_t s) const {
    const std::size_t end = s + 1 < steps_.size() ? steps_[s + 1].outputs : output_rows_.size();
    return std::span(output_rows_).subspan(steps_[s].outputs, end - steps_[s].outputs);
  }
  [[nodiscard]] const float* mean_of(const Step& step) const {
    return means_[static_cast<std::size_t>(step.mean) * inputs_->width()].values;
  }
  void change_touches(RowTouches& touches, std::int32_t by) const;
  void find_mean(std::size_t s);
  void find_products(std::size_t s);
  void add_gradients(std::size_t s, const RowTable& outputs, const LineRange& lines, std::vector<RowLine>& sums) const;
  void change_outputs(std::size_t s, const RowTable& inputs, RowTable& outputs, const Changes& changes) const;

  const RowTable* inputs_;
  const RowTable* outputs_;
  std::vector<Step> steps_;
  std::size_t open_inputs_ = 0;  // where the next step begins
  std::size_t open_outputs_ = 0;
  std::size_t error_count_ = 0;
  std::int32_t mean_count_ = 0;
  std::vector<std::int32_t> input_rows_;
  std::vector<std::int32_t> output_rows_;
  std::vector<float> labels_;
  std::vector<RowLine> errors_;
  std::vector<RowLine> means_;
};

}  // namespace malmoi::neural
