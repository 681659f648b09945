#include "tokenize/word_scanner.h"

#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include <bit>
#include <cstring>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "tokenize/char_table.h"
#include "tokenize/entities.h"

namespace malmoi::tokenize {
namespace {

std::unique_ptr<icu::BreakIterator> make_break_iterator() {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> breaks(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) {
    throw Error(ErrorCode::io, concat("WordScanner: ICU has no word break rules: ", u_errorName(status)));
  }
  return breaks;
}

constexpr bool is_ascii_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Valid UTF-8 of three bytes orders like its code points, so the syllables U+AC00..D7A3 are one range of byte triples.
bool is_syllable(const char* bytes) {
  const auto at = [&](int i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  return (at(0) << 16U | at(1) << 8U | at(2)) - 0xEAB080U <= 0xED9EA3U - 0xEAB080U;
}

/// The ASCII letters at the start of eight bytes.
struct LetterRun {
  std::uint32_t length = 0;
  CharInfo info = 0;
};

// All eight bytes at once, as where a word ends is what a processor guesses worst: bit 7 of each byte tells the answer.
LetterRun letters_at(const char* bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101ULL;
  constexpr std::uint64_t kTop = kEach * 0x80;
  std::uint64_t text = 0;
  std::memcpy(&text, bytes, sizeof text);
  if constexpr (std::endian::native == std::endian::big) text = __builtin_bswap64(text);
  const std::uint64_t folded = (text | kEach * 0x20) & ~kTop;
  const std::uint64_t letters = (folded + kEach * (0x80 - 'a')) & ~(folded + kEach * (0x7F - 'z')) & ~text & kTop;
  const std::uint64_t others = letters ^ kTop;
  const std::uint64_t run = letters & (others - 1) & ~others;  // those below the first byte that is no letter
  const std::uint64_t lower = run & (text << 2U);              // bit 5 of a lower-case letter is set
  LetterRun found = {others == 0 ? 8U : static_cast<std::uint32_t>(std::countr_zero(others)) / 8U, 0};
  if (run != 0) found.info = kLetter | kAlphabetic;
  if (lower != 0) found.info |= kAsciiLower;
  if (lower != run) found.info |= kAsciiUpper;
  return found;
}

TokenKind kind_of(CharInfo seen) {
  if ((seen & kAlphabetic) != 0) [[likely]]
    return TokenKind::word;
  if ((seen & kEmoji) != 0) return TokenKind::emoji;
  if ((seen & kDecimal) == 0) return TokenKind::punctuation;
  return (seen & (kLetter | kExtendNumLet)) != 0 ? TokenKind::word : TokenKind::number;
}

}  // namespace

class WordScanner::Impl {
 public:
  explicit Impl(ScanMode mode) : entities_(mode == ScanMode::entities), breaks_(make_break_iterator()) {}

  void scan(std::string_view text, std::vector<Word>& words) {
    words.clear();
    text_ = text;
    words_ = &words;
    const auto size = static_cast<std::uint32_t>(text.size());
    for (std::uint32_t position = 0; position < size;) position = scan_chunk(position);
  }

 private:
  /// How far the table-driven scanner came, and whether it met something it leaves to others.
  struct Progress {
    std::uint32_t position = 0;
    CharInfo obstacle = 0;  ///< kForeign, kEntity, or 0: the end or a blank was reached
  };

  /// Cuts blanks and all up to the next ASCII blank, where every rule of UAX #29 breaks; returns that place.
  std::uint32_t scan_chunk(std::uint32_t start) {
    const auto size = static_cast<std::uint32_t>(text_.size());
    while (start < size && is_ascii_blank(text_[start])) ++start;
    const std::size_t words_before = words_->size();
    const Progress progress = scan_plain(start, text_, entities_);
    if (progress.obstacle == 0) return progress.position;

    words_->resize(words_before);
    std::uint32_t end = progress.position;
    while (end < size && !is_ascii_blank(text_[end])) ++end;
    // The blanks before the chunk belong to it: a mark at its start sticks to the last of them.
    const std::uint32_t blanks = words_->empty() ? 0 : words_->back().end;
    if (entities_) {
      scan_entities(blanks, end);
    } else {
      scan_gap(blanks, end);
    }
    return end;
  }

