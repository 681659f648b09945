#pragma once

#include <cstddef>
#include <span>

#include "corpus/base/run_context.h"
#include "neural/real.h"
#include "neural/recurrent_cell.h"

namespace malmoi::neural {

/// One layer over whole sequences in one direction.
struct SequenceShape {
  CellKind kind = CellKind::rnn;
  std::size_t batch = 0;
  std::size_t steps = 0;
  std::size_t inputs = 0;
  std::size_t hidden = 0;
  std::span<const int> lengths = {};  ///< [batch] 0 .. steps; empty: all are `steps`
  bool reversed = false;              ///< from the last step of each row to its first

  [[nodiscard]] std::size_t gates() const noexcept { return gate_count(kind) * hidden; }
  [[nodiscard]] std::size_t length(std::size_t row) const {
    return lengths.empty() ? steps : static_cast<std::size_t>(lengths[row]);
  }
};

struct CellWeights {
  const Real* input = nullptr;      ///< W [inputs × gates]
  const Real* recurrent = nullptr;  ///< U [hidden × gates]
  const Real* bias = nullptr;       ///< b [gates]
  const Real* new_bias = nullptr;   ///< u [hidden], of a gru
};

/// Where a sequence begins or ends, [batch × hidden] each. null: it begins with zeros.
template <typename Number>
struct CellState {
  Number* hidden = nullptr;
  Number* cell = nullptr;  ///< of an lstm
};

/// What the forward pass computes. Steps behind a row's length are zero in all of them.
template <typename Number>
struct SequenceTrace {
  Number* output;  ///< [batch × steps × hidden] h' of every step
  Number* gates;   ///< [batch × steps × gates]; null: there will be no backward pass
  Number* kept;    ///< [batch × steps × hidden] lstm: c'; gru: hU_n + u; null: as gates, and of an rnn
};

/// x: [batch × steps × inputs]. Blocks of rows go through all steps without waiting for each other. end: what each row
/// ends with, the start of a row without any step.
void sequence_forward(const SequenceShape& shape, const CellWeights& weights, const Real* x,
                      const CellState<const Real>& start, const SequenceTrace<Real>& trace, const CellState<Real>& end,
                      const RunContext& context);

/// Gradients of what the forward pass computed, and the places for those of what it used.
struct SequenceGradient {
  const Real* output;     ///< [batch × steps × hidden]; what stands behind a length is not read
  const Real* last_cell;  ///< lstm: of the c' that each row ends with, [batch × hidden]; null: zeros
  Real* gates;            ///< [batch × steps × gates] of xW, zero behind the lengths
  Real* inner;            ///< gru: [batch × steps × hidden] of hU_n + u
  Real* x;                ///< [batch × steps × inputs], added to beta_x times it; null: not wanted
  Real beta_x;
  Real* start_hidden;  ///< [batch × hidden] overwritten; null: not wanted
  Real* start_cell;    ///< likewise
};
void sequence_backward(const SequenceShape& shape, const CellWeights& weights, const CellState<const Real>& start,
                       const SequenceTrace<const Real>& trace, const SequenceGradient& grad, const RunContext& context);

/// h of every step, in the order of its rows: the left factor of U's gradient. [batch × steps × hidden]
void previous_states(const SequenceShape& shape, const Real* output, const Real* start, Real* previous);

}  // namespace malmoi::neural
