#include "apps/classifier_report.h"

#include <functional>
#include <limits>
#include <string_view>

#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using neural::ClassMetrics;
using neural::ClassScores;
using neural::LabelMetrics;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A figure of either kind of metrics by its name.
template <typename Metrics>
struct Figure {
  std::string_view name;
  std::function<double(const Metrics&)> of;
};

template <typename Metrics>
std::vector<Figure<Metrics>> averages_figures() {
  return {{"macro_f1", [](const Metrics& m) { return m.averages.macro.f1; }},
          {"macro_precision", [](const Metrics& m) { return m.averages.macro.precision; }},
          {"macro_recall", [](const Metrics& m) { return m.averages.macro.recall; }},
          {"micro_f1", [](const Metrics& m) { return m.averages.micro.f1; }},
          {"weighted_f1", [](const Metrics& m) { return m.averages.weighted.f1; }},
          {"roc_auc", [](const Metrics& m) { return m.roc_auc.value_or(kNone); }}};
}

std::vector<Figure<ClassMetrics>> class_figures() {
  std::vector<Figure<ClassMetrics>> figures = {{"accuracy", [](const ClassMetrics& m) { return m.accuracy; }}};
  for (auto& figure : averages_figures<ClassMetrics>()) {
    if (figure.name != "micro_f1") figures.push_back(std::move(figure));  // it is the accuracy
  }
  figures.push_back({"log_loss", [](const ClassMetrics& m) { return m.log_loss; }});
  figures.push_back({"brier", [](const ClassMetrics& m) { return m.brier; }});
  figures.push_back({"calibration_error", [](const ClassMetrics& m) { return m.calibration_error; }});
  return figures;
}

std::vector<Figure<LabelMetrics>> label_figures() {
  std::vector<Figure<LabelMetrics>> figures = {
      {"subset_accuracy", [](const LabelMetrics& m) { return m.subset_accuracy; }},
      {"hamming_loss", [](const LabelMetrics& m) { return m.hamming_loss; }}};
  for (auto& figure : averages_figures<LabelMetrics>()) figures.push_back(std::move(figure));
  return figures;
}

template <typename Metrics, typename Intervals>
Table figures_table(const std::vector<Figure<Metrics>>& figures, const Metrics& metrics,
                    const std::optional<Intervals>& intervals) {
  Table table{"figures", {"figure", "value"}, {}};
  if (intervals) table.columns.insert(table.columns.end(), {"low", "high"});
  for (const auto& figure : figures) {
    std::vector<Cell> row = {figure.name, figure.of(metrics)};
    if (intervals) row.insert(row.end(), {figure.of(intervals->low), figure.of(intervals->high)});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table classes_table(const std::vector<ClassScores>& classes, std::span<const std::string> labels) {
  Table table{"classes", {"label", "precision", "recall", "f1", "support", "predicted", "roc_auc"}, {}};
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const ClassScores& one = classes[c];
    table.rows.push_back({labels[c], one.scores.precision, one.scores.recall, one.scores.f1, one.tally.support,
                          one.tally.predicted, one.roc_auc.value_or(kNone)});
  }
  return table;
}

Table confusion_table(const ClassMetrics& metrics, std::span<const std::string> labels) {
  Table table{"confusion", {"true"}, {}};
  for (const std::string& label : labels) table.columns.push_back(concat("as ", label));
  for (std::size_t t = 0; t < labels.size(); ++t) {
    std::vector<Cell> row = {labels[t]};
    for (std::size_t p = 0; p < labels.size(); ++p) row.emplace_back(metrics.confusion[t * labels.size() + p]);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table calibration_table(const ClassMetrics& metrics) {
  Table table{"calibration", {"above", "documents", "confidence", "accuracy"}, {}};
  for (std::size_t b = 0; b < metrics.bins.size(); ++b) {
    const neural::ReliabilityBin& bin = metrics.bins[b];
    if (bin.documents == 0) continue;
    table.rows.push_back(
        {static_cast<double>(b) / neural::kReliabilityBins, bin.documents, bin.confidence, bin.accuracy});
  }
  return table;
}

}  // namespace

std::vector<Table> class_tables(const ClassMetrics& metrics, const std::optional<neural::ClassIntervals>& intervals,
                                std::span<const std::string> labels) {
  return {figures_table(class_figures(), metrics, intervals), classes_table(metrics.classes, labels),
          confusion_table(metrics, labels), calibration_table(metrics)};
}

std::vector<Table> label_tables(const LabelMetrics& metrics, const std::optional<neural::LabelIntervals>& intervals,
                                std::span<const std::string> labels) {
  return {figures_table(label_figures(), metrics, intervals), classes_table(metrics.labels, labels)};
}

}  // namespace malmoi::apps
