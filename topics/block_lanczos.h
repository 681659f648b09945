#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "corpus/base/run_context.h"
#include "topics/panels.h"
#include "topics/tall_matrix.h"

namespace malmoi::topics {

struct LanczosOptions {
  Eigen::Index rank = 1;        ///< wanted eigenvectors, 1 .. columns of the matrix
  Eigen::Index dimensions = 0;  ///< most columns of the basis before a restart, > rank + 16
  double tolerance = 1e-10;     ///< of the residuals, relative to the eigenvalue
  std::int32_t restarts = 300;  ///< at most
  std::uint64_t seed = 1;       ///< of the block to begin with
};

struct LanczosResult {
  Panels vectors;             ///< [columns of the matrix × rank] orthonormal, by falling eigenvalue
  bool converged = false;     ///< all residuals are within the tolerance
  std::int64_t products = 0;  ///< vectors that were multiplied by MᵀM
};

/// The leading eigenvectors of MᵀM by block Lanczos with thick restarts: blocks of eight vectors, each made orthogonal
/// to all others in one pass, a second one where that lost digits.
///
/// Throws   canceled
/// Cost     O(products · (nnz + columns · dimensions)) time, columns · dimensions · 8 bytes
/// Source   Golub and Underwood 1977 (block Lanczos); Wu and Simon, SIAM J. Matrix Anal. Appl. 22, 2000 (thick restart)
[[nodiscard]] LanczosResult block_lanczos(const TallMatrix& matrix, const LanczosOptions& options,
                                          const RunContext& context);

}  // namespace malmoi::topics
