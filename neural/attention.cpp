#include "neural/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/gemm.h"
#include "neural/kernels.h"
#include "neural/sequence_lengths.h"
#include "neural/simd.h"

namespace malmoi::neural {
namespace {

using Buffer = std::vector<Real, BufferAllocator>;

struct Heads {
  std::size_t batch;
  std::size_t queries;
  std::size_t keys;
  std::size_t width;
  std::size_t heads;
  std::vector<int> lengths;
  bool causal;

  [[nodiscard]] std::size_t head_width() const { return width / heads; }
  // Numbers between two queries' probabilities: whole vectors, with zeros behind the keys that are seen.
  [[nodiscard]] std::size_t stride() const { return (keys + kLanes - 1) / kLanes * kLanes; }
  // Keys that a query sees: the first ones, always.
  [[nodiscard]] std::size_t seen(std::size_t text, std::size_t query) const {
    const std::size_t length = lengths.empty() ? keys : static_cast<std::size_t>(lengths[text]);
    return causal ? std::min(length, query + 1) : length;
  }
  [[nodiscard]] Real scale() const { return Real{1} / std::sqrt(static_cast<Real>(head_width())); }
};

// A matrix [steps × head width] of one text and head among the numbers of all.
template <typename Number>
struct Part {
  Number* values;
  std::size_t stride;  // between two steps of a text

