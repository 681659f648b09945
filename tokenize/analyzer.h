#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/english.h"
#include "tokenize/korean.h"
#include "tokenize/normalizer.h"
#include "tokenize/token.h"

namespace malmoi::tokenize {

/// What Korean text is cut into. Text in other scripts is cut into words in every mode.
enum class KoreanUnit { morph, word, syllable, jamo };
/// Contractions as one word, or taken apart (english.h): don't → do + not, John's → john.
enum class Contractions { keep, split };

/// Sejong tags kept by default: nouns (NNG NNP NR), predicates (VV VA VCN), adverbs (MAG), roots (XR), interjections
/// (IC), foreign words and numbers (SL SH SN) and words the dictionary does not have (UNKNOWN).
[[nodiscard]] std::vector<std::string> content_tags();
/// `noun` `verb` `adjective` `adverb` … and Sejong tags, separated by commas, to Sejong tags without repetition.
/// Throws invalid_argument with the names there are.
[[nodiscard]] std::vector<std::string> parse_tags(std::string_view names);

/// All that decides which terms a text gives; stored in the corpus, so that queries and later documents agree.
struct AnalyzerOptions {
  KoreanUnit korean = KoreanUnit::morph;
  std::vector<std::string> tags = content_tags();  ///< morph only: Sejong tags that are kept, of words in any script
  CompoundMode compounds = CompoundMode::whole;    ///< morph only
  std::vector<UserWord> user_words = {};           ///< morph only
  int gram_min = 2;                                ///< syllable, jamo: shortest and longest n-gram of a word, in units;
  int gram_max = 2;                                ///< a shorter word is kept whole
  UnicodeForm form = UnicodeForm::nfkc;
  bool fold_case = true;
  Stemmer stemmer = Stemmer::none;  ///< English words
  Contractions contractions = Contractions::split;
  std::vector<TokenKind> kinds = {TokenKind::word, TokenKind::number, TokenKind::hashtag, TokenKind::mention,
                                  TokenKind::emoji};
  std::optional<std::vector<std::string>> stop_words = std::nullopt;  ///< compared before stemming; nullopt: built in
                                                                      ///< for both languages; empty: none
  int min_length = 1;                                                 ///< shortest term kept, code points
  int max_length = 100;                                               ///< longest term kept, code points
  int repeat_limit = 2;                   ///< ㅋㅋㅋㅋ → ㅋㅋ: longest run of one jamo; 0: as it is
  int ngrams = 1;                         ///< also all runs of 2 … ngrams neighbouring kept tokens, joined by a blank
  std::vector<std::string> phrases = {};  ///< learned: "new york"; joined to one token wherever it occurs
};

/// Throws invalid_argument naming the field.
void validate(const AnalyzerOptions& options);

/// JSON with every field, keys in a fixed order, for storing; and back: a field that is not there has its default, one
/// that is not known is refused. Throws corrupt_data naming the field.
[[nodiscard]] std::string to_json(const AnalyzerOptions& options);
[[nodiscard]] AnalyzerOptions analyzer_options_from_json(std::string_view json);

/// The analysis of a corpus: immutable, shared by threads, each of which has a session.
class Analyzer {
 public:
  /// dictionary  folder of mecab-ko-dic; read only when options.korean is morph
  /// Throws      invalid_argument; not_found when morph has no dictionary
  Analyzer(AnalyzerOptions options, const std::filesystem::path& dictionary);
  ~Analyzer();

  [[nodiscard]] const AnalyzerOptions& options() const noexcept;

 private:
  friend class AnalyzerSession;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// One thread's use of an analyzer, with its buffers. The analyzer must outlive it.
///
/// How a text becomes tokens
///   words        the words of WordScanner; a word of Hangul becomes morphemes, itself, or n-grams of its units
///   morphemes    stretches of Korean go to the tagger line by line; what has Hangul in it replaces the words it
///   covers,
///                all else stays the word it is, tagged SL (letters), SH (Han) or SN (number)
///   K팝 C언어    one Latin letter joined to a noun behind it is one noun
///   ㅋㅋㅋ ㅠㅠ  runs of jamo are words of their own, tag IC, shortened to repeat_limit
///   terms        form, case, contractions, stem (words of a-z); punctuation and emoji stay as they are
///   rules        kind, tag, stop_word, too_short, too_long: the first that applies marks the token as dropped
///   phrases      learned phrases among kept neighbours become one token, the longest first
///   n-grams      of kept neighbours, behind all other tokens
class AnalyzerSession {
 public:
  explicit AnalyzerSession(const Analyzer& analyzer);
  ~AnalyzerSession();
  AnalyzerSession(AnalyzerSession&&) noexcept;

  /// All tokens of the text in order, dropped ones too, each with its rule; then the n-grams.
  /// text     UTF-8 of less than 2^31 bytes; must outlive the use of the result
  /// Returns  tokens that are valid until the next call
  /// Throws   invalid_argument for text that is not UTF-8 (byte named)
  const Tokens& analyze(std::string_view text);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace malmoi::tokenize
