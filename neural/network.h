#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/data_loader.h"
#include "neural/graph.h"
#include "neural/parameter.h"

namespace malmoi::neural {

struct NetworkOptions {
  std::string_view kind = "lstm";  ///< the name of one of network_kinds()
  std::size_t vocabulary = 0;      ///< words; ≥ 1
  std::size_t labels = 0;          ///< ≥ 1
  std::size_t embedding = 128;     ///< numbers of a word vector; ≥ 1

  // Settings of which each kind has some (NetworkKind::settings); the others mean nothing to it.
  std::size_t hidden = 128;   ///< numbers of a hidden layer, a direction, or a transformer's inner layer; ≥ 1
  std::size_t layers = 1;     ///< hidden layers or blocks; ≥ 1
  bool bidirectional = true;  ///< also from the end to the beginning
  std::size_t heads = 4;      ///< of attention; ≥ 1, divides embedding
  std::vector<std::size_t> windows = {3, 4, 5};  ///< widths in words, each ≥ 1
  std::size_t filters = 100;                     ///< of each width; ≥ 1

  double dropout = 0.3;  ///< of word vectors and of what goes into the last layer; 0 ≤ dropout < 1
};

/// A neural text classifier.
class Network {
 public:
  virtual ~Network() = default;
  /// Scores before softmax or sigmoid, [batch.rows × labels]. In Mode::evaluate it only reads the parameters, so that
  /// several threads may use it, each with its graph. Ids of the batch are below the vocabulary.
  virtual Variable logits(Graph& graph, const Batch& batch) = 0;
  /// What surrounds every word, without the word itself, [batch.rows × steps × any]: for guessing it (pretraining.h).
  /// Throws invalid_argument where NetworkKind::has_contexts says no.
  virtual Variable contexts(Graph& graph, const Batch& batch);
  /// In the order of declaration, the word vectors first; the pointers are good as long as the network.
  virtual std::vector<Parameter*> parameters() = 0;
};

/// A setting that a kind of network has beside those of all kinds.
struct NetworkSetting {
  std::string_view name;  ///< in files
  std::string_view flag;  ///< without hyphens; that of a truth value makes it false
  std::string_view meaning;
  std::variant<std::size_t NetworkOptions::*, bool NetworkOptions::*, std::vector<std::size_t> NetworkOptions::*>
      member;
  std::vector<std::string_view> searched = {};  ///< values that are worth trying; of lists with commas
};

/// A kind of network: a file in neural/networks that makes one of these, and its name in network.cpp.
struct NetworkKind {
  std::string_view name;
  std::string_view summary;
  NetworkOptions defaults;
  double rate = 1e-3;  ///< learning rate at its highest (TrainOptions) that suits it
  std::vector<NetworkSetting> settings;
  /// At most so many numbers as the network has parameters: whether a size can be right is asked before it is made.
  double (*least_parameters)(const NetworkOptions& options);
  /// Whether networks with these options have Network::contexts; null: none has.
  bool (*has_contexts)(const NetworkOptions& options) = nullptr;
  /// Throws invalid_argument for settings that do not fit each other.
  std::unique_ptr<Network> (*make)(const NetworkOptions& options, Rng& rng);
};

/// All kinds, the simplest first.
[[nodiscard]] std::span<const NetworkKind> network_kinds();
/// Throws invalid_argument for a name that no kind has.
[[nodiscard]] const NetworkKind& network_kind(std::string_view name);

/// A network whose parameters are drawn from rng. Throws invalid_argument naming the option out of range.
[[nodiscard]] std::unique_ptr<Network> make_network(const NetworkOptions& options, Rng rng);

}  // namespace malmoi::neural
