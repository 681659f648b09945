#pragma once

#include <cstddef>
#include <cstdint>

namespace malmoi {

/// Counter-based random numbers (SplitMix64 over a keyed counter): the same sequence on every machine and compiler.
/// There is no default seed. Source: Steele, Lea and Flood, OOPSLA 2014.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) noexcept : key_(mix(seed + kGamma)) {}

  /// An independent stream, e.g. one for each chunk or document.
  [[nodiscard]] Rng split(std::uint64_t stream) const noexcept { return Rng(key_ ^ mix(stream + kGamma)); }

  std::uint64_t bits() noexcept { return mix(key_ + kGamma * ++counter_); }

  /// Uniform in [0, 1), 53 bits.
  double uniform() noexcept { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }

  /// Uniform in [0, bound), unbiased (Lemire 2019, with rejection). bound ≥ 1.
  std::size_t uniform_index(std::size_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(bits()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<Wide>(bits()) * bound;
    }
    return static_cast<std::size_t>(product >> 64U);
  }

 private:
  static constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15ULL;
  static constexpr std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace malmoi
