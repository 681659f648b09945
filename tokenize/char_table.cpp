#include "tokenize/char_table.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

namespace malmoi::tokenize {
namespace {

constexpr UChar32 kNarrowNoBreakSpace = 0x202F;

// Word_Break with the changes of ICU 72's word.txt: @ is a letter, colons do not hold letters together.
CharInfo word_break_flags(UChar32 code) {
  switch (u_getIntPropertyValue(code, UCHAR_WORD_BREAK)) {
    case U_WB_ALETTER:
      return kLetter;
    case U_WB_NUMERIC:
      return kNumeric;
    case U_WB_EXTENDNUMLET:
      return code == kNarrowNoBreakSpace ? kForeign : kExtendNumLet;  // a blank that joins: rare, so left to ICU
    case U_WB_MIDLETTER:
      return code == ':' || code == 0xFE55 || code == 0xFF1A ? 0U : kMidLetter;
    case U_WB_MIDNUM:
      return kMidNumber;
    case U_WB_MIDNUMLET:
    case U_WB_SINGLE_QUOTE:
      return kMidLetter | kMidNumber;
    case U_WB_OTHER:
      return code == '@' ? kLetter : 0U;
    case U_WB_WSEGSPACE:
    case U_WB_CR:
    case U_WB_LF:
    case U_WB_NEWLINE:
    case U_WB_DOUBLE_QUOTE:  // matters beside Hebrew letters only
      return 0;
    default:  // Extend, Format, ZWJ, Regional_Indicator, Katakana, Hebrew_Letter
      return kForeign;
  }
}

bool cut_by_dictionary(UChar32 code) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(code, &status);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
         u_hasBinaryProperty(code, UCHAR_IDEOGRAPHIC) != 0 ||
         u_getIntPropertyValue(code, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT;
}

bool is_emoji(UChar32 code) {
  constexpr UChar32 kKeycap = 0x20E3;
  constexpr UChar32 kEmojiVariant = 0xFE0F;
  if (code == kKeycap || code == kEmojiVariant) return true;
  if (u_hasBinaryProperty(code, UCHAR_EMOJI_PRESENTATION) || u_hasBinaryProperty(code, UCHAR_REGIONAL_INDICATOR)) {
    return true;
  }
  return code >= 0x2600 && code <= 0x27BF && u_hasBinaryProperty(code, UCHAR_EMOJI);  // ♥ ☺ ✔, as people write them
}

CharInfo script_flags(UChar32 code) {
  if (code >= 'a' && code <= 'z') return kAsciiLower;
  if (code >= 'A' && code <= 'Z') return kAsciiUpper;
  if (code >= '0' && code <= '9') return kDigit;
  if (code < 0x80) return 0;
  if (code >= 0xAC00 && code <= 0xD7A3) return kHangul;
  if (code >= 0x3131 && code <= 0x318E) return kJamo;
  return kOther;
}

CharInfo describe(UChar32 code) {
  CharInfo info = script_flags(code);
  if (info != kHangul) info |= cut_by_dictionary(code) ? CharInfo{kForeign} : word_break_flags(code);
  const auto category = static_cast<std::uint32_t>(U_MASK(u_charType(code)));
  if ((category & U_GC_L_MASK) != 0) info |= kAlphabetic;
  if ((category & U_GC_N_MASK) != 0) info |= kDecimal;
  if ((category & U_GC_M_MASK) != 0) info |= kMark;
  if (u_isUWhiteSpace(code)) info |= kBlank;
  if (is_emoji(code)) info |= kEmoji;
  if (code == '#' || code == '@' || code == ':') info |= kEntity;
  return info;
}

}  // namespace

CharTable::CharTable() {
  // Bit 31 has no meaning; it makes every ASCII entry differ from 0, which says "not ASCII".
  for (UChar32 code = 0; code < 0x80; ++code) {
    ascii_[static_cast<std::size_t>(code)] = describe(code) | 1U << 31U;
  }
}

CharInfo CharTable::load(char32_t code) {
  auto page = std::make_unique<Page>();
  const char32_t first = code & ~char32_t{0xFF};
  for (char32_t i = 0; i < page->size(); ++i) (*page)[i] = describe(static_cast<UChar32>(first + i));
  const CharInfo info = (*page)[code & 0xFFU];
  pages_[code >> 8U] = std::move(page);
  return info;
}

}  // namespace malmoi::tokenize
