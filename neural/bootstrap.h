#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"

namespace malmoi::neural {

struct Interval {
  double low = 0.0;
  double high = 0.0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

struct BootstrapOptions {
  std::int32_t draws = 1000;  ///< resamples; ≥ 1
  double level = 0.95;        ///< share of the draws inside the interval; in (0, 1)
  std::uint64_t seed = 1;
};

/// Figures of a resample in which document d stands weights[d] times: as many at every call and in the same order,
/// those that are not defined there left empty. Called from several threads at once.
using ResampledFigures = std::function<std::vector<std::optional<double>>(std::span<const std::uint32_t> weights)>;

/// Intervals by the percentile bootstrap over documents: every resample draws as many documents as there are, with
/// replacement, and the ends are the quantiles (1 ± level) / 2 of the figure over the draws, interpolated linearly
/// between two draws (type 7 of Hyndman and Fan 1996).
///
/// Returns  one for each figure, from the draws in which it is defined; empty where there is none. The same for every
///          context.threads
/// Throws   invalid_argument: no documents, an option out of range; canceled
/// Cost     O(draws × documents) and draws calls of `figures`
/// Source   Efron and Tibshirani 1993, chapter 13
[[nodiscard]] std::vector<std::optional<Interval>> bootstrap(std::size_t documents, const ResampledFigures& figures,
                                                             const BootstrapOptions& options,
                                                             const RunContext& context = {});

}  // namespace malmoi::neural
