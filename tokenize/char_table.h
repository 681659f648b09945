#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "corpus/base/utf8.h"
#include "tokenize/word_scanner.h"

namespace malmoi::tokenize {

/// What cutting text needs to know about a code point: a set of ScriptFlag bits and the bits below.
using CharInfo = std::uint32_t;
enum CharFlag : CharInfo {
  kLetter = 1U << 8U,         ///< WB=ALetter, and @ as ICU has it
  kNumeric = 1U << 9U,        ///< WB=Numeric
  kExtendNumLet = 1U << 10U,  ///< WB=ExtendNumLet: _
  kMidLetter = 1U << 11U,     ///< holds two letters together: · ' . (: is none in ICU)
  kMidNumber = 1U << 12U,     ///< holds two digits together: , ; ' .
  kBlank = 1U << 13U,         ///< White_Space
  kForeign = 1U << 14U,       ///< boundaries beside it need ICU: marks, joiners, flags, Hebrew, Han, kana, Thai ...
  kAlphabetic = 1U << 15U,    ///< general category L
  kDecimal = 1U << 16U,       ///< general category N
  kMark = 1U << 17U,          ///< general category M
  kEmoji = 1U << 18U,         ///< shown as an emoji by itself, or makes one of what stands before it
  kEntity = 1U << 19U,        ///< # @ :, which may belong to a hashtag, mention, mail address or URL
  kWordPart = kLetter | kNumeric | kExtendNumLet,
  kMiddle = kMidLetter | kMidNumber,
};

/// One character of a text.
struct Char {
  CharInfo info = 0;
  std::uint32_t length = 0;  ///< bytes
};

/// Properties of code points as ICU knows them, looked up in ICU once and kept in pages of 256.
class CharTable {
 public:
  CharTable();

  /// 0 for bytes that are not ASCII.
  [[nodiscard]] CharInfo ascii(char byte) const { return ascii_[static_cast<unsigned char>(byte)]; }

  /// The character at this byte of valid UTF-8.
  Char at(std::string_view text, std::uint32_t position) {
    if (const CharInfo info = ascii(text[position]); info != 0) return {info, 1};
    std::size_t next = position;
    const char32_t code = decode_utf8(text, next);
    return {find(code), static_cast<std::uint32_t>(next) - position};
  }

 private:
  using Page = std::array<CharInfo, 256>;
  CharInfo find(char32_t code) {
    const std::unique_ptr<Page>& page = pages_[code >> 8U];
    return page != nullptr ? (*page)[code & 0xFFU] : load(code);
  }
  CharInfo load(char32_t code);

  Page ascii_ = {};
  std::array<std::unique_ptr<Page>, 0x1100> pages_;
};

}  // namespace malmoi::tokenize
