#include "neural/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "corpus/base/error.h"

namespace malmoi::neural {

void validate(const LearningRate& s) {
  const bool right = std::isfinite(s.rate) && s.rate > 0 && s.warm_up >= 0 && s.interval >= 1 && s.factor > 0 &&
                     s.factor <= 1 && s.total >= 1 && s.least >= 0 && s.least <= 1;
  if (right) return;
  throw Error(ErrorCode::invalid_argument,
              concat("LearningRate: rate ", s.rate, ", warm-up ", s.warm_up, ", interval ", s.interval, ", factor ",
                     s.factor, ", total ", s.total, ", least ", s.least,
                     ", wanted rate > 0, warm-up ≥ 0, interval and total ≥ 1, 0 < factor ≤ 1 and 0 ≤ least ≤ 1"));
}

double rate_at(const LearningRate& s, std::int64_t step) {
  if (step < s.warm_up) return s.rate * static_cast<double>(step + 1) / static_cast<double>(s.warm_up);
  const std::int64_t after = step - s.warm_up;
  const std::int64_t drops = after / s.interval;
  const double share = std::min(1.0, static_cast<double>(after) / static_cast<double>(s.total));
  switch (s.shape) {
    case RateShape::constant:
      return s.rate;
    case RateShape::step:
      return s.rate * std::pow(s.factor, static_cast<double>(drops));
    case RateShape::cosine:
      return s.rate * (s.least + (1.0 - s.least) * 0.5 * (1.0 + std::cos(std::numbers::pi * share)));
    case RateShape::linear:
      return s.rate * (1.0 - (1.0 - s.least) * share);
  }
  return s.rate;
}

double Plateau::look(double figure) {
  if (!seen ? !std::isnan(figure) : figure < best - options.min_change * std::fabs(best)) {
    best = figure;
    seen = true;
    waited = 0;
  } else if (++waited > options.patience) {
    scale = std::max(options.least, scale * options.factor);
    waited = 0;
  }
  return scale;
}

}  // namespace malmoi::neural
