#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/token_sequences.h"
#include "corpus/sqlite.h"

namespace malmoi::corpus {

struct DocumentLength {
  std::int64_t document = 0;
  std::int64_t tokens = 0;
};

/// The token ids of a run of documents in one row, as varints. Column `lengths`: for each document its id (the
/// difference from the one before) and its number of tokens, which may be 0. Column `terms`: all term ids, in text
/// order.
class TokenBlock {
 public:
  void add(std::int64_t document, std::span<const TermId> tokens);
  void clear();
  [[nodiscard]] bool empty() const noexcept { return lengths_.empty(); }
  [[nodiscard]] bool full() const noexcept { return terms_.size() >= kTargetBytes || lengths_.size() >= kMaxDocuments; }
  void save(Database& database) const;

 private:
  static constexpr std::size_t kTargetBytes = std::size_t{1} << 16U;
  static constexpr std::size_t kMaxDocuments = 8192;
  std::vector<DocumentLength> lengths_;
  std::string terms_;
};

/// Ids and lengths of all documents, ascending; does not read the tokens.
void for_each_length(const Database& database, const std::function<void(const DocumentLength&)>& visit);

/// Tokens of all documents. Throws corrupt_data for a damaged block.
[[nodiscard]] TokenSequences load_tokens(const Database& database);

/// Tokens of some documents (ids ascending); ids that are not in the corpus give no row.
[[nodiscard]] TokenSequences load_tokens(const Database& database, std::span<const std::int64_t> documents);

/// Takes documents (ids ascending) out of their blocks, which are written anew; returns what they held.
TokenSequences remove_tokens(Database& database, std::span<const std::int64_t> documents);

/// Takes the last block out when it is not full, so that small additions do not leave many small blocks.
TokenBlock reopen_last_block(Database& database);

}  // namespace malmoi::corpus
