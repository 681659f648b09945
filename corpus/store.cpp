#include "corpus/store.h"

#include <charconv>

#include "corpus/base/error.h"
#include "corpus/schema.h"

namespace malmoi::corpus {
namespace {

constexpr std::string_view kDocumentColumns =
    "SELECT id, key, text, label, date, meta, (SELECT path FROM sources WHERE sources.id = documents.source), line "
    "FROM documents";

void read_document(const Statement& row, Document& document) {
  document.id = row.integer(0);
  document.key = row.text(1);
  document.text = row.text(2);
  document.label = row.text(3);
  document.date = row.text(4);
  document.meta = row.text(5);
  document.source = row.text(6);
  document.line = row.integer(7);
}

Statement prepare_filtered(const Database& database, std::string_view select, const Filter& filter) {
  const std::string where = filter.sql.empty() ? "" : concat(" WHERE ", filter.sql);
  Statement statement = database.prepare(concat(select, where, " ORDER BY id"));
  int parameter = 0;
  for (const std::string& value : filter.values) statement.bind_copy(++parameter, value);  // outlives the filter
  return statement;
}

// A reader does without where the file is protected or in use: newer versions have further tables, and an older file
// has nothing to read from those.
void bring_up_to_date(const std::filesystem::path& path, Access access) {
  try {
    Database::OpenOptions options{.access = Access::write};
    if (access == Access::read) options.wait_ms = 0;
    Database writer = Database::open(path, options);
    migrate(writer, kSchemaVersion, migrations());
  } catch (const Error& error) {
    if (access == Access::write || error.code() != ErrorCode::io) throw;
  }
}

}  // namespace

Store Store::open(const std::filesystem::path& path, Access access) {
  Store store(Database::open(path, {.access = access}));
  const int version = check_schema(store.database_);
  if (version < kSchemaVersion) bring_up_to_date(path, access);
  return store;
}

CorpusSize Store::size() const {
  CorpusSize size;
  Statement select = database_.prepare(
      "SELECT (SELECT value FROM settings WHERE name = 'documents'), "
      "(SELECT value FROM settings WHERE name = 'tokens'), (SELECT value FROM settings WHERE name = 'terms')");
  if (select.step()) size = {select.integer(0), select.integer(1), select.integer(2)};
  return size;
}

std::optional<std::string> Store::setting(std::string_view name) const {
  Statement select = database_.prepare("SELECT value FROM settings WHERE name = ?");
  select.bind(1, name);
  if (!select.step()) return std::nullopt;
  return std::string(select.text(0));
}

std::vector<DroppedTokens> Store::dropped() const {
  std::vector<DroppedTokens> all;
  Statement select = database_.prepare("SELECT rule, tokens FROM dropped ORDER BY tokens DESC, rule");
  while (select.step()) all.push_back({std::string(select.text(0)), select.integer(1)});
  return all;
}

std::vector<LabelCount> Store::labels() const {
  std::vector<LabelCount> all;
  Statement select =
      database_.prepare("SELECT label, count(*) AS documents FROM documents GROUP BY label ORDER BY 2 DESC, 1");
  while (select.step()) all.push_back({std::string(select.text(0)), select.integer(1)});
  return all;
}

std::vector<ModelEntry> Store::models() const {
  std::vector<ModelEntry> all;
  if (check_schema(database_) < 2) return all;  // read-only: no program that makes models has been at it
  Statement select = database_.prepare(
      "SELECT name, kind, version, length(tensors) + (SELECT total(length(data)) FROM model_parts WHERE model = name) "
      "FROM models ORDER BY name");
  while (select.step()) {
    all.push_back({std::string(select.text(0)), std::string(select.text(1)), select.integer(2), select.integer(3)});
  }
  return all;
}

std::optional<Document> Store::find(std::int64_t id) const {
  Statement select = database_.prepare(concat(kDocumentColumns, " WHERE id = ?"));
  select.bind(1, id);
  if (!select.step()) return std::nullopt;
  Document document;
  read_document(select, document);
  return document;
}

std::optional<std::int64_t> Store::find_key(std::string_view key) const {
  Statement select = database_.prepare("SELECT id FROM documents WHERE key = ?");
  select.bind(1, key);
  if (!select.step()) return std::nullopt;
  return select.integer(0);
}

std::int64_t Store::resolve(std::string_view key_or_id) const {
  if (const auto id = find_key(key_or_id)) return *id;
  std::int64_t id = 0;
  const char* end = key_or_id.data() + key_or_id.size();
  const auto parsed = std::from_chars(key_or_id.data(), end, id);
  if (parsed.ec == std::errc() && parsed.ptr == end && find(id)) return id;
  throw Error(ErrorCode::not_found, concat("there is no document with the key or number \"", key_or_id, "\""));
}

bool DocumentCursor::next(Document& document) {
  at_end_ = at_end_ || !select_.step();
  if (at_end_) return false;
  read_document(select_, document);
  return true;
}

DocumentCursor Store::documents(const Filter& filter) const {
  return DocumentCursor(prepare_filtered(database_, kDocumentColumns, filter));
}

std::vector<std::int64_t> Store::matching(const Filter& filter) const {
  Statement select = prepare_filtered(database_, "SELECT id FROM documents", filter);
  std::vector<std::int64_t> ids;
  while (select.step()) ids.push_back(select.integer(0));
  return ids;
}

void Store::record(const Run& run) {
  Statement insert = database_.prepare(
      "INSERT INTO runs(started, seconds, command, options, seed, version, input, results) "
      "VALUES(?, CAST(? AS REAL), ?, ?, ?, ?, ?, ?)");
  const std::string seconds = concat(run.seconds);
  insert.bind(1, run.started).bind(2, seconds).bind(3, run.command).bind(4, run.options);
  if (run.seed) insert.bind(5, *run.seed);
  insert.bind(6, run.version).bind_text_or_null(7, run.input).bind(8, run.results).run();
}

std::vector<Run> Store::runs() const {
  std::vector<Run> all;
  Statement select = database_.prepare(
      "SELECT id, started, seconds, command, options, seed, version, input, results FROM runs ORDER BY id");
  while (select.step()) {
    Run run;
    run.id = select.integer(0);
    run.started = select.text(1);
    run.seconds = select.real(2);
    run.command = select.text(3);
    run.options = select.text(4);
    if (!select.is_null(5)) run.seed = select.integer(5);
    run.version = select.text(6);
    run.input = select.text(7);
    run.results = select.text(8);
    all.push_back(std::move(run));
  }
  return all;
}

}  // namespace malmoi::corpus
