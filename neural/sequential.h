#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/data_loader.h"
#include "neural/parameter.h"
#include "neural/tensor.h"
#include "neural/trainer.h"

namespace malmoi::neural {

class BuiltLayer;

/// A layer of a Sequential, written down: plain data, checked when the model is made. A new one is a function here, its
/// plan and a line of the table in sequential_layers.cpp.
struct Layer {
  std::string name;               ///< of the function below that makes it
  std::vector<double> arguments;  ///< of that function, in its order
};

// The first layer. A model reads either rows of numbers or texts.
[[nodiscard]] Layer input(std::size_t columns);                       ///< → [rows × columns]
[[nodiscard]] Layer embedding(std::size_t ids, std::size_t columns);  ///< a vector an id → [rows × steps × columns]

// Of rows and of texts, at every step alike:
[[nodiscard]] Layer dense(std::size_t units);  ///< x W + b → [… × units]
[[nodiscard]] Layer relu();                    ///< same shape, as those below
[[nodiscard]] Layer gelu();
[[nodiscard]] Layer tanh();
[[nodiscard]] Layer sigmoid();
[[nodiscard]] Layer dropout(double rate);  ///< in fit alone; 0 ≤ rate < 1
[[nodiscard]] Layer layer_norm();
[[nodiscard]] Layer batch_norm();  ///< of rows alone

// From texts to rows; steps behind the end of a text change nothing.
struct RecurrentLayerOptions {
  bool bidirectional = false;  ///< also from the end to the beginning: twice the columns
  bool every_step = false;     ///< the state after every step → [rows × steps × columns], not the last alone
};
[[nodiscard]] Layer rnn(std::size_t units, const RecurrentLayerOptions& options = {});  ///< → [rows × units]
[[nodiscard]] Layer gru(std::size_t units, const RecurrentLayerOptions& options = {});
[[nodiscard]] Layer lstm(std::size_t units, const RecurrentLayerOptions& options = {});
[[nodiscard]] Layer max_over_time();  ///< → [rows × columns], as the next two
[[nodiscard]] Layer mean_over_time();
[[nodiscard]] Layer attention_pooling();

// From texts to texts:
[[nodiscard]] Layer conv1d(std::size_t filters, std::size_t window);  ///< zeros around → [rows × steps × filters]
[[nodiscard]] Layer positions();  ///< adds sinusoidal positions, which a transformer needs; same shape, as the next
[[nodiscard]] Layer transformer(std::size_t heads, std::size_t inner, double dropout = 0.1);  ///< one block

using Inputs = std::variant<Tensor, TokenSequences>;  ///< [rows × columns], or texts with ids of -1: unknown
using Classes = std::vector<std::int32_t>;            ///< [rows] from 0
using Targets = std::variant<Classes, Tensor>;        ///< classes, or [rows × outputs] numbers or labels of 0 and 1

/// Rows or texts with what is to be learned of them.
struct Dataset {
  Inputs inputs = {};
  Targets targets = {};
};

struct SequentialOptions {
  Loss loss = Loss::softmax_cross_entropy;  ///< of Classes; the others of a Tensor
  std::uint64_t seed = 1;                   ///< of the parameters' first values
};

/// A neural network as a list of layers, from its definition to a file and back:
///
///   Sequential model({embedding(words, 64), gru(64), dropout(0.3), dense(classes)});
///   model.fit(training, validation, {.epochs = 5});
///   model.save("model.safetensors");
///   Sequential::load("model.safetensors").predict(texts);
///
/// The last layer gives the numbers before softmax or sigmoid: the loss brings its own. All results are the same bytes
/// for every number of threads. Constant functions may be called from several threads at once.
class Sequential {
 public:
  /// Throws invalid_argument naming the layer: an argument out of range, a shape that it cannot read
  explicit Sequential(std::vector<Layer> layers, const SequentialOptions& options = {});
  /// Throws not_found, io; corrupt_data for what is no such file or is damaged; unsupported_version
  [[nodiscard]] static Sequential load(const std::filesystem::path& path);
  Sequential(Sequential&&) noexcept;
  Sequential& operator=(Sequential&&) noexcept;
  ~Sequential();

  /// Goes on from the parameters as they are; see train_network, which does it.
  /// validation  may be empty: {}
  /// Throws      invalid_argument where data do not fit each other or the layers; canceled
  TrainResult fit(const Dataset& training, const Dataset& validation = {}, const TrainOptions& options = {},
                  const RunContext& context = {});
  /// Throws invalid_argument, canceled, as fit
  [[nodiscard]] Evaluation evaluate(const Dataset& data, const RunContext& context = {}) const;
  /// [rows × outputs]: probabilities, or with mean_squared_error the numbers learned. Of texts as many tokens are read
  /// as by the last fit. Throws invalid_argument, canceled, as fit
  [[nodiscard]] Tensor predict(const Inputs& inputs, const RunContext& context = {}) const;

  /// One file with layers and parameters in the safetensors layout; takes the place of one that is there. Its
  /// predictions are the same to the last bit. Throws io; invalid_argument for a name ending in .gz
  void save(const std::filesystem::path& path) const;

  [[nodiscard]] const std::vector<Layer>& layers() const noexcept { return layers_; }
  /// "2.weight" is of layer 2, counted from 1; good as long as the model.
  [[nodiscard]] const std::vector<Parameter*>& parameters() const noexcept { return parameters_; }

 private:
  std::vector<Layer> layers_;
  Loss loss_;
  BatchOptions batches_;    // of the last fit
  std::size_t inputs_ = 0;  // columns, or ids of the embedding
  std::size_t outputs_ = 0;
  std::vector<std::unique_ptr<BuiltLayer>> built_;
  std::vector<Parameter*> parameters_;
};

}  // namespace malmoi::neural
