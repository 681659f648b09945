#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/report.h"
#include "neural/label_metrics.h"
#include "neural/metrics.h"

namespace malmoi::apps {

/// Figures of a classifier on some documents, as tables: `figures` (figure, value, low, high), `classes`, and for one
/// label a document `confusion` and `calibration`. Without intervals the columns low and high are left out. In text, of
/// more than eight labels, `confusions` stands for `confusion`: the pairs that were mistaken most often.
[[nodiscard]] std::vector<Table> class_tables(const neural::ClassMetrics& metrics,
                                              const std::optional<neural::ClassIntervals>& intervals,
                                              std::span<const std::string> labels, Format format);
/// thresholds  [labels]
[[nodiscard]] std::vector<Table> label_tables(const neural::LabelMetrics& metrics,
                                              const std::optional<neural::LabelIntervals>& intervals,
                                              std::span<const std::string> labels, std::span<const float> thresholds);

/// How good a classifier is, in short; NaN where nothing was measured.
struct ClassifierFigures {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double log_loss = kNone;  ///< several labels: mean over documents and labels
  double accuracy = kNone;  ///< several labels: share of the documents with all of them right
  double macro_f1 = kNone;
};
[[nodiscard]] ClassifierFigures main_figures(const neural::ClassMetrics& metrics);
/// probabilities, truth  [documents × labels] that the metrics are of
[[nodiscard]] ClassifierFigures main_figures(const neural::LabelMetrics& metrics, std::span<const float> probabilities,
                                             std::span<const std::uint8_t> truth);

/// What a run keeps of them: {"accuracy", …}, with a prefix to the names; nothing where nothing was measured.
void add_figures(const ClassifierFigures& figures, std::string_view prefix, Report& report);

}  // namespace malmoi::apps