  [[nodiscard]] Number* of(const Heads& heads, std::size_t steps, std::size_t text, std::size_t head) const {
    return values + text * steps * stride + head * heads.head_width();
  }
};

struct Inputs {
  Part<const Real> q;
  Part<const Real> k;
  Part<const Real> v;
};

// Keys or values of one text and head as the factor [head width × stride] of products with as many columns.
PackedFactor transposed(const Heads& heads, const Part<const Real>& part, std::size_t text, std::size_t head) {
  return {{part.of(heads, heads.keys, text, head), signed_size(part.stride), MatrixOp::transposed},
          signed_size(heads.head_width()),
          signed_size(heads.keys),
          PackedFactor::Columns::whole_vectors};
}

// From products to the probabilities of one text and head [queries × stride]: 0 behind the keys that are seen.
void softmax(const Heads& heads, std::size_t text, Real* p) {
  const std::size_t stride = heads.stride();
  for (std::size_t query = 0; query < heads.queries; ++query) {
    Real* const row = p + query * stride;
    std::fill(row + heads.seen(text, query), row + stride, -std::numeric_limits<Real>::infinity());
  }
  softmax_rows(p, heads.queries, stride, heads.scale());
}

// probabilities [batch × heads × queries × stride]; null: not kept
void attend(const Heads& heads, const Inputs& in, Real* probabilities, Real* out, const RunContext& context) {
  const std::ptrdiff_t queries = signed_size(heads.queries);
  const std::ptrdiff_t keys = signed_size(heads.keys);
  const std::ptrdiff_t stride = signed_size(heads.stride());
  const std::ptrdiff_t depth = signed_size(heads.head_width());
  const std::size_t size = heads.queries * heads.stride();
  parallel_for(heads.batch, 4, context, [&](const Chunk& texts) {
    Buffer own(probabilities == nullptr ? size : 0);
    for (std::size_t i = texts.begin * heads.heads; i < texts.end * heads.heads; ++i) {
      const std::size_t text = i / heads.heads;
      const std::size_t head = i % heads.heads;
      Real* const p = probabilities == nullptr ? own.data() : probabilities + i * size;
      gemm(queries, {in.q.of(heads, heads.queries, text, head), signed_size(in.q.stride)},
           transposed(heads, in.k, text, head), {p, stride});
      softmax(heads, text, p);
      const Part<Real> to = {out, heads.width};
      gemm({queries, depth, keys}, {p, stride}, {in.v.of(heads, heads.keys, text, head), signed_size(in.v.stride)},
           {to.of(heads, heads.queries, text, head), signed_size(heads.width)});
    }
  });
}

// Where the gradients of the inputs go. beta as in GradientTarget.
struct Outputs {
  Part<Real> q;
  Part<Real> k;
  Part<Real> v;
  Real beta_q = 0;
  Real beta_k = 0;
  Real beta_v = 0;
};

// grad = P ∘ (grad - Σ grad ∘ P) · scale in every row: from probabilities to products.
void through_softmax(const Heads& heads, const Real* p, Real* grad) {
  const std::size_t stride = heads.stride();
  const Real scale = heads.scale();
  for (std::size_t query = 0; query < heads.queries; ++query, p += stride, grad += stride) {
    const Real mean = row_dot(p, grad, stride);
#pragma GCC ivdep
    for (std::size_t key = 0; key < stride; ++key) grad[key] = p[key] * (grad[key] - mean) * scale;
  }
}

void pass_back(const Heads& heads, const Inputs& in, const Real* probabilities, const Real* grad_out,
               const Outputs& out, const RunContext& context) {
  const std::ptrdiff_t queries = signed_size(heads.queries);
  const std::ptrdiff_t keys = signed_size(heads.keys);
  const std::ptrdiff_t stride = signed_size(heads.stride());
  const std::ptrdiff_t depth = signed_size(heads.head_width());
  const Part<const Real> from = {grad_out, heads.width};
  const auto target = [&](const Part<Real>& part, std::size_t steps, std::size_t text, std::size_t head, Real beta) {
    return Target{part.of(heads, steps, text, head), signed_size(part.stride), beta};
  };
  parallel_for(heads.batch, 4, context, [&](const Chunk& texts) {
    Buffer grad(heads.queries * heads.stride());
    for (std::size_t i = texts.begin * heads.heads; i < texts.end * heads.heads; ++i) {
      const std::size_t text = i / heads.heads;
      const std::size_t head = i % heads.heads;
      const Real* const p = probabilities + i * heads.queries * heads.stride();
      const Factor g = {from.of(heads, heads.queries, text, head), signed_size(heads.width)};
      const Factor q = {in.q.of(heads, heads.queries, text, head), signed_size(in.q.stride)};
      const Factor k = {in.k.of(heads, heads.keys, text, head), signed_size(in.k.stride)};
      const PackedFactor v = transposed(heads, in.v, text, head);
      if (out.v.values != nullptr) {
        gemm({keys, depth, queries}, {p, stride, MatrixOp::transposed}, g,
             target(out.v, heads.keys, text, head, out.beta_v));
      }
      gemm(queries, g, v, {grad.data(), stride});
      through_softmax(heads, p, grad.data());
      if (out.q.values != nullptr) {
        gemm({queries, depth, keys}, {grad.data(), stride}, k, target(out.q, heads.queries, text, head, out.beta_q));
      }
      if (out.k.values != nullptr) {
        gemm({keys, depth, queries}, {grad.data(), stride, MatrixOp::transposed}, q,
             target(out.k, heads.keys, text, head, out.beta_k));
      }
    }
  });
}

void require_heads(const char* operation, std::size_t width, std::size_t heads) {
  if (heads > 0 && width % heads == 0) return;
  throw Error(ErrorCode::invalid_argument,
              concat(operation, ": ", heads, " heads of width ", width, ", wanted heads that divide it"));
}

Part<const Real> part_of(const Variable& x) {
  return {x.value().data(), x.shape()[2]};
}

Tensor kept_probabilities(const Graph& graph, const Heads& heads) {
  if (graph.mode() == Mode::evaluate) return {};
  return graph.tensor({heads.batch, heads.heads, heads.queries, heads.stride()});
}

struct PartTarget {
  Part<Real> part = {nullptr, 0};
  Real beta = 0;
};
PartTarget part_target(const Variable& x) {
  if (!x.needs_grad()) return {};
  const GradientTarget target = x.grad_target();
  return {{target.tensor.data(), x.shape()[2]}, target.beta};
}

}  // namespace

Variable attention(const Variable& q, const Variable& k, const Variable& v, const AttentionOptions& options) {
  const Shape& in = q.shape();
  const Shape& of = k.shape();
  if (in.rank() != 3 || of.rank() != 3 || in[0] != of[0] || in[2] != of[2]) {
    throw_shape_error("attention", in, of, "[batch × queries × width] and [batch × keys × width]");
  }
  if (v.shape() != of) throw_shape_error("attention", of, v.shape(), "keys and values alike");
  require_heads("attention", in[2], options.heads);
  require_lengths("attention", options.lengths, of);
  const auto heads = std::make_shared<const Heads>(Heads{
      in[0], in[1], of[1], in[2], options.heads, {options.lengths.begin(), options.lengths.end()}, options.causal});
  Graph& graph = q.graph();
  Tensor probabilities = kept_probabilities(graph, *heads);
  Tensor out = graph.tensor(in);
  attend(*heads, {part_of(q), part_of(k), part_of(v)}, probabilities.data(), out.data(), graph.context());
  return graph.record(std::move(out), {q, k, v},
                      [=, probabilities = std::move(probabilities)](const Tensor& grad_out, const Tensor&) {
                        // In the order of pass_back: inputs may be the same variable, and later ones add to it then.
                        const PartTarget to_v = part_target(v);
                        const PartTarget to_q = part_target(q);
                        const PartTarget to_k = part_target(k);
                        const Outputs to = {to_q.part, to_k.part, to_v.part, to_q.beta, to_k.beta, to_v.beta};
                        pass_back(*heads, {part_of(q), part_of(k), part_of(v)}, probabilities.data(), grad_out.data(),
                                  to, q.graph().context());
                      });
}

Variable self_attention(const Variable& qkv, const AttentionOptions& options) {
  const Shape& in = qkv.shape();
  if (in.rank() != 3 || in[2] % 3 != 0) throw_shape_error("self_attention", in, "[batch × steps × 3 width]");
  const std::size_t width = in[2] / 3;
  require_heads("self_attention", width, options.heads);
  require_lengths("self_attention", options.lengths, in);
  const auto heads = std::make_shared<const Heads>(Heads{
      in[0], in[1], in[1], width, options.heads, {options.lengths.begin(), options.lengths.end()}, options.causal});
  const auto parts = [qkv, width] {
    const Real* const at = qkv.value().data();
    return Inputs{{at, 3 * width}, {at + width, 3 * width}, {at + 2 * width, 3 * width}};
  };
  Graph& graph = qkv.graph();
  Tensor probabilities = kept_probabilities(graph, *heads);
  Tensor out = graph.tensor({in[0], in[1], width});
  attend(*heads, parts(), probabilities.data(), out.data(), graph.context());
  return graph.record(
      std::move(out), {qkv}, [=, probabilities = std::move(probabilities)](const Tensor& grad_out, const Tensor&) {
        const GradientTarget target = qkv.grad_target();
        Real* const at = target.tensor.data();
        const Outputs to = {
            {at, 3 * width}, {at + width, 3 * width}, {at + 2 * width, 3 * width}, target.beta, target.beta,
            target.beta};
        pass_back(*heads, parts(), probabilities.data(), grad_out.data(), to, qkv.graph().context());
      });
}

}  // namespace malmoi::neural
