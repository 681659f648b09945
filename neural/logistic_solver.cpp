#include "neural/logistic_solver.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "corpus/base/parallel.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kRowsPerChunk = 1024;
constexpr std::size_t kValuesPerChunk = std::size_t{1} << 15U;
constexpr std::int32_t kEntriesPerPart = 1 << 16;  // non-zeros of the columns that one task sums
constexpr int kMaxConjugateSteps = 200;
constexpr int kMaxHalvings = 34;  // of a step

using Vector = std::vector<double>;

// Sum over [0, n) of parts that body returns, added in order.
double ordered_sum(std::size_t n, std::size_t grain, const RunContext& context,
                   const std::function<double(const Chunk&)>& body) {
  std::vector<double> parts(chunk_count(n, grain));
  parallel_for(n, grain, context, [&](const Chunk& chunk) { parts[chunk.index] = body(chunk); });
  double sum = 0.0;
  for (const double part : parts) sum += part;
  return sum;
}

class LogisticSystem {
 public:
  LogisticSystem(const LogisticProblem& problem, const RunContext& context)
      : problem_(problem),
        context_(context),
        row_count_(static_cast<std::size_t>(problem.rows.rows())),
        features_(static_cast<std::size_t>(problem.rows.cols())),
        outputs_(static_cast<std::size_t>(problem.outputs)),
        scaled_(features_ * outputs_) {
    const std::int32_t* ends = problem.columns.outerIndexPtr();
    parts_.push_back(0);
    for (std::size_t j = 0; j < features_; ++j) {
      if (ends[j + 1] - ends[parts_.back()] >= kEntriesPerPart) parts_.push_back(j + 1);
    }
    if (parts_.back() < features_) parts_.push_back(features_);
  }

  [[nodiscard]] std::size_t size() const { return (features_ + 1) * outputs_; }
  [[nodiscard]] std::size_t score_count() const { return row_count_ * outputs_; }

