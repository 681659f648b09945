#include "neural/trainer.h"

#include <algorithm>
#include <array>
#include <charconv>
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

void require(bool holds, std::string_view what, std::string_view function = "train_network") {
  if (!holds) throw Error(ErrorCode::invalid_argument, concat(function, ": ", what));
}

void validate(const Examples& examples, std::string_view name, std::string_view function = "train_network") {
  const std::size_t rows = examples.size();
  const auto is_given = [](const auto& values) { return values.empty() ? 0 : 1; };
  require(rows == 0 || is_given(examples.classes) + is_given(examples.table) + is_given(examples.numbers) == 1,
          concat(name, ": either classes, a table of labels or numbers are wanted"), function);
  require(examples.classes.empty() || examples.classes.size() == rows,
          concat(name, ": ", examples.classes.size(), " classes for ", rows, " texts"), function);
}

Loss loss_of(const Examples& examples) {
  if (!examples.classes.empty()) return Loss::softmax_cross_entropy;
  return examples.table.empty() ? Loss::mean_squared_error : Loss::binary_cross_entropy;
}

// A table must have a cell for each output.
void require_outputs(const Examples& examples, std::size_t outputs, std::string_view function) {
  const std::size_t cells = examples.table.size() + examples.numbers.size();
  require(!examples.classes.empty() || cells == examples.size() * outputs,
          concat("a table of ", cells, " cells for ", examples.size(), " texts and ", outputs, " outputs"), function);
}

// Predictions are what the loss makes of outputs.
Variable predictions_of(const Variable& outputs, Loss loss) {
  switch (loss) {
    case Loss::softmax_cross_entropy:
      return softmax(outputs);
    case Loss::binary_cross_entropy:
      return sigmoid(outputs);
    case Loss::mean_squared_error:
      return outputs;
  }
  throw Error(ErrorCode::invalid_argument, concat("predict_network: unknown loss ", static_cast<int>(loss)));
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

// Sums over the predictions of some texts.
struct Tally {
  double loss = 0.0;
  std::int64_t right = 0;
  std::int64_t cells = 0;
};

void score_row(std::span<const float> predictions, const Examples& examples, std::size_t row, Tally& tally) {
  const auto surprise = [](double p) { return -std::log(std::max(p, 1e-30)); };
  if (!examples.classes.empty()) {
    const auto truth = static_cast<std::size_t>(examples.classes[row]);
    tally.loss += surprise(static_cast<double>(predictions[truth]));
    tally.right += std::ranges::max_element(predictions) - predictions.begin() == static_cast<std::ptrdiff_t>(truth);
    ++tally.cells;
    return;
  }
  for (std::size_t output = 0; output < predictions.size(); ++output) {
    const std::size_t cell = row * predictions.size() + output;
    const auto found = static_cast<double>(predictions[output]);
    if (!examples.numbers.empty()) {
      const double difference = found - static_cast<double>(examples.numbers[cell]);
      tally.loss += difference * difference;
    } else {
      const bool truth = examples.table[cell] != 0;
      tally.loss += surprise(truth ? found : 1 - found);
      tally.right += (found >= 0.5) == truth ? 1 : 0;
    }
    ++tally.cells;
  }
}

std::string three_digits(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 3).ptr;
  return {text.data(), end};
}

// The loss of a batch that fits what is to be learned.
class LabelLoss {
 public:
  LabelLoss(Network& network, const Examples& examples, const TrainOptions& options)
      : network_(network),
        examples_(examples),
        label_smoothing_(options.label_smoothing),
        weights_(options.class_weights.begin(), options.class_weights.end()) {}

  Variable operator()(Graph& graph, const Batch& batch) const {
    const Variable logits = network_.logits(graph, batch);
    require_outputs(examples_, logits.shape()[1], "train_network");
    if (!examples_.classes.empty()) {
      std::vector<std::int32_t> labels;
      for (const std::size_t text : batch.texts) labels.push_back(examples_.classes[text]);
      return softmax_cross_entropy(logits, labels, {.label_smoothing = label_smoothing_, .class_weights = weights_});
    }
    if (!examples_.numbers.empty()) return mean_squared_error(logits, truth_of(examples_.numbers, batch, logits));
    const Tensor truth = truth_of(examples_.table, batch, logits);
    if (weights_.empty()) return binary_cross_entropy(logits, truth);
    Tensor weights = graph.tensor(logits.shape());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = truth[i] > Real{0.5} ? weights_[i % weights_.size()] : Real{1};
    }
    return binary_cross_entropy(logits, truth, weights);
  }

 private:
  // The rows of the batch, [batch × outputs].
  template <typename T>
  static Tensor truth_of(std::span<const T> table, const Batch& batch, const Variable& logits) {
    const std::size_t outputs = logits.shape()[1];
    Tensor truth = logits.graph().tensor(logits.shape());
    for (std::size_t r = 0; r < batch.rows; ++r) {
      for (std::size_t k = 0; k < outputs; ++k) {
        truth[r * outputs + k] = static_cast<Real>(table[batch.texts[r] * outputs + k]);
      }
    }
    return truth;
  }

  Network& network_;
  const Examples& examples_;
  double label_smoothing_;
  std::vector<Real> weights_;
};

