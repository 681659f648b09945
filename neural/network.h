#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/data_loader.h"
#include "neural/graph.h"
#include "neural/parameter.h"

namespace malmoi::neural {

enum class NetworkKind {
  mlp,         ///< mean of the word vectors, hidden layers with batch norm and ReLU
  rnn,         ///< tanh recurrent layers, then attention over the steps
  lstm,        ///< likewise
  gru,         ///< likewise
  cnn,         ///< windows of several widths, the greatest value of each filter (Kim, EMNLP 2014)
  transformer  ///< pre-norm blocks on vectors with sinusoidal positions, then attention over the steps
};

struct NetworkOptions {
  NetworkKind kind = NetworkKind::lstm;
  std::size_t vocabulary = 0;   ///< words; ≥ 1
  std::size_t labels = 0;       ///< ≥ 1
  std::size_t embedding = 128;  ///< numbers of a word vector; ≥ 1
  std::size_t hidden = 128;     ///< of a hidden layer, a direction, or a transformer's inner layer; ≥ 1
  std::size_t layers = 1;       ///< hidden layers or blocks; ≥ 1. cnn: no meaning
  bool bidirectional = true;    ///< rnn, lstm, gru: also from the end to the beginning
  std::size_t heads = 4;        ///< transformer; divides embedding
  std::vector<std::size_t> windows = {3, 4, 5};  ///< cnn: widths in words
  std::size_t filters = 100;                     ///< cnn: of each width
  double dropout = 0.3;  ///< of word vectors and of what goes into the last layer; 0 ≤ dropout < 1
};

/// A neural text classifier: the model is chosen at run time. A kind is a class in network.cpp and a line in
/// make_network.
class Network {
 public:
  virtual ~Network() = default;
  /// Scores before softmax or sigmoid, [batch.rows × labels]. In Mode::evaluate it only reads the parameters, so that
  /// several threads may use it, each with its graph. Ids of the batch are below the vocabulary.
  virtual Variable logits(Graph& graph, const Batch& batch) = 0;
  /// In the order of declaration, the word vectors first; the pointers are good as long as the network.
  virtual std::vector<Parameter*> parameters() = 0;
};

/// A network whose parameters are drawn from rng. Throws invalid_argument naming the option out of range.
[[nodiscard]] std::unique_ptr<Network> make_network(const NetworkOptions& options, Rng rng);

}  // namespace malmoi::neural
