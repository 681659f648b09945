#include "corpus/base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace malmoi {
namespace {

// SplitMix64 of Sebastiano Vigna's splitmix64.c, written out: the plain twin.
std::uint64_t split_mix(std::uint64_t state) {
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

TEST(Rng, IsSplitMixOverAKeyedCounter) {
  constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15ULL;
  Rng rng(42);
  const std::uint64_t key = split_mix(42 + kGamma);
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_EQ(rng.bits(), split_mix(key + kGamma * i));
}

TEST(Rng, SplitsIntoStreamsThatDoNotDependOnUse) {
  Rng used(7);
  used.bits();
  EXPECT_EQ(Rng(7).split(3).bits(), used.split(3).bits());
  std::set<std::uint64_t> firsts;
  for (std::uint64_t stream = 0; stream < 1000; ++stream) firsts.insert(Rng(7).split(stream).bits());
  EXPECT_EQ(firsts.size(), 1000U);
}

TEST(Rng, IsUniform) {
  Rng rng(1);
  std::array<int, 7> counts{};
  double sum = 0;
  for (int i = 0; i < 70000; ++i) {
    ++counts[rng.uniform_index(7)];
    const double u = rng.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
  }
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);  // four standard deviations
  EXPECT_NEAR(sum / 70000, 0.5, 0.005);
}

}  // namespace
}  // namespace malmoi
