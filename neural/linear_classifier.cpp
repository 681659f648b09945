#include "neural/linear_classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/calibration.h"
#include "neural/logistic_solver.h"
#include "neural/squared_hinge_solver.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kHeldOutEvery = 10;  // rows from one that calibrates to the next

using vectorize::SparseMatrix;

void validate(const LinearOptions& options, std::int32_t classes) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0.0; };
  if (!positive(options.c) || !positive(options.log_ratio.value_or(1.0)) ||
      !positive(options.tolerance.value_or(1.0)) || options.max_iterations < 1) {
    throw Error(ErrorCode::invalid_argument,
                concat("linear classifier: C ", options.c, ", log_ratio ", options.log_ratio.value_or(1.0),
                       ", tolerance ", options.tolerance.value_or(1.0), ", ", options.max_iterations,
                       " iterations; wanted finite numbers above 0"));
  }
  const auto given = static_cast<std::int32_t>(options.class_weights.size());
  if ((given != 0 && given != classes) ||
      !std::all_of(options.class_weights.begin(), options.class_weights.end(), positive)) {
    throw Error(ErrorCode::invalid_argument, concat("linear classifier: ", given, " class weights for ", classes,
                                                    " classes, wanted one above 0 for each or none"));
  }
}

void require_rows(const SparseMatrix& rows, std::size_t labels, std::int32_t classes, std::int32_t fewest) {
  const float* const values = rows.valuePtr();
  if (static_cast<std::size_t>(rows.rows()) != labels || labels == 0 || classes < fewest || !rows.isCompressed() ||
      !std::all_of(values, values + rows.nonZeros(), [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::invalid_argument,
                concat("linear classifier: ", rows.rows(), " rows with ", labels, " labels of ", classes,
                       " classes; wanted as many, at least one row of finite values and ", fewest, " classes"));
  }
}

// What all problems of one training have in common. truth(i, k) as bytes: whether row i has class or label k.
struct Training {
  const SparseMatrix& rows;
  std::span<const std::int32_t> labels;  // of one class each; empty for label tables
  std::span<const std::uint8_t> table;   // [rows × classes] or empty
  std::int32_t classes;

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows.rows()); }
  [[nodiscard]] bool has(std::size_t row, std::int32_t k) const {
    return table.empty() ? labels[row] == k
                         : table[row * static_cast<std::size_t>(classes) + static_cast<std::size_t>(k)] != 0;
  }
};

// The class that the k-th output speaks for.
std::int32_t class_of(const LinearModel& model, std::size_t output) {
  return model.outputs() == 1 && model.classes == 2 ? 1 : static_cast<std::int32_t>(output);
}

std::vector<std::int32_t> membership(const Training& training, std::int32_t k) {
  std::vector<std::int32_t> is(training.size());
  for (std::size_t i = 0; i < is.size(); ++i) is[i] = training.has(i, k) ? 1 : 0;
  return is;
}

// ln (p / q) of every feature for the rows marked 1.
std::vector<float> log_count_ratios(const SparseMatrix& rows, std::span<const std::int32_t> marked, double smoothing) {
  const auto features = static_cast<std::size_t>(rows.cols());
  std::vector<double> inside(features, smoothing);
  std::vector<double> outside(features, smoothing);
  const std::int32_t* const ends = rows.outerIndexPtr();
  for (std::size_t i = 0; i < marked.size(); ++i) {
    std::vector<double>& counts = marked[i] != 0 ? inside : outside;
    for (std::int32_t e = ends[i]; e < ends[i + 1]; ++e)
      counts[static_cast<std::size_t>(rows.innerIndexPtr()[e])] += 1.0;
  }
  const double totals =
      std::accumulate(outside.begin(), outside.end(), 0.0) / std::accumulate(inside.begin(), inside.end(), 0.0);
  std::vector<float> ratios(features);
  for (std::size_t j = 0; j < features; ++j) ratios[j] = static_cast<float>(std::log(inside[j] / outside[j] * totals));
  return ratios;
}

