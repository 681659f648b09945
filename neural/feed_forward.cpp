#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "corpus/base/parallel.h"
#include "neural/gemm.h"
#include "neural/kernels.h"
#include "neural/ops.h"

// The values between the two layers are a few times as many as those before and behind them. Blocks of rows pass
// through both layers at once, so that these values are read where they were written, in the second-level cache.
namespace malmoi::neural {
namespace {

constexpr std::size_t kBlockRows = 96;  // with the weights and their gradients they fill that cache

struct Sizes {
  std::size_t rows;
  std::size_t inputs;
  std::size_t inner;
  std::size_t outputs;

  // Numbers between two rows of a block: rows a power of two apart would share a few places of the first-level cache.
  [[nodiscard]] std::size_t stride() const { return inner + 16; }
};

struct Rows {
  std::size_t begin;
  std::size_t end;
  [[nodiscard]] std::size_t count() const { return end - begin; }
};

// Of the weights, in the order of their declaration.
enum Weight : std::size_t { kInner, kInnerBias, kOuter, kOuterBias, kWeights };

std::array<std::size_t, kWeights> weight_sizes(const Sizes& sizes) {
  return {sizes.inputs * sizes.inner, sizes.inner, sizes.inner * sizes.outputs, sizes.outputs};
}

// A gradient of a weight; null: not wanted. beta as in Target.
struct Sum {
  Real* values = nullptr;
  Real beta = 0;
};
using Sums = std::array<Sum, kWeights>;

Sum sum_for(const Variable& weight) {
  if (!weight.needs_grad()) return {};
  const GradientTarget target = weight.grad_target();
  return {target.tensor.data(), target.beta};
}

// grad = grad · the slope of GELU at x; its value.
void bend(const Real* x, std::size_t n, Real* value, Real* grad) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const Real share = normal_cdf(x[i]);
    value[i] = x[i] * share;
    grad[i] *= share + x[i] * normal_density(x[i]);
  }
}

// sum += the rows of x, of which there are `rows`, `stride` numbers apart.
void add_rows(const Real* x, std::size_t stride, const Shape& shape, const Sum& sum) {
  const std::size_t columns = shape.cols();
  if (sum.values == nullptr) return;
  if (sum.beta == 0) std::fill_n(sum.values, columns, Real{0});
  for (std::size_t row = 0; row < shape.rows(); ++row) {
    for (std::size_t c = 0; c < columns; ++c) sum.values[c] += x[row * stride + c];
  }
}

// The way back of one operation.
struct BackwardPass {
  Sizes sizes;
  const Real* x;
  const Real* before;  // GELU, [rows × inner]
  const Real* grad_out;
  PackedFactor inner;  // both transposed
  PackedFactor outer;
  Target to_x;  // null: not wanted

  // value and grad: room for the rows' values between the layers and their gradients
  void pass_block(const Rows& rows, const Sums& to, Real* value, Real* grad) const {
    const auto n = signed_size(rows.count());
    const auto inputs = signed_size(sizes.inputs);
    const auto between = signed_size(sizes.inner);
    const auto outputs = signed_size(sizes.outputs);
    const auto stride = signed_size(sizes.stride());
    const Factor g = {grad_out + rows.begin * sizes.outputs, outputs};
    gemm(n, g, outer, {grad, stride});
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      prefetch_row(before + std::min(row + 2, rows.end - 1) * sizes.inner, sizes.inner);
      const std::size_t at = (row - rows.begin) * sizes.stride();
      bend(before + row * sizes.inner, sizes.inner, value + at, grad + at);
    }
    if (to[kOuter].values != nullptr) {
      gemm({between, outputs, n}, {value, stride, MatrixOp::transposed}, g,
           {to[kOuter].values, outputs, to[kOuter].beta});
    }
    if (to[kInner].values != nullptr) {
      gemm({inputs, between, n}, {x + rows.begin * sizes.inputs, inputs, MatrixOp::transposed}, {grad, stride},
           {to[kInner].values, between, to[kInner].beta});
    }
    add_rows(g.values, sizes.outputs, {rows.count(), sizes.outputs}, to[kOuterBias]);
    add_rows(grad, sizes.stride(), {rows.count(), sizes.inner}, to[kInnerBias]);
    if (to_x.values == nullptr) return;
    gemm(n, {grad, stride}, inner, {to_x.values + rows.begin * sizes.inputs, inputs, to_x.beta});
  }

  void pass_shard(const Rows& rows, Sums to, const Graph& graph) const {
    const Shape shape = {std::min(rows.count(), kBlockRows), sizes.stride()};
    Tensor value = graph.tensor(shape);
    Tensor grad = graph.tensor(shape);
    for (std::size_t begin = rows.begin; begin < rows.end; begin += kBlockRows) {
      pass_block({begin, std::min(rows.end, begin + kBlockRows)}, to, value.data(), grad.data());
      for (Sum& sum : to) sum.beta = 1;
    }
  }
};

