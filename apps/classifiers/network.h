#pragma once

#include <memory>

#include "apps/classifiers.h"
#include "neural/network.h"

namespace malmoi::apps {

[[nodiscard]] std::unique_ptr<ClassifierTrainer> make_network_trainer(const neural::NetworkKind& kind);

[[nodiscard]] std::unique_ptr<TextClassifier> read_network_classifier(const ModelReader& reader, std::int32_t labels,
                                                                      const std::filesystem::path& dictionary);

}  // namespace malmoi::apps
