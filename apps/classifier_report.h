#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/report.h"
#include "neural/label_metrics.h"
#include "neural/metrics.h"

namespace malmoi::apps {

/// Figures of a classifier on some documents, as tables: `figures` (figure, value, low, high), `classes`, and for one
/// label a document `confusion` and `calibration`. Without intervals the columns low and high are left out.
[[nodiscard]] std::vector<Table> class_tables(const neural::ClassMetrics& metrics,
                                              const std::optional<neural::ClassIntervals>& intervals,
                                              std::span<const std::string> labels);
[[nodiscard]] std::vector<Table> label_tables(const neural::LabelMetrics& metrics,
                                              const std::optional<neural::LabelIntervals>& intervals,
                                              std::span<const std::string> labels);

}  // namespace malmoi::apps
