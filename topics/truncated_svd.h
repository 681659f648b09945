#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

using RealMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

enum class SvdMethod {
  lanczos,     ///< block Lanczos on the smaller of AᵀA and AAᵀ: to the tolerance
  randomized,  ///< subspace iteration: a fixed number of products, for large ranks; the last values come out too small
  full         ///< all of the dense matrix (Eigen's BDCSVD), rows × cols at most 2^26: small matrices
};

struct SvdOptions {
  std::int32_t rank = 100;  ///< 1 .. min(rows, cols)
  SvdMethod method = SvdMethod::lanczos;
  double tolerance = 1e-12;        ///< lanczos: of ‖AᵀA v - σ² v‖ relative to σ²; 0 < tolerance < 1
  std::int32_t basis = 0;          ///< lanczos: most vectors held at once, > rank + 16; 0: max(2 rank + 8, rank + 60)
  std::int32_t restarts = 300;     ///< lanczos: at most so many, ≥ 0
  std::int32_t oversampling = 10;  ///< randomized: extra vectors, ≥ 0
  std::int32_t power_iterations = 5;  ///< randomized: products with AᵀA, ≥ 0
  std::uint64_t seed = 1;             ///< of the vectors to begin with
};

/// The leading singular triplets A ≈ u · diag(sigma) · vᵀ. Columns of u and v are orthonormal, also those of σ = 0.
struct Svd {
  RealMatrix u;               ///< [rows × rank]
  Eigen::VectorXd sigma;      ///< [rank] ≥ 0, descending; below rounding (ε · max(rows, cols) · σ₁): 0
  RealMatrix v;               ///< [cols × rank]; the entry of largest magnitude in a column is positive
  Eigen::VectorXd residuals;  ///< [rank] the larger of ‖A v - σ u‖ and ‖Aᵀu - σ v‖
  bool converged = true;      ///< lanczos: to the tolerance; the others always end
  std::int64_t products = 0;  ///< vectors multiplied by AᵀA (or AAᵀ), a half for one by A alone; full: 0
};

/// Leading singular triplets of a sparse matrix.
///
/// matrix   [rows × cols], any weighting; it is not centred. Sums are in double.
/// Returns  the same bytes for every number of threads; in every column of v the entry of largest magnitude (the first
///          of those within 1e-9 of it) is positive
/// Throws   invalid_argument: an option out of range, a value that is not finite, too large for `full`; canceled
/// Cost     lanczos: O(nnz + min(rows, cols) · basis) a product, some 5 · rank products;
///          randomized: O(nnz · (rank + oversampling) · (power_iterations + 1))
///
/// Lanczos works with squares σ²: it cannot tell directions apart whose σ is below about 1e-7 · σ₁. The vectors that it
/// finds are put through a QR of A v and an SVD of that triangle, so that values above are right to rounding of σ₁;
/// `residuals` shows what became of smaller ones. `full` has no such bound.
/// Source   Halko, Martinsson and Tropp, SIAM Review 53(2), 2011, algorithms 4.4 and 5.1; topics/block_lanczos.h
[[nodiscard]] Svd truncated_svd(const vectorize::SparseMatrix& matrix, const SvdOptions& options,
                                const RunContext& context = {});

}  // namespace malmoi::topics
