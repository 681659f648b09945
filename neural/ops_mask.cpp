#include <cstdint>
#include <utility>

#include "corpus/base/error.h"
#include "neural/kernels.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

// Which numbers of a tensor are dropped, from a key and the place alone: nothing is stored for the way back, and
// threads do not matter. The mixing is that of MurmurHash3's finish (Appleby), with a second key in its middle.
struct DropRule {
  std::uint32_t first_key;
  std::uint32_t second_key;
  std::uint32_t threshold;  // of 2^32: below it, a number is dropped
  Real scale;               // of those that stay

  [[nodiscard]] Real factor(std::uint32_t place) const {
    std::uint32_t h = place * 0x9E3779B9U + first_key;
    h ^= h >> 16U;
    h *= 0x85EBCA6BU;
    h = (h ^ (h >> 13U)) + second_key;
    h *= 0xC2B2AE35U;
    h ^= h >> 16U;
    return h < threshold ? Real{0} : scale;
  }
};

DropRule draw_rule(double rate, Rng rng) {
  const std::uint64_t bits = rng.bits();
  return {.first_key = static_cast<std::uint32_t>(bits),
          .second_key = static_cast<std::uint32_t>(bits >> 32U),
          .threshold = static_cast<std::uint32_t>(rate * 0x1.0p32),
          .scale = static_cast<Real>(1.0 / (1.0 - rate))};
}

}  // namespace

Variable dropout(const Variable& x, double rate) {
  if (!(rate >= 0.0 && rate < 1.0)) {
    throw Error(ErrorCode::invalid_argument, concat("dropout: rate ", rate, ", wanted 0 ≤ rate < 1"));
  }
  Graph& graph = x.graph();
  if (graph.mode() == Mode::evaluate || rate == 0.0) return x;
  const DropRule rule = draw_rule(rate, graph.next_rng());
  const auto apply = [rule](const Real* from, Real* to, Real beta, std::size_t size, const RunContext& context) {
    for_blocks(size, kBlock, context, [=](std::size_t begin, std::size_t end) {
      if (beta == 0) {
        for (std::size_t i = begin; i < end; ++i) to[i] = from[i] * rule.factor(static_cast<std::uint32_t>(i));
      } else {
        for (std::size_t i = begin; i < end; ++i) to[i] += from[i] * rule.factor(static_cast<std::uint32_t>(i));
      }
    });
  };
  Tensor out = graph.tensor(x.shape());
  apply(x.value().data(), out.data(), 0, out.size(), graph.context());
  return graph.record(std::move(out), {x}, [x, apply](const Tensor& grad_out, const Tensor&) {
    const GradientTarget target = x.grad_target();
    apply(grad_out.data(), target.tensor.data(), target.beta, grad_out.size(), x.graph().context());
  });
}

Tensor length_mask(std::span<const std::int32_t> lengths, std::size_t steps) {
  Tensor mask({lengths.size(), steps});
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    for (std::size_t s = 0; s < steps; ++s) mask[row * steps + s] = std::cmp_less(s, lengths[row]) ? Real{1} : Real{0};
  }
  return mask;
}

Tensor causal_mask(std::size_t steps) {
  Tensor mask({steps, steps});
  for (std::size_t row = 0; row < steps; ++row) {
    for (std::size_t column = 0; column <= row; ++column) mask[row * steps + column] = 1;
  }
  return mask;
}

}  // namespace malmoi::neural
