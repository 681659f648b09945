#include "corpus/int8_blocks.h"

#include <algorithm>
#include <cmath>

#include "corpus/base/error.h"

namespace malmoi::corpus {

Int8Blocks to_int8(std::span<const float> values) {
  constexpr float kMost = 127;
  Int8Blocks blocks;
  blocks.values.reserve(values.size());
  blocks.scales.reserve(int8_scales(values.size()));
  for (std::size_t begin = 0; begin < values.size(); begin += kInt8Block) {
    const auto block = values.subspan(begin, std::min(kInt8Block, values.size() - begin));
    float greatest = 0;
    for (const float value : block) {
      if (!std::isfinite(value)) {
        throw Error(ErrorCode::invalid_argument, concat("to_int8: ", value, " is not a finite number"));
      }
      greatest = std::max(greatest, std::abs(value));
    }
    const float scale = greatest / kMost;
    blocks.scales.push_back(scale);
    for (const float value : block) {  // a scale of the least floats is rough: the quotient may go beyond
      const float quotient = scale > 0 ? std::clamp(value / scale, -kMost, kMost) : 0.0F;
      blocks.values.push_back(static_cast<std::int8_t>(std::nearbyint(quotient)));
    }
  }
  return blocks;
}

std::vector<float> from_int8(const Int8Blocks& blocks) {
  if (blocks.scales.size() != int8_scales(blocks.values.size())) {
    throw Error(ErrorCode::invalid_argument,
                concat("from_int8: ", blocks.values.size(), " values need ", int8_scales(blocks.values.size()),
                       " scales, not ", blocks.scales.size()));
  }
  std::vector<float> values(blocks.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(blocks.values[i]) * blocks.scales[i / kInt8Block];
  }
  return values;
}

}  // namespace malmoi::corpus
