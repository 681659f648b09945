#include "neural/bag_classifier.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"
#include "neural/output_units.h"
#include "neural/row_table.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kRowsPerChunk = 32;
constexpr std::size_t kPredictedPerChunk = 256;
constexpr std::size_t kLeastLines = 8192;  // of vectors in a batch that are worth more than one thread
constexpr std::size_t kAhead = 8;          // features whose vectors are asked for before they are needed

void validate(const vectorize::SparseMatrix& rows, std::int32_t classes, const BagOptions& options) {
  const auto require = [](bool holds, std::string_view wanted) {
    if (!holds) throw Error(ErrorCode::invalid_argument, concat("fit_bag: wanted ", wanted));
  };
  require(options.dimensions >= 1 && options.dimensions <= 4096, "1 ≤ dimensions ≤ 4096");
  require(options.epochs >= 1, "epochs ≥ 1");
  require(options.rate > 0 && std::isfinite(options.rate), "rate > 0");
  require(options.dropout >= 0 && options.dropout < 1, "0 ≤ dropout < 1");
  require(options.batch >= 1, "batch ≥ 1");
  require(classes >= (options.loss == BagLoss::sigmoid ? 1 : 2), "two classes or more, or one label");
  require(rows.isCompressed(), "a compressed matrix");
  const auto fits = [](float value) { return value >= 0 && std::isfinite(value); };
  require(std::all_of(rows.valuePtr(), rows.valuePtr() + rows.nonZeros(), fits), "finite values ≥ 0");
}

// A row of the matrix.
struct Bag {
  std::span<const std::int32_t> columns;
  const float* values = nullptr;
};

Bag bag_at(const vectorize::SparseMatrix& rows, std::size_t r) {
  const auto begin = static_cast<std::size_t>(rows.outerIndexPtr()[r]);
  const auto end = static_cast<std::size_t>(rows.outerIndexPtr()[r + 1]);
  return {{rows.innerIndexPtr() + begin, end - begin}, rows.valuePtr() + begin};
}

// Which features of a row take part in an epoch: decided by a hash of row and feature, so that every look agrees.
class Dropout {
 public:
  Dropout(double share, std::uint64_t key) : bound_(static_cast<std::uint64_t>(share * 0x1.0p32)), key_(key) {}
  [[nodiscard]] bool keeps(std::int32_t column) const {
    if (bound_ == 0) return true;
    std::uint64_t z = (key_ ^ static_cast<std::uint64_t>(column)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 29U)) * 0x94D049BB133111EBULL;
    return (z >> 32U) >= bound_;
  }

 private:
  std::uint64_t bound_;
  std::uint64_t key_;
};

// The output layer: learns from one hidden vector at a time and gives its gradient.
class Outputs {
 public:
  Outputs(BagLoss loss, std::span<const std::int64_t> counts, std::int32_t dimensions)
      : loss_(loss), table_(outputs_of(loss, counts.size()), dimensions), scores_(counts.size()) {
    if (loss == BagLoss::hierarchical) paths_ = huffman_paths(counts);
  }

