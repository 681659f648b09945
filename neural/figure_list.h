#pragma once

#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "neural/bootstrap.h"
#include "neural/metrics.h"

namespace malmoi::neural {

/// Where the figures of an evaluation stand, in a fixed order: read for every resample, written for the ends of the
/// intervals. Keeps references to what is added.
class FigureList {
 public:
  void add(double& figure) { places_.emplace_back(&figure); }
  void add(std::optional<double>& figure) { places_.emplace_back(&figure); }
  void add(Scores& scores);
  void add(Averages& averages);
  void add(std::vector<ClassScores>& classes);

  [[nodiscard]] std::vector<std::optional<double>> values() const;
  /// Replaces every figure by this end of its interval; one without an interval becomes empty.
  void put(std::span<const std::optional<Interval>> intervals, double Interval::*end) const;

 private:
  std::vector<std::variant<double*, std::optional<double>*>> places_;
};

}  // namespace malmoi::neural
