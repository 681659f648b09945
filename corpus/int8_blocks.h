#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace malmoi::corpus {

/// Floats as whole numbers of one byte: value i is values[i] × scales[i / kInt8Block]. The greatest absolute value of a
/// block is ±127, so that no value is off by more than 1/254 of it. Blocks instead of rows, since the weights of a
/// classifier with two labels are rows of a single value.
struct Int8Blocks {
  std::vector<std::int8_t> values;
  std::vector<float> scales;  ///< [⌈values / kInt8Block⌉] ≥ 0
};

inline constexpr std::size_t kInt8Block = 64;

/// Scales of so many values.
[[nodiscard]] constexpr std::size_t int8_scales(std::size_t values) {
  return values / kInt8Block + (values % kInt8Block == 0 ? 0 : 1);
}

/// Rounds to the nearest, of two to the even one. Throws invalid_argument for a value that is not finite.
[[nodiscard]] Int8Blocks to_int8(std::span<const float> values);

/// Throws invalid_argument: another number of scales than values need
[[nodiscard]] std::vector<float> from_int8(const Int8Blocks& blocks);

}  // namespace malmoi::corpus
