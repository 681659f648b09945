#include "neural/recurrent_sequence.h"

#include <algorithm>
#include <vector>

#include "corpus/base/parallel.h"
#include "neural/buffer_pool.h"
#include "neural/gemm.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kRowsPerBlock = 16;  // a step's product of so many rows still runs at full speed

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

// One block of rows on its way through the steps.
struct ForwardBlock {
  const SequenceShape& shape;
  const CellWeights& weights;
  const PackedFactor& recurrent;
  const SequenceTrace<Real>& trace;
  Chunk rows;
  Buffer state;
  Buffer cell;
  Buffer product;  // hU

  void take_step(std::size_t step) {
    const std::size_t gates = shape.gates();
    const std::size_t hidden = shape.hidden;
    gemm(signed_size(rows.end - rows.begin), {state.data(), signed_size(hidden)}, recurrent,
         {product.data(), signed_size(gates)});
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      if (step >= shape.length(row)) continue;
      const std::size_t i = row - rows.begin;
      const std::size_t at = place(shape, row, step);
      Real* const kept = trace.kept == nullptr ? nullptr : trace.kept + at * hidden;
      step_forward(shape.kind, hidden,
                   {.recurrent = product.data() + i * gates,
                    .bias = weights.bias,
                    .new_bias = weights.new_bias,
                    .gates = trace.gates + at * gates,
                    .kept = kept,
                    .state = state.data() + i * hidden,
                    .cell = cell.data() + i * hidden});
      std::copy_n(state.data() + i * hidden, hidden, trace.output + at * hidden);
    }
  }

  void clear_padding() {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t from = place(shape, row, shape.length(row));
      const std::size_t count = shape.steps - shape.length(row);
      std::fill_n(trace.output + from * shape.hidden, count * shape.hidden, Real{0});
      std::fill_n(trace.gates + from * shape.gates(), count * shape.gates(), Real{0});
      if (trace.kept == nullptr) continue;
      std::fill_n(trace.kept + from * shape.hidden, count * shape.hidden, Real{0});
    }
  }
};

struct BackwardBlock {
  const SequenceShape& shape;
  const PackedFactor& recurrent;  // transposed
  const SequenceTrace<const Real>& trace;
  const CellState& start;
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

void sequence_forward(const SequenceShape& shape, const CellWeights& weights, const Real* x, const CellState& start,
                      const SequenceTrace<Real>& trace, const RunContext& context) {
  const std::ptrdiff_t gates = signed_size(shape.gates());
  const PackedFactor input({weights.input, gates}, signed_size(shape.inputs), gates);
  const PackedFactor recurrent({weights.recurrent, gates}, signed_size(shape.hidden), gates);
  parallel_for(shape.batch, kRowsPerBlock, context, [&](const Chunk& rows) {
    ForwardBlock block{shape, weights, recurrent, trace, rows, {}, {}, Buffer((rows.end - rows.begin) * shape.gates())};
    copy_state(start.hidden, rows, shape.hidden, block.state);
    copy_state(start.cell, rows, shape.hidden, block.cell);
    const std::size_t first = place(shape, rows.begin, 0);
    gemm(signed_size((rows.end - rows.begin) * shape.steps), {x + first * shape.inputs, signed_size(shape.inputs)},
         input, {trace.gates + first * shape.gates(), gates});
    const std::size_t steps = longest(shape, rows);
    for (std::size_t s = 0; s < steps; ++s) {
      throw_if_stopped(context);
      block.take_step(shape.reversed ? steps - 1 - s : s);
    }
    block.clear_padding();
  });
}

void sequence_backward(const SequenceShape& shape, const CellWeights& weights, const CellState& start,
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
