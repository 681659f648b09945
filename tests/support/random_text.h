#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"

namespace malmoi::testing {

/// Valid UTF-8 made of Hangul, Latin, digits, blanks, punctuation and characters that text software stumbles over.
inline std::string random_text(Rng& rng, std::size_t characters) {
  const std::vector<std::u32string_view> kinds = {U"가나다라마바사아자차카타파하",
                                                  U"영화정말재미있다없어요봤는데",
                                                  U"ㅋㅎㅠㅜㄱㄴㅏㅑ",
                                                  U"abcdefghijklmnopqrstuvwxyz",
                                                  U"ABCXYZÉßſİ",
                                                  U"0123456789",
                                                  U"     \t\n",
                                                  U".,!?:;'\"-_@#/()[]~…·“”’",
                                                  U"漢字日本カナかな",
                                                  U"éàñöç",
                                                  U"\u0301\u0308\u200D\uFE0F\u20E3\u00AD\u200B",
                                                  U"😀👍🏽👨👩👧❤🇰🇷🇺🇸",
                                                  U"\u1112\u1161\u11AB\u1100\u1173\u11AF",
                                                  U"ｆｕｌｌﾊﾝｶﾅ①㎏½",
                                                  U"אבגקט",
                                                  U"ไทยภาษา"};
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) {
    const std::u32string_view kind = kinds[rng.uniform_index(kinds.size())];
    append_utf8(text, kind[rng.uniform_index(kind.size())]);
  }
  return text;
}

/// A word of 1 to 6 letters of a small alphabet, so that words repeat.
inline std::string random_word(Rng& rng) {
  static constexpr std::u32string_view kLetters = U"가나다영화abc";
  std::string word;
  for (std::size_t i = 1 + rng.uniform_index(3); i > 0; --i) append_utf8(word, kLetters[rng.uniform_index(8)]);
  return word;
}

}  // namespace malmoi::testing
