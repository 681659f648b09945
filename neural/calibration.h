#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/metrics.h"

namespace malmoi::neural {

/// The temperature that logits are divided by before softmax.
struct Temperature {
  double value = 1.0;
  double log_loss_before = 0.0;  ///< mean of -ln p(true class) at temperature 1, without clipping or smoothing
  double log_loss = 0.0;         ///< at `value`
  std::int32_t steps = 0;        ///< of the search: looks at all documents but the first
};
inline constexpr double kLowestTemperature = 0.01;
inline constexpr double kHighestTemperature = 100.0;

/// The temperature with the least log loss, fitted on documents that were not trained on. The targets are smoothed, as
/// Platt's with all documents as positives: of n documents the true class gets (n + 1) / (n + 2), the others share the
/// rest evenly. Where all are predicted rightly the plain loss asks for the temperature 0 and with it for certainty;
/// this one asks for as much as so many documents can show. The loss is convex in 1 / temperature: Newton's steps
/// inside a bracket, halved where they leave it, find it to 10 digits. It stays between the two bounds: useless logits
/// ask for infinity.
///
/// logits   at least two classes, finite
/// truth    [documents] in [0, classes)
/// Returns  the same for every context.threads; 1 where the logits of every document are equal to each other
/// Throws   invalid_argument: no documents, sizes that do not fit, a class out of range, a logit that is not finite
/// Source   Guo, Pleiss, Sun and Weinberger, ICML 2017; Platt, Advances in Large Margin Classifiers, 1999 (targets)
[[nodiscard]] Temperature fit_temperature(const ClassRows& logits, std::span<const std::int32_t> truth,
                                          const RunContext& context = {});

/// softmax(logits / temperature), [documents × classes]. Throws invalid_argument: temperature not above 0, or sizes
/// that do not fit
[[nodiscard]] std::vector<float> softmax_at(const ClassRows& logits, double temperature,
                                            const RunContext& context = {});

/// Weights of several classifiers' scores whose sum, through softmax, has the least log loss: a logarithmic opinion
/// pool. A penalty of 5 ‖w - 1 / members‖², beside losses that are summed, keeps them near a plain mean where rows are
/// few.
///
/// scores  [members][rows × classes] ln p, or any scores; finite
/// truth   [rows] in [0, classes)
/// Returns [members]; one may be below 0. Equal ones without rows
/// Throws  invalid_argument: sizes that do not fit, a class out of range
/// Cost    rows × classes × members² a step of Newton's method, of which there are at most 50
[[nodiscard]] std::vector<double> fit_pool(std::span<const std::vector<float>> scores, std::int32_t classes,
                                           std::span<const std::int32_t> truth);

}  // namespace malmoi::neural
