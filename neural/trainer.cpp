#include "neural/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/ops.h"
#include "neural/ops_loss.h"

namespace malmoi::neural {
namespace {

constexpr std::int32_t kMostRestarts = 5;

void require(bool holds, std::string_view what) {
  if (!holds) throw Error(ErrorCode::invalid_argument, concat("train_network: ", what));
}

void validate(const Examples& examples, std::string_view name) {
  const std::size_t rows = examples.size();
  require(examples.classes.empty() != examples.table.empty() || rows == 0,
          concat(name, ": either classes or a table of labels is wanted"));
  require(examples.classes.empty() || examples.classes.size() == rows,
          concat(name, ": ", examples.classes.size(), " classes for ", rows, " texts"));
  require(examples.table.empty() || examples.table.size() % std::max<std::size_t>(rows, 1) == 0,
          concat(name, ": a table of ", examples.table.size(), " cells for ", rows, " texts"));
}

void validate(const TrainOptions& options) {
  require(options.epochs >= 1, concat("epochs is ", options.epochs, ", wanted is at least 1"));
  require(options.patience >= 0, concat("patience is ", options.patience, ", wanted is at least 0"));
  require(options.rate > 0, concat("rate is ", options.rate, ", wanted is more than 0"));
  require(options.warm_up >= 0 && options.warm_up < 1,
          concat("warm_up is ", options.warm_up, ", wanted is 0 to below 1"));
}

std::vector<std::size_t> all_rows(std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

std::vector<Tensor> values_of(std::span<Parameter* const> parameters) {
  std::vector<Tensor> values;
  values.reserve(parameters.size());
  for (const Parameter* parameter : parameters) values.push_back(parameter->value);
  return values;
}

void set_values(std::span<Parameter* const> parameters, std::span<const Tensor> values) {
  require(values.size() == parameters.size(), "the state to start from is of another network");
  for (std::size_t i = 0; i < values.size(); ++i) {
    require(values[i].shape() == parameters[i]->value.shape(),
            concat("the state to start from has another shape of ", parameters[i]->name));
    parameters[i]->value = values[i];
  }
}

// The figures of one batch of probabilities or logits against what is true.
struct Tally {
  double loss = 0.0;  // sum of -ln p
  std::int64_t right = 0;
  std::int64_t cells = 0;
};

void score_row(std::span<const float> probabilities, const Examples& examples, std::size_t row, Tally& tally) {
  const auto surprise = [](double p) { return -std::log(std::max(p, 1e-30)); };
  if (!examples.classes.empty()) {
    const auto truth = static_cast<std::size_t>(examples.classes[row]);
    tally.loss += surprise(static_cast<double>(probabilities[truth]));
    tally.right +=
        std::ranges::max_element(probabilities) - probabilities.begin() == static_cast<std::ptrdiff_t>(truth);
    ++tally.cells;
    return;
  }
  for (std::size_t label = 0; label < probabilities.size(); ++label) {
    const bool truth = examples.table[row * probabilities.size() + label] != 0;
    const auto p = static_cast<double>(probabilities[label]);
    tally.loss += surprise(truth ? p : 1 - p);
    tally.right += (p >= 0.5) == truth ? 1 : 0;
    ++tally.cells;
  }
}

class Training {
 public:
  Training(Network& network, const Examples& training, const Examples& validation, const TrainOptions& options,
           const RunContext& context)
      : network_(network),
        training_(training),
        validation_(validation),
        options_(options),
        context_(context),
        loader_(training.tokens, options.batches),
        parameters_(network.parameters()),
        optimizer_(parameters_, options.optimizer),
        graph_(Mode::train, Rng(options.seed), context),
        weights_(options.class_weights.begin(), options.class_weights.end()) {
    const auto batches = (training.size() + options.batches.batch_size - 1) / options.batches.batch_size;
    const auto total = static_cast<std::int64_t>(batches) * options.epochs;
    schedule_ = {.rate = options.rate, .shape = RateShape::cosine, .total = 1};
    schedule_.warm_up = static_cast<std::int64_t>(options.warm_up * static_cast<double>(total));
    schedule_.total = std::max<std::int64_t>(total - schedule_.warm_up, 1);
  }

  TrainResult run(const TrainState* start, const TrainHooks& hooks) {
    if (start != nullptr) resume(*start);
    state_.parameters = values_of(parameters_);
    state_.optimizer = optimizer_.state();
    while (!finished()) {
      if (!run_epoch()) {
        halve_rate(hooks);
        continue;
      }
      finish_epoch();
      if (hooks.after_epoch) hooks.after_epoch(state_);
    }
    if (!state_.best.empty()) set_values(parameters_, state_.best);
    return {state_.epochs, state_.best.empty() ? epochs_done() - 1 : state_.best_epoch};
  }

 private:
  void resume(const TrainState& start) {
    state_ = start;
    set_values(parameters_, start.parameters);
    optimizer_.restore(start.optimizer);
  }

  [[nodiscard]] std::int32_t epochs_done() const { return static_cast<std::int32_t>(state_.epochs.size()); }

  [[nodiscard]] bool finished() const {
    const std::int32_t done = epochs_done();
    if (done >= std::min(options_.epochs, options_.pause_after)) return true;
    return state_.best_epoch >= 0 && done - 1 - state_.best_epoch > options_.patience;
  }

  // false: something was not finite; the parameters are then those of some step of the epoch.
  bool run_epoch() {
    const auto epoch = static_cast<std::uint64_t>(state_.epochs.size());
    const auto batches = loader_.shuffled(all_rows(training_.size()), options_.seed, epoch);
    const Rng rng = Rng(options_.seed).split(1).split(epoch);
    loss_ = 0.0;
    std::int64_t done = 0;
    for (std::size_t b = 0; b < batches.size(); ++b) {
      throw_if_stopped(context_);
      loader_.fill(batches[b], batch_);
      graph_.restart(rng.split(b));
      const double loss = step();
      if (!std::isfinite(loss)) return false;
      loss_ += loss / static_cast<double>(batches.size());
      done += static_cast<std::int64_t>(batch_.rows);
      report(done);
    }
    return true;
  }

  double step() {
    const Variable loss = batch_loss(network_.logits(graph_, batch_));
    const auto value = static_cast<double>(loss.value()[0]);
    if (!std::isfinite(value)) return value;
    graph_.backward(loss);
    const double rate = rate_at(schedule_, optimizer_.steps()) * state_.rate_scale;
    const double norm = optimizer_.step(rate, context_);
    return std::isfinite(norm) ? value : norm;
  }

  Variable batch_loss(const Variable& logits) {
    if (!training_.classes.empty()) {
      labels_.clear();
      for (const std::size_t text : batch_.texts) labels_.push_back(training_.classes[text]);
      return softmax_cross_entropy(logits, labels_,
                                   {.label_smoothing = options_.label_smoothing, .class_weights = weights_});
    }
    Tensor truth = graph_.tensor(logits.shape());
    Tensor weights = weights_.empty() ? Tensor() : graph_.tensor(logits.shape());
    const std::size_t labels = logits.shape()[1];
    for (std::size_t r = 0; r < batch_.rows; ++r) {
      for (std::size_t k = 0; k < labels; ++k) {
        truth[r * labels + k] = training_.table[batch_.texts[r] * labels + k];
        if (!weights_.empty()) weights[r * labels + k] = weights_[k];
      }
    }
    return binary_cross_entropy(logits, truth, weights);
  }

  void report(std::int64_t done) const {
    const auto size = static_cast<std::int64_t>(training_.size());
    context_.report({.stage = "training",
                     .done = static_cast<std::int64_t>(state_.epochs.size()) * size + done,
                     .total = options_.epochs * size});
  }

  // Back to where the epoch began.
  void halve_rate(const TrainHooks& hooks) {
    if (++restarts_ > kMostRestarts) {
      throw Error(ErrorCode::invalid_argument,
                  concat("train_network: the loss is not finite even with a learning rate of ",
                         options_.rate * state_.rate_scale));
    }
    set_values(parameters_, state_.parameters);
    optimizer_.restore(state_.optimizer);
    state_.rate_scale /= 2;
    if (hooks.on_note) {
      hooks.on_note(concat("epoch ", state_.epochs.size() + 1,
                           ": the loss was not finite; it begins anew with a rate of ",
                           options_.rate * state_.rate_scale));
    }
  }

  void finish_epoch() {
    EpochResult result{.training_loss = loss_, .validation_loss = {}, .validation_accuracy = {}};
    if (validation_.size() > 0) validate_epoch(result);
    state_.epochs.push_back(result);
    state_.parameters = values_of(parameters_);
    state_.optimizer = optimizer_.state();
    if (!result.validation_loss) return;
    const bool better =
        state_.best_epoch < 0 ||
        *result.validation_loss < *state_.epochs[static_cast<std::size_t>(state_.best_epoch)].validation_loss;
    if (!better) return;
    state_.best_epoch = epochs_done() - 1;
    state_.best = state_.parameters;
  }

  void validate_epoch(EpochResult& result) {
    RunContext quiet = context_;
    quiet.on_progress = {};
    const std::vector<float> found =
        predict_network(network_, validation_.tokens, validation_.classes.empty(), options_.batches, quiet);
    const std::size_t labels = found.size() / validation_.size();
    Tally tally;
    for (std::size_t row = 0; row < validation_.size(); ++row) {
      score_row(std::span(found).subspan(row * labels, labels), validation_, row, tally);
    }
    result.validation_loss = tally.loss / static_cast<double>(tally.cells);
    result.validation_accuracy = static_cast<double>(tally.right) / static_cast<double>(tally.cells);
  }

  Network& network_;
  const Examples& training_;
  const Examples& validation_;
  const TrainOptions& options_;
  const RunContext& context_;
  DataLoader loader_;
  std::vector<Parameter*> parameters_;
  Optimizer optimizer_;
  Graph graph_;
  LearningRate schedule_;
  std::vector<Real> weights_;
  TrainState state_;
  Batch batch_;
  std::vector<std::int32_t> labels_;
  double loss_ = 0.0;
  std::int32_t restarts_ = 0;
};

}  // namespace

TrainResult train_network(Network& network, const Examples& training, const Examples& validation,
                          const TrainOptions& options, const TrainHooks& hooks, const TrainState* start,
                          const RunContext& context) {
  validate(options);
  validate(training, "training");
  validate(validation, "validation");
  require(training.size() > 0, "there are no texts to train on");
  return Training(network, training, validation, options, context).run(start, hooks);
}

std::vector<float> predict_network(Network& network, const TokenSequences& tokens, bool several,
                                   const BatchOptions& batches, const RunContext& context) {
  const DataLoader loader(tokens, batches);
  const auto parts = loader.in_order_of_length(all_rows(tokens.rows()));
  std::vector<std::vector<float>> found(parts.size());
  parallel_for(parts.size(), 1, context, [&](const Chunk& chunk) {
    Batch batch;
    loader.fill(parts[chunk.index], batch);
    Graph graph(Mode::evaluate, Rng(0), {.threads = 1, .on_progress = {}, .stop = context.stop});
    const Variable logits = network.logits(graph, batch);
    const Variable probabilities = several ? sigmoid(logits) : softmax(logits);
    const auto values = probabilities.value().values();
    found[chunk.index].assign(values.begin(), values.end());
  });
  if (parts.empty()) return {};
  const std::size_t labels = found.front().size() / parts.front().size();
  std::vector<float> rows(tokens.rows() * labels);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (std::size_t r = 0; r < parts[p].size(); ++r) {
      std::copy_n(found[p].begin() + static_cast<std::ptrdiff_t>(r * labels), labels,
                  rows.begin() + static_cast<std::ptrdiff_t>(parts[p][r] * labels));
    }
  }
  return rows;
}

}  // namespace malmoi::neural
