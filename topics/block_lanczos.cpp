#include "topics/block_lanczos.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "corpus/base/parallel.h"

namespace malmoi::topics {
namespace {

// MᵀM times the last block meets that one and the one before it; all others only by rounding, but for the restarts.
constexpr std::size_t kRecent = 2;
constexpr double kRounding = std::numeric_limits<double>::epsilon();

// After every step MᵀM · basis = basis · projected + next · coupling · (last eight unit vectors)ᵀ.
struct Krylov {
  Panels basis;               // orthonormal
  Eigen::MatrixXd projected;  // basisᵀ MᵀM basis
  Panel next;                 // the block that follows, orthonormal to the basis
  Eigen::MatrixXd coupling;   // [8 × 8]
  Eigen::MatrixXd along;      // the last eight columns of `projected`
  Panel across;               // M times the last block
  std::uint64_t seed = 0;     // of the next random block
  std::int64_t products = 0;

  [[nodiscard]] Eigen::Index size() const { return static_cast<Eigen::Index>(basis.size()) * kPanelColumns; }
};

// Upper triangle R with RᵀR = gram. A column whose pivot is below `least` is dropped: its row of R is zero.
struct BlockFactor {
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(kPanelColumns, kPanelColumns);
  Eigen::VectorXd pivots = Eigen::VectorXd::Zero(kPanelColumns);
};

BlockFactor factor_block(const Eigen::MatrixXd& gram, double least) {
  BlockFactor factor;
  for (Eigen::Index j = 0; j < kPanelColumns; ++j) {
    for (Eigen::Index i = 0; i < j; ++i) {
      if (factor.pivots[i] == 0.0) continue;
      const double sum = factor.r.col(i).head(i).dot(factor.r.col(j).head(i));
      factor.r(i, j) = (gram(i, j) - sum) / factor.r(i, i);
    }
    const double square = gram(j, j) - factor.r.col(j).head(j).squaredNorm();
    if (square <= least * least) continue;
    factor.r(j, j) = factor.pivots[j] = std::sqrt(square);
  }
  return factor;
}

// block ← block · R⁻¹; dropped columns get random values of norm about 1.
void divide(Panel& block, const BlockFactor& factor, std::uint64_t seed, const RunContext& context) {
  Eigen::MatrixXd upper = factor.r;
  const bool dropped = (factor.pivots.array() == 0.0).any();
  for (Eigen::Index j = 0; j < kPanelColumns; ++j) {
    if (factor.pivots[j] == 0.0) upper(j, j) = 1.0;
  }
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(kPanelColumns, kPanelColumns);
  Panels single(1);
  single.front().swap(block);
  multiply_in_place(single, upper.triangularView<Eigen::Upper>().solve(identity), context);
  block.swap(single.front());
  if (!dropped) return;
  const Panels random = random_panels(block.rows(), kPanelColumns, seed, context);
  const double norm = std::sqrt(static_cast<double>(block.rows()) / 3.0);
  for (Eigen::Index j = 0; j < kPanelColumns; ++j) {
    if (factor.pivots[j] == 0.0) block.col(j) = random.front().col(j) / norm;
  }
}

// One pass of Gram and Schmidt against the last `panels` of the basis, then within the block. Adds what was taken away
// to `along` and updates the coupling. Returns the smallest part of a vector that was left, relative to its length.
double orthogonalize_once(Krylov& krylov, std::size_t panels, double least, const RunContext& context) {
  Panel& block = krylov.next;
  const std::span<const Panel> against = std::span<const Panel>(krylov.basis).last(panels);
  const Eigen::MatrixXd parts = inner_products(against, {&block, 1}, context);
  subtract_product(against, parts, block, context);
  krylov.along.bottomRows(parts.rows()) += parts * krylov.coupling;
  const Eigen::MatrixXd gram = gram_matrix({&block, 1}, context);
  const Eigen::VectorXd lengths =
      (parts.colwise().squaredNorm().transpose() + gram.diagonal().cwiseMax(0.0)).cwiseSqrt();
  const BlockFactor factor = factor_block(gram, least * lengths.maxCoeff());
  divide(block, factor, krylov.seed++, context);
  krylov.coupling = factor.r * krylov.coupling;
  return (factor.pivots.array() / lengths.array().max(std::numeric_limits<double>::min())).minCoeff();
}

// Splits next = basis · along + (the new next) · coupling, with the new next orthonormal to the basis and in itself.
// All but the last `recent` panels are orthogonal to it but for rounding, so one pass is enough for them.
void orthogonalize(Krylov& krylov, std::size_t recent, const RunContext& context) {
  constexpr int kPasses = 6;
  constexpr double kKept = 0.5;  // rounding in a pass is magnified by the inverse of what it leaves
  krylov.along = Eigen::MatrixXd::Zero(krylov.size(), kPanelColumns);
  krylov.coupling = Eigen::MatrixXd::Identity(kPanelColumns, kPanelColumns);
  orthogonalize_once(krylov, recent, kRounding, context);
  for (int pass = 0; pass < kPasses; ++pass) {
    if (orthogonalize_once(krylov, krylov.basis.size(), 1e-8, context) > kKept) return;
  }
}

// MᵀM of the next block, which joins the basis. `recent` panels of that are not orthogonal to the product.
void extend(Krylov& krylov, const TallMatrix& matrix, std::size_t recent, const RunContext& context) {
  krylov.basis.push_back(std::move(krylov.next));
  krylov.products += kPanelColumns;
  matrix.multiply(krylov.basis.back(), krylov.across, context);
  matrix.multiply_transposed(krylov.across, krylov.next, context);
  orthogonalize(krylov, std::min(recent, krylov.basis.size()), context);
  const Eigen::Index before = krylov.size() - kPanelColumns;
  krylov.projected.conservativeResize(krylov.size(), krylov.size());
  krylov.projected.rightCols(kPanelColumns) = krylov.along;
  krylov.projected.bottomLeftCorner(kPanelColumns, before) = krylov.along.topRows(before).transpose();
  const Eigen::MatrixXd corner = krylov.along.bottomRows(kPanelColumns);
  krylov.projected.bottomRightCorner(kPanelColumns, kPanelColumns) = 0.5 * (corner + corner.transpose());
}

// Ritz values by falling size, and the vectors that belong to them.
struct Ritz {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};

Ritz ritz(const Eigen::MatrixXd& projected) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(projected);
  return {solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse()};
}

Eigen::Index count_converged(const Krylov& krylov, const Ritz& pairs, const LanczosOptions& options) {
  const Eigen::MatrixXd last = krylov.coupling * pairs.vectors.bottomRows(kPanelColumns).leftCols(options.rank);
  const double least = 16.0 * kRounding * pairs.values[0];
  Eigen::Index converged = 0;
  for (Eigen::Index i = 0; i < options.rank; ++i) {
    if (last.col(i).norm() <= std::max(options.tolerance * pairs.values[i], least)) ++converged;
  }
  return converged;
}

void restart(Krylov& krylov, const Ritz& pairs, Eigen::Index kept, const RunContext& context) {
  multiply_in_place(krylov.basis, pairs.vectors.leftCols(kept), context);
  krylov.projected = pairs.values.head(kept).asDiagonal();
}

// Where the basis would fill the whole space: all of MᵀM at once.
LanczosResult whole_space(const TallMatrix& matrix, const LanczosOptions& options, const RunContext& context) {
  const Eigen::Index size = matrix.cols();
  Eigen::MatrixXd gram(size, size);
  Panel across;
  Panel product;
  for (Eigen::Index begin = 0; begin < size; begin += kPanelColumns) {
    const Eigen::Index count = std::min(kPanelColumns, size - begin);
    Panel unit = Panel::Zero(size, kPanelColumns);
    for (Eigen::Index c = 0; c < count; ++c) unit(begin + c, c) = 1.0;
    matrix.multiply(unit, across, context);
    matrix.multiply_transposed(across, product, context);
    gram.middleCols(begin, count) = product.leftCols(count);
  }
  const Ritz pairs = ritz(gram);
  LanczosResult result{{}, true, size};
  for (Eigen::Index begin = 0; begin < options.rank; begin += kPanelColumns) {
    const Eigen::Index count = std::min(kPanelColumns, options.rank - begin);
    result.vectors.emplace_back(Panel::Zero(size, kPanelColumns));
    result.vectors.back().leftCols(count) = pairs.vectors.middleCols(begin, count);
  }
  return result;
}

}  // namespace

