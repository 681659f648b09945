#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "corpus/base/text_arena.h"

namespace malmoi::tokenize {

enum class TokenKind : std::uint8_t { word, number, url, email, hashtag, mention, emoji, punctuation };
inline constexpr int kTokenKinds = 8;

/// Why a token does not count. `kept` means that it does.
enum class DropRule : std::uint8_t { kept, kind, tag, stop_word, too_short, too_long };
inline constexpr int kDropRules = 6;

[[nodiscard]] std::string_view name(TokenKind kind) noexcept;
[[nodiscard]] std::string_view name(DropRule rule) noexcept;

/// One token. The views live as long as the Tokens it is in and the text that was analysed.
struct Token {
  std::string_view text;      ///< the term: normalised, folded, stemmed or lemma
  std::string_view tag = {};  ///< Sejong part of speech ("NNG"), or empty; static storage
  std::uint32_t begin = 0;    ///< bytes of the ORIGINAL text
  std::uint32_t end = 0;
  TokenKind kind = TokenKind::word;
  DropRule dropped = DropRule::kept;
  std::uint8_t words = 1;  ///< tokens that an n-gram joins; 1: a token of its own, learned phrases too
};

/// Tokens of one document in text order, with the storage of the terms that differ from the text itself.
/// Word n-grams stand behind all single tokens, so that neighbours in the text stay neighbours.
class Tokens {
 public:
  void clear() {
    tokens_.clear();
    arena_.clear();
  }
  Token& add(const Token& token) { return tokens_.emplace_back(token); }
  std::string_view keep(std::string_view text) { return arena_.keep(text); }
  void erase_from(std::size_t count) {
    tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(count), tokens_.end());
  }

  /// The storage of terms, for those who make several at once. Nobody but clear() may clear it.
  [[nodiscard]] TextArena& arena() noexcept { return arena_; }

  [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }
  [[nodiscard]] bool empty() const noexcept { return tokens_.empty(); }
  [[nodiscard]] Token& operator[](std::size_t i) { return tokens_[i]; }
  [[nodiscard]] const Token& operator[](std::size_t i) const { return tokens_[i]; }
  [[nodiscard]] auto begin() noexcept { return tokens_.begin(); }
  [[nodiscard]] auto end() noexcept { return tokens_.end(); }
  [[nodiscard]] auto begin() const noexcept { return tokens_.begin(); }
  [[nodiscard]] auto end() const noexcept { return tokens_.end(); }

 private:
  std::vector<Token> tokens_;
  TextArena arena_;
};

}  // namespace malmoi::tokenize
