#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/convolution.h"
#include "neural/kernels.h"
#include "neural/sequence_lengths.h"
#include "neural/window_scores.h"

namespace malmoi::neural {
namespace {

using Buffer = std::vector<Real, BufferAllocator>;

void add_scaled(const Real* from, Real factor, std::size_t n, Real* to) {
#pragma GCC ivdep
  for (std::size_t j = 0; j < n; ++j) to[j] += factor * from[j];
}

// by[f] = the weights of filter f, one after another: [filters × window · channels].
Buffer by_filter(const WindowedTexts& texts, const Real* weight) {
  const std::size_t size = texts.window * texts.channels;
  Buffer by(size * texts.filters);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t f = 0; f < texts.filters; ++f) by[f * size + i] = weight[i * texts.filters + f];
  }
  return by;
}

void add_input_gradient(const WindowedTexts& texts, const Real* weight, const std::vector<std::int32_t>& winners,
                        const Tensor& grad_out, const Variable& x) {
  const GradientTarget target = x.grad_target();
  const std::size_t size = texts.window * texts.channels;
  const Buffer weights = by_filter(texts, weight);
  parallel_for(texts.batch, 4, x.graph().context(), [&](const Chunk& chunk) {
    Real* const to = target.tensor.data();
    if (target.beta == 0) std::fill(to + texts.place(chunk.begin, 0), to + texts.place(chunk.end, 0), Real{0});
    for (std::size_t text = chunk.begin; text < chunk.end; ++text) {
      for (std::size_t f = 0; f < texts.filters; ++f) {
        const std::size_t at = text * texts.filters + f;
        const auto step = static_cast<std::size_t>(winners[at]);
        if (grad_out[at] == 0) continue;  // a rectifier behind this leaves many
        add_scaled(weights.data() + f * size, grad_out[at], texts.inside(text, step), to + texts.place(text, step));
      }
    }
  });
}

void add_weight_gradient(const WindowedTexts& texts, const Real* x, const std::vector<std::int32_t>& winners,
                         const Tensor& grad_out, const Variable& weight) {
  const GradientTarget target = weight.grad_target();
  const std::size_t size = texts.window * texts.channels;
  parallel_for(texts.filters, 16, weight.graph().context(), [&](const Chunk& chunk) {
    Buffer sums((chunk.end - chunk.begin) * size, Real{0});
    for (std::size_t text = 0; text < texts.batch; ++text) {
      for (std::size_t f = chunk.begin; f < chunk.end; ++f) {
        const std::size_t at = text * texts.filters + f;
        const auto step = static_cast<std::size_t>(winners[at]);
        if (grad_out[at] == 0) continue;
        add_scaled(x + texts.place(text, step), grad_out[at], texts.inside(text, step),
                   sums.data() + (f - chunk.begin) * size);
      }
    }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t f = chunk.begin; f < chunk.end; ++f) {
        Real& to = target.tensor[i * texts.filters + f];
        to = sums[(f - chunk.begin) * size + i] + (target.beta == 0 ? Real{0} : to);
      }
    }
  });
}

WindowedTexts texts_of(const Variable& x, const Variable& weight, const Variable& bias, std::span<const int> lengths) {
  const Shape& in = x.shape();
  const Shape& w = weight.shape();
  if (in.rank() != 3 || w.rank() != 3 || in[2] != w[1] || w[0] == 0) {
    throw_shape_error("conv1d_max", in, w, "[batch × steps × channels] and [window × channels × filters]");
  }
  if (bias.shape() != Shape{w[2]}) {
    throw_shape_error("conv1d_max", w, bias.shape(), "a bias of as many numbers as filters");
  }
  require_lengths("conv1d_max", lengths, in);
  return {in[0], in[1], in[2], w[0], w[2], {lengths.begin(), lengths.end()}};
}

}  // namespace

Variable conv1d_max(const Variable& x, const Variable& weight, const Variable& bias, std::span<const int> lengths) {
  const auto texts =
      std::make_shared<const WindowedTexts>(texts_of(x, weight, bias, lengths));  // not copied with the gradient
  Graph& graph = x.graph();
  Tensor out = graph.tensor({texts->batch, texts->filters});
  std::vector<std::int32_t> winners(texts->batch * texts->filters);
  find_winners(*texts, x.value().data(), weight.value().data(), bias.value().data(), {out.data(), winners.data()},
               graph.context());
  return graph.record(std::move(out), {x, weight, bias},
                      [=, winners = std::move(winners)](const Tensor& grad_out, const Tensor&) {
                        if (x.needs_grad()) add_input_gradient(*texts, weight.value().data(), winners, grad_out, x);
                        if (weight.needs_grad())
                          add_weight_gradient(*texts, x.value().data(), winners, grad_out, weight);
                        if (!bias.needs_grad()) return;
                        const GradientTarget target = bias.grad_target();
                        column_sums(grad_out.data(), texts->batch, texts->filters, target.beta, target.tensor.data(),
                                    x.graph().context());
                      });
}

}  // namespace malmoi::neural
