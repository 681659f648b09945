#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace malmoi::neural {

/// The shortest and longest run of neighbouring units; longest 0: none.
struct UnitRange {
  std::int32_t shortest = 0;  ///< ≥ 1
  std::int32_t longest = 0;
  friend bool operator==(const UnitRange&, const UnitRange&) = default;
};

/// Which parts a word is made of. A word with Hangul in it has syllables and jamo (letters of other scripts count as
/// one unit each), any other word has letters.
struct SubwordOptions {
  UnitRange syllables = {1, 4};
  UnitRange jamo = {3, 5};
  UnitRange letters = {3, 6};
  std::int32_t buckets = 1 << 21;  ///< parts with the same number modulo this share a vector; ≥ 1
  friend bool operator==(const SubwordOptions&, const SubwordOptions&) = default;
};

/// Throws invalid_argument naming the caller.
void validate(std::string_view caller, const SubwordOptions& options);

/// Appends the bucket of each part of the word, between marks for its beginning and end: <영화> has <영, 영, 영화, 화>
/// …; a mark alone is no part. As fastText, but syllables, jamo and letters are hashed apart. word  valid UTF-8
void append_subwords(std::string_view word, const SubwordOptions& options, std::vector<std::int32_t>& buckets);

/// The buckets that are in use, each with a row of a table.
struct Subwords {
  SubwordOptions options;
  std::vector<std::int32_t> buckets;  ///< ascending; the place is the row
};

/// Rows of the parts of many words, joined end to end.
struct SubwordLists {
  Subwords subwords;
  std::vector<std::size_t> offsets = {0};  ///< [words + 1]
  std::vector<std::int32_t> rows;

  [[nodiscard]] std::span<const std::int32_t> of(std::size_t word) const {
    return std::span(rows).subspan(offsets[word], offsets[word + 1] - offsets[word]);
  }
};

[[nodiscard]] SubwordLists list_subwords(std::span<const std::string_view> words, const SubwordOptions& options);

/// Appends the rows of those parts of a word that are in use.
void append_known_rows(std::string_view word, const Subwords& subwords, std::vector<std::int32_t>& rows);

}  // namespace malmoi::neural
