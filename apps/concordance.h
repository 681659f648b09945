#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/token.h"

namespace malmoi::apps {

/// A place in a text, in bytes.
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

/// Where kept single tokens with one of these terms stand, in text order; n-grams of syllables overlap.
[[nodiscard]] std::vector<Place> find_terms(const tokenize::Tokens& tokens, std::span<const std::string> terms);

/// Where these terms follow each other among the kept single tokens: from the first one's begin to the last one's end.
[[nodiscard]] std::vector<Place> find_phrase(const tokenize::Tokens& tokens, std::span<const std::string> terms);

/// The places in text order, those that touch or overlap joined.
[[nodiscard]] std::vector<Place> join_places(std::vector<Place> places);

/// About `columns` columns of the text with as many of the places as fit, each in «…»; runs of blanks as one blank, and
/// … where the text was cut.
[[nodiscard]] std::string snippet(std::string_view text, std::span<const Place> places, int columns);

/// A keyword in its context: the text before (cut to its last columns), the place, the text after (first columns).
struct ContextLine {
  std::string left;
  std::string keyword;
  std::string right;
};
[[nodiscard]] ContextLine in_context(std::string_view text, const Place& place, int columns);

}  // namespace malmoi::apps