  // scores = X (scale ∘ w) + bias
  void multiply(const Vector& values, Vector& scores) {
    for_values(features_ * outputs_, [&](std::size_t i) {
      scaled_[i] =
          static_cast<float>(problem_.scale.empty() ? values[i] : values[i] * static_cast<double>(problem_.scale[i]));
    });
    const double* bias = values.data() + features_ * outputs_;
    parallel_for(row_count_, kRowsPerChunk, context_, [&](const Chunk& chunk) {
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
        double* const out = scores.data() + i * outputs_;
        std::copy(bias, bias + outputs_, out);
        add_row(i, out);
      }
    });
  }

  // out = regularisation × w + scale ∘ (Xᵀ u), and the sums of u for the bias; u [rows × outputs]
  void multiply_transposed(const Vector& u, const Vector& values, Vector& out) {
    parallel_for(parts_.size() - 1, 1, context_, [&](const Chunk& chunk) {
      for (std::size_t j = parts_[chunk.index]; j < parts_[chunk.index + 1]; ++j) {
        double* const sums = out.data() + j * outputs_;
        std::fill(sums, sums + outputs_, 0.0);
        add_column(j, u.data(), sums, false);
        for (std::size_t k = 0; k < outputs_; ++k) {
          const double scale = problem_.scale.empty() ? 1.0 : static_cast<double>(problem_.scale[j * outputs_ + k]);
          sums[k] = values[j * outputs_ + k] + scale * sums[k];
        }
      }
    });
    sum_rows(u, out.data() + features_ * outputs_);
  }

  // The diagonal of the Hessian; curvature [rows × outputs] is that of the loss.
  void diagonal(const Vector& curvature, Vector& out) {
    parallel_for(parts_.size() - 1, 1, context_, [&](const Chunk& chunk) {
      for (std::size_t j = parts_[chunk.index]; j < parts_[chunk.index + 1]; ++j) {
        double* const sums = out.data() + j * outputs_;
        std::fill(sums, sums + outputs_, 0.0);
        add_column(j, curvature.data(), sums, true);
        for (std::size_t k = 0; k < outputs_; ++k) {
          const double scale = problem_.scale.empty() ? 1.0 : static_cast<double>(problem_.scale[j * outputs_ + k]);
          sums[k] = 1.0 + scale * scale * sums[k];
        }
      }
    });
    double* const bias = out.data() + features_ * outputs_;
    sum_rows(curvature, bias);
    for (std::size_t k = 0; k < outputs_; ++k) bias[k] = std::max(bias[k], 1e-12);
  }

  // Loss of all rows at these scores; with probabilities not null also p.
  double loss(const Vector& scores, Vector* probabilities) {
    return ordered_sum(row_count_, kRowsPerChunk, context_, [&](const Chunk& chunk) {
      double sum = 0.0;
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
        sum += problem_.costs[i] * row_loss(i, scores.data() + i * outputs_,
                                            probabilities == nullptr ? nullptr : probabilities->data() + i * outputs_);
      }
      return sum;
    });
  }

  // u = d loss / d scores
  void residuals(const Vector& probabilities, Vector& u) {
    for_rows([&](std::size_t i) {
      for (std::size_t k = 0; k < outputs_; ++k)
        u[i * outputs_ + k] = problem_.costs[i] * probabilities[i * outputs_ + k];
      const auto label = static_cast<std::size_t>(problem_.labels[i]);
      if (outputs_ > 1) u[i * outputs_ + label] -= problem_.costs[i];
      if (outputs_ == 1 && label == 1) u[i] -= problem_.costs[i];
    });
  }

  // The Hessian of the loss times a direction of the scores, in place.
  void bend(const Vector& probabilities, Vector& direction) {
    for_rows([&](std::size_t i) {
      const double* const p = probabilities.data() + i * outputs_;
      double* const d = direction.data() + i * outputs_;
      if (outputs_ == 1) {
        d[0] *= problem_.costs[i] * p[0] * (1.0 - p[0]);
        return;
      }
      double mean = 0.0;
      for (std::size_t k = 0; k < outputs_; ++k) mean += p[k] * d[k];
      for (std::size_t k = 0; k < outputs_; ++k) d[k] = problem_.costs[i] * p[k] * (d[k] - mean);
    });
  }

  void curvature(const Vector& probabilities, Vector& out) {
    for_rows([&](std::size_t i) {
      for (std::size_t k = i * outputs_; k < (i + 1) * outputs_; ++k) {
        out[k] = problem_.costs[i] * probabilities[k] * (1.0 - probabilities[k]);
      }
    });
  }

  // ½ ‖w‖² has no bias in it.
  double weight_dot(const Vector& a, const Vector& b) { return dot(a, b, features_ * outputs_); }
  double full_dot(const Vector& a, const Vector& b) { return dot(a, b, size()); }

  template <typename Body>
  void for_values(std::size_t n, const Body& body) const {
    parallel_for(n, kValuesPerChunk, context_, [&](const Chunk& chunk) {
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) body(i);
    });
  }

 private:
  template <typename Body>
  void for_rows(const Body& body) const {
    parallel_for(row_count_, kRowsPerChunk, context_, [&](const Chunk& chunk) {
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) body(i);
    });
  }

  double dot(const Vector& a, const Vector& b, std::size_t n) const {
    return ordered_sum(n, kValuesPerChunk, context_, [&](const Chunk& chunk) {
      double sum = 0.0;
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) sum += a[i] * b[i];
      return sum;
    });
  }

  void add_row(std::size_t i, double* out) const {
    const std::int32_t* ends = problem_.rows.outerIndexPtr();
    const std::int32_t* columns = problem_.rows.innerIndexPtr();
    const float* values = problem_.rows.valuePtr();
    if (outputs_ == 1) {
      double sum = 0.0;
      for (std::int32_t e = ends[i]; e < ends[i + 1]; ++e)
        sum += values[e] * scaled_[static_cast<std::size_t>(columns[e])];
      out[0] += sum;
      return;
    }
    for (std::int32_t e = ends[i]; e < ends[i + 1]; ++e) {
      const float* const w = scaled_.data() + static_cast<std::size_t>(columns[e]) * outputs_;
      for (std::size_t k = 0; k < outputs_; ++k) out[k] += values[e] * w[k];
    }
  }

  void add_column(std::size_t j, const double* u, double* sums, bool squared) const {
    const std::int32_t* ends = problem_.columns.outerIndexPtr();
    const std::int32_t* rows = problem_.columns.innerIndexPtr();
    const float* values = problem_.columns.valuePtr();
    if (outputs_ == 1) {
      double sum = 0.0;
      for (std::int32_t e = ends[j]; e < ends[j + 1]; ++e) {
        const double x = squared ? values[e] * values[e] : values[e];
        sum += x * u[rows[e]];
      }
      sums[0] = sum;
      return;
    }
    for (std::int32_t e = ends[j]; e < ends[j + 1]; ++e) {
      const double x = squared ? values[e] * values[e] : values[e];
      const double* const row = u + static_cast<std::size_t>(rows[e]) * outputs_;
      for (std::size_t k = 0; k < outputs_; ++k) sums[k] += x * row[k];
    }
  }

  void sum_rows(const Vector& u, double* sums) const {
    std::fill(sums, sums + outputs_, 0.0);
    for (std::size_t i = 0; i < u.size(); i += outputs_) {
      for (std::size_t k = 0; k < outputs_; ++k) sums[k] += u[i + k];
    }
  }

  double row_loss(std::size_t i, const double* z, double* p) const {
    const std::int32_t label = problem_.labels[i];
    if (outputs_ == 1) {
      if (p != nullptr) p[0] = 1.0 / (1.0 + std::exp(-z[0]));
      const double margin = label == 1 ? z[0] : -z[0];
      return margin > 0.0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    const double largest = *std::max_element(z, z + outputs_);
    double sum = 0.0;
    for (std::size_t k = 0; k < outputs_; ++k) sum += std::exp(z[k] - largest);
    if (p != nullptr) {
      for (std::size_t k = 0; k < outputs_; ++k) p[k] = std::exp(z[k] - largest) / sum;
    }
    return std::log(sum) + largest - z[label];
  }

  const LogisticProblem& problem_;
  const RunContext& context_;
  std::size_t row_count_;
  std::size_t features_;
  std::size_t outputs_;
  std::vector<float> scaled_;       // weights as the matrix sees them
  std::vector<std::size_t> parts_;  // first column of each part, and the end
};

