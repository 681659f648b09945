#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "corpus/sqlite.h"

namespace malmoi::corpus {

/// A fitted model as a corpus file keeps it: a row of the table `models`. This folder does not interpret it.
struct StoredModel {
  std::string kind;                      ///< "lda", "lsa": what can read it
  std::int64_t version = 1;              ///< of the kind's form, from 1
  std::string options;                   ///< JSON object: how it was made, and what else is no array
  std::string tensors;                   ///< in the safetensors layout (corpus/tensors.h)
  std::optional<std::int64_t> run = {};  ///< row of `runs` that made it
  std::string checksum = {};  ///< of the four above, 16 hexadecimal digits; set by load_model and ignored by save_model
};

/// What a reader can read.
struct ModelKind {
  std::string_view kind;
  std::int64_t newest = 1;  ///< version
};

struct SaveOptions {
  bool overwrite = false;                          ///< a model of this name is replaced, else refused
  std::size_t part_bytes = std::size_t{1} << 20U;  ///< longer tensors go on in the table `model_parts`: SQLite takes
                                                   ///< the memory of a whole value, at most 10^9 bytes, to read it
};

/// 16 hexadecimal digits that follow from kind, version, options and tensors alone (hash_bytes): the same model has the
/// same ones in every file. It finds damage; it is no protection against forgery.
[[nodiscard]] std::string checksum(const StoredModel& model);

// The functions below that change a database act within the caller's Transaction: a model is there whole or not at all,
// and readers go on undisturbed meanwhile.
//
// What people add to a model by hand lies in the table `settings` under the name of the model: topic_names/MODEL, JSON
// object {"3": "name of topic 3"}. Removing, renaming, exporting and importing a model take it along; saving another
// model in its place leaves it, since only the caller knows whether its topics are still the same.

/// Throws invalid_argument for a name that no model can have: an empty one, one with control characters or '/', one of
/// more than 200 bytes.
void validate_model_name(std::string_view name);

/// What save_model checks before it writes, for work that takes long: throws invalid_argument for an unfit name, and
/// unless overwrite is set for one that is there.
void check_model_name(const Database& database, std::string_view name, bool overwrite);

/// Throws invalid_argument for an unfit name, and for one that is there.
void save_model(Database& database, std::string_view name, const StoredModel& model, const SaveOptions& options = {});

/// Reads a model and checks that it is as it was saved. Throws not_found naming the models that there are,
/// corrupt_data.
[[nodiscard]] StoredModel load_model(const Database& database, std::string_view name);
/// The same for one kind: throws invalid_argument for another kind, unsupported_version for a newer version.
[[nodiscard]] StoredModel load_model(const Database& database, std::string_view name, const ModelKind& kind);

[[nodiscard]] bool has_model(const Database& database, std::string_view name);

/// Also forgets the topics of documents that were stored for it. Throws not_found.
void remove_model(Database& database, std::string_view name);

/// Throws not_found, and invalid_argument when the new name is taken or unfit.
void rename_model(Database& database, std::string_view from, std::string_view to);

/// Behind the name of a model: work on it that was stopped. Messages do not list these among the models.
inline constexpr std::string_view kCheckpointSuffix = ".checkpoint";

/// Name that a user gave (or JSON of several) for something of the model; nullopt: none.
[[nodiscard]] std::optional<std::string> model_note(const Database& database, std::string_view what,
                                                    std::string_view model);
/// Sets settings WHAT/MODEL; an empty text removes it.
void set_model_note(Database& database, std::string_view what, std::string_view model, std::string_view text);
inline constexpr std::string_view kTopicNames = "topic_names";

/// How much of a document a model's topic takes: a row of the table `document_topics`.
struct DocumentTopic {
  std::int64_t document = 0;
  std::int64_t topic = 0;
  double share = 0;
};

/// Stores rows of these documents for a model, in the place of those that are there.
void save_document_topics(Database& database, std::string_view model, std::span<const std::int64_t> documents,
                          std::span<const DocumentTopic> rows);
/// For a model whose topics are no longer the same.
void remove_document_topics(Database& database, std::string_view model);

struct ExportOptions {
  bool overwrite = false;  ///< the file may exist
  bool int8 = false;       ///< large arrays of floats are stored as with_int8 does: a smaller, slightly other model
};

/// Writes a file that holds this one model. It is an SQLite file with the table `models`, but no corpus.
/// Throws what load_model and with_int8 throw; invalid_argument when the file exists, unless overwrite is set; io.
void export_model(const Database& database, std::string_view name, const std::filesystem::path& file,
                  const ExportOptions& options = {});

/// Whether the file is one that export_model wrote. Throws what Database::open throws.
[[nodiscard]] bool is_exported_model(const std::filesystem::path& file);

/// The model in such a file, and what people added to it.
struct ImportedModel {
  std::string name;
  StoredModel model;
  std::string topic_names;  ///< empty: none
};

/// Throws not_found, corrupt_data for a file that is not an exported model or is damaged, unsupported_version.
[[nodiscard]] ImportedModel read_exported_model(const std::filesystem::path& file);

}  // namespace malmoi::corpus
