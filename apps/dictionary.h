#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tokenize/analyzer.h"

namespace malmoi::apps {

/// Folder of the running program, with symbolic links followed; empty where the system does not tell.
[[nodiscard]] std::filesystem::path program_folder();

/// Folder of the Korean dictionary: `option` as it was given (--dictionary), else the first that holds one of
///   PROGRAM/../share/malmoi/mecab-ko-dic   installed
///   PROGRAM/../../share/mecab-ko-dic       build tree: build/release/bin and build/share
/// Empty if there is none.
[[nodiscard]] std::filesystem::path find_dictionary(const std::optional<std::string>& option,
                                                    const std::filesystem::path& program = program_folder());

/// The analyzer for these options. Throws not_found with one line on how to get the dictionary when it is needed and
/// `dictionary` is empty, besides what tokenize::Analyzer throws.
[[nodiscard]] std::unique_ptr<tokenize::Analyzer> make_analyzer(tokenize::AnalyzerOptions options,
                                                                const std::filesystem::path& dictionary);

}  // namespace malmoi::apps