  /// Returns -ln p. gradient: what is to be added to the hidden vector
  double learn(const float* hidden, std::int32_t label, float rate, float* gradient) {
    std::fill_n(gradient, table_.width() * 16, 0.0F);
    if (loss_ == BagLoss::softmax) return learn_softmax(hidden, static_cast<std::size_t>(label), rate, gradient);
    const auto nodes = paths_->nodes_of(static_cast<std::size_t>(label));
    const auto labels = paths_->labels_of(static_cast<std::size_t>(label));
    double loss = 0.0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      loss += learn_decision(hidden, table_.row(static_cast<std::size_t>(nodes[i])), {labels[i], rate}, gradient);
    }
    return loss;
  }

  double learn(const float* hidden, std::span<const std::uint8_t> truth, float rate, float* gradient) {
    std::fill_n(gradient, table_.width() * 16, 0.0F);
    double loss = 0.0;
    for (std::size_t k = 0; k < truth.size(); ++k) {
      loss += learn_decision(hidden, table_.row(k), {static_cast<float>(truth[k]), rate}, gradient);
    }
    return loss;
  }

  [[nodiscard]] const RowTable& table() const { return table_; }

 private:
  static std::size_t outputs_of(BagLoss loss, std::size_t classes) {
    return loss == BagLoss::hierarchical ? classes - 1 : classes;
  }

  struct Aim {
    float label;
    float rate;
  };
  // One step of logistic regression.
  double learn_decision(const float* hidden, float* output, const Aim& aim, float* gradient) const {
    const float score = dot(hidden, output, table_.width());
    const float error = aim.rate * (aim.label - 1.0F / (1.0F + std::exp(-score)));
    add_scaled(gradient, error, output, table_.width());
    add_scaled(output, error, hidden, table_.width());
    const float towards = aim.label > 0.5F ? score : -score;
    return static_cast<double>(std::log1p(std::exp(-std::abs(towards))) + std::max(0.0F, -towards));
  }

  double learn_softmax(const float* hidden, std::size_t label, float rate, float* gradient) {
    const std::size_t width = table_.width();
    for (std::size_t k = 0; k < scores_.size(); ++k) scores_[k] = dot(hidden, table_.row(k), width);
    const float most = *std::max_element(scores_.begin(), scores_.end());
    const float score = scores_[label] - most;
    float sum = 0.0F;
    for (float& s : scores_) sum += s = std::exp(s - most);
    for (std::size_t k = 0; k < scores_.size(); ++k) {
      const float error = rate * ((k == label ? 1.0F : 0.0F) - scores_[k] / sum);
      add_scaled(gradient, error, table_.row(k), width);
      add_scaled(table_.row(k), error, hidden, width);
    }
    return static_cast<double>(std::log(sum) - score);
  }

  BagLoss loss_;
  RowTable table_;
  std::optional<HuffmanPaths> paths_;
  std::vector<float> scores_;
};

// One row's lesson for the outputs: number of the row, its hidden vector, the rate, and where its gradient goes.
using Lesson = std::function<double(std::size_t row, const float* hidden, float rate, float* gradient)>;

