#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenize/token.h"

namespace malmoi::tokenize {

/// What a word is written in; a word may have several.
enum ScriptFlag : std::uint8_t {
  kAsciiLower = 1,  ///< a-z
  kAsciiUpper = 2,  ///< A-Z
  kDigit = 4,       ///< ASCII 0-9
  kHangul = 8,      ///< syllables U+AC00..D7A3
  kJamo = 16,       ///< compatibility jamo U+3131..318E
  kOther = 128,     ///< any other character beyond ASCII: the word may need ICU to fold or route it
};

/// A piece of text between two word boundaries, white space left out.
struct Word {
  std::uint32_t begin = 0;  ///< bytes of the scanned text
  std::uint32_t end = 0;
  TokenKind kind = TokenKind::word;
  std::uint8_t scripts = 0;  ///< ScriptFlag bits
  friend bool operator==(const Word&, const Word&) = default;
};

/// Whether URLs, mail addresses, hashtags and mentions are joined, or all is cut as UAX #29 says.
enum class ScanMode { entities, plain };

/// Cuts text into words by the rules of UAX #29 as ICU 72 implements them (root locale, dictionaries for Han, kana and
/// Thai included), and joins what belongs together beyond them: URLs, mail addresses, #hashtags, @mentions
/// (entities.h). ICU's rules keep emoji sequences whole, and cut between Hangul syllables and anything else: AI가 gives
/// AI and 가. A hyphen is a word of its own: state-of-the-art gives four words and three hyphens.
///
/// Kinds: a word has letters; a number has digits, with . and , inside, and no letters; punctuation has neither.
///
/// Text between blanks whose characters all have simple rules (Hangul syllables and jamo, letters, digits, punctuation
/// of most scripts) is cut by a table-driven scanner with the same boundaries; ICU's break iterator sees only the rest.
///
/// One scanner a thread: it holds an ICU break iterator.
class WordScanner {
 public:
  explicit WordScanner(ScanMode mode = ScanMode::entities);
  ~WordScanner();
  WordScanner(WordScanner&&) noexcept;
  WordScanner& operator=(WordScanner&&) noexcept;

  /// text   valid UTF-8 of less than 2^31 bytes, in NFC
  /// words  cleared, then filled in text order
  void scan(std::string_view text, std::vector<Word>& words);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace malmoi::tokenize
