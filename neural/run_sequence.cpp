#include <algorithm>
#include <memory>
#include <utility>

#include "corpus/base/error.h"
#include "neural/gemm.h"
#include "neural/kernels.h"
#include "neural/recurrent.h"
#include "neural/recurrent_sequence.h"
#include "neural/sequence_lengths.h"

namespace malmoi::neural {
namespace {

void require(bool holds, const char* what, const Shape& saw, const Shape& wanted) {
  if (holds) return;
  throw Error(ErrorCode::invalid_argument, concat("run_sequence: ", what, " ", saw, ", wanted ", wanted));
}

void require_shape(const char* what, const Variable& variable, const Shape& wanted) {
  require(variable.shape() == wanted, what, variable.shape(), wanted);
}

void require_start(CellKind kind, const RecurrentState& start, const Shape& wanted) {
  require_shape("start.hidden", start.hidden, wanted);
  if (start.cell.has_value() != (kind == CellKind::lstm)) {
    throw Error(ErrorCode::invalid_argument, "run_sequence: start.cell belongs to an lstm and to it alone");
  }
  if (start.cell) require_shape("start.cell", *start.cell, wanted);
}

// Everything that the operation and its gradient need, checked.
struct Sequence {
  CellKind kind;
  Variable x;
  CellVariables weights;
  std::optional<RecurrentState> start;
  std::vector<int> lengths;
  bool reversed;

  Sequence(CellKind cell_kind, const Variable& sequence, const CellVariables& cell_weights,
           const SequenceOptions& options)
      : kind(cell_kind),
        x(sequence),
        weights(cell_weights),
        start(options.start),
        lengths(options.lengths.begin(), options.lengths.end()),
        reversed(options.reversed) {
    const Shape& in = x.shape();
    if (in.rank() != 3) throw_shape_error("run_sequence", in, "[batch × steps × inputs]");
    const std::size_t hidden = weights.recurrent.shape().rows();
    const std::size_t gates = gate_count(kind) * hidden;
    require_shape("weights.input", weights.input, {in[2], gates});
    require_shape("weights.recurrent", weights.recurrent, {hidden, gates});
    require_shape("weights.bias", weights.bias, {gates});
    if (weights.new_bias.has_value() != (kind == CellKind::gru)) {
      throw Error(ErrorCode::invalid_argument, "run_sequence: weights.new_bias belongs to a gru and to it alone");
    }
    if (weights.new_bias) require_shape("weights.new_bias", *weights.new_bias, {hidden});
    if (start) require_start(kind, *start, {in[0], hidden});
    require_lengths("run_sequence", lengths, in);
  }

