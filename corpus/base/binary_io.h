#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "corpus/base/error.h"

namespace malmoi {

/// Appends an unsigned number in LEB128: 7 bits a byte, low bits first, 1 to 10 bytes.
inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

/// Reads numbers and byte strings from bytes that may be damaged: every read checks what is left.
/// The bytes must outlive the reader.
class BinaryReader {
 public:
  /// what  names the data in error messages, e.g. "token block 17"; must outlive the reader
  BinaryReader(std::string_view bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  [[nodiscard]] bool at_end() const noexcept { return position_ == bytes_.size(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - position_; }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (position_ == bytes_.size()) fail("ends in the middle of a number");
      const auto byte = static_cast<unsigned char>(bytes_[position_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    fail("has a number of more than 64 bits");
  }

  /// Passes over numbers without reading them: counts the bytes that end one, eight at a time.
  void skip_varints(std::uint64_t count) {
    while (count >= 8 && remaining() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes_.data() + position_, 8);
      count -= static_cast<std::uint64_t>(std::popcount(~word & 0x8080808080808080ULL));
      position_ += 8;
    }
    while (count > 0) {
      if (position_ == bytes_.size()) fail("ends in the middle of a number");
      if (static_cast<unsigned char>(bytes_[position_++]) < 0x80) --count;
    }
  }

  std::string_view take(std::size_t count) {
    if (count > remaining()) fail("is shorter than it says");
    const std::string_view part = bytes_.substr(position_, count);
    position_ += count;
    return part;
  }

  /// Throws corrupt_data: "<what> <problem> (byte N of M)".
  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorCode::corrupt_data, concat(what_, " ", problem, " (byte ", position_, " of ", bytes_.size(), ")"));
  }

 private:
  std::string_view bytes_;
  std::string_view what_;
  std::size_t position_ = 0;
};

}  // namespace malmoi
