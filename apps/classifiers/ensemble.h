#pragma once

#include <cstddef>
#include <memory>

#include "apps/classifiers.h"

namespace malmoi::apps {

inline constexpr std::size_t kMostMembers = 100;

[[nodiscard]] std::unique_ptr<ClassifierTrainer> make_ensemble_trainer();

[[nodiscard]] std::unique_ptr<TextClassifier> read_ensemble(const ModelReader& reader, std::int32_t labels,
                                                            const std::filesystem::path& dictionary);

}  // namespace malmoi::apps
