#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "neural/kernels.h"
#include "neural/ops.h"
#include "neural/ops_broadcast.h"

namespace malmoi::neural {
namespace {

struct Reduced {
  Shape kept;   // with 1 for every axis that vanishes
  Shape shape;  // without them
};

Reduced reduced_shapes(std::string_view operation, const Shape& x, std::span<const std::size_t> axes) {
  std::array<std::size_t, Shape::kMaxRank> kept = {};
  std::copy_n(x.sizes().data(), x.rank(), kept.data());
  std::array<bool, Shape::kMaxRank> vanishes = {};
  for (const std::size_t axis : axes) {
    if (axis >= x.rank() || vanishes[axis]) {
      throw_shape_error(operation, x, Shape(axes), "different axes of the first in the second");
    }
    kept[axis] = 1;
    vanishes[axis] = true;
  }
  std::vector<std::size_t> rest;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (!vanishes[axis]) rest.push_back(x[axis]);
  }
  return {Shape(std::span<const std::size_t>(kept.data(), x.rank())), Shape(rest)};
}

Variable scaled_sum(std::string_view operation, const Variable& x, std::span<const std::size_t> axes, bool is_mean) {
  const Reduced reduced = reduced_shapes(operation, x.shape(), axes);
  Graph& graph = x.graph();
  Tensor out = graph.tensor(reduced.kept);
  if (reduced.kept == x.shape()) {
    std::copy_n(x.value().data(), out.size(), out.data());
  } else {
    sum_broadcast(x.value(), {out, 0}, graph.context());
  }
  const Real scale = is_mean ? static_cast<Real>(out.size()) / static_cast<Real>(x.shape().size()) : Real{1};
  if (is_mean) out.array() *= scale;
  out.reshape(reduced.shape);
  return graph.record(std::move(out), {x}, [x, kept = reduced.kept, scale](Tensor& grad_out, const Tensor&) {
    grad_out.reshape(kept);
    repeat_into(grad_out, scale, x.grad_target(), x.graph().context());
  });
}

std::vector<std::size_t> all_axes(const Variable& x) {
  std::vector<std::size_t> axes(x.shape().rank());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = i;
  return axes;
}

void require_last_axis(std::string_view operation, const Shape& shape) {
  if (shape.rank() == 0 || shape.cols() == 0) {
    throw_shape_error(operation, shape, "a last axis of at least 1 number");
  }
}

Shape without_last(const Shape& shape) {
  return Shape(shape.sizes().first(shape.rank() - 1));
}

// f(row, columns) for the rows of a tensor.
template <typename F>
void for_rows(const Shape& shape, const RunContext& context, F f) {
  const std::size_t columns = shape.cols();
  for_blocks(shape.rows(), row_grain(columns), context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) f(row, columns);
  });
}

// The greatest number of a row, and a shift that keeps its exponentials from overflow: a row of -∞ alone gets 0.
Real safe_max(const Real* x, std::size_t n) {
  const Real greatest = row_max(x, n);
  return greatest == -std::numeric_limits<Real>::infinity() ? Real{0} : greatest;
}

Real row_log_sum_exp(const Real* x, std::size_t n) {
  const Real shift = safe_max(x, n);
  Real sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += fast_exp(x[i] - shift);
  return shift + std::log(sum);
}

}  // namespace

Variable sum(const Variable& x) {
  return scaled_sum("sum", x, all_axes(x), false);
}
Variable sum(const Variable& x, std::initializer_list<std::size_t> axes) {
  return scaled_sum("sum", x, std::span(axes.begin(), axes.size()), false);
}
Variable mean(const Variable& x) {
  return scaled_sum("mean", x, all_axes(x), true);
}
Variable mean(const Variable& x, std::initializer_list<std::size_t> axes) {
  return scaled_sum("mean", x, std::span(axes.begin(), axes.size()), true);
}

