#include "neural/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

using Figures = std::vector<std::optional<double>>;

void validate(std::size_t documents, const BootstrapOptions& options) {
  const bool in_range = options.draws >= 1 && options.level > 0.0 && options.level < 1.0;
  if (documents > 0 && in_range) return;
  throw Error(ErrorCode::invalid_argument,
              concat("bootstrap: ", documents, " documents, ", options.draws, " draws, level ", options.level,
                     "; wanted at least one document, at least one draw and a level between 0 and 1"));
}

// sorted: not empty
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::optional<Interval> interval_of(const std::vector<Figures>& draws, std::size_t figure, double level) {
  std::vector<double> values;
  for (const Figures& draw : draws) {
    if (draw[figure]) values.push_back(*draw[figure]);
  }
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return Interval{quantile(values, (1.0 - level) / 2.0), quantile(values, (1.0 + level) / 2.0)};
}

}  // namespace

std::vector<std::optional<Interval>> bootstrap(std::size_t documents, const ResampledFigures& figures,
                                               const BootstrapOptions& options, const RunContext& context) {
  constexpr std::size_t kGrain = 8;  // draws that share one table of weights
  validate(documents, options);
  const Rng rng(options.seed);
  std::vector<Figures> draws(static_cast<std::size_t>(options.draws));
  parallel_for(draws.size(), kGrain, context, [&](const Chunk& chunk) {
    std::vector<std::uint32_t> weights(documents);
    for (std::size_t draw = chunk.begin; draw < chunk.end; ++draw) {
      Rng own = rng.split(draw);
      std::fill(weights.begin(), weights.end(), 0U);
      for (std::size_t i = 0; i < documents; ++i) ++weights[own.uniform_index(documents)];
      draws[draw] = figures(weights);
    }
  });
  std::vector<std::optional<Interval>> intervals(draws.front().size());
  for (std::size_t f = 0; f < intervals.size(); ++f) intervals[f] = interval_of(draws, f, options.level);
  return intervals;
}

}  // namespace malmoi::neural