  [[nodiscard]] SequenceShape shape() const {
    const Shape& in = x.shape();
    return {kind, in[0], in[1], in[2], weights.recurrent.shape()[0], lengths, reversed};
  }
  [[nodiscard]] CellWeights values() const {
    return {weights.input.value().data(), weights.recurrent.value().data(), weights.bias.value().data(),
            weights.new_bias ? weights.new_bias->value().data() : nullptr};
  }
  [[nodiscard]] CellState<const Real> start_values() const {
    if (!start) return {};
    return {start->hidden.value().data(), start->cell ? start->cell->value().data() : nullptr};
  }
  [[nodiscard]] std::vector<Variable> inputs() const {
    std::vector<Variable> all = {x, weights.input, weights.recurrent, weights.bias};
    if (weights.new_bias) all.push_back(*weights.new_bias);
    if (start) all.push_back(start->hidden);
    if (start && start->cell) all.push_back(*start->cell);
    return all;
  }
};

// c[:, column...] = beta · that + aᵀ · b for gradients of weights; a [rows × m], b [rows × n].
void add_product(const Real* a, std::size_t m, const Real* b, std::size_t n, std::size_t rows, const Target& c,
                 const RunContext& context) {
  gemm({signed_size(m), signed_size(n), signed_size(rows)}, {a, signed_size(m), MatrixOp::transposed},
       {b, signed_size(n)}, c, context);
}

// The gradients of what is before the gates, as sequence_backward leaves them.
struct GateGradients {
  const Tensor& gates;
  const Tensor& inner;  // of a gru
};

void add_recurrent_gradient(const Sequence& sequence, const GateGradients& grads, const Tensor& output) {
  if (!sequence.weights.recurrent.needs_grad()) return;
  const SequenceShape shape = sequence.shape();
  const RunContext& context = sequence.x.graph().context();
  const std::size_t rows = shape.batch * shape.steps;
  const auto gates = signed_size(shape.gates());
  Tensor previous = sequence.x.graph().tensor({rows, shape.hidden});
  previous_states(shape, output.data(), sequence.start_values().hidden, previous.data());
  const GradientTarget target = sequence.weights.recurrent.grad_target();
  const Target whole = {target.tensor.data(), gates, target.beta};
  if (shape.kind != CellKind::gru) {
    return add_product(previous.data(), shape.hidden, grads.gates.data(), shape.gates(), rows, whole, context);
  }
  const auto hidden = signed_size(shape.hidden);
  gemm({hidden, 2 * hidden, signed_size(rows)}, {previous.data(), hidden, MatrixOp::transposed},
       {grads.gates.data(), gates}, whole, context);
  add_product(previous.data(), shape.hidden, grads.inner.data(), shape.hidden, rows,
              {whole.values + 2 * hidden, gates, target.beta}, context);
}

void add_weight_gradients(const Sequence& sequence, const GateGradients& grads, const Tensor& output) {
  const SequenceShape shape = sequence.shape();
  const RunContext& context = sequence.x.graph().context();
  const CellVariables& weights = sequence.weights;
  const std::size_t rows = shape.batch * shape.steps;
  if (weights.input.needs_grad()) {
    const GradientTarget target = weights.input.grad_target();
    add_product(sequence.x.value().data(), shape.inputs, grads.gates.data(), shape.gates(), rows,
                {target.tensor.data(), signed_size(shape.gates()), target.beta}, context);
  }
  add_recurrent_gradient(sequence, grads, output);
  if (weights.bias.needs_grad()) {
    const GradientTarget target = weights.bias.grad_target();
    column_sums(grads.gates.data(), rows, shape.gates(), target.beta, target.tensor.data(), context);
  }
  if (weights.new_bias && weights.new_bias->needs_grad()) {
    const GradientTarget target = weights.new_bias->grad_target();
    column_sums(grads.inner.data(), rows, shape.hidden, target.beta, target.tensor.data(), context);
  }
}

// The values that the forward pass leaves for the gradient; none where there will not be one.
struct Kept {
  Tensor gates;
  Tensor kept;  // none of an rnn
};

void add_gradients(const Sequence& sequence, const Kept& kept, const Tensor& output, const Tensor& grad_out,
                   const Tensor& last_cell) {
  Graph& graph = sequence.x.graph();
  const SequenceShape shape = sequence.shape();
  const Shape states = {shape.batch, shape.hidden};
  const bool gru = shape.kind == CellKind::gru;
  const bool start_hidden = sequence.start && sequence.start->hidden.needs_grad();
  const bool start_cell = sequence.start && sequence.start->cell && sequence.start->cell->needs_grad();
  Tensor gates = graph.tensor({shape.batch, shape.steps, shape.gates()});
  Tensor inner = gru ? graph.tensor(output.shape()) : Tensor();
  Tensor of_hidden = start_hidden ? graph.tensor(states) : Tensor();
  Tensor of_cell = start_cell ? graph.tensor(states) : Tensor();
  SequenceGradient grad = {.output = grad_out.data(),
                           .last_cell = last_cell.data(),
                           .gates = gates.data(),
                           .inner = inner.data(),
                           .x = nullptr,
                           .beta_x = 0,
                           .start_hidden = of_hidden.data(),
                           .start_cell = of_cell.data()};
  if (sequence.x.needs_grad()) {
    const GradientTarget target = sequence.x.grad_target();
    grad.x = target.tensor.data();
    grad.beta_x = target.beta;
  }
  sequence_backward(shape, sequence.values(), sequence.start_values(),
                    {output.data(), kept.gates.data(), kept.kept.data()}, grad, graph.context());
  if (start_hidden) sequence.start->hidden.add_grad(std::move(of_hidden));
  if (start_cell) sequence.start->cell->add_grad(std::move(of_cell));
  add_weight_gradients(sequence, {gates, inner}, output);
}

// Where the state stands that a row ends with.
std::size_t last_place(const SequenceShape& shape, std::size_t row) {
  return row * shape.steps + (shape.reversed ? 0 : shape.length(row) - 1);
}

void add_row(const Real* from, std::size_t n, Real* to) {
  for (std::size_t j = 0; j < n; ++j) to[j] += from[j];
}

// The gradient of the last hidden states goes to their places in the output, or to the start.
void add_last_gradient(const Sequence& sequence, const Variable& output, const Tensor& grad) {
  const SequenceShape shape = sequence.shape();
  const bool start = sequence.start && sequence.start->hidden.needs_grad();
  Tensor& of_output = output.grad();
  for (std::size_t row = 0; row < shape.batch; ++row) {
    const Real* const from = grad.data() + row * shape.hidden;
    if (shape.length(row) > 0) {
      add_row(from, shape.hidden, of_output.data() + last_place(shape, row) * shape.hidden);
    } else if (start) {
      add_row(from, shape.hidden, sequence.start->hidden.grad().data() + row * shape.hidden);
    }
  }
}

}  // namespace

SequenceResult run_sequence(CellKind kind, const Variable& x, const CellVariables& weights,
                            const SequenceOptions& options) {
  const auto sequence = std::make_shared<const Sequence>(kind, x, weights, options);  // three gradients need it
  const SequenceShape shape = sequence->shape();
  Graph& graph = x.graph();
  const Shape states = {shape.batch, shape.steps, shape.hidden};
  Kept kept;
  if (graph.mode() == Mode::train) {
    kept.gates = graph.tensor({shape.batch, shape.steps, shape.gates()});
    if (kind != CellKind::rnn) kept.kept = graph.tensor(states);
  }
  Tensor values = graph.tensor(states);
  Tensor last_hidden = graph.tensor({shape.batch, shape.hidden});
  Tensor last_cell = kind == CellKind::lstm ? graph.tensor(last_hidden.shape()) : Tensor();
  sequence_forward(shape, sequence->values(), x.value().data(), sequence->start_values(),
                   {values.data(), kept.gates.data(), kept.kept.data()}, {last_hidden.data(), last_cell.data()},
                   graph.context());

  // The gradient of the last cells waits here until the pass reaches the sequence itself.
  const auto of_last_cell = std::make_shared<Tensor>();
  const std::vector<Variable> inputs = sequence->inputs();
  const Variable output =
      graph.record(std::move(values), inputs,
                   [sequence, of_last_cell, kept = std::move(kept)](const Tensor& grad_out, const Tensor& out) {
                     add_gradients(*sequence, kept, out, grad_out, *of_last_cell);
                     *of_last_cell = Tensor();
                   });
  const Variable hidden = graph.record(
      std::move(last_hidden), {output},
      [sequence, output](const Tensor& grad, const Tensor&) { add_last_gradient(*sequence, output, grad); });
  if (kind != CellKind::lstm) return {output, {hidden}};
  const Variable cell =
      graph.record(std::move(last_cell), {output}, [of_last_cell, output](Tensor& grad, const Tensor&) {
        *of_last_cell = std::move(grad);
        (void)output.grad();  // the pass stops at the sequence also when nothing else comes from there
      });
  return {output, {hidden, cell}};
}

}  // namespace malmoi::neural
