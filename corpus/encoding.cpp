#include "corpus/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::corpus {
namespace {

using ConverterPtr = std::unique_ptr<UConverter, decltype(&ucnv_close)>;

constexpr std::string_view kKorean = "CP949";

// ICU's own "CP949" and "EUC-KR" are IBM tables without 8,822 of the syllables that Korean Windows writes.
const char* icu_name(const std::string& name) {
  return name == kKorean ? "windows-949" : name.c_str();
}

bool is_korean_name(const std::string& name) {
  constexpr std::array kNames = {"CP949", "EUC-KR", "MS949", "windows-949", "UHC", "KS_C_5601-1987", "KS_C_5601"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* known) { return ucnv_compareNames(known, name.c_str()) == 0; });
}

ConverterPtr open_converter(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  ConverterPtr converter(ucnv_open(icu_name(name), &status), ucnv_close);
  if (U_FAILURE(status)) {
    throw Error(ErrorCode::invalid_argument, concat("unknown encoding '", name, "'; try UTF-8, UTF-16, CP949 or auto"));
  }
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  return converter;
}

/// One name for all aliases of the encodings that are told apart here; others keep the name given.
std::string canonical_name(const std::string& wanted) {
  if (is_korean_name(wanted)) return std::string(kKorean);
  UErrorCode status = U_ZERO_ERROR;
  const std::string name = ucnv_getName(open_converter(wanted).get(), &status);
  return name.starts_with("UTF-") ? name : wanted;
}

std::optional<Encoding> marked_encoding(std::string_view sample) {
  UErrorCode status = U_ZERO_ERROR;
  std::int32_t length = 0;
  const auto size = static_cast<std::int32_t>(std::min<std::size_t>(sample.size(), 16));
  const char* name = ucnv_detectUnicodeSignature(sample.data(), size, &length, &status);
  if (U_FAILURE(status) || name == nullptr) return std::nullopt;
  Encoding marked = {name, static_cast<std::size_t>(length)};
  const bool common = marked.name == "UTF-8" || marked.name.starts_with("UTF-16") || marked.name.starts_with("UTF-32");
  return common ? std::optional(std::move(marked)) : std::nullopt;
}

/// UTF-16 without a mark: blanks and line feeds have a zero byte, always on the same side.
std::optional<Encoding> zero_bytes_encoding(std::string_view sample) {
  std::array<std::size_t, 2> zeros = {0, 0};
  for (std::size_t i = 0; i < sample.size(); ++i) zeros[i % 2] += sample[i] == '\0' ? 1U : 0U;
  const std::size_t more = std::max(zeros[0], zeros[1]);
  const std::size_t less = std::min(zeros[0], zeros[1]);
  if (more * 50 < sample.size() || less * 10 > more || more == 0) return std::nullopt;
  return Encoding{zeros[0] > zeros[1] ? "UTF-16BE" : "UTF-16LE", 0};
}

/// The sample was cut within this character.
bool is_cut_character(std::string_view tail) {
  return static_cast<unsigned char>(tail.front()) >= 0xC2 && tail.size() < utf8_length(tail.front()) &&
         std::all_of(tail.begin() + 1, tail.end(),
                     [](char byte) { return (static_cast<unsigned char>(byte) >> 6U) == 2; });
}

bool is_ascii(char byte) {
  return static_cast<unsigned char>(byte) < 0x80;
}

/// Valid UTF-8, or at least four characters beyond ASCII that are for each place that is not: of CP949 about one is.
bool looks_like_utf8(std::string_view sample) {
  std::size_t faults = 0;
  std::size_t characters = 0;
  while (!sample.empty()) {
    const std::string_view good = sample.substr(0, find_invalid_utf8(sample));
    characters += static_cast<std::size_t>(
        std::count_if(good.begin(), good.end(), [](char byte) { return static_cast<unsigned char>(byte) >= 0xC0; }));
    sample.remove_prefix(good.size());
    if (sample.empty() || is_cut_character(sample)) break;
    ++faults;
    sample.remove_prefix(
        static_cast<std::size_t>(std::find_if(sample.begin(), sample.end(), is_ascii) - sample.begin()));
  }
  return faults * 4 <= characters;
}

/// At least four of five letters beyond ASCII are Hangul syllables when the bytes are read as CP949.
bool looks_korean(std::string_view sample) {
  Decoder decoder{std::string(kKorean)};
  std::string text;
  const std::optional<DecodeFault> fault = decoder.decode(sample, text);
  if (fault && fault->position + fault->length < sample.size()) return false;  // the sample may end within a character
  std::size_t beyond_ascii = 0;
  std::size_t hangul = 0;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code = decode_utf8(text, position);
    beyond_ascii += code >= 0x80 ? 1U : 0U;
    hangul += code >= 0xAC00 && code <= 0xD7A3 ? 1U : 0U;
  }
  return hangul > 0 && hangul * 5 >= beyond_ascii * 4;
}

