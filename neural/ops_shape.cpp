#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "neural/kernels.h"
#include "neural/ops.h"
#include "neural/ops_broadcast.h"

namespace malmoi::neural {
namespace {

using Axes = std::array<std::size_t, Shape::kMaxRank>;

// out[i0][i1][i2][i3] = beta · out + x[i · steps]: rows of the result, one after another.
struct StridedCopy {
  Axes sizes = {1, 1, 1, 1};
  Axes steps = {};  // in x, of the axes of the result
};

StridedCopy plan_permute(const Shape& x, std::span<const std::size_t> axes) {
  Axes x_steps = {};
  std::size_t step = 1;
  for (std::size_t axis = x.rank(); axis-- > 0; step *= x[axis]) x_steps[axis] = step;
  StridedCopy plan;
  const std::size_t shift = Shape::kMaxRank - axes.size();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    plan.sizes[shift + i] = x[axes[i]];
    plan.steps[shift + i] = x_steps[axes[i]];
  }
  return plan;
}

void copy_row(const Real* from, std::size_t step, Real beta, Real* to, std::size_t n) {
  if (beta == 0 && step == 1) {
    std::copy_n(from, n, to);
  } else if (beta == 0) {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i * step];
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] += from[i * step];
  }
}

void run(const StridedCopy& plan, const Real* from, Real beta, Real* to, const RunContext& context) {
  const std::size_t n = plan.sizes[3];
  const std::size_t rows = plan.sizes[0] * plan.sizes[1] * plan.sizes[2];
  for_blocks(rows, row_grain(n), context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const std::size_t rest = row / plan.sizes[2];
      const std::size_t offset = rest / plan.sizes[1] * plan.steps[0] + rest % plan.sizes[1] * plan.steps[1] +
                                 row % plan.sizes[2] * plan.steps[2];
      copy_row(from + offset, plan.steps[3], beta, to + row * n, n);
    }
  });
}

std::vector<std::size_t> inverse(std::span<const std::size_t> axes) {
  std::vector<std::size_t> result(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) result[axes[i]] = i;
  return result;
}

void require_axes(const Shape& shape, std::span<const std::size_t> axes) {
  std::vector<std::size_t> sorted(axes.begin(), axes.end());
  std::sort(sorted.begin(), sorted.end());
  bool whole = sorted.size() == shape.rank();
  for (std::size_t i = 0; whole && i < sorted.size(); ++i) whole = sorted[i] == i;
  if (!whole) throw_shape_error("permute", shape, Shape(axes), "every axis of the first once in the second");
}

// Copies a block of rows between tensors whose rows have other lengths: parts of an axis.
struct Part {
  std::size_t rows = 1;
  std::size_t length = 0;     // numbers of a row
  std::size_t from_step = 0;  // from row to row
  std::size_t to_step = 0;
};

void run(const Part& part, const Real* from, Real beta, Real* to, const RunContext& context) {
  for_blocks(part.rows, row_grain(part.length), context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      copy_row(from + row * part.from_step, 1, beta, to + row * part.to_step, part.length);
    }
  });
}

Shape with_size(const Shape& shape, std::size_t axis, std::size_t size) {
  Axes sizes = {};
  std::copy_n(shape.sizes().data(), shape.rank(), sizes.data());
  sizes[axis] = size;
  return Shape(std::span<const std::size_t>(sizes.data(), shape.rank()));
}

Shape concatenated_shape(std::span<const Variable> parts, std::size_t axis) {
  if (parts.empty()) throw Error(ErrorCode::invalid_argument, "concatenate: no parts, wanted at least one");
  const Shape& first = parts.front().shape();
  if (axis >= first.rank()) throw_shape_error("concatenate", first, concat("an axis ", axis));
  std::size_t size = 0;
  for (const Variable& part : parts) {
    const Shape& shape = part.shape();
    if (shape.rank() != first.rank() || with_size(shape, axis, 0) != with_size(first, axis, 0)) {
      throw_shape_error("concatenate", first, shape, concat("equal sizes but of axis ", axis));
    }
    size += shape[axis];
  }
  return with_size(first, axis, size);
}

}  // namespace

Variable reshape(const Variable& x, const Shape& shape) {
  if (shape.size() != x.shape().size()) throw_shape_error("reshape", x.shape(), shape, "as many numbers in both");
  Tensor out = x.graph().tensor(shape);
  std::copy_n(x.value().data(), out.size(), out.data());
  return x.graph().record(std::move(out), {x},
                          [x](Tensor& grad_out, const Tensor&) { x.add_grad(std::move(grad_out)); });
}