std::vector<double> costs_of(const Training& training, const LinearOptions& options, std::int32_t k) {
  std::vector<double> costs(training.size(), options.c);
  if (options.class_weights.empty()) return costs;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const std::int32_t weighted = training.table.empty() ? training.labels[i] : k;
    if (training.table.empty() || training.has(i, k))
      costs[i] *= options.class_weights[static_cast<std::size_t>(weighted)];
  }
  return costs;
}

// One output's weights into their places in the model.
template <typename Weights>
void place_output(const Weights& weights, double bias, std::size_t output, LinearModel& model) {
  const auto outputs = static_cast<std::size_t>(model.outputs());
  for (std::size_t j = 0; j < static_cast<std::size_t>(model.features); ++j) {
    model.weights[j * outputs + output] = static_cast<float>(weights(j));
  }
  model.bias[output] = static_cast<float>(bias);
}

// All classes in one problem.
void fit_softmax(const Training& training, const LinearOptions& options, const RunContext& context, LinearFit& fit) {
  const auto outputs = static_cast<std::size_t>(training.classes);
  const auto features = static_cast<std::size_t>(fit.model.features);
  std::vector<float> scale;
  if (options.log_ratio) {
    scale.resize(features * outputs);
    parallel_for(outputs, 1, context, [&](const Chunk& chunk) {
      const std::vector<float> ratios = log_count_ratios(
          training.rows, membership(training, static_cast<std::int32_t>(chunk.index)), *options.log_ratio);
      for (std::size_t j = 0; j < features; ++j) scale[j * outputs + chunk.index] = ratios[j];
    });
  }
  const SparseMatrix columns = training.rows.transpose();
  const std::vector<double> costs = costs_of(training, options, 0);
  const LogisticSolution solution =
      solve_logistic({training.rows, columns, training.labels, costs, training.classes, scale},
                     options.tolerance.value_or(0.01), options.max_iterations, context);
  const double* const bias = solution.values.data() + features * outputs;
  const double mean = std::accumulate(bias, bias + outputs, 0.0) / static_cast<double>(outputs);  // decides nothing
  for (std::size_t k = 0; k < outputs; ++k) {
    const auto weight = [&](std::size_t j) {
      const std::size_t at = j * outputs + k;
      return scale.empty() ? solution.values[at] : solution.values[at] * static_cast<double>(scale[at]);
    };
    place_output(weight, bias[k] - mean, k, fit.model);
  }
  fit.iterations = solution.iterations;
  fit.converged = solution.converged;
}

// One output after another, each on all threads.
void fit_logistic(const Training& training, const LinearOptions& options, const RunContext& context, LinearFit& fit) {
  const auto features = static_cast<std::size_t>(fit.model.features);
  const SparseMatrix columns = training.rows.transpose();
  fit.converged = true;
  for (std::size_t k = 0; k < static_cast<std::size_t>(fit.model.outputs()); ++k) {
    const std::int32_t own = class_of(fit.model, k);
    const std::vector<std::int32_t> is = membership(training, own);
    const std::vector<double> costs = costs_of(training, options, own);
    std::vector<float> scale;
    if (options.log_ratio) scale = log_count_ratios(training.rows, is, *options.log_ratio);
    const LogisticSolution solution = solve_logistic({training.rows, columns, is, costs, 1, scale},
                                                     options.tolerance.value_or(0.01), options.max_iterations, context);
    const auto weight = [&](std::size_t j) {
      return scale.empty() ? solution.values[j] : solution.values[j] * static_cast<double>(scale[j]);
    };
    place_output(weight, solution.values[features], k, fit.model);
    fit.iterations = std::max(fit.iterations, solution.iterations);
    fit.converged = fit.converged && solution.converged;
  }
}

LinearFit empty_fit(const Training& training) {
  LinearFit fit;
  fit.model.features = static_cast<std::int32_t>(training.rows.cols());
  fit.model.classes = training.classes;
  fit.model.link = training.table.empty() ? Link::softmax : Link::sigmoid;
  const auto outputs = static_cast<std::size_t>(fit.model.outputs());
  fit.model.weights.resize(static_cast<std::size_t>(fit.model.features) * outputs);
  fit.model.bias.resize(outputs);
  return fit;
}

