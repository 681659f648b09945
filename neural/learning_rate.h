#pragma once

#include <cstdint>

namespace malmoi::neural {

enum class RateShape {
  constant,
  step,    ///< times `factor` after every `interval` steps
  cosine,  ///< from the rate down to `least` times it over `total` steps, then stays (Loshchilov and Hutter 2017)
  linear   ///< the same along a line
};

/// The learning rate of a step; steps count from 0.
struct LearningRate {
  double rate = 1e-3;  ///< > 0
  RateShape shape = RateShape::constant;
  std::int64_t warm_up = 0;   ///< steps: (s + 1) / warm_up of the rate, then the shape begins; ≥ 0
  std::int64_t interval = 1;  ///< step: ≥ 1
  double factor = 0.1;        ///< step: 0 < factor ≤ 1
  std::int64_t total = 1;     ///< cosine, linear: steps after the warm-up, ≥ 1
  double least = 0.0;         ///< cosine, linear: share of the rate at the end, 0 ≤ least ≤ 1
};

/// Throws invalid_argument for a field out of its range.
void validate(const LearningRate& schedule);
[[nodiscard]] double rate_at(const LearningRate& schedule, std::int64_t step);

struct PlateauOptions {
  double factor = 0.5;        ///< 0 < factor < 1
  std::int32_t patience = 2;  ///< looks without betterment that are borne; ≥ 0
  double min_change = 1e-4;   ///< a figure must fall by more than this share of its size to be better; ≥ 0
  double least = 1e-3;        ///< the scale never falls below; 0 ≤ least ≤ 1
};

/// Scales the rate down where a figure, e.g. the validation loss, does not fall any more. Plain data: saved and
/// restored by copying.
struct Plateau {
  PlateauOptions options = {};
  double best = 0.0;
  bool seen = false;        ///< whether there is a best one yet
  std::int32_t waited = 0;  ///< looks since
  double scale = 1.0;       ///< of the learning rate

  /// Takes in the figure of an epoch, smaller is better; returns the scale from now on. NaN is no betterment.
  double look(double figure);
};

}  // namespace malmoi::neural
