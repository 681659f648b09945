#include "neural/ops_broadcast.h"

#include <algorithm>

namespace malmoi::neural {
namespace {

using Steps = std::array<std::size_t, Shape::kMaxRank>;

std::size_t size_from_last(const Shape& shape, std::size_t place) {
  return place < shape.rank() ? shape[shape.rank() - 1 - place] : 1;
}

// Steps of an operand, axes aligned at the last of four; 0 where it is repeated.
Steps steps_of(const Shape& shape) {
  Steps steps = {};
  std::size_t step = 1;
  for (std::size_t place = 0; place < shape.rank(); ++place) {
    const std::size_t size = size_from_last(shape, place);
    steps[3 - place] = size == 1 ? 0 : step;
    step *= size;
  }
  return steps;
}

// Axes of size 1 vanish and neighbours that both operands walk as one become one, so that rows are long.
void merge_axes(Walk& walk) {
  std::size_t to = 3;
  for (std::size_t from = 3; from-- > 0;) {
    const std::size_t size = walk.sizes[from];
    if (size == 1) continue;
    const bool empty = walk.sizes[to] == 1;
    const bool joins = walk.a_steps[from] == walk.a_steps[to] * walk.sizes[to] &&
                       walk.b_steps[from] == walk.b_steps[to] * walk.sizes[to];
    if (empty) {
      walk.sizes[to] = size;
      walk.a_steps[to] = walk.a_steps[from];
      walk.b_steps[to] = walk.b_steps[from];
    } else if (joins) {
      walk.sizes[to] *= size;
    } else {
      --to;
      walk.sizes[to] = size;
      walk.a_steps[to] = walk.a_steps[from];
      walk.b_steps[to] = walk.b_steps[from];
    }
  }
  for (std::size_t axis = 0; axis < to; ++axis) {
    walk.sizes[axis] = 1;
    walk.a_steps[axis] = 0;
    walk.b_steps[axis] = 0;
  }
  // An operand whose numbers are apart in the last axis cannot be: its last axis was the last one, or was repeated.
}

}  // namespace

Walk broadcast_walk(std::string_view operation, const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  Walk walk;
  std::array<std::size_t, Shape::kMaxRank> sizes = {};
  for (std::size_t place = 0; place < rank; ++place) {
    const std::size_t from_a = size_from_last(a, place);
    const std::size_t from_b = size_from_last(b, place);
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      throw_shape_error(operation, a, b, "equal sizes or 1, from the last axis on");
    }
    walk.sizes[3 - place] = sizes[rank - 1 - place] = from_a == 1 ? from_b : from_a;
  }
  walk.out = Shape(std::span<const std::size_t>(sizes.data(), rank));
  walk.a_steps = steps_of(a);
  walk.b_steps = steps_of(b);
  merge_axes(walk);
  return walk;
}

AxisSizes split_axes(const Shape& shape, std::size_t first, std::size_t last) {
  AxisSizes sizes;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    (axis < first ? sizes.outer : axis < last ? sizes.n : sizes.inner) *= shape[axis];
  }
  return sizes;
}

void sum_axis(const Real* x, const AxisSizes& sizes, Real beta, Real* out, const RunContext& context) {
  if (sizes.outer == 1) return column_sums(x, sizes.n, sizes.inner, beta, out, context);
  for_blocks(sizes.outer, row_grain(sizes.n * sizes.inner), context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t o = begin; o < end; ++o) {
      const Real* const part = x + o * sizes.n * sizes.inner;
      if (sizes.inner == 1) {
        out[o] = (beta == 0 ? 0 : out[o]) + row_sum(part, sizes.n);
      } else {
        column_sums(part, sizes.n, sizes.inner, beta, out + o * sizes.inner, {});
      }
    }
  });
}

void sum_broadcast(const Tensor& x, const GradientTarget& to, const RunContext& context) {
  const Shape& wanted = to.tensor.shape();
  const std::size_t rank = x.shape().rank();
  std::array<std::size_t, Shape::kMaxRank> sizes = {};
  std::copy_n(x.shape().sizes().data(), rank, sizes.data());
  const auto is_repeated = [&](std::size_t axis) {
    return size_from_last(wanted, rank - 1 - axis) == 1 && x.shape()[axis] != 1;
  };
  Tensor held;
  const Real* from = x.data();
  std::size_t left = 0;
  for (std::size_t axis = 0; axis < rank; ++axis) left += is_repeated(axis) ? 1 : 0;
  for (std::size_t last = rank; last > 0; --last) {  // runs of repeated axes, from the last to the first
    if (!is_repeated(last - 1)) continue;
    std::size_t first = last - 1;
    while (first > 0 && is_repeated(first - 1)) --first;
    const AxisSizes split = split_axes(Shape(std::span<const std::size_t>(sizes.data(), rank)), first, last);
    left -= last - first;
    if (left == 0) return sum_axis(from, split, to.beta, to.tensor.data(), context);
    Tensor sums({split.outer * split.inner});
    sum_axis(from, split, 0, sums.data(), context);
    held = std::move(sums);
    from = held.data();
    for (std::size_t axis = first; axis < last; ++axis) sizes[axis] = 1;
    last = first + 1;
  }
  repeat_into(x, 1, to, context);  // nothing was repeated
}

void repeat_into(const Tensor& x, Real scale, const GradientTarget& to, const RunContext& context) {
  const Walk walk = broadcast_walk("repeat_into", x.shape(), to.tensor.shape());
  Real* const out = to.tensor.data();
  const bool fresh = to.beta == 0;
  for_pieces(walk, x.data(), out, context,
             [&](std::size_t at, const Real* a, std::size_t step, const Real*, std::size_t, std::size_t n) {
               for (std::size_t i = 0; i < n; ++i) {
                 out[at + i] = (fresh ? 0 : out[at + i]) + scale * a[i * step];
               }
             });
}

}  // namespace malmoi::neural
