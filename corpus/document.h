#pragma once

#include <cstdint>
#include <string>

namespace malmoi::corpus {

/// One document. Empty strings mean "not given".
struct Document {
  std::int64_t id = 0;  ///< number in the corpus, from 1, given by the Store, never used twice
  std::string key;      ///< the user's own id, unique in a corpus; readers make "path:line" where none is given
  std::string text;     ///< valid UTF-8, as read: not normalised
  std::string label;
  std::string date;       ///< as given; filters compare it as text, so ISO 8601 orders rightly
  std::string meta;       ///< JSON object of further fields, or empty
  std::string source;     ///< input it came from, as named by the user; "-" is standard input
  std::int64_t line = 0;  ///< line of the input where its record starts, from 1; 0 for a file that is one document
};

/// What a document is called in results: the user's id, or its number where it has none.
[[nodiscard]] inline std::string name_of(const Document& document) {
  return document.key.empty() ? std::to_string(document.id) : document.key;
}

}  // namespace malmoi::corpus