  void scan_entities(std::uint32_t begin, std::uint32_t end) {
    const std::string_view text = text_.substr(0, end);
    std::uint32_t position = begin;
    while (position < end) {
      Word entity = next_entity(text, position, table_);
      if (entity.begin == entity.end) break;
      if (entity.begin > position) scan_gap(position, entity.begin);
      entity.scripts = static_cast<std::uint8_t>(info_of(entity.begin, entity.end) & 0xFFU);
      words_->push_back(entity);
      position = entity.end;
    }
    if (position < end) scan_gap(position, end);
  }

  void scan_gap(std::uint32_t begin, std::uint32_t end) {
    const std::size_t words_before = words_->size();
    std::uint32_t start = begin;
    for (Char next; start < end; start += next.length) {
      next = table_.at(text_, start);
      if ((next.info & (kBlank | kForeign)) != kBlank) break;
    }
    if (scan_plain(start, text_.substr(0, end), false).obstacle == 0) return;
    words_->resize(words_before);
    scan_with_icu(begin, end);
  }

  /// Cuts from `position` to the next ASCII blank or the end of `text`.
  Progress scan_plain(std::uint32_t position, std::string_view text, bool entities) {
    const auto size = static_cast<std::uint32_t>(text.size());
    while (position < size) {
      if (table_.ascii(text[position]) == 0 && position + 3 <= size && is_syllable(text.data() + position)) {
        position = scan_syllables(position, text);
        continue;
      }
      const Char first = table_.at(text, position);
      if ((first.info & kWordPart) != 0) {
        const Progress word = scan_word(position, text, entities);
        if (word.obstacle != 0) return word;
        position = word.position;
        continue;
      }
      if ((first.info & kForeign) != 0) return {position, kForeign};
      if ((first.info & kBlank) != 0) {
        if (is_ascii_blank(text[position])) break;
      } else {
        if (entities && (first.info & kEntity) != 0 && may_be_entity(position, text)) return {position, kEntity};
        push(position, position + first.length, first.info);
      }
      position += first.length;
    }
    return {position, 0};
  }

  std::uint32_t scan_syllables(std::uint32_t begin, std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::uint32_t end = begin + 3;
    while (end + 3 <= size && is_syllable(text.data() + end)) end += 3;
    words_->push_back({begin, end, TokenKind::word, kHangul});
    return end;
  }

  /// Rules WB5-WB13b for letters, digits and connectors: they hold together, also over one · ' . between two letters
  /// and one , ; ' . between two digits.
  Progress scan_word(std::uint32_t begin, std::string_view text, bool entities) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::uint32_t end = begin;
    CharInfo seen = 0;
    CharInfo last = 0;
    for (LetterRun run = {8, 0}; run.length == 8 && end + 8 <= size; end += run.length) {
      run = letters_at(text.data() + end);
      seen |= run.info;
      if (run.length > 0) last = kLetter;
    }
    while (end < size) {
      for (CharInfo info = 0; end < size && ((info = table_.ascii(text[end])) & kWordPart) != 0; ++end) {
        last = info;
        seen |= info;
      }
      if (end == size) break;
      const Char next = table_.at(text, end);
      if ((next.info & kWordPart) != 0) {
        last = next.info;
      } else if ((next.info & kMiddle) == 0 || !holds_together(last, next, end, text)) {
        if ((next.info & kForeign) != 0) return {end, kForeign};
        break;
      }
      seen |= next.info;
      end += next.length;
    }
    if (entities && ((seen & kEntity) != 0 || is_www(begin, text))) return {end, kEntity};
    push(begin, end, seen);
    return {end, 0};
  }