SquaredHingeSolution solve_output(const Training& training, std::int32_t own, const LinearOptions& options,
                                  const RunContext& context) {
  const std::vector<std::int32_t> is = membership(training, own);
  const std::vector<double> costs = costs_of(training, options, own);
  std::vector<std::int8_t> signs(is.size());
  std::transform(is.begin(), is.end(), signs.begin(),
                 [](std::int32_t in) { return in != 0 ? std::int8_t{1} : std::int8_t{-1}; });
  std::vector<float> scale;
  if (options.log_ratio) scale = log_count_ratios(training.rows, is, *options.log_ratio);
  return solve_squared_hinge({training.rows, signs, costs, scale}, options.tolerance.value_or(0.1),
                             options.max_iterations, options.seed, context);
}

// All outputs of all trainings at once, each on one thread.
std::vector<LinearFit> fit_squared_hinge(std::span<const Training> trainings, const LinearOptions& options,
                                         const RunContext& context) {
  std::vector<LinearFit> fits;
  for (const Training& training : trainings) fits.push_back(empty_fit(training));
  const std::size_t outputs = fits.front().model.bias.size();
  std::vector<std::int32_t> iterations(fits.size() * outputs);
  std::vector<std::uint8_t> converged(iterations.size());
  parallel_for(iterations.size(), 1, context, [&](const Chunk& chunk) {
    LinearModel& model = fits[chunk.index / outputs].model;
    const std::size_t output = chunk.index % outputs;
    const SquaredHingeSolution solution =
        solve_output(trainings[chunk.index / outputs], class_of(model, output), options, context);
    place_output([&](std::size_t j) { return solution.weights[j]; }, solution.bias, output, model);
    iterations[chunk.index] = solution.iterations;
    converged[chunk.index] = solution.converged ? 1 : 0;
  });
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    LinearFit& fit = fits[i / outputs];
    fit.converged = converged[i] != 0 && (i % outputs == 0 || fit.converged);
    fit.iterations = std::max(fit.iterations, iterations[i]);
  }
  return fits;
}

// ---- calibration: a fit without every tenth row, and the temperature that suits those ------------------------------

// Rows that are, or are not, held out.
struct Part {
  SparseMatrix rows;
  std::vector<std::int32_t> labels;
  std::vector<std::uint8_t> table;
};

Part part_of(const Training& training, bool held_out) {
  std::vector<Eigen::Index> chosen;
  for (std::size_t i = 0; i < training.size(); ++i) {
    if ((i % kHeldOutEvery == kHeldOutEvery - 1) == held_out) chosen.push_back(static_cast<Eigen::Index>(i));
  }
  Part part;
  part.rows.resize(static_cast<Eigen::Index>(chosen.size()), training.rows.cols());
  Eigen::Index entries = 0;
  for (const Eigen::Index i : chosen)
    entries += training.rows.outerIndexPtr()[i + 1] - training.rows.outerIndexPtr()[i];
  part.rows.resizeNonZeros(entries);
  std::int32_t filled = 0;
  for (std::size_t r = 0; r < chosen.size(); ++r) {
    const auto i = static_cast<std::size_t>(chosen[r]);
    const std::int32_t begin = training.rows.outerIndexPtr()[i];
    const std::int32_t end = training.rows.outerIndexPtr()[i + 1];
    std::copy(training.rows.innerIndexPtr() + begin, training.rows.innerIndexPtr() + end,
              part.rows.innerIndexPtr() + filled);
    std::copy(training.rows.valuePtr() + begin, training.rows.valuePtr() + end, part.rows.valuePtr() + filled);
    part.rows.outerIndexPtr()[r + 1] = filled += end - begin;
    if (training.table.empty()) part.labels.push_back(training.labels[i]);
    const auto k_count = training.table.empty() ? 0 : static_cast<std::size_t>(training.classes);
    for (std::size_t k = 0; k < k_count; ++k) part.table.push_back(training.table[i * k_count + k]);
  }
  return part;
}

