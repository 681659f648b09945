#include "tokenize/entities.h"

#include <algorithm>
#include <array>

namespace malmoi::tokenize {
namespace {

constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alnum(char c) {
  return is_alpha(c) || (c >= '0' && c <= '9');
}
constexpr bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

constexpr bool starts_with_folded(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + ('a' - 'A')) : b);
         });
}

/// Looks for one entity in a text; positions are bytes of the text, 0 stands for "none here".
class EntityFinder {
 public:
  EntityFinder(std::string_view text, std::uint32_t from, CharTable& table)
      : text_(text), from_(from), size_(static_cast<std::uint32_t>(text.size())), table_(table) {}

  Word next() {
    for (std::uint32_t i = from_; i < size_; ++i) {
      const Word found = at(i);
      if (found.end > found.begin) return found;
    }
    return {};
  }

 private:
  Word at(std::uint32_t i) {
    switch (text_[i]) {
      case 'h':
      case 'H':
      case 'f':
      case 'F':
      case 'w':
      case 'W':
        return {i, url_end(i), TokenKind::url};
      case '#':
        return {i, hashtag_end(i), TokenKind::hashtag};
      case '@': {
        const std::uint32_t end = domain_end(i + 1);
        const std::uint32_t begin = local_begin(i);
        if (end != 0 && begin < i) return {begin, end, TokenKind::email};
        return {i, mention_end(i), TokenKind::mention};
      }
      default:
        return {};
    }
  }

  [[nodiscard]] bool behind_ascii_word(std::uint32_t i) const { return i > from_ && is_alnum(text_[i - 1]); }

  bool behind_word(std::uint32_t i) {
    if (i == from_) return false;
    std::uint32_t start = i - 1;
    while (start > from_ && (static_cast<unsigned char>(text_[start]) & 0xC0U) == 0x80) --start;
    return (table_.at(text_, start).info & (kAlphabetic | kDecimal | kExtendNumLet | kMark)) != 0;
  }

  [[nodiscard]] std::uint32_t url_end(std::uint32_t begin) const {
    if (behind_ascii_word(begin)) return 0;
    constexpr std::array<std::string_view, 4> kStarts = {"http://", "https://", "ftp://", "www."};
    const auto* start = std::find_if(kStarts.begin(), kStarts.end(),
                                     [&](std::string_view s) { return starts_with_folded(text_.substr(begin), s); });
    if (start == kStarts.end()) return 0;
    const std::uint32_t host = begin + static_cast<std::uint32_t>(start->size());
    if (host >= size_ || !is_alnum(text_[host])) return 0;
    std::uint32_t end = host;
    while (end < size_ && (is_alnum(text_[end]) || is_one_of(text_[end], "-._~:/?#[]@!$&'()*+,;=%"))) ++end;
    return trim_url(begin, end);
  }

  [[nodiscard]] std::uint32_t trim_url(std::uint32_t begin, std::uint32_t end) const {
    const std::string_view url = text_.substr(begin, end - begin);
    auto unmatched_round = std::count(url.begin(), url.end(), ')') - std::count(url.begin(), url.end(), '(');
    auto unmatched_square = std::count(url.begin(), url.end(), ']') - std::count(url.begin(), url.end(), '[');
    for (; end > begin; --end) {
      const char last = text_[end - 1];
      if (last == ')' && unmatched_round-- > 0) continue;
      if (last == ']' && unmatched_square-- > 0) continue;
      if (!is_one_of(last, ".,;:!?'([*~")) break;
    }
    return end;
  }

  std::uint32_t hashtag_end(std::uint32_t begin) {
    if (behind_word(begin) || (begin > from_ && text_[begin - 1] == '&')) return 0;
    CharInfo seen = 0;
    std::uint32_t end = begin + 1;
    while (end < size_) {
      const Char next = table_.at(text_, end);
      const bool goes_on = (next.info & (kAlphabetic | kDecimal)) != 0 || text_[end] == '_' ||
                           ((next.info & kMark) != 0 && end > begin + 1);
      if (!goes_on) break;
      seen |= next.info;
      end += next.length;
    }
    return (seen & kAlphabetic) != 0 ? end : 0;
  }

  std::uint32_t mention_end(std::uint32_t begin) {
    if (behind_word(begin)) return 0;
    std::uint32_t end = begin + 1;
    bool letters = false;
    for (; end < size_ && (is_alnum(text_[end]) || text_[end] == '_'); ++end) letters |= is_alpha(text_[end]);
    return letters ? end : 0;
  }

  [[nodiscard]] std::uint32_t local_begin(std::uint32_t at_sign) const {
    std::uint32_t begin = at_sign;
    while (begin > from_ && (is_alnum(text_[begin - 1]) || is_one_of(text_[begin - 1], "._%+-"))) --begin;
    while (begin < at_sign && !is_alnum(text_[begin])) ++begin;
    return begin;
  }

  /// The end of labels joined by dots, the last of which is a top-level domain: letters only, two or more.
  [[nodiscard]] std::uint32_t domain_end(std::uint32_t begin) const {
    std::uint32_t best = 0;
    std::uint32_t label = begin;
    while (label < size_ && is_alnum(text_[label])) {
      std::uint32_t end = label;
      bool letters = true;
      for (; end < size_ && (is_alnum(text_[end]) || text_[end] == '-'); ++end) letters &= is_alpha(text_[end]);
      if (label > begin && letters && end - label >= 2) best = end;
      if (end >= size_ || text_[end] != '.') break;
      label = end + 1;
    }
    return best;
  }

  std::string_view text_;
  std::uint32_t from_;
  std::uint32_t size_;
  CharTable& table_;
};

}  // namespace

Word next_entity(std::string_view text, std::uint32_t from, CharTable& table) {
  return EntityFinder(text, from, table).next();
}

}  // namespace malmoi::tokenize
