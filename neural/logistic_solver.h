#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// L2-regularised logistic regression: minimise ½ ‖w‖² + Σ_i costs[i] loss(row i), the bias not penalised, of scores
/// z(i, k) = Σ_j x(i, j) scale(j, k) w(j, k) + bias(k).
/// outputs = 1: labels 0 and 1, loss ln(1 + exp(∓z)); outputs ≥ 2: labels in [0, outputs), softmax cross-entropy.
struct LogisticProblem {
  const vectorize::SparseMatrix& rows;     ///< [rows × features]
  const vectorize::SparseMatrix& columns;  ///< the same transposed
  std::span<const std::int32_t> labels;    ///< [rows]
  std::span<const double> costs;           ///< [rows] C × the weight of the row's class
  std::int32_t outputs = 1;
  std::span<const float> scale = {};  ///< [features × outputs], or empty: all 1
};

/// Weights and bias in one: [features × outputs], then [outputs].
struct LogisticSolution {
  std::vector<double> values;  ///< w before scaling
  std::int32_t iterations = 0;
  bool converged = false;
};

/// Objective and gradient at `values` (laid out as LogisticSolution::values); what the solver uses, open for tests.
struct LogisticValue {
  double objective = 0.0;
  std::vector<double> gradient;
};
[[nodiscard]] LogisticValue evaluate_logistic(const LogisticProblem& problem, std::span<const double> values,
                                              const RunContext& context = {});

/// Newton's method with conjugate gradients, preconditioned by the diagonal, and a line search that costs no product
/// with the matrix. Ends when ‖gradient‖ ≤ tolerance × ‖gradient at 0‖, or not converged after max_iterations.
/// The result is the same for every number of threads. Throws canceled.
/// Source  Lin, Weng and Keerthi, JMLR 9, 2008; Hsia, Chiang and Lin, ACML 2018 (preconditioning)
[[nodiscard]] LogisticSolution solve_logistic(const LogisticProblem& problem, double tolerance,
                                              std::int32_t max_iterations, const RunContext& context = {});

}  // namespace malmoi::neural
