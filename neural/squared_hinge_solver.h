#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// L2-regularised support vector machine with the squared hinge, one class against the others:
/// minimise ½ (‖w‖² + bias²) + Σ_i costs[i] max(0, 1 - y(i) z(i))², z(i) = Σ_j x(i, j) scale(j) w(j) + bias.
struct SquaredHingeProblem {
  const vectorize::SparseMatrix& rows;  ///< [rows × features]
  std::span<const std::int8_t> signs;   ///< [rows] y: +1 or -1
  std::span<const double> costs;        ///< [rows] C × the weight of the row's class; > 0
  std::span<const float> scale = {};    ///< [features], or empty: all 1
};

struct SquaredHingeSolution {
  std::vector<float> weights;  ///< [features] scale ∘ w: times x they give the score
  double bias = 0.0;
  std::int32_t iterations = 0;  ///< sweeps over the rows that were still active
  bool converged = false;
};

/// Dual coordinate descent with shrinking, rows in an order drawn from `seed`, on one thread. Ends when the projected
/// gradients of all rows differ by at most `tolerance`.
/// Source  Hsieh, Chang, Lin, Keerthi and Sundararajan, ICML 2008, algorithm 3
[[nodiscard]] SquaredHingeSolution solve_squared_hinge(const SquaredHingeProblem& problem, double tolerance,
                                                       std::int32_t max_iterations, std::uint64_t seed,
                                                       const RunContext& context = {});

}  // namespace malmoi::neural