float find_sharpness(const LinearModel& model, const Part& held_out, const RunContext& context) {
  const std::vector<float> scores = score_rows(model, held_out.rows, context);
  if (model.link == Link::softmax && model.outputs() > 1) {
    return static_cast<float>(1.0 / fit_temperature({scores, model.classes}, held_out.labels, context).value);
  }
  std::vector<float> logits;  // a single score z says what the two logits 0 and z say
  for (const float score : scores) logits.insert(logits.end(), {0.0F, score});
  const std::vector<std::int32_t> cells(held_out.table.begin(), held_out.table.end());
  return static_cast<float>(1.0 / fit_temperature({logits, 2}, cells.empty() ? held_out.labels : cells, context).value);
}

LinearFit fit_calibrated(const Training& training, const LinearOptions& options, const RunContext& context) {
  const Part fitted = part_of(training, false);
  const std::vector<Training> trainings = {training, {fitted.rows, fitted.labels, fitted.table, training.classes}};
  std::vector<LinearFit> fits = fit_squared_hinge(trainings, options, context);
  fits[0].model.sharpness = find_sharpness(fits[1].model, part_of(training, true), context);
  return std::move(fits[0]);
}

LinearFit fit_training(const Training& training, const LinearOptions& options, const RunContext& context) {
  if (options.loss == LinearLoss::squared_hinge) {
    if (options.calibrated && training.size() >= kHeldOutEvery) return fit_calibrated(training, options, context);
    return std::move(fit_squared_hinge(std::span(&training, 1), options, context).front());
  }
  LinearFit fit = empty_fit(training);
  if (fit.model.link == Link::softmax && fit.model.outputs() > 1) {
    fit_softmax(training, options, context, fit);
  } else {
    fit_logistic(training, options, context, fit);
  }
  return fit;
}

}  // namespace

LinearFit fit_linear(const SparseMatrix& rows, std::span<const std::int32_t> labels, std::int32_t classes,
                     const LinearOptions& options, const RunContext& context) {
  validate(options, classes);
  require_rows(rows, labels.size(), classes, 2);
  for (const std::int32_t label : labels) {
    if (label >= 0 && label < classes) continue;
    throw Error(ErrorCode::invalid_argument, concat("fit_linear: label ", label, " of ", classes, " classes"));
  }
  return fit_training({rows, labels, {}, classes}, options, context);
}

LinearFit fit_linear_labels(const SparseMatrix& rows, std::span<const std::uint8_t> truth, std::int32_t labels,
                            const LinearOptions& options, const RunContext& context) {
  validate(options, labels);
  const std::size_t width = labels > 0 ? static_cast<std::size_t>(labels) : 1;
  require_rows(rows, truth.size() % width == 0 ? truth.size() / width : 0, labels, 1);
  return fit_training({rows, {}, truth, labels}, options, context);
}

std::vector<double> balanced_weights(std::span<const std::int32_t> labels, std::int32_t classes) {
  std::vector<double> counts(static_cast<std::size_t>(std::max(classes, 0)), 0.0);
  for (const std::int32_t label : labels) {
    if (label < 0 || label >= classes) {
      throw Error(ErrorCode::invalid_argument, concat("balanced_weights: label ", label, " of ", classes, " classes"));
    }
    counts[static_cast<std::size_t>(label)] += 1.0;
  }
  for (double& count : counts) count = count > 0.0 ? static_cast<double>(labels.size()) / (classes * count) : 1.0;
  return counts;
}

std::vector<double> balanced_label_weights(std::span<const std::uint8_t> truth, std::int32_t labels) {
  const auto width = static_cast<std::size_t>(std::max(labels, 0));
  if (width == 0 || truth.size() % width != 0) {
    throw Error(ErrorCode::invalid_argument,
                concat("balanced_label_weights: ", truth.size(), " cells of ", labels, " labels; wanted whole rows"));
  }
  std::vector<double> counts(width, 0.0);
  for (std::size_t i = 0; i < truth.size(); ++i) counts[i % width] += truth[i] != 0 ? 1.0 : 0.0;
  const std::size_t table_rows = truth.size() / width;
  const auto rows = static_cast<double>(table_rows);
  for (double& count : counts) count = count > 0.0 && count < rows ? (rows - count) / count : 1.0;
  return counts;
}

}  // namespace malmoi::neural
