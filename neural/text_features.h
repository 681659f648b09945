#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/string_table.h"
#include "neural/ngram_index.h"
#include "neural/text_units.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// What a feature's occurrences in a text weigh, before the row is normalised. tf: occurrences in the text.
enum class FeatureWeight {
  binary,  ///< 1
  count,   ///< tf
  log,     ///< 1 + ln tf
  tf_idf   ///< (1 + ln tf) (ln((1 + texts) / (1 + document frequency)) + 1): scikit-learn's sublinear and smooth form
};

/// What is scaled to Euclidean length 1: nothing, the words and the characters of a text each, or its whole row.
enum class FeatureNorm { none, view, whole };

/// Where a character n-gram may lie: in one word with a blank before and behind it, or anywhere in the text.
enum class CharacterScope { word, text };

/// All that decides which features a text has. NB log-count ratios (Wang and Manning 2012) need classes and are
/// therefore options of the classifier (linear_classifier.h).
struct FeatureOptions {
  tokenize::AnalyzerOptions analysis = classification_analysis();
  TermTags tags = TermTags::korean;
  std::optional<NgramOptions> words = NgramOptions{.shortest = 1, .longest = 3};  ///< n-grams of tokens; nullopt: none
  std::optional<NgramOptions> characters = NgramOptions{.shortest = 1, .longest = 5};  ///< of characters; nullopt: none
  CharacterScope scope = CharacterScope::word;
  FeatureWeight weight = FeatureWeight::tf_idf;
  FeatureNorm norm = FeatureNorm::view;
};

/// Plain data of fitted features, for storing.
struct FeatureData {
  FeatureOptions options;
  StringTable terms;  ///< tokens that occur in an n-gram; NgramTree::units of `words`
  NgramTree words;
  NgramTree characters;       ///< units are code points
  std::vector<float> global;  ///< [features] idf, or 1
};

/// A place in a text that is one occurrence of a feature.
struct FeatureOccurrence {
  std::int32_t feature = 0;
  std::size_t begin = 0;  ///< bytes of the text
  std::size_t end = 0;
  friend bool operator==(const FeatureOccurrence&, const FeatureOccurrence&) = default;
};

/// Features of texts, fitted to a collection. Immutable, shared by threads.
/// Columns: the n-grams of words, then those of characters, each by falling document frequency.
class TextFeatures {
 public:
  /// Throws corrupt_data: trees or sizes that do not fit together
  explicit TextFeatures(FeatureData data);

  [[nodiscard]] const FeatureOptions& options() const noexcept { return options_; }
  [[nodiscard]] const StringTable& terms() const noexcept { return terms_; }
  [[nodiscard]] const NgramIndex& words() const noexcept { return words_; }
  [[nodiscard]] const NgramIndex& characters() const noexcept { return characters_; }
  [[nodiscard]] std::span<const float> global() const noexcept { return global_; }
  [[nodiscard]] std::int32_t size() const noexcept { return words_.features() + characters_.features(); }
  [[nodiscard]] bool of_words(std::int32_t feature) const noexcept { return feature < words_.features(); }
  /// Tokens joined by blanks, or the characters.
  [[nodiscard]] std::string name(std::int32_t feature) const;

  /// [texts × features], columns ascending.
  /// tokens  of the same texts in terms() (tokenize_texts); not looked at when options.words is absent
  /// texts   not looked at when options.characters is absent: then only their number counts
  /// Throws  invalid_argument: different numbers of texts and of tokens' rows, or 2^31 non-zeros and more
  [[nodiscard]] vectorize::SparseMatrix rows(std::span<const std::string_view> texts, const TokenSequences& tokens,
                                             const RunContext& context = {}) const;
  /// Where the features of a text are; analyzer: of options().analysis.
  [[nodiscard]] std::vector<FeatureOccurrence> occurrences(std::string_view text,
                                                           const tokenize::Analyzer& analyzer) const;

 private:
  FeatureOptions options_;
  StringTable terms_;
  NgramIndex words_;
  NgramIndex characters_;
  std::vector<float> global_;
};

struct FittedFeatures {
  TextFeatures features;
  vectorize::SparseMatrix rows;  ///< of the texts that it was fitted to
};

/// Learns the features of texts. tokens: of the same texts (tokenize_texts), as options.analysis and options.tags say.
/// The result is the same for every number of threads. Throws what learn_ngrams and TextFeatures::rows throw.
[[nodiscard]] FittedFeatures fit_features(std::span<const std::string_view> texts, TokenizedTexts tokens,
                                          const FeatureOptions& options, const RunContext& context = {});

}  // namespace malmoi::neural
