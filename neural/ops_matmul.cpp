#include <algorithm>
#include <array>
#include <utility>

#include "neural/gemm.h"
#include "neural/kernels.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

// A stack of row-major matrices.
struct Stack {
  std::size_t count = 1;
  std::size_t rows = 0;
  std::size_t columns = 0;
};

Stack stack_of(const Shape& shape) {
  const std::size_t rank = shape.rank();
  Stack stack{.count = 1, .rows = shape[rank - 2], .columns = shape[rank - 1]};
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) stack.count *= shape[axis];
  return stack;
}

// A factor of a product: where it is, how it is read, and the distance to that of the next product (0: the same).
struct Operand {
  const Real* values;
  std::size_t columns;
  bool transposed;
  std::size_t step;
};

MatrixOp op_of(bool transposed) {
  return transposed ? MatrixOp::transposed : MatrixOp::none;
}

struct Product {
  std::size_t count;
  std::size_t m;
  std::size_t n;
  std::size_t k;
};

// C[i] = beta · C[i] + A[i] · B[i]. Where all products add to one C (step 0), they do so one after another.
void multiply(const Product& p, const Operand& a, const Operand& b, Real beta, Real* c, std::size_t c_step,
              const RunContext& context) {
  const auto one = [&](std::size_t i, Real with, const RunContext& how) {
    gemm(op_of(a.transposed), op_of(b.transposed), static_cast<std::ptrdiff_t>(p.m), static_cast<std::ptrdiff_t>(p.n),
         static_cast<std::ptrdiff_t>(p.k), a.values + i * a.step, static_cast<std::ptrdiff_t>(a.columns),
         b.values + i * b.step, static_cast<std::ptrdiff_t>(b.columns), with, c + i * c_step,
         static_cast<std::ptrdiff_t>(p.n), how);
  };
  if (p.count == 1) return one(0, beta, context);
  if (c_step == 0) {
    for (std::size_t i = 0; i < p.count; ++i) one(i, i == 0 ? beta : Real{1}, context);
    return;
  }
  const std::size_t grain = std::max<std::size_t>(1, kBlock / std::max<std::size_t>(1, p.m * p.n * p.k / 8));
  for_blocks(p.count, grain, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) one(i, beta, {});
  });
}

// The three products of a multiplication: C = op(A) op(B) and the gradients of A and B.
struct Multiplication {
  Stack a;
  Stack b;
  MatmulOptions options;
  Product forward;

  [[nodiscard]] Operand a_of(const Real* values) const {
    return {values, a.columns, options.transpose_a, a.rows * a.columns};
  }
  [[nodiscard]] Operand b_of(const Real* values) const {
    return {values, b.columns, options.transpose_b, b.count == 1 ? 0 : b.rows * b.columns};
  }
  [[nodiscard]] Operand grad_of(const Real* values) const { return {values, forward.n, false, forward.m * forward.n}; }
};

Operand turned(Operand operand) {
  operand.transposed = !operand.transposed;
  return operand;
}

Multiplication plan(const Shape& a, const Shape& b, MatmulOptions options) {
  const auto fail = [&](std::string_view wanted) { throw_shape_error("matmul", a, b, wanted); };
  if (a.rank() < 2 || b.rank() < 2) fail("two axes or more");
  Multiplication plan{.a = stack_of(a), .b = stack_of(b), .options = options, .forward = {}};
  const bool same = a.rank() == b.rank() && std::equal(a.sizes().begin(), a.sizes().end() - 2, b.sizes().begin());
  if (b.rank() != 2 && !same) fail("equal leading axes, or two axes of the second");
  if (b.rank() == 2 && !options.transpose_a) plan.a = {1, a.rows(), a.cols()};  // rows of all matrices at once
  const Stack& x = plan.a;
  const Stack& y = plan.b;
  plan.forward = {.count = x.count,
                  .m = options.transpose_a ? x.columns : x.rows,
                  .n = options.transpose_b ? y.rows : y.columns,
                  .k = options.transpose_a ? x.rows : x.columns};
  if (plan.forward.k != (options.transpose_b ? y.columns : y.rows)) fail("equal inner sizes");
  return plan;
}

Shape product_shape(const Shape& a, const Multiplication& plan, bool transpose_a) {
  std::array<std::size_t, Shape::kMaxRank> sizes = {};
  std::copy_n(a.sizes().data(), a.rank(), sizes.data());
  if (transpose_a) sizes[a.rank() - 2] = a[a.rank() - 1];
  sizes[a.rank() - 1] = plan.forward.n;
  return Shape(std::span<const std::size_t>(sizes.data(), a.rank()));
}

