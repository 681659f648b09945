#pragma once

#include <cstdint>

namespace malmoi::apps {

/// Processor features that the compiler may use and a machine may lack, as bits.
enum CpuFeature : std::uint32_t {
  kSsse3 = 1U << 0U,
  kSse41 = 1U << 1U,
  kSse42 = 1U << 2U,
  kPopcnt = 1U << 3U,
  kAvx = 1U << 4U,
  kAvx2 = 1U << 5U,
  kFma = 1U << 6U,
  kBmi = 1U << 7U,
  kBmi2 = 1U << 8U,
  kAvx512f = 1U << 9U,
  kAvx512bw = 1U << 10U,
  kAvx512cd = 1U << 11U,
  kAvx512dq = 1U << 12U,
  kAvx512vl = 1U << 13U,
  kAvx512vbmi = 1U << 14U,
  kAvx512vnni = 1U << 15U,
};

/// What the libraries of this program were compiled for (MALMOI_CPU).
extern const std::uint32_t kCompiledCpuFeatures;

[[nodiscard]] std::uint32_t present_cpu_features() noexcept;

/// Name of a feature of `wanted` that is not in `present`; nullptr if all are.
[[nodiscard]] const char* missing_cpu_feature(std::uint32_t wanted, std::uint32_t present) noexcept;

}  // namespace malmoi::apps
