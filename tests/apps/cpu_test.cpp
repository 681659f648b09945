#include "apps/cpu.h"

#include <gtest/gtest.h>

namespace malmoi::apps {
namespace {

TEST(Cpu, NamesTheFirstFeatureThatIsMissing) {
  EXPECT_STREQ(missing_cpu_feature(kAvx2 | kFma | kAvx512vnni, kAvx2 | kAvx512vnni), "fma");
  EXPECT_STREQ(missing_cpu_feature(kAvx512vnni, kAvx512vbmi), "avx512vnni");
  EXPECT_STREQ(missing_cpu_feature(kSsse3, 0), "ssse3");
}

TEST(Cpu, IsContentWithMoreThanWanted) {
  EXPECT_EQ(missing_cpu_feature(kAvx2, kAvx | kAvx2 | kFma), nullptr);
  EXPECT_EQ(missing_cpu_feature(0, 0), nullptr);
}

TEST(Cpu, ThisMachineRunsWhatItBuilt) {
  EXPECT_EQ(missing_cpu_feature(kCompiledCpuFeatures, present_cpu_features()), nullptr);
}

}  // namespace
}  // namespace malmoi::apps
