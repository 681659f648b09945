#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"

namespace malmoi::topics {

/// Columns of a panel: a row of it is one cache line of doubles.
inline constexpr Eigen::Index kPanelColumns = 8;

/// Eight columns of a tall dense matrix, row by row: [rows × 8]. A tall matrix is a row of panels; columns that fill up
/// the last of them are zero.
using Panel = Eigen::Matrix<double, Eigen::Dynamic, kPanelColumns, Eigen::RowMajor>;
using Panels = std::vector<Panel>;

/// How many panels hold so many columns.
[[nodiscard]] constexpr std::size_t panel_count(Eigen::Index columns) {
  return static_cast<std::size_t>((columns + kPanelColumns - 1) / kPanelColumns);
}

/// aᵀb [columns of a × columns of b], summed over fixed chunks of rows in their order.
[[nodiscard]] Eigen::MatrixXd inner_products(std::span<const Panel> a, std::span<const Panel> b,
                                             const RunContext& context);

/// aᵀa, at half the cost.
[[nodiscard]] Eigen::MatrixXd gram_matrix(std::span<const Panel> a, const RunContext& context);

/// b ← b - a · factors, where factors is [columns of a × 8].
void subtract_product(std::span<const Panel> a, const Eigen::MatrixXd& factors, Panel& b, const RunContext& context);

/// a ← a · factors, where factors is [columns of a × k], k at most the columns of a; k is filled up to whole panels.
void multiply_in_place(Panels& a, const Eigen::MatrixXd& factors, const RunContext& context);

/// What makes the columns of a tall matrix y orthonormal: y = Q r, Q = y · to_q.
struct ThinQr {
  Eigen::MatrixXd to_q;  ///< [columns × columns]
  Eigen::MatrixXd r;     ///< [columns × columns]
};

/// QR of a tall matrix y; Q is orthonormal to rounding also where y has dependent columns. y itself may be changed on
/// the way: to_q applies to what it is then. The padded columns of y stay zero.
///
/// columns  of y, padded ones not counted; at most its rows
/// Source   Cholesky QR, repeated (Yamamoto et al., ETNA 44, 2015); Householder's where the columns are too close to
///          dependence for that
[[nodiscard]] ThinQr thin_qr(Panels& y, Eigen::Index columns, const RunContext& context);

/// Random values in (-1, 1) in the first `columns` columns, the same for any number of threads.
[[nodiscard]] Panels random_panels(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed,
                                   const RunContext& context);

}  // namespace malmoi::topics
