#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "neural/graph.h"

namespace malmoi::neural {

// Operations on variables of one graph. All throw invalid_argument, naming the operation and both shapes, for shapes
// that do not fit, and canceled when stopped. A new one is a function here and one in the .cpp of its kind.

// ---- number by number (ops_elementwise.cpp) ------------------------------------------------------------------------
// With broadcasting: axes are matched from the last; a missing axis and one of size 1 are repeated.

[[nodiscard]] Variable add(const Variable& a, const Variable& b);
[[nodiscard]] Variable sub(const Variable& a, const Variable& b);
[[nodiscard]] Variable mul(const Variable& a, const Variable& b);
[[nodiscard]] Variable div(const Variable& a, const Variable& b);
[[nodiscard]] Variable add(const Variable& x, Real y);
[[nodiscard]] Variable mul(const Variable& x, Real y);

[[nodiscard]] inline Variable operator+(const Variable& a, const Variable& b) {
  return add(a, b);
}
[[nodiscard]] inline Variable operator-(const Variable& a, const Variable& b) {
  return sub(a, b);
}
[[nodiscard]] inline Variable operator*(const Variable& a, const Variable& b) {
  return mul(a, b);
}
[[nodiscard]] inline Variable operator/(const Variable& a, const Variable& b) {
  return div(a, b);
}
[[nodiscard]] inline Variable operator+(const Variable& x, Real y) {
  return add(x, y);
}
[[nodiscard]] inline Variable operator-(const Variable& x, Real y) {
  return add(x, -y);
}
[[nodiscard]] inline Variable operator*(const Variable& x, Real y) {
  return mul(x, y);
}
[[nodiscard]] inline Variable operator/(const Variable& x, Real y) {
  return mul(x, 1 / y);
}
[[nodiscard]] inline Variable operator-(const Variable& x) {
  return mul(x, -1);
}
[[nodiscard]] inline Variable operator+(Real y, const Variable& x) {
  return add(x, y);
}
[[nodiscard]] inline Variable operator-(Real y, const Variable& x) {
  return add(mul(x, -1), y);
}
[[nodiscard]] inline Variable operator*(Real y, const Variable& x) {
  return mul(x, y);
}

[[nodiscard]] Variable exp(const Variable& x);
[[nodiscard]] Variable log(const Variable& x);
[[nodiscard]] Variable sqrt(const Variable& x);
[[nodiscard]] Variable square(const Variable& x);
[[nodiscard]] Variable sigmoid(const Variable& x);
[[nodiscard]] Variable tanh(const Variable& x);
[[nodiscard]] Variable relu(const Variable& x);  ///< its slope at 0 is taken as 0
[[nodiscard]] Variable gelu(const Variable& x);  ///< x Φ(x), with the error function (Hendrycks and Gimpel 2016)
[[nodiscard]] Variable step(const Variable& x);  ///< x > 0; to be shown: it has no gradient

/// In Mode::train every number is 0 with probability `rate`, others are multiplied by 1 / (1 - rate); in Mode::evaluate
/// nothing happens. What is dropped depends on the graph's Rng and the number's place. 0 ≤ rate < 1
[[nodiscard]] Variable dropout(const Variable& x, double rate);

/// x where the mask is not 0, `value` elsewhere; the mask is broadcast.
[[nodiscard]] Variable mask_fill(const Variable& x, const Tensor& mask, Real value);
/// [lengths × steps] 1 for steps below the length, 0 behind.
[[nodiscard]] Tensor length_mask(std::span<const std::int32_t> lengths, std::size_t steps);
/// [steps × steps] 1 where column ≤ row.
[[nodiscard]] Tensor causal_mask(std::size_t steps);

// ---- axes (ops_shape.cpp) ------------------------------------------------------------------------------------------

[[nodiscard]] Variable reshape(const Variable& x, const Shape& shape);
/// Axis i of the result is axis axes[i] of x.
[[nodiscard]] Variable permute(const Variable& x, std::span<const std::size_t> axes);
[[nodiscard]] Variable permute(const Variable& x, std::initializer_list<std::size_t> axes);
[[nodiscard]] Variable transpose(const Variable& x);  ///< exchanges the last two axes
[[nodiscard]] Variable slice(const Variable& x, std::size_t axis, std::size_t begin, std::size_t end);
[[nodiscard]] Variable concatenate(std::span<const Variable> parts, std::size_t axis);
[[nodiscard]] Variable concatenate(std::initializer_list<Variable> parts, std::size_t axis);

// ---- over axes (ops_reduce.cpp) ------------------------------------------------------------------------------------
// The axes vanish from the shape. Without axes: over all, to one number.

[[nodiscard]] Variable sum(const Variable& x);
[[nodiscard]] Variable sum(const Variable& x, std::initializer_list<std::size_t> axes);
[[nodiscard]] Variable mean(const Variable& x);
[[nodiscard]] Variable mean(const Variable& x, std::initializer_list<std::size_t> axes);
[[nodiscard]] Variable max(const Variable& x,
                           std::size_t axis);  ///< the gradient goes to the first of equal ones; keeps NaN

// Over the last axis:
[[nodiscard]] Variable softmax(const Variable& x);
[[nodiscard]] Variable log_softmax(const Variable& x);
[[nodiscard]] Variable log_sum_exp(const Variable& x);  ///< the axis vanishes

// ---- products (ops_matmul.cpp) -------------------------------------------------------------------------------------

struct MatmulOptions {
  bool transpose_a = false;  ///< of the last two axes
  bool transpose_b = false;
};
/// [… × m × k] · [… × k × n] → [… × m × n], 2 to 4 axes; leading axes are equal, or b has none and is used for all.
[[nodiscard]] Variable matmul(const Variable& a, const Variable& b, MatmulOptions options = {});
/// x [… × inputs] · weight [inputs × outputs] + bias [outputs] → [… × outputs]
[[nodiscard]] Variable linear(const Variable& x, const Variable& weight, const Variable& bias);

struct FeedForwardWeights {
  Variable inner;       ///< [inputs × inner]
  Variable inner_bias;  ///< [inner]
  Variable outer;       ///< [inner × outputs]
  Variable outer_bias;  ///< [outputs]
};
/// linear(gelu(linear(x, inner, inner_bias)), outer, outer_bias), without the values between being written or read far
/// from the processor (feed_forward.cpp).
[[nodiscard]] Variable feed_forward(const Variable& x, const FeedForwardWeights& weights);

// ---- tables (ops_lookup.cpp) ---------------------------------------------------------------------------------------
// The gradient of a table that is a parameter is kept for the rows used alone (GradientForm::rows).

/// Rows of a table [rows × columns] → [ids × columns]; zeros for an id of -1 (padding).
[[nodiscard]] Variable gather(const Variable& table, std::span<const std::int32_t> ids);
/// The same for ids that have axes of their own, at most 3 → [axes of the ids × columns].
[[nodiscard]] Variable gather(const Variable& table, std::span<const std::int32_t> ids, const Shape& axes);

enum class BagMode { sum, mean };
/// Sums or means of rows → [bags × columns]. Bag b holds ids[starts[b]] up to ids[starts[b + 1]]; ids of -1 do not
/// count and the mean of nothing is 0. starts [bags + 1] begins with 0, never falls and ends with the number of ids.
[[nodiscard]] Variable embedding_bag(const Variable& table, std::span<const std::int32_t> ids,
                                     std::span<const std::size_t> starts, BagMode mode);

}  // namespace malmoi::neural