Variable max(const Variable& x, std::size_t axis) {
  const Reduced reduced = reduced_shapes("max", x.shape(), std::span(&axis, 1));
  const AxisSizes sizes = split_axes(x.shape(), axis, axis + 1);
  if (sizes.n == 0) throw_shape_error("max", x.shape(), concat("at least 1 number along axis ", axis));
  Graph& graph = x.graph();
  Tensor out = graph.tensor(reduced.shape);
  std::vector<std::size_t> places(out.size());
  for_blocks(out.size(), row_grain(sizes.n), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t first = i / sizes.inner * sizes.n * sizes.inner + i % sizes.inner;
      std::size_t best = first;
      for (std::size_t k = 1; k < sizes.n; ++k) {
        const std::size_t at = first + k * sizes.inner;
        if (!(x.value()[at] <= x.value()[best]) && !std::isnan(x.value()[best])) best = at;
      }
      out[i] = x.value()[best];
      places[i] = best;
    }
  });
  return graph.record(std::move(out), {x}, [x, places = std::move(places)](const Tensor& grad_out, const Tensor&) {
    Tensor& grad = x.grad();
    for (std::size_t i = 0; i < places.size(); ++i) grad[places[i]] += grad_out[i];
  });
}

Variable softmax(const Variable& x) {
  require_last_axis("softmax", x.shape());
  Graph& graph = x.graph();
  Tensor out = graph.tensor(x.shape());
  for_rows(x.shape(), graph.context(), [&](std::size_t row, std::size_t n) {
    const Real* const from = x.value().data() + row * n;
    Real* const to = out.data() + row * n;
    const Real scale = 1 / row_exp(from, safe_max(from, n), to, n);
    for (std::size_t i = 0; i < n; ++i) to[i] *= scale;
  });
  return graph.record(std::move(out), {x}, [x](const Tensor& grad_out, const Tensor& value) {
    const GradientTarget target = x.grad_target();
    for_rows(value.shape(), x.graph().context(), [&](std::size_t row, std::size_t n) {
      const Real* const g = grad_out.data() + row * n;
      const Real* const y = value.data() + row * n;
      Real* const to = target.tensor.data() + row * n;
      const Real dot = row_dot(g, y, n);
      for (std::size_t i = 0; i < n; ++i) to[i] = (target.beta == 0 ? 0 : to[i]) + y[i] * (g[i] - dot);
    });
  });
}

Variable log_softmax(const Variable& x) {
  require_last_axis("log_softmax", x.shape());
  Graph& graph = x.graph();
  Tensor out = graph.tensor(x.shape());
  for_rows(x.shape(), graph.context(), [&](std::size_t row, std::size_t n) {
    const Real* const from = x.value().data() + row * n;
    const Real shift = row_log_sum_exp(from, n);
    for (std::size_t i = 0; i < n; ++i) out[row * n + i] = from[i] - shift;
  });
  return graph.record(std::move(out), {x}, [x](const Tensor& grad_out, const Tensor& value) {
    const GradientTarget target = x.grad_target();
    for_rows(value.shape(), x.graph().context(), [&](std::size_t row, std::size_t n) {
      const Real* const g = grad_out.data() + row * n;
      const Real* const y = value.data() + row * n;
      Real* const to = target.tensor.data() + row * n;
      const Real total = row_sum(g, n);
      for (std::size_t i = 0; i < n; ++i) to[i] = (target.beta == 0 ? 0 : to[i]) + g[i] - total * fast_exp(y[i]);
    });
  });
}

Variable log_sum_exp(const Variable& x) {
  require_last_axis("log_sum_exp", x.shape());
  Graph& graph = x.graph();
  Tensor out = graph.tensor(without_last(x.shape()));
  for_rows(x.shape(), graph.context(),
           [&](std::size_t row, std::size_t n) { out[row] = row_log_sum_exp(x.value().data() + row * n, n); });
  return graph.record(std::move(out), {x}, [x](const Tensor& grad_out, const Tensor& value) {
    const GradientTarget target = x.grad_target();
    for_rows(x.shape(), x.graph().context(), [&](std::size_t row, std::size_t n) {
      const Real* const from = x.value().data() + row * n;
      Real* const to = target.tensor.data() + row * n;
      for (std::size_t i = 0; i < n; ++i) {
        to[i] = (target.beta == 0 ? 0 : to[i]) + grad_out[row] * fast_exp(from[i] - value[row]);
      }
    });
  });
}

}  // namespace malmoi::neural