Variable permute(const Variable& x, std::span<const std::size_t> axes) {
  require_axes(x.shape(), axes);
  const StridedCopy plan = plan_permute(x.shape(), axes);
  Axes sizes = {};
  for (std::size_t i = 0; i < axes.size(); ++i) sizes[i] = x.shape()[axes[i]];
  Tensor out = x.graph().tensor(Shape(std::span<const std::size_t>(sizes.data(), axes.size())));
  run(plan, x.value().data(), 0, out.data(), x.graph().context());
  const StridedCopy back = plan_permute(out.shape(), inverse(axes));
  return x.graph().record(std::move(out), {x}, [x, back](const Tensor& grad_out, const Tensor&) {
    const GradientTarget target = x.grad_target();
    run(back, grad_out.data(), target.beta, target.tensor.data(), x.graph().context());
  });
}

Variable permute(const Variable& x, std::initializer_list<std::size_t> axes) {
  return permute(x, std::span(axes.begin(), axes.size()));
}

Variable transpose(const Variable& x) {
  const std::size_t rank = x.shape().rank();
  if (rank < 2) throw_shape_error("transpose", x.shape(), "two axes or more");
  std::vector<std::size_t> axes(rank);
  for (std::size_t i = 0; i < rank; ++i) axes[i] = i;
  std::swap(axes[rank - 2], axes[rank - 1]);
  return permute(x, axes);
}

Variable slice(const Variable& x, std::size_t axis, std::size_t begin, std::size_t end) {
  if (axis >= x.shape().rank() || begin > end || end > x.shape()[axis]) {
    throw Error(ErrorCode::invalid_argument, concat("slice: ", begin, " to ", end, " of axis ", axis, " of shape ",
                                                    x.shape(), ", wanted a part of an axis"));
  }
  const AxisSizes sizes = split_axes(x.shape(), axis, axis + 1);
  const Part part{.rows = sizes.outer,
                  .length = (end - begin) * sizes.inner,
                  .from_step = sizes.n * sizes.inner,
                  .to_step = (end - begin) * sizes.inner};
  const std::size_t offset = begin * sizes.inner;
  Tensor out = x.graph().tensor(with_size(x.shape(), axis, end - begin));
  run(part, x.value().data() + offset, 0, out.data(), x.graph().context());
  return x.graph().record(std::move(out), {x}, [x, part, offset](const Tensor& grad_out, const Tensor&) {
    const Part back{.rows = part.rows, .length = part.length, .from_step = part.to_step, .to_step = part.from_step};
    run(back, grad_out.data(), 1, x.grad().data() + offset, x.graph().context());
  });
}

Variable concatenate(std::span<const Variable> parts, std::size_t axis) {
  const Shape shape = concatenated_shape(parts, axis);
  Graph& graph = parts.front().graph();
  const std::size_t whole = split_axes(shape, axis, shape.rank()).n;
  Tensor out = graph.tensor(shape);
  std::size_t offset = 0;
  for (const Variable& part : parts) {
    const AxisSizes sizes = split_axes(part.shape(), axis, shape.rank());
    run({.rows = sizes.outer, .length = sizes.n, .from_step = sizes.n, .to_step = whole}, part.value().data(), 0,
        out.data() + offset, graph.context());
    offset += sizes.n;
  }
  std::vector<Variable> kept(parts.begin(), parts.end());
  return graph.record(std::move(out), parts, [kept = std::move(kept), axis, whole](const Tensor& grad, const Tensor&) {
    std::size_t start = 0;
    for (const Variable& part : kept) {
      const AxisSizes sizes = split_axes(part.shape(), axis, part.shape().rank());
      if (part.needs_grad()) {
        const GradientTarget target = part.grad_target();
        run({.rows = sizes.outer, .length = sizes.n, .from_step = whole, .to_step = sizes.n}, grad.data() + start,
            target.beta, target.tensor.data(), part.graph().context());
      }
      start += sizes.n;
    }
  });
}

Variable concatenate(std::initializer_list<Variable> parts, std::size_t axis) {
  return concatenate(std::span(parts.begin(), parts.size()), axis);
}

}  // namespace malmoi::neural
