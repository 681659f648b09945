#include "corpus/models.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/hex.h"
#include "corpus/base/provided_pages.h"
#include "corpus/base/string_table.h"
#include "corpus/base/utf8.h"
#include "corpus/partial_file.h"
#include "corpus/schema.h"
#include "corpus/tensors.h"

namespace malmoi::corpus {
namespace {

constexpr std::int64_t kExportedId = 0x6D616C4D;  // "malM": not that of a corpus, so that it is not taken for one
constexpr int kWaitMs = 30000;
constexpr std::size_t kLongestName = 200;
constexpr std::array kNotes = {kTopicNames};

[[noreturn]] void fail_missing(const Database& database, std::string_view name) {
  std::string known;
  Statement select = database.prepare("SELECT name FROM models ORDER BY name");
  while (select.step()) {
    if (!select.text(0).ends_with(kCheckpointSuffix)) known += concat(known.empty() ? "" : ", ", select.text(0));
  }
  const std::string there = known.empty() ? "it has none yet" : concat("it has ", known);
  throw Error(ErrorCode::not_found, concat(database.path().string(), ": there is no model \"", name, "\"; ", there));
}

// Runs one statement with the name of a model in all places of ?1.
void run_for(Database& database, std::string_view sql, std::string_view name) {
  Statement statement = database.prepare(sql);
  statement.bind(1, name).run();
}

void erase_rows(Database& database, std::string_view name) {
  run_for(database, "DELETE FROM models WHERE name = ?", name);
  run_for(database, "DELETE FROM model_parts WHERE model = ?", name);
}

void insert_rows(Database& database, std::string_view name, const StoredModel& model, std::size_t part_bytes) {
  const std::string sum = checksum(model);
  const std::string_view tensors = model.tensors;
  Statement insert = database.prepare(
      "INSERT INTO models(name, kind, version, options, tensors, checksum, run) VALUES(?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, name).bind(2, model.kind).bind(3, model.version).bind(4, model.options);
  insert.bind_blob(5, tensors.substr(0, part_bytes)).bind(6, sum);
  if (model.run) insert.bind(7, *model.run);
  insert.run();
  Statement part = database.prepare("INSERT INTO model_parts(model, part, data) VALUES(?, ?, ?)");
  std::int64_t number = 1;
  for (std::size_t at = part_bytes; at < tensors.size(); at += part_bytes) {
    part.bind(1, name).bind(2, number++).bind_blob(3, tensors.substr(at, part_bytes)).run();
  }
}

std::string note_name(std::string_view what, std::string_view model) {
  return concat(what, '/', model);
}

}  // namespace

std::string checksum(const StoredModel& model) {
  // Each part by itself, so that no byte can move from one to the next unseen.
  return hex(hash_bytes(concat(model.kind, '\n', model.version, '\n', hex(hash_bytes(model.options)), '\n',
                               hex(hash_bytes(model.tensors)))));
}

void validate_model_name(std::string_view name) {
  const bool unfit = name.empty() || name.size() > kLongestName || find_invalid_utf8(name) != std::string_view::npos ||
                     std::any_of(name.begin(), name.end(), [](char c) {
                       const auto byte = static_cast<unsigned char>(c);
                       return byte < 0x20 || byte == 0x7F || c == '/';
                     });
  if (!unfit) return;
  throw Error(ErrorCode::invalid_argument, concat("\"", name, "\" cannot be the name of a model: 1 to ", kLongestName,
                                                  " bytes of UTF-8 without control characters and '/' are wanted"));
}

void check_model_name(const Database& database, std::string_view name, bool overwrite) {
  validate_model_name(name);
  if (overwrite || !has_model(database, name)) return;
  throw Error(ErrorCode::invalid_argument, concat(database.path().string(), ": there is a model \"", name,
                                                  "\" already; take another name, or --force to replace it"));
}

void save_model(Database& database, std::string_view name, const StoredModel& model, const SaveOptions& options) {
  check_model_name(database, name, options.overwrite);
  if (options.overwrite) erase_rows(database, name);
  insert_rows(database, name, model, options.part_bytes);
}

StoredModel load_model(const Database& database, std::string_view name) {
  Statement select = database.prepare(
      "SELECT kind, version, options, checksum, run, rowid, length(tensors) FROM models WHERE name = ?");
  select.bind(1, name);
  if (!select.step()) fail_missing(database, name);
  StoredModel model;
  model.kind = select.text(0);
  model.version = select.integer(1);
  model.options = select.text(2);
  if (!select.is_null(4)) model.run = select.integer(4);
  Statement parts = database.prepare("SELECT sum(length(data)) FROM model_parts WHERE model = ?");
  parts.bind(1, name);
  if (parts.step()) model.tensors.reserve(static_cast<std::size_t>(select.integer(6) + parts.integer(0)));
  provide_pages(model.tensors.data(), model.tensors.capacity());
  database.append_blob({"models", "tensors", select.integer(5)}, model.tensors);
  Statement part = database.prepare("SELECT rowid FROM model_parts WHERE model = ? ORDER BY part");
  part.bind(1, name);
  while (part.step()) database.append_blob({"model_parts", "data", part.integer(0)}, model.tensors);
  model.checksum = checksum(model);
  if (model.checksum != select.text(3)) {
    throw Error(ErrorCode::corrupt_data,
                concat(database.path().string(), ": the model \"", name, "\" is damaged (its checksum is ",
                       model.checksum, ", not ", select.text(3), ")"));
  }
  return model;
}

StoredModel load_model(const Database& database, std::string_view name, const ModelKind& kind) {
  StoredModel model = load_model(database, name);
  if (model.kind != kind.kind) {
    throw Error(ErrorCode::invalid_argument, concat(database.path().string(), ": the model \"", name, "\" is of kind ",
                                                    model.kind, ", not ", kind.kind));
  }
  if (model.version > kind.newest) {
    throw Error(ErrorCode::unsupported_version,
                concat(database.path().string(), ": the model \"", name, "\" was made by a newer malmoi (", model.kind,
                       " of version ", model.version, "; this program knows up to ", kind.newest, ")"));
  }
  return model;
}

bool has_model(const Database& database, std::string_view name) {
  Statement select = database.prepare("SELECT 1 FROM models WHERE name = ?");
  select.bind(1, name);
  return select.step();
}

void remove_model(Database& database, std::string_view name) {
  if (!has_model(database, name)) fail_missing(database, name);
  erase_rows(database, name);
  remove_document_topics(database, name);
  for (const std::string_view what : kNotes) set_model_note(database, what, name, "");
}

void rename_model(Database& database, std::string_view from, std::string_view to) {
  if (!has_model(database, from)) fail_missing(database, from);
  check_model_name(database, to, /*overwrite=*/false);
  for (const std::string_view sql :
       {"UPDATE models SET name = ?2 WHERE name = ?1", "UPDATE model_parts SET model = ?2 WHERE model = ?1",
        "UPDATE document_topics SET model = ?2 WHERE model = ?1"}) {
    Statement update = database.prepare(sql);
    update.bind(1, from).bind(2, to).run();
  }
  for (const std::string_view what : kNotes) {
    set_model_note(database, what, to, model_note(database, what, from).value_or(""));
    set_model_note(database, what, from, "");
  }
}

std::optional<std::string> model_note(const Database& database, std::string_view what, std::string_view model) {
  const std::string key = note_name(what, model);
  Statement select = database.prepare("SELECT value FROM settings WHERE name = ?");
  select.bind(1, key);
  if (!select.step()) return std::nullopt;
  return std::string(select.text(0));
}

void set_model_note(Database& database, std::string_view what, std::string_view model, std::string_view text) {
  const std::string key = note_name(what, model);
  if (text.empty()) return run_for(database, "DELETE FROM settings WHERE name = ?", key);
  Statement insert = database.prepare("INSERT OR REPLACE INTO settings VALUES(?, ?)");
  insert.bind(1, key).bind(2, text).run();
}

void save_document_topics(Database& database, std::string_view model, std::span<const std::int64_t> documents,
                          std::span<const DocumentTopic> rows) {
  Statement erase = database.prepare("DELETE FROM document_topics WHERE document = ? AND model = ?");
  for (const std::int64_t document : documents) erase.bind(1, document).bind(2, model).run();
  Statement insert = database.prepare("INSERT INTO document_topics(document, model, topic, share) VALUES(?, ?, ?, ?)");
  for (const DocumentTopic& row : rows) {
    insert.bind(1, row.document).bind(2, model).bind(3, row.topic).bind_real(4, row.share).run();
  }
}

void remove_document_topics(Database& database, std::string_view model) {
  run_for(database, "DELETE FROM document_topics WHERE model = ?", model);
}

void export_model(const Database& database, std::string_view name, const std::filesystem::path& file,
                  const ExportOptions& options) {
  if (!options.overwrite && std::filesystem::exists(file)) {
    throw Error(ErrorCode::invalid_argument, concat(file.string(), ": the file exists; --force overwrites it"));
  }
  StoredModel model = load_model(database, name);
  model.run.reset();  // the log of runs stays with the corpus
  if (options.int8) model.tensors = with_int8(model.tensors, concat("model \"", name, '"'));
  PartialFile partial(file, kWaitMs);
  {
    Database out = Database::open(partial.path(), {.access = Access::write, .create = true, .wait_ms = kWaitMs});
    Transaction transaction(out);
    create_exported_schema(out, kExportedId);
    insert_rows(out, name, model, SaveOptions{}.part_bytes);
    for (const std::string_view what : kNotes) {
      set_model_note(out, what, name, model_note(database, what, name).value_or(""));
    }
    transaction.commit();
  }
  if (!options.overwrite) return partial.publish();
  std::error_code failed;
  std::filesystem::rename(partial.path(), file, failed);
  if (failed) throw Error(ErrorCode::io, concat(file.string(), ": ", failed.message()));
}

bool is_exported_model(const std::filesystem::path& file) {
  return Database::open(file, {}).query_integer("PRAGMA application_id") == kExportedId;
}

ImportedModel read_exported_model(const std::filesystem::path& file) {
  const Database in = Database::open(file, {});
  const auto id = in.query_integer("PRAGMA application_id");
  if (id != kExportedId) {
    throw Error(ErrorCode::corrupt_data,
                concat(file.string(), ": an SQLite file, but not a model that `malmoi models --export` wrote"));
  }
  if (in.query_integer("PRAGMA user_version") > kSchemaVersion) {
    throw Error(ErrorCode::unsupported_version, concat(file.string(), ": made by a newer malmoi"));
  }
  Statement select = in.prepare("SELECT name FROM models");
  if (!select.step()) throw Error(ErrorCode::corrupt_data, concat(file.string(), ": holds no model"));
  ImportedModel imported;
  imported.name = select.text(0);
  imported.model = load_model(in, imported.name);
  imported.topic_names = model_note(in, kTopicNames, imported.name).value_or("");
  return imported;
}

}  // namespace malmoi::corpus