class Training {
 public:
  Training(const vectorize::SparseMatrix& rows, const BagOptions& options, const RunContext& context, Lesson lesson)
      : rows_(&rows),
        options_(&options),
        context_(context),
        lesson_(std::move(lesson)),
        vectors_(static_cast<std::size_t>(rows.cols()), options.dimensions),
        hidden_(static_cast<std::size_t>(options.batch), options.dimensions),
        gradients_(static_cast<std::size_t>(options.batch), options.dimensions),
        scales_(static_cast<std::size_t>(options.batch)) {
    fill_uniform(vectors_, 1.0F / static_cast<float>(options.dimensions), options.seed);
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows.rows()); ++r) {
      if (!bag_at(rows, r).columns.empty()) order_.push_back(r);
    }
    const auto values = static_cast<std::size_t>(rows.nonZeros()) / std::max<std::size_t>(1, order_.size());
    if (values * static_cast<std::size_t>(options.batch) * vectors_.width() < kLeastLines) context_.threads = 1;
    cut_features();
  }

  /// Returns the mean loss.
  double run_epoch(std::int32_t epoch) {
    key_ = Rng(options_->seed).split(1 + static_cast<std::uint64_t>(epoch)).bits();
    Rng rng(key_);
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[rng.uniform_index(i)]);
    double loss = 0.0;
    const auto batch = static_cast<std::size_t>(options_->batch);
    for (std::size_t begin = 0; begin < order_.size(); begin += batch) {
      const double done = epoch + static_cast<double>(begin) / static_cast<double>(order_.size());
      loss += run_batch(std::span(order_).subspan(begin, std::min(batch, order_.size() - begin)),
                        static_cast<float>(options_->rate * (1.0 - done / options_->epochs)));
    }
    return order_.empty() ? 0.0 : loss / static_cast<double>(order_.size());
  }

  [[nodiscard]] const RowTable& vectors() const { return vectors_; }

 private:
  // Parts of the features with about as many values each, one for a thread: a part changes nothing but who does it.
  void cut_features() {
    std::vector<std::size_t> counts(vectors_.rows(), 0);
    const auto values = static_cast<std::size_t>(rows_->nonZeros());
    for (std::size_t i = 0; i < values; ++i) ++counts[static_cast<std::size_t>(rows_->innerIndexPtr()[i])];
    const auto parts = static_cast<std::size_t>(std::max(1, context_.threads));
    std::size_t sum = 0;
    for (std::size_t f = 0; f < counts.size() && parts_.size() < parts; ++f) {
      if (sum >= parts_.size() * values / parts) parts_.push_back(static_cast<std::int32_t>(f));
      sum += counts[f];
    }
    if (parts_.empty()) parts_.push_back(0);
    parts_.push_back(static_cast<std::int32_t>(counts.size()));
  }

  [[nodiscard]] Dropout dropout_of(std::size_t row) const {
    return {options_->dropout, key_ ^ (static_cast<std::uint64_t>(row) * 0x9E3779B97F4A7C15ULL)};
  }

  double run_batch(std::span<const std::size_t> batch, float rate) {
    parallel_for(batch.size(), kRowsPerChunk, context_, [&](const Chunk& chunk) {
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) average(batch[i], i);
    });
    double loss = 0.0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      loss += lesson_(batch[i], hidden_.row(i), rate, gradients_.row(i));
    }
    parallel_for(parts_.size() - 1, 1, context_, [&](const Chunk& chunk) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        change(batch[i], i, {parts_[chunk.index], parts_[chunk.index + 1]});
      }
    });
    return loss;
  }

  void average(std::size_t row, std::size_t slot) {
    const Bag bag = bag_at(*rows_, row);
    const Dropout dropout = dropout_of(row);
    float* const hidden = hidden_.row(slot);
    const std::size_t width = hidden_.width();
    std::fill_n(hidden, width * 16, 0.0F);
    float sum = 0.0F;
    for (std::size_t i = 0; i < bag.columns.size(); ++i) {
      if (i + kAhead < bag.columns.size()) __builtin_prefetch(vector(bag.columns[i + kAhead]), 1);
      if (!dropout.keeps(bag.columns[i])) continue;
      add_scaled(hidden, bag.values[i], vector(bag.columns[i]), width);
      sum += bag.values[i];
    }
    scales_[slot] = sum > 0 ? 1.0F / sum : 0.0F;
    multiply(hidden, scales_[slot], width);
  }

  struct Part {
    std::int32_t begin;
    std::int32_t end;
  };
  void change(std::size_t row, std::size_t slot, const Part& part) {
    const Bag bag = bag_at(*rows_, row);
    const Dropout dropout = dropout_of(row);
    const auto first = std::lower_bound(bag.columns.begin(), bag.columns.end(), part.begin);
    for (auto i = static_cast<std::size_t>(first - bag.columns.begin()); i < bag.columns.size(); ++i) {
      if (bag.columns[i] >= part.end) return;
      if (i + kAhead < bag.columns.size()) __builtin_prefetch(vector(bag.columns[i + kAhead]), 1);
      if (!dropout.keeps(bag.columns[i])) continue;
      add_scaled(vector(bag.columns[i]), bag.values[i] * scales_[slot], gradients_.row(slot), gradients_.width());
    }
  }

  float* vector(std::int32_t column) { return vectors_.row(static_cast<std::size_t>(column)); }

  const vectorize::SparseMatrix* rows_;
  const BagOptions* options_;
  RunContext context_;
  Lesson lesson_;
  RowTable vectors_;                 // [features]
  RowTable hidden_;                  // [batch]
  RowTable gradients_;               // [batch] of the hidden vectors
  std::vector<float> scales_;        // [batch] 1 / Σ x(j)
  std::vector<std::size_t> order_;   // rows that are not empty
  std::vector<std::int32_t> parts_;  // [parts + 1] borders between features
  std::uint64_t key_ = 0;            // of the epoch
};

