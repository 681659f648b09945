#include "neural/kernels.h"

#include <limits>
#include <utility>
#include <vector>

#include "neural/simd.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kLaneCount = sizeof(VectorReal) / sizeof(Real);
constexpr std::size_t kRowsPerBlock = 128;  // of a sum over rows

// Joins the halves of a vector until a number is left. (By shuffles: a half that is read from memory would keep the
// whole vector there, also in the loop before.)
template <typename Vector, typename Join, std::size_t... kLane>
[[gnu::always_inline]] inline auto join_halves(Vector lanes, const Join& join, std::index_sequence<kLane...>) {
  return join(__builtin_shufflevector(lanes, lanes, kLane...),
              __builtin_shufflevector(lanes, lanes, (kLane + sizeof...(kLane))...));
}
template <typename Vector, typename Join>
[[gnu::always_inline]] inline Real fold(Vector lanes, const Join& join) {
  constexpr std::size_t kHalf = sizeof(Vector) / sizeof(Real) / 2;
  if constexpr (kHalf <= 2) {
    Real first = lanes[0];
    for (std::size_t lane = 1; lane < 2 * kHalf; ++lane) first = join(first, lanes[lane]);
    return first;
  } else {
    return fold(join_halves(lanes, join, std::make_index_sequence<kHalf>()), join);
  }
}

Real sum_lanes(VectorReal lanes) {
  return fold(lanes, [](const auto& a, const auto& b) { return a + b; });
}

// out[c] = Σ x[r][c] over a block of rows, columns begin to end.
void add_up_rows(const Real* x, std::size_t rows, std::size_t columns, Real* out) {
  std::copy_n(x, columns, out);
  for (std::size_t r = 1; r < rows; ++r) {
    const Real* const row = x + r * columns;
    for (std::size_t c = 0; c < columns; ++c) out[c] += row[c];
  }
}

}  // namespace

Real row_max(const Real* x, std::size_t n) {
  const auto greater = [](const auto& a, const auto& b) { return a >= b ? a : b; };
  if (n < kLaneCount) {
    Real best = x[0];
    for (std::size_t i = 1; i < n; ++i) best = greater(best, x[i]);
    return best;
  }
  VectorReal lanes = load(x + n - kLaneCount);  // what the loop does not reach, and some twice
  for (std::size_t i = 0; i + kLaneCount <= n; i += kLaneCount) lanes = greater(lanes, load(x + i));
  return fold(lanes, greater);
}

Real row_sum(const Real* x, std::size_t n) {
  VectorReal lanes = {};
  std::size_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount) lanes += load(x + i);
  Real sum = sum_lanes(lanes);
  for (; i < n; ++i) sum += x[i];
  return sum;
}

Real row_dot(const Real* x, const Real* y, std::size_t n) {
  constexpr std::size_t kSums = 4;  // at once, so that none waits for the sum before
  VectorReal sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums * kLaneCount <= n; i += kSums * kLaneCount) {
    for (std::size_t s = 0; s < kSums; ++s) sums[s] += load(x + i + s * kLaneCount) * load(y + i + s * kLaneCount);
  }
  for (; i + kLaneCount <= n; i += kLaneCount) sums[0] += load(x + i) * load(y + i);
  Real sum = sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

Real row_squares(const Real* x, Real mean, std::size_t n) {
  VectorReal lanes = {};
  const VectorReal middle = broadcast(mean);
  std::size_t i = 0;
  for (; i + kLaneCount <= n; i += kLaneCount) {
    const VectorReal off = load(x + i) - middle;
    lanes += off * off;
  }
  Real sum = sum_lanes(lanes);
  for (; i < n; ++i) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

double sum_of_squares(const Real* x, std::size_t n) {
  constexpr std::size_t kPart = 1024;  // short enough for a sum in Real
  double sum = 0.0;
  for (std::size_t i = 0; i < n; i += kPart) {
    sum += static_cast<double>(row_dot(x + i, x + i, std::min(kPart, n - i)));
  }
  return sum;
}

Real row_exp(const Real* x, Real shift, Real* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = fast_exp(x[i] - shift);
  return row_sum(y, n);
}

// All rows take each step before the next one: e^x is fastest over many numbers, and no row waits for its own sums.
void softmax_rows(Real* x, std::size_t rows, std::size_t columns, Real scale) {
  for (std::size_t r = 0; r < rows; ++r) {
    Real* const row = x + r * columns;
    const Real greatest = row_max(row, columns);
    const Real shift = greatest == -std::numeric_limits<Real>::infinity() ? Real{0} : greatest;
    for (std::size_t c = 0; c < columns; ++c) row[c] = (row[c] - shift) * scale;
  }
  for (std::size_t i = 0; i < rows * columns; ++i) x[i] = fast_exp(x[i]);
  for (std::size_t r = 0; r < rows; ++r) {
    Real* const row = x + r * columns;
    const Real sum = row_sum(row, columns);
    const Real share = sum == 0 ? Real{0} : 1 / sum;
    for (std::size_t c = 0; c < columns; ++c) row[c] *= share;
  }
}

void column_sums(const Real* x, std::size_t rows, std::size_t columns, Real beta, Real* out,
                 const RunContext& context) {
  const std::size_t blocks = chunk_count(rows, kRowsPerBlock);
  std::vector<Real> sums(blocks * columns);
  const std::size_t grain = std::max<std::size_t>(1, row_grain(columns) / kRowsPerBlock);
  for_blocks(blocks, grain, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      const std::size_t first = b * kRowsPerBlock;
      add_up_rows(x + first * columns, std::min(kRowsPerBlock, rows - first), columns, sums.data() + b * columns);
    }
  });
  for (std::size_t c = 0; c < columns; ++c) {
    Real sum = 0;
    for (std::size_t b = 0; b < blocks; ++b) sum += sums[b * columns + c];
    out[c] = beta == 0 ? sum : out[c] + sum;
  }
}

}  // namespace malmoi::neural
