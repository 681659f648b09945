#include "neural/gemm.h"

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "corpus/base/parallel.h"
#include "neural/panels.h"
#include "neural/simd.h"

// Goto and van de Geijn, ACM TOMS 34(3), 2008. The left factor is packed only where it is stored by columns and passes
// by several panels: its values are broadcast one by one, so that rows and columns of it serve alike. The right factor
// is copied into panels of a few vectors' width, one panel of kDepth rows at a time, which stays in the first-level
// cache while all rows of the left factor pass by.
namespace malmoi::neural {
namespace {

// Rows that do not repay a copy of the right factor.
constexpr std::ptrdiff_t kFewRows = 8 * kTileRows;

// Part of a product: rows of op(A) against one panel of op(B).
struct Strip {
  const Real* a;            // the first value
  std::ptrdiff_t a_row;     // distance of two rows of op(A)
  std::ptrdiff_t a_column;  // and of two columns; 0: packed, as many as the tile has rows
  std::ptrdiff_t a_tile;    // distance of two tiles for each row
  const Real* b;            // [depth × at least the columns' whole vectors]
  std::ptrdiff_t b_row;     // distance of two rows of the panel
  std::ptrdiff_t depth;
  Real* c;
  std::ptrdiff_t c_row;
  Real beta;
  const Real* bias;  // of the columns; null: none
};

// What the sums are added to.
enum class Base { nothing, target, bias };

template <int kRows, int kVectors>
using Sums = VectorReal[kRows][kVectors];

template <int kRows, int kVectors>
[[gnu::always_inline]] inline void multiply(const Strip& strip, Sums<kRows, kVectors>& sums) {
  const Real* a = strip.a;
  const Real* b = strip.b;
  const std::ptrdiff_t a_row = strip.a_row;
  for (std::ptrdiff_t p = 0; p < strip.depth; ++p, a += strip.a_column, b += strip.b_row) {
    VectorReal right[kVectors];
    for (int j = 0; j < kVectors; ++j) right[j] = load(b + j * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const VectorReal left = broadcast(a[i * a_row]);
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) sums[i][j] += left * right[j];
    }
  }
}

// Puts the sums into kRows rows of C; the last vector has `tail` columns (kLanes: all).
template <int kRows, int kVectors, Base kBase, bool kWhole>
[[gnu::always_inline]] inline void finish(const Strip& strip, std::ptrdiff_t tail, const Sums<kRows, kVectors>& sums) {
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
    Real* row = strip.c + i * strip.c_row;
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      Real* to = row + j * kLanes;
      VectorReal sum = sums[i][j];
      if (kWhole || j + 1 < kVectors) {
        if constexpr (kBase == Base::target) sum += strip.beta * load(to);
        if constexpr (kBase == Base::bias) sum += load(strip.bias + j * kLanes);
        store(to, sum);
      } else {
        if constexpr (kBase == Base::target) sum += strip.beta * load_part(to, tail);
        if constexpr (kBase == Base::bias) sum += load_part(strip.bias + j * kLanes, tail);
        store_part(to, sum, tail);
      }
    }
  }
}

template <int kRows, int kVectors, Base kBase>
void tile_onto(const Strip& strip, std::ptrdiff_t tail) {
  if constexpr (kBase == Base::target) {  // to be there when the sums are
    for (int i = 0; i < kRows; ++i) {
      for (int j = 0; j < kVectors; ++j) __builtin_prefetch(strip.c + i * strip.c_row + j * kLanes, 1);
    }
  }
  Sums<kRows, kVectors> sums = {};
  multiply<kRows, kVectors>(strip, sums);
  tail == kLanes ? finish<kRows, kVectors, kBase, true>(strip, tail, sums)
                 : finish<kRows, kVectors, kBase, false>(strip, tail, sums);
}

template <int kRows, int kVectors>
void tile(const Strip& strip, std::ptrdiff_t tail) {
  if (strip.beta != Real{0}) return tile_onto<kRows, kVectors, Base::target>(strip, tail);
  strip.bias == nullptr ? tile_onto<kRows, kVectors, Base::nothing>(strip, tail)
                        : tile_onto<kRows, kVectors, Base::bias>(strip, tail);
}

template <int kVectors>
void tile_of_height(const Strip& strip, std::ptrdiff_t rows, std::ptrdiff_t tail) {
  switch (rows) {
    case 1:
      return tile<1, kVectors>(strip, tail);
    case 2:
      return tile<2, kVectors>(strip, tail);
    case 3:
      return tile<3, kVectors>(strip, tail);
    case 4:
      return tile<4, kVectors>(strip, tail);
    case 5:
      return tile<5, kVectors>(strip, tail);
    default:
      return tile<kTileRows, kVectors>(strip, tail);
  }
}

