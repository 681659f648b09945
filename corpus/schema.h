#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "corpus/sqlite.h"

namespace malmoi::corpus {

/// Version of the tables that this program writes (PRAGMA user_version).
inline constexpr int kSchemaVersion = 2;

/// SQL that brings a file of version `from` to version from + 1.
struct Migration {
  int from = 0;
  std::string_view sql;
};

/// Makes the tables in an empty database, within the caller's transaction if there is one.
void create_schema(Database& database);

/// Makes the tables of a file that holds one model and no corpus.
void create_exported_schema(Database& database, std::int64_t application_id);

/// The index on documents.key, apart because a new corpus is filled faster without it.
void create_key_index(Database& database);

/// Checks that the file is a corpus and of which version. Throws corrupt_data for another kind of SQLite file,
/// unsupported_version for a newer one.
int check_schema(const Database& database);

/// Brings an older corpus up to `target` in one transaction; each step needs its migration.
void migrate(Database& database, int target, std::span<const Migration> migrations);

/// The migrations of this program, oldest first.
std::span<const Migration> migrations();

}  // namespace malmoi::corpus