void pass_to_a(const Variable& a, const Multiplication& plan, const Operand& b, const Tensor& grad_out) {
  const GradientTarget target = a.grad_target();
  const Product& f = plan.forward;
  const Operand g = plan.grad_of(grad_out.data());
  const std::size_t step = plan.a.rows * plan.a.columns;
  if (plan.options.transpose_a) {  // A is stored [k × m]: op(B) gradᵀ
    multiply({f.count, f.k, f.m, f.n}, b, turned(g), target.beta, target.tensor.data(), step, a.graph().context());
  } else {
    multiply({f.count, f.m, f.k, f.n}, g, turned(b), target.beta, target.tensor.data(), step, a.graph().context());
  }
}

void pass_to_b(const Variable& b, const Multiplication& plan, const Operand& a, const Tensor& grad_out) {
  const GradientTarget target = b.grad_target();
  const Product& f = plan.forward;
  const Operand g = plan.grad_of(grad_out.data());
  const std::size_t step = plan.b_of(nullptr).step;
  if (plan.options.transpose_b) {  // B is stored [n × k]: gradᵀ op(A)
    multiply({f.count, f.n, f.k, f.m}, turned(g), a, target.beta, target.tensor.data(), step, b.graph().context());
  } else {
    multiply({f.count, f.k, f.n, f.m}, turned(a), g, target.beta, target.tensor.data(), step, b.graph().context());
  }
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b, MatmulOptions options) {
  const Multiplication plan_of = plan(a.shape(), b.shape(), options);
  Graph& graph = a.graph();
  Tensor out = graph.tensor(product_shape(a.shape(), plan_of, options.transpose_a));
  multiply(plan_of.forward, plan_of.a_of(a.value().data()), plan_of.b_of(b.value().data()), 0, out.data(),
           plan_of.forward.m * plan_of.forward.n, graph.context());
  return graph.record(std::move(out), {a, b}, [a, b, plan_of](const Tensor& grad_out, const Tensor&) {
    if (a.needs_grad()) pass_to_a(a, plan_of, plan_of.b_of(b.value().data()), grad_out);
    if (b.needs_grad()) pass_to_b(b, plan_of, plan_of.a_of(a.value().data()), grad_out);
  });
}

Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  if (x.shape().rank() == 0 || weight.shape().rank() != 2 || x.shape().cols() != weight.shape()[0]) {
    throw_shape_error("linear", x.shape(), weight.shape(), "[… × inputs] and [inputs × outputs]");
  }
  if (bias.shape() != Shape({weight.shape()[1]})) {
    throw_shape_error("linear", weight.shape(), bias.shape(), "a bias of as many numbers as columns");
  }
  Graph& graph = x.graph();
  const Product p{.count = 1, .m = x.shape().rows(), .n = weight.shape()[1], .k = weight.shape()[0]};
  Tensor out = graph.tensor(x.shape().with_cols(p.n));
  const std::ptrdiff_t inputs = signed_size(p.k);
  const std::ptrdiff_t outputs = signed_size(p.n);
  gemm({signed_size(p.m), outputs, inputs}, {x.value().data(), inputs}, {weight.value().data(), outputs},
       {.values = out.data(), .stride = outputs, .bias = bias.value().data()}, graph.context());
  return graph.record(std::move(out), {x, weight, bias}, [=](const Tensor& grad_out, const Tensor&) {
    const RunContext& context = x.graph().context();
    const Operand g{grad_out.data(), p.n, false, 0};
    if (x.needs_grad()) {
      const GradientTarget to = x.grad_target();
      multiply({1, p.m, p.k, p.n}, g, {weight.value().data(), p.n, true, 0}, to.beta, to.tensor.data(), 0, context);
    }
    if (weight.needs_grad()) {
      const GradientTarget to = weight.grad_target();
      multiply({1, p.k, p.n, p.m}, {x.value().data(), p.k, true, 0}, g, to.beta, to.tensor.data(), 0, context);
    }
    if (bias.needs_grad()) {
      const GradientTarget to = bias.grad_target();
      column_sums(grad_out.data(), p.m, p.n, to.beta, to.tensor.data(), context);
    }
  });
}

}  // namespace malmoi::neural
