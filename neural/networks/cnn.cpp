#include <deque>

#include "corpus/base/error.h"
#include "neural/convolution.h"
#include "neural/networks/parts.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

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

double least_parameters(const NetworkOptions& options) {
  double sum = cells(options.vocabulary, options.embedding);
  for (const std::size_t window : options.windows) {
    sum += static_cast<double>(window) * cells(options.embedding, options.filters);
  }
  return sum;
}

}  // namespace

NetworkKind cnn() {
  return {.name = "cnn",
          .summary = "windows of several widths, the greatest value of each filter (Kim, EMNLP 2014)",
          .defaults = {.dropout = 0.5},
          .settings = {{"windows", "windows", "widths in words", &NetworkOptions::windows, {"2,3", "3,4,5", "2,3,4,5"}},
                       {"filters", "filters", "of each width", &NetworkOptions::filters, {"50", "100", "200"}}},
          .least_parameters = least_parameters,
          .make = [](const NetworkOptions& options, Rng& rng) -> std::unique_ptr<Network> {
            return std::make_unique<ConvolutionNetwork>(options, rng);
          }};
}

}  // namespace malmoi::neural
