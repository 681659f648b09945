#include "topics/truncated_svd.h"

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "topics/block_lanczos.h"
#include "topics/panels.h"
#include "topics/tall_matrix.h"

namespace malmoi::topics {
namespace {

using vectorize::SparseMatrix;

constexpr Eigen::Index kLargestFull = Eigen::Index{1} << 26U;

void require(bool fulfilled, std::string_view what, double seen) {
  if (!fulfilled) throw Error(ErrorCode::invalid_argument, concat("truncated_svd: ", what, ", not ", seen));
}

void require_finite(const SparseMatrix& matrix) {
  for (Eigen::Index r = 0; r < matrix.outerSize(); ++r) {
    for (SparseMatrix::InnerIterator entry(matrix, r); entry; ++entry) {
      if (std::isfinite(entry.value())) continue;
      throw Error(ErrorCode::invalid_argument, concat("truncated_svd: the value in row ", entry.row(), ", column ",
                                                      entry.col(), " is ", entry.value(), ", not a finite number"));
    }
  }
}

void validate(const SvdOptions& options, const SparseMatrix& matrix) {
  const Eigen::Index most = std::min(matrix.rows(), matrix.cols());
  if (options.rank < 1 || options.rank > most) {
    throw Error(ErrorCode::invalid_argument, concat("truncated_svd: a matrix of ", matrix.rows(), " x ", matrix.cols(),
                                                    " has ranks from 1 to ", most, ", not ", options.rank));
  }
  require(options.tolerance > 0.0 && options.tolerance < 1.0, "the tolerance is between 0 and 1", options.tolerance);
  require(options.basis == 0 || options.basis > options.rank + 16, "the basis needs more than rank + 16 vectors",
          options.basis);
  require(options.restarts >= 0, "restarts are at least 0", options.restarts);
  require(options.oversampling >= 0, "oversampling is at least 0", options.oversampling);
  require(options.power_iterations >= 0, "power iterations are at least 0", options.power_iterations);
  if (options.method == SvdMethod::full && matrix.rows() > kLargestFull / matrix.cols()) {
    throw Error(ErrorCode::invalid_argument, concat("truncated_svd: the full method is for matrices of at most 2^26 ",
                                                    "cells, not of ", matrix.rows(), " x ", matrix.cols()));
  }
}

// Singular triplets of a tall matrix, in the order of its rows and columns.
struct Triplets {
  Panels left;  // [rows × rank]
  Eigen::VectorXd sigma;
  Panels right;  // [columns × rank]
};

Panels times(const TallMatrix& matrix, const Panels& right, const RunContext& context) {
  Panels products(right.size());
  for (std::size_t p = 0; p < right.size(); ++p) matrix.multiply(right[p], products[p], context);
  return products;
}

Panels times_transposed(const TallMatrix& matrix, const Panels& left, const RunContext& context) {
  Panels products(left.size());
  for (std::size_t p = 0; p < left.size(); ++p) matrix.multiply_transposed(left[p], products[p], context);
  return products;
}

// From an orthonormal basis X of one side and Y = M X (or Mᵀ X): Y = Q R, R = P Σ Wᵀ, so M ≈ (Q P) Σ (X W)ᵀ. Leaves the
// first `rank` triplets: Y ← Q P and X ← X W.
Eigen::VectorXd rotate(Panels& basis, Panels& products, Eigen::Index columns, Eigen::Index rank,
                       const RunContext& context) {
  const ThinQr qr = thin_qr(products, columns, context);
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(qr.r, Eigen::ComputeThinU | Eigen::ComputeThinV);
  multiply_in_place(products, qr.to_q * svd.matrixU().leftCols(rank), context);
  multiply_in_place(basis, svd.matrixV().leftCols(rank), context);
  return svd.singularValues().head(rank);
}

Triplets by_lanczos(const TallMatrix& matrix, const SvdOptions& options, Svd& svd, const RunContext& context) {
  const std::int32_t basis = options.basis > 0 ? options.basis : std::max(2 * options.rank + 8, options.rank + 60);
  LanczosResult found =
      block_lanczos(matrix, {options.rank, basis, options.tolerance, options.restarts, options.seed}, context);
  svd.converged = found.converged;
  svd.products = found.products;
  Triplets triplets;
  triplets.right = std::move(found.vectors);
  triplets.left = times(matrix, triplets.right, context);
  triplets.sigma = rotate(triplets.right, triplets.left, options.rank, options.rank, context);
  return triplets;
}

Triplets by_subspace_iteration(const TallMatrix& matrix, const SvdOptions& options, Svd& svd,
                               const RunContext& context) {
  const Eigen::Index columns = std::min<Eigen::Index>(options.rank + options.oversampling, matrix.cols());
  const std::int64_t steps = options.power_iterations + 1;
  Panels sample = random_panels(matrix.cols(), columns, options.seed, context);
  for (std::int32_t step = 0; step < options.power_iterations; ++step) {
    for (Panel& panel : sample) {
      Panel across;
      matrix.multiply(panel, across, context);
      matrix.multiply_transposed(across, panel, context);
    }
    multiply_in_place(sample, thin_qr(sample, columns, context).to_q, context);
    context.report({"svd", step + 1, steps});
  }
  Triplets triplets;
  triplets.left = times(matrix, sample, context);
  multiply_in_place(triplets.left, thin_qr(triplets.left, columns, context).to_q, context);
  triplets.right = times_transposed(matrix, triplets.left, context);
  triplets.sigma = rotate(triplets.left, triplets.right, columns, options.rank, context);
  svd.products = steps * columns;
  context.report({"svd", steps, steps});
  return triplets;
}

// Lengths of the columns of a - b · diag(sigma).
Eigen::VectorXd differences(const Panels& a, const Panels& b, const Eigen::VectorXd& sigma, const RunContext& context) {
  Eigen::VectorXd norms(sigma.size());
  parallel_for(a.size(), 1, context, [&](const Chunk& chunk) {
    const Eigen::Index begin = static_cast<Eigen::Index>(chunk.index) * kPanelColumns;
    const Eigen::Index count = std::min(kPanelColumns, sigma.size() - begin);
    Eigen::Array<double, 1, kPanelColumns> factors = Eigen::Array<double, 1, kPanelColumns>::Zero();
    Eigen::Array<double, 1, kPanelColumns> squares = factors;
    factors.head(count) = sigma.segment(begin, count).transpose();
    const Panel& left = a[chunk.index];
    const Panel& right = b[chunk.index];
    for (Eigen::Index i = 0; i < left.rows(); ++i) {
      squares += (left.row(i).array() - right.row(i).array() * factors).square();
    }
    norms.segment(begin, count) = squares.head(count).sqrt().transpose();
  });
  return norms;
}

// The rows of the panels in the old order, without the columns that fill up.
RealMatrix unpack(const Panels& panels, const std::vector<std::int32_t>& order, Eigen::Index columns,
                  const RunContext& context) {
  RealMatrix matrix(static_cast<Eigen::Index>(order.size()), columns);
  parallel_for(order.size(), 1024, context, [&](const Chunk& chunk) {
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      double* const out = matrix.data() + static_cast<Eigen::Index>(order[i]) * columns;
      for (Eigen::Index c = 0; c < columns; ++c) {
        out[c] = panels[static_cast<std::size_t>(c / kPanelColumns)](static_cast<Eigen::Index>(i), c % kPanelColumns);
      }
    }
  });
  return matrix;
}

Svd full(const SparseMatrix& matrix, Eigen::Index rank) {
  const Eigen::MatrixXd dense = Eigen::MatrixXd(matrix.cast<double>());
  const Eigen::BDCSVD<Eigen::MatrixXd> solver(dense, Eigen::ComputeThinU | Eigen::ComputeThinV);
  Svd svd;
  svd.u = solver.matrixU().leftCols(rank);
  svd.v = solver.matrixV().leftCols(rank);
  svd.sigma = solver.singularValues().head(rank);
  const Eigen::MatrixXd along = dense * svd.v - svd.u * svd.sigma.asDiagonal();
  const Eigen::MatrixXd across = dense.transpose() * svd.u - svd.v * svd.sigma.asDiagonal();
  svd.residuals.resize(rank);
  for (Eigen::Index k = 0; k < rank; ++k) svd.residuals[k] = std::max(along.col(k).norm(), across.col(k).norm());
  return svd;
}

// Turns u and v so that the greatest entry of each column of v is positive; near ties go to the first of them.
void fix_signs(Svd& svd) {
  const Eigen::Index rank = svd.v.cols();
  Eigen::VectorXd enough = Eigen::VectorXd::Zero(rank);
  for (Eigen::Index row = 0; row < svd.v.rows(); ++row) {
    for (Eigen::Index c = 0; c < rank; ++c) enough[c] = std::max(enough[c], std::abs(svd.v(row, c)));
  }
  Eigen::VectorXd signs = Eigen::VectorXd::Zero(rank);
  for (Eigen::Index row = 0; row < svd.v.rows(); ++row) {
    for (Eigen::Index c = 0; c < rank; ++c) {
      if (signs[c] == 0.0 && std::abs(svd.v(row, c)) >= enough[c] * (1.0 - 1e-9)) {
        signs[c] = svd.v(row, c) < 0.0 ? -1.0 : 1.0;
      }
    }
  }
  for (RealMatrix* const matrix : {&svd.u, &svd.v}) {
    for (Eigen::Index row = 0; row < matrix->rows(); ++row) {
      for (Eigen::Index c = 0; c < rank; ++c) (*matrix)(row, c) *= signs[c];
    }
  }
}

void drop_rounding(Svd& svd) {
  const auto size = static_cast<double>(std::max(svd.u.rows(), svd.v.rows()));
  const double least = std::numeric_limits<double>::epsilon() * size * svd.sigma[0];
  for (double& value : svd.sigma) {
    if (value <= least) value = 0.0;
  }
}

Svd iterate(const SparseMatrix& matrix, const SvdOptions& options, const RunContext& context) {
  const TallMatrix tall(matrix);
  Svd svd;
  const Triplets found = options.method == SvdMethod::lanczos ? by_lanczos(tall, options, svd, context)
                                                              : by_subspace_iteration(tall, options, svd, context);
  svd.sigma = found.sigma;
  const Eigen::VectorXd along = differences(times(tall, found.right, context), found.left, svd.sigma, context);
  const Eigen::VectorXd across =
      differences(times_transposed(tall, found.left, context), found.right, svd.sigma, context);
  svd.residuals.resize(options.rank);
  for (Eigen::Index k = 0; k < along.size(); ++k) svd.residuals[k] = std::max(along[k], across[k]);
  svd.u = unpack(found.left, tall.row_order(), options.rank, context);
  svd.v = unpack(found.right, tall.column_order(), options.rank, context);
  if (tall.transposed()) svd.u.swap(svd.v);
  return svd;
}

}  // namespace

Svd truncated_svd(const SparseMatrix& matrix, const SvdOptions& options, const RunContext& context) {
  validate(options, matrix);
  require_finite(matrix);
  throw_if_stopped(context);
  Svd svd = options.method == SvdMethod::full ? full(matrix, options.rank) : iterate(matrix, options, context);
  drop_rounding(svd);
  fix_signs(svd);
  return svd;
}

}  // namespace malmoi::topics
