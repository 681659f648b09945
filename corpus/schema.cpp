#include "corpus/schema.h"

#include <algorithm>
#include <array>
#include <string>

#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

constexpr std::int64_t kApplicationId = 0x6D616C6D;  // "malm"

// Terms lie in buckets by hash so that one is found by reading one row; entries are lines of
// id, term, documents, occurrences with tabs between, the term escaped as in JSON. The view takes them apart.
constexpr std::string_view kTables = R"sql(
CREATE TABLE settings(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE sources(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE documents(
  id INTEGER PRIMARY KEY, key TEXT, label TEXT, date TEXT, source INTEGER REFERENCES sources(id), line INTEGER,
  meta TEXT, text TEXT NOT NULL);
CREATE TABLE token_blocks(
  first_document INTEGER PRIMARY KEY, last_document INTEGER NOT NULL, lengths BLOB NOT NULL, terms BLOB NOT NULL);
CREATE TABLE term_buckets(bucket INTEGER PRIMARY KEY, entries TEXT NOT NULL);
CREATE VIEW terms AS
  SELECT CAST(json_extract(entry.value, '$[0]') AS INTEGER) AS id, json_extract(entry.value, '$[1]') AS term,
         CAST(json_extract(entry.value, '$[2]') AS INTEGER) AS documents,
         CAST(json_extract(entry.value, '$[3]') AS INTEGER) AS occurrences
  FROM term_buckets,
       json_each('[["' || replace(replace(entries, char(9), '","'), char(10), '"],["') || '"]]') AS entry;
CREATE TABLE segments(
  id INTEGER PRIMARY KEY, first_document INTEGER NOT NULL, last_document INTEGER NOT NULL, postings INTEGER NOT NULL);
CREATE TABLE postings(block INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE dropped(rule TEXT PRIMARY KEY, tokens INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, started TEXT NOT NULL, seconds REAL NOT NULL, command TEXT NOT NULL, options TEXT NOT NULL,
  seed INTEGER, version TEXT NOT NULL, input TEXT, results TEXT NOT NULL);
)sql";

constexpr std::string_view kModels = R"sql(
CREATE TABLE models(
  name TEXT PRIMARY KEY, kind TEXT NOT NULL, version INTEGER NOT NULL, options TEXT NOT NULL, tensors BLOB NOT NULL,
  checksum TEXT NOT NULL, run INTEGER REFERENCES runs(id));
)sql";

// Since version 2. What does not fit into models.tensors goes on in model_parts. The topics of a document go with it,
// however it is removed.
constexpr std::string_view kModelParts = R"sql(
CREATE TABLE model_parts(
  model TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(model, part));
)sql";
constexpr std::string_view kDocumentTopics = R"sql(
CREATE TABLE document_topics(
  document INTEGER NOT NULL REFERENCES documents(id), model TEXT NOT NULL, topic INTEGER NOT NULL, share REAL NOT NULL,
  PRIMARY KEY(document, model, topic)) WITHOUT ROWID;
CREATE TRIGGER document_topics_go AFTER DELETE ON documents BEGIN
  DELETE FROM document_topics WHERE document = OLD.id;
END;
)sql";

}  // namespace

void create_schema(Database& database) {
  database.execute(concat("PRAGMA application_id=", kApplicationId, ";PRAGMA user_version=", kSchemaVersion));
  for (const std::string_view tables : {kTables, kModels, kModelParts, kDocumentTopics}) {
    database.execute(std::string(tables));
  }
}

void create_exported_schema(Database& database, std::int64_t application_id) {
  database.execute(concat("PRAGMA application_id=", application_id, ";PRAGMA user_version=", kSchemaVersion));
  database.execute("CREATE TABLE settings(name TEXT PRIMARY KEY, value) WITHOUT ROWID");
  for (const std::string_view tables : {kModels, kModelParts}) database.execute(std::string(tables));
}

void create_key_index(Database& database) {
  database.execute("CREATE UNIQUE INDEX IF NOT EXISTS documents_by_key ON documents(key)");
}

int check_schema(const Database& database) {
  const std::string path = database.path().string();
  if (database.query_integer("PRAGMA application_id") != kApplicationId) {
    throw Error(ErrorCode::corrupt_data, concat(path, ": an SQLite file, but not a malmoi corpus"));
  }
  const auto version = static_cast<int>(database.query_integer("PRAGMA user_version"));
  if (version > kSchemaVersion) {
    throw Error(ErrorCode::unsupported_version, concat(path, ": made by a newer malmoi (tables of version ", version,
                                                       "; this program knows up to ", kSchemaVersion, ")"));
  }
  return version;
}

void migrate(Database& database, int target, std::span<const Migration> migrations) {
  Transaction transaction(database);
  for (auto version = static_cast<int>(database.query_integer("PRAGMA user_version")); version < target; ++version) {
    const auto step = std::find_if(migrations.begin(), migrations.end(),
                                   [&](const Migration& migration) { return migration.from == version; });
    if (step == migrations.end()) {
      throw Error(ErrorCode::unsupported_version,
                  concat(database.path().string(), ": tables of version ", version, " cannot be brought up to date"));
    }
    database.execute(std::string(step->sql));
    database.execute(concat("PRAGMA user_version=", version + 1));
  }
  transaction.commit();
}

std::span<const Migration> migrations() {
  static const std::string to_2 = concat(kModelParts, kDocumentTopics);
  static const std::array kMigrations = {Migration{1, to_2}};
  return kMigrations;
}

}  // namespace malmoi::corpus
