#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "neural/real.h"

// Vectors as wide as the processor that is built for, by GCC's vector extensions: the same source serves x86-64-v2 to
// v4 and both widths of Real.
namespace malmoi::neural {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
inline constexpr int kVectorRegisters = 32;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
inline constexpr int kVectorRegisters = 16;
#else
inline constexpr int kVectorBytes = 16;
inline constexpr int kVectorRegisters = 16;
#endif
inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(Real));

using VectorReal [[gnu::vector_size(kVectorBytes)]] = Real;

/// Whole numbers as wide as Real: what comparisons of VectorReal select by.
using VectorIndex [[gnu::vector_size(kVectorBytes)]] =
    std::conditional_t<sizeof(Real) == sizeof(std::int64_t), std::int64_t, std::int32_t>;

inline VectorReal load(const Real* from) {
  VectorReal value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(Real* to, const VectorReal& value) {
  std::memcpy(to, &value, sizeof(value));
}

/// part(width) for half the lanes, a quarter and so on, down to one.
template <int kWidth = kLanes / 2, typename Part>
[[gnu::always_inline]] inline void for_parts(const Part& part) {
  part(std::integral_constant<int, kWidth>());
  if constexpr (kWidth > 1) for_parts<kWidth / 2>(part);
}

/// The first `count` < kLanes values, zero behind them. In halves, quarters and so on, whose copies are single
/// instructions: a call would cost a loop around it all its registers.
inline VectorReal load_part(const Real* from, std::ptrdiff_t count) {
  alignas(kVectorBytes) Real values[kLanes] = {};
  Real* to = values;
  const auto take = [&](auto width) {
    if ((count & width) == 0) return;
    std::memcpy(to, from, width * sizeof(Real));
    from += width;
    to += width;
  };
  for_parts(take);
  return load(values);
}

inline void store_part(Real* to, const VectorReal& value, std::ptrdiff_t count) {
  alignas(kVectorBytes) Real values[kLanes];
  store(values, value);
  const Real* from = values;
  const auto put = [&](auto width) {
    if ((count & width) == 0) return;
    std::memcpy(to, from, width * sizeof(Real));
    from += width;
    to += width;
  };
  for_parts(put);
}

inline VectorReal broadcast(Real value) {
  return value - VectorReal{};
}

}  // namespace malmoi::neural
