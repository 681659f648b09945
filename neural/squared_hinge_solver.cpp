#include "neural/squared_hinge_solver.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class CoordinateDescent {
 public:
  CoordinateDescent(const SquaredHingeProblem& problem, std::uint64_t seed)
      : problem_(problem),
        rng_(seed),
        row_count_(static_cast<std::size_t>(problem.rows.rows())),
        weights_(static_cast<std::size_t>(problem.rows.cols())),
        alpha_(row_count_, 0.0),
        diagonal_(row_count_),
        order_(row_count_) {
    std::iota(order_.begin(), order_.end(), 0U);
    for (std::size_t j = 0; j < weights_.size(); ++j) {
      if (!problem.scale.empty()) weights_[j].square = problem.scale[j] * problem.scale[j];
    }
    for (std::size_t i = 0; i < row_count_; ++i) {
      double norm = 1.0;  // of the bias
      for_entries(i, [&](const Weight& weight, float x) { norm += static_cast<double>(weight.square) * x * x; });
      diagonal_[i] = norm + softness(i);
    }
  }

  SquaredHingeSolution solve(double tolerance, std::int32_t max_iterations, const RunContext& context) {
    SquaredHingeSolution solution;
    std::size_t active = row_count_;
    double bound = kInfinity;  // gradients above it are taken for settled
    for (; solution.iterations < max_iterations; ++solution.iterations) {
      throw_if_stopped(context);
      const Spread spread = sweep(active, bound);
      if (spread.largest - spread.smallest <= tolerance) {
        if (active == row_count_) {
          solution.converged = true;
          break;
        }
        active = row_count_;  // looks at all rows again
        bound = kInfinity;
        continue;
      }
      bound = spread.largest > 0.0 ? spread.largest : kInfinity;
    }
    solution.weights.reserve(weights_.size());
    for (const Weight& weight : weights_) solution.weights.push_back(weight.value);
    solution.bias = bias_;
    return solution;
  }

 private:
  // A feature's scale and weight side by side: both are wanted at once. value = scale × w.
  struct Weight {
    float value = 0.0F;
    float square = 1.0F;  // of the scale
  };
  struct Spread {
    double largest = -kInfinity;
    double smallest = kInfinity;
  };

  template <typename Visit>
  void for_entries(std::size_t i, const Visit& visit) {
    const std::int32_t* ends = problem_.rows.outerIndexPtr();
    const std::int32_t* columns = problem_.rows.innerIndexPtr();
    const float* values = problem_.rows.valuePtr();
    for (std::int32_t e = ends[i]; e < ends[i + 1]; ++e)
      visit(weights_[static_cast<std::size_t>(columns[e])], values[e]);
  }

  [[nodiscard]] double softness(std::size_t i) const { return 0.5 / problem_.costs[i]; }

  // One pass over the active rows in a new order; settled ones go behind `active`.
  Spread sweep(std::size_t& active, double bound) {
    for (std::size_t i = 0; i < active; ++i) std::swap(order_[i], order_[i + rng_.uniform_index(active - i)]);
    Spread spread;
    for (std::size_t s = 0; s < active; ++s) {
      const std::size_t i = order_[s];
      const double sign = problem_.signs[i];
      double score = bias_;
      for_entries(i, [&](const Weight& weight, float x) { score += weight.value * x; });
      const double gradient = sign * score - 1.0 + alpha_[i] * softness(i);
      double projected = gradient;
      if (alpha_[i] == 0.0) {
        if (gradient > bound) {
          std::swap(order_[s--], order_[--active]);
          continue;
        }
        projected = std::min(gradient, 0.0);
      }
      spread.largest = std::max(spread.largest, projected);
      spread.smallest = std::min(spread.smallest, projected);
      if (std::abs(projected) > 1e-12) move(i, sign, gradient);
    }
    return spread;
  }

  void move(std::size_t i, double sign, double gradient) {
    const double before = std::exchange(alpha_[i], std::max(alpha_[i] - gradient / diagonal_[i], 0.0));
    const double change = (alpha_[i] - before) * sign;
    bias_ += change;
    const auto step = static_cast<float>(change);
    for_entries(i, [&](Weight& weight, float x) { weight.value += step * weight.square * x; });
  }

  const SquaredHingeProblem& problem_;
  Rng rng_;
  std::size_t row_count_;
  std::vector<Weight> weights_;
  double bias_ = 0.0;
  std::vector<double> alpha_;
  std::vector<double> diagonal_;
  std::vector<std::uint32_t> order_;
};

}  // namespace

SquaredHingeSolution solve_squared_hinge(const SquaredHingeProblem& problem, double tolerance,
                                         std::int32_t max_iterations, std::uint64_t seed, const RunContext& context) {
  return CoordinateDescent(problem, seed).solve(tolerance, max_iterations, context);
}

}  // namespace malmoi::neural
