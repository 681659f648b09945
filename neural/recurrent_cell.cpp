#include "neural/recurrent_cell.h"

#include "neural/kernels.h"

// The pointers of a step never overlap; lets g++ turn the loops into vector instructions.
namespace malmoi::neural {
namespace {

template <bool kKeep>
void rnn_forward(std::size_t n, const CellStep& step) {
  const Real* input = step.input;
  const Real* recurrent = step.recurrent;
  Real* state = step.state;
  Real* output = step.output;
  Real* gates = step.gates;
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real next = fast_tanh(input[j] + recurrent[j]);
    if constexpr (kKeep) gates[j] = next;
    state[j] = output[j] = next;
  }
}

template <bool kKeep>
void gru_forward(std::size_t n, const CellStep& step) {
  const Real* input = step.input;
  const Real* recurrent = step.recurrent;
  const Real* new_bias = step.new_bias;
  Real* state = step.state;
  Real* output = step.output;
  Real* gates = step.gates;
  Real* kept = step.kept;
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real reset = fast_sigmoid(input[j] + recurrent[j]);
    const Real update = fast_sigmoid(input[n + j] + recurrent[n + j]);
    const Real inner = recurrent[2 * n + j] + new_bias[j];
    const Real fresh = fast_tanh(input[2 * n + j] + reset * inner);
    if constexpr (kKeep) {
      gates[j] = reset;
      gates[n + j] = update;
      gates[2 * n + j] = fresh;
      kept[j] = inner;
    }
    state[j] = output[j] = fresh + update * (state[j] - fresh);
  }
}

template <bool kKeep>
void lstm_forward(std::size_t n, const CellStep& step) {
  const Real* input = step.input;
  const Real* recurrent = step.recurrent;
  Real* state = step.state;
  Real* cell = step.cell;
  Real* output = step.output;
  Real* gates = step.gates;
  Real* kept = step.kept;
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real in = fast_sigmoid(input[j] + recurrent[j]);
    const Real forget = fast_sigmoid(input[n + j] + recurrent[n + j]);
    const Real fresh = fast_tanh(input[2 * n + j] + recurrent[2 * n + j]);
    const Real out = fast_sigmoid(input[3 * n + j] + recurrent[3 * n + j]);
    const Real next = forget * cell[j] + in * fresh;
    if constexpr (kKeep) {
      gates[j] = in;
      gates[n + j] = forget;
      gates[2 * n + j] = fresh;
      gates[3 * n + j] = out;
      kept[j] = next;
    }
    cell[j] = next;
    state[j] = output[j] = out * fast_tanh(next);
  }
}

template <bool kKeep>
void forward(CellKind kind, std::size_t hidden, const CellStep& step) {
  switch (kind) {
    case CellKind::rnn:
      return rnn_forward<kKeep>(hidden, step);
    case CellKind::gru:
      return gru_forward<kKeep>(hidden, step);
    case CellKind::lstm:
      return lstm_forward<kKeep>(hidden, step);
  }
}

void rnn_backward(std::size_t n, const CellGradient& step) {
  const Real* gates = step.gates;
  const Real* grad_out = step.grad_out;
  Real* grad_state = step.grad_state;
  Real* grad_gates = step.grad_gates;
  Real* grad_recurrent = step.grad_recurrent;
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real grad = (grad_out[j] + grad_state[j]) * (1 - gates[j] * gates[j]);
    grad_gates[j] = grad_recurrent[j] = grad;
    grad_state[j] = 0;
  }
}

void gru_backward(std::size_t n, const CellGradient& step) {
  const Real* gates = step.gates;
  const Real* kept = step.kept;
  const Real* previous = step.previous;
  const Real* grad_out = step.grad_out;
  Real* grad_state = step.grad_state;
  Real* grad_gates = step.grad_gates;
  Real* grad_recurrent = step.grad_recurrent;
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real reset = gates[j];
    const Real update = gates[n + j];
    const Real fresh = gates[2 * n + j];
    const Real grad = grad_out[j] + grad_state[j];
    const Real grad_fresh = grad * (1 - update) * (1 - fresh * fresh);
    const Real grad_reset = grad_fresh * kept[j] * reset * (1 - reset);
    const Real grad_update = grad * (previous[j] - fresh) * update * (1 - update);
    grad_gates[j] = grad_recurrent[j] = grad_reset;
    grad_gates[n + j] = grad_recurrent[n + j] = grad_update;
    grad_gates[2 * n + j] = grad_fresh;
    grad_recurrent[2 * n + j] = grad_fresh * reset;
    grad_state[j] = grad * update;
  }
}

void lstm_backward(std::size_t n, const CellGradient& step) {
  const Real* gates = step.gates;
  const Real* kept = step.kept;
  const Real* previous = step.previous;
  const Real* grad_out = step.grad_out;
  Real* grad_state = step.grad_state;
  Real* grad_cell = step.grad_cell;
  Real* grad_gates = step.grad_gates;
  Real* grad_recurrent = step.grad_recurrent;
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real in = gates[j];
    const Real forget = gates[n + j];
    const Real fresh = gates[2 * n + j];
    const Real out = gates[3 * n + j];
    const Real bent = fast_tanh(kept[j]);
    const Real grad = grad_out[j] + grad_state[j];
    const Real grad_next = grad_cell[j] + grad * out * (1 - bent * bent);
    grad_gates[j] = grad_recurrent[j] = grad_next * fresh * in * (1 - in);
    grad_gates[n + j] = grad_recurrent[n + j] = grad_next * previous[j] * forget * (1 - forget);
    grad_gates[2 * n + j] = grad_recurrent[2 * n + j] = grad_next * in * (1 - fresh * fresh);
    grad_gates[3 * n + j] = grad_recurrent[3 * n + j] = grad * bent * out * (1 - out);
    grad_cell[j] = grad_next * forget;
    grad_state[j] = 0;
  }
}

}  // namespace

void step_forward(CellKind kind, std::size_t hidden, const CellStep& step) {
  step.gates == nullptr ? forward<false>(kind, hidden, step) : forward<true>(kind, hidden, step);
}

void step_backward(CellKind kind, std::size_t hidden, const CellGradient& step) {
  switch (kind) {
    case CellKind::rnn:
      return rnn_backward(hidden, step);
    case CellKind::gru:
      return gru_backward(hidden, step);
    case CellKind::lstm:
      return lstm_backward(hidden, step);
  }
}

}  // namespace malmoi::neural