LanczosResult block_lanczos(const TallMatrix& matrix, const LanczosOptions& options, const RunContext& context) {
  constexpr Eigen::Index kBetweenLooks = 6 * kPanelColumns;  // an eigenproblem costs as much as several steps
  const auto dimensions = static_cast<Eigen::Index>(panel_count(options.dimensions)) * kPanelColumns;
  if (dimensions + kPanelColumns >= matrix.cols()) return whole_space(matrix, options, context);
  const Eigen::Index kept = (options.rank + (dimensions - options.rank) / 2) / kPanelColumns * kPanelColumns;
  Krylov krylov;
  krylov.seed = options.seed;
  krylov.next = std::move(random_panels(matrix.cols(), kPanelColumns, krylov.seed++, context).front());
  orthogonalize(krylov, 0, context);
  std::int32_t restarts = 0;
  Eigen::Index next_look = std::min(dimensions, 2 * options.rank);
  std::size_t recent = kRecent;
  while (true) {
    extend(krylov, matrix, recent, context);
    recent = kRecent;
    if (krylov.size() < next_look) continue;
    const Ritz pairs = ritz(krylov.projected);
    const Eigen::Index done = count_converged(krylov, pairs, options);
    context.report({"svd", done, options.rank});
    const bool full = krylov.size() >= dimensions;
    if (done == options.rank || (full && restarts == options.restarts)) {
      multiply_in_place(krylov.basis, pairs.vectors.leftCols(options.rank), context);
      return {std::move(krylov.basis), done == options.rank, krylov.products};
    }
    if (full) {
      restart(krylov, pairs, kept, context);
      ++restarts;
      recent = krylov.basis.size() + 1;
    }
    next_look = std::min(dimensions, krylov.size() + kBetweenLooks);
  }
}

}  // namespace malmoi::topics
