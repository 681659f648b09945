#pragma once

#include <memory>

#include "apps/classifiers.h"

namespace malmoi::apps {

[[nodiscard]] std::unique_ptr<ClassifierTrainer> make_softmax_trainer();
[[nodiscard]] std::unique_ptr<ClassifierTrainer> make_bayes_trainer();

/// Reads what either of them made.
[[nodiscard]] std::unique_ptr<TextClassifier> read_linear_classifier(const ModelReader& reader, std::int32_t labels,
                                                                     const std::filesystem::path& dictionary);

}  // namespace malmoi::apps
