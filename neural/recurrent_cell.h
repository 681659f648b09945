#pragma once

#include <cstddef>

#include "neural/real.h"

namespace malmoi::neural {

/// x: input, h: state, W: input weights, U: recurrent weights; ∘: number by number; σ: the sigmoid.
///
/// rnn   h' = tanh(xW + hU + b)
/// gru   r = σ(xW_r + hU_r + b_r), z = σ(xW_z + hU_z + b_z), n = tanh(xW_n + b_n + r ∘ (hU_n + u)),
///       h' = (1 - z) ∘ n + z ∘ h
/// lstm  i, f, o = σ(xW + hU + b), g = tanh(xW + hU + b), c' = f ∘ c + i ∘ g, h' = o ∘ tanh(c')
///
/// These are the formulas of torch.nn.RNN, GRU and LSTM (whose two biases only ever occur as a sum but for u) and of
/// Keras (GRU with reset_after). A row of gates is r z n, or i f g o, as in PyTorch.
enum class CellKind { rnn, gru, lstm };

[[nodiscard]] constexpr std::size_t gate_count(CellKind kind) noexcept {
  return kind == CellKind::rnn ? 1 : kind == CellKind::gru ? 3 : 4;
}

/// One step of one row. All pointers are to `hidden` numbers, or to the gates' where it is said.
struct CellStep {
  const Real* input;      ///< [gates] xW + b
  const Real* recurrent;  ///< [gates] hU
  const Real* new_bias;   ///< gru: u
  Real* state;            ///< h; becomes h'
  Real* cell;             ///< lstm: c; becomes c'
  Real* output;           ///< becomes h'
  Real* gates;            ///< [gates] become the gates' values; null: nobody asks for them, nor for `kept`
  Real* kept;             ///< gru: becomes hU_n + u; lstm: becomes c'
};
void step_forward(CellKind kind, std::size_t hidden, const CellStep& step);

/// The same backwards: from the gradient of h' (and of c') to those of what the gates were made of.
struct CellGradient {
  const Real* gates;     ///< [gates] their values
  const Real* kept;      ///< as step_forward left it
  const Real* previous;  ///< gru: h; lstm: c
  const Real* grad_out;  ///< of h' from outside
  Real* grad_state;      ///< of h' from later steps; becomes the part of h's that does not pass through U
  Real* grad_cell;       ///< lstm: of c'; becomes that of c
  Real* grad_gates;      ///< [gates] of xW
  Real* grad_recurrent;  ///< [gates] of hU; it differs from grad_gates in the n of a gru
};
void step_backward(CellKind kind, std::size_t hidden, const CellGradient& step);

}  // namespace malmoi::neural
