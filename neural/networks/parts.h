#pragma once

#include <cstddef>

#include "neural/layers.h"
#include "neural/network.h"

// What the kinds of networks share.
namespace malmoi::neural {

/// Word vectors of a batch, [rows × steps × columns], with dropout.
[[nodiscard]] inline Variable words_of(Graph& graph, const Batch& batch, Embedding& embedding, double rate) {
  return dropout(embedding.forward(graph, batch.ids, batch.rows), rate);
}

/// Numbers of a matrix, which may be too many for an integer.
[[nodiscard]] inline double cells(std::size_t rows, std::size_t columns) {
  return static_cast<double>(rows) * static_cast<double>(columns);
}

[[nodiscard]] inline NetworkSetting hidden_setting(std::string_view meaning) {
  return {"hidden", "hidden", meaning, &NetworkOptions::hidden, {"64", "128", "256"}};
}
[[nodiscard]] inline NetworkSetting layers_setting() {
  return {"layers", "layers", "hidden layers", &NetworkOptions::layers, {"1", "2"}};
}

}  // namespace malmoi::neural
