#include "tokenize/filters.h"

#include <algorithm>
#include <cstring>

#include "tokenize/normalizer.h"
#include "tokenize/stop_words.h"

namespace malmoi::tokenize {
namespace {

/// Code points of valid UTF-8: bytes that do not continue one.
std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

void add_built_in(StopList list, StringTable& words) {
  for (const std::string_view word : built_in_stop_words(list)) words.intern(word);
}

StringTable stop_word_table(const AnalyzerOptions& options) {
  StringTable words;
  if (options.stop_words) {
    std::string folded;
    for (const std::string& word : *options.stop_words) {
      fold_token(word, options.form, options.fold_case, folded);
      words.intern(folded);
    }
    return words;
  }
  add_built_in(StopList::english, words);
  if (options.korean == KoreanUnit::morph) add_built_in(StopList::korean_morphemes, words);
  if (options.korean == KoreanUnit::word) add_built_in(StopList::korean_words, words);
  return words;
}

}  // namespace

DropRules::DropRules(const AnalyzerOptions& options)
    : tags_(options.tags),
      by_tag_(options.korean == KoreanUnit::morph),
      stop_words_(stop_word_table(options)),
      min_length_(static_cast<std::size_t>(options.min_length)),
      max_length_(static_cast<std::size_t>(options.max_length)) {
  for (const TokenKind kind : options.kinds) kinds_ |= 1U << static_cast<unsigned>(kind);
  for (std::int32_t id = 0; id < stop_words_.size(); ++id) starts_seen_.set(start_of(stop_words_.at(id)));
}

std::size_t DropRules::start_of(std::string_view word) {
  std::uint32_t start = 0;
  if (word.size() >= sizeof start) {
    std::memcpy(&start, word.data(), sizeof start);
  } else {
    for (const char c : word) start = start << 8U | static_cast<unsigned char>(c);
  }
  const std::uint32_t mixed = (start ^ static_cast<std::uint32_t>(word.size())) * 0x9E3779B1U;
  return mixed >> 19U;  // 13 bits
}

DropRule DropRules::apply(const Token& token, std::string_view word) const {
  if ((kinds_ >> static_cast<unsigned>(token.kind) & 1U) == 0) return DropRule::kind;
  if (by_tag_ && !token.tag.empty() && std::find(tags_.begin(), tags_.end(), token.tag) == tags_.end()) {
    return DropRule::tag;
  }
  if (is_stop_word(word)) return DropRule::stop_word;
  const std::size_t bytes = token.text.size();  // a code point has 1 to 4: mostly no need to count
  if (bytes < 4 * min_length_ && min_length_ > 1 && count_code_points(token.text) < min_length_) {
    return DropRule::too_short;
  }
  if (bytes > max_length_ && count_code_points(token.text) > max_length_) return DropRule::too_long;
  return DropRule::kept;
}

Phrases::Phrases(const std::vector<std::string>& phrases) {
  for (const std::string_view phrase : phrases) {
    phrases_.intern(phrase);
    for (std::size_t blank = phrase.find(' '); blank != std::string::npos; blank = phrase.find(' ', blank + 1)) {
      starts_.intern(phrase.substr(0, blank));
    }
  }
}

Phrases::Match Phrases::longest_match(const Tokens& tokens, std::size_t first) {
  Match best = {first, {}};
  joined_ = tokens[first].text;
  for (std::size_t next = first + 1; next < tokens.size() && starts_.find(joined_); ++next) {
    if (tokens[next].dropped != DropRule::kept) continue;
    joined_ += ' ';
    joined_ += tokens[next].text;
    if (const auto id = phrases_.find(joined_)) best = {next, phrases_.at(*id)};
  }
  return best;
}

void Phrases::join(Tokens& tokens) {
  if (phrases_.size() == 0) return;
  std::size_t kept = 0;  // tokens before this place are done
  for (std::size_t i = 0; i < tokens.size();) {
    Token token = tokens[i];
    const Match match = token.dropped == DropRule::kept ? longest_match(tokens, i) : Match{i, {}};
    if (match.last == i) {
      tokens[kept++] = token;
      ++i;
      continue;
    }
    token.text = match.text;
    token.tag = {};
    token.end = tokens[match.last].end;
    tokens[kept++] = token;
    for (++i; i <= match.last; ++i) {
      if (tokens[i].dropped != DropRule::kept) tokens[kept++] = tokens[i];
    }
  }
  tokens.erase_from(kept);
}

void append_ngrams(Tokens& tokens, int longest) {
  if (longest < 2) return;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].dropped == DropRule::kept) kept.push_back(i);
  }
  std::string joined;
  for (std::size_t first = 0; first < kept.size(); ++first) {
    joined = tokens[kept[first]].text;
    const std::size_t stop = std::min(kept.size(), first + static_cast<std::size_t>(longest));
    for (std::size_t last = first + 1; last < stop; ++last) {
      joined += ' ';
      joined += tokens[kept[last]].text;
      const std::string_view text = tokens.keep(joined);
      tokens.add({.text = text,
                  .begin = tokens[kept[first]].begin,
                  .end = tokens[kept[last]].end,
                  .words = static_cast<std::uint8_t>(last - first + 1)});
    }
  }
}

}  // namespace malmoi::tokenize
