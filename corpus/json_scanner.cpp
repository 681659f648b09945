#include "corpus/json_scanner.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::corpus {
namespace {

constexpr int kDeepest = 500;  // nesting; each level takes a stack frame

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The first quote, backslash or control character at or behind `at`, eight bytes at a time: for each byte the top bit
// of (byte - 1) & ~byte is set where the byte is zero (and perhaps above such a byte, which does not matter here).
std::size_t plain_end(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kTops = kOnes * 0x80;
  if constexpr (std::endian::native == std::endian::little) {
    for (; at + 8 <= text.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, 8);
      const std::uint64_t quote = word ^ (kOnes * '"');
      const std::uint64_t backslash = word ^ (kOnes * '\\');
      const std::uint64_t stops =
          ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((word - kOnes * 0x20) & ~word);
      if ((stops & kTops) != 0) return at + static_cast<std::size_t>(std::countr_zero(stops & kTops)) / 8;
    }
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\' && static_cast<unsigned char>(text[at]) >= 0x20) ++at;
  return at;
}

unsigned hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 16;
}

unsigned hex4(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits.substr(0, 4)) value = value * 16 + hex_digit(c);
  return value;
}

constexpr bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
constexpr bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

char short_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

JsonScanner::JsonScanner(std::vector<std::string> paths) : paths_(std::move(paths)), values_(paths_.size()) {
  for (std::size_t i = 0; i < paths_.size(); ++i) all_.push_back({i, paths_[i]});
}

std::optional<JsonFault> JsonScanner::scan(std::string_view text) {
  text_ = text;
  at_ = 0;
  depth_ = 0;
  members_.clear();
  values_.assign(paths_.size(), {});
  skip_blanks();
  if (!read_object(all_)) return std::move(fault_);
  skip_blanks();
  if (at_ == text_.size()) return std::nullopt;
  fail("text behind the end of the object");
  return std::move(fault_);
}

bool JsonScanner::fail(std::string_view reason) {
  const bool cut = at_ >= text_.size();
  fault_ = {at_, concat("not valid JSON: ", cut ? "it ends too early, " : "", reason)};
  return false;
}

void JsonScanner::skip_blanks() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool JsonScanner::read_value(std::span<const Wanted> wanted) {
  if (at_ == text_.size()) return fail("a value is wanted");
  switch (text_[at_]) {
    case '{':
      return read_object(wanted);
    case '[':
      return read_array();
    case '"':
      return read_string();
    case 't':
      return read_word("true");
    case 'f':
      return read_word("false");
    case 'n':
      return read_word("null");
    default:
      return read_number();
  }
}

bool JsonScanner::read_object(std::span<const Wanted> wanted) {
  if (at_ == text_.size() || text_[at_] != '{') return fail("an object is wanted");
  if (depth_ == kDeepest) return fail(concat("nested deeper than ", kDeepest));
  ++depth_;
  ++at_;
  skip_blanks();
  if (at_ < text_.size() && text_[at_] == '}') {
    ++at_;
    --depth_;
    return true;
  }
  while (true) {
    if (!read_member(wanted)) return false;
    skip_blanks();
    if (at_ == text_.size() || (text_[at_] != ',' && text_[at_] != '}')) return fail("',' or '}' is wanted");
    if (text_[at_++] == '}') break;
    skip_blanks();
  }
  --depth_;
  return true;
}

bool JsonScanner::read_member(std::span<const Wanted> wanted) {
  if (at_ == text_.size() || text_[at_] != '"') return fail("a member name in quotes is wanted");
  const std::size_t key_begin = at_;
  if (!read_string()) return false;
  const std::string_view key = text_.substr(key_begin, at_ - key_begin);
  skip_blanks();
  if (at_ == text_.size() || text_[at_] != ':') return fail("':' is wanted");
  ++at_;
  skip_blanks();

  std::vector<Wanted> below;
  std::vector<std::size_t> here;
  if (!wanted.empty()) {
    const std::string_view name = key_text(key);
    for (const Wanted& want : wanted) {
      if (want.rest == name) here.push_back(want.path);
      if (want.rest.size() > name.size() && want.rest.starts_with(name) && want.rest[name.size()] == '.') {
        below.push_back({want.path, want.rest.substr(name.size() + 1)});
      }
    }
  }
  const std::size_t begin = at_;
  if (!read_value(below)) return false;
  const std::string_view value = text_.substr(begin, at_ - begin);
  for (const std::size_t path : here) values_[path] = value;
  if (depth_ == 1) members_.push_back({key, value});
  return true;
}

