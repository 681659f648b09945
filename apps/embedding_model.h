#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/workspace.h"
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

/// The word as the vectors have it: as written, case-folded, or the one term that the corpus' analysis makes of it
/// (재밌었다: 재밌다). If they have none of these, as written.
[[nodiscard]] std::string looked_up(const neural::Embeddings& embeddings, Workspace& workspace, std::string_view word);

}  // namespace malmoi::apps
