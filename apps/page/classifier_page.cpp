#include "apps/page/classifier_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>
#include <utility>

#include "apps/page/fill_page.h"
#include "apps/page/template.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using Json = nlohmann::ordered_json;
using neural::Averages;
using neural::ClassMetrics;
using neural::ClassScores;
using neural::LabelMetrics;

void validate(const ClassifierPage& page) {
  const std::size_t known = page.classes       ? page.classes->classes.size()
                            : page.multi_label ? page.multi_label->labels.size()
                                               : 0;
  const bool one_kind = page.classes.has_value() != page.multi_label.has_value();
  if (one_kind && known == page.labels.size() && (page.classes || page.thresholds.size() == known)) return;
  throw Error(
      ErrorCode::invalid_argument,
      concat("classifier_page: ", page.labels.size(), " labels, ", page.thresholds.size(),
             " thresholds and figures of ", known,
             "; wanted figures of one kind, a label each, and a threshold each with several labels a document"));
}

// Six digits are more than anyone reads, and fewer than a double has.
Json number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  if (*value == 0.0) return 0;
  const double scale = std::pow(10.0, 5.0 - std::floor(std::log10(std::abs(*value))));
  return std::isfinite(scale) ? std::round(*value * scale) / scale : 0.0;
}

// ---- figures -------------------------------------------------------------------------------------------------------

struct Figure {
  std::string_view name;
  std::optional<double> value;
};

void add_averages(std::vector<Figure>& figures, const Averages& averages) {
  figures.push_back({"macro_f1", averages.macro.f1});
  figures.push_back({"macro_precision", averages.macro.precision});
  figures.push_back({"macro_recall", averages.macro.recall});
  figures.push_back({"weighted_f1", averages.weighted.f1});
}

std::vector<Figure> figures_of(const ClassMetrics& metrics) {
  std::vector<Figure> figures = {{"accuracy", metrics.accuracy}};
  add_averages(figures, metrics.averages);
  figures.push_back({"roc_auc", metrics.roc_auc});
  figures.push_back({"log_loss", metrics.log_loss});
  figures.push_back({"brier", metrics.brier});
  figures.push_back({"calibration_error", metrics.calibration_error});
  return figures;
}

std::vector<Figure> figures_of(const LabelMetrics& metrics) {
  std::vector<Figure> figures = {{"subset_accuracy", metrics.subset_accuracy}};
  figures.push_back({"micro_f1", metrics.averages.micro.f1});
  figures.push_back({"micro_precision", metrics.averages.micro.precision});
  figures.push_back({"micro_recall", metrics.averages.micro.recall});
  add_averages(figures, metrics.averages);
  figures.push_back({"roc_auc", metrics.roc_auc});
  figures.push_back({"hamming_loss", metrics.hamming_loss});
  return figures;
}

// What the data hold of a kind of metrics: low and high are empty where there are no intervals.
struct Measured {
  std::int64_t documents = 0;
  std::vector<Figure> figures;
  std::vector<Figure> low;
  std::vector<Figure> high;
  std::span<const ClassScores> classes;
  std::span<const ClassScores> classes_low;
  std::span<const ClassScores> classes_high;
};

Measured measured_of(const ClassifierPage& page) {
  Measured measured;
  if (page.classes) {
    measured.documents = page.classes->documents;
    measured.figures = figures_of(*page.classes);
    measured.classes = page.classes->classes;
    if (!page.class_intervals) return measured;
    measured.low = figures_of(page.class_intervals->low);
    measured.high = figures_of(page.class_intervals->high);
    measured.classes_low = page.class_intervals->low.classes;
    measured.classes_high = page.class_intervals->high.classes;
    return measured;
  }
  measured.documents = page.multi_label->documents;
  measured.figures = figures_of(*page.multi_label);
  measured.classes = page.multi_label->labels;
  if (!page.label_intervals) return measured;
  measured.low = figures_of(page.label_intervals->low);
  measured.high = figures_of(page.label_intervals->high);
  measured.classes_low = page.label_intervals->low.labels;
  measured.classes_high = page.label_intervals->high.labels;
  return measured;
}

Json figure_list(const Measured& measured) {
  Json list = Json::array();
  for (std::size_t i = 0; i < measured.figures.size(); ++i) {
    const bool ends = i < measured.low.size();
    list.push_back({measured.figures[i].name, number(measured.figures[i].value),
                    ends ? number(measured.low[i].value) : nullptr, ends ? number(measured.high[i].value) : nullptr});
  }
  return list;
}

// precision, recall, F1 and ROC-AUC of a class
std::array<Figure, 4> class_figures(const ClassScores& one) {
  return {{{"precision", one.scores.precision},
           {"recall", one.scores.recall},
           {"f1", one.scores.f1},
           {"roc_auc", one.roc_auc}}};
}

Json class_list(const Measured& measured, const std::vector<float>& thresholds) {
  Json list = Json::array();
  for (std::size_t c = 0; c < measured.classes.size(); ++c) {
    const ClassScores& one = measured.classes[c];
    Json row = {{"support", one.tally.support}, {"predicted", one.tally.predicted}};
    const bool ends = c < measured.classes_low.size();
    const auto low = class_figures(ends ? measured.classes_low[c] : one);
    const auto high = class_figures(ends ? measured.classes_high[c] : one);
    const auto values = class_figures(one);
    for (std::size_t i = 0; i < values.size(); ++i) {
      row[std::string(values[i].name)] = {number(values[i].value), ends ? number(low[i].value) : nullptr,
                                          ends ? number(high[i].value) : nullptr};
    }
    if (c < thresholds.size()) row["threshold"] = number(static_cast<double>(thresholds[c]));
    list.push_back(std::move(row));
  }
  return list;
}

