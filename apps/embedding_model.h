#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "corpus/models.h"
#include "neural/embeddings.h"

namespace malmoi::apps {

inline constexpr corpus::ModelKind kEmbeddingKind{.kind = "embedding", .newest = 1};

/// Word vectors with how they were made, as a corpus file keeps them.
struct EmbeddingModel {
  neural::Embeddings embeddings;
  std::string options = "{}";    ///< JSON object: of the training; empty for vectors read from a file
  std::string name = {};         ///< in the file it was loaded from
  std::string fingerprint = {};  ///< 16 hexadecimal digits that tell stored models apart; set by loading
};

/// The row of the corpus file; the same model gives the same bytes.
[[nodiscard]] corpus::StoredModel to_stored(const EmbeddingModel& model);
/// Throws corrupt_data when the parts do not fit each other.
[[nodiscard]] EmbeddingModel embedding_from_stored(const corpus::StoredModel& stored, std::string_view what);
/// Reads a model of a corpus file. Throws what corpus::load_model throws.
[[nodiscard]] EmbeddingModel load_embedding(const std::filesystem::path& corpus, std::string_view name);

}  // namespace malmoi::apps
