#include <cmath>
#include <deque>

#include "corpus/base/error.h"
#include "neural/attention.h"
#include "neural/networks/parts.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

class TransformerNetwork : public Network {
 public:
  TransformerNetwork(const NetworkOptions& options, Rng& rng)
      : dropout_(options.dropout),
        embedding_(options.vocabulary, options.embedding, rng, 1.0 / std::sqrt(static_cast<double>(options.embedding))),
        norm_(options.embedding),
        pooling_(options.embedding, rng),
        output_(options.embedding, options.labels, rng) {
    const TransformerOptions block{
        .width = options.embedding, .heads = options.heads, .inner = options.hidden, .dropout = options.dropout};
    for (std::size_t layer = 0; layer < options.layers; ++layer) blocks_.emplace_back(block, rng);
  }

  Variable logits(Graph& graph, const Batch& batch) override {
    const std::size_t width = embedding_.weight.value.shape()[1];
    const Variable words = embedding_.forward(graph, batch.ids, batch.rows) * std::sqrt(static_cast<Real>(width));
    Variable x = dropout(words + graph.input(sinusoidal_positions(batch.steps, width)), dropout_);
    for (TransformerBlock& block : blocks_) x = block.forward(x, batch.lengths);
    return output_.forward(dropout(pooling_.forward(norm_.forward(x), batch.lengths), dropout_));
  }

  std::vector<Parameter*> parameters() override {
    std::vector<Parameter*> all = embedding_.parameters("embedding");
    for (std::size_t i = 0; i < blocks_.size(); ++i) all = join({all, blocks_[i].parameters(concat("block.", i))});
    return join({all, norm_.parameters("norm"), pooling_.parameters("pooling"), output_.parameters("output")});
  }

 private:
  double dropout_;
  Embedding embedding_;
  std::deque<TransformerBlock> blocks_;
  LayerNorm norm_;
  AttentionPooling pooling_;
  Linear output_;
};

double least_parameters(const NetworkOptions& options) {
  const double block = cells(options.embedding, options.embedding) + cells(options.embedding, options.hidden);
  return cells(options.vocabulary, options.embedding) + static_cast<double>(options.layers) * block;
}

std::unique_ptr<Network> make(const NetworkOptions& options, Rng& rng) {
  if (options.embedding % options.heads != 0) {
    throw Error(ErrorCode::invalid_argument, concat("make_network: heads is ", options.heads,
                                                    ", wanted is a divisor of the embedding's ", options.embedding));
  }
  return std::make_unique<TransformerNetwork>(options, rng);
}

}  // namespace

NetworkKind transformer() {
  return {.name = "transformer",
          .summary = "pre-norm self-attention blocks on vectors with sinusoidal positions, attention over the words",
          .defaults = {.hidden = 512, .dropout = 0.1},
          .rate = 3e-4,  // at 1e-3 what a few thousand texts teach hangs on the seed
          .settings = {hidden_setting("numbers of a block's inner layer"),
                       layers_setting(),
                       {"heads", "heads", "of attention", &NetworkOptions::heads, {"2", "4", "8"}}},
          .least_parameters = least_parameters,
          .make = make};
}

}  // namespace malmoi::neural
