#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus/sqlite.h"
#include "neural/trainer.h"

namespace malmoi::apps {

// What is left of a training that was stopped: the states of its networks after their last whole epochs, each as a
// model of kind "training" in the corpus file, NAME.training.checkpoint; of an ensemble those of further members are
// NAME.training.2.checkpoint and so on.

/// Writes the state in the place of the one before. Readers of the file go on undisturbed.
/// task    tells trainings apart: of the documents, options and seed
/// member  from 0; of an ensemble
void save_checkpoint(const std::filesystem::path& corpus, const std::string& model, std::uint64_t task,
                     std::size_t member, const neural::TrainState& state);

/// The states by member, without epochs where there is none. Throws not_found: there are none at all;
/// invalid_argument: they are of another task; corrupt_data.
[[nodiscard]] std::vector<neural::TrainState> load_checkpoints(const std::filesystem::path& corpus,
                                                               const std::string& model, std::uint64_t task);

/// What they are called in the list of models.
[[nodiscard]] std::vector<std::string> training_checkpoints(const corpus::Database& database, const std::string& model);

/// Whether there are any.
[[nodiscard]] bool has_checkpoint(const std::filesystem::path& corpus, const std::string& model);

/// Forgets them, if there are any.
void remove_checkpoints(const std::filesystem::path& corpus, const std::string& model);

}  // namespace malmoi::apps
