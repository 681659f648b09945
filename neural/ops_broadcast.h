#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "neural/graph.h"
#include "neural/kernels.h"
#include "neural/tensor.h"

namespace malmoi::neural {

/// How to walk over a result of two broadcast operands: rows of `inner` numbers, in which an operand's numbers follow
/// one another (step 1) or are one and the same (step 0).
struct Walk {
  Shape out;
  std::array<std::size_t, Shape::kMaxRank> sizes = {1, 1, 1, 1};  // the last one is `inner`
  std::array<std::size_t, Shape::kMaxRank> a_steps = {};
  std::array<std::size_t, Shape::kMaxRank> b_steps = {};

  [[nodiscard]] std::size_t inner() const noexcept { return sizes[3]; }
  [[nodiscard]] std::size_t rows() const noexcept { return sizes[0] * sizes[1] * sizes[2]; }
  [[nodiscard]] std::size_t offset(std::size_t row, const std::array<std::size_t, 4>& steps) const noexcept {
    const std::size_t last = row % sizes[2];
    const std::size_t rest = row / sizes[2];
    return rest / sizes[1] * steps[0] + rest % sizes[1] * steps[1] + last * steps[2];
  }
};

/// Axes are matched from the last; a missing axis and one of size 1 are repeated.
/// Throws invalid_argument, naming the operation and both shapes, where they do not match.
[[nodiscard]] Walk broadcast_walk(std::string_view operation, const Shape& a, const Shape& b);

/// f(out offset, a, a's step, b, b's step, numbers) for pieces of the result, in parallel.
template <typename F>
void for_pieces(const Walk& walk, const Real* a, const Real* b, const RunContext& context, const F& f) {
  const std::size_t inner = walk.inner();
  if (walk.rows() == 1) {
    return for_blocks(inner, kBlock, context, [&](std::size_t begin, std::size_t end) {
      f(begin, a + begin * walk.a_steps[3], walk.a_steps[3], b + begin * walk.b_steps[3], walk.b_steps[3], end - begin);
    });
  }
  for_blocks(walk.rows(), row_grain(inner), context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      f(row * inner, a + walk.offset(row, walk.a_steps), walk.a_steps[3], b + walk.offset(row, walk.b_steps),
        walk.b_steps[3], inner);
    }
  });
}

/// Sums over the axes that were repeated to make x of `to`: the gradient of broadcasting. `to` has the target's shape.
void sum_broadcast(const Tensor& x, const GradientTarget& to, const RunContext& context);

/// to = beta · to + scale · x repeated to its shape: the gradient of a sum. x may be shorter by axes of size 1.
void repeat_into(const Tensor& x, Real scale, const GradientTarget& to, const RunContext& context);

/// out [outer × inner] = beta · out + Σ over the middle axis of x [outer × n × inner].
struct AxisSizes {
  std::size_t outer = 1;
  std::size_t n = 1;
  std::size_t inner = 1;
};
void sum_axis(const Real* x, const AxisSizes& sizes, Real beta, Real* out, const RunContext& context);

/// The axes from `first` up to `last` as the middle one.
[[nodiscard]] AxisSizes split_axes(const Shape& shape, std::size_t first, std::size_t last);

}  // namespace malmoi::neural
