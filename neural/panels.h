#pragma once

#include <algorithm>
#include <cstddef>

#include "neural/gemm.h"
#include "neural/real.h"
#include "neural/simd.h"

// How gemm.cpp lays out the factors of a product: the right one in panels of a few vectors' width, the left one, where
// it is stored by columns, in tiles of rows.
namespace malmoi::neural {

/// kTileRows × kTileVectors sums are held in registers.
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = kVectorRegisters == 32 ? 4 : 2;
inline constexpr std::ptrdiff_t kPanelColumns = kTileVectors * kLanes;
/// Rows of a panel: half the first-level cache.
inline constexpr std::ptrdiff_t kDepth = 128 * sizeof(float) / sizeof(Real);

/// Rows of the first tile of so many. The last two tiles share what is left: one of a row or two would wait for its
/// sums.
constexpr std::ptrdiff_t tile_height(std::ptrdiff_t rows) {
  return rows >= 2 * kTileRows ? kTileRows : rows > kTileRows ? (rows + 1) / 2 : rows;
}

/// Where op(factor)[row, column] lies.
struct Steps {
  std::ptrdiff_t row;
  std::ptrdiff_t column;
};
inline Steps steps(const Factor& factor) {
  return factor.op == MatrixOp::none ? Steps{factor.stride, 1} : Steps{1, factor.stride};
}

/// op(factor) from this row and column on.
inline Factor part_of(const Factor& factor, std::ptrdiff_t row, std::ptrdiff_t column) {
  const Steps step = steps(factor);
  return {factor.values + row * step.row + column * step.column, factor.stride, factor.op};
}

/// A panel's part of op(B): `depth` rows from `row` on, `columns` columns from `column` on.
struct PanelPlace {
  std::ptrdiff_t row;
  std::ptrdiff_t depth;
  std::ptrdiff_t column;
  std::ptrdiff_t columns;
};

/// Calls visit(place) for every panel, all columns for one depth after the other.
template <typename Visit>
void for_each_panel(std::ptrdiff_t k, std::ptrdiff_t n, const Visit& visit) {
  for (std::ptrdiff_t p = 0; p < k; p += kDepth) {
    for (std::ptrdiff_t j = 0; j < n; j += kPanelColumns) {
      visit(PanelPlace{p, std::min(kDepth, k - p), j, std::min(kPanelColumns, n - j)});
    }
  }
}

/// The place that for_each_panel visits after this one; empty behind the last.
[[nodiscard]] PanelPlace next_place(const PanelPlace& place, const ProductShape& shape);

/// The beginning of op(B) as a panel [depth × kPanelColumns].
void pack_panel(const Factor& b, const PanelPlace& place, Real* panel);

/// Asks for the panel that is packed next: its rows are too far apart for the processor to foresee.
void prefetch_panel(const Factor& b, const PanelPlace& place);

/// Rows of a left factor that is stored by columns, in the order in which tiles read them: of such columns, powers of
/// two apart, a tile would read six values a line and drive its panel out of the first-level cache.
void pack_left(const Factor& a, std::ptrdiff_t depth, std::ptrdiff_t rows, Real* to);

}  // namespace malmoi::neural
