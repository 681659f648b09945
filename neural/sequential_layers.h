#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/data_loader.h"
#include "neural/graph.h"
#include "neural/parameter.h"
#include "neural/sequential.h"

namespace malmoi::neural {

/// What stands between two layers of a Sequential.
struct LayerShape {
  enum class Axes { none, rows, steps };  ///< nothing yet, [rows × columns], [rows × steps × columns]
  Axes axes = Axes::none;
  std::size_t columns = 0;
};
std::ostream& operator<<(std::ostream& out, const LayerShape& shape);

/// What a layer reads.
struct LayerInput {
  Graph& graph;
  const Batch& batch;  ///< ids and lengths of the texts
  Variable x;          ///< from the layer before
};

/// A layer with its parameters. It stays where it is: a Graph refers to its parameters.
class BuiltLayer {
 public:
  BuiltLayer() = default;
  BuiltLayer(const BuiltLayer&) = delete;
  BuiltLayer& operator=(const BuiltLayer&) = delete;
  virtual ~BuiltLayer() = default;
  virtual Variable forward(const LayerInput& in) = 0;
  virtual std::vector<Parameter*> parameters(const std::string& prefix) = 0;
};

/// What a layer will be, before any memory is taken for it.
struct LayerPlan {
  LayerShape out;
  double values = 0;  ///< numbers in all its parameters
  std::function<std::unique_ptr<BuiltLayer>(Rng& rng)> build;
};

/// The plans of all layers of a model.
/// Throws invalid_argument naming layer and shapes: "layer 2 (gru) wants [rows × steps × columns], but gets [rows × 3]"
[[nodiscard]] std::vector<LayerPlan> plan_layers(const std::vector<Layer>& layers);

/// "layer 2 (gru)", counted from 1.
[[nodiscard]] std::string layer_name(const std::vector<Layer>& layers, std::size_t index);

}  // namespace malmoi::neural
