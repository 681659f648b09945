#include "vectorize/metric.h"

#include <utility>

#include "corpus/base/error.h"

namespace malmoi::vectorize {
namespace {

// Below this share of the norms the difference "norms - overlap" has lost too many digits for a float.
constexpr double kCancelled = 1e-6;
// How far bound() lies from the score it stands for: more than a float's rounding, less than matters for speed.
constexpr double kLoose = 1e-6;

double exponent(const SimilarityOptions& options) {
  switch (options.metric) {
    case Metric::euclidean:
      return 2.0;
    case Metric::minkowski:
      return options.p;
    default:
      return 1.0;
  }
}

double power(double value, const SimilarityOptions& options) {
  const double size = std::abs(value);
  if (options.metric == Metric::minkowski) return std::pow(size, options.p);
  return options.metric == Metric::euclidean ? size * size : size;
}

// Σ |aₜ - bₜ|ᵖ over the terms of either row.
double sum_of_differences(const SparseRow& a, const SparseRow& b, const SimilarityOptions& options) {
  double sum = 0.0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.columns.size() || j < b.columns.size()) {
    const bool from_a = j == b.columns.size() || (i < a.columns.size() && a.columns[i] <= b.columns[j]);
    const bool from_b = i == a.columns.size() || (j < b.columns.size() && b.columns[j] <= a.columns[i]);
    const double left = from_a ? a.values[i++] : 0.0F;
    const double right = from_b ? b.values[j++] : 0.0F;
    sum += power(left - right, options);
  }
  return sum;
}

double root(double sum, const SimilarityOptions& options) {
  if (options.metric == Metric::manhattan) return sum;
  return options.metric == Metric::euclidean ? std::sqrt(sum) : std::pow(sum, 1.0 / options.p);
}

// A score a little worse than the given one.
double loosen(double score, bool higher_better) {
  return higher_better == (score > 0.0) ? score * (1.0 - kLoose) : score * (1.0 + kLoose);
}

// Heap order and final order: better score first, then lower row.
struct Better {
  bool higher;
  bool operator()(const Neighbor& a, const Neighbor& b) const {
    if (a.score != b.score) return (a.score > b.score) == higher;
    return a.row < b.row;
  }
};

}  // namespace

void validate(const SimilarityOptions& options, std::span<const float> values) {
  if (options.k < 1)
    throw Error(ErrorCode::invalid_argument, concat("k = ", options.k, " neighbours, wanted at least 1"));
  if (!std::isfinite(options.p) || options.p < 1.0) {
    throw Error(ErrorCode::invalid_argument,
                concat("minkowski distance: p = ", options.p, ", wanted a number of at least 1"));
  }
  if (options.threshold && !std::isfinite(*options.threshold)) {
    throw Error(ErrorCode::invalid_argument, concat("threshold = ", *options.threshold, ", wanted a finite number"));
  }
  const float least = options.metric == Metric::weighted_jaccard ? 0.0F : -HUGE_VALF;
  for (const float value : values) {
    if (std::isfinite(value) && value >= least) continue;
    throw Error(ErrorCode::invalid_argument, concat("similarity: the matrix holds ", value, ", wanted finite numbers",
                                                    least == 0.0F ? " of at least 0 for weighted Jaccard" : ""));
  }
}

SparseRow make_row(std::span<const TermId> columns, std::span<const float> values, const SimilarityOptions& options) {
  double sum = 0.0;
  for (const float value : values) {
    if (options.metric == Metric::jaccard) {
      sum += value != 0.0F ? 1.0 : 0.0;
    } else {
      sum += options.metric == Metric::cosine ? static_cast<double>(value) * value : power(value, options);
    }
  }
  return {columns, values, options.metric == Metric::cosine ? std::sqrt(sum) : sum};
}

std::vector<SparseRow> make_rows(const SparseMatrix& matrix, const SimilarityOptions& options) {
  std::vector<SparseRow> rows;
  rows.reserve(static_cast<std::size_t>(matrix.rows()));
  const std::int32_t* offsets = matrix.outerIndexPtr();
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    const auto size = static_cast<std::size_t>(offsets[r + 1] - offsets[r]);
    rows.push_back(
        make_row({matrix.innerIndexPtr() + offsets[r], size}, {matrix.valuePtr() + offsets[r], size}, options));
  }
  return rows;
}

float score_rows(const SimilarityOptions& options, const SparseRow& a, const SparseRow& b, double overlap) {
  if (options.metric == Metric::cosine) {
    const double norms = a.norm * b.norm;
    return norms == 0.0 ? 0.0F : static_cast<float>(overlap / norms);
  }
  const double norms = a.norm + b.norm;
  if (higher_is_better(options.metric)) return norms == 0.0 ? 1.0F : static_cast<float>(overlap / (norms - overlap));
  double sum = norms - overlap;
  if (sum < kCancelled * norms) sum = sum_of_differences(a, b, options);
  return static_cast<float>(root(sum, options));
}

void BestNeighbors::offer(std::int32_t row, const SparseRow& other, double overlap) {
  const Better better{higher_is_better(options_.metric)};
  const Neighbor candidate{row, score_rows(options_, query_, other, overlap)};
  if (options_.threshold && better({0, *options_.threshold}, {0, candidate.score})) return;
  if (full()) {
    if (!better(candidate, neighbors_.front())) return;
    std::pop_heap(neighbors_.begin(), neighbors_.end(), better);
    neighbors_.back() = candidate;
  } else {
    neighbors_.push_back(candidate);
  }
  std::push_heap(neighbors_.begin(), neighbors_.end(), better);
}

OverlapBound BestNeighbors::bound() const {
  constexpr OverlapBound kAll = {-HUGE_VAL, 0.0};
  if (!full() && !options_.threshold) return kAll;
  const bool higher = higher_is_better(options_.metric);
  const double wanted = full() ? neighbors_.front().score : *options_.threshold;
  const double score = loosen(wanted, higher);
  if (!higher) {
    if (score < 0.0) return {HUGE_VAL, 0.0};
    constexpr double kRounding = 1e-12;  // of sums of up to thousands of terms, relative to the norms
    const double sum = std::pow(score, exponent(options_));
    return {query_.norm * (1.0 - kRounding) - sum, 1.0 - kRounding};
  }
  // A full list refuses ties, so at score 0 something must be shared; a threshold of 0 takes everything.
  constexpr double kSomething = 1e-60;
  if (options_.metric == Metric::cosine) {
    if (!full() && wanted <= 0.0) return kAll;
    return {wanted >= 0.0 ? kSomething : 0.0, score * query_.norm};
  }
  if (query_.norm == 0.0 || (!full() && wanted <= 0.0)) return kAll;
  const double share = std::max(score, kSomething) / (1.0 + score);  // overlap / (norms - overlap) ≥ score, solved
  return {share * query_.norm, share};
}

std::vector<Neighbor> BestNeighbors::take() && {
  std::sort(neighbors_.begin(), neighbors_.end(), Better{higher_is_better(options_.metric)});
  return std::move(neighbors_);
}

}  // namespace malmoi::vectorize
