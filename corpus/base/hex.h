#pragma once

#include <cstdint>
#include <string>

namespace malmoi {

/// A checksum as it is stored and shown: 16 hexadecimal digits.
[[nodiscard]] inline std::string hex(std::uint64_t value) {
  std::string digits(16, '0');
  for (auto digit = digits.rbegin(); value > 0; ++digit, value /= 16) *digit = "0123456789abcdef"[value % 16];
  return digits;
}

}  // namespace malmoi
