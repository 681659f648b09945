#pragma once

#include <zlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace malmoi::tokenize {

/// The file of the shared data with this name, unpacked if it is a .gz, the \n of JSON as line ends; empty if absent.
inline std::string read_shared(std::string_view name) {
  const std::filesystem::path path = std::filesystem::path(MALMOI_SOURCE_DIR "/../shared/data") / name;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  std::string bytes;
  if (file == nullptr) return bytes;
  std::array<char, 1U << 16U> block = {};
  int count = 0;
  while ((count = gzread(file.get(), block.data(), block.size())) > 0) {
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
  for (std::size_t at = bytes.find("\\n"); at != std::string::npos; at = bytes.find("\\n", at + 2)) {
    bytes[at] = ' ';
    bytes[at + 1] = '\n';
  }
  return bytes;
}

}  // namespace malmoi::tokenize
