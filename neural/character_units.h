#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace malmoi::neural {

/// Bytes of the original text.
struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const ByteSpan&, const ByteSpan&) = default;
};

/// Appends the characters of a text as code points: NFKC, case folded (tokenize::fold_token, word by word), every run
/// of white space as one blank, a blank before the first and behind the last word.
///
/// break_words  " a " -1 " b " in the place of " a b ": n-grams then stay within words (scikit-learn's char_wb)
/// spans        where not null, one is appended for each unit: exact where a word folds letter by letter, else the
///              word's; a blank's is the white space that it stands for, empty at the ends of the text
void append_characters(std::string_view text, bool break_words, std::vector<std::int32_t>& units,
                       std::vector<ByteSpan>* spans = nullptr);

}  // namespace malmoi::neural
