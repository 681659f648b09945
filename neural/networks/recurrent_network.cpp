#include "neural/attention.h"
#include "neural/networks/parts.h"
#include "neural/ops.h"
#include "neural/recurrent.h"

namespace malmoi::neural {
namespace {

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
