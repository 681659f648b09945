#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/text_arena.h"

namespace malmoi::tokenize {

/// A run of neighbouring units of a word.
struct UnitGram {
  std::string_view text;
  std::uint32_t begin = 0;  ///< bytes within the word that the gram touches
  std::uint32_t end = 0;
  friend bool operator==(const UnitGram&, const UnitGram&) = default;
};

/// Cuts runs of one compatibility jamo to `limit`: ㅋㅋㅋㅎㅎㅎㅎ → ㅋㅋㅎㅎ for 2. Other characters stay as they are.
///
/// token  valid UTF-8
/// limit  longest run kept; 0: the token unchanged
/// out    replaced
void shorten_jamo_runs(std::string_view token, int limit, std::string& out);

/// Appends the word with each Hangul syllable taken apart into its two or three compatibility jamo (값 → ㄱㅏㅄ), which
/// are single letters: double vowels and consonants stay whole. Other characters stay as they are. `word` is valid
/// UTF-8.
void decompose_to_jamo(std::string_view word, std::string& out);

/// Appends all runs of gram_min … gram_max code points, by where they begin, short ones first.
///
/// word  valid UTF-8; shorter than gram_min: kept whole as one gram; empty: nothing
/// out   texts are views into `word`
void append_syllable_grams(std::string_view word, int gram_min, int gram_max, std::vector<UnitGram>& out);

/// The same for the jamo of the word: its units are those of decompose_to_jamo. The byte range of a gram is that of the
/// syllables it touches. Texts live until `arena` is cleared.
void append_jamo_grams(std::string_view word, int gram_min, int gram_max, TextArena& arena, std::vector<UnitGram>& out);

}  // namespace malmoi::tokenize
