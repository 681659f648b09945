#pragma once

#include <cstdint>
#include <string_view>

#include "tokenize/char_table.h"
#include "tokenize/word_scanner.h"

namespace malmoi::tokenize {

/// The first URL, mail address, #hashtag or @mention at or behind byte `from`; an empty Word when there is none.
///
/// URL      http:// https:// ftp:// or www. before a letter or digit, then ASCII as far as RFC 3986 allows, without
///          punctuation at its end; a closing bracket stays when it was opened inside
/// email    ASCII on both sides of the @, a domain with a dot whose last part has two letters or more
/// hashtag  # and letters, digits, marks and _ of any script, not digits alone; not behind a letter, digit or &
/// mention  @ and ASCII letters, digits and _ with at least one letter; not behind a letter or digit
///
/// text     valid UTF-8 without blanks; calls that go on at the end of what was found take O(text) time together
Word next_entity(std::string_view text, std::uint32_t from, CharTable& table);

}  // namespace malmoi::tokenize
