#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/bootstrap.h"
#include "neural/metrics.h"

namespace malmoi::neural {

// Figures of classifiers that give a document any number of labels. Tables are [documents × labels] by rows; truth
// holds 0 and 1. ClassRows::classes is the number of labels, at least one.

/// The decision that predictions and figures share; a document may be given no label.
[[nodiscard]] inline bool is_given(float probability, float threshold) {
  return probability >= threshold;
}

struct Threshold {
  float value = 0.5F;  ///< see is_given
  double f1 = 0.0;     ///< on the documents it was tuned on
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

/// The threshold of each label with the best F1 on these documents, which are best not those of the training. It lies
/// in the middle between two neighbouring probabilities (the lowest between 0 and the smallest one); of equally good
/// ones it is the lowest. A label without documents keeps 0.5.
///
/// Throws   invalid_argument: sizes that do not fit, no documents, a probability outside [0, 1] or NaN
/// Cost     O(labels × documents × log documents)
[[nodiscard]] std::vector<Threshold> tune_thresholds(const ClassRows& probabilities,
                                                     std::span<const std::uint8_t> truth,
                                                     const RunContext& context = {});

struct LabelMetrics {
  std::int64_t documents = 0;
  double subset_accuracy = 0.0;   ///< documents with all labels right
  double hamming_loss = 0.0;      ///< cells of the table that are wrong
  std::optional<double> roc_auc;  ///< mean of the labels that have one
  Averages averages;
  std::vector<ClassScores> labels;
};

/// Macro averages count a label that no document has and none is given with 0.
/// thresholds   [labels]. Throws as tune_thresholds.
[[nodiscard]] LabelMetrics score_labels(const ClassRows& probabilities, std::span<const std::uint8_t> truth,
                                        std::span<const float> thresholds, const RunContext& context = {});

/// Ends of intervals: every figure stands where LabelMetrics has it; tallies are those of the data.
struct LabelIntervals {
  LabelMetrics low;
  LabelMetrics high;
};

/// Intervals of the figures of score_labels by `bootstrap`; the thresholds stay as they are.
[[nodiscard]] LabelIntervals label_intervals(const ClassRows& probabilities, std::span<const std::uint8_t> truth,
                                             std::span<const float> thresholds, const BootstrapOptions& options,
                                             const RunContext& context = {});

}  // namespace malmoi::neural
