#include "neural/recurrent_sequence.h"

#include <algorithm>
#include <vector>

#include "corpus/base/parallel.h"
#include "neural/buffer_pool.h"
#include "neural/gemm.h"
#include "neural/kernels.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kRowsPerBlock = 16;  // a step's product of so many rows still runs at full speed
constexpr std::size_t kRowsAtOnce = 96;    // of inputs: with the weights their gates fit into the second-level cache

using Buffer = std::vector<Real, BufferAllocator>;

// Where the numbers of a row's step are.
std::size_t place(const SequenceShape& shape, std::size_t row, std::size_t step) {
  return row * shape.steps + step;
}

// The step before it in the direction of the sequence; none: shape.steps.
std::size_t step_before(const SequenceShape& shape, std::size_t row, std::size_t step) {
  if (shape.reversed) return step + 1 < shape.length(row) ? step + 1 : shape.steps;
  return step > 0 ? step - 1 : shape.steps;
}

std::size_t longest(const SequenceShape& shape, const Chunk& rows) {
  std::size_t length = 0;
  for (std::size_t row = rows.begin; row < rows.end; ++row) length = std::max(length, shape.length(row));
  return length;
}

void copy_state(const Real* from, const Chunk& rows, std::size_t hidden, Buffer& to) {
  to.resize((rows.end - rows.begin) * hidden);
  if (from == nullptr) {
    std::fill(to.begin(), to.end(), Real{0});
  } else {
    std::copy(from + rows.begin * hidden, from + rows.end * hidden, to.begin());
  }
}

// One block of rows on its way through the steps. The inputs of a few steps are brought together and multiplied at
// once; the products stay in the second-level cache until the steps need them.
class ForwardBlock {
 public:
  ForwardBlock(const SequenceShape& shape, const PackedFactor& input, const PackedFactor& recurrent,
               const CellWeights& weights, const SequenceTrace<Real>& trace, const Chunk& rows)
      : shape_(shape),
        input_(input),
        recurrent_(recurrent),
        weights_(weights),
        trace_(trace),
        rows_(rows),
        count_(rows.end - rows.begin),
        steps_at_once_(std::clamp<std::size_t>(kRowsAtOnce / count_, 1, std::max<std::size_t>(1, shape.steps))),
        inputs_(steps_at_once_ * count_ * shape.inputs, Real{0}),
        gates_(steps_at_once_ * count_ * shape.gates()),
        product_(count_ * shape.gates(), Real{0}) {}

  void run(const Real* x, const CellState<const Real>& start, const RunContext& context) {
    copy_state(start.hidden, rows_, shape_.hidden, state_);
    copy_state(start.cell, rows_, shape_.hidden, cell_);
    bool product_stands = start.hidden == nullptr;  // that of zeros
    const std::size_t steps = longest(shape_, rows_);
    for (std::size_t first = 0; first < steps; first += steps_at_once_) {
      const std::size_t last = std::min(steps, first + steps_at_once_);
      const auto in_order = [&](std::size_t s) { return shape_.reversed ? steps - 1 - s : s; };
      for (std::size_t s = first; s < last; ++s) copy_inputs(x, in_order(s), s - first);
      gemm(signed_size((last - first) * count_), {inputs_.data(), signed_size(shape_.inputs)}, input_,
           {.values = gates_.data(), .stride = signed_size(shape_.gates()), .bias = weights_.bias});
      for (std::size_t s = first; s < last; ++s) {
        throw_if_stopped(context);
        if (!product_stands) {
          gemm(signed_size(count_), {state_.data(), signed_size(shape_.hidden)}, recurrent_,
               {product_.data(), signed_size(shape_.gates())});
        }
        product_stands = false;
        if (s + 1 < steps) prefetch_trace(in_order(s + 1));
        take_step(in_order(s), s - first);
      }
    }
    clear_padding();
  }

  void put_end(const CellState<Real>& end) const {
    std::copy(state_.begin(), state_.end(), end.hidden + rows_.begin * shape_.hidden);
    if (end.cell != nullptr) std::copy(cell_.begin(), cell_.end(), end.cell + rows_.begin * shape_.hidden);
  }

 private:
  // at: the step's place among those that are multiplied at once
  void copy_inputs(const Real* x, std::size_t step, std::size_t at) {
    Real* to = inputs_.data() + at * count_ * shape_.inputs;
    for (std::size_t row = rows_.begin; row < rows_.end; ++row, to += shape_.inputs) {
      if (step < shape_.length(row)) std::copy_n(x + place(shape_, row, step) * shape_.inputs, shape_.inputs, to);
    }
  }

