#include <cmath>

#include "corpus/base/error.h"
#include "neural/attention.h"
#include "neural/initializer.h"
#include "neural/ops.h"
#include "neural/sequence_lengths.h"

namespace malmoi::neural {
namespace {

std::string below(const std::string& prefix, const char* name) {
  return prefix.empty() ? std::string(name) : concat(prefix, '.', name);
}

std::size_t require_divides(std::size_t heads, std::size_t width) {
  if (heads > 0 && width > 0 && width % heads == 0) return heads;
  throw Error(ErrorCode::invalid_argument,
              concat("MultiHeadAttention: ", heads, " heads of width ", width, ", wanted heads that divide it"));
}

Variable drop(const Variable& x, double rate) {
  return rate > 0.0 ? dropout(x, rate) : x;
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(std::size_t width, std::size_t head_count, Rng& rng)
    : heads(require_divides(head_count, width)), projection(width, 3 * width, rng), output(width, width, rng) {}

Variable MultiHeadAttention::forward(const Variable& x, std::span<const int> lengths, bool causal) {
  const AttentionOptions options = {.heads = heads, .lengths = lengths, .causal = causal};
  return output.forward(self_attention(projection.forward(x), options));
}

std::vector<Parameter*> MultiHeadAttention::parameters(const std::string& prefix) {
  return join({projection.parameters(below(prefix, "projection")), output.parameters(below(prefix, "output"))});
}

TransformerBlock::TransformerBlock(const TransformerOptions& with_options, Rng& rng)
    : options(with_options),
      attention_norm(options.width),
      attention(options.width, options.heads, rng),
      inner_norm(options.width),
      inner(options.width, options.inner, rng),
      outer(options.inner, options.width, rng) {}

Variable TransformerBlock::forward(const Variable& x, std::span<const int> lengths) {
  const Variable seen = attention.forward(attention_norm.forward(x), lengths, options.causal);
  const Variable middle = x + drop(seen, options.dropout);
  Graph& graph = x.graph();
  const Variable thought =
      feed_forward(inner_norm.forward(middle), {graph.parameter(inner.weight), graph.parameter(inner.bias),
                                                graph.parameter(outer.weight), graph.parameter(outer.bias)});
  return middle + drop(thought, options.dropout);
}

std::vector<Parameter*> TransformerBlock::parameters(const std::string& prefix) {
  return join({attention_norm.parameters(below(prefix, "attention_norm")),
               attention.parameters(below(prefix, "attention")), inner_norm.parameters(below(prefix, "inner_norm")),
               inner.parameters(below(prefix, "inner")), outer.parameters(below(prefix, "outer"))});
}

Tensor sinusoidal_positions(std::size_t steps, std::size_t width) {
  Tensor positions({steps, width});
  for (std::size_t t = 0; t < steps; ++t) {
    for (std::size_t column = 0; column < width; ++column) {
      const double exponent = static_cast<double>(column - column % 2) / static_cast<double>(width);
      const double angle = static_cast<double>(t) / std::pow(10000.0, exponent);
      positions[t * width + column] = static_cast<Real>(column % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return positions;
}

LearnedPositions::LearnedPositions(std::size_t most_steps, std::size_t width, Rng& rng)
    : weight{.name = {}, .value = initial_tensor({most_steps, width}, InitialValues::normal, rng, 0.02)} {}

Variable LearnedPositions::forward(const Variable& x) {
  const Shape& in = x.shape();
  const Shape& own = weight.value.shape();
  if (in.rank() != 3 || in[1] > own[0] || in[2] != own[1]) {
    throw_shape_error("LearnedPositions", in, own, "[batch × steps × width] with no more steps than there are vectors");
  }
  const Variable all = x.graph().parameter(weight);
  return x + (in[1] == own[0] ? all : slice(all, 0, 0, in[1]));
}

std::vector<Parameter*> LearnedPositions::parameters(const std::string& prefix) {
  weight.name = below(prefix, "weight");
  return {&weight};
}

AttentionPooling::AttentionPooling(std::size_t width, Rng& rng)
    : projection(width, width, rng),
      context{.name = {}, .value = initial_tensor({width, 1}, InitialValues::xavier_uniform, rng)} {}

Variable AttentionPooling::forward(const Variable& x, std::span<const int> lengths) {
  const Shape in = x.shape();
  if (in.rank() != 3) throw_shape_error("AttentionPooling", in, context.value.shape(), "[batch × steps × width]");
  require_lengths("AttentionPooling", lengths, in);
  Graph& graph = x.graph();
  Variable scores = reshape(matmul(tanh(projection.forward(x)), graph.parameter(context)), {in[0], in[1]});
  if (lengths.empty()) {
    const Variable shares = reshape(softmax(scores), {in[0], 1, in[1]});
    return reshape(matmul(shares, x), {in[0], in[2]});
  }
  const Tensor mask = length_mask(lengths, in[1]);
  scores = mask_fill(scores, mask, Real{-1e9});
  const Variable shares = mask_fill(softmax(scores), mask, 0);  // a text of no steps has no share at all
  return reshape(matmul(reshape(shares, {in[0], 1, in[1]}), x), {in[0], in[2]});
}

std::vector<Parameter*> AttentionPooling::parameters(const std::string& prefix) {
  context.name = below(prefix, "context");
  std::vector<Parameter*> all = projection.parameters(below(prefix, "projection"));
  all.push_back(&context);
  return all;
}

}  // namespace malmoi::neural
