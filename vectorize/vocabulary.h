#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/string_table.h"
#include "corpus/base/token_sequences.h"

namespace malmoi::vectorize {

/// How often a term occurs in a corpus.
struct TermCounts {
  std::int32_t documents = 0;    ///< documents that hold the term ("document frequency")
  std::int64_t occurrences = 0;  ///< tokens ("collection frequency")
  friend bool operator==(const TermCounts&, const TermCounts&) = default;
};

/// The terms of a corpus with their counts; immutable. A term's number is its column in every matrix.
class Vocabulary {
 public:
  /// counts[i] belongs to term i. Throws invalid_argument when the sizes differ or a count is negative.
  Vocabulary(StringTable terms, std::vector<TermCounts> counts);

  [[nodiscard]] std::optional<TermId> find(std::string_view term) const { return terms_.find(term); }
  [[nodiscard]] std::string_view term(TermId id) const { return terms_.at(id); }
  [[nodiscard]] TermId size() const noexcept { return terms_.size(); }
  [[nodiscard]] std::int32_t documents(TermId id) const { return counts_[static_cast<std::size_t>(id)].documents; }
  [[nodiscard]] std::int64_t occurrences(TermId id) const { return counts_[static_cast<std::size_t>(id)].occurrences; }

 private:
  StringTable terms_;
  std::vector<TermCounts> counts_;
};

/// Counts of terms [0, terms) in tokenised documents.
[[nodiscard]] std::vector<TermCounts> count_documents(const TokenSequences& tokens, TermId terms);

/// A bound on document frequency: a number of documents, or a share of all documents in [0, 1].
struct Frequency {
  double value = 0.0;
  bool share = false;
};

/// Which terms a matrix keeps. The defaults keep all.
struct PruneOptions {
  Frequency min_df = {1.0, false};                    ///< terms in fewer documents go
  Frequency max_df = {1.0, true};                     ///< terms in more documents go
  std::optional<std::int32_t> max_features = {};      ///< at most this many, those with most occurrences; ≥ 1
  std::optional<std::vector<std::string>> only = {};  ///< of these terms alone; absent ones are passed over
};

/// The terms that pass, ascending. Numbers never change: a selection is a view on the vocabulary.
///
/// As scikit-learn's CountVectorizer: a share bounds at share × documents without rounding, and max_features counts the
/// terms that pass the other rules. Among equally frequent terms at the edge of max_features the lower number stays
/// (scikit-learn: whichever its sort puts first).
/// Throws invalid_argument: a share outside [0, 1], a negative or non-finite count, max_features < 1.
[[nodiscard]] std::vector<TermId> select_terms(const Vocabulary& vocabulary, std::int64_t documents,
                                               const PruneOptions& options);

}  // namespace malmoi::vectorize
