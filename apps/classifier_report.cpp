#include "apps/classifier_report.h"

#include <algorithm>
#include <cmath>
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

// one_area  the area under the curve is that of one class, not a mean over classes
template <typename Metrics>
std::vector<Figure<Metrics>> averages_figures(bool one_area) {
  return {{"macro_f1", [](const Metrics& m) { return m.averages.macro.f1; }},
          {"macro_precision", [](const Metrics& m) { return m.averages.macro.precision; }},
          {"macro_recall", [](const Metrics& m) { return m.averages.macro.recall; }},
          {"micro_f1", [](const Metrics& m) { return m.averages.micro.f1; }},
          {"micro_precision", [](const Metrics& m) { return m.averages.micro.precision; }},
          {"micro_recall", [](const Metrics& m) { return m.averages.micro.recall; }},
          {"weighted_f1", [](const Metrics& m) { return m.averages.weighted.f1; }},
          {one_area ? "roc_auc" : "mean_roc_auc", [](const Metrics& m) { return m.roc_auc.value_or(kNone); }}};
}

std::vector<Figure<ClassMetrics>> class_figures(std::size_t classes) {
  std::vector<Figure<ClassMetrics>> figures = {{"accuracy", [](const ClassMetrics& m) { return m.accuracy; }}};
  for (auto& figure : averages_figures<ClassMetrics>(classes == 2)) figures.push_back(std::move(figure));
  figures.push_back({"log_loss", [](const ClassMetrics& m) { return m.log_loss; }});
  figures.push_back({"brier", [](const ClassMetrics& m) { return m.brier; }});
  figures.push_back({"calibration_error", [](const ClassMetrics& m) { return m.calibration_error; }});
  return figures;
}

std::vector<Figure<LabelMetrics>> label_figures() {
  std::vector<Figure<LabelMetrics>> figures = {
      {"subset_accuracy", [](const LabelMetrics& m) { return m.subset_accuracy; }},
      {"hamming_loss", [](const LabelMetrics& m) { return m.hamming_loss; }}};
  for (auto& figure : averages_figures<LabelMetrics>(false)) figures.push_back(std::move(figure));
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

// The pairs of labels that were mistaken most often, of equal ones the first by their order.
Table confusions_table(const ClassMetrics& metrics, std::span<const std::string> labels) {
  constexpr std::size_t kShown = 20;
  std::vector<std::size_t> cells;
  for (std::size_t cell = 0; cell < metrics.confusion.size(); ++cell) {
    const bool right = cell / labels.size() == cell % labels.size();
    if (!right && metrics.confusion[cell] > 0) cells.push_back(cell);
  }
  std::ranges::stable_sort(cells, std::ranges::greater{}, [&](std::size_t cell) { return metrics.confusion[cell]; });
  cells.resize(std::min(cells.size(), kShown));
  Table table{"confusions", {"true", "predicted", "documents"}, {}};
  for (const std::size_t cell : cells) {
    table.rows.push_back({labels[cell / labels.size()], labels[cell % labels.size()], metrics.confusion[cell]});
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
                                std::span<const std::string> labels, Format format) {
  constexpr std::size_t kMostColumns = 8;
  const bool wide = format == Format::text && labels.size() > kMostColumns;
  return {figures_table(class_figures(labels.size()), metrics, intervals), classes_table(metrics.classes, labels),
          wide ? confusions_table(metrics, labels) : confusion_table(metrics, labels), calibration_table(metrics)};
}

std::vector<Table> label_tables(const LabelMetrics& metrics, const std::optional<neural::LabelIntervals>& intervals,
                                std::span<const std::string> labels, std::span<const float> thresholds) {
  Table classes = classes_table(metrics.labels, labels);
  classes.columns.emplace_back("threshold");
  for (std::size_t label = 0; label < labels.size(); ++label) {
    classes.rows[label].emplace_back(static_cast<double>(thresholds[label]));
  }
  return {figures_table(label_figures(), metrics, intervals), std::move(classes)};
}

ClassifierFigures main_figures(const ClassMetrics& metrics) {
  return {metrics.log_loss, metrics.accuracy, metrics.averages.macro.f1};
}

ClassifierFigures main_figures(const LabelMetrics& metrics, std::span<const float> probabilities,
                               std::span<const std::uint8_t> truth) {
  constexpr double kLeast = 0x1p-23;  // the bound of ClassMetrics::log_loss
  double sum = 0;
  for (std::size_t cell = 0; cell < truth.size(); ++cell) {
    const auto p = static_cast<double>(probabilities[cell]);
    sum -= std::log(std::max(truth[cell] != 0 ? p : 1 - p, kLeast));
  }
  return {sum / static_cast<double>(truth.size()), metrics.subset_accuracy, metrics.averages.macro.f1};
}

void add_figures(const ClassifierFigures& figures, std::string_view prefix, Report& report) {
  if (std::isnan(figures.accuracy)) return;
  report.metrics.push_back({concat(prefix, "accuracy"), figures.accuracy});
  report.metrics.push_back({concat(prefix, "macro_f1"), figures.macro_f1});
  report.metrics.push_back({concat(prefix, "log_loss"), figures.log_loss});
}

}  // namespace malmoi::apps
