#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/graph.h"
#include "neural/parameter.h"
#include "neural/recurrent_cell.h"

namespace malmoi::neural {

/// The weights of one direction of one layer; neural/recurrent_cell.h has the formulas.
struct CellVariables {
  Variable input;                         ///< W [inputs × gates·hidden]
  Variable recurrent;                     ///< U [hidden × gates·hidden]
  Variable bias;                          ///< b [gates·hidden]
  std::optional<Variable> new_bias = {};  ///< u [hidden]: a gru has it, the others do not
};

/// The state between two steps. [batch × hidden] each
struct RecurrentState {
  Variable hidden;
  std::optional<Variable> cell = {};  ///< an lstm has it, the others do not
};

struct SequenceOptions {
  std::span<const int> lengths = {};         ///< [batch] 0 .. steps; empty: all rows are full
  std::optional<RecurrentState> start = {};  ///< none: zeros
  bool reversed = false;                     ///< each row from its last step to its first
};

struct SequenceResult {
  Variable output;     ///< [batch × steps × hidden] the state after every step; zeros behind a row's length
  RecurrentState end;  ///< the state after a row's last step: the start of a row without any
};

/// A whole sequence x [batch × steps × inputs] as one operation. Steps behind a row's length change nothing.
/// Throws  invalid_argument, naming the shapes, where they do not fit; canceled when stopped
[[nodiscard]] SequenceResult run_sequence(CellKind kind, const Variable& x, const CellVariables& weights,
                                          const SequenceOptions& options = {});

struct RecurrentOptions {
  CellKind kind = CellKind::lstm;
  std::size_t inputs = 0;      ///< ≥ 1
  std::size_t hidden = 0;      ///< ≥ 1
  std::size_t layers = 1;      ///< ≥ 1, each on the output of the one before
  bool bidirectional = false;  ///< a second set of weights reads backwards; outputs stand side by side
  double dropout = 0.0;        ///< between layers, in Mode::train; 0 ≤ dropout < 1
};

/// The end of one chunk of a long sequence, as the start of the next (truncated back-propagation through time): plain
/// numbers, so that no gradient flows back. By layer, the backward direction behind the forward one.
struct CarriedState {
  std::vector<Tensor> hidden;
  std::vector<Tensor> cell;  ///< empty but for an lstm
};

struct RecurrentResult {
  Variable output;                   ///< [batch × steps × hidden·directions] of the last layer
  std::vector<RecurrentState> ends;  ///< by layer, the backward direction behind the forward one
  [[nodiscard]] CarriedState carried() const;
};

/// RNN, GRU or LSTM layers.
struct Recurrent {
  struct Direction {
    Parameter input;
    Parameter recurrent;
    Parameter bias;
    Parameter new_bias;  ///< of a gru
  };
  RecurrentOptions options;
  std::vector<Direction> directions;  ///< by layer, the backward direction behind the forward one

  /// Input weights: uniform Xavier for each gate; recurrent weights: orthogonal for each gate; biases 0, but 1 for the
  /// forget gate of an lstm (Jozefowicz, Zaremba and Sutskever, ICML 2015).
  /// Throws  invalid_argument: an option out of range
  Recurrent(const RecurrentOptions& options, Rng& rng);

  /// x [batch × steps × inputs]. lengths [batch]; empty: all rows are full. carried: the start of every layer; null or
  /// empty: zeros.
  /// Throws  invalid_argument: shapes that do not fit; a state carried to both directions, of which one has no past
  RecurrentResult forward(const Variable& x, std::span<const int> lengths = {}, const CarriedState* carried = nullptr);
  /// "PREFIX.0.input", "PREFIX.0.recurrent", "PREFIX.0.bias" and, of a gru, "PREFIX.0.new_bias" for the first layer;
  /// "PREFIX.0.backward.input" and so on.
  std::vector<Parameter*> parameters(const std::string& prefix);
};

}  // namespace malmoi::neural
