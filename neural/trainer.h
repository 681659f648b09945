#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/data_loader.h"
#include "neural/learning_rate.h"
#include "neural/network.h"
#include "neural/optimizer.h"

namespace malmoi::neural {

/// How far outputs are from what is true, and with it what predictions are.
enum class Loss {
  softmax_cross_entropy,  ///< of one class a text; predictions are probabilities that add up to 1
  binary_cross_entropy,   ///< of several labels a text; each prediction is a probability by itself
  mean_squared_error      ///< of numbers; predictions are the network's outputs
};

/// Texts with what is to be learned. Views: their owner outlives the training.
struct Examples {
  const TokenSequences& tokens;           ///< ids below the network's vocabulary
  std::span<const std::int32_t> classes;  ///< [rows] where a text has one label; else empty
  std::span<const std::uint8_t> table;    ///< [rows × labels] of 0 and 1 where it may have several; else empty
  std::span<const float> numbers = {};    ///< [rows × outputs] where numbers are learned; else empty

  [[nodiscard]] std::size_t size() const noexcept { return tokens.rows(); }
};

struct TrainOptions {
  std::int32_t epochs = 10;   ///< at most; ≥ 1
  std::int32_t patience = 2;  ///< epochs without a better validation loss that are borne; ≥ 0
  BatchOptions batches = {};
  OptimizerOptions optimizer = {};
  double rate = 1e-3;     ///< learning rate at its highest; > 0
  double warm_up = 0.05;  ///< share of all steps in which it rises, 0 ≤ warm_up < 1; then it falls along a cosine
  double label_smoothing = 0.0;            ///< of one label a text; 0 ≤ ε < 1
  std::vector<double> class_weights = {};  ///< [labels] factor of the losses of a class's texts (of several labels: of
                                           ///< the texts that have it), > 0; empty: all 1
  std::uint64_t seed = 1;
  /// Epochs after which it ends early, so that a later call may go on from after_epoch's state; rates follow `epochs`.
  std::int32_t pause_after = std::numeric_limits<std::int32_t>::max();
};

struct EpochResult {
  double training_loss = 0.0;                 ///< mean over the epoch's batches, dropout included
  std::optional<double> validation_loss;      ///< Evaluation::loss; nullopt: no validation texts
  std::optional<double> validation_accuracy;  ///< Evaluation::accuracy
};

/// All that training needs to go on with the same bytes: the state after an epoch. Plain data, for storing.
struct TrainState {
  std::vector<EpochResult> epochs;  ///< done so far
  std::vector<Tensor> parameters;   ///< in the order of Network::parameters()
  OptimizerState optimizer;
  double rate_scale = 1.0;       ///< halved whenever the loss was not finite
  std::int32_t best_epoch = -1;  ///< index of the best validation loss; -1: none yet
  std::vector<Tensor> best;      ///< parameters after it; empty without validation texts
};

/// What is told while training goes on.
struct TrainHooks {
  std::function<void(const TrainState&)> after_epoch = {};  ///< a good moment to write a checkpoint
  std::function<void(const std::string&)> on_note = {};     ///< e.g. that the rate was halved
};

struct TrainResult {
  std::vector<EpochResult> epochs;
  std::int32_t best_epoch = 0;  ///< whose parameters the network has now
};

/// How well a network predicts.
struct Evaluation {
  double loss = 0.0;               ///< mean of -ln p of what is true; of numbers: of the squared differences
  std::optional<double> accuracy;  ///< one class: of the texts; several labels: of the table's cells; numbers: none
};

/// What is learned: parameters, and the loss that texts give.
struct Objective {
  std::vector<Parameter*> parameters;
  const TokenSequences& tokens;                                ///< of which batches are made; outlives the training
  std::function<Variable(Graph&, const Batch&)> loss;          ///< of a batch, one number
  std::function<Evaluation(const RunContext&)> validate = {};  ///< after every epoch; none: the last one is the best
  std::string_view stage = "training";                         ///< for progress and errors
};

/// Trains parameters in place: shuffled batches of texts of like length, validation after every epoch. It ends after
/// options.epochs, or when the validation loss has not become better for more than `patience` epochs; the parameters
/// then are those of the best epoch (without validation: of the last).
///
/// A loss or gradient that is not finite never reaches the parameters: the epoch begins anew from where it began with
/// half the rate; after the fifth time it is an error.
///
/// start   the state that after_epoch was given: training goes on behind it, to the same bytes
/// Throws  invalid_argument: an option out of range, sizes that do not fit, no texts; canceled
/// The same bytes for every number of threads.
TrainResult train(const Objective& objective, const TrainOptions& options, const TrainHooks& hooks = {},
                  const TrainState* start = nullptr, const RunContext& context = {});

/// The same for a network, with the loss that fits what is to be learned. validation may have no texts.
TrainResult train_network(Network& network, const Examples& training, const Examples& validation,
                          const TrainOptions& options, const TrainHooks& hooks = {}, const TrainState* start = nullptr,
                          const RunContext& context = {});

/// What the loss makes of the outputs for texts, [rows × outputs]. A text gets the same numbers (but for rounding in
/// the last bits) whatever stands beside it; the same bytes for every number of threads.
[[nodiscard]] std::vector<float> predict_network(Network& network, const TokenSequences& tokens, Loss loss,
                                                 const BatchOptions& batches, const RunContext& context = {});

/// Throws  invalid_argument: sizes that do not fit, no texts; canceled
[[nodiscard]] Evaluation evaluate_network(Network& network, const Examples& examples, const BatchOptions& batches,
                                          const RunContext& context = {});

}  // namespace malmoi::neural
