#include "corpus/writer.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/inverted_index.h"
#include "corpus/partial_file.h"
#include "corpus/schema.h"
#include "corpus/term_table.h"
#include "corpus/token_blocks.h"

namespace malmoi::corpus {
namespace {

constexpr int kWaitMs = 30000;

std::string place_of(const Document& document) {
  return document.line > 0 ? concat(document.source, ":", document.line) : document.source;
}

// Makes the empty tables in a file that only this process sees: no journal, no waiting for the disk.
void prepare_new(Database& database) {
  database.execute(
      "PRAGMA page_size=16384;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA locking_mode=EXCLUSIVE;"
      "PRAGMA cache_size=-65536;BEGIN EXCLUSIVE");
  create_schema(database);
}

void prepare_existing(Database& database) {
  database.execute("PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;BEGIN IMMEDIATE");
}

}  // namespace

void TokenBatch::clear_tokens() {
  terms.clear();
  tokens.clear();
  ends.clear();
  dropped.clear();
}

class CorpusWriter::Impl {
 public:
  Impl(std::filesystem::path path, WriterOptions options);

  void set(std::string_view name, std::string_view value) {
    Statement insert = database().prepare("INSERT OR REPLACE INTO settings VALUES(?, ?)");
    insert.bind(1, name).bind(2, value).run();
  }
  void add(TokenBatch& batch);
  std::int64_t remove(std::span<const std::int64_t> documents);
  void clear_index();
  void reindex(TokenBatch& batch);
  CorpusSize finish();
  void commit();

  TokenSequences tokens() {
    block_.save(database());
    return load_tokens(database());
  }
  [[nodiscard]] const TermTable& terms() const { return terms_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] bool is_new() const { return partial_ != nullptr; }
  [[nodiscard]] const Summary& summary() const { return summary_; }

 private:
  Database& database() { return store_->database(); }
  void open_new();
  void open_existing();
  bool make_room(const Document& document);
  void insert_document(const Document& document);
  std::int64_t source_id(const std::string& path);
  TermId term_id(const TokenBatch& batch, std::int32_t number);
  void store_tokens(std::int64_t document, const TokenBatch& batch, std::span<const std::int32_t> tokens);
  void take_off(const TokenSequences& removed);
  void count_dropped(const DroppedCounts& counts, std::int64_t sign);
  void save_segment();
  void encode_segment();
  void save_index();
  void make_key_index();
  void merge_segments();

