#include "corpus/int8_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::corpus {
namespace {

using ::testing::ElementsAre;

TEST(Int8Blocks, TheGreatestValueIs127AndHalvesGoToTheEvenNeighbour) {
  const std::vector<float> values = {-254, 0, 1, 3, 5, -5, 252};
  const Int8Blocks blocks = to_int8(values);
  EXPECT_THAT(blocks.scales, ElementsAre(2.0F));
  EXPECT_THAT(blocks.values, ElementsAre(-127, 0, 0, 2, 2, -2, 126));
  EXPECT_THAT(from_int8(blocks), ElementsAre(-254, 0, 0, 4, 4, -4, 252));
}

TEST(Int8Blocks, EveryBlockHasItsOwnScale) {
  std::vector<float> values(130, 127.0F);
  for (std::size_t i = 64; i < 128; ++i) values[i] = -0.5F * 127;
  values[128] = 0;
  values[129] = 0;
  const Int8Blocks blocks = to_int8(values);
  EXPECT_THAT(blocks.scales, ElementsAre(1.0F, 0.5F, 0.0F));
  EXPECT_EQ(blocks.values[63], 127);
  EXPECT_EQ(blocks.values[64], -127);
  EXPECT_EQ(from_int8(blocks), values);
}

TEST(Int8Blocks, TakesNothingTheLeastAndTheGreatestFloats) {
  EXPECT_TRUE(to_int8({}).values.empty());
  EXPECT_TRUE(from_int8({}).empty());
  using Limits = std::numeric_limits<float>;
  for (const float value : {Limits::denorm_min(), 200 * Limits::denorm_min(), Limits::min(), 1e38F}) {
    const std::vector<float> back = from_int8(to_int8(std::vector<float>{value, -value}));
    EXPECT_LE(std::abs(back[0]), 2 * value);
    EXPECT_EQ(back[0], -back[1]);
  }
}

TEST(Int8Blocks, NoValueIsOffByMoreThanHalfAStep) {
  Rng rng(3);
  std::vector<float> values(1000);
  for (float& value : values) value = static_cast<float>(rng.uniform() - 0.5);
  const Int8Blocks blocks = to_int8(values);
  const std::vector<float> back = from_int8(blocks);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(std::abs(back[i] - values[i]), 0.5001F * blocks.scales[i / kInt8Block]) << i;
  }
}

TEST(Int8Blocks, RefusesWhatCannotBe) {
  EXPECT_THROW((void)to_int8(std::vector<float>{0, std::numeric_limits<float>::infinity()}), Error);
  EXPECT_THROW((void)to_int8(std::vector<float>{std::nanf("")}), Error);
  EXPECT_THROW((void)from_int8({{1, 2}, {}}), Error);
  EXPECT_THROW((void)from_int8({{1, 2}, {1.0F, 1.0F}}), Error);
}

}  // namespace
}  // namespace malmoi::corpus
