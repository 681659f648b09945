#include "tokenize/korean_units.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

#include "corpus/base/utf8.h"

namespace malmoi::tokenize {
namespace {

constexpr char32_t kFirstSyllable = 0xAC00;
constexpr char32_t kLastSyllable = 0xD7A3;
constexpr char32_t kVowels = 21;
constexpr char32_t kFinals = 28;  // 27 consonants and "none"

// Unicode orders initials, vowels and finals each by itself; the compatibility block is one list with gaps. Vowels are
// in a row from U+314F in both.
constexpr std::u32string_view kInitialJamo = U"ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
constexpr std::u32string_view kFinalJamo = U"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";
constexpr char32_t kFirstVowel = U'ㅏ';

constexpr bool is_jamo(char32_t code) noexcept {
  return code >= 0x3131 && code <= 0x318E;
}

void append_jamo_of(char32_t code, std::string& out) {
  if (code < kFirstSyllable || code > kLastSyllable) {
    append_utf8(out, code);
    return;
  }
  const char32_t index = code - kFirstSyllable;
  append_utf8(out, kInitialJamo[index / (kVowels * kFinals)]);
  append_utf8(out, kFirstVowel + index / kFinals % kVowels);
  if (const char32_t last = index % kFinals; last != 0) append_utf8(out, kFinalJamo[last - 1]);
}

/// All runs of gram_min … gram_max of the units, which lie end to end in memory.
void append_runs(const std::vector<UnitGram>& units, int gram_min, int gram_max, std::vector<UnitGram>& out) {
  assert(gram_min >= 1 && gram_min <= gram_max);
  const auto append_run = [&](std::size_t first, std::size_t last) {
    const char* text = units[first].text.data();
    const char* end = units[last].text.data() + units[last].text.size();
    out.push_back({{text, static_cast<std::size_t>(end - text)}, units[first].begin, units[last].end});
  };
  const auto shortest = static_cast<std::size_t>(gram_min);
  const auto longest = static_cast<std::size_t>(gram_max);
  if (!units.empty() && units.size() < shortest) append_run(0, units.size() - 1);
  for (std::size_t first = 0; first + shortest <= units.size(); ++first) {
    const std::size_t room = std::min(longest, units.size() - first);
    for (std::size_t length = shortest; length <= room; ++length) append_run(first, first + length - 1);
  }
}

}  // namespace

void shorten_jamo_runs(std::string_view token, int limit, std::string& out) {
  out.clear();
  char32_t previous = 0;
  int run = 0;
  for (std::size_t position = 0; position < token.size();) {
    const std::size_t begin = position;
    const char32_t code = decode_utf8(token, position);
    run = code == previous ? run + 1 : 1;
    previous = code;
    if (limit == 0 || run <= limit || !is_jamo(code)) out.append(token.substr(begin, position - begin));
  }
}

void decompose_to_jamo(std::string_view word, std::string& out) {
  for (std::size_t position = 0; position < word.size();) append_jamo_of(decode_utf8(word, position), out);
}

void append_syllable_grams(std::string_view word, int gram_min, int gram_max, std::vector<UnitGram>& out) {
  std::vector<UnitGram> units;
  units.reserve(word.size());
  for (std::size_t begin = 0; begin < word.size();) {
    const std::size_t end = begin + utf8_length(word[begin]);
    units.push_back(
        {word.substr(begin, end - begin), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    begin = end;
  }
  append_runs(units, gram_min, gram_max, out);
}

void append_jamo_grams(std::string_view word, int gram_min, int gram_max, TextArena& arena,
                       std::vector<UnitGram>& out) {
  std::string decomposed;
  decompose_to_jamo(word, decomposed);
  const std::string_view jamo = arena.keep(decomposed);
  std::vector<UnitGram> units;
  units.reserve(jamo.size());
  std::string syllable;
  std::size_t unit = 0;  // byte of `jamo`
  for (std::size_t position = 0; position < word.size();) {
    const auto begin = static_cast<std::uint32_t>(position);
    syllable.clear();
    append_jamo_of(decode_utf8(word, position), syllable);
    for (const std::size_t last = unit + syllable.size(); unit < last; unit += units.back().text.size()) {
      units.push_back({jamo.substr(unit, utf8_length(jamo[unit])), begin, static_cast<std::uint32_t>(position)});
    }
  }
  append_runs(units, gram_min, gram_max, out);
}

}  // namespace malmoi::tokenize
