#include "tokenize/analyzer.h"

#include <unicode/uscript.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "tokenize/filters.h"
#include "tokenize/korean_units.h"
#include "tokenize/word_scanner.h"

namespace malmoi::tokenize {
namespace {

// Korean is tagged in stretches: longer ones than this end at the next blank, and so many bytes without Hangul end one.
constexpr std::uint32_t kLongStretch = 4096;
constexpr std::uint32_t kLongGap = 64;

bool is_korean(const Word& word) {
  return word.kind == TokenKind::word && (word.scripts & kHangul) != 0;
}
bool is_jamo_run(const Word& word) {
  return word.kind == TokenKind::word && word.scripts == kJamo;
}

/// Words that Korean is not read across.
bool ends_stretch(const Word& word) {
  return is_jamo_run(word) ||
         (word.kind != TokenKind::word && word.kind != TokenKind::number && word.kind != TokenKind::punctuation);
}

bool has_syllable(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const char32_t code = decode_utf8(text, i);
    if (code >= 0xAC00 && code <= 0xD7A3) return true;
  }
  return false;
}

/// A run of compatibility jamo, such as half-width ﾻﾻ once it is folded.
bool is_all_jamo(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const char32_t code = decode_utf8(text, i);
    if (code < 0x3131 || code > 0x318E) return false;
  }
  return !text.empty();
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool starts_with_han(std::string_view text) {
  std::size_t position = 0;
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(decode_utf8(text, position)), &status) == USCRIPT_HAN;
}

/// An apostrophe where a contraction has one (don't, we'll), as ASCII or as the last byte of ’.
bool may_be_contraction(std::string_view text) {
  const auto quote_at = [&](std::size_t from_end) {
    if (text.size() <= from_end) return false;
    const char c = text[text.size() - from_end];
    return c == '\'' || c == '\x99';
  };
  return quote_at(2) || quote_at(3);
}

}  // namespace

// ---- what threads share ---------------------------------------------------------------------------------------------

class Analyzer::Impl {
 public:
  Impl(AnalyzerOptions given, const std::filesystem::path& folder) : options(std::move(given)), rules(options) {
    if (options.korean == KoreanUnit::morph)
      dictionary = std::make_unique<KoreanDictionary>(folder, options.user_words);
  }

  AnalyzerOptions options;
  DropRules rules;
  std::unique_ptr<KoreanDictionary> dictionary;
};

Analyzer::Analyzer(AnalyzerOptions options, const std::filesystem::path& dictionary) {
  validate(options);
  impl_ = std::make_unique<Impl>(std::move(options), dictionary);
}

Analyzer::~Analyzer() = default;

const AnalyzerOptions& Analyzer::options() const noexcept {
  return impl_->options;
}

// ---- what each thread has -------------------------------------------------------------------------------------------

class AnalyzerSession::Impl {
 public:
  explicit Impl(const Analyzer::Impl& analyzer)
      : options_(analyzer.options), rules_(analyzer.rules), phrases_(analyzer.options.phrases) {
    if (options_.stemmer != Stemmer::none) stemmer_.emplace(options_.stemmer);
    if (analyzer.dictionary) tagger_.emplace(*analyzer.dictionary, options_.compounds);
  }

