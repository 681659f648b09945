#include "neural/word_text.h"

#include <algorithm>

#include "corpus/base/error.h"

namespace malmoi::neural {
namespace {

std::vector<std::int64_t> count_terms(std::string_view caller, const TokenSequences& tokens, std::size_t terms) {
  std::vector<std::int64_t> counts(terms, 0);
  for (const TermId term : tokens.terms) {
    if (term < 0) continue;
    if (static_cast<std::size_t>(term) >= terms) {
      throw Error(ErrorCode::invalid_argument, concat(caller, ": term ", term, " of ", terms));
    }
    ++counts[static_cast<std::size_t>(term)];
  }
  return counts;
}

}  // namespace

WordText read_word_text(std::string_view caller, const TokenSequences& tokens, std::size_t terms,
                        std::int32_t min_count, std::size_t most_words) {
  const std::vector<std::int64_t> counts = count_terms(caller, tokens, terms);
  const auto count_of = [&](TermId term) { return counts[static_cast<std::size_t>(term)]; };
  WordText text;
  for (std::size_t t = 0; t < terms; ++t) {
    if (counts[t] >= min_count) text.terms.push_back(static_cast<TermId>(t));
  }
  if (text.terms.size() < 2) {
    throw Error(ErrorCode::invalid_argument, concat(caller, ": ", text.terms.size(), " of ", terms, " terms occur ",
                                                    min_count, " times, wanted at least 2"));
  }
  std::stable_sort(text.terms.begin(), text.terms.end(), [&](TermId a, TermId b) { return count_of(a) > count_of(b); });
  std::vector<std::int32_t> numbers(terms, -1);
  for (const TermId term : text.terms) {
    numbers[static_cast<std::size_t>(term)] = static_cast<std::int32_t>(text.counts.size());
    text.counts.push_back(count_of(term));
  }
  for (std::size_t r = 0; r < tokens.rows(); ++r) {
    const std::size_t begin = text.words.size();
    for (const TermId term : tokens.row(r)) {
      const std::int32_t word = term < 0 ? -1 : numbers[static_cast<std::size_t>(term)];
      if (word >= 0) text.words.push_back(word);
    }
    for (std::size_t at = begin; at < text.words.size();) {
      at = std::min(at + most_words, text.words.size());
      text.ends.push_back(at);
    }
  }
  return text;
}

std::vector<std::string_view> words_of(const WordText& text, std::span<const std::string_view> terms) {
  std::vector<std::string_view> words;
  words.reserve(text.terms.size());
  for (const TermId term : text.terms) words.push_back(terms[static_cast<std::size_t>(term)]);
  return words;
}

}  // namespace malmoi::neural