using MakeLesson = std::function<Lesson(Outputs&)>;

// nullopt: a loss or a number of the model is not finite.
std::optional<BagFit> try_fit(const vectorize::SparseMatrix& rows, std::span<const std::int64_t> counts,
                              const BagOptions& options, const RunContext& context, const MakeLesson& make_lesson) {
  Outputs outputs(options.loss, counts, options.dimensions);
  Training training(rows, options, context, make_lesson(outputs));
  BagFit result{.model = {}, .losses = {}, .rate = options.rate};
  for (std::int32_t epoch = 0; epoch < options.epochs; ++epoch) {
    result.losses.push_back(training.run_epoch(epoch));
    if (!std::isfinite(result.losses.back())) return std::nullopt;
    const std::string note = concat(result.losses.back(), " loss");
    context.report({"classifier", epoch + 1, options.epochs, note});
  }
  result.model = {options.loss,
                  static_cast<std::int32_t>(rows.cols()),
                  static_cast<std::int32_t>(counts.size()),
                  options.dimensions,
                  packed(training.vectors()),
                  packed(outputs.table()),
                  {counts.begin(), counts.end()}};
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(result.model.vectors, finite) || !std::ranges::all_of(result.model.outputs, finite)) {
    return std::nullopt;
  }
  return result;
}

BagFit fit(const vectorize::SparseMatrix& rows, std::span<const std::int64_t> counts, BagOptions options,
           const RunContext& context, const MakeLesson& make_lesson) {
  constexpr int kMostRestarts = 5;  // as many as networks have
  for (int restart = 0; restart <= kMostRestarts; ++restart) {
    if (auto result = try_fit(rows, counts, options, context, make_lesson)) return std::move(*result);
    if (restart < kMostRestarts) options.rate /= 2;
  }
  throw Error(ErrorCode::invalid_argument,
              concat("fit_bag: the loss is not finite even with a learning rate of ", options.rate));
}

// Probabilities of one hidden vector.
class Predictor {
 public:
  explicit Predictor(const BagModel& model) : model_(&model) {
    if (model.loss == BagLoss::hierarchical) paths_ = huffman_paths(model.counts);
  }

  void predict(std::span<const float> hidden, std::span<float> probabilities) const {
    if (model_->loss == BagLoss::hierarchical) return predict_paths(hidden, probabilities);
    for (std::size_t k = 0; k < probabilities.size(); ++k) probabilities[k] = score(hidden, k);
    if (model_->loss == BagLoss::sigmoid) {
      for (float& p : probabilities) p = sigmoid(p);
      return;
    }
    const float most = *std::max_element(probabilities.begin(), probabilities.end());
    float sum = 0.0F;
    for (float& p : probabilities) sum += p = std::exp(p - most);
    for (float& p : probabilities) p /= sum;
  }

 private:
  static float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

  [[nodiscard]] float score(std::span<const float> hidden, std::size_t output) const {
    const float* const row = model_->outputs.data() + output * hidden.size();
    return std::inner_product(hidden.begin(), hidden.end(), row, 0.0F);
  }

  void predict_paths(std::span<const float> hidden, std::span<float> probabilities) const {
    std::vector<float> first(probabilities.size() - 1);  // [nodes] probability of the child with label 1
    for (std::size_t node = 0; node < first.size(); ++node) first[node] = sigmoid(score(hidden, node));
    for (std::size_t k = 0; k < probabilities.size(); ++k) {
      const auto nodes = paths_->nodes_of(k);
      const auto labels = paths_->labels_of(k);
      probabilities[k] = 1.0F;
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        const float p = first[static_cast<std::size_t>(nodes[i])];
        probabilities[k] *= labels[i] > 0.5F ? p : 1.0F - p;
      }
    }
  }

  const BagModel* model_;
  std::optional<HuffmanPaths> paths_;
};

