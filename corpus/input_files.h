#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace malmoi::corpus {

/// A file to be read.
struct InputFile {
  std::string path;   ///< "-" is standard input
  std::string named;  ///< the input as the user named it: the path, or the folder it was found in
  bool in_folder = false;
  std::int64_t bytes = 0;  ///< 0 for standard input
};

/// The files of inputs in order; a folder gives its files, recursively, in byte order of their paths.
/// Throws not_found, invalid_argument (special file, folder without files, standard input twice), io.
std::vector<InputFile> find_input_files(const std::vector<std::string>& inputs);

}  // namespace malmoi::corpus
