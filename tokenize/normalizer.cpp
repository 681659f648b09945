#include "tokenize/normalizer.h"

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::tokenize {
namespace {

const icu::Normalizer2& loaded(const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = get(status);
  if (U_FAILURE(status)) throw Error(ErrorCode::io, concat("ICU has no normalisation data: ", u_errorName(status)));
  return *instance;
}

// Asked for once each: ICU's own guard of its instances is one that ThreadSanitizer cannot see.
const icu::Normalizer2& normalizer(UnicodeForm form) {
  static const icu::Normalizer2& nfc = loaded(icu::Normalizer2::getNFCInstance);
  static const icu::Normalizer2& nfkc = loaded(icu::Normalizer2::getNFKCInstance);
  return form == UnicodeForm::nfc ? nfc : nfkc;
}

icu::StringPiece piece(std::string_view text) {
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

// ---- characters that need no look into ICU's tables ----------------------------------------------------------------

/// Bytes of the characters at the start of the text that no normalisation to NFC changes or joins with what stands
/// before them: ASCII, U+0080..02FF, Hangul syllables and (U+3100..317F) most compatibility jamo.
std::size_t settled_prefix(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  std::size_t i = 0;
  while (i < text.size()) {
    const std::uint32_t lead = byte(i);
    if (lead < 0x80) {
      ++i;
    } else if (lead < 0xCC) {
      i += 2;
    } else {  // three bytes order like their code points
      const std::uint32_t code = i + 3 <= text.size() ? lead << 16U | byte(i + 1) << 8U | byte(i + 2) : 0;
      const bool syllable = code >= 0xEAB080 && code <= 0xED9EA3;
      const bool jamo = code >= 0xE38480 && code <= 0xE385BF;
      if (!syllable && !jamo) break;
      i += 3;
    }
  }
  return i;
}

bool is_nfc(std::string_view text) {
  const icu::Normalizer2& nfc = normalizer(UnicodeForm::nfc);
  std::size_t position = 0;
  for (;;) {
    position += settled_prefix(text.substr(position));
    if (position >= text.size()) return true;
    // Other characters up to the next settled one, with the one before them, which a mark may join.
    std::size_t begin = position;
    if (begin > 0) --begin;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80) --begin;
    std::size_t end = position;
    while (end < text.size() && settled_prefix(text.substr(end, utf8_length(text[end]))) == 0) {
      end += utf8_length(text[end]);
    }
    UErrorCode status = U_ZERO_ERROR;
    if (!nfc.isNormalizedUTF8(piece(text.substr(begin, end - begin)), status) || U_FAILURE(status)) return false;
    position = end;
  }
}

// ---- jamo ----------------------------------------------------------------------------------------------------------

constexpr std::array<char16_t, 19> kLeads = {u'ㄱ', u'ㄲ', u'ㄴ', u'ㄷ', u'ㄸ', u'ㄹ', u'ㅁ', u'ㅂ', u'ㅃ', u'ㅅ',
                                             u'ㅆ', u'ㅇ', u'ㅈ', u'ㅉ', u'ㅊ', u'ㅋ', u'ㅌ', u'ㅍ', u'ㅎ'};
constexpr std::array<char16_t, 27> kTails = {u'ㄱ', u'ㄲ', u'ㄳ', u'ㄴ', u'ㄵ', u'ㄶ', u'ㄷ', u'ㄹ', u'ㄺ',
                                             u'ㄻ', u'ㄼ', u'ㄽ', u'ㄾ', u'ㄿ', u'ㅀ', u'ㅁ', u'ㅂ', u'ㅄ',
                                             u'ㅅ', u'ㅆ', u'ㅇ', u'ㅈ', u'ㅊ', u'ㅋ', u'ㅌ', u'ㅍ', u'ㅎ'};

/// The compatibility jamo that a compatibility, half-width, or (in NFC text: isolated) conjoining jamo stands for; 0
/// for anything else.
char16_t compatibility_jamo(char32_t code) {
  if (code >= 0x3131 && code <= 0x318E) return static_cast<char16_t>(code);
  if (code >= 0x1100 && code <= 0x1112) return kLeads[code - 0x1100];
  if (code >= 0x1161 && code <= 0x1175) return static_cast<char16_t>(0x314F + (code - 0x1161));
  if (code >= 0x11A8 && code <= 0x11C2) return kTails[code - 0x11A8];
  if (code >= 0xFFA1 && code <= 0xFFBE) return static_cast<char16_t>(0x3131 + (code - 0xFFA1));
  for (const char32_t row : {0xFFC2U, 0xFFCAU, 0xFFD2U, 0xFFDAU}) {  // vowels stand in rows of six, two places apart
    if (code >= row && code < row + 6 && code <= 0xFFDC) {
      return static_cast<char16_t>(0x314F + (row - 0xFFC2) / 8 * 6 + (code - row));
    }
  }
  return 0;
}

bool is_lead(char32_t code) {
  return (code >= 0x1100 && code <= 0x115F) || (code >= 0xA960 && code <= 0xA97C);
}
bool is_vowel(char32_t code) {
  return (code >= 0x1160 && code <= 0x11A7) || (code >= 0xD7B0 && code <= 0xD7C6);
}
bool is_tail(char32_t code) {
  return (code >= 0x11A8 && code <= 0x11FF) || (code >= 0xD7CB && code <= 0xD7FB);
}

/// Whether a conjoining jamo is part of a syllable that Unicode has no single character for (old Korean: ᄒᆞᆫ).
bool in_old_syllable(char32_t before, char32_t code, char32_t behind) {
  return (is_lead(code) && is_vowel(behind)) || (is_vowel(code) && is_lead(before)) ||
         (is_tail(code) && (is_vowel(before) || is_tail(before)));
}

// ---- folding -------------------------------------------------------------------------------------------------------

bool is_apostrophe(char32_t code) {
  return code == 0x2019 || code == 0x2018 || code == 0x02BC || code == 0xFF07;
}

/// ASCII and Hangul syllables: nothing to fold but A-Z.
bool is_plain(std::string_view token) {
  for (std::size_t i = 0; i < token.size();) {
    const char32_t code = decode_utf8(token, i);
    if (code >= 0x80 && (code < 0xAC00 || code > 0xD7A3)) return false;
  }
  return true;
}

/// Moves text without jamo to `out`, normalised and folded. Folding may leave the form, so the form comes last as well.
void append_folded(icu::UnicodeString& text, const icu::Normalizer2& form, bool fold_case, std::string& out) {
  if (text.isEmpty()) return;
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result = form.normalize(text, status);
  if (fold_case) result = form.normalize(result.foldCase(), status);
  if (U_FAILURE(status)) throw Error(ErrorCode::io, concat("fold_token: ICU failed: ", u_errorName(status)));
  result.toUTF8String(out);
  text.remove();
}

}  // namespace

NormalizedText::NormalizedText(std::string_view text) : original_(text) {
  if (is_nfc(text)) return;
  mapped_ = true;
  UErrorCode status = U_ZERO_ERROR;
  icu::Edits edits;
  icu::StringByteSink<std::string> sink(&text_);
  normalizer(UnicodeForm::nfc).normalizeUTF8(0, piece(text), sink, &edits, status);
  if (U_FAILURE(status)) throw Error(ErrorCode::io, concat("NormalizedText: ICU failed: ", u_errorName(status)));
  for (auto edit = edits.getFineIterator(); edit.next(status) != 0;) {
    const auto begin = static_cast<std::uint32_t>(edit.destinationIndex());
    const auto source = static_cast<std::uint32_t>(edit.sourceIndex());
    spans_.push_back({begin, begin + static_cast<std::uint32_t>(edit.newLength()), source,
                      source + static_cast<std::uint32_t>(edit.oldLength()), edit.hasChange() == 0});
  }
}

const NormalizedText::Span& NormalizedText::span_at(std::uint32_t position) const {
  const auto behind = [](std::uint32_t place, const Span& span) { return place < span.begin; };
  return *std::prev(std::upper_bound(spans_.begin(), spans_.end(), position, behind));
}

std::uint32_t NormalizedText::mapped_begin(std::uint32_t position) const {
  const Span& span = span_at(position);
  if (position >= span.end) return span.source_end;
  return span.unchanged ? span.source_begin + (position - span.begin) : span.source_begin;
}

std::uint32_t NormalizedText::mapped_end(std::uint32_t position) const {
  if (position == 0) return 0;
  const Span& span = span_at(position - 1);
  return span.unchanged ? span.source_begin + (position - span.begin) : span.source_end;
}

void fold_token(std::string_view token, UnicodeForm form, bool fold_case, std::string& out) {
  out.clear();
  if (is_plain(token)) {
    out = token;
    if (fold_case) {
      for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return;
  }
  const icu::Normalizer2& normal = normalizer(form);
  icu::UnicodeString rest;  // characters that are not jamo and not in `out` yet
  char32_t before = 0;
  for (std::size_t position = 0; position < token.size();) {
    const char32_t code = decode_utf8(token, position);
    std::size_t next = position;
    const char32_t behind = next < token.size() ? decode_utf8(token, next) : 0;
    const char16_t jamo = in_old_syllable(before, code, behind) ? u'\0' : compatibility_jamo(code);
    before = code;
    if (jamo == 0) {
      rest.append(static_cast<UChar32>(is_apostrophe(code) ? U'\'' : code));
      continue;
    }
    append_folded(rest, normal, fold_case, out);
    append_utf8(out, jamo);
  }
  append_folded(rest, normal, fold_case, out);
}

}  // namespace malmoi::tokenize
