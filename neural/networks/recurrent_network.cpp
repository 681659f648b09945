#include "neural/attention.h"
#include "neural/networks/parts.h"
#include "neural/ops.h"
#include "neural/recurrent.h"

namespace malmoi::neural {
namespace {

// There is a word to guess at every place: less has to be left out than for a label a text.
constexpr double kContextDropout = 0.2;

// A second layer of both directions knows of each word from the first.
bool has_contexts(const auto& options) {
  return options.layers == 1 || !options.bidirectional;
}

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

  // The state before a word, and in the other direction the one behind it.
  Variable contexts(Graph& graph, const Batch& batch) override {
    if (!has_contexts(recurrent_.options)) return Network::contexts(graph, batch);
    const Variable words = words_of(graph, batch, embedding_, kContextDropout);
    const Variable states = recurrent_.forward(words, batch.lengths).output;
    const std::size_t hidden = recurrent_.options.hidden;
    const Variable start = graph.input(graph.zeros({batch.rows, 1, hidden}));
    const Variable forward = slice(slice(states, 2, 0, hidden), 1, 0, batch.steps - 1);
    if (!recurrent_.options.bidirectional) return dropout(concatenate({start, forward}, 1), kContextDropout);
    const Variable backward = slice(slice(states, 2, hidden, 2 * hidden), 1, 1, batch.steps);
    const Variable both = concatenate({concatenate({start, forward}, 1), concatenate({backward, start}, 1)}, 2);
    return dropout(both, kContextDropout);
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

double least_parameters(const NetworkOptions& options) {
  return cells(options.vocabulary, options.embedding) + cells(options.embedding, options.hidden) +
         static_cast<double>(options.layers) * cells(options.hidden, options.hidden);
}

template <CellKind cell>
std::unique_ptr<Network> make(const NetworkOptions& options, Rng& rng) {
  return std::make_unique<RecurrentNetwork>(options, cell, rng);
}

template <CellKind cell>
NetworkKind kind_of(std::string_view name, std::string_view summary) {
  return {.name = name,
          .summary = summary,
          .defaults = {.dropout = 0.5},
          .settings = {hidden_setting("numbers of a hidden layer of each direction"),
                       layers_setting(),
                       {"bidirectional", "one-direction", "from the beginning to the end only",
                        &NetworkOptions::bidirectional}},
          .least_parameters = least_parameters,
          .has_contexts = has_contexts<NetworkOptions>,
          .make = make<cell>};
}

}  // namespace

NetworkKind rnn() {
  return kind_of<CellKind::rnn>("rnn", "simple recurrent network in both directions, attention over the words");
}
NetworkKind gru() {
  return kind_of<CellKind::gru>("gru", "likewise with gated recurrent units");
}
NetworkKind lstm() {
  return kind_of<CellKind::lstm>("lstm", "likewise with long short-term memory");
}

}  // namespace malmoi::neural