bool JsonScanner::read_array() {
  if (depth_ == kDeepest) return fail(concat("nested deeper than ", kDeepest));
  ++depth_;
  ++at_;
  skip_blanks();
  if (at_ < text_.size() && text_[at_] == ']') {
    ++at_;
    --depth_;
    return true;
  }
  while (true) {
    skip_blanks();
    if (!read_value({})) return false;
    skip_blanks();
    if (at_ == text_.size() || (text_[at_] != ',' && text_[at_] != ']')) return fail("',' or ']' is wanted");
    if (text_[at_++] == ']') break;
  }
  --depth_;
  return true;
}

bool JsonScanner::read_string() {
  ++at_;
  while (true) {
    at_ = plain_end(text_, at_);
    if (at_ == text_.size()) return fail("a string is not closed");
    if (text_[at_] == '"') {
      ++at_;
      return true;
    }
    if (text_[at_] != '\\') return fail("a control character stands in a string");
    if (!read_escape()) return false;
  }
}

bool JsonScanner::read_escape() {
  ++at_;
  if (at_ == text_.size()) return fail("a string is not closed");
  if (text_[at_] != 'u') {
    if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) return fail("unknown escape");
    ++at_;
    return true;
  }
  unsigned unit = 0;
  if (!read_hex4(unit)) return false;
  if (is_low_surrogate(unit)) return fail("half a surrogate pair");
  if (!is_high_surrogate(unit)) return true;
  if (text_.substr(at_, 2) != "\\u") return fail("half a surrogate pair");
  ++at_;
  if (!read_hex4(unit)) return false;
  return is_low_surrogate(unit) || fail("half a surrogate pair");
}

// From the `u` of an escape to behind its four digits.
bool JsonScanner::read_hex4(unsigned& value) {
  ++at_;
  value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const unsigned digit = at_ < text_.size() ? hex_digit(text_[at_]) : 16;
    if (digit > 15) return fail("four hexadecimal digits are wanted");
    value = value * 16 + digit;
  }
  return true;
}

bool JsonScanner::read_number() {
  const auto take = [&](char c) { return at_ < text_.size() && text_[at_] == c && ++at_ > 0; };
  take('-');
  if (at_ == text_.size() || !is_digit(text_[at_])) return fail("a value is wanted");
  if (!take('0') && !read_digits()) return false;
  if (take('.') && !read_digits()) return false;
  if (!take('e') && !take('E')) return true;
  if (!take('+')) take('-');
  return read_digits();
}

bool JsonScanner::read_digits() {
  if (at_ == text_.size() || !is_digit(text_[at_])) return fail("a digit is wanted");
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return true;
}

bool JsonScanner::read_word(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return fail("a value is wanted");
  at_ += word.size();
  return true;
}

std::string_view JsonScanner::key_text(std::string_view quoted) {
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return inner;
  key_.clear();
  decode_json_string(quoted, key_);
  return key_;
}

bool decode_json_string(std::string_view quoted, std::string& out) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  for (std::size_t at = 0;;) {
    const std::size_t end = plain_end(text, at);
    out.append(text.substr(at, end - at));
    if (end == text.size()) return true;
    at = end + 2;
    if (text[end + 1] != 'u') {
      out += short_escape(text[end + 1]);
      continue;
    }
    char32_t code = hex4(text.substr(at));
    at += 4;
    if (code == 0) return false;
    if (is_high_surrogate(code)) {
      code = 0x10000 + ((code - 0xD800) << 10U) + (hex4(text.substr(at + 2)) - 0xDC00);
      at += 6;
    }
    append_utf8(out, code);
  }
}

void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t at = 0;;) {
    const std::size_t end = plain_end(text, at);
    out.append(text.substr(at, end - at));
    if (end == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[end]);
    if (byte >= 0x20) {
      out.append({'\\', text[end]});
    } else if (text[end] == '\n') {
      out += "\\n";
    } else if (text[end] == '\t') {
      out += "\\t";
    } else {
      out.append("\\u00").append({kHex[byte >> 4U], kHex[byte & 0xFU]});
    }
    at = end + 1;
  }
  out += '"';
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\n\r") == std::string_view::npos;
}

}  // namespace malmoi::corpus