template <int kVectors>
void strip_of_width(Strip strip, std::ptrdiff_t rows, std::ptrdiff_t tail) {
  const bool packed = strip.a_column == 0;
  while (rows > 0) {
    const std::ptrdiff_t height = tile_height(rows);
    if (packed) strip.a_column = height;
    tile_of_height<kVectors>(strip, height, tail);
    strip.a += height * strip.a_tile;
    strip.c += height * strip.c_row;
    rows -= height;
  }
}

void multiply_strip(const Strip& strip, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  const std::ptrdiff_t vectors = (columns + kLanes - 1) / kLanes;
  const std::ptrdiff_t tail = columns - (vectors - 1) * kLanes;
  if constexpr (kTileVectors == 4) {
    if (vectors == 4) return strip_of_width<4>(strip, rows, tail);
    if (vectors == 3) return strip_of_width<3>(strip, rows, tail);
  }
  return vectors == 2 ? strip_of_width<2>(strip, rows, tail) : strip_of_width<1>(strip, rows, tail);
}

// Scales C where there is nothing to add.
void scale(const ProductShape& shape, const Target& c) {
  for (std::ptrdiff_t i = 0; i < shape.m; ++i) {
    Real* row = c.values + i * c.stride;
    const auto base = [&](std::ptrdiff_t j) { return c.bias == nullptr ? Real{0} : c.bias[j]; };
    for (std::ptrdiff_t j = 0; j < shape.n; ++j) row[j] = c.beta == Real{0} ? base(j) : c.beta * row[j];
  }
}

// a: from the place's first column on
Strip strip_at(const PanelPlace& place, const Factor& a, const Target& c) {
  const Steps step = steps(a);
  return {.a = a.values,
          .a_row = step.row,
          .a_column = step.column,
          .a_tile = step.row,
          .b = nullptr,
          .b_row = kPanelColumns,
          .depth = place.depth,
          .c = c.values + place.column,
          .c_row = c.stride,
          .beta = place.row == 0 ? c.beta : Real{1},
          .bias = c.bias == nullptr ? nullptr : c.bias + place.column};
}

// The whole of a product on one thread.
void multiply_block(const ProductShape& shape, const Factor& a, const Factor& b, const Target& c) {
  if (shape.k == 0) return scale(shape, c);
  alignas(kVectorBytes) Real panel[kDepth * kPanelColumns];
  const bool pack_a = a.op == MatrixOp::transposed && shape.m > kTileRows && shape.n > kPanelColumns;
  std::vector<Real, BufferAllocator> left(static_cast<std::size_t>(pack_a ? shape.m * std::min(kDepth, shape.k) : 0));
  for_each_panel(shape.k, shape.n, [&](const PanelPlace& place) {
    Strip strip = strip_at(place, part_of(a, 0, place.row), c);
    if (pack_a) {
      if (place.column == 0) pack_left(part_of(a, 0, place.row), place.depth, shape.m, left.data());
      strip.a = left.data();
      strip.a_row = 1;
      strip.a_column = 0;
      strip.a_tile = place.depth;
    }
    strip.b = panel;
    // The last vector of a panel must not be read past its end.
    if (shape.m <= kFewRows && b.op == MatrixOp::none && place.columns % kLanes == 0) {
      strip.b = b.values + place.row * b.stride + place.column;
      strip.b_row = b.stride;
    } else {
      pack_panel(part_of(b, place.row, place.column), place, panel);
      prefetch_panel(b, next_place(place, shape));
    }
    multiply_strip(strip, shape.m, place.columns);
  });
}

// How a product is cut into chunks: a grid over k, rows and columns of C. Each chunk packs what it reads of B, so that
// cuts across rows are few; the sums depend on the cuts of k alone.
struct Cut {
  std::ptrdiff_t depth;
  std::ptrdiff_t rows;
  std::ptrdiff_t columns;
};

std::ptrdiff_t parts(std::ptrdiff_t whole, std::ptrdiff_t part) {
  return (whole + part - 1) / part;
}

