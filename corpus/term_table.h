#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/string_table.h"
#include "corpus/base/token_sequences.h"
#include "corpus/sqlite.h"

namespace malmoi::corpus {

/// A term as the corpus file has it.
struct StoredTerm {
  TermId id = 0;
  std::int64_t documents = 0;    ///< documents that hold it
  std::int64_t occurrences = 0;  ///< tokens in all
};

/// All terms of a corpus; position = TermId. Terms of removed documents stay, with counts of 0.
struct TermTable {
  StringTable texts;
  std::vector<std::int64_t> documents;
  std::vector<std::int64_t> occurrences;

  /// Makes the counts as long as the table of texts.
  void grow();
};

/// Throws corrupt_data when an entry cannot be read or an id is missing.
[[nodiscard]] TermTable load_terms(const Database& database);

/// Reads the one bucket that may hold the term.
[[nodiscard]] std::optional<StoredTerm> find_term(const Database& database, std::string_view term);

/// The rows of table term_buckets for these terms; position = bucket, a power of two of them.
[[nodiscard]] std::vector<std::string> encode_terms(const TermTable& terms);

/// Puts the rows in the place of those that are there, within the caller's transaction.
void save_terms(Database& database, const std::vector<std::string>& buckets);

}  // namespace malmoi::corpus