  bool holds_together(CharInfo left, Char middle, std::uint32_t position, std::string_view text) {
    const std::uint32_t behind = position + middle.length;
    if (behind >= text.size()) return false;
    const CharInfo both = left & table_.at(text, behind).info;
    return ((middle.info & kMidLetter) != 0 && (both & kLetter) != 0) ||
           ((middle.info & kMidNumber) != 0 && (both & kNumeric) != 0);
  }

  static bool is_www(std::uint32_t begin, std::string_view text) {
    const auto folded = [&](std::uint32_t i) { return text[begin + i] | 0x20; };
    return folded(0) == 'w' && begin + 4 < text.size() && folded(1) == 'w' && folded(2) == 'w' &&
           text[begin + 3] == '.';
  }

  static bool may_be_entity(std::uint32_t position, std::string_view text) {
    if (position + 1 >= text.size()) return false;
    const char next = text[position + 1];
    return text[position] == ':' ? next == '/' : !is_ascii_blank(next);
  }

  void push(std::uint32_t begin, std::uint32_t end, CharInfo seen) {
    words_->push_back({begin, end, kind_of(seen), static_cast<std::uint8_t>(seen & 0xFFU)});
  }

  CharInfo info_of(std::uint32_t begin, std::uint32_t end) {
    CharInfo seen = 0;
    while (begin < end) {
      const Char next = table_.at(text_, begin);
      seen |= next.info;
      begin += next.length;
    }
    return seen;
  }

  void scan_with_icu(std::uint32_t begin, std::uint32_t end) {
    copy_as_utf16(begin, end);
    const icu::UnicodeString piece(false, units_.data(), static_cast<std::int32_t>(units_.size()));  // no copy
    breaks_->setText(piece);
    std::uint32_t word_begin = begin;
    for (std::int32_t unit = breaks_->next(); unit != icu::BreakIterator::DONE; unit = breaks_->next()) {
      const std::uint32_t word_end = bytes_[static_cast<std::size_t>(unit)];
      push_unless_blank(word_begin, word_end);
      word_begin = word_end;
    }
  }

  void push_unless_blank(std::uint32_t begin, std::uint32_t end) {
    CharInfo seen = 0;
    CharInfo shared = kBlank;
    for (std::uint32_t position = begin; position < end;) {
      const Char next = table_.at(text_, position);
      seen |= next.info;
      shared &= next.info;
      position += next.length;
    }
    if (shared == 0) push(begin, end, seen);
  }

  void copy_as_utf16(std::uint32_t begin, std::uint32_t end) {
    units_.clear();
    bytes_.clear();
    for (std::size_t position = begin; position < end;) {
      const auto start = static_cast<std::uint32_t>(position);
      const char32_t code = decode_utf8(text_, position);
      if (code < 0x10000) {
        units_.push_back(static_cast<char16_t>(code));
      } else {
        units_.push_back(static_cast<char16_t>(0xD7C0U + (code >> 10U)));
        units_.push_back(static_cast<char16_t>(0xDC00U + (code & 0x3FFU)));
        bytes_.push_back(start);
      }
      bytes_.push_back(start);
    }
    bytes_.push_back(end);
  }

  bool entities_;
  std::unique_ptr<icu::BreakIterator> breaks_;
  CharTable table_;
  std::string_view text_;  // the text and words of the scan that is running
  std::vector<Word>* words_ = nullptr;
  std::u16string units_;              // the piece that ICU is cutting,
  std::vector<std::uint32_t> bytes_;  // and the byte where each unit starts
};

WordScanner::WordScanner(ScanMode mode) : impl_(std::make_unique<Impl>(mode)) {}
WordScanner::~WordScanner() = default;
WordScanner::WordScanner(WordScanner&&) noexcept = default;
WordScanner& WordScanner::operator=(WordScanner&&) noexcept = default;

void WordScanner::scan(std::string_view text, std::vector<Word>& words) {
  impl_->scan(text, words);
}

}  // namespace malmoi::tokenize
