#include "neural/figure_list.h"

namespace malmoi::neural {

void FigureList::add(Scores& scores) {
  add(scores.precision);
  add(scores.recall);
  add(scores.f1);
}

void FigureList::add(Averages& averages) {
  add(averages.macro);
  add(averages.micro);
  add(averages.weighted);
}

void FigureList::add(std::vector<ClassScores>& classes) {
  for (ClassScores& one : classes) {
    add(one.scores);
    add(one.roc_auc);
  }
}

std::vector<std::optional<double>> FigureList::values() const {
  std::vector<std::optional<double>> values;
  values.reserve(places_.size());
  for (const auto& place : places_) {
    std::visit([&values](const auto* figure) { values.emplace_back(*figure); }, place);
  }
  return values;
}

void FigureList::put(std::span<const std::optional<Interval>> intervals, double Interval::*end) const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::optional<Interval>& interval = intervals[i];
    if (double* const* figure = std::get_if<double*>(&places_[i])) {
      **figure = interval ? (*interval).*end : 0.0;  // a figure that is always defined has an interval
    } else {
      *std::get<std::optional<double>*>(places_[i]) = interval ? std::optional((*interval).*end) : std::nullopt;
    }
  }
}

}  // namespace malmoi::neural
