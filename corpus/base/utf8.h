#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace malmoi {

/// Byte offset of the first byte that is not valid UTF-8 (overlong forms, surrogates and values above U+10FFFF
/// included, Unicode 15 table 3-7), or std::string_view::npos.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

/// Bytes of the code point that starts with this byte of valid UTF-8: 1 to 4.
[[nodiscard]] constexpr std::size_t utf8_length(char lead) noexcept {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// The code point at `position` of valid UTF-8; moves position behind it.
[[nodiscard]] constexpr char32_t decode_utf8(std::string_view text, std::size_t& position) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[position + i]); };
  const std::size_t length = utf8_length(text[position]);
  char32_t code = at(0);
  if (length == 2) code = ((code & 0x1FU) << 6U) | (at(1) & 0x3FU);
  if (length == 3) code = ((code & 0x0FU) << 12U) | ((at(1) & 0x3FU) << 6U) | (at(2) & 0x3FU);
  if (length == 4) {
    code = ((code & 0x07U) << 18U) | ((at(1) & 0x3FU) << 12U) | ((at(2) & 0x3FU) << 6U) | (at(3) & 0x3FU);
  }
  position += length;
  return code;
}

/// Appends the UTF-8 form of a Unicode scalar value.
void append_utf8(std::string& out, char32_t code);

/// Columns that the text takes on a terminal: East Asian wide and fullwidth characters and emoji take two, combining
/// marks none (UAX #11 by ICU). Not valid UTF-8: one column a byte.
[[nodiscard]] int display_width(std::string_view text);

/// The longest start of the text, cut between code points, that is at most `columns` wide.
[[nodiscard]] std::string_view fit_width(std::string_view text, int columns);

}  // namespace malmoi
