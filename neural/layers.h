#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/graph.h"
#include "neural/initializer.h"
#include "neural/normalization.h"
#include "neural/ops.h"
#include "neural/parameter.h"

namespace malmoi::neural {

// A layer is its parameters and a function. parameters(prefix) names them ("encoder.0" gives "encoder.0.weight") and
// lists them in the order they are declared; the pointers are good as long as the layer stays where it is.

/// One list out of many: parameters of several layers.
[[nodiscard]] std::vector<Parameter*> join(std::initializer_list<std::vector<Parameter*>> lists);

/// x [… × inputs] · weight + bias → [… × outputs]
struct Linear {
  Parameter weight;  ///< [inputs × outputs]
  Parameter bias;    ///< [outputs], 0 at first

  Linear(std::size_t inputs, std::size_t outputs, Rng& rng, InitialValues values = InitialValues::xavier_uniform);
  Variable forward(const Variable& x);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

/// A vector for each id.
struct Embedding {
  Parameter weight;  ///< [ids × columns], N(0, scale²) at first

  Embedding(std::size_t ids, std::size_t columns, Rng& rng, double scale = 0.1);
  /// → [ids × columns]; zeros for an id of -1
  Variable forward(Graph& graph, std::span<const std::int32_t> ids);
  /// ids [batch × steps] → [batch × steps × columns]
  Variable forward(Graph& graph, std::span<const std::int32_t> ids, std::size_t batch);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

/// The sum or mean of the vectors of a bag of ids, without the single vectors ever being written.
struct EmbeddingBag {
  Parameter weight;  ///< [ids × columns], N(0, scale²) at first
  BagMode mode;

  EmbeddingBag(std::size_t ids, std::size_t columns, Rng& rng, BagMode mode = BagMode::mean, double scale = 0.1);
  /// Bag b is ids[starts[b]] up to ids[starts[b + 1]] → [bags × columns]
  Variable forward(Graph& graph, std::span<const std::int32_t> ids, std::span<const std::size_t> starts);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

struct Dropout {
  double rate = 0.5;  ///< 0 ≤ rate < 1
  Variable forward(const Variable& x) const { return dropout(x, rate); }
};

struct LayerNorm {
  Parameter gain;  ///< [columns], 1 at first
  Parameter bias;  ///< [columns], 0 at first
  double epsilon;

  explicit LayerNorm(std::size_t columns, double epsilon = 1e-5);
  Variable forward(const Variable& x);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

struct BatchNorm {
  Parameter gain;  ///< [columns], 1 at first
  Parameter bias;  ///< [columns], 0 at first
  RunningFigures running;
  BatchNormOptions options;

  explicit BatchNorm(std::size_t columns, const BatchNormOptions& options = {});
  Variable forward(const Variable& x);
  std::vector<Parameter*> parameters(const std::string& prefix);  ///< with the running figures, which are frozen
};

}  // namespace malmoi::neural
