#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/string_table.h"
#include "corpus/document.h"
#include "corpus/store.h"
#include "corpus/term_table.h"

namespace malmoi::corpus {

/// What to do with a document whose key the corpus has already.
enum class KnownKey { refuse, replace, skip };

/// Tokens that the analysis dropped, by rule.
using DroppedCounts = std::map<std::string, std::int64_t, std::less<>>;

struct WriterOptions {
  KnownKey known_key = KnownKey::refuse;
  /// Analyses a text again and counts what it drops, so that removing a document takes its share off the totals.
  std::function<DroppedCounts(std::string_view text)> dropped_in = {};
  RunContext context = {};
};

/// Some documents with their kept tokens as numbers of the batch's own terms: what one thread makes, for CorpusWriter.
struct TokenBatch {
  std::vector<Document> documents;
  StringTable terms;
  std::vector<std::int32_t> tokens;  ///< of all documents, joined; numbers in `terms`
  std::vector<std::size_t> ends;     ///< tokens of documents[d] end at ends[d]
  DroppedCounts dropped;

  void clear_tokens();
};

/// Fills a corpus in one transaction: until commit() the file is as it was, whatever happens, and afterwards all is in.
///
/// A new corpus is written to PATH.partial without a journal and renamed on commit; a leftover of a killed run is
/// replaced. An existing corpus is changed within an SQLite transaction; a second writer waits up to 30 s.
class CorpusWriter {
 public:
  /// Throws io when the file cannot be written or another program is at it; what Store::open throws.
  CorpusWriter(std::filesystem::path path, WriterOptions options);
  ~CorpusWriter();
  CorpusWriter(const CorpusWriter&) = delete;
  CorpusWriter& operator=(const CorpusWriter&) = delete;

  /// Settings, sizes, documents as they stand within this transaction.
  [[nodiscard]] const Store& store() const;
  [[nodiscard]] bool is_new() const noexcept;

  void set(std::string_view name, std::string_view value);

  /// Numbers terms in the order of their first occurrence and documents in the order given; ids are set in the batch.
  /// Documents with a known key are refused (invalid_argument naming both places), replaced or skipped.
  void add(TokenBatch& batch);

  /// Removes documents, ids ascending; returns how many of them were there.
  std::int64_t remove(std::span<const std::int64_t> documents);

  /// All tokens and terms as they stand.
  [[nodiscard]] TokenSequences tokens();
  [[nodiscard]] const TermTable& terms() const noexcept;

  /// Forgets all tokens, terms and counts, but no document, so that reindex() can store another analysis of them.
  void clear_index();
  /// Stores the tokens of documents that are there already, in ascending id.
  void reindex(TokenBatch& batch);

  struct Summary {
    std::int64_t added = 0;
    std::int64_t replaced = 0;
    std::int64_t skipped = 0;  ///< known keys, with KnownKey::skip
  };
  [[nodiscard]] const Summary& summary() const noexcept;

  /// Writes all that is still in memory: the totals. Only record() and commit() may follow.
  CorpusSize finish();
  void record(const Run& run);
  void commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace malmoi::corpus
