#pragma once

#include <span>
#include <string_view>

namespace malmoi::tokenize {

/// The built-in lists: English words; Korean words as they stand between blanks, for the modes that do not take them
/// apart; Korean lemmas for the morph mode, where the choice of tags has dropped particles and endings already.
enum class StopList { english, korean_words, korean_morphemes };

/// Words that say how a sentence is built and not what it is about, in folded form (NFKC, lower case, ' as apostrophe),
/// sorted by bytes, in static storage.
///
/// Words that deny stay terms in both languages, since opinions turn on them: no, not, nor, never, without, don't …;
/// 안, 못, 아니다, 없다, 않다.
[[nodiscard]] std::span<const std::string_view> built_in_stop_words(StopList list);

}  // namespace malmoi::tokenize
