#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace malmoi::corpus {

/// A prepared SQL statement. Parameters count from 1, columns from 0. Bound strings must live until the last step,
/// but for bind_copy.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_real(int parameter, double value);
  Statement& bind_copy(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);
  Statement& bind_text_or_null(int parameter, std::string_view text);  ///< empty text: NULL

  bool step();  ///< true while there is a row; throws like Database::execute
  void run();   ///< steps a statement that gives no rows, and resets it for new parameters
  void reset();

  [[nodiscard]] int columns() const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  ///< valid until the next step; empty for NULL
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void require(int code) const;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

enum class Access { read, write };

/// A connection to one SQLite file.
class Database {
 public:
  /// Opens an existing file, or makes it when `create` is set. Another program's lock is waited for `wait_ms`.
  struct OpenOptions {
    Access access = Access::read;
    bool create = false;
    int wait_ms = 30000;
  };
  static Database open(const std::filesystem::path& path, const OpenOptions& options);

  /// Runs statements that give no rows. Throws io (with "waited" when the file is locked), corrupt_data, or
  /// invalid_argument for SQL that SQLite refuses; the message names the file.
  void execute(const std::string& sql);
  [[nodiscard]] Statement prepare(std::string_view sql) const;
  [[nodiscard]] std::int64_t query_integer(std::string_view sql) const;
  [[nodiscard]] std::int64_t changes() const;

  struct Cell {
    const char* table = nullptr;
    const char* column = nullptr;
    std::int64_t row = 0;  ///< rowid
  };
  /// Appends the bytes of a blob, from the file's pages straight to their place: Statement::blob would bring the whole
  /// value into memory first. Throws corrupt_data where there is no blob or text.
  void append_blob(const Cell& cell, std::string& bytes) const;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, std::filesystem::path path) : database_(database), path_(std::move(path)) {}
  std::unique_ptr<sqlite3, Close> database_;
  std::filesystem::path path_;
};

/// BEGIN IMMEDIATE … COMMIT; rolls back when it goes out of scope without commit(). The database must outlive it.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database* database_;
};

}  // namespace malmoi::corpus
