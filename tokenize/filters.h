#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/string_table.h"
#include "tokenize/analyzer.h"
#include "tokenize/token.h"

namespace malmoi::tokenize {

/// The rules of AnalyzerOptions that drop tokens, made ready for use.
class DropRules {
 public:
  explicit DropRules(const AnalyzerOptions& options);

  /// The first rule that applies to the token, `kept` when none does.
  /// word  the term before it was stemmed, which stop words are compared with
  [[nodiscard]] DropRule apply(const Token& token, std::string_view word) const;

 private:
  [[nodiscard]] bool is_stop_word(std::string_view word) const {
    return starts_seen_[start_of(word)] && stop_words_.find(word).has_value();
  }

  static constexpr std::size_t kStarts = 8192;
  /// A number below kStarts made of the length and the first four bytes.
  [[nodiscard]] static std::size_t start_of(std::string_view word);

  std::uint32_t kinds_ = 0;        ///< bit k: TokenKind k is kept
  std::vector<std::string> tags_;  ///< tagged tokens keep only these; empty outside of morph mode
  bool by_tag_ = false;
  StringTable stop_words_;
  std::bitset<kStarts> starts_seen_;  ///< start_of every stop word: tells most words that they are none
  std::size_t min_length_ = 0;        ///< code points
  std::size_t max_length_ = 0;
};

/// Learned phrases: terms joined by one blank.
class Phrases {
 public:
  explicit Phrases(const std::vector<std::string>& phrases);

  /// Makes one token of kept neighbours that are a phrase: from left to right, the longest at each place. Dropped
  /// tokens between them stay, behind it.
  void join(Tokens& tokens);

 private:
  struct Match {
    std::size_t last = 0;  ///< index of the last token; `first` when there is no phrase
    std::string_view text;
  };
  Match longest_match(const Tokens& tokens, std::size_t first);

  StringTable phrases_;
  StringTable starts_;  ///< the words that a phrase goes on behind
  std::string joined_;
};

/// Appends all runs of 2 … longest neighbours among the kept tokens, texts joined by a blank, by where they begin.
void append_ngrams(Tokens& tokens, int longest);

}  // namespace malmoi::tokenize