// ---- the other parts -----------------------------------------------------------------------------------------------

Json head_of(const ClassifierPage& page) {
  const PageHead& head = page.head;
  Json json = {{"corpus", head.corpus}, {"model", head.model}, {"made", head.made}, {"version", head.version}};
  json["seed"] = head.seed ? Json(*head.seed) : Json(nullptr);
  json["fingerprint"] = head.fingerprint;
  json["data"] = head.data;
  json["command"] = head.command;
  json["options"] = Json::array();
  for (const PageOption& option : head.options) json["options"].push_back(Json::array({option.name, option.value}));
  json["documents_shown"] = page.documents.size();
  return json;
}

Json confusion_of(const ClassifierPage& page) {
  Json rows = Json::array();
  if (!page.classes) return rows;
  const auto& counts = page.classes->confusion;
  const auto classes = static_cast<std::ptrdiff_t>(page.labels.size());
  for (auto row = counts.begin(); row != counts.end(); row += classes) {
    rows.push_back(std::vector<std::int64_t>(row, row + classes));
  }
  return rows;
}

Json bins_of(const ClassifierPage& page) {
  Json rows = Json::array();
  if (!page.classes) return rows;
  for (const neural::ReliabilityBin& bin : page.classes->bins) {
    rows.push_back({bin.documents, number(bin.confidence), number(bin.accuracy)});
  }
  return rows;
}

Json epochs_of(const ClassifierPage& page) {
  Json rows = Json::array();
  for (const PageEpoch& epoch : page.epochs) {
    rows.push_back({{"epoch", epoch.epoch},
                    {"training_loss", number(epoch.training_loss)},
                    {"validation_loss", number(epoch.validation_loss)},
                    {"validation_accuracy", number(epoch.validation_accuracy)}});
  }
  return rows;
}

Json temperature_of(const ClassifierPage& page) {
  if (!page.temperature) return nullptr;
  return {{"value", number(page.temperature->value)},
          {"before", number(page.temperature->log_loss_before)},
          {"after", number(page.temperature->log_loss)}};
}

Json documents_of(const ClassifierPage& page) {
  Json rows = Json::array();
  for (const ScoredDocument& document : page.documents) {
    rows.push_back({{"id", document.id},
                    {"text", document.text},
                    {"cut", document.cut},
                    {"truth", document.truth},
                    {"predicted", document.predicted},
                    {"probability", number(document.probability)},
                    {"true_probability", number(document.true_probability)}});
  }
  return rows;
}

// Documents by their rank in their cell of the confusion matrix; the worst mistakes are as if first in theirs.
std::vector<std::size_t> by_rank(const std::vector<std::size_t>& worst_first, std::span<const std::int32_t> predicted,
                                 std::span<const std::int32_t> truth) {
  constexpr std::size_t kWorst = 100;
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> seen;
  std::vector<std::vector<std::size_t>> ranks(1);
  std::size_t mistakes = 0;
  for (const std::size_t d : worst_first) {
    std::size_t rank = seen[{truth[d], predicted[d]}]++;
    if (truth[d] != predicted[d] && mistakes++ < kWorst) rank = 0;
    if (rank >= ranks.size()) ranks.resize(rank + 1);
    ranks[rank].push_back(d);
  }
  std::vector<std::size_t> order;
  for (const std::vector<std::size_t>& rank : ranks) order.insert(order.end(), rank.begin(), rank.end());
  return order;
}

}  // namespace

std::vector<std::size_t> choose_documents(const neural::ClassRows& probabilities, std::span<const std::int32_t> truth,
                                          std::size_t most) {
  const std::vector<std::int32_t> predicted = neural::most_probable(probabilities);
  if (predicted.size() != truth.size()) {
    throw Error(ErrorCode::invalid_argument, concat("choose_documents: ", truth.size(), " true classes for ",
                                                    predicted.size(), " documents; wanted one each"));
  }
  const auto classes = static_cast<std::size_t>(probabilities.classes);
  const auto worse = [&](std::size_t a, std::size_t b) {
    const float left = probabilities.values[a * classes + static_cast<std::size_t>(truth[a])];
    const float right = probabilities.values[b * classes + static_cast<std::size_t>(truth[b])];
    return left != right ? left < right : a < b;
  };
  std::vector<std::size_t> order(truth.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), worse);
  std::vector<std::size_t> chosen = by_rank(order, predicted, truth);
  chosen.resize(std::min(most, chosen.size()));
  std::sort(chosen.begin(), chosen.end(), worse);
  return chosen;
}

std::string to_json(const ClassifierPage& page) {
  validate(page);
  const Measured measured = measured_of(page);
  Json json = {{"format", 1}, {"kind", "classifier"}, {"language", page.language}, {"head", head_of(page)}};
  json["documents_measured"] = measured.documents;
  json["level"] = page.level;
  json["labels"] = page.labels;
  json["figures"] = figure_list(measured);
  json["classes"] = class_list(measured, page.thresholds);
  json["confusion"] = confusion_of(page);
  json["bins"] = bins_of(page);
  json["epochs"] = epochs_of(page);
  json["best_epoch"] = page.best_epoch ? Json(*page.best_epoch) : Json(nullptr);
  json["temperature"] = temperature_of(page);
  json["documents"] = documents_of(page);
  return safe_in_script(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string classifier_page(const ClassifierPage& page) {
  return fill_page(
      {.language = page.language, .title = page.head.corpus + " · " + page.head.model, .data = to_json(page)},
      classifier_template());
}

}  // namespace malmoi::apps
