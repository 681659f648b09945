#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/linear_model.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

enum class LinearLoss {
  logistic,      ///< softmax regression; of two classes and of labels: logistic regression
  squared_hinge  ///< support vector machine, one class or label against the others
};

struct LinearOptions {
  LinearLoss loss = LinearLoss::squared_hinge;
  double c = 0.15;  ///< weight of the losses beside ½ ‖w‖², as scikit-learn's C; > 0
  /// Every feature is multiplied by its log-count ratio for the class against the others, ln (p / q) with p = (this +
  /// documents of the class that hold it), likewise q of the other documents, each over its sum; > 0. nullopt: by
  /// nothing. The ratios go into the model's weights: rows to be predicted stay as they are.
  std::optional<double> log_ratio = 0.5;
  std::vector<double> class_weights = {};  ///< [classes] factor of the losses of a class's documents (of a label: of
                                           ///< the documents that have it), > 0; empty: 1
  std::optional<double> tolerance = {};    ///< of the solver (logistic_solver.h, squared_hinge_solver.h), > 0; nullopt:
                                           ///< 0.01 logistic, 0.1 squared_hinge
  std::int32_t max_iterations = 1000;      ///< ≥ 1
  bool calibrated = true;                  ///< squared_hinge: fits again without every tenth row to learn the sharpness
  std::uint64_t seed = 1;                  ///< of squared_hinge's order of rows
};

struct LinearFit {
  LinearModel model;
  std::int32_t iterations = 0;  ///< the most that one output took
  bool converged = false;
};

/// Rows of one class each.
///
/// rows     [documents × features], columns ascending, finite
/// labels   [documents] in [0, classes); a class may have none
/// Returns  the same bytes for every number of threads. logistic: bias not penalised. squared_hinge: bias penalised
/// like
///          a feature that is 1 everywhere, as liblinear does; probabilities are softmax(sharpness × scores), where
///          1 / sharpness is the temperature (calibration.h) that suits the rows left out of a first fit
/// Throws   invalid_argument: an option, size or label out of range; canceled
/// Memory   logistic: the matrix again, transposed, and 60 bytes a feature and output; squared_hinge: 12 bytes a
///          feature for each thread
/// Source   Wang and Manning, ACL 2012 (ratios)
[[nodiscard]] LinearFit fit_linear(const vectorize::SparseMatrix& rows, std::span<const std::int32_t> labels,
                                   std::int32_t classes, const LinearOptions& options, const RunContext& context = {});

/// Rows of any number of labels each: one classifier a label, probabilities by the sigmoid.
/// truth  [documents × labels] by rows, 0 and 1
[[nodiscard]] LinearFit fit_linear_labels(const vectorize::SparseMatrix& rows, std::span<const std::uint8_t> truth,
                                          std::int32_t labels, const LinearOptions& options,
                                          const RunContext& context = {});

/// Factors that give every class the same sum of losses: rows / (classes × rows of the class), scikit-learn's
/// "balanced"; 1 for a class without rows.
[[nodiscard]] std::vector<double> balanced_weights(std::span<const std::int32_t> labels, std::int32_t classes);
/// The same for labels of a table [rows × labels]: the factor of the rows that have a label which gives them the same
/// sum of losses as the rows without it, rows without / rows with it; 1 where there are none of either.
[[nodiscard]] std::vector<double> balanced_label_weights(std::span<const std::uint8_t> truth, std::int32_t labels);

}  // namespace malmoi::neural