std::string detect_by_icu(std::string_view sample) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, decltype(&ucsdet_close)> detector(ucsdet_open(&status), ucsdet_close);
  ucsdet_setText(detector.get(), sample.data(), static_cast<std::int32_t>(sample.size()), &status);
  const UCharsetMatch* match = ucsdet_detect(detector.get(), &status);
  const char* name = match == nullptr ? nullptr : ucsdet_getName(match, &status);
  if (U_FAILURE(status) || name == nullptr) return "UTF-8";
  // The detector names directions of right-to-left code pages that the converters do not know.
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> known(ucnv_open(name, &status), ucnv_close);
  return U_SUCCESS(status) ? canonical_name(name) : "UTF-8";
}

/// The fault that stopped a converter after `consumed` bytes; makes the converter ready for other text.
DecodeFault take_fault(UConverter* converter, std::size_t consumed) {
  std::array<char, 32> invalid = {};
  auto length = static_cast<std::int8_t>(invalid.size());
  UErrorCode status = U_ZERO_ERROR;
  ucnv_getInvalidChars(converter, invalid.data(), &length, &status);
  ucnv_resetToUnicode(converter);
  const auto size = std::min(static_cast<std::size_t>(length), consumed);
  return {consumed - size, size};
}

}  // namespace

Encoding find_encoding(std::string_view sample, const std::string& wanted) {
  const std::optional<Encoding> marked = marked_encoding(sample);
  if (wanted == "auto") {
    if (marked) return *marked;
    if (const auto wide = zero_bytes_encoding(sample)) return *wide;
    if (looks_like_utf8(sample)) return {"UTF-8", 0};
    if (looks_korean(sample)) return {std::string(kKorean), 0};
    return {detect_by_icu(sample), 0};
  }
  const std::string name = canonical_name(wanted);
  if (marked && marked->name.starts_with(name)) return *marked;
  if (name == "UTF-16") return zero_bytes_encoding(sample).value_or(Encoding{"UTF-16LE", 0});
  if (name == "UTF-32") return {"UTF-32LE", 0};
  return {name, 0};
}

struct Decoder::State {
  ConverterPtr converter;
  std::string line_feed;
  std::vector<UChar> units;
};

Decoder::Decoder(const std::string& encoding)
    : state_(std::make_unique<State>(State{open_converter(encoding), std::string(8, '\0'), {}})) {
  UErrorCode status = U_ZERO_ERROR;
  const UChar line_feed = u'\n';
  auto& bytes = state_->line_feed;
  const int size =
      ucnv_fromUChars(state_->converter.get(), bytes.data(), static_cast<int>(bytes.size()), &line_feed, 1, &status);
  bytes.resize(U_SUCCESS(status) ? static_cast<std::size_t>(size) : 0);
  const bool findable = bytes.size() == 1 ? bytes == "\n" : bytes.size() == 2 || bytes.size() == 4;
  if (!findable) {
    throw Error(ErrorCode::invalid_argument,
                concat("encoding '", encoding, "' cannot be read: it has no plain line feed"));
  }
}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

std::string_view Decoder::line_feed() const noexcept {
  return state_->line_feed;
}

std::optional<DecodeFault> Decoder::decode(std::string_view bytes, std::string& out) {
  constexpr std::size_t kUnitsPerByte = 2;  // no table gives more
  constexpr std::size_t kBytesPerUnit = 3;
  constexpr std::size_t kMost = std::size_t{1} << 29U;  // ICU counts in 32 bits
  if (bytes.size() > kMost) {
    throw Error(ErrorCode::corrupt_data, concat("a record of ", bytes.size(), " bytes is too long to be converted"));
  }
  std::vector<UChar>& units = state_->units;
  if (units.size() < bytes.size() * kUnitsPerByte) units.resize(bytes.size() * kUnitsPerByte);
  UConverter* converter = state_->converter.get();
  UErrorCode status = U_ZERO_ERROR;
  const char* source = bytes.data();
  UChar* target = units.data();
  ucnv_toUnicode(converter, &target, target + units.size(), &source, source + bytes.size(), nullptr, 1, &status);
  const std::span<const UChar> decoded(units.data(), target);
  const std::size_t before = out.size();
  out.resize(before + decoded.size() * kBytesPerUnit);
  std::int32_t written = 0;
  UErrorCode written_status = U_ZERO_ERROR;
  u_strToUTF8(out.data() + before, static_cast<std::int32_t>(out.size() - before), &written, decoded.data(),
              static_cast<std::int32_t>(decoded.size()), &written_status);
  out.resize(before + static_cast<std::size_t>(written));
  if (U_SUCCESS(status)) return std::nullopt;
  return take_fault(converter, static_cast<std::size_t>(source - bytes.data()));
}

}  // namespace malmoi::corpus
