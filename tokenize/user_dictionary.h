#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tokenize/korean.h"

namespace MeCab {
class Model;
}  // namespace MeCab

namespace malmoi::tokenize {

class ConnectionCosts;

/// A folder of its own for temporary files, deleted with this object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Rows of a MeCab dictionary for the user's words: sorted, each once, whatever their order. A word's cost is as low as
/// it must be to win against what the dictionary makes of it by itself, less a margin. For a word that falls apart the
/// margin grows with the square of its length: so it wins against shorter words of the user's that it is made of, and
/// short words do not tear up the longer ones around them. Words that the dictionary has already, with that tag and in
/// one piece, are left out.
///
/// Throws invalid_argument for a word that cannot be in the dictionary or a tag that takes no new words.
[[nodiscard]] std::string user_dictionary_rows(std::span<const UserWord> words, const MeCab::Model& model,
                                               const ConnectionCosts& costs, const std::filesystem::path& folder);

/// Compiles the rows with libmecab's mecab_dict_index against the dictionary in `folder`.
/// Returns  the file, in `work`
/// Throws   corrupt_data with what mecab_dict_index said, io
std::filesystem::path compile_user_dictionary(const std::string& rows, const std::filesystem::path& folder,
                                              const std::filesystem::path& work);

}  // namespace malmoi::tokenize
