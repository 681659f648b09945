#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace malmoi::topics {

/// Ψ(x), x > 0: the recurrence up to 6, then the asymptotic series; error below 1e-12. Source: Bernardo, AS 103, 1976.
[[nodiscard]] double digamma(double x);

/// A count, and how often it was seen.
struct Occurrence {
  double count = 0.0;
  std::int64_t times = 0;
};

/// The parameters of a Dirichlet whose multinomial draws gave the counts, by fixed-point steps towards the maximum of
/// the posterior under a Gamma(1.001, 1) prior of every parameter, which keeps all of them above 0.
///
/// alpha    [topics] where to start, > 0
/// counts   [topics] the counts of each topic in the documents, zeros left out
/// lengths  the sums of the documents' counts
/// Source   Minka, Estimating a Dirichlet distribution, 2000, eq. 55; Wallach, thesis, 2008, section 2.3
[[nodiscard]] std::vector<double> learn_dirichlet(std::vector<double> alpha,
                                                  std::span<const std::vector<Occurrence>> counts,
                                                  std::span<const Occurrence> lengths);

/// The same with one value for all `dimensions` parameters. counts: of all dimensions together.
[[nodiscard]] double learn_symmetric_dirichlet(double alpha, double dimensions, std::span<const Occurrence> counts,
                                               std::span<const Occurrence> lengths);

}  // namespace malmoi::topics
