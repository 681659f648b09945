#pragma once

#include <Eigen/SparseCore>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::vectorize {

/// How alike two documents a and b are. With their sums over terms t in double, ascending, and the result a float:
enum class Metric {
  cosine,            ///< similarity Σ aₜbₜ / (|a|₂ |b|₂); 0 when either is the zero vector
  jaccard,           ///< similarity of term sets: shared terms / terms of either; two empty documents: 1
  weighted_jaccard,  ///< similarity Σ min(aₜ, bₜ) / Σ max(aₜ, bₜ) (Ruzicka), values ≥ 0; two empty documents: 1
  euclidean,         ///< distance √Σ (aₜ - bₜ)²
  manhattan,         ///< distance Σ |aₜ - bₜ|
  minkowski          ///< distance (Σ |aₜ - bₜ|ᵖ)^(1/p)
};

/// True for similarities, false for distances.
[[nodiscard]] constexpr bool higher_is_better(Metric metric) noexcept {
  return metric == Metric::cosine || metric == Metric::jaccard || metric == Metric::weighted_jaccard;
}

struct SimilarityOptions {
  Metric metric = Metric::cosine;
  double p = 3.0;                       ///< exponent of minkowski, finite and ≥ 1
  std::int32_t k = 10;                  ///< at most this many neighbours, ≥ 1; kNoLimit: all that pass the threshold
  std::optional<float> threshold = {};  ///< neighbours at least this similar, or at most this distant
  static constexpr std::int32_t kNoLimit = 2147483647;
};

struct Neighbor {
  std::int32_t row = 0;
  float score = 0.0F;  ///< similarity or distance, as the metric says
  friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

/// The neighbours of many rows, joined end to end.
struct NeighborTable {
  std::vector<std::size_t> offsets = {0};  ///< [rows + 1]
  std::vector<Neighbor> neighbors;

  [[nodiscard]] std::size_t rows() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] std::span<const Neighbor> row(std::size_t r) const {
    return std::span(neighbors).subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
};

using SparseVector = Eigen::SparseVector<float, Eigen::RowMajor>;

/// The rows nearest to a query, best first; among equal scores the lower row comes first.
///
/// query   [columns of rows], weighted as the rows are
/// Returns min(k, rows) neighbours, fewer with a threshold
/// Throws  invalid_argument: sizes differ, k < 1, p < 1, a value that is not finite (or < 0 for weighted_jaccard)
/// Cost    O(non-zeros)
[[nodiscard]] std::vector<Neighbor> nearest_rows(const SparseMatrix& rows, const SparseVector& query,
                                                 const SimilarityOptions& options, const RunContext& context = {});

/// The nearest other rows of every row: exactly what nearest_rows gives for each row without itself, to the bit, for
/// any number of threads.
///
/// Cost    O(Σ df² + rows² / 8) in the worst case, with small constants: terms in more than 1/16 of the rows are held
///         as dense columns, and a pair is looked at closely only when a bound says that it could enter the result.
///         Memory: about 8 bytes a non-zero, 4 bytes × rows for each dense column, and the result.
[[nodiscard]] NeighborTable all_pairs(const SparseMatrix& rows, const SimilarityOptions& options,
                                      const RunContext& context = {});

}  // namespace malmoi::vectorize
