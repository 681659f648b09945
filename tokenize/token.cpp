#include "tokenize/token.h"

#include <array>

namespace malmoi::tokenize {

std::string_view name(TokenKind kind) noexcept {
  constexpr std::array<std::string_view, kTokenKinds> kNames = {"word",    "number",  "url",   "email",
                                                                "hashtag", "mention", "emoji", "punctuation"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(DropRule rule) noexcept {
  constexpr std::array<std::string_view, kDropRules> kNames = {"kept",      "kind",      "tag",
                                                               "stop_word", "too_short", "too_long"};
  return kNames[static_cast<std::size_t>(rule)];
}

}  // namespace malmoi::tokenize
