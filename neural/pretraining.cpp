#include "neural/pretraining.h"

#include <algorithm>
#include <cmath>

#include "corpus/base/error.h"
#include "neural/layers.h"
#include "neural/ops.h"
#include "neural/ops_loss.h"
#include "neural/output_units.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kDrawn = 512;  // words a step that are drawn in addition to those of the batch

// Shares of the words in the texts. The unknown word has none.
std::vector<double> shares_of(const TokenSequences& texts, std::size_t words) {
  std::vector<double> shares(words, 0.0);
  double total = 0.0;
  for (const TermId id : texts.terms) {
    if (std::cmp_greater_equal(id, words)) {
      throw Error(ErrorCode::invalid_argument, concat("pretrain_network: word ", id, " of ", words));
    }
    if (id <= 0) continue;
    shares[static_cast<std::size_t>(id)] += 1;
    total += 1;
  }
  if (total == 0) throw Error(ErrorCode::invalid_argument, "pretrain_network: there is no text with a known word");
  for (double& share : shares) share /= total;
  return shares;
}

// Drawn words are flatter than the text: the power of Mikolov et al., NeurIPS 2013.
std::vector<double> drawing_shares(const std::vector<double>& shares) {
  std::vector<double> flat(shares.size());
  double total = 0.0;
  for (std::size_t word = 0; word < shares.size(); ++word) total += flat[word] = std::pow(shares[word], 0.75);
  for (double& share : flat) share /= total;
  return flat;
}

std::size_t contexts_width(Network& network) {
  Graph graph(Mode::evaluate, Rng(0));
  return network.contexts(graph, {.rows = 1, .steps = 1, .ids = {0}, .lengths = {1}, .texts = {0}}).shape()[2];
}

class WordGuessing {
 public:
  WordGuessing(Network& network, const TokenSequences& texts, Rng rng)
      : network_(network),
        vectors_(*network.parameters().front()),
        shares_(shares_of(texts, vectors_.value.shape()[0])),
        drawing_(drawing_shares(shares_)),
        drawn_(drawing_),
        places_(shares_.size(), -1),
        guess_(contexts_width(network), vectors_.value.shape()[1], rng) {}

  std::vector<Parameter*> parameters() { return join({network_.parameters(), guess_.parameters("guess")}); }

  Variable loss(Graph& graph, const Batch& batch) {
    collect_words(batch, graph.next_rng());
    const Variable contexts = network_.contexts(graph, batch);
    const Variable guesses = guess_.forward(reshape(contexts, {batch.ids.size(), contexts.shape()[2]}));
    const Variable scores = matmul(guesses, gather(graph.parameter(vectors_), words_), {.transpose_b = true});
    return softmax_cross_entropy(scores + graph.input(corrections(graph)), labels_);
  }

 private:
  // The words of the softmax, and which of them stands at each place of the batch.
  void collect_words(const Batch& batch, Rng rng) {
    words_.clear();
    labels_.clear();
    const auto place_of = [&](std::int32_t word) {
      std::int32_t& place = places_[static_cast<std::size_t>(word)];
      if (place < 0) {
        place = static_cast<std::int32_t>(words_.size());
        words_.push_back(word);
      }
      return place;
    };
    for (const TermId id : batch.ids) labels_.push_back(id > 0 ? place_of(id) : -1);
    for (std::size_t i = 0; i < kDrawn; ++i) (void)place_of(drawn_.draw(rng));
    for (const std::int32_t word : words_) places_[static_cast<std::size_t>(word)] = -1;
    known_ = static_cast<double>(std::ranges::count_if(labels_, [](std::int32_t label) { return label >= 0; }));
  }

  // ln of a word's share, which scores need not learn, less ln of its chance to be one of words_.
  Tensor corrections(Graph& graph) const {
    Tensor values = graph.tensor({words_.size()});
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const auto word = static_cast<std::size_t>(words_[i]);
      const double absent = std::pow(1 - shares_[word], known_) * std::pow(1 - drawing_[word], kDrawn);
      values[i] = static_cast<Real>(std::log(shares_[word]) - std::log1p(-absent));
    }
    return values;
  }

  Network& network_;
  Parameter& vectors_;           // [words × columns]
  std::vector<double> shares_;   // [words]
  std::vector<double> drawing_;  // [words]
  AliasTable drawn_;
  std::vector<std::int32_t> places_;  // [words] in words_; -1 between steps
  Linear guess_;
  std::vector<std::int32_t> words_;   // of a step
  std::vector<std::int32_t> labels_;  // [places of the batch]
  double known_ = 0.0;                // how many of them have one
};

}  // namespace

std::vector<EpochResult> pretrain_network(Network& network, const TokenSequences& texts, const TrainOptions& options,
                                          const TrainHooks& hooks, const RunContext& context) {
  WordGuessing guessing(network, texts, Rng(options.seed).split(2));
  const Objective objective{.parameters = guessing.parameters(),
                            .tokens = texts,
                            .loss = [&](Graph& graph, const Batch& batch) { return guessing.loss(graph, batch); },
                            .stage = "pretraining"};
  return train(objective, options, hooks, nullptr, context).epochs;
}

}  // namespace malmoi::neural