void require_fit(std::string_view caller, bool fits, std::string_view wanted) {
  if (!fits) throw Error(ErrorCode::invalid_argument, concat(caller, ": wanted ", wanted));
}

}  // namespace

BagFit fit_bag(const vectorize::SparseMatrix& rows, std::span<const std::int32_t> labels, std::int32_t classes,
               const BagOptions& options, const RunContext& context) {
  validate(rows, classes, options);
  require_fit("fit_bag", options.loss != BagLoss::sigmoid, "softmax or hierarchical: sigmoid is for fit_bag_labels");
  require_fit("fit_bag", labels.size() == static_cast<std::size_t>(rows.rows()), "a label for each row");
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes), 0);
  for (const std::int32_t label : labels) {
    require_fit("fit_bag", label >= 0 && label < classes, "labels in [0, classes)");
    ++counts[static_cast<std::size_t>(label)];
  }
  return fit(rows, counts, options, context, [&](Outputs& outputs) {
    return [&outputs, labels](std::size_t row, const float* hidden, float rate, float* gradient) {
      return outputs.learn(hidden, labels[row], rate, gradient);
    };
  });
}

BagFit fit_bag_labels(const vectorize::SparseMatrix& rows, std::span<const std::uint8_t> truth, std::int32_t labels,
                      const BagOptions& options, const RunContext& context) {
  validate(rows, labels, options);
  const auto width = static_cast<std::size_t>(labels);
  require_fit("fit_bag_labels", options.loss == BagLoss::sigmoid, "the loss sigmoid");
  require_fit("fit_bag_labels", truth.size() == static_cast<std::size_t>(rows.rows()) * width, "[rows × labels]");
  std::vector<std::int64_t> counts(width, 0);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    require_fit("fit_bag_labels", truth[i] <= 1, "0 and 1");
    counts[i % width] += truth[i];
  }
  return fit(rows, counts, options, context, [&](Outputs& outputs) {
    return [&outputs, truth, width](std::size_t row, const float* hidden, float rate, float* gradient) {
      return outputs.learn(hidden, truth.subspan(row * width, width), rate, gradient);
    };
  });
}

std::vector<float> predict_bag(const BagModel& model, const vectorize::SparseMatrix& rows, const RunContext& context) {
  require_fit("predict_bag", rows.cols() == model.features && rows.isCompressed(),
              concat("a compressed matrix of ", model.features, " columns"));
  const Predictor predictor(model);
  const auto dimensions = static_cast<std::size_t>(model.dimensions);
  const auto classes = static_cast<std::size_t>(model.classes);
  const auto count = static_cast<std::size_t>(rows.rows());
  std::vector<float> probabilities(count * classes);
  parallel_for(count, kPredictedPerChunk, context, [&](const Chunk& chunk) {
    std::vector<float> hidden(dimensions);
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      const Bag bag = bag_at(rows, r);
      std::fill(hidden.begin(), hidden.end(), 0.0F);
      float sum = 0.0F;
      for (std::size_t i = 0; i < bag.columns.size(); ++i) {
        const float* const vector = model.vectors.data() + static_cast<std::size_t>(bag.columns[i]) * dimensions;
        for (std::size_t d = 0; d < dimensions; ++d) hidden[d] += bag.values[i] * vector[d];
        sum += bag.values[i];
      }
      for (float& h : hidden) h /= sum > 0 ? sum : 1.0F;
      predictor.predict(hidden, std::span(probabilities).subspan(r * classes, classes));
    }
  });
  return probabilities;
}

}  // namespace malmoi::neural
