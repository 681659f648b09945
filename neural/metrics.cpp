#include "neural/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/figure_list.h"
#include "neural/roc_auc.h"

namespace malmoi::neural {
namespace {

constexpr float kRounding = 1e-4F;
constexpr double kLeastProbability = 0x1.0p-23;

double ratio(double part, double whole) {
  return whole > 0.0 ? part / whole : 0.0;
}

std::size_t documents_of(const ClassRows& rows) {
  const auto classes = static_cast<std::size_t>(std::max(rows.classes, 0));
  if (classes < 2 || rows.values.empty() || rows.values.size() % classes != 0) {
    throw Error(ErrorCode::invalid_argument,
                concat("score_classes: ", rows.values.size(), " probabilities of ", rows.classes,
                       " classes; wanted some documents and at least two classes"));
  }
  const auto wrong = std::find_if(rows.values.begin(), rows.values.end(),
                                  [](float p) { return !(p >= -kRounding && p <= 1.0F + kRounding); });
  if (wrong != rows.values.end()) {
    throw Error(ErrorCode::invalid_argument,
                concat("score_classes: document ", static_cast<std::size_t>(wrong - rows.values.begin()) / classes,
                       " has the probability ", *wrong, "; wanted numbers from 0 to 1"));
  }
  return rows.values.size() / classes;
}

void require_truth(std::span<const std::int32_t> truth, std::size_t documents, std::int32_t classes) {
  if (truth.size() != documents) {
    throw Error(ErrorCode::invalid_argument, concat("score_classes: ", truth.size(), " true classes for ", documents,
                                                    " documents; wanted one each"));
  }
  for (const std::int32_t one : truth) {
    if (one >= 0 && one < classes) continue;
    throw Error(ErrorCode::invalid_argument,
                concat("score_classes: true class ", one, "; wanted one from 0 to ", classes - 1));
  }
}

// What a document adds to the figures.
struct Scored {
  std::int32_t truth = 0;
  std::int32_t predicted = 0;
  std::int32_t bin = 0;
  double confidence = 0.0;
  double loss = 0.0;
  double brier = 0.0;
};

Scored score_document(std::span<const float> row, std::int32_t truth) {
  Scored scored{.truth = truth};
  scored.predicted = static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
  scored.confidence = std::clamp(static_cast<double>(row[static_cast<std::size_t>(scored.predicted)]), 0.0, 1.0);
  const auto bin = static_cast<std::int32_t>(std::ceil(scored.confidence * kReliabilityBins)) - 1;
  scored.bin = std::max(bin, 0);
  scored.loss =
      -std::log(std::clamp(static_cast<double>(row[static_cast<std::size_t>(truth)]), kLeastProbability, 1.0));
  for (std::size_t c = 0; c < row.size(); ++c) {
    const double miss = static_cast<double>(row[c]) - (c == static_cast<std::size_t>(truth) ? 1.0 : 0.0);
    scored.brier += miss * miss;
  }
  return scored;
}

// All that can be done once for every resample of the same documents.
class ScoredDocuments {
 public:
  ScoredDocuments(const ClassRows& probabilities, std::span<const std::int32_t> truth, const RunContext& context);
  [[nodiscard]] std::size_t size() const { return documents_.size(); }
  [[nodiscard]] ClassMetrics measure(std::span<const std::uint32_t> weights) const;
  [[nodiscard]] std::vector<std::int64_t> confusion() const;

 private:
  void add_roc_auc(std::span<const std::uint32_t> weights, ClassMetrics& metrics) const;

