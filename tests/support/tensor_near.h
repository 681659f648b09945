#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "neural/tensor.h"

namespace malmoi::neural {

/// How far results may be from exact ones: rounding of a few operations.
inline constexpr double kNear = sizeof(Real) == sizeof(double) ? 1e-13 : 2e-6;

inline void expect_near(const Tensor& tensor, const std::vector<double>& expected, double limit = kNear) {
  ASSERT_EQ(tensor.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(double{tensor[i]}, expected[i], limit * std::max(1.0, std::abs(expected[i]))) << "number " << i;
  }
}

/// The message of the Error that an action throws.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace malmoi::neural