class Training {
 public:
  Training(const Objective& objective, const TrainOptions& options, const RunContext& context)
      : objective_(objective),
        options_(options),
        context_(context),
        loader_(objective.tokens, options.batches),
        parameters_(objective.parameters),
        optimizer_(parameters_, options.optimizer),
        graph_(Mode::train, Rng(options.seed), context) {
    const auto batches = (texts() + options.batches.batch_size - 1) / options.batches.batch_size;
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

  [[nodiscard]] std::size_t texts() const { return objective_.tokens.rows(); }
  [[nodiscard]] std::int32_t epochs_done() const { return static_cast<std::int32_t>(state_.epochs.size()); }

  [[nodiscard]] std::int32_t last_epoch() const { return std::min(options_.epochs, options_.pause_after); }

  [[nodiscard]] bool finished() const {
    const std::int32_t done = epochs_done();
    if (done >= last_epoch()) return true;
    return state_.best_epoch >= 0 && done - 1 - state_.best_epoch > options_.patience;
  }

  // false: something was not finite; the parameters are then those of some step of the epoch.
  bool run_epoch() {
    const auto epoch = static_cast<std::uint64_t>(state_.epochs.size());
    const auto batches = loader_.shuffled(all_rows(texts()), options_.seed, epoch);
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
      report(done, loss_ * static_cast<double>(batches.size()) / static_cast<double>(b + 1));
    }
    return true;
  }

  double step() {
    const Variable loss = objective_.loss(graph_, batch_);
    const auto value = static_cast<double>(loss.value()[0]);
    if (!std::isfinite(value)) return value;
    graph_.backward(loss);
    const double rate = rate_at(schedule_, optimizer_.steps()) * state_.rate_scale;
    const double norm = optimizer_.step(rate, context_);
    return std::isfinite(norm) ? value : norm;
  }

  // done  texts of the epoch;  loss  their mean so far
  void report(std::int64_t done, double loss) const {
    const auto size = static_cast<std::int64_t>(texts());
    std::string note = concat("epoch ", state_.epochs.size() + 1, ", loss ", three_digits(loss));
    if (!state_.epochs.empty() && state_.epochs.back().validation_accuracy) {
      note += concat(", accuracy ", three_digits(*state_.epochs.back().validation_accuracy));
    }
    context_.report({.stage = objective_.stage,
                     .done = static_cast<std::int64_t>(state_.epochs.size()) * size + done,
                     .total = last_epoch() * size,
                     .note = note});
  }

  // Back to where the epoch began.
  void halve_rate(const TrainHooks& hooks) {
    if (++restarts_ > kMostRestarts) {
      throw Error(ErrorCode::invalid_argument,
                  concat(objective_.stage, ": the loss is not finite even with a learning rate of ",
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
    if (objective_.validate) validate_epoch(result);
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
    const Evaluation found = objective_.validate(quiet);
    result.validation_loss = found.loss;
    result.validation_accuracy = found.accuracy;
  }

  const Objective& objective_;
  const TrainOptions& options_;
  const RunContext& context_;
  DataLoader loader_;
  std::vector<Parameter*> parameters_;
  Optimizer optimizer_;
  Graph graph_;
  LearningRate schedule_;
  TrainState state_;
  Batch batch_;
  double loss_ = 0.0;
  std::int32_t restarts_ = 0;
};

}  // namespace

TrainResult train(const Objective& objective, const TrainOptions& options, const TrainHooks& hooks,
                  const TrainState* start, const RunContext& context) {
  validate(options);
  require(objective.tokens.rows() > 0, "there are no texts to train on");
  return Training(objective, options, context).run(start, hooks);
}

TrainResult train_network(Network& network, const Examples& training, const Examples& validation,
                          const TrainOptions& options, const TrainHooks& hooks, const TrainState* start,
                          const RunContext& context) {
  validate(training, "training");
  validate(validation, "validation");
  Objective objective{
      .parameters = network.parameters(), .tokens = training.tokens, .loss = LabelLoss(network, training, options)};
  if (validation.size() > 0) {
    objective.validate = [&](const RunContext& quiet) {
      return evaluate_network(network, validation, options.batches, quiet);
    };
  }
  return train(objective, options, hooks, start, context);
}

std::vector<float> predict_network(Network& network, const TokenSequences& tokens, Loss loss,
                                   const BatchOptions& batches, const RunContext& context) {
  const DataLoader loader(tokens, batches);
  const auto parts = loader.in_order_of_length(all_rows(tokens.rows()));
  std::vector<std::vector<float>> found(parts.size());
  parallel_for(parts.size(), 1, context, [&](const Chunk& chunk) {
    Batch batch;
    loader.fill(parts[chunk.index], batch);
    Graph graph(Mode::evaluate, Rng(0), {.threads = 1, .on_progress = {}, .stop = context.stop});
    const Variable predictions = predictions_of(network.logits(graph, batch), loss);
    const auto values = predictions.value().values();
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

Evaluation evaluate_network(Network& network, const Examples& examples, const BatchOptions& batches,
                            const RunContext& context) {
  constexpr std::string_view kFunction = "evaluate_network";
  validate(examples, "examples", kFunction);
  require(examples.size() > 0, "there are no texts", kFunction);
  const Loss loss = loss_of(examples);
  const std::vector<float> found = predict_network(network, examples.tokens, loss, batches, context);
  const std::size_t outputs = found.size() / examples.size();
  require_outputs(examples, outputs, kFunction);
  const auto is_class = [&](std::int32_t c) { return c >= 0 && std::cmp_less(c, outputs); };
  require(std::ranges::all_of(examples.classes, is_class), concat("a class is not one of ", outputs), kFunction);
  Tally tally;
  for (std::size_t row = 0; row < examples.size(); ++row) {
    score_row(std::span(found).subspan(row * outputs, outputs), examples, row, tally);
  }
  const auto cells = static_cast<double>(tally.cells);
  Evaluation evaluation{.loss = tally.loss / cells, .accuracy = {}};
  if (loss != Loss::mean_squared_error) evaluation.accuracy = static_cast<double>(tally.right) / cells;
  return evaluation;
}

}  // namespace malmoi::neural
