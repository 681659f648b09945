#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "corpus/document.h"
#include "corpus/filter.h"
#include "corpus/sqlite.h"

namespace malmoi::corpus {

/// Totals of a corpus.
struct CorpusSize {
  std::int64_t documents = 0;
  std::int64_t tokens = 0;  ///< kept tokens, n-grams and phrases included
  std::int64_t terms = 0;   ///< distinct terms, those of removed documents included
};

/// Tokens that the analysis dropped by one rule.
struct DroppedTokens {
  std::string rule;
  std::int64_t tokens = 0;
};

/// One use of the program on the corpus.
struct Run {
  std::int64_t id = 0;
  std::string started;  ///< UTC, ISO 8601
  double seconds = 0;
  std::string command;
  std::string options;  ///< JSON
  std::optional<std::int64_t> seed;
  std::string version;
  std::string input;    ///< JSON: names, bytes and fingerprints of inputs; may be empty
  std::string results;  ///< JSON
};

/// A model's row without its tensors.
struct ModelEntry {
  std::string name;
  std::string kind;
  std::int64_t version = 0;
  std::int64_t bytes = 0;
};

struct LabelCount {
  std::string label;  ///< empty: documents without a label
  std::int64_t documents = 0;
};

/// Documents one after another. The store must outlive it.
class DocumentCursor {
 public:
  /// Fills the document, whose strings' memory is reused; false at the end.
  bool next(Document& document);

 private:
  friend class Store;
  explicit DocumentCursor(Statement select) : select_(std::move(select)) {}
  Statement select_;
  bool at_end_ = false;  // SQLite would start the query anew
};

/// A corpus: one SQLite file. Move-only. Filling it is CorpusWriter's work.
class Store {
 public:
  /// Opens a corpus, bringing an older one up to date. Throws not_found, corrupt_data for a file that is no corpus,
  /// unsupported_version for one made by a newer program, io when another program keeps it locked for 30 s.
  static Store open(const std::filesystem::path& path, Access access = Access::read);
  /// A database whose tables are known to be right: what open() ends with, and what CorpusWriter starts from.
  explicit Store(Database database) : database_(std::move(database)) {}

  [[nodiscard]] CorpusSize size() const;
  [[nodiscard]] std::optional<std::string> setting(std::string_view name) const;
  [[nodiscard]] std::vector<DroppedTokens> dropped() const;
  [[nodiscard]] std::vector<LabelCount> labels() const;  ///< most documents first, then by label
  [[nodiscard]] std::vector<ModelEntry> models() const;

  [[nodiscard]] std::optional<Document> find(std::int64_t id) const;
  [[nodiscard]] std::optional<std::int64_t> find_key(std::string_view key) const;
  /// The document with this key, or else with this number. Throws not_found.
  [[nodiscard]] std::int64_t resolve(std::string_view key_or_id) const;

  /// Documents that pass the filter, ascending id.
  [[nodiscard]] DocumentCursor documents(const Filter& filter = {}) const;
  [[nodiscard]] std::vector<std::int64_t> matching(const Filter& filter) const;

  void record(const Run& run);  ///< its id is given by the store
  [[nodiscard]] std::vector<Run> runs() const;

  [[nodiscard]] Database& database() noexcept { return database_; }
  [[nodiscard]] const Database& database() const noexcept { return database_; }

 private:
  Database database_;
};

}  // namespace malmoi::corpus
