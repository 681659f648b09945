#include "neural/subwords.h"

#include <algorithm>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/string_table.h"
#include "corpus/base/text_arena.h"
#include "corpus/base/utf8.h"
#include "tokenize/korean_units.h"

namespace malmoi::neural {
namespace {

// What a part is made of goes into its hash: the jamo ㅋㅋㅋ and the syllables ㅋㅋㅋ are not the same.
enum class Unit : std::uint64_t { syllable = 1, jamo = 2, letter = 3 };

bool is_hangul(char32_t code) {
  return (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0x3131 && code <= 0x318E);
}

bool has_hangul(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    if (is_hangul(decode_utf8(word, at))) return true;
  }
  return false;
}

void append_buckets(std::span<const tokenize::UnitGram> grams, Unit unit, std::int32_t count,
                    std::vector<std::int32_t>& buckets) {
  for (const tokenize::UnitGram& gram : grams) {
    if (gram.text == "<" || gram.text == ">") continue;
    const std::uint64_t hash = (hash_bytes(gram.text) ^ static_cast<std::uint64_t>(unit)) * 0x9E3779B97F4A7C15ULL;
    buckets.push_back(static_cast<std::int32_t>((hash >> 32U) * static_cast<std::uint64_t>(count) >> 32U));
  }
}

void validate_range(std::string_view caller, std::string_view name, const UnitRange& range) {
  if (range.longest == 0 || (range.shortest >= 1 && range.shortest <= range.longest)) return;
  throw Error(ErrorCode::invalid_argument, concat(caller, ": ", name, " of ", range.shortest, " to ", range.longest,
                                                  " units, wanted 1 ≤ shortest ≤ longest, or longest 0 for none"));
}

}  // namespace

void validate(std::string_view caller, const SubwordOptions& options) {
  validate_range(caller, "syllables", options.syllables);
  validate_range(caller, "jamo", options.jamo);
  validate_range(caller, "letters", options.letters);
  if (options.buckets < 1) {
    throw Error(ErrorCode::invalid_argument, concat(caller, ": ", options.buckets, " buckets, wanted at least 1"));
  }
}

void append_subwords(std::string_view word, const SubwordOptions& options, std::vector<std::int32_t>& buckets) {
  std::string marked;
  marked.append("<").append(word).append(">");
  std::vector<tokenize::UnitGram> grams;
  const auto append = [&](Unit unit, const UnitRange& range) {
    grams.clear();
    TextArena arena;
    if (range.longest == 0) return;
    if (unit == Unit::jamo) {
      tokenize::append_jamo_grams(marked, range.shortest, range.longest, arena, grams);
    } else {
      tokenize::append_syllable_grams(marked, range.shortest, range.longest, grams);
    }
    append_buckets(grams, unit, options.buckets, buckets);
  };
  if (!has_hangul(word)) return append(Unit::letter, options.letters);
  append(Unit::syllable, options.syllables);
  append(Unit::jamo, options.jamo);
}

SubwordLists list_subwords(std::span<const std::string_view> words, const SubwordOptions& options) {
  SubwordLists lists;
  lists.subwords.options = options;
  lists.offsets.reserve(words.size() + 1);
  for (const std::string_view word : words) {
    append_subwords(word, options, lists.rows);
    lists.offsets.push_back(lists.rows.size());
  }
  std::vector<std::int32_t>& buckets = lists.subwords.buckets;
  buckets = lists.rows;
  std::sort(buckets.begin(), buckets.end());
  buckets.erase(std::unique(buckets.begin(), buckets.end()), buckets.end());
  buckets.shrink_to_fit();
  for (std::int32_t& row : lists.rows) {
    row = static_cast<std::int32_t>(std::lower_bound(buckets.begin(), buckets.end(), row) - buckets.begin());
  }
  return lists;
}

void append_known_rows(std::string_view word, const Subwords& subwords, std::vector<std::int32_t>& rows) {
  std::vector<std::int32_t> found;
  append_subwords(word, subwords.options, found);
  for (const std::int32_t bucket : found) {
    const auto at = std::lower_bound(subwords.buckets.begin(), subwords.buckets.end(), bucket);
    if (at != subwords.buckets.end() && *at == bucket) {
      rows.push_back(static_cast<std::int32_t>(at - subwords.buckets.begin()));
    }
  }
}

}  // namespace malmoi::neural