class NewtonSolver {
 public:
  NewtonSolver(const LogisticProblem& problem, const RunContext& context)
      : system_(problem, context),
        w_(system_.size(), 0.0),
        gradient_(w_),
        step_(w_),
        residual_(w_),
        direction_(w_),
        product_(w_),
        diagonal_(w_),
        scores_(system_.score_count(), 0.0),
        probabilities_(scores_),
        score_step_(scores_),
        work_(scores_) {}

  LogisticSolution solve(double tolerance, std::int32_t max_iterations) {
    LogisticSolution solution;
    double objective = system_.loss(scores_, &probabilities_);
    double first_norm = 0.0;
    for (; solution.iterations <= max_iterations; ++solution.iterations) {
      system_.residuals(probabilities_, work_);
      system_.multiply_transposed(work_, w_, gradient_);
      const double norm = std::sqrt(system_.full_dot(gradient_, gradient_));
      if (solution.iterations == 0) first_norm = norm;
      solution.converged = norm <= tolerance * first_norm;
      if (solution.converged || solution.iterations == max_iterations) break;
      find_step(norm, std::min(0.3, std::sqrt(norm / first_norm)));
      if (!search_line(objective)) break;
    }
    solution.values = std::move(w_);
    return solution;
  }

 private:
  // Conjugate gradients on H step = -gradient, until the residual is `share` of the gradient; score_step_ = X step.
  void find_step(double norm, double share) {
    system_.curvature(probabilities_, work_);
    system_.diagonal(work_, diagonal_);
    std::fill(step_.begin(), step_.end(), 0.0);
    std::fill(score_step_.begin(), score_step_.end(), 0.0);
    system_.for_values(w_.size(), [&](std::size_t i) {
      residual_[i] = -gradient_[i];
      direction_[i] = residual_[i] / diagonal_[i];
    });
    double rho = system_.full_dot(residual_, direction_);
    for (int round = 0; round < kMaxConjugateSteps; ++round) {
      system_.multiply(direction_, work_);
      const Vector moved = work_;
      system_.bend(probabilities_, work_);
      system_.multiply_transposed(work_, direction_, product_);
      const double alpha = rho / system_.full_dot(direction_, product_);
      for (std::size_t i = 0; i < moved.size(); ++i) score_step_[i] += alpha * moved[i];
      system_.for_values(w_.size(), [&](std::size_t i) {
        step_[i] += alpha * direction_[i];
        residual_[i] -= alpha * product_[i];
        product_[i] = residual_[i] / diagonal_[i];
      });
      if (std::sqrt(system_.full_dot(residual_, residual_)) <= share * norm) return;
      const double next = system_.full_dot(residual_, product_);
      const double beta = next / rho;
      rho = next;
      system_.for_values(w_.size(), [&](std::size_t i) { direction_[i] = product_[i] + beta * direction_[i]; });
    }
  }

