#include "neural/panels.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace malmoi::neural {
namespace {

void copy_rows(const Real* from, std::ptrdiff_t stride, std::ptrdiff_t depth, std::ptrdiff_t columns, Real* panel) {
  const std::ptrdiff_t whole = columns / kLanes * kLanes;
  for (std::ptrdiff_t p = 0; p < depth; ++p, from += stride, panel += kPanelColumns) {
    for (std::ptrdiff_t j = 0; j < whole; j += kLanes) store(panel + j, load(from + j));
    if (whole < columns) store(panel + whole, load_part(from + whole, columns - whole));
  }
}

// Exchanges the second half of every 2 kHalf lanes of `upper` with the first half of those of `lower`.
template <std::size_t kHalf, std::size_t... kLane>
[[gnu::always_inline]] inline void exchange(VectorReal& upper, VectorReal& lower, std::index_sequence<kLane...>) {
  constexpr std::size_t kOther = kLanes;  // lanes of the second vector are counted on from here
  const VectorReal a = upper;
  const VectorReal b = lower;
  upper = __builtin_shufflevector(a, b, ((kLane & kHalf) != 0 ? kOther + kLane - kHalf : kLane)...);
  lower = __builtin_shufflevector(a, b, ((kLane & kHalf) != 0 ? kOther + kLane : kLane + kHalf)...);
}

// rows[i][j] ↔ rows[j][i] in log2(kLanes) rounds.
using Square = VectorReal[kLanes];
template <std::size_t kHalf>
[[gnu::always_inline]] inline void transpose(Square& rows) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; ++i) {
    if ((i & kHalf) == 0) exchange<kHalf>(rows[i], rows[i + kHalf], std::make_index_sequence<kLanes>());
  }
  if constexpr (kHalf > 1) transpose<kHalf / 2>(rows);
}

// The panel of a stored matrix whose rows are the panel's columns.
void copy_columns(const Real* from, std::ptrdiff_t stride, std::ptrdiff_t depth, std::ptrdiff_t columns, Real* panel) {
  for (std::ptrdiff_t j = 0; j < columns; j += kLanes) {
    for (std::ptrdiff_t p = 0; p < depth; p += kLanes) {
      const std::ptrdiff_t width = std::min<std::ptrdiff_t>(kLanes, depth - p);
      Square square;
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        const Real* row = from + (j + i) * stride + p;
        square[i] = j + i >= columns ? VectorReal{} : width == kLanes ? load(row) : load_part(row, width);
      }
      transpose<kLanes / 2>(square);
      Real* to = panel + p * kPanelColumns + j;
      if (width < kLanes) {
        for (std::ptrdiff_t i = 0; i < width; ++i) store(to + i * kPanelColumns, square[i]);
        continue;
      }
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store(to + i * kPanelColumns, square[i]);
    }
  }
}

}  // namespace

PanelPlace next_place(const PanelPlace& place, const ProductShape& shape) {
  const bool same_depth = place.column + kPanelColumns < shape.n;
  const std::ptrdiff_t row = same_depth ? place.row : place.row + kDepth;
  const std::ptrdiff_t column = same_depth ? place.column + kPanelColumns : 0;
  if (row >= shape.k) return {};
  return {row, std::min(kDepth, shape.k - row), column, std::min(kPanelColumns, shape.n - column)};
}

void pack_panel(const Factor& b, const PanelPlace& place, Real* panel) {
  if (b.op == MatrixOp::none) return copy_rows(b.values, b.stride, place.depth, place.columns, panel);
  copy_columns(b.values, b.stride, place.depth, place.columns, panel);
}

void prefetch_panel(const Factor& b, const PanelPlace& place) {
  const Real* from = part_of(b, place.row, place.column).values;
  const std::ptrdiff_t rows = b.op == MatrixOp::none ? place.depth : place.columns;
  const std::ptrdiff_t columns = b.op == MatrixOp::none ? place.columns : place.depth;
  constexpr std::ptrdiff_t kLine = 64 / sizeof(Real);
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    for (std::ptrdiff_t j = 0; j < columns; j += kLine) __builtin_prefetch(from + i * b.stride + j, 0, 2);
  }
}

void pack_left(const Factor& a, std::ptrdiff_t depth, std::ptrdiff_t rows, Real* to) {
  constexpr std::ptrdiff_t kColumnsAtOnce = 16;
  for (std::ptrdiff_t first = 0; first < depth; first += kColumnsAtOnce) {
    const std::ptrdiff_t last = std::min(depth, first + kColumnsAtOnce);
    for (std::ptrdiff_t row = 0, height = 0; row < rows; row += height) {
      height = tile_height(rows - row);
      for (std::ptrdiff_t p = first; p < last; ++p) {
        const Real* const from = a.values + p * a.stride + row;
        Real* const at = to + row * depth + p * height;
        if (height == kTileRows) {
          std::memcpy(at, from, kTileRows * sizeof(Real));
        } else {
          std::copy_n(from, height, at);
        }
      }
    }
  }
}

}  // namespace malmoi::neural