  // Where a step writes: its rows lie as far apart as whole texts.
  void prefetch_trace(std::size_t step) const {
    for (std::size_t row = rows_.begin; row < rows_.end; ++row) {
      const std::size_t at = place(shape_, row, step);
      prefetch_row<2>(trace_.output + at * shape_.hidden, shape_.hidden);
      if (trace_.gates != nullptr) prefetch_row<2>(trace_.gates + at * shape_.gates(), shape_.gates());
      if (trace_.kept != nullptr) prefetch_row<2>(trace_.kept + at * shape_.hidden, shape_.hidden);
    }
  }

  void take_step(std::size_t step, std::size_t at) {
    const std::size_t gates = shape_.gates();
    const std::size_t hidden = shape_.hidden;
    for (std::size_t row = rows_.begin; row < rows_.end; ++row) {
      if (step >= shape_.length(row)) continue;
      const std::size_t i = row - rows_.begin;
      const std::size_t to = place(shape_, row, step);
      step_forward(shape_.kind, hidden,
                   {.input = gates_.data() + (at * count_ + i) * gates,
                    .recurrent = product_.data() + i * gates,
                    .new_bias = weights_.new_bias,
                    .state = state_.data() + i * hidden,
                    .cell = cell_.data() + i * hidden,
                    .output = trace_.output + to * hidden,
                    .gates = trace_.gates == nullptr ? nullptr : trace_.gates + to * gates,
                    .kept = trace_.kept == nullptr ? nullptr : trace_.kept + to * hidden});
    }
  }

  void clear_padding() {
    const auto clear = [&](Real* values, std::size_t row, std::size_t columns) {
      if (values == nullptr) return;
      Real* const end = values + place(shape_, row + 1, 0) * columns;
      std::fill(values + place(shape_, row, shape_.length(row)) * columns, end, Real{0});
    };
    for (std::size_t row = rows_.begin; row < rows_.end; ++row) {
      clear(trace_.output, row, shape_.hidden);
      clear(trace_.gates, row, shape_.gates());
      clear(trace_.kept, row, shape_.hidden);
    }
  }

  const SequenceShape& shape_;
  const PackedFactor& input_;
  const PackedFactor& recurrent_;
  const CellWeights& weights_;
  const SequenceTrace<Real>& trace_;
  Chunk rows_;
  std::size_t count_;
  std::size_t steps_at_once_;
  Buffer inputs_;   // x [steps at once × rows × inputs]
  Buffer gates_;    // xW + b of these [steps at once × rows × gates]
  Buffer product_;  // hU [rows × gates]
  Buffer state_;
  Buffer cell_;
};

struct BackwardBlock {
  const SequenceShape& shape;
  const PackedFactor& recurrent;  // transposed
  const SequenceTrace<const Real>& trace;
  const CellState<const Real>& start;
  const SequenceGradient& grad;
  Chunk rows;
  Buffer grad_state;
  Buffer grad_cell;
  Buffer grad_recurrent;  // of hU

  // The h of a gru or the c of an lstm that the step began with.
  const Real* previous(std::size_t row, std::size_t step, const Real* zeros) const {
    if (shape.kind == CellKind::rnn) return nullptr;
    const bool lstm = shape.kind == CellKind::lstm;
    if (const std::size_t before = step_before(shape, row, step); before < shape.steps) {
      return (lstm ? trace.kept : trace.output) + place(shape, row, before) * shape.hidden;
    }
    const Real* const first = lstm ? start.cell : start.hidden;
    return first == nullptr ? zeros : first + row * shape.hidden;
  }

  void take_row(std::size_t row, std::size_t step, const Real* zeros) {
    const std::size_t gates = shape.gates();
    const std::size_t hidden = shape.hidden;
    const std::size_t i = row - rows.begin;
    Real* const of_recurrent = grad_recurrent.data() + i * gates;
    if (step >= shape.length(row)) {
      std::fill_n(of_recurrent, gates, Real{0});
      return;
    }
    const std::size_t at = place(shape, row, step);
    step_backward(shape.kind, hidden,
                  {.gates = trace.gates + at * gates,
                   .kept = trace.kept == nullptr ? nullptr : trace.kept + at * hidden,
                   .previous = previous(row, step, zeros),
                   .grad_out = grad.output + at * hidden,
                   .grad_state = grad_state.data() + i * hidden,
                   .grad_cell = grad_cell.data() + i * hidden,
                   .grad_gates = grad.gates + at * gates,
                   .grad_recurrent = of_recurrent});
    if (shape.kind == CellKind::gru) std::copy_n(of_recurrent + 2 * hidden, hidden, grad.inner + at * hidden);
  }

