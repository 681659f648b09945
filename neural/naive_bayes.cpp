#include "neural/naive_bayes.h"

#include <algorithm>
#include <cmath>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::neural {
namespace {

using vectorize::SparseMatrix;

// Sums over the rows of each class.
struct ClassSums {
  std::size_t features = 0;
  std::size_t classes = 0;
  std::vector<double> rows;    // [classes]
  std::vector<double> values;  // [features × classes]

  [[nodiscard]] double of(std::size_t j, std::size_t k) const { return values[j * classes + k]; }
  [[nodiscard]] double of_all(std::size_t j) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < classes; ++k) sum += of(j, k);
    return sum;
  }
};

ClassSums sum_classes(const SparseMatrix& rows, std::span<const std::int32_t> labels, std::int32_t classes,
                      bool presence) {
  ClassSums sums{static_cast<std::size_t>(rows.cols()), static_cast<std::size_t>(classes), {}, {}};
  sums.rows.resize(sums.classes);
  sums.values.resize(sums.features * sums.classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      throw Error(ErrorCode::invalid_argument, concat("fit_bayes: label ", labels[i], " of ", classes, " classes"));
    }
    const auto k = static_cast<std::size_t>(labels[i]);
    sums.rows[k] += 1.0;
    for (SparseMatrix::InnerIterator entry(rows, static_cast<Eigen::Index>(i)); entry; ++entry) {
      const float value = entry.value();
      if (!std::isfinite(value) || value < 0.0F) {
        throw Error(ErrorCode::invalid_argument, concat("fit_bayes: row ", i, " holds ", value, ", wanted 0 or more"));
      }
      sums.values[static_cast<std::size_t>(entry.col()) * sums.classes + k] += presence ? value != 0.0F : value;
    }
  }
  return sums;
}

// Score of class k: bias + Σ_j x(j) weights[j], in double.
struct ClassScore {
  double bias = 0.0;
  std::vector<double> weights;
};

ClassScore multinomial(const ClassSums& sums, std::size_t k, double smoothing, bool complement) {
  ClassScore score;
  double total = 0.0;
  for (std::size_t j = 0; j < sums.features; ++j) {
    score.weights.push_back(smoothing + (complement ? sums.of_all(j) - sums.of(j, k) : sums.of(j, k)));
    total += score.weights.back();
  }
  for (double& weight : score.weights) weight = complement ? std::log(total / weight) : std::log(weight / total);
  return score;
}

ClassScore bernoulli(const ClassSums& sums, std::size_t k, double smoothing) {
  ClassScore score;
  const double total = sums.rows[k] + 2.0 * smoothing;
  for (std::size_t j = 0; j < sums.features; ++j) {
    const double with = sums.of(j, k) + smoothing;
    score.weights.push_back(std::log(with / (total - with)));
    score.bias += std::log((total - with) / total);
  }
  return score;
}

ClassScore score_class(const ClassSums& sums, std::size_t k, const BayesOptions& options) {
  const bool complement = options.kind == BayesKind::complement;
  ClassScore score = options.kind == BayesKind::bernoulli ? bernoulli(sums, k, options.smoothing)
                                                          : multinomial(sums, k, options.smoothing, complement);
  double all = 0.0;
  for (const double rows : sums.rows) all += rows;
  if (!complement) score.bias += std::log(sums.rows[k] / all);
  return score;
}

}  // namespace

LinearModel fit_bayes(const SparseMatrix& rows, std::span<const std::int32_t> labels, std::int32_t classes,
                      const BayesOptions& options, const RunContext& context) {
  if (!std::isfinite(options.smoothing) || options.smoothing <= 0.0 || classes < 2 ||
      static_cast<std::size_t>(rows.rows()) != labels.size()) {
    throw Error(ErrorCode::invalid_argument,
                concat("fit_bayes: smoothing ", options.smoothing, ", ", rows.rows(), " rows, ", labels.size(),
                       " labels of ", classes, " classes; wanted smoothing > 0, as many labels, 2 classes or more"));
  }
  const ClassSums sums = sum_classes(rows, labels, classes, options.kind == BayesKind::bernoulli);
  if (const auto none = std::find(sums.rows.begin(), sums.rows.end(), 0.0); none != sums.rows.end()) {
    throw Error(ErrorCode::invalid_argument, concat("fit_bayes: class ", none - sums.rows.begin(), " has no rows"));
  }
  std::vector<ClassScore> scores(sums.classes);
  parallel_for(sums.classes, 1, context,
               [&](const Chunk& chunk) { scores[chunk.index] = score_class(sums, chunk.index, options); });
  LinearModel model;
  model.features = static_cast<std::int32_t>(sums.features);
  model.classes = classes;
  model.presence = options.kind == BayesKind::bernoulli;
  const auto outputs = static_cast<std::size_t>(model.outputs());
  // Of two classes the difference is kept: it is all that decides.
  const auto kept = [&](std::size_t k, const auto& value) {
    return static_cast<float>(outputs == 1 ? value(scores[1]) - value(scores[0]) : value(scores[k]));
  };
  for (std::size_t k = 0; k < outputs; ++k) {
    model.bias.push_back(kept(k, [](const ClassScore& score) { return score.bias; }));
  }
  model.weights.reserve(sums.features * outputs);
  for (std::size_t j = 0; j < sums.features; ++j) {
    for (std::size_t k = 0; k < outputs; ++k) {
      model.weights.push_back(kept(k, [&](const ClassScore& score) { return score.weights[j]; }));
    }
  }
  return model;
}

}  // namespace malmoi::neural
