#include "neural/step_batch.h"

#include <algorithm>
#include <cmath>

namespace malmoi::neural {
namespace {

constexpr std::size_t kLine = 16;

std::size_t whole_groups(std::size_t n) {
  return (n + kRowGroup - 1) / kRowGroup * kRowGroup;
}

std::size_t at(std::int32_t row) {
  return static_cast<std::size_t>(row);
}

struct Group {
  const float* rows[kRowGroup];
};

// The group of rows that begins with the i-th, from a line of theirs on; filled up with zeros.
Group group_at(const RowTable& table, std::span<const std::int32_t> rows, std::size_t i, std::size_t first_line) {
  Group group = {};
  for (std::size_t j = 0; j < kRowGroup; ++j) {
    group.rows[j] = i + j < rows.size() ? table.row(at(rows[i + j])) + first_line * kLine : zero_row();
  }
  return group;
}

}  // namespace

void StepBatch::clear() {
  steps_.clear();
  input_rows_.clear();
  output_rows_.clear();
  labels_.clear();
  open_inputs_ = 0;
  open_outputs_ = 0;
  error_count_ = 0;
  mean_count_ = 0;
}

void StepBatch::end_step(bool mean) {
  const std::size_t columns = mean ? 1 : whole_groups(input_rows_.size() - open_inputs_);
  steps_.push_back({open_inputs_, open_outputs_, error_count_, columns, mean ? mean_count_++ : -1});
  error_count_ += columns * whole_groups(output_rows_.size() - open_outputs_);
  open_inputs_ = input_rows_.size();
  open_outputs_ = output_rows_.size();
}

void StepBatch::find_errors(float rate) {
  errors_.assign(error_count_ / kLine + 1, RowLine{});
  means_.assign(at(mean_count_) * inputs_->width(), RowLine{});
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    if (steps_[s].mean >= 0) find_mean(s);
    find_products(s);
  }
  apply_sigmoid(errors_);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Step& step = steps_[s];
    const std::size_t outputs = outputs_of(s).size();
    float* const errors = errors_.front().values + step.errors;
    for (std::size_t m = 0; m < outputs; ++m) {
      const float label = labels_[step.outputs + m];
      for (std::size_t n = 0; n < step.columns; ++n) {
        float& error = errors[m * step.columns + n];
        error = rate * (label - error);
      }
    }
    std::fill(errors + outputs * step.columns, errors + whole_groups(outputs) * step.columns, 0.0F);
  }
}

void StepBatch::find_mean(std::size_t s) {
  const std::size_t width = inputs_->width();
  float* const mean = means_[at(steps_[s].mean) * width].values;
  const auto rows = inputs_of(s);
  for (const std::int32_t row : rows) add_scaled(mean, 1.0F, inputs_->row(at(row)), width);
  multiply(mean, 1.0F / static_cast<float>(rows.size()), width);
}

// x · y of all pairs of a step: a group of inputs with one output, or the mean with a group of outputs.
void StepBatch::find_products(std::size_t s) {
  const Step& step = steps_[s];
  const std::size_t width = inputs_->width();
  const auto outputs = outputs_of(s);
  float* const products = errors_.front().values + step.errors;
  if (step.mean >= 0) {
    for (std::size_t m = 0; m < outputs.size(); m += kRowGroup) {
      dot_group(mean_of(step), group_at(*outputs_, outputs, m, 0).rows, width, products + m);
    }
    return;
  }
  for (std::size_t n = 0; n < step.columns; n += kRowGroup) {
    const Group group = group_at(*inputs_, inputs_of(s), n, 0);
    for (std::size_t m = 0; m < outputs.size(); ++m) {
      dot_group(outputs_->row(at(outputs[m])), group.rows, width, products + m * step.columns + n);
    }
  }
}