  void take_step(std::size_t step, const Real* zeros) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) take_row(row, step, zeros);
    gemm(signed_size(rows.end - rows.begin), {grad_recurrent.data(), signed_size(shape.gates())}, recurrent,
         {grad_state.data(), signed_size(shape.hidden), Real{1}});
  }

  void clear_padding() {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t from = place(shape, row, shape.length(row));
      const std::size_t count = shape.steps - shape.length(row);
      std::fill_n(grad.gates + from * shape.gates(), count * shape.gates(), Real{0});
      if (shape.kind == CellKind::gru) std::fill_n(grad.inner + from * shape.hidden, count * shape.hidden, Real{0});
    }
  }

  void put_start() const {
    const std::size_t to = rows.begin * shape.hidden;
    if (grad.start_hidden != nullptr) std::copy(grad_state.begin(), grad_state.end(), grad.start_hidden + to);
    if (grad.start_cell != nullptr) std::copy(grad_cell.begin(), grad_cell.end(), grad.start_cell + to);
  }
};

}  // namespace

void sequence_forward(const SequenceShape& shape, const CellWeights& weights, const Real* x,
                      const CellState<const Real>& start, const SequenceTrace<Real>& trace, const CellState<Real>& end,
                      const RunContext& context) {
  const std::ptrdiff_t gates = signed_size(shape.gates());
  const PackedFactor input({weights.input, gates}, signed_size(shape.inputs), gates);
  const PackedFactor recurrent({weights.recurrent, gates}, signed_size(shape.hidden), gates);
  parallel_for(shape.batch, kRowsPerBlock, context, [&](const Chunk& rows) {
    ForwardBlock block(shape, input, recurrent, weights, trace, rows);
    block.run(x, start, context);
    block.put_end(end);
  });
}

void sequence_backward(const SequenceShape& shape, const CellWeights& weights, const CellState<const Real>& start,
                       const SequenceTrace<const Real>& trace, const SequenceGradient& grad,
                       const RunContext& context) {
  const std::ptrdiff_t gates = signed_size(shape.gates());
  const PackedFactor recurrent({weights.recurrent, gates, MatrixOp::transposed}, gates, signed_size(shape.hidden));
  const PackedFactor input({weights.input, gates, MatrixOp::transposed}, gates,
                           grad.x == nullptr ? 0 : signed_size(shape.inputs));
  const Buffer zeros(shape.hidden, Real{0});
  parallel_for(shape.batch, kRowsPerBlock, context, [&](const Chunk& rows) {
    BackwardBlock block{
        shape, recurrent, trace, start, grad, rows, {}, {}, Buffer((rows.end - rows.begin) * shape.gates())};
    copy_state(nullptr, rows, shape.hidden, block.grad_state);
    copy_state(grad.last_cell, rows, shape.hidden, block.grad_cell);
    const std::size_t steps = longest(shape, rows);
    for (std::size_t s = 0; s < steps; ++s) {
      throw_if_stopped(context);
      block.take_step(shape.reversed ? s : steps - 1 - s, zeros.data());
    }
    block.clear_padding();
    block.put_start();
    if (grad.x == nullptr) return;
    const std::size_t first = place(shape, rows.begin, 0);
    gemm(signed_size((rows.end - rows.begin) * shape.steps), {grad.gates + first * shape.gates(), gates}, input,
         {grad.x + first * shape.inputs, signed_size(shape.inputs), grad.beta_x});
  });
}

void previous_states(const SequenceShape& shape, const Real* output, const Real* start, Real* previous) {
  const std::size_t hidden = shape.hidden;
  for (std::size_t row = 0; row < shape.batch; ++row) {
    for (std::size_t step = 0; step < shape.steps; ++step) {
      Real* const to = previous + place(shape, row, step) * hidden;
      const std::size_t before = step_before(shape, row, step);
      if (before < shape.steps) {
        std::copy_n(output + place(shape, row, before) * hidden, hidden, to);
      } else if (start != nullptr && step < shape.length(row)) {
        std::copy_n(start + row * hidden, hidden, to);
      } else {
        std::fill_n(to, hidden, Real{0});
      }
    }
  }
}

}  // namespace malmoi::neural
