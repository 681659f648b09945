#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/token_sequences.h"

namespace malmoi::neural {

/// The text that word vectors are learned from: its frequent words, numbered by frequency.
struct WordText {
  std::vector<TermId> terms;         ///< [words] which term a word is; among equally frequent ones the lower first
  std::vector<std::int64_t> counts;  ///< [words]
  std::vector<std::int32_t> words;   ///< all sentences end to end; rarer words are passed over
  std::vector<std::size_t> ends;     ///< [sentences] where each ends in `words`

  [[nodiscard]] std::size_t begin_of(std::size_t sentence) const { return sentence == 0 ? 0 : ends[sentence - 1]; }
};

/// A sentence is a row of the tokens, cut after every `most_words` words.
/// Throws invalid_argument naming the caller: a token that is no term, or fewer than two words that occur min_count
/// times
[[nodiscard]] WordText read_word_text(std::string_view caller, const TokenSequences& tokens, std::size_t terms,
                                      std::int32_t min_count, std::size_t most_words);

/// The texts of its words.
[[nodiscard]] std::vector<std::string_view> words_of(const WordText& text, std::span<const std::string_view> terms);

}  // namespace malmoi::neural
