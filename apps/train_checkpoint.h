#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "neural/trainer.h"

namespace malmoi::apps {

// What is left of a training that was stopped: its state after the last whole epoch, as a model of kind "training"
// under the name NAME.training.checkpoint in the corpus file.

/// Writes the state in the place of the one before. Readers of the file go on undisturbed.
/// task  tells trainings apart: of the documents, options and seed
void save_checkpoint(const std::filesystem::path& corpus, const std::string& model, std::uint64_t task,
                     const neural::TrainState& state);

/// Throws not_found: there is none; invalid_argument: it is of another task; corrupt_data.
[[nodiscard]] neural::TrainState load_checkpoint(const std::filesystem::path& corpus, const std::string& model,
                                                 std::uint64_t task);

/// What it is called in the list of models.
[[nodiscard]] std::string training_checkpoint_name(const std::string& model);

/// Whether there is one of this name.
[[nodiscard]] bool has_checkpoint(const std::filesystem::path& corpus, const std::string& model);

/// Forgets it, if there is one.
void remove_checkpoint(const std::filesystem::path& corpus, const std::string& model);

}  // namespace malmoi::apps
