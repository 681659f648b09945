#include "neural/network.h"

#include <cmath>
#include <deque>
#include <numeric>

#include "corpus/base/error.h"
#include "neural/attention.h"
#include "neural/convolution.h"
#include "neural/layers.h"
#include "neural/ops.h"
#include "neural/recurrent.h"

namespace malmoi::neural {
namespace {

void validate(const NetworkOptions& options) {
  const auto require = [](bool holds, std::string_view field, auto value, std::string_view wanted) {
    if (!holds) {
      throw Error(ErrorCode::invalid_argument, concat("make_network: ", field, " is ", value, ", wanted is ", wanted));
    }
  };
  require(options.vocabulary >= 1, "vocabulary", options.vocabulary, "at least 1");
  require(options.labels >= 1, "labels", options.labels, "at least 1");
  require(options.embedding >= 1, "embedding", options.embedding, "at least 1");
  require(options.hidden >= 1, "hidden", options.hidden, "at least 1");
  require(options.layers >= 1, "layers", options.layers, "at least 1");
  require(options.dropout >= 0 && options.dropout < 1, "dropout", options.dropout, "0 to below 1");
  if (options.kind == NetworkKind::cnn) {
    require(!options.windows.empty(), "windows", "empty", "at least one width");
    for (const std::size_t window : options.windows) require(window >= 1, "windows", window, "at least 1");
    require(options.filters >= 1, "filters", options.filters, "at least 1");
  }
  if (options.kind == NetworkKind::transformer) {
    require(options.heads >= 1 && options.embedding % options.heads == 0, "heads", options.heads,
            concat("a divisor of the embedding's ", options.embedding));
  }
}

// Word vectors of a batch, [rows × steps × columns], with dropout.
Variable words_of(Graph& graph, const Batch& batch, Embedding& embedding, double rate) {
  return dropout(embedding.forward(graph, batch.ids, batch.rows), rate);
}

class BagNetwork : public Network {
 public:
  BagNetwork(const NetworkOptions& options, Rng& rng)
      : dropout_(options.dropout),
        embedding_(options.vocabulary, options.embedding, rng),
        output_(options.hidden, options.labels, rng) {
    for (std::size_t layer = 0; layer < options.layers; ++layer) {
      hidden_.emplace_back(layer == 0 ? options.embedding : options.hidden, options.hidden, rng,
                           InitialValues::he_uniform);
      norms_.emplace_back(options.hidden);
    }
  }

  Variable logits(Graph& graph, const Batch& batch) override {
    std::vector<std::size_t> starts(batch.rows + 1);
    for (std::size_t row = 0; row <= batch.rows; ++row) starts[row] = row * batch.steps;
    Variable x = embedding_.forward(graph, batch.ids, starts);
    for (std::size_t layer = 0; layer < hidden_.size(); ++layer) {
      x = relu(norms_[layer].forward(hidden_[layer].forward(dropout(x, dropout_))));
    }
    return output_.forward(dropout(x, dropout_));
  }

  std::vector<Parameter*> parameters() override {
    std::vector<Parameter*> all = embedding_.parameters("embedding");
    for (std::size_t layer = 0; layer < hidden_.size(); ++layer) {
      all = join(
          {all, hidden_[layer].parameters(concat("hidden.", layer)), norms_[layer].parameters(concat("norm.", layer))});
    }
    return join({all, output_.parameters("output")});
  }

 private:
  double dropout_;
  EmbeddingBag embedding_;
  std::deque<Linear> hidden_;
  std::deque<BatchNorm> norms_;
  Linear output_;
};

class RecurrentNetwork : public Network {
 public:
  RecurrentNetwork(const NetworkOptions& options, CellKind cell, Rng& rng)
      : dropout_(options.dropout),
        embedding_(options.vocabulary, options.embedding, rng),
        recurrent_({.kind = cell,
                    .inputs = options.embedding,
                    .hidden = options.hidden,
                    .layers = options.layers,
                    .bidirectional = options.bidirectional,
                    .dropout = options.dropout},
                   rng),
        pooling_(width(options), rng),
        output_(width(options), options.labels, rng) {}

  Variable logits(Graph& graph, const Batch& batch) override {
    const Variable states = recurrent_.forward(words_of(graph, batch, embedding_, dropout_), batch.lengths).output;
    return output_.forward(dropout(pooling_.forward(states, batch.lengths), dropout_));
  }

  std::vector<Parameter*> parameters() override {
    return join({embedding_.parameters("embedding"), recurrent_.parameters("recurrent"), pooling_.parameters("pooling"),
                 output_.parameters("output")});
  }

 private:
  static std::size_t width(const NetworkOptions& options) {
    return options.bidirectional ? 2 * options.hidden : options.hidden;
  }

  double dropout_;
  Embedding embedding_;
  Recurrent recurrent_;
  AttentionPooling pooling_;
  Linear output_;
};

class ConvolutionNetwork : public Network {
 public:
  ConvolutionNetwork(const NetworkOptions& options, Rng& rng)
      : dropout_(options.dropout),
        embedding_(options.vocabulary, options.embedding, rng),
        output_(options.windows.size() * options.filters, options.labels, rng) {
    for (const std::size_t window : options.windows) {
      convolutions_.emplace_back(window, options.embedding, options.filters, rng);
    }
  }

  Variable logits(Graph& graph, const Batch& batch) override {
    const Variable words = words_of(graph, batch, embedding_, dropout_);
    std::vector<Variable> greatest;
    for (Conv1d& convolution : convolutions_) greatest.push_back(relu(convolution.forward_max(words, batch.lengths)));
    return output_.forward(dropout(concatenate(greatest, 1), dropout_));
  }

  std::vector<Parameter*> parameters() override {
    std::vector<Parameter*> all = embedding_.parameters("embedding");
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      all = join({all, convolutions_[i].parameters(concat("convolution.", i))});
    }
    return join({all, output_.parameters("output")});
  }

 private:
  double dropout_;
  Embedding embedding_;
  std::deque<Conv1d> convolutions_;
  Linear output_;
};

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

}  // namespace

std::unique_ptr<Network> make_network(const NetworkOptions& options, Rng rng) {
  validate(options);
  switch (options.kind) {
    case NetworkKind::mlp:
      return std::make_unique<BagNetwork>(options, rng);
    case NetworkKind::rnn:
      return std::make_unique<RecurrentNetwork>(options, CellKind::rnn, rng);
    case NetworkKind::lstm:
      return std::make_unique<RecurrentNetwork>(options, CellKind::lstm, rng);
    case NetworkKind::gru:
      return std::make_unique<RecurrentNetwork>(options, CellKind::gru, rng);
    case NetworkKind::cnn:
      return std::make_unique<ConvolutionNetwork>(options, rng);
    case NetworkKind::transformer:
      return std::make_unique<TransformerNetwork>(options, rng);
  }
  throw Error(ErrorCode::invalid_argument, concat("make_network: unknown kind ", static_cast<int>(options.kind)));
}

}  // namespace malmoi::neural
