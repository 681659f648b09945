#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "corpus/store.h"
#include "tokenize/analyzer.h"
#include "vectorize/doc_term_matrix.h"
#include "vectorize/vocabulary.h"

namespace malmoi::apps {

/// An open corpus and what is made from it, each part on first use. Not for several threads.
class Workspace {
 public:
  /// dictionary  folder of the Korean dictionary, read when the corpus' analysis needs it
  /// Throws what corpus::Store::open throws
  explicit Workspace(const std::filesystem::path& corpus, std::filesystem::path dictionary = {});

  [[nodiscard]] const corpus::Store& store() const noexcept { return store_; }

  /// The analysis that the corpus was made with.
  [[nodiscard]] tokenize::AnalyzerOptions analysis() const;
  const vectorize::Vocabulary& vocabulary();

  /// Tokens of the documents that pass the filter.
  [[nodiscard]] TokenSequences tokens(const corpus::Filter& filter = {}) const;
  /// The same without n-grams: neighbours in a row are neighbours in the text.
  [[nodiscard]] TokenSequences words(const corpus::Filter& filter = {});
  /// One row: a document of the corpus, or a text, of which terms that the corpus does not have are left out.
  [[nodiscard]] TokenSequences tokens_of(std::int64_t document) const;
  [[nodiscard]] TokenSequences tokens_of(std::string_view text);

  /// Counts of those documents, [documents × all terms of the corpus].
  [[nodiscard]] vectorize::DocTermMatrix counts(const corpus::Filter& filter, const RunContext& context) const;
  /// The terms of the corpus with the counts that these documents give.
  [[nodiscard]] vectorize::Vocabulary vocabulary_of(const vectorize::DocTermMatrix& counts) const;

  /// The one term that the corpus' analysis makes of a word (재밌었다: 재밌다); none where it makes several, or drops
  /// it.
  [[nodiscard]] std::optional<std::string> term_of(std::string_view word);

  /// The word that each term most often stands for in a sample of the texts, folded: government for the stem govern.
  /// Terms that the sample does not have stay as they are, and all of them where words are not stemmed.
  [[nodiscard]] std::vector<std::string> whole_words(std::span<const std::string> terms) const;

  /// All tokens of a text, dropped ones too, as the corpus' analysis gives them; valid until the next call.
  const tokenize::Tokens& analyze(std::string_view text);

 private:
  corpus::Store store_;
  std::filesystem::path dictionary_;
  std::unique_ptr<tokenize::Analyzer> analyzer_;
  std::unique_ptr<tokenize::AnalyzerSession> session_;
  std::unique_ptr<vectorize::Vocabulary> vocabulary_;
};

}  // namespace malmoi::apps
