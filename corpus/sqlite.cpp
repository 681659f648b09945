#include "corpus/sqlite.h"

#include <sqlite3.h>

#include <system_error>

#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

[[noreturn]] void fail(sqlite3* database, int code, std::string_view doing) {
  const char* file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const std::string place = file == nullptr || *file == '\0' ? "corpus" : file;
  const char* reason = database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorCode::io, concat(place, ": another program is writing to it; waited and gave up"));
    case SQLITE_NOTADB:
      throw Error(ErrorCode::corrupt_data, concat(place, ": not a malmoi corpus (no SQLite file)"));
    case SQLITE_CORRUPT:
      throw Error(ErrorCode::corrupt_data, concat(place, ": damaged: ", reason));
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      throw Error(ErrorCode::invalid_argument, concat(place, ": ", reason, doing));
    default:
      throw Error(ErrorCode::io, concat(place, ": ", reason, doing));
  }
}

sqlite3* open_handle(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  if (code == SQLITE_OK) return handle;
  const std::string reason = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  sqlite3_close(handle);
  throw Error(ErrorCode::io, concat(name, ": ", reason));
}

// A corpus on read-only media has no place for the shared-memory file of the write-ahead log; nobody can be writing
// there, so SQLite may read it as immutable.
bool needs_immutable(sqlite3* handle) {
  sqlite3_stmt* probe = nullptr;
  int code = sqlite3_prepare_v2(handle, "SELECT count(*) FROM sqlite_schema", -1, &probe, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(probe) == SQLITE_ROW ? SQLITE_OK : sqlite3_errcode(handle);
  sqlite3_finalize(probe);
  return code == SQLITE_CANTOPEN || (code & 0xFF) == SQLITE_READONLY;
}

std::string as_uri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '?' || c == '#' || c == '%') {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::require(int code) const {
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code, "");
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  require(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL: an empty view needs an address.
  const char* bytes = text.data() == nullptr ? "" : text.data();
  require(sqlite3_bind_text64(statement_.get(), parameter, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_real(int parameter, double value) {
  require(sqlite3_bind_double(statement_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind_copy(int parameter, std::string_view text) {
  const char* bytes = text.data() == nullptr ? "" : text.data();
  require(sqlite3_bind_text64(statement_.get(), parameter, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  require(sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  require(sqlite3_bind_null(statement_.get(), parameter));
  return *this;
}

Statement& Statement::bind_text_or_null(int parameter, std::string_view text) {
  return text.empty() ? bind_null(parameter) : bind(parameter, text);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* database = sqlite3_db_handle(statement_.get());
  const int full_code = sqlite3_extended_errcode(database);
  fail(database, full_code, "");
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

int Statement::columns() const {
  return sqlite3_column_count(statement_.get());
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Database Database::open(const std::filesystem::path& path, const OpenOptions& options) {
  std::error_code ignored;
  if (!options.create && !std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::not_found, concat(path.string(), ": there is no such corpus; `malmoi index` makes one"));
  }
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorCode::invalid_argument, concat(path.string(), ": is a folder, not a corpus file"));
  }
  // Readers too: only a connection that may write can clear the write-ahead log away when it is the last to close.
  // SQLite falls back to reading by itself where the file is protected.
  int flags = SQLITE_OPEN_READWRITE;
  if (options.create) flags |= SQLITE_OPEN_CREATE;
  flags |= SQLITE_OPEN_NOMUTEX;
  Database database(open_handle(path.string(), flags), path);
  sqlite3_busy_timeout(database.database_.get(), options.wait_ms);
  if (options.access == Access::read && !options.create && needs_immutable(database.database_.get())) {
    database.database_.reset(open_handle(as_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI));
  }
  if (options.access == Access::read && !options.create) database.execute("PRAGMA query_only=ON");
  return database;
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), code, concat(" (", sql, ")"));
}

Statement Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), code, concat(" (", sql, ")"));
  return Statement(statement);
}

std::int64_t Database::query_integer(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

void Database::append_blob(const Cell& cell, std::string& bytes) const {
  sqlite3_blob* opened = nullptr;
  const int code = sqlite3_blob_open(database_.get(), "main", cell.table, cell.column, cell.row, 0, &opened);
  if ((code & 0xFF) == SQLITE_ERROR) {
    throw Error(ErrorCode::corrupt_data, concat(path_.string(), ": damaged: ", sqlite3_errmsg(database_.get()), " in ",
                                                cell.table, '.', cell.column));
  }
  if (code != SQLITE_OK) fail(database_.get(), code, "");
  const std::unique_ptr<sqlite3_blob, int (*)(sqlite3_blob*)> blob(opened, sqlite3_blob_close);
  const std::size_t before = bytes.size();
  const int size = sqlite3_blob_bytes(blob.get());
  bytes.resize(before + static_cast<std::size_t>(size));
  const int read = sqlite3_blob_read(blob.get(), bytes.data() + before, size, 0);
  if (read != SQLITE_OK) fail(database_.get(), read, "");
}

Transaction::Transaction(Database& database) : database_(&database) {
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  try {
    database_->execute("ROLLBACK");
  } catch (const Error&) {  // SQLite has rolled back by itself, after a full disk for example
  }
}

void Transaction::commit() {
  database_->execute("COMMIT");
  database_ = nullptr;
}

}  // namespace malmoi::corpus