  std::size_t classes_;
  std::vector<Scored> documents_;
  std::vector<RankedScores> ranked_;  // [classes]; with two classes just that of class 1
};

ScoredDocuments::ScoredDocuments(const ClassRows& probabilities, std::span<const std::int32_t> truth,
                                 const RunContext& context)
    : classes_(static_cast<std::size_t>(probabilities.classes)), documents_(documents_of(probabilities)) {
  constexpr std::size_t kGrain = 4096;
  require_truth(truth, documents_.size(), probabilities.classes);
  parallel_for(documents_.size(), kGrain, context, [&](const Chunk& chunk) {
    for (std::size_t d = chunk.begin; d < chunk.end; ++d) {
      documents_[d] = score_document(probabilities.values.subspan(d * classes_, classes_), truth[d]);
    }
  });
  const std::size_t first = classes_ == 2 ? 1 : 0;
  ranked_.assign(classes_ - first, RankedScores({}, {}));
  parallel_for(ranked_.size(), 1, context, [&](const Chunk& chunk) {
    const std::size_t c = first + chunk.index;
    std::vector<float> scores(size());
    std::vector<std::uint8_t> positive(size());
    for (std::size_t d = 0; d < size(); ++d) {
      scores[d] = probabilities.values[d * classes_ + c];
      positive[d] = static_cast<std::size_t>(truth[d]) == c ? 1 : 0;
    }
    ranked_[chunk.index] = RankedScores(scores, positive);
  });
}

void close_bins(ClassMetrics& metrics) {
  const auto documents = static_cast<double>(metrics.documents);
  for (ReliabilityBin& bin : metrics.bins) {  // so far sums
    metrics.calibration_error += std::abs(bin.accuracy - bin.confidence) / documents;
    bin.confidence = ratio(bin.confidence, static_cast<double>(bin.documents));
    bin.accuracy = ratio(bin.accuracy, static_cast<double>(bin.documents));
  }
}

ClassMetrics ScoredDocuments::measure(std::span<const std::uint32_t> weights) const {
  ClassMetrics metrics;
  metrics.bins.resize(kReliabilityBins);
  std::vector<Tally> tallies(classes_);
  std::int64_t hits = 0;
  for (std::size_t d = 0; d < documents_.size(); ++d) {
    const Scored& scored = documents_[d];
    const auto weight = static_cast<std::int64_t>(weights[d]);
    const auto share = static_cast<double>(weights[d]);
    const std::int64_t hit = scored.truth == scored.predicted ? weight : 0;
    Tally& own = tallies[static_cast<std::size_t>(scored.truth)];
    own.support += weight;
    own.hits += hit;
    tallies[static_cast<std::size_t>(scored.predicted)].predicted += weight;
    ReliabilityBin& bin = metrics.bins[static_cast<std::size_t>(scored.bin)];
    bin.documents += weight;
    bin.confidence += share * scored.confidence;
    bin.accuracy += static_cast<double>(hit);
    hits += hit;
    metrics.documents += weight;
    metrics.log_loss += share * scored.loss;
    metrics.brier += share * scored.brier;
  }
  const auto documents = static_cast<double>(metrics.documents);
  metrics.accuracy = static_cast<double>(hits) / documents;
  metrics.log_loss /= documents;
  metrics.brier /= documents;
  close_bins(metrics);
  metrics.averages = averages_of(tallies, AbsentClass::left_out);
  for (const Tally& tally : tallies) metrics.classes.push_back({tally, scores_of(tally), {}});
  add_roc_auc(weights, metrics);
  return metrics;
}

void ScoredDocuments::add_roc_auc(std::span<const std::uint32_t> weights, ClassMetrics& metrics) const {
  if (classes_ == 2) {
    metrics.roc_auc = ranked_.front().area(weights);
    for (ClassScores& one : metrics.classes) one.roc_auc = metrics.roc_auc;
    return;
  }
  double sum = 0.0;
  double defined = 0.0;
  for (std::size_t c = 0; c < classes_; ++c) {
    metrics.classes[c].roc_auc = ranked_[c].area(weights);
    sum += metrics.classes[c].roc_auc.value_or(0.0);
    defined += metrics.classes[c].roc_auc ? 1.0 : 0.0;
  }
  if (defined > 0.0) metrics.roc_auc = sum / defined;
}

std::vector<std::int64_t> ScoredDocuments::confusion() const {
  std::vector<std::int64_t> counts(classes_ * classes_);
  for (const Scored& scored : documents_) {
    ++counts[static_cast<std::size_t>(scored.truth) * classes_ + static_cast<std::size_t>(scored.predicted)];
  }
  return counts;
}

FigureList figures_of(ClassMetrics& metrics) {
  FigureList figures;
  figures.add(metrics.accuracy);
  figures.add(metrics.log_loss);
  figures.add(metrics.brier);
  figures.add(metrics.calibration_error);
  figures.add(metrics.roc_auc);
  figures.add(metrics.averages);
  figures.add(metrics.classes);
  return figures;
}

}  // namespace

Scores scores_of(const Tally& tally) {
  const auto hits = static_cast<double>(tally.hits);
  const auto predicted = static_cast<double>(tally.predicted);
  const auto support = static_cast<double>(tally.support);
  return {ratio(hits, predicted), ratio(hits, support), ratio(2.0 * hits, predicted + support)};
}

Averages averages_of(std::span<const Tally> tallies, AbsentClass absent) {
  Averages averages;
  Tally sum;
  double counted = 0.0;
  const auto counts = [absent](const Tally& tally) {
    return absent == AbsentClass::zero || tally.support > 0 || tally.predicted > 0;
  };
  for (const Tally& tally : tallies) {
    sum.hits += tally.hits;
    sum.predicted += tally.predicted;
    sum.support += tally.support;
    counted += counts(tally) ? 1.0 : 0.0;
  }
  const auto add = [](Scores& to, const Scores& scores, double weight) {
    to.precision += weight * scores.precision;
    to.recall += weight * scores.recall;
    to.f1 += weight * scores.f1;
  };
  for (const Tally& tally : tallies) {
    const Scores scores = scores_of(tally);
    if (counts(tally)) add(averages.macro, scores, 1.0 / counted);
    add(averages.weighted, scores, ratio(static_cast<double>(tally.support), static_cast<double>(sum.support)));
  }
  averages.micro = scores_of(sum);
  return averages;
}

std::vector<std::int32_t> most_probable(const ClassRows& probabilities) {
  const auto classes = static_cast<std::ptrdiff_t>(probabilities.classes);
  std::vector<std::int32_t> best(documents_of(probabilities));
  auto row = probabilities.values.begin();
  for (std::int32_t& one : best) {
    one = static_cast<std::int32_t>(std::max_element(row, row + classes) - row);
    row += classes;
  }
  return best;
}

ClassMetrics score_classes(const ClassRows& probabilities, std::span<const std::int32_t> truth,
                           const RunContext& context) {
  const ScoredDocuments documents(probabilities, truth, context);
  ClassMetrics metrics = documents.measure(std::vector<std::uint32_t>(documents.size(), 1U));
  metrics.confusion = documents.confusion();
  return metrics;
}

ClassIntervals class_intervals(const ClassRows& probabilities, std::span<const std::int32_t> truth,
                               const BootstrapOptions& options, const RunContext& context) {
  const ScoredDocuments documents(probabilities, truth, context);
  const auto figures = [&documents](std::span<const std::uint32_t> weights) {
    ClassMetrics metrics = documents.measure(weights);
    return figures_of(metrics).values();
  };
  const std::vector<std::optional<Interval>> intervals = bootstrap(documents.size(), figures, options, context);
  ClassIntervals ends;
  ends.low = documents.measure(std::vector<std::uint32_t>(documents.size(), 1U));
  ends.low.bins.clear();
  ends.high = ends.low;
  figures_of(ends.low).put(intervals, &Interval::low);
  figures_of(ends.high).put(intervals, &Interval::high);
  return ends;
}

}  // namespace malmoi::neural