  // Halves the step until the objective falls enough (Armijo). false: it does not fall any more.
  bool search_line(double& objective) {
    const double slope = system_.full_dot(gradient_, step_);
    const double across = system_.weight_dot(w_, step_);
    const double length = system_.weight_dot(step_, step_);
    const double start = 0.5 * system_.weight_dot(w_, w_);
    double t = 1.0;
    for (int halvings = 0; halvings < kMaxHalvings; ++halvings, t *= 0.5) {
      for (std::size_t i = 0; i < scores_.size(); ++i) work_[i] = scores_[i] + t * score_step_[i];
      const double value = start + t * across + 0.5 * t * t * length + system_.loss(work_, nullptr);
      if (value > objective + 1e-4 * t * slope) continue;
      objective = value;
      system_.for_values(w_.size(), [&](std::size_t i) { w_[i] += t * step_[i]; });
      std::swap(scores_, work_);
      system_.loss(scores_, &probabilities_);
      return true;
    }
    return false;
  }

  LogisticSystem system_;
  Vector w_;
  Vector gradient_;
  Vector step_;
  Vector residual_;
  Vector direction_;
  Vector product_;
  Vector diagonal_;
  Vector scores_;
  Vector probabilities_;
  Vector score_step_;
  Vector work_;
};

}  // namespace

LogisticValue evaluate_logistic(const LogisticProblem& problem, std::span<const double> values,
                                const RunContext& context) {
  LogisticSystem system(problem, context);
  const Vector w(values.begin(), values.end());
  Vector scores(system.score_count());
  Vector probabilities(scores.size());
  LogisticValue result{0.0, Vector(w.size())};
  system.multiply(w, scores);
  result.objective = 0.5 * system.weight_dot(w, w) + system.loss(scores, &probabilities);
  system.residuals(probabilities, scores);
  system.multiply_transposed(scores, w, result.gradient);
  return result;
}

LogisticSolution solve_logistic(const LogisticProblem& problem, double tolerance, std::int32_t max_iterations,
                                const RunContext& context) {
  return NewtonSolver(problem, context).solve(tolerance, max_iterations);
}

}  // namespace malmoi::neural
