#pragma once

#include <cstdint>
#include <cstring>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace malmoi::topics {

// Sixteen numbers at a time, in GCC's vector types: one register with AVX-512, two with AVX, four with SSE. Every
// operation is defined lane by lane and every sum in a fixed order, so all of them give the same bits. (Files that use
// this are compiled without contraction of a * b + c, which only some processors have.)

inline constexpr std::int32_t kLanes = 16;

using Floats __attribute__((vector_size(64))) = float;
using Ints __attribute__((vector_size(64))) = std::int32_t;
using Shorts __attribute__((vector_size(32))) = std::uint16_t;

/// n rounded up to whole vectors.
constexpr std::int32_t whole_lanes(std::int32_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

/// Topics that rows are filled up to: whole squares of lanes, and at least one more than there are.
constexpr std::int32_t filled_topics(std::int32_t topics) {
  return (topics / (kLanes * kLanes) + 1) * kLanes * kLanes;
}

inline Floats broadcast(float x) {
  return Floats{} + x;
}
inline Ints lane_numbers() {
  return Ints{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
}

// Wherever it lies.
inline Floats load_unaligned(const float* from) {
  Floats values;
  std::memcpy(&values, from, sizeof values);
  return values;
}
inline void store_unaligned(float* to, Floats values) {
  std::memcpy(to, &values, sizeof values);
}
// `from` and `to` must be aligned as the type is.
inline Floats load(const float* from) {
  return *reinterpret_cast<const Floats*>(from);
}
inline Ints load(const std::int32_t* from) {
  return *reinterpret_cast<const Ints*>(from);
}
inline Ints widen(Shorts values) {
#ifdef __AVX512F__
  return reinterpret_cast<Ints>(
      _mm512_maskz_cvtepu16_epi32(0xFFFF, reinterpret_cast<__m256i>(values)));  // g++ 12 takes three steps
#else
  return __builtin_convertvector(values, Ints);
#endif
}
inline void store(float* to, Floats values) {
  *reinterpret_cast<Floats*>(to) = values;
}
inline void store(std::int32_t* to, Ints values) {
  *reinterpret_cast<Ints*>(to) = values;
}
inline Floats to_floats(Ints values) {
  return __builtin_convertvector(values, Floats);
}

/// lane[i] = values[0] + ... + values[i], added as a tree of four steps.
inline Floats running_sums(Floats values) {
  constexpr Floats kZero = {};  // lanes 0 to 15 of a pair, `values` being 16 to 31
  values += __builtin_shufflevector(kZero, values, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  values += __builtin_shufflevector(kZero, values, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  values += __builtin_shufflevector(kZero, values, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  values += __builtin_shufflevector(kZero, values, 0, 0, 0, 0, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23);
  return values;
}

/// How many lanes are at most `bound`.
inline std::int32_t count_at_most(Floats values, float bound) {
#ifdef __AVX512F__
  return __builtin_popcount(_mm512_cmp_ps_mask(reinterpret_cast<__m512>(values), _mm512_set1_ps(bound), _CMP_LE_OQ));
#else
  std::int32_t count = 0;
  for (std::int32_t i = 0; i < kLanes; ++i) count += values[i] <= bound ? 1 : 0;
  return count;
#endif
}

/// How many lanes are below `bound`.
inline std::int32_t count_below(Shorts values, std::uint16_t bound) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  return __builtin_popcount(
      _mm256_cmplt_epu16_mask(reinterpret_cast<__m256i>(values), _mm256_set1_epi16(static_cast<std::int16_t>(bound))));
#else
  std::int32_t count = 0;
  for (std::int32_t i = 0; i < kLanes; ++i) count += values[i] < bound ? 1 : 0;
  return count;
#endif
}

/// Bit i is set where lane i has the value.
inline std::uint32_t lanes_with(Shorts values, std::uint16_t value) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  return _mm256_cmpeq_epi16_mask(reinterpret_cast<__m256i>(values),
                                 _mm256_set1_epi16(static_cast<std::int16_t>(value)));
#else
  std::uint32_t lanes = 0;
  for (std::int32_t i = 0; i < kLanes; ++i) lanes |= (values[i] == value ? 1U : 0U) << static_cast<std::uint32_t>(i);
  return lanes;
#endif
}

/// The lanes from `at` on one further up, and `value` at `at`.
inline Shorts shift_up(Shorts values, std::int32_t at, std::uint16_t value) {
  constexpr Shorts kNumbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Shorts up = __builtin_shufflevector(values, values, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
  const auto place = static_cast<std::uint16_t>(at);
  return kNumbers < place ? values : kNumbers == place ? Shorts{} + value : up;
}

/// The lanes behind `at` one further down, and `value` in the last.
inline Shorts shift_down(Shorts values, std::int32_t at, std::uint16_t value) {
  constexpr Shorts kNumbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Shorts down =
      __builtin_shufflevector(values, Shorts{} + value, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  return kNumbers < static_cast<std::uint16_t>(at) ? values : down;
}

/// lane[i] = from[index[i]]; `index` Ints or Shorts. (The instruction is slower on AMD's processors than sixteen
/// loads.)
#if defined(__AVX512F__) && !defined(__znver3__) && !defined(__znver4__) && !defined(__znver5__)
inline Floats gather(const float* from, Ints index) {
  return reinterpret_cast<Floats>(  // with a mask: g++ 12 warns of the form without
      _mm512_mask_i32gather_ps(_mm512_setzero_ps(), 0xFFFF, reinterpret_cast<__m512i>(index), from, sizeof(float)));
}
inline Floats gather(const float* from, const Shorts& index) {
  return gather(from, widen(index));
}
#else
template <typename Index>
inline Floats gather(const float* from, const Index& index) {
  using Four __attribute__((vector_size(16))) = float;
  const auto four = [&](std::int32_t i) {
    return Four{from[index[i]], from[index[i + 1]], from[index[i + 2]], from[index[i + 3]]};
  };
  const auto low = __builtin_shufflevector(four(0), four(4), 0, 1, 2, 3, 4, 5, 6, 7);
  const auto high = __builtin_shufflevector(four(8), four(12), 0, 1, 2, 3, 4, 5, 6, 7);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#endif

}  // namespace malmoi::topics