Cut cut(const ProductShape& shape, const RunContext& context) {
  constexpr double kProductsOfOneChunk = 1 << 21;  // less does not repay tasks
  constexpr std::ptrdiff_t kRows = 288;            // of a chunk; they stay in the second-level cache
  const double work = static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
  if (work < kProductsOfOneChunk) return {shape.k, shape.m, shape.n};
  if (shape.k >= 1024 && shape.m * shape.n <= 1 << 18) {  // gradients of weights
    const auto shards = static_cast<std::ptrdiff_t>(std::bit_floor(static_cast<std::size_t>(shape.k / 512)));
    const std::ptrdiff_t depth = parts(shape.k, std::min<std::ptrdiff_t>(shards, 8));
    return {parts(depth, kDepth) * kDepth, shape.m, shape.n};
  }
  if (shape.m >= kRows) {
    const std::ptrdiff_t rows = parts(shape.m, 2 * parts(shape.m, 2 * kRows));  // an even number of chunks
    return {shape.k, parts(rows, kTileRows) * kTileRows, shape.n};
  }
  return {shape.k, shape.m, context.threads <= 1 ? shape.n : kPanelColumns};
}

// C += the sum of all [m × n] in `partial`, in their order.
void add_partial(const ProductShape& shape, std::span<const Real> partial, const Target& c) {
  const std::size_t size = static_cast<std::size_t>(shape.m * shape.n);
  for (std::size_t begin = 0; begin < partial.size(); begin += size) {
    const Real* from = partial.data() + begin;
    for (std::ptrdiff_t i = 0; i < shape.m; ++i, from += shape.n) {
      Real* row = c.values + i * c.stride;
      for (std::ptrdiff_t j = 0; j < shape.n; ++j) row[j] += from[j];
    }
  }
}

// The first shard of k goes to C, every other to a matrix of its own.
void multiply_shards(const ProductShape& shape, const Factor& a, const Factor& b, const Target& c, std::ptrdiff_t depth,
                     const RunContext& context) {
  const auto shards = static_cast<std::size_t>(parts(shape.k, depth));
  const std::size_t size = static_cast<std::size_t>(shape.m * shape.n);
  std::vector<Real, BufferAllocator> partial((shards - 1) * size);
  parallel_for(shards, 1, context, [&](const Chunk& chunk) {
    const std::ptrdiff_t p = static_cast<std::ptrdiff_t>(chunk.index) * depth;
    const ProductShape part = {shape.m, shape.n, std::min(depth, shape.k - p)};
    const Target own = {chunk.index == 0 ? nullptr : partial.data() + (chunk.index - 1) * size, shape.n, Real{0}};
    multiply_block(part, part_of(a, 0, p), part_of(b, p, 0), chunk.index == 0 ? c : own);
  });
  add_partial(shape, partial, c);
}

}  // namespace

void gemm(const ProductShape& shape, const Factor& a, const Factor& b, const Target& c, const RunContext& context) {
  if (shape.m <= 0 || shape.n <= 0) return;
  const Cut part = cut(shape, context);
  if (part.depth < shape.k) return multiply_shards(shape, a, b, c, part.depth, context);
  const std::ptrdiff_t column_parts = parts(shape.n, part.columns);
  const std::ptrdiff_t chunks = parts(shape.m, part.rows) * column_parts;
  if (chunks == 1) return multiply_block(shape, a, b, c);
  parallel_for(static_cast<std::size_t>(chunks), 1, context, [&](const Chunk& chunk) {
    const auto index = static_cast<std::ptrdiff_t>(chunk.index);
    const std::ptrdiff_t row = index / column_parts * part.rows;
    const std::ptrdiff_t column = index % column_parts * part.columns;
    multiply_block(
        {std::min(part.rows, shape.m - row), std::min(part.columns, shape.n - column), shape.k}, part_of(a, row, 0),
        part_of(b, 0, column),
        {c.values + row * c.stride + column, c.stride, c.beta, c.bias == nullptr ? nullptr : c.bias + column});
  });
}

PackedFactor::PackedFactor(const Factor& b, std::ptrdiff_t k, std::ptrdiff_t n, Columns columns)
    : k_(k), n_(columns == Columns::given ? n : parts(n, kLanes) * kLanes) {
  panels_.resize(static_cast<std::size_t>(k * parts(n, kPanelColumns) * kPanelColumns));
  Real* to = panels_.data();
  for_each_panel(k, n, [&](const PanelPlace& place) {
    pack_panel(part_of(b, place.row, place.column), place, to);
    to += place.depth * kPanelColumns;
  });
}

void gemm(std::ptrdiff_t m, const Factor& a, const PackedFactor& b, const Target& c) {
  if (b.k_ == 0) return scale({m, b.n_, 0}, c);
  const Real* from = b.panels_.data();
  for_each_panel(b.k_, b.n_, [&](const PanelPlace& place) {
    Strip strip = strip_at(place, part_of(a, 0, place.row), c);
    strip.b = from;
    multiply_strip(strip, m, place.columns);
    from += place.depth * kPanelColumns;
  });
}

}  // namespace malmoi::neural
