#pragma once

#include <cstdint>
#include <span>

#include "neural/graph.h"

namespace malmoi::neural {

// Losses: one number each. All throw invalid_argument, naming the loss and both shapes, for shapes that do not fit.

/// The mean of (prediction - target)² over all numbers.
[[nodiscard]] Variable mean_squared_error(const Variable& prediction, const Tensor& target);

struct CrossEntropyOptions {
  double label_smoothing = 0.0;              ///< ε, 0 ≤ ε < 1
  std::span<const Real> class_weights = {};  ///< [classes], ≥ 0; empty: all 1. Must live through the call alone
};

/// Cross-entropy of softmax(logits) [examples × classes] with the labels [examples]; a label of -1 does not count.
/// As PyTorch: the weighted mean Σ lᵢ / Σ w(yᵢ), lᵢ = -(1 - ε) w(yᵢ) ln p(yᵢ) - ε / classes · Σ_c w(c) ln p(c). Without
/// an example that counts it is 0.
[[nodiscard]] Variable softmax_cross_entropy(const Variable& logits, std::span<const std::int32_t> labels,
                                             const CrossEntropyOptions& options = {});

/// The mean over examples of -Σ_c t(c) ln p(c), for targets [examples × classes], e.g. the answers of another model.
[[nodiscard]] Variable softmax_cross_entropy(const Variable& logits, const Tensor& targets);

/// The mean over all numbers of w · (-t ln σ(x) - (1 - t) ln(1 - σ(x))); weights have the shape of the targets, or are
/// empty: all 1.
[[nodiscard]] Variable binary_cross_entropy(const Variable& logits, const Tensor& targets, const Tensor& weights = {});

}  // namespace malmoi::neural
