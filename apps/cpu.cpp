// Compiled for the plainest processor (apps/CMakeLists.txt), so that it runs where the rest cannot.
#include "apps/cpu.h"

namespace malmoi::apps {

std::uint32_t present_cpu_features() noexcept {
  std::uint32_t present = 0;
#ifdef __x86_64__
  if (__builtin_cpu_supports("ssse3")) present |= kSsse3;
  if (__builtin_cpu_supports("sse4.1")) present |= kSse41;
  if (__builtin_cpu_supports("sse4.2")) present |= kSse42;
  if (__builtin_cpu_supports("popcnt")) present |= kPopcnt;
  if (__builtin_cpu_supports("avx")) present |= kAvx;
  if (__builtin_cpu_supports("avx2")) present |= kAvx2;
  if (__builtin_cpu_supports("fma")) present |= kFma;
  if (__builtin_cpu_supports("bmi")) present |= kBmi;
  if (__builtin_cpu_supports("bmi2")) present |= kBmi2;
  if (__builtin_cpu_supports("avx512f")) present |= kAvx512f;
  if (__builtin_cpu_supports("avx512bw")) present |= kAvx512bw;
  if (__builtin_cpu_supports("avx512cd")) present |= kAvx512cd;
  if (__builtin_cpu_supports("avx512dq")) present |= kAvx512dq;
  if (__builtin_cpu_supports("avx512vl")) present |= kAvx512vl;
  if (__builtin_cpu_supports("avx512vbmi")) present |= kAvx512vbmi;
  if (__builtin_cpu_supports("avx512vnni")) present |= kAvx512vnni;
#endif
  return present;
}

const char* missing_cpu_feature(std::uint32_t wanted, std::uint32_t present) noexcept {
  static constexpr const char* kNames[] = {"ssse3",    "sse4.1",   "sse4.2",     "popcnt",    "avx",      "avx2",
                                           "fma",      "bmi",      "bmi2",       "avx512f",   "avx512bw", "avx512cd",
                                           "avx512dq", "avx512vl", "avx512vbmi", "avx512vnni"};
  const std::uint32_t missing = wanted & ~present;
  for (unsigned bit = 0; bit < 16; ++bit) {
    if ((missing >> bit & 1U) != 0) return kNames[bit];
  }
  return nullptr;
}

}  // namespace malmoi::apps
