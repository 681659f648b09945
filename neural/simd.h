#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

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

inline VectorReal load(const Real* from) {
  VectorReal value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(Real* to, const VectorReal& value) {
  std::memcpy(to, &value, sizeof(value));
}

/// The first `count` < kLanes values, zero behind them.
inline VectorReal load_part(const Real* from, std::ptrdiff_t count) {
  VectorReal value = {};
  std::memcpy(&value, from, static_cast<std::size_t>(count) * sizeof(Real));
  return value;
}

inline void store_part(Real* to, const VectorReal& value, std::ptrdiff_t count) {
  std::memcpy(to, &value, static_cast<std::size_t>(count) * sizeof(Real));
}

inline VectorReal broadcast(Real value) {
  return value - VectorReal{};
}

}  // namespace malmoi::neural
