#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "corpus/base/parallel.h"
#include "corpus/base/run_context.h"
#include "neural/real.h"

namespace malmoi::neural {

// The innermost loops of the operations. The functions of one number are free of branches and of calls, so that g++
// turns loops over them into vector instructions; all keep NaN. In double, for gradient checks, they are those of
// <cmath>.

#ifdef MALMOI_REAL_DOUBLE
inline double fast_exp(double x) {
  return std::exp(x);
}
inline double fast_tanh(double x) {
  return std::tanh(x);
}
inline double fast_sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
inline double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * 0.70710678118654752440);
}
inline double normal_density(double x) {
  return 0.39894228040143267794 * std::exp(-0.5 * x * x);
}
#else

/// e^x = 2^n e^r with |r| ≤ ln 2 / 2 and e^r = 1 + r · slope.
struct ExpParts {
  float scale;  ///< 2^n, for n in -126 .. 127
  float r;
  float slope;  ///< 1 + r p(r), p fitted for the least maximum of the error of e^r, 3e-9
};
inline ExpParts exp_parts(float x) {
  // 1.5 · 2^23 more leaves the nearest whole number in the last bits; with 127 more these are the exponent of 2^n.
  constexpr float kRound = 12582912.0F + 127.0F;
  const float shifted = x * 1.44269504F + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;  // ln 2 in two parts (Cody and Waite)
  float p = 1.395048305e-3F;
  p = p * r + 8.368888498e-3F;
  p = p * r + 4.166620592e-2F;
  p = p * r + 0.1666651885F;
  p = p * r + 0.5000000095F;
  return {std::bit_cast<float>(std::bit_cast<std::int32_t>(shifted) << 23), r, 1.0F + r * p};
}

// Where a function ends is written as a choice between results, not as a limit to x: g++ knows what it makes of such a
// limit, and makes three comparisons of one.

/// Relative error below 1.5e-7 for x in -87.33 .. 88.37; 0 below and infinity above.
inline float fast_exp(float x) {
  const ExpParts parts = exp_parts(x);
  const float y = parts.scale * (1.0F + parts.r * parts.slope);
  const float above = x < -87.33F ? 0.0F : y;
  return x > 88.37F ? std::numeric_limits<float>::infinity() : above;
}

/// Relative error below 3e-7, also near 0: -t / (2 + t) with t = e^(-2|x|) - 1.
inline float fast_tanh(float x) {
  const float y = -2.0F * std::fabs(x);
  const ExpParts parts = exp_parts(y);
  const float t = parts.scale * (parts.r * parts.slope) + (parts.scale - 1.0F);
  const float size = -t / (2.0F + t);
  return std::copysign(y < -30.0F ? 1.0F : size, x);
}

inline float fast_sigmoid(float x) {
  return 1.0F / (1.0F + fast_exp(-x));
}

/// Φ(x), the area below the normal distribution. Error below 2e-7, as of 0.5 (1 + erf(x / √2)) in float; 0 below -5.25
/// and 1 above. 0.5 + x p(x²), p fitted for the least maximum of the error with p(5.25²) = 0.5 / 5.25.
inline float normal_cdf(float x) {
  constexpr float kEnd = 5.25F;
  const float s = x * x * (2.0F / (kEnd * kEnd)) - 1.0F;  // -1 .. 1: powers of it cancel little
  float p = -0.000535670697F;
  p = p * s + 0.00145772817F;
  p = p * s - 0.00140296501F;
  p = p * s + 0.00186604195F;
  p = p * s - 0.00503129419F;
  p = p * s + 0.00907420572F;
  p = p * s - 0.0130032606F;
  p = p * s + 0.0183240421F;
  p = p * s - 0.0249819678F;
  p = p * s + 0.0320647049F;
  p = p * s - 0.0397700895F;
  p = p * s + 0.0496438621F;
  p = p * s - 0.0671266061F;
  p = p * s + 0.134659364F;
  const float y = 0.5F + x * p;
  const float above = x < -kEnd ? 0.0F : y;
  return x > kEnd ? 1.0F : above;
}

inline float normal_density(float x) {
  return 0.398942280F * fast_exp(-0.5F * x * x);
}
#endif

/// ln(1 + e^x) without overflow.
inline Real softplus(Real x) {
  return std::max(x, Real{0}) + std::log1p(std::exp(-std::fabs(x)));
}

/// Numbers a chunk of a loop that does little with each: below it, a loop is not worth a task.
inline constexpr std::size_t kBlock = 32768;

/// body(begin, end) over [0, n) in blocks of `grain`; the only block of a short loop is run without any ceremony.
/// Each block has a copy of the body: numbers that a lambda holds by value ([=]) cannot change by what it writes, as
/// far as the compiler can see, so that its loops use vectors.
template <typename Body>
void for_blocks(std::size_t n, std::size_t grain, const RunContext& context, const Body& body) {
  const auto run = [&body](std::size_t begin, std::size_t end) {
    const Body own = body;
    own(begin, end);
  };
  if (n == 0) return;
  if (n <= grain) return run(0, n);
  parallel_for(n, grain, context, [&run](const Chunk& chunk) { run(chunk.begin, chunk.end); });
}

/// How many rows of so many columns make a block.
inline std::size_t row_grain(std::size_t columns) {
  return std::max<std::size_t>(1, kBlock / std::max<std::size_t>(1, columns));
}

/// Asks for numbers that are needed soon, from places that the processor does not foresee. row  null: for none.
/// kLocality: 3 into the first-level cache, 2 into the second
template <int kLocality = 3>
void prefetch_row(const Real* row, std::size_t columns) {
  if (row == nullptr) return;
  constexpr std::size_t kLine = 64 / sizeof(Real);
  for (std::size_t c = 0; c < columns; c += kLine) __builtin_prefetch(row + c, 0, kLocality);
}

// Over one row of numbers. Sums are in a fixed order: lanes side by side, then the halves of the lanes, then the rest.
[[nodiscard]] Real row_max(const Real* x, std::size_t n);  ///< n ≥ 1; with NaN in it any of the row
[[nodiscard]] Real row_sum(const Real* x, std::size_t n);
[[nodiscard]] Real row_squares(const Real* x, Real mean, std::size_t n);  ///< Σ (x - mean)²
[[nodiscard]] Real row_dot(const Real* x, const Real* y, std::size_t n);
[[nodiscard]] double sum_of_squares(const Real* x, std::size_t n);
/// y = e^(x - shift); the sum of y. y may be x.
Real row_exp(const Real* x, Real shift, Real* y, std::size_t n);
/// Every row of x [rows × columns] becomes softmax(scale · row), one of -∞ alone zeros. scale > 0, columns ≥ 1
void softmax_rows(Real* x, std::size_t rows, std::size_t columns, Real scale);

/// out[c] = beta · out[c] + Σ rows x[r][c], for [rows × columns]; blocks of rows are summed apart, then in their order.
void column_sums(const Real* x, std::size_t rows, std::size_t columns, Real beta, Real* out, const RunContext& context);

}  // namespace malmoi::neural