  std::filesystem::path path_;
  WriterOptions options_;
  std::unique_ptr<PartialFile> partial_;  // outlives the database that writes to it
  std::optional<Store> store_;
  std::optional<Statement> insert_;
  bool keys_indexed_ = true;
  Summary summary_;
  CorpusSize size_;
  std::int64_t next_document_ = 1;
  TermTable terms_;
  TokenBlock block_;
  SegmentBuilder segment_;
  EncodedSegment encoded_;
  DroppedCounts dropped_;
  std::unordered_map<std::string, std::int64_t> sources_;
  std::string last_source_;
  std::int64_t last_source_id_ = 0;
  std::vector<TermId> batch_terms_;  // number in the batch → TermId, -1 while it has none
  std::vector<TermId> row_;
};

CorpusWriter::Impl::Impl(std::filesystem::path path, WriterOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
  if (!std::filesystem::exists(path_)) partial_ = std::make_unique<PartialFile>(path_, kWaitMs);
  if (std::filesystem::exists(path_)) partial_.reset();  // somebody finished it while we waited
  partial_ ? open_new() : open_existing();
  insert_ = database().prepare("INSERT INTO documents VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
}

void CorpusWriter::Impl::open_new() {
  store_ = Store(Database::open(partial_->path(), {.access = Access::write, .create = true, .wait_ms = kWaitMs}));
  prepare_new(database());
  keys_indexed_ = options_.known_key != KnownKey::refuse;
  if (keys_indexed_) create_key_index(database());
}

void CorpusWriter::Impl::open_existing() {
  store_ = Store::open(path_, Access::write);
  prepare_existing(database());
  size_ = store_->size();
  next_document_ = database().query_integer("SELECT value FROM settings WHERE name = 'next_document'");
  terms_ = load_terms(database());
  block_ = reopen_last_block(database());
  for (const DroppedTokens& dropped : store_->dropped()) dropped_[dropped.rule] = dropped.tokens;
  Statement select = database().prepare("SELECT path, id FROM sources");
  while (select.step()) sources_.emplace(select.text(0), select.integer(1));
}

std::int64_t CorpusWriter::Impl::source_id(const std::string& path) {
  if (path == last_source_) return last_source_id_;
  const auto [place, fresh] = sources_.try_emplace(path, static_cast<std::int64_t>(sources_.size()) + 1);
  if (fresh) {
    Statement insert = database().prepare("INSERT INTO sources VALUES(?, ?)");
    insert.bind(1, place->second).bind(2, path).run();
  }
  last_source_ = path;
  last_source_id_ = place->second;
  return last_source_id_;
}

// Sees to a document with the same key; false when the new one is to be skipped.
bool CorpusWriter::Impl::make_room(const Document& document) {
  if (!keys_indexed_ || document.key.empty()) return true;
  const auto known = store_->find_key(document.key);
  if (!known) return true;
  switch (options_.known_key) {
    case KnownKey::skip:
      if (options_.dropped_in) count_dropped(options_.dropped_in(document.text), -1);
      ++summary_.skipped;
      return false;
    case KnownKey::replace:
      remove(std::span(&*known, 1));
      ++summary_.replaced;
      return true;
    case KnownKey::refuse:
      break;
  }
  throw Error(ErrorCode::invalid_argument,
              concat(place_of(document), ": the corpus already has a document with the id \"", document.key,
                     "\" (from ", place_of(*store_->find(*known)), "); --replace takes the new one"));
}

void CorpusWriter::Impl::insert_document(const Document& document) {
  insert_->bind(1, document.id).bind_text_or_null(2, document.key).bind_text_or_null(3, document.label);
  insert_->bind_text_or_null(4, document.date).bind(5, source_id(document.source)).bind(6, document.line);
  insert_->bind_text_or_null(7, document.meta).bind(8, document.text).run();
  ++size_.documents;
}

// Terms are numbered when a stored document first holds them: one that is skipped leaves no trace.
TermId CorpusWriter::Impl::term_id(const TokenBatch& batch, std::int32_t number) {
  TermId& id = batch_terms_[static_cast<std::size_t>(number)];
  if (id < 0) id = terms_.texts.intern(batch.terms.at(number), batch.terms.hash(number));
  return id;
}

void CorpusWriter::Impl::store_tokens(std::int64_t document, const TokenBatch& batch,
                                      std::span<const std::int32_t> tokens) {
  row_.clear();
  for (const std::int32_t token : tokens) row_.push_back(term_id(batch, token));
  size_.tokens += static_cast<std::int64_t>(tokens.size());
  block_.add(document, row_);
  segment_.add(document, row_);
  if (block_.full()) {
    block_.save(database());
    block_.clear();
  }
  if (segment_.full()) save_segment();
}

void CorpusWriter::Impl::add(TokenBatch& batch) {
  std::size_t begin = 0;
  terms_.texts.find_all(batch.terms, batch_terms_);
  for (std::size_t d = 0; d < batch.documents.size(); ++d) {
    Document& document = batch.documents[d];
    const auto tokens = std::span(batch.tokens).subspan(begin, batch.ends[d] - begin);
    begin = batch.ends[d];
    if (!make_room(document)) continue;
    document.id = next_document_++;
    insert_document(document);
    store_tokens(document.id, batch, tokens);
    ++summary_.added;
  }
  count_dropped(batch.dropped, 1);
}

void CorpusWriter::Impl::reindex(TokenBatch& batch) {
  std::size_t begin = 0;
  terms_.texts.find_all(batch.terms, batch_terms_);
  for (std::size_t d = 0; d < batch.documents.size(); ++d) {
    store_tokens(batch.documents[d].id, batch, std::span(batch.tokens).subspan(begin, batch.ends[d] - begin));
    begin = batch.ends[d];
  }
  count_dropped(batch.dropped, 1);
}

void CorpusWriter::Impl::count_dropped(const DroppedCounts& counts, std::int64_t sign) {
  for (const auto& [rule, tokens] : counts) dropped_[rule] += sign * tokens;
}

// Takes the tokens of removed documents off the counts.
void CorpusWriter::Impl::take_off(const TokenSequences& removed) {
  std::vector<TermId> distinct;
  for (std::size_t row = 0; row < removed.rows(); ++row) {
    const auto tokens = removed.row(row);
    distinct.assign(tokens.begin(), tokens.end());
    std::sort(distinct.begin(), distinct.end());
    for (std::size_t i = 0; i < distinct.size(); ++i) {
      const auto term = static_cast<std::size_t>(distinct[i]);
      --terms_.occurrences[term];
      if (i == 0 || distinct[i - 1] != distinct[i]) --terms_.documents[term];
    }
  }
  size_.tokens -= static_cast<std::int64_t>(removed.terms.size());
}

std::int64_t CorpusWriter::Impl::remove(std::span<const std::int64_t> documents) {
  if (!segment_.empty()) save_segment();  // its document counts must be in before some are taken off
  block_.save(database());
  const TokenSequences removed = remove_tokens(database(), documents);
  take_off(removed);
  Statement erase = database().prepare("DELETE FROM documents WHERE id = ?");
  for (const std::int64_t id : removed.row_ids) {
    if (options_.dropped_in) count_dropped(options_.dropped_in(store_->find(id)->text), -1);
    erase.bind(1, id).run();
    --size_.documents;
  }
  block_ = reopen_last_block(database());
  return static_cast<std::int64_t>(removed.rows());
}

void CorpusWriter::Impl::clear_index() {
  database().execute(
      "DELETE FROM token_blocks;DELETE FROM term_buckets;DELETE FROM segments;DELETE FROM postings;DELETE FROM "
      "dropped");
  terms_ = {};
  block_.clear();
  segment_ = {};
  dropped_.clear();
  size_.tokens = 0;
}

// The counts of the segment's terms join the totals when its postings are made.
void CorpusWriter::Impl::save_segment() {
  encode_segment();
  encoded_.save(database());
}

void CorpusWriter::Impl::encode_segment() {
  terms_.grow();
  encoded_ = segment_.encode(terms_.documents, terms_.occurrences);
}

void CorpusWriter::Impl::make_key_index() {
  try {
    create_key_index(database());
  } catch (const Error&) {
    Statement twice = database().prepare(
        "SELECT min(id), max(id), key FROM documents WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1 ORDER BY 2 "
        "LIMIT 1");
    if (!twice.step()) throw;
    throw Error(ErrorCode::invalid_argument,
                concat(place_of(*store_->find(twice.integer(1))), ": the id \"", twice.text(2),
                       "\" is used already by ", place_of(*store_->find(twice.integer(0)))));
  }
}

void CorpusWriter::Impl::merge_segments() {
  if (database().query_integer("SELECT count(*) FROM segments") < 2) return;
  std::vector<bool> alive(static_cast<std::size_t>(next_document_), false);
  for_each_length(database(),
                  [&](const DocumentLength& length) { alive[static_cast<std::size_t>(length.document)] = true; });
  merge_small_segments(database(), [&](std::int64_t id) { return alive[static_cast<std::size_t>(id)]; });
}

// Sorting the keys is SQLite's work on this connection; the rest of the index is made beside it.
void CorpusWriter::Impl::save_index() {
  std::vector<std::string> buckets;
  parallel_for(2, 1, options_.context, [&](const Chunk& part) {
    if (part.index == 0) return make_key_index();
    if (!segment_.empty()) encode_segment();
    terms_.grow();
    buckets = encode_terms(terms_);
  });
  encoded_.save(database());
  save_terms(database(), buckets);
}

CorpusSize CorpusWriter::Impl::finish() {
  block_.save(database());
  save_index();
  merge_segments();
  for (const auto& [rule, tokens] : dropped_) {
    Statement insert = database().prepare("INSERT OR REPLACE INTO dropped VALUES(?, ?)");
    insert.bind(1, rule).bind(2, tokens).run();
  }
  Statement setting = database().prepare("INSERT OR REPLACE INTO settings VALUES(?, ?)");
  setting.bind(1, "documents").bind(2, size_.documents).run();
  setting.bind(1, "tokens").bind(2, size_.tokens).run();
  size_.terms = terms_.texts.size();
  setting.bind(1, "terms").bind(2, size_.terms).run();
  setting.bind(1, "next_document").bind(2, next_document_).run();
  return size_;
}

void CorpusWriter::Impl::commit() {
  database().execute("COMMIT");
  insert_.reset();
  if (!partial_) return;
  database().execute("PRAGMA locking_mode=NORMAL;PRAGMA journal_mode=WAL");
  store_.reset();
  partial_->publish();
}

CorpusWriter::CorpusWriter(std::filesystem::path path, WriterOptions options)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(options))) {}
CorpusWriter::~CorpusWriter() = default;

const Store& CorpusWriter::store() const {
  return impl_->store();
}
bool CorpusWriter::is_new() const noexcept {
  return impl_->is_new();
}
void CorpusWriter::set(std::string_view name, std::string_view value) {
  impl_->set(name, value);
}
void CorpusWriter::add(TokenBatch& batch) {
  impl_->add(batch);
}
std::int64_t CorpusWriter::remove(std::span<const std::int64_t> documents) {
  return impl_->remove(documents);
}
TokenSequences CorpusWriter::tokens() {
  return impl_->tokens();
}
const TermTable& CorpusWriter::terms() const noexcept {
  return impl_->terms();
}
void CorpusWriter::clear_index() {
  impl_->clear_index();
}
void CorpusWriter::reindex(TokenBatch& batch) {
  impl_->reindex(batch);
}
void CorpusWriter::record(const Run& run) {
  impl_->store().record(run);
}
const CorpusWriter::Summary& CorpusWriter::summary() const noexcept {
  return impl_->summary();
}
CorpusSize CorpusWriter::finish() {
  return impl_->finish();
}
void CorpusWriter::commit() {
  impl_->commit();
}

}  // namespace malmoi::corpus
