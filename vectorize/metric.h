#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "vectorize/similarity.h"

// What nearest_rows and all_pairs share. Every metric is a function of three sums, so that only terms that both rows
// hold are ever visited: the two norms, and the overlap over shared terms. For the distances the overlap is what the
// shared terms save: Σ |aₜ - bₜ|ᵖ = Σ |aₜ|ᵖ + Σ |bₜ|ᵖ - Σ_shared (|aₜ|ᵖ + |bₜ|ᵖ - |aₜ - bₜ|ᵖ).
namespace malmoi::vectorize {

struct SparseRow {
  std::span<const TermId> columns;  ///< ascending
  std::span<const float> values;
  double norm = 0.0;  ///< cosine: |a|₂; jaccard: number of terms; otherwise Σ |aₜ|ᵖ
};

// What a shared term adds to the overlap of two rows. Each gives exactly 0 when b is 0: dense columns rely on it.
struct CosineOverlap {
  double operator()(double a, double b) const { return a * b; }
};
struct JaccardOverlap {
  double operator()(double, double b) const { return b != 0.0 ? 1.0 : 0.0; }
};
struct WeightedJaccardOverlap {
  double operator()(double a, double b) const { return std::min(a, b); }
};
struct EuclideanOverlap {
  double operator()(double a, double b) const { return 2.0 * a * b; }
};
struct ManhattanOverlap {
  double operator()(double a, double b) const { return std::abs(a) + std::abs(b) - std::abs(a - b); }
};
struct MinkowskiOverlap {
  double p;
  double operator()(double a, double b) const {
    return std::pow(std::abs(a), p) + std::pow(std::abs(b), p) - std::pow(std::abs(a - b), p);
  }
};

/// Calls visit with the overlap of the metric.
template <typename Visit>
void with_overlap(const SimilarityOptions& options, const Visit& visit) {
  switch (options.metric) {
    case Metric::cosine:
      return visit(CosineOverlap{});
    case Metric::jaccard:
      return visit(JaccardOverlap{});
    case Metric::weighted_jaccard:
      return visit(WeightedJaccardOverlap{});
    case Metric::euclidean:
      return visit(EuclideanOverlap{});
    case Metric::manhattan:
      return visit(ManhattanOverlap{});
    case Metric::minkowski:
      return visit(MinkowskiOverlap{options.p});
  }
}

/// Throws invalid_argument for options or values that the metric has no meaning for.
void validate(const SimilarityOptions& options, std::span<const float> values);

/// A row with its norm.
[[nodiscard]] SparseRow make_row(std::span<const TermId> columns, std::span<const float> values,
                                 const SimilarityOptions& options);
[[nodiscard]] std::vector<SparseRow> make_rows(const SparseMatrix& matrix, const SimilarityOptions& options);

/// The score of two rows from their overlap. A distance between nearly equal rows, where the subtraction leaves few
/// digits, is summed anew over the terms of both.
[[nodiscard]] float score_rows(const SimilarityOptions& options, const SparseRow& a, const SparseRow& b,
                               double overlap);

/// A bound on the overlap that a better pair must reach: overlap ≥ constant + slope · norm of the other row.
struct OverlapBound {
  double constant;
  double slope;
};

/// Collects the best neighbours of one row. Rows must be offered in ascending order.
class BestNeighbors {
 public:
  BestNeighbors(const SimilarityOptions& options, const SparseRow& query) : options_(options), query_(query) {}

  void offer(std::int32_t row, const SparseRow& other, double overlap);

  /// Rows whose overlap lies below the bound need not be offered: they would be refused. It is a little loose, so that
  /// rounding never refuses a row that offer() would take.
  [[nodiscard]] OverlapBound bound() const;

  /// Best first.
  [[nodiscard]] std::vector<Neighbor> take() &&;

 private:
  [[nodiscard]] bool full() const { return neighbors_.size() >= static_cast<std::size_t>(options_.k); }

  const SimilarityOptions& options_;  // outlive this object: callers hold both through the search
  const SparseRow& query_;
  std::vector<Neighbor> neighbors_;  // a heap, the worst in front
};

}  // namespace malmoi::vectorize
