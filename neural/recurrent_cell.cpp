#include "neural/recurrent_cell.h"

#include "neural/kernels.h"

// The pointers of a step never overlap, and a step by value cannot change by what is written: this lets g++ turn the
// loops into vector instructions.
namespace malmoi::neural {
namespace {

template <bool kKeep>
void rnn_forward(std::size_t n, CellStep step) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real next = fast_tanh(step.input[j] + step.recurrent[j]);
    if constexpr (kKeep) step.gates[j] = next;
    step.state[j] = step.output[j] = next;
  }
}

template <bool kKeep>
void gru_forward(std::size_t n, CellStep step) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real reset = fast_sigmoid(step.input[j] + step.recurrent[j]);
    const Real update = fast_sigmoid(step.input[n + j] + step.recurrent[n + j]);
    const Real inner = step.recurrent[2 * n + j] + step.new_bias[j];
    const Real fresh = fast_tanh(step.input[2 * n + j] + reset * inner);
    if constexpr (kKeep) {
      step.gates[j] = reset;
      step.gates[n + j] = update;
      step.gates[2 * n + j] = fresh;
      step.kept[j] = inner;
    }
    step.state[j] = step.output[j] = fresh + update * (step.state[j] - fresh);
  }
}

template <bool kKeep>
void lstm_forward(std::size_t n, CellStep step) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real in = fast_sigmoid(step.input[j] + step.recurrent[j]);
    const Real forget = fast_sigmoid(step.input[n + j] + step.recurrent[n + j]);
    const Real fresh = fast_tanh(step.input[2 * n + j] + step.recurrent[2 * n + j]);
    const Real out = fast_sigmoid(step.input[3 * n + j] + step.recurrent[3 * n + j]);
    const Real next = forget * step.cell[j] + in * fresh;
    if constexpr (kKeep) {
      step.gates[j] = in;
      step.gates[n + j] = forget;
      step.gates[2 * n + j] = fresh;
      step.gates[3 * n + j] = out;
      step.kept[j] = next;
    }
    step.cell[j] = next;
    step.state[j] = step.output[j] = out * fast_tanh(next);
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

void rnn_backward(std::size_t n, CellGradient step) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real grad = (step.grad_out[j] + step.grad_state[j]) * (1 - step.gates[j] * step.gates[j]);
    step.grad_gates[j] = step.grad_recurrent[j] = grad;
    step.grad_state[j] = 0;
  }
}

void gru_backward(std::size_t n, CellGradient step) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real reset = step.gates[j];
    const Real update = step.gates[n + j];
    const Real fresh = step.gates[2 * n + j];
    const Real grad = step.grad_out[j] + step.grad_state[j];
    const Real grad_fresh = grad * (1 - update) * (1 - fresh * fresh);
    const Real grad_reset = grad_fresh * step.kept[j] * reset * (1 - reset);
    const Real grad_update = grad * (step.previous[j] - fresh) * update * (1 - update);
    step.grad_gates[j] = step.grad_recurrent[j] = grad_reset;
    step.grad_gates[n + j] = step.grad_recurrent[n + j] = grad_update;
    step.grad_gates[2 * n + j] = grad_fresh;
    step.grad_recurrent[2 * n + j] = grad_fresh * reset;
    step.grad_state[j] = grad * update;
  }
}

void lstm_backward(std::size_t n, CellGradient step) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) {
    const Real in = step.gates[j];
    const Real forget = step.gates[n + j];
    const Real fresh = step.gates[2 * n + j];
    const Real out = step.gates[3 * n + j];
    const Real bent = fast_tanh(step.kept[j]);
    const Real grad = step.grad_out[j] + step.grad_state[j];
    const Real grad_next = step.grad_cell[j] + grad * out * (1 - bent * bent);
    step.grad_gates[j] = step.grad_recurrent[j] = grad_next * fresh * in * (1 - in);
    step.grad_gates[n + j] = step.grad_recurrent[n + j] = grad_next * step.previous[j] * forget * (1 - forget);
    step.grad_gates[2 * n + j] = step.grad_recurrent[2 * n + j] = grad_next * in * (1 - fresh * fresh);
    step.grad_gates[3 * n + j] = step.grad_recurrent[3 * n + j] = grad * bent * out * (1 - out);
    step.grad_cell[j] = grad_next * forget;
    step.grad_state[j] = 0;
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
