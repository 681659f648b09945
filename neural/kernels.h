#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

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

/// e^x = 2^n (1 + r + r² p(r)), |r| ≤ ln 2 / 2: the whole number n and the rest.
struct ExpParts {
  std::int32_t n;
  float rest;  ///< r + r² p(r) = e^r - 1, to 3e-9 (least maximum, fitted)
};
inline ExpParts exp_parts(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it leaves the nearest whole number in the last bits
  const float shifted = x * 1.44269504F + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;  // ln 2 in two parts (Cody and Waite)
  float p = 1.395048305e-3F;
  p = p * r + 8.368888498e-3F;
  p = p * r + 4.166620592e-2F;
  p = p * r + 0.1666651885F;
  p = p * r + 0.5000000095F;
  return {std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRound), r + r * r * p};
}

/// 2^n for n in -126 .. 127.
inline float power_of_two(std::int32_t n) {
  return std::bit_cast<float>((n + 127) << 23);
}

/// Relative error below 1.5e-7; 0 and infinity beyond the ends, denormal numbers included.
inline float fast_exp(float x) {
  float inside = x < -104.0F ? -104.0F : x;
  inside = inside > 89.0F ? 89.0F : inside;
  const ExpParts parts = exp_parts(inside);
  const std::int32_t half = parts.n >> 1;  // in two steps: 2^n itself may be too small or too great for a float
  return (1.0F + parts.rest) * power_of_two(half) * power_of_two(parts.n - half);
}

/// Relative error below 3e-7, also near 0: -t / (2 + t) with t = e^(-2|x|) - 1.
inline float fast_tanh(float x) {
  const float y = -2.0F * std::fabs(x);
  const ExpParts parts = exp_parts(y < -30.0F ? -30.0F : y);
  const float scale = power_of_two(parts.n);
  const float t = scale * parts.rest + (scale - 1.0F);
  return std::copysign(-t / (2.0F + t), x);
}

inline float fast_sigmoid(float x) {
  return 1.0F / (1.0F + fast_exp(-x));
}

/// Φ(x) = erfc(-x / √2) / 2, relative error below 1e-6 (of x² in the exponent more, far below 0).
/// erfc(z) = e^(-z²) q(1 / (1 + 0.4 z)), q fitted for the least maximum of the relative error on 0 .. 9.6, 6e-8.
inline float normal_cdf(float x) {
  const float z = std::fabs(x) * 0.707106781F;
  const float t = 1.0F / (1.0F + 0.4F * z);
  float q = 0.0404735378F;
  q = q * t - 0.136486817F;
  q = q * t + 0.0759728518F;
  q = q * t + 0.0972515735F;
  q = q * t + 0.0732513297F;
  q = q * t + 0.196205704F;
  q = q * t + 0.20115657F;
  q = q * t + 0.226547299F;
  q = q * t + 0.225628008F;
  const float tail = 0.5F * t * q * fast_exp(-0.5F * x * x);
  return x > 0 ? 1.0F - tail : tail;
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

/// Asks for numbers that are read soon, from places that the processor does not foresee. row  null: for none
inline void prefetch_row(const Real* row, std::size_t columns) {
  if (row == nullptr) return;
  constexpr std::size_t kLine = 64 / sizeof(Real);
  for (std::size_t c = 0; c < columns; c += kLine) __builtin_prefetch(row + c);
}

// Over one row of numbers. Sums are in a fixed order: lanes side by side, then the halves of the lanes, then the rest.
[[nodiscard]] Real row_max(const Real* x, std::size_t n);  ///< n ≥ 1; with NaN in it any of the row
[[nodiscard]] Real row_sum(const Real* x, std::size_t n);
[[nodiscard]] Real row_squares(const Real* x, Real mean, std::size_t n);  ///< Σ (x - mean)²
[[nodiscard]] Real row_dot(const Real* x, const Real* y, std::size_t n);
[[nodiscard]] double sum_of_squares(const Real* x, std::size_t n);
/// y = e^(x - shift); the sum of y. y may be x.
Real row_exp(const Real* x, Real shift, Real* y, std::size_t n);

/// out[c] = beta · out[c] + Σ rows x[r][c], for [rows × columns]; blocks of rows are summed apart, then in their order.
void column_sums(const Real* x, std::size_t rows, std::size_t columns, Real beta, Real* out, const RunContext& context);

}  // namespace malmoi::neural
