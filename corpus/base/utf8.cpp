#include "corpus/base/utf8.h"

#include <unicode/uchar.h>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include <cstdint>
#include <cstring>

namespace malmoi {
namespace {

struct LeadRule {
  std::size_t length;
  unsigned char second_low;
  unsigned char second_high;
};

// Unicode 15, table 3-7: the lead byte decides the length and the range of the second byte.
constexpr LeadRule lead_rule(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

int code_point_width(char32_t code) {
  const auto c = static_cast<UChar32>(code);
  if (code < 0x300) return code < 0x20 || code == 0x7F ? 0 : 1;
  const int category = u_charType(c);
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) return 0;
  if (code >= 0x1160 && code <= 0x11FF) return 0;  // vowels and finals combine with the lead before them
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

#if defined(__SSSE3__)

// What can be wrong with two bytes in a row, one bit each. A bit survives in all three tables (high half and low half
// of the first byte, high half of the second) only for a pair that has this fault; the top bit marks two continuation
// bytes in a row, which is a fault unless a lead of three or four bytes stands before them.
// Source: Keiser and Lemire, Validating UTF-8 in less than one instruction per byte, 2021.
enum PairFault : unsigned char {
  kTooShort = 1,    // lead, then no continuation
  kTooLong = 2,     // ASCII, then a continuation
  kOverlong3 = 4,   // E0 80..9F
  kTooLarge = 8,    // F4 90..BF, F5..FF 80..BF
  kSurrogate = 16,  // ED A0..BF
  kOverlong2 = 32,  // C0..C1 80..BF
  kOverlong4 = 64,  // F0 80..8F, and F5..FF 80..8F
  kTwoConts = 128,
};
constexpr unsigned char kCarry = kTooShort | kTooLong | kTwoConts;  // faults that the low half cannot rule out

alignas(16) constexpr unsigned char kFirstHigh[16] = {kTooLong,
                                                      kTooLong,
                                                      kTooLong,
                                                      kTooLong,
                                                      kTooLong,
                                                      kTooLong,
                                                      kTooLong,
                                                      kTooLong,
                                                      kTwoConts,
                                                      kTwoConts,
                                                      kTwoConts,
                                                      kTwoConts,
                                                      kTooShort | kOverlong2,
                                                      kTooShort,
                                                      kTooShort | kOverlong3 | kSurrogate,
                                                      kTooShort | kTooLarge | kOverlong4};
alignas(16) constexpr unsigned char kFirstLow[16] = {kCarry | kOverlong3 | kOverlong2 | kOverlong4,
                                                     kCarry | kOverlong2,
                                                     kCarry,
                                                     kCarry,
                                                     kCarry | kTooLarge,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4 | kSurrogate,
                                                     kCarry | kTooLarge | kOverlong4,
                                                     kCarry | kTooLarge | kOverlong4};
alignas(16) constexpr unsigned char kSecondHigh[16] = {kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooLong | kOverlong2 | kTwoConts | kOverlong3 | kOverlong4,
                                                       kTooLong | kOverlong2 | kTwoConts | kOverlong3 | kTooLarge,
                                                       kTooLong | kOverlong2 | kTwoConts | kSurrogate | kTooLarge,
                                                       kTooLong | kOverlong2 | kTwoConts | kSurrogate | kTooLarge,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort,
                                                       kTooShort};

__m128i load16(const unsigned char* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// Nonzero where one of the 16 bytes makes a fault with the three before it.
__m128i faults(const unsigned char* bytes) {
  const __m128i low_half = _mm_set1_epi8(0x0F);
  const auto high = [&](__m128i v) { return _mm_and_si128(_mm_srli_epi16(v, 4), low_half); };
  const auto look_up = [](const unsigned char* table, __m128i index) {
    return _mm_shuffle_epi8(_mm_load_si128(reinterpret_cast<const __m128i*>(table)), index);
  };
  const __m128i before = load16(bytes - 1);
  const __m128i pairs = _mm_and_si128(
      _mm_and_si128(look_up(kFirstHigh, high(before)), look_up(kFirstLow, _mm_and_si128(before, low_half))),
      look_up(kSecondHigh, high(load16(bytes))));
  const __m128i third = _mm_subs_epu8(load16(bytes - 2), _mm_set1_epi8(0xE0 - 0x80));   // top bit: E0 and above
  const __m128i fourth = _mm_subs_epu8(load16(bytes - 3), _mm_set1_epi8(0xF0 - 0x80));  // top bit: F0 and above
  const __m128i wanted = _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8(static_cast<char>(0x80)));
  return _mm_xor_si128(pairs, wanted);
}

bool has_fault(const unsigned char* bytes) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8(faults(bytes), _mm_setzero_si128())) != 0xFFFF;
}

// The length of a start of the text, up to a code point's end, that 16 bytes at once show to be valid.
std::size_t valid_start(const unsigned char* bytes, std::size_t size) {
  constexpr std::size_t kStep = 16;
  if (size < kStep) return 0;
  unsigned char head[3 + kStep] = {};  // faults() looks at three bytes before its own
  std::memcpy(head + 3, bytes, kStep);
  if (has_fault(head + 3)) return 0;
  std::size_t i = kStep;
  for (; i + kStep <= size; i += kStep) {
    if (_mm_movemask_epi8(load16(bytes + i)) == 0 && bytes[i - 1] < 0x80) continue;
    if (has_fault(bytes + i)) break;
  }
  while ((bytes[i - 1] & 0xC0U) == 0x80) --i;  // the last code point may go on behind i
  return bytes[i - 1] >= 0xC0 ? i - 1 : i;
}

#else

std::size_t valid_start(const unsigned char* bytes, std::size_t size) {
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    if ((word & 0x8080808080808080ULL) != 0) break;
  }
  return i;
}

#endif

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t size = text.size();
  std::size_t i = valid_start(bytes, size);
  while (i < size) {
    if (bytes[i] < 0x80) {
      ++i;
      continue;
    }
    const LeadRule rule = lead_rule(bytes[i]);
    if (rule.length == 0 || i + rule.length > size) return i;
    if (bytes[i + 1] < rule.second_low || bytes[i + 1] > rule.second_high) return i;
    for (std::size_t k = 2; k < rule.length; ++k) {
      if ((bytes[i + k] & 0xC0U) != 0x80) return i;
    }
    i += rule.length;
  }
  return std::string_view::npos;
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

std::string_view fit_width(std::string_view text, int columns) {
  std::size_t position = 0;
  int width = 0;
  while (position < text.size()) {
    std::size_t next = position;
    width += code_point_width(decode_utf8(text, next));
    if (width > columns) break;
    position = next;
  }
  return text.substr(0, position);
}

int display_width(std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos) return static_cast<int>(text.size());
  int width = 0;
  for (std::size_t position = 0; position < text.size();) width += code_point_width(decode_utf8(text, position));
  return width;
}

}  // namespace malmoi
