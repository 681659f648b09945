#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/korean.h"

namespace malmoi::tokenize {

/// A morpheme within a word of the dictionary.
struct EntryPart {
  std::string lemma;        ///< empty: the bytes of the word itself
  std::string_view tag;     ///< static storage
  std::uint32_t begin = 0;  ///< bytes of the word
  std::uint32_t end = 0;
  bool compound_part = false;
};

/// Takes a word apart as its mecab-ko-dic feature says.
///
/// feature   part of speech, meaning, final consonant, reading, type, first tag, last tag, expression; as CSV. A
/// feature
///           that is not like that makes the word one morpheme with its first tag.
/// Returns   at least one part
[[nodiscard]] std::vector<EntryPart> take_apart(std::string_view word, std::string_view feature,
                                                CompoundMode compounds);

}  // namespace malmoi::tokenize
