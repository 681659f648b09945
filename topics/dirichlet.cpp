#include "topics/dirichlet.h"

#include <cmath>
#include <numeric>

namespace malmoi::topics {
namespace {

constexpr int kSteps = 10;  // the next look goes on from here
constexpr double kShape = 1.001;
constexpr double kScale = 1.0;

// Σ Ψ(count + α) - Ψ(α)
double digamma_gain(std::span<const Occurrence> counts, double alpha) {
  const double base = digamma(alpha);
  double sum = 0;
  for (const Occurrence& seen : counts) sum += static_cast<double>(seen.times) * (digamma(seen.count + alpha) - base);
  return sum;
}

}  // namespace

double digamma(double x) {
  double result = 0;
  while (x < 6) {
    result -= 1 / x;
    x += 1;
  }
  const double f = 1 / (x * x);
  const double series =
      f * (1.0 / 12 - f * (1.0 / 120 - f * (1.0 / 252 - f * (1.0 / 240 - f * (1.0 / 132 - f * (691.0 / 32760))))));
  return result + std::log(x) - 0.5 / x - series;
}

std::vector<double> learn_dirichlet(std::vector<double> alpha, std::span<const std::vector<Occurrence>> counts,
                                    std::span<const Occurrence> lengths) {
  for (int step = 0; step < kSteps; ++step) {
    const double all = digamma_gain(lengths, std::accumulate(alpha.begin(), alpha.end(), 0.0)) + 1 / kScale;
    for (std::size_t k = 0; k < alpha.size(); ++k) {
      alpha[k] = (alpha[k] * digamma_gain(counts[k], alpha[k]) + kShape - 1) / all;
    }
  }
  return alpha;
}

double learn_symmetric_dirichlet(double alpha, double dimensions, std::span<const Occurrence> counts,
                                 std::span<const Occurrence> lengths) {
  for (int step = 0; step < kSteps; ++step) {
    const double all = dimensions * digamma_gain(lengths, dimensions * alpha) + 1 / kScale;
    alpha = (alpha * digamma_gain(counts, alpha) + kShape - 1) / all;
  }
  return alpha;
}

}  // namespace malmoi::topics
