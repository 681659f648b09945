#include <cmath>
#include <utility>

#include "corpus/base/error.h"
#include "neural/kernels.h"
#include "neural/ops.h"
#include "neural/ops_broadcast.h"

namespace malmoi::neural {
namespace {

// Templates, because every one of these loops must be compiled with its function inside it to be vectorised.

/// f(place in the result, a's number, b's number)
template <typename F>
void for_pairs(const Walk& walk, const Tensor& a, const Tensor& b, const RunContext& context, F f) {
  for_pieces(walk, a.data(), b.data(), context,
             [f](std::size_t at, const Real* x, std::size_t x_step, const Real* y, std::size_t y_step, std::size_t n) {
               if (x_step == 1 && y_step == 1) {
                 for (std::size_t i = 0; i < n; ++i) f(at + i, x[i], y[i]);
               } else if (x_step == 1) {
                 const Real same = *y;
                 for (std::size_t i = 0; i < n; ++i) f(at + i, x[i], same);
               } else if (y_step == 1) {
                 const Real same = *x;
                 for (std::size_t i = 0; i < n; ++i) f(at + i, same, y[i]);
               } else {
                 for (std::size_t i = 0; i < n; ++i) f(at + i, *x, *y);
               }
             });
}

// The gradient of `to`, one of the operands a and b: slope(a, b) · grad_out, summed where `to` was repeated.
template <typename Slope>
void pass_back(const Variable& to, const Walk& walk, const Tensor& a, const Tensor& b, const Tensor& grad_out,
               Slope slope) {
  if (!to.needs_grad()) return;
  const RunContext& context = to.graph().context();
  const Real* const g = grad_out.data();
  const auto write = [&](Real* out) {
    for_pairs(walk, a, b, context, [=](std::size_t i, Real x, Real y) { out[i] = g[i] * slope(x, y); });
  };
  const GradientTarget target = to.grad_target();
  if (to.shape() == walk.out && target.beta == 0) return write(target.tensor.data());
  if (to.shape() == walk.out) {
    Real* const out = target.tensor.data();
    return for_pairs(walk, a, b, context, [=](std::size_t i, Real x, Real y) { out[i] += g[i] * slope(x, y); });
  }
  Tensor full = to.graph().tensor(walk.out);
  write(full.data());
  sum_broadcast(full, target, context);
}

template <typename F, typename SlopeA, typename SlopeB>
Variable binary(std::string_view operation, const Variable& a, const Variable& b, F f, SlopeA slope_a, SlopeB slope_b) {
  Graph& graph = a.graph();
  const Walk walk = broadcast_walk(operation, a.shape(), b.shape());
  Tensor out = graph.tensor(walk.out);
  Real* const to = out.data();
  for_pairs(walk, a.value(), b.value(), graph.context(), [=](std::size_t i, Real x, Real y) { to[i] = f(x, y); });
  return graph.record(std::move(out), {a, b}, [=](const Tensor& grad_out, const Tensor&) {
    pass_back(a, walk, a.value(), b.value(), grad_out, slope_a);
    pass_back(b, walk, a.value(), b.value(), grad_out, slope_b);
  });
}

// slope(x, y) is that of y = f(x).
template <typename F, typename Slope>
Variable unary(const Variable& x, F f, Slope slope) {
  Graph& graph = x.graph();
  Tensor out = graph.tensor(x.shape());
  const Real* const from = x.value().data();
  Real* const to = out.data();
  for_blocks(out.size(), kBlock, graph.context(), [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) to[i] = f(from[i]);
  });
  return graph.record(std::move(out), {x}, [=](const Tensor& grad_out, const Tensor& value) {
    const GradientTarget target = x.grad_target();
    const Real* const g = grad_out.data();
    const Real* const in = x.value().data();
    const Real* const y = value.data();
    Real* const grad = target.tensor.data();
    const bool fresh = target.beta == 0;
    for_blocks(value.size(), kBlock, x.graph().context(), [=](std::size_t begin, std::size_t end) {
      if (fresh) {
        for (std::size_t i = begin; i < end; ++i) grad[i] = g[i] * slope(in[i], y[i]);
      } else {
        for (std::size_t i = begin; i < end; ++i) grad[i] += g[i] * slope(in[i], y[i]);
      }
    });
  });
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
  Graph& graph = a.graph();
  const Walk walk = broadcast_walk("add", a.shape(), b.shape());
  Tensor out = graph.tensor(walk.out);
  Real* const to = out.data();
  for_pairs(walk, a.value(), b.value(), graph.context(), [=](std::size_t i, Real x, Real y) { to[i] = x + y; });
  return graph.record(std::move(out), {a, b}, [=](Tensor& grad_out, const Tensor&) {
    const auto one = [](Real, Real) { return Real{1}; };
    pass_back(b, walk, a.value(), b.value(), grad_out, one);
    if (a.shape() != walk.out) return pass_back(a, walk, a.value(), b.value(), grad_out, one);
    if (a.needs_grad()) a.add_grad(std::move(grad_out));  // the gradient itself, where it is the first: not a copy
  });
}
Variable sub(const Variable& a, const Variable& b) {
  return binary(
      "sub", a, b, [](Real x, Real y) { return x - y; }, [](Real, Real) { return Real{1}; },
      [](Real, Real) { return Real{-1}; });
}
Variable mul(const Variable& a, const Variable& b) {
  return binary(
      "mul", a, b, [](Real x, Real y) { return x * y; }, [](Real, Real y) { return y; },
      [](Real x, Real) { return x; });
}
Variable div(const Variable& a, const Variable& b) {
  return binary(
      "div", a, b, [](Real x, Real y) { return x / y; }, [](Real, Real y) { return 1 / y; },
      [](Real x, Real y) { return -x / (y * y); });
}
Variable add(const Variable& x, Real y) {
  return unary(
      x, [y](Real v) { return v + y; }, [](Real, Real) { return Real{1}; });
}
Variable mul(const Variable& x, Real y) {
  return unary(
      x, [y](Real v) { return v * y; }, [y](Real, Real) { return y; });
}

Variable exp(const Variable& x) {
  return unary(
      x, [](Real v) { return fast_exp(v); }, [](Real, Real y) { return y; });
}
Variable log(const Variable& x) {
  return unary(
      x, [](Real v) { return std::log(v); }, [](Real v, Real) { return 1 / v; });
}
Variable sqrt(const Variable& x) {
  return unary(
      x, [](Real v) { return std::sqrt(v); }, [](Real, Real y) { return Real{0.5} / y; });
}
Variable square(const Variable& x) {
  return unary(
      x, [](Real v) { return v * v; }, [](Real v, Real) { return 2 * v; });
}
Variable sigmoid(const Variable& x) {
  return unary(
      x, [](Real v) { return fast_sigmoid(v); }, [](Real, Real y) { return y * (1 - y); });
}
Variable tanh(const Variable& x) {
  return unary(
      x, [](Real v) { return fast_tanh(v); }, [](Real, Real y) { return 1 - y * y; });
}
Variable relu(const Variable& x) {
  return unary(
      x, [](Real v) { return v < 0 ? Real{0} : v; }, [](Real, Real y) { return y > 0 ? Real{1} : Real{0}; });
}
Variable gelu(const Variable& x) {
  return unary(
      x, [](Real v) { return v * normal_cdf(v); }, [](Real v, Real) { return normal_cdf(v) + v * normal_density(v); });
}
Variable step(const Variable& x) {
  Tensor out = x.graph().tensor(x.shape());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = x.value()[i] > 0 ? Real{1} : Real{0};
  return x.graph().input(std::move(out));
}

Variable mask_fill(const Variable& x, const Tensor& mask, Real value) {
  if (broadcast_walk("mask_fill", x.shape(), mask.shape()).out != x.shape()) {
    throw_shape_error("mask_fill", x.shape(), mask.shape(), "a mask that is repeated to the shape of the values");
  }
  return binary(
      "mask_fill", x, x.graph().input(mask), [value](Real v, Real keep) { return keep != 0 ? v : value; },
      [](Real, Real keep) { return keep != 0 ? Real{1} : Real{0}; }, [](Real, Real) { return Real{0}; });
}

}  // namespace malmoi::neural
