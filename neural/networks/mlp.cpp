#include <deque>

#include "corpus/base/error.h"
#include "neural/networks/parts.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

class MlpNetwork : public Network {
 public:
  MlpNetwork(const NetworkOptions& options, Rng& rng)
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

double least_parameters(const NetworkOptions& options) {
  const double layers = static_cast<double>(options.layers) - 1;
  return cells(options.vocabulary, options.embedding) + cells(options.embedding, options.hidden) +
         layers * cells(options.hidden, options.hidden);
}

}  // namespace

NetworkKind mlp() {
  return {.name = "mlp",
          .summary = "mean of word vectors, hidden layers with batch norm and ReLU",
          .defaults = {.dropout = 0.5},
          .settings = {hidden_setting("numbers of a hidden layer"), layers_setting()},
          .least_parameters = least_parameters,
          .make = [](const NetworkOptions& options, Rng& rng) -> std::unique_ptr<Network> {
            return std::make_unique<MlpNetwork>(options, rng);
          }};
}

}  // namespace malmoi::neural