// The first shard adds to `whole`, every other to sums of its own, which are added to it in their order.
void pass_back(const BackwardPass& pass, const Sums& whole, const Graph& graph) {
  const std::size_t rows = pass.sizes.rows;
  const std::array<std::size_t, kWeights> counts = weight_sizes(pass.sizes);
  const std::size_t shards = std::clamp<std::size_t>(std::bit_floor(rows / 512), 1, 8);
  std::vector<Tensor> memory(shards);
  std::vector<Sums> sums(shards, whole);
  for (std::size_t shard = 1; shard < shards; ++shard) {
    memory[shard] = graph.tensor({counts[kInner] + counts[kInnerBias] + counts[kOuter] + counts[kOuterBias]});
    Real* next = memory[shard].data();
    for (std::size_t w = 0; w < kWeights; ++w) {
      sums[shard][w] = {whole[w].values == nullptr ? nullptr : next, 0};
      next += counts[w];
    }
  }
  parallel_for(shards, 1, graph.context(), [&](const Chunk& chunk) {
    const std::size_t i = chunk.index;
    pass.pass_shard({i * rows / shards, (i + 1) * rows / shards}, sums[i], graph);
  });
  for (std::size_t w = 0; w < kWeights; ++w) {
    for (std::size_t shard = 1; shard < shards && whole[w].values != nullptr; ++shard) {
      for (std::size_t i = 0; i < counts[w]; ++i) whole[w].values[i] += sums[shard][w].values[i];
    }
  }
}

Sizes sizes_of(const Variable& x, const FeedForwardWeights& weights) {
  const Shape& inner = weights.inner.shape();
  const Shape& outer = weights.outer.shape();
  if (x.shape().rank() == 0 || inner.rank() != 2 || x.shape().cols() != inner[0]) {
    throw_shape_error("feed_forward", x.shape(), inner, "[… × inputs] and [inputs × inner]");
  }
  if (outer.rank() != 2 || outer[0] != inner[1]) {
    throw_shape_error("feed_forward", inner, outer, "[inputs × inner] and [inner × outputs]");
  }
  if (weights.inner_bias.shape() != Shape{inner[1]} || weights.outer_bias.shape() != Shape{outer[1]}) {
    throw_shape_error("feed_forward", weights.inner_bias.shape(), weights.outer_bias.shape(),
                      "biases of as many numbers as columns");
  }
  return {x.shape().rows(), inner[0], inner[1], outer[1]};
}

PackedFactor packed(const Variable& weight, MatrixOp op) {
  const auto rows = signed_size(weight.shape()[0]);
  const auto columns = signed_size(weight.shape()[1]);
  const Factor factor = {weight.value().data(), columns, op};
  return op == MatrixOp::none ? PackedFactor(factor, rows, columns) : PackedFactor(factor, columns, rows);
}

// before: [rows × inner] what GELU is taken of; null: not kept.
void pass_forward(const Sizes& sizes, const Real* x, const FeedForwardWeights& weights, Real* before, Real* out) {
  const Graph& graph = weights.inner.graph();
  const PackedFactor inner = packed(weights.inner, MatrixOp::none);
  const PackedFactor outer = packed(weights.outer, MatrixOp::none);
  const auto between = signed_size(sizes.inner);
  parallel_for(sizes.rows, kBlockRows, graph.context(), [&](const Chunk& rows) {
    const auto n = signed_size(rows.end - rows.begin);
    Tensor value = graph.tensor({rows.end - rows.begin, sizes.inner});
    gemm(n, {x + rows.begin * sizes.inputs, signed_size(sizes.inputs)}, inner,
         {.values = value.data(), .stride = between, .bias = weights.inner_bias.value().data()});
    Real* const at = value.data();
    // Written here, one number after the other, and not by the product, whose tiles would wait for the memory.
    if (before != nullptr) std::copy_n(at, value.size(), before + rows.begin * sizes.inner);
#pragma GCC ivdep
    for (std::size_t i = 0; i < value.size(); ++i) at[i] *= normal_cdf(at[i]);
    gemm(n, {at, between}, outer,
         {.values = out + rows.begin * sizes.outputs,
          .stride = signed_size(sizes.outputs),
          .bias = weights.outer_bias.value().data()});
  });
}

}  // namespace

Variable feed_forward(const Variable& x, const FeedForwardWeights& weights) {
  const Sizes sizes = sizes_of(x, weights);
  Graph& graph = x.graph();
  Tensor out = graph.tensor(x.shape().with_cols(sizes.outputs));
  Tensor before = graph.mode() == Mode::train ? graph.tensor({sizes.rows, sizes.inner}) : Tensor();
  pass_forward(sizes, x.value().data(), weights, before.data(), out.data());
  const std::array inputs = {x, weights.inner, weights.inner_bias, weights.outer, weights.outer_bias};
  return graph.record(std::move(out), inputs, [=, before = std::move(before)](const Tensor& grad_out, const Tensor&) {
    const Sum to_x = sum_for(x);
    const BackwardPass pass = {sizes,
                               x.value().data(),
                               before.data(),
                               grad_out.data(),
                               packed(weights.inner, MatrixOp::transposed),
                               packed(weights.outer, MatrixOp::transposed),
                               {to_x.values, signed_size(sizes.inputs), to_x.beta}};
    const Sums sums = {sum_for(weights.inner), sum_for(weights.inner_bias), sum_for(weights.outer),
                       sum_for(weights.outer_bias)};
    pass_back(pass, sums, x.graph());
  });
}

}  // namespace malmoi::neural
