#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/graph.h"
#include "neural/layers.h"
#include "neural/parameter.h"

namespace malmoi::neural {

struct AttentionOptions {
  std::size_t heads = 1;              ///< ≥ 1, divides the width
  std::span<const int> lengths = {};  ///< [batch] keys behind them are not seen; empty: all are
  bool causal = false;                ///< query i sees keys 0 .. i alone
};

/// softmax(q kᵀ / √(width / heads)) v for each head, heads side by side in the width (Vaswani et al. 2017).
/// q [batch × queries × width], k and v [batch × keys × width] → [batch × queries × width]; a query that sees no key:
/// 0. Throws  invalid_argument, naming the shapes, where they do not fit; canceled when stopped
[[nodiscard]] Variable attention(const Variable& q, const Variable& k, const Variable& v,
                                 const AttentionOptions& options = {});

/// The same of q, k and v side by side: qkv [batch × steps × 3 width] → [batch × steps × width]
[[nodiscard]] Variable self_attention(const Variable& qkv, const AttentionOptions& options = {});

/// Self-attention with its projections.
struct MultiHeadAttention {
  std::size_t heads;
  Linear projection;  ///< width → q k v side by side
  Linear output;      ///< width → width

  /// Throws invalid_argument: heads does not divide the width
  MultiHeadAttention(std::size_t width, std::size_t heads, Rng& rng);
  /// x [batch × steps × width]
  Variable forward(const Variable& x, std::span<const int> lengths = {}, bool causal = false);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

struct TransformerOptions {
  std::size_t width = 128;
  std::size_t heads = 4;    ///< divides the width
  std::size_t inner = 512;  ///< width between the two layers of the feed-forward part
  double dropout = 0.1;     ///< of what is added to x, in Mode::train
  bool causal = false;
};

/// x + attention(norm(x)), then x + feed-forward(norm(x)) with GELU: norms first (Xiong et al., ICML 2020).
struct TransformerBlock {
  TransformerOptions options;
  LayerNorm attention_norm;
  MultiHeadAttention attention;
  LayerNorm inner_norm;
  Linear inner;
  Linear outer;

  TransformerBlock(const TransformerOptions& options, Rng& rng);
  /// x [batch × steps × width]; what stands behind a length changes nothing before it.
  Variable forward(const Variable& x, std::span<const int> lengths = {});
  std::vector<Parameter*> parameters(const std::string& prefix);
};

/// [steps × width]: sin(t / 10000^(2i / width)) at column 2i, the cosine at 2i + 1 (Vaswani et al. 2017).
[[nodiscard]] Tensor sinusoidal_positions(std::size_t steps, std::size_t width);

/// A learned vector for each step, added to x.
struct LearnedPositions {
  Parameter weight;  ///< [most steps × width], N(0, 0.02²) at first

  LearnedPositions(std::size_t most_steps, std::size_t width, Rng& rng);
  /// x [batch × steps × width]. Throws invalid_argument: more steps than vectors
  Variable forward(const Variable& x);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

/// Σ w_t x_t over the steps of a text, w = softmax(tanh(x W + b) · u) (Yang et al., NAACL 2016).
struct AttentionPooling {
  Linear projection;  ///< width → width
  Parameter context;  ///< u [width × 1]

  AttentionPooling(std::size_t width, Rng& rng);
  /// x [batch × steps × width] → [batch × width]; steps behind a length have no weight. A text of no steps: 0.
  Variable forward(const Variable& x, std::span<const int> lengths = {});
  std::vector<Parameter*> parameters(const std::string& prefix);
};

}  // namespace malmoi::neural