double StepBatch::loss(std::size_t s) const {
  const Step& step = steps_[s];
  const std::size_t width = inputs_->width();
  const auto inputs = inputs_of(s);
  const auto outputs = outputs_of(s);
  double sum = 0.0;
  const auto add = [&](const float* input) {
    for (std::size_t m = 0; m < outputs.size(); ++m) {
      const float product = dot(input, outputs_->row(at(outputs[m])), width);
      const auto towards = static_cast<double>(labels_[step.outputs + m] > 0.5F ? product : -product);
      sum += std::log1p(std::exp(-std::abs(towards))) + std::max(0.0, -towards);
    }
  };
  if (step.mean < 0) {
    for (const std::int32_t row : inputs) add(inputs_->row(at(row)));
    return sum / static_cast<double>(inputs.size());
  }
  std::vector<RowLine> mean(width);
  for (const std::int32_t row : inputs) {
    add_scaled(mean.front().values, 1.0F / static_cast<float>(inputs.size()), inputs_->row(at(row)), width);
  }
  add(mean.front().values);
  return sum;
}

void StepBatch::change_touches(RowTouches& touches, std::int32_t by) const {
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const auto inputs = inputs_of(s);
    const auto outputs = outputs_of(s);
    const auto vectors = steps_[s].mean >= 0 ? 1 : static_cast<std::int32_t>(inputs.size());
    for (const std::int32_t row : inputs) touches.inputs[at(row)] += by * static_cast<std::int32_t>(outputs.size());
    for (const std::int32_t row : outputs) touches.outputs[at(row)] += by * vectors;
  }
}

// Σ G(m, n) y(m) for every input vector n.
void StepBatch::add_gradients(std::size_t s, const RowTable& outputs, const LineRange& lines,
                              std::vector<RowLine>& sums) const {
  const Step& step = steps_[s];
  const auto ys = outputs_of(s);
  const std::size_t width = lines.last - lines.first;
  const std::size_t vectors = step.mean >= 0 ? 1 : inputs_of(s).size();
  const float* const errors = errors_.front().values + step.errors;
  sums.assign(vectors * width, RowLine{});
  for (std::size_t m = 0; m < ys.size(); m += kRowGroup) {
    const Group group = group_at(outputs, ys, m, lines.first);
    for (std::size_t n = 0; n < vectors; ++n) {
      float scales[kRowGroup];
      for (std::size_t i = 0; i < kRowGroup; ++i) scales[i] = errors[(m + i) * step.columns + n];
      add_group(sums[n * width].values, scales, group.rows, width);
    }
  }
}

// y(m) += Σ G(m, n) x(n)
void StepBatch::change_outputs(std::size_t s, const RowTable& inputs, RowTable& outputs, const Changes& changes) const {
  const Step& step = steps_[s];
  const auto xs = inputs_of(s);
  const auto ys = outputs_of(s);
  const std::size_t begin = changes.lines.first * kLine;
  const std::size_t width = changes.lines.last - changes.lines.first;
  const float* const errors = errors_.front().values + step.errors;
  for (std::size_t n = 0; n < step.columns; n += kRowGroup) {
    const Group group = step.mean >= 0 ? Group{} : group_at(inputs, xs, n, changes.lines.first);
    for (std::size_t m = 0; m < ys.size(); ++m) {
      float* const y = outputs.row(at(ys[m])) + begin;
      const float share =
          changes.touches == nullptr ? 1.0F : changes.touches->share(changes.touches->outputs[at(ys[m])]);
      if (step.mean >= 0) {
        add_scaled(y, share * errors[m], mean_of(step) + begin, width);
        continue;
      }
      float scales[kRowGroup];
      for (std::size_t i = 0; i < kRowGroup; ++i) scales[i] = share * errors[m * step.columns + n + i];
      add_group(y, scales, group.rows, width);
    }
  }
}

void StepBatch::apply(RowTable& inputs, RowTable& outputs, const Changes& changes) const {
  const std::size_t begin = changes.lines.first * kLine;
  const std::size_t width = changes.lines.last - changes.lines.first;
  std::vector<RowLine> sums;  // [input vectors × width]
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    add_gradients(s, outputs, changes.lines, sums);
    change_outputs(s, inputs, outputs, changes);
    const auto xs = inputs_of(s);
    for (std::size_t n = 0; n < xs.size(); ++n) {
      const float share =
          changes.touches == nullptr ? 1.0F : changes.touches->share(changes.touches->inputs[at(xs[n])]);
      add_scaled(inputs.row(at(xs[n])) + begin, share, sums[steps_[s].mean >= 0 ? 0 : n * width].values, width);
    }
  }
}

}  // namespace malmoi::neural
