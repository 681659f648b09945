#include "neural/label_metrics.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/figure_list.h"
#include "neural/roc_auc.h"

namespace malmoi::neural {
namespace {

std::size_t documents_of(const ClassRows& rows, std::span<const std::uint8_t> truth) {
  const auto labels = static_cast<std::size_t>(std::max(rows.classes, 0));
  const bool in_range = std::all_of(rows.values.begin(), rows.values.end(), [](float p) { return p >= 0 && p <= 1; });
  if (labels == 0 || rows.values.empty() || rows.values.size() % labels != 0 || truth.size() != rows.values.size() ||
      !in_range) {
    throw Error(
        ErrorCode::invalid_argument,
        concat("score_labels: ", rows.values.size(), in_range ? "" : " odd", " probabilities of ", rows.classes,
               " labels, ", truth.size(), " marks; wanted some documents, as many marks, and numbers from 0 to 1"));
  }
  return rows.values.size() / labels;
}

// A label's column of the tables.
struct Column {
  std::vector<float> probabilities;
  std::vector<std::uint8_t> truth;
};

Column column_of(const ClassRows& rows, std::span<const std::uint8_t> truth, std::size_t label) {
  Column column;
  for (std::size_t at = label; at < truth.size(); at += static_cast<std::size_t>(rows.classes)) {
    column.probabilities.push_back(rows.values[at]);
    column.truth.push_back(truth[at]);
  }
  return column;
}

Threshold best_threshold(const Column& column) {
  std::vector<std::size_t> order(column.truth.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto probability = [&column, &order](std::size_t place) { return column.probabilities[order[place]]; };
  std::sort(order.begin(), order.end(),
            [&column](std::size_t a, std::size_t b) { return column.probabilities[a] > column.probabilities[b]; });
  Tally tally{.support = std::count(column.truth.begin(), column.truth.end(), std::uint8_t{1})};
  Threshold best;
  if (tally.support == 0) return best;
  for (std::size_t place = 0; place < order.size(); ++place) {  // all up to here get the label
    ++tally.predicted;
    tally.hits += column.truth[order[place]];
    const float below = place + 1 < order.size() ? probability(place + 1) : 0.0F;
    if (place + 1 < order.size() && below == probability(place)) continue;
    const double f1 = scores_of(tally).f1;
    if (f1 < best.f1) continue;
    const float middle = below + (probability(place) - below) / 2.0F;
    best = {middle > below ? middle : probability(place), f1};
  }
  return best;
}

// All that can be done once for every resample of the same documents.
class LabelTable {
 public:
  LabelTable(const ClassRows& probabilities, std::span<const std::uint8_t> truth, std::span<const float> thresholds,
             const RunContext& context);
  [[nodiscard]] std::size_t size() const { return wrong_.size(); }
  [[nodiscard]] LabelMetrics measure(std::span<const std::uint32_t> weights) const;

 private:
  static constexpr std::uint8_t kTrue = 1;
  static constexpr std::uint8_t kGiven = 2;
  void fill_label(std::size_t label, const Column& column, float threshold);

  std::vector<std::vector<std::uint8_t>> marks_;  // [labels][documents]
  std::vector<RankedScores> ranked_;              // [labels]
  std::vector<std::int32_t> wrong_;               // [documents] labels that are wrong
};

LabelTable::LabelTable(const ClassRows& probabilities, std::span<const std::uint8_t> truth,
                       std::span<const float> thresholds, const RunContext& context) {
  wrong_.resize(documents_of(probabilities, truth));
  const auto labels = static_cast<std::size_t>(probabilities.classes);
  if (thresholds.size() != labels) {
    throw Error(ErrorCode::invalid_argument,
                concat("score_labels: ", thresholds.size(), " thresholds for ", labels, " labels; wanted one each"));
  }
  marks_.resize(labels);
  ranked_.assign(labels, RankedScores({}, {}));
  parallel_for(labels, 1, context, [&](const Chunk& chunk) {
    fill_label(chunk.index, column_of(probabilities, truth, chunk.index), thresholds[chunk.index]);
  });
  for (const std::vector<std::uint8_t>& column : marks_) {
    for (std::size_t d = 0; d < size(); ++d) wrong_[d] += column[d] == kTrue || column[d] == kGiven ? 1 : 0;
  }
}

void LabelTable::fill_label(std::size_t label, const Column& column, float threshold) {
  for (std::size_t d = 0; d < column.truth.size(); ++d) {
    const int mark = (column.truth[d] != 0 ? kTrue : 0) + (is_given(column.probabilities[d], threshold) ? kGiven : 0);
    marks_[label].push_back(static_cast<std::uint8_t>(mark));
  }
  ranked_[label] = RankedScores(column.probabilities, column.truth);
}

LabelMetrics LabelTable::measure(std::span<const std::uint32_t> weights) const {
  LabelMetrics metrics;
  std::int64_t right = 0;
  std::int64_t wrong_cells = 0;
  for (std::size_t d = 0; d < size(); ++d) {
    const auto weight = static_cast<std::int64_t>(weights[d]);
    metrics.documents += weight;
    right += wrong_[d] == 0 ? weight : 0;
    wrong_cells += weight * wrong_[d];
  }
  const auto documents = static_cast<double>(metrics.documents);
  metrics.subset_accuracy = static_cast<double>(right) / documents;
  metrics.hamming_loss = static_cast<double>(wrong_cells) / (documents * static_cast<double>(marks_.size()));
  std::vector<Tally> tallies;
  double area = 0.0;
  double defined = 0.0;
  for (std::size_t label = 0; label < marks_.size(); ++label) {
    std::array<std::int64_t, 4> counts{};
    for (std::size_t d = 0; d < size(); ++d) counts[marks_[label][d]] += weights[d];
    const std::int64_t both = counts[kTrue | kGiven];
    const Tally& tally = tallies.emplace_back(Tally{both, both + counts[kGiven], both + counts[kTrue]});
    metrics.labels.push_back({tally, scores_of(tally), ranked_[label].area(weights)});
    area += metrics.labels.back().roc_auc.value_or(0.0);
    defined += metrics.labels.back().roc_auc ? 1.0 : 0.0;
  }
  if (defined > 0.0) metrics.roc_auc = area / defined;
  metrics.averages = averages_of(tallies, AbsentClass::zero);
  return metrics;
}

FigureList figures_of(LabelMetrics& metrics) {
  FigureList figures;
  figures.add(metrics.subset_accuracy);
  figures.add(metrics.hamming_loss);
  figures.add(metrics.roc_auc);
  figures.add(metrics.averages);
  figures.add(metrics.labels);
  return figures;
}

}  // namespace

std::vector<Threshold> tune_thresholds(const ClassRows& probabilities, std::span<const std::uint8_t> truth,
                                       const RunContext& context) {
  documents_of(probabilities, truth);
  std::vector<Threshold> thresholds(static_cast<std::size_t>(probabilities.classes));
  parallel_for(thresholds.size(), 1, context, [&](const Chunk& chunk) {
    thresholds[chunk.index] = best_threshold(column_of(probabilities, truth, chunk.index));
  });
  return thresholds;
}

LabelMetrics score_labels(const ClassRows& probabilities, std::span<const std::uint8_t> truth,
                          std::span<const float> thresholds, const RunContext& context) {
  const LabelTable table(probabilities, truth, thresholds, context);
  return table.measure(std::vector<std::uint32_t>(table.size(), 1U));
}

LabelIntervals label_intervals(const ClassRows& probabilities, std::span<const std::uint8_t> truth,
                               std::span<const float> thresholds, const BootstrapOptions& options,
                               const RunContext& context) {
  const LabelTable table(probabilities, truth, thresholds, context);
  const auto figures = [&table](std::span<const std::uint32_t> weights) {
    LabelMetrics metrics = table.measure(weights);
    return figures_of(metrics).values();
  };
  const std::vector<std::optional<Interval>> intervals = bootstrap(table.size(), figures, options, context);
  LabelIntervals ends;
  ends.low = table.measure(std::vector<std::uint32_t>(table.size(), 1U));
  ends.high = ends.low;
  figures_of(ends.low).put(intervals, &Interval::low);
  figures_of(ends.high).put(intervals, &Interval::high);
  return ends;
}

}  // namespace malmoi::neural