  const Tokens& analyze(std::string_view text) {
    if (text.size() > std::numeric_limits<std::int32_t>::max()) {
      throw Error(ErrorCode::invalid_argument,
                  concat("analyze: a text of ", text.size(), " bytes, wanted are less than 2^31"));
    }
    if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
      throw Error(ErrorCode::invalid_argument, concat("analyze: byte ", bad, " of the text is not UTF-8"));
    }
    tokens_.clear();
    normalized_.emplace(text);
    text_ = normalized_->view();
    scanner_.scan(text_, words_);
    if (options_.korean == KoreanUnit::morph) {
      add_morphemes();
    } else {
      add_words(0, words_.size());
    }
    phrases_.join(tokens_);
    append_ngrams(tokens_, options_.ngrams);
    return tokens_;
  }

 private:
  // ---- words ----

  std::string_view piece(const Word& word) const { return text_.substr(word.begin, word.end - word.begin); }

  void add_words(std::size_t first, std::size_t last) {
    const bool by_unit = options_.korean == KoreanUnit::syllable || options_.korean == KoreanUnit::jamo;
    for (std::size_t i = first; i < last; ++i) {
      if (by_unit && is_korean(words_[i])) {
        add_units(words_[i]);
      } else {
        add_word(words_[i]);
      }
    }
  }

  void add_word(const Word& word) {
    if (word.kind == TokenKind::punctuation || word.kind == TokenKind::emoji) {
      add_token(word, piece(word), {});
      return;
    }
    const std::string_view term = fold(piece(word), word.scripts);
    const bool english = word.kind == TokenKind::word && (word.scripts & (kAsciiLower | kAsciiUpper)) != 0;
    if (english && options_.contractions == Contractions::split && may_be_contraction(piece(word))) {
      if (const auto parts = split_contraction(term); parts && is_ascii(piece(word).substr(0, parts->split))) {
        add_contraction(word, *parts);
        return;
      }
    }
    const bool folded_to_jamo = (word.scripts & kOther) != 0 && is_all_jamo(term);
    add_token(word, term, folded_to_jamo ? "IC" : tag_of(word));
  }

  void add_contraction(const Word& word, const Contraction& parts) {
    Word part = word;
    part.scripts = kAsciiLower;
    part.end = word.begin + parts.split;
    add_token(part, parts.first, tag_of(part));
    if (parts.second.empty()) return;
    part.begin = part.end;
    part.end = word.end;
    add_token(part, parts.second, tag_of(part));
  }

  /// The term of a piece of text: the piece itself where nothing changes.
  std::string_view fold(std::string_view text, unsigned scripts) {
    const unsigned changing = kOther | kJamo | (options_.fold_case ? unsigned{kAsciiUpper} : 0U);
    if ((scripts & changing) == 0) return text;
    fold_token(text, options_.form, options_.fold_case, folded_);
    if ((scripts & (kJamo | kOther)) != 0) {
      shorten_jamo_runs(folded_, options_.repeat_limit, shortened_);
      std::swap(folded_, shortened_);
    }
    return folded_ == text ? text : tokens_.keep(folded_);
  }

  std::string_view tag_of(const Word& word) const {
    if (is_jamo_run(word)) return "IC";
    if (options_.korean != KoreanUnit::morph) return {};
    if (word.kind == TokenKind::number) return "SN";
    if (word.kind != TokenKind::word) return {};
    return word.scripts == kOther && starts_with_han(piece(word)) ? "SH" : "SL";
  }

  void add_token(const Word& word, std::string_view term, std::string_view tag) {
    Token token = {.text = term,
                   .tag = tag,
                   .begin = normalized_->original_begin(word.begin),
                   .end = normalized_->original_end(word.end),
                   .kind = word.kind};
    if (stemmer_ && word.kind == TokenKind::word && is_stemmed(term, word.scripts)) {
      const std::string_view stem = stemmer_->stem(term);
      token.text = term.starts_with(stem) ? term.substr(0, stem.size()) : tokens_.keep(stem);
    }
    token.dropped = rules_.apply(token, term);
    tokens_.add(token);
  }

  static bool is_stemmed(std::string_view term, unsigned scripts) {
    return (scripts & ~unsigned{kAsciiLower | kAsciiUpper}) == 0 &&
           std::all_of(term.begin(), term.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
  }

  /// N-grams of a word of Hangul.
  void add_units(const Word& word) {
    const std::string_view text = piece(word);
    const std::string_view term = fold(text, word.scripts);
    const bool unchanged = term.data() == text.data();
    grams_.clear();
    if (options_.korean == KoreanUnit::jamo) {
      append_jamo_grams(term, options_.gram_min, options_.gram_max, tokens_.arena(), grams_);
    } else {
      append_syllable_grams(term, options_.gram_min, options_.gram_max, grams_);
    }
    for (const UnitGram& gram : grams_) {
      Word part = word;
      if (unchanged) {  // else there is no way from bytes of the term to bytes of the text
        part.begin = word.begin + gram.begin;
        part.end = word.begin + gram.end;
      }
      add_token(part, gram.text, {});
    }
  }

  // ---- morphemes ----

  /// Words as they are but for stretches of Korean, with what touches them: 가 alone would be another word than in
  /// AI가.
  void add_morphemes() {
    for (std::size_t done = 0; done < words_.size();) {
      const auto found = std::find_if(words_.begin() + static_cast<std::ptrdiff_t>(done), words_.end(), is_korean);
      const auto korean = static_cast<std::size_t>(found - words_.begin());
      if (korean == words_.size()) {
        add_words(done, korean);
        return;
      }
      std::size_t first = korean;
      while (first > done && touch(first - 1) && words_[korean].begin - words_[first - 1].begin <= kLongGap) --first;
      add_words(done, first);
      done = stretch_end(korean);
      add_stretch(first, done);
    }
  }

  /// Whether this word and the next are read together and have nothing between them.
  bool touch(std::size_t i) const {
    return words_[i].end == words_[i + 1].begin && !ends_stretch(words_[i]) && !ends_stretch(words_[i + 1]);
  }

  /// The word behind the stretch of Korean that has this Korean word as its first.
  std::size_t stretch_end(std::size_t korean) const {
    std::size_t end = korean + 1;
    for (std::size_t i = end; i < words_.size() && !ends_stretch(words_[i]); ++i) {
      const std::uint32_t before = words_[i - 1].end;
      const std::string_view gap = text_.substr(before, words_[i].begin - before);
      if (gap.find('\n') != std::string_view::npos || words_[i].begin - words_[end - 1].end > kLongGap) break;
      if (words_[i].begin - words_[korean].begin > kLongStretch && !gap.empty()) break;
      if (is_korean(words_[i])) end = i + 1;
    }
    const std::uint32_t last = words_[end - 1].end;
    while (end < words_.size() && touch(end - 1) && words_[end].end - last <= kLongGap) ++end;
    return end;
  }

  /// Adds the morphemes that have Hangul in them, and of the words [first, last) what these leave.
  void add_stretch(std::size_t first, std::size_t last) {
    const std::uint32_t begin = words_[first].begin;
    morphemes_.clear();
    tagger_->tag(text_.substr(begin, words_[last - 1].end - begin), tokens_.arena(), morphemes_);

    std::size_t next = first;       // words before this one are done
    std::uint32_t covered = begin;  // and so is the text up to here
    for (Morpheme& morpheme : morphemes_) {
      morpheme.begin += begin;
      morpheme.end += begin;
      if (!has_syllable(text_.substr(morpheme.begin, morpheme.end - morpheme.begin))) continue;
      std::uint32_t letter = morpheme.begin;
      for (; next < last && words_[next].begin < morpheme.begin; ++next) {
        if (forms_noun(words_[next], morpheme)) {
          letter = words_[next].begin;
        } else {
          add_uncovered(words_[next], covered, morpheme.begin);
        }
      }
      add_morpheme(morpheme, letter);
      covered = std::max(covered, morpheme.end);
    }
    for (; next < last; ++next) add_uncovered(words_[next], covered, words_[next].end);
  }

  /// One Latin letter and the noun right behind it: K팝, T셔츠, A형.
  bool forms_noun(const Word& word, const Morpheme& morpheme) const {
    return word.end == morpheme.begin && word.end - word.begin == 1 &&
           (word.scripts & (kAsciiLower | kAsciiUpper)) != 0 && (morpheme.tag == "NNG" || morpheme.tag == "NNP");
  }

  /// Adds the part of a word that no Korean morpheme covers, if there is one.
  void add_uncovered(Word word, std::uint32_t covered, std::uint32_t limit) {
    word.begin = std::max(word.begin, covered);
    word.end = std::min(word.end, limit);
    if (word.begin < word.end && !is_korean(word)) add_word(word);
  }

  /// begin  of the morpheme, or of the letter that belongs to it
  void add_morpheme(const Morpheme& morpheme, std::uint32_t begin) {
    const Word word = {begin, morpheme.end, TokenKind::word, kHangul | kOther};
    std::string_view lemma = morpheme.lemma;
    if (begin < morpheme.begin) {
      joined_.assign(text_.substr(begin, morpheme.begin - begin)).append(lemma);
      lemma = joined_;
    }
    fold_token(lemma, options_.form, options_.fold_case, folded_);
    if (folded_ == lemma && begin == morpheme.begin) {
      add_token(word, lemma, morpheme.tag);
    } else {
      add_token(word, tokens_.keep(folded_), morpheme.tag);
    }
  }

  const AnalyzerOptions& options_;
  const DropRules& rules_;
  Phrases phrases_;
  WordScanner scanner_;
  std::optional<WordStemmer> stemmer_;
  std::optional<KoreanTagger> tagger_;

  std::optional<NormalizedText> normalized_;  // the text that is being analysed,
  std::string_view text_;                     // in NFC,
  std::vector<Word> words_;                   // its words
  Tokens tokens_;                             // and its tokens
  std::vector<Morpheme> morphemes_;
  std::vector<UnitGram> grams_;
  std::string folded_;
  std::string shortened_;
  std::string joined_;
};

AnalyzerSession::AnalyzerSession(const Analyzer& analyzer) : impl_(std::make_unique<Impl>(*analyzer.impl_)) {}
AnalyzerSession::~AnalyzerSession() = default;
AnalyzerSession::AnalyzerSession(AnalyzerSession&&) noexcept = default;

const Tokens& AnalyzerSession::analyze(std::string_view text) {
  return impl_->analyze(text);
}

}  // namespace malmoi::tokenize
