#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "apps/text_classifier.h"
#include "corpus/base/string_table.h"
#include "corpus/base/token_sequences.h"
#include "neural/network.h"
#include "tokenize/analyzer.h"

namespace malmoi::apps {

/// The words that a network knows, as it numbers them: 0 stands for all others.
struct WordList {
  StringTable terms;  ///< number of a word less 1

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(terms.size()) + 1; }
};

/// Texts as the network numbers their words.
[[nodiscard]] TokenSequences ids_of(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                                    const WordList& words, const RunContext& context);

/// A trained network with all it needs to read texts.
struct NetworkParts {
  neural::NetworkOptions options;
  bool several = false;        ///< labels a document
  std::size_t max_length = 0;  ///< tokens of a document that are read
  WordList words;
  std::unique_ptr<tokenize::Analyzer> analyzer;
  std::unique_ptr<neural::Network> network;
  nlohmann::ordered_json learned;  ///< options of the training, for people
};

[[nodiscard]] std::unique_ptr<TextClassifier> make_network_classifier(NetworkParts parts);

}  // namespace malmoi::apps
