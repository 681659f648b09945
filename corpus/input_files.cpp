#include "corpus/input_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

namespace fs = std::filesystem;

void add_file(const fs::path& path, const std::string& named, bool in_folder, std::vector<InputFile>& files) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    throw Error(ErrorCode::invalid_argument,
                concat(path.string(), ": neither a file nor a folder (a pipe is read as standard input, with -)"));
  }
  const auto bytes = fs::file_size(path, error);
  if (error) throw Error(ErrorCode::io, concat(path.string(), ": ", error.message()));
  files.push_back({path.string(), named, in_folder, static_cast<std::int64_t>(bytes)});
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

void add_folder(const std::string& folder, std::vector<InputFile>& files) {
  const std::size_t before = files.size();
  try {
    auto entry = fs::recursive_directory_iterator(folder);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
      const bool hidden = is_hidden(entry->path());
      if (hidden && entry->is_directory()) entry.disable_recursion_pending();
      if (hidden || entry->is_directory()) continue;
      add_file(entry->path(), folder, true, files);
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::io, concat(error.path1().string(), ": ", error.code().message()));
  }
  if (files.size() == before) throw Error(ErrorCode::invalid_argument, folder + ": the folder holds no files");
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end(),
            [](const InputFile& a, const InputFile& b) { return a.path < b.path; });
}

}  // namespace

std::vector<InputFile> find_input_files(const std::vector<std::string>& inputs) {
  if (inputs.empty()) throw Error(ErrorCode::invalid_argument, "open_reader: no input is given");
  if (std::count(inputs.begin(), inputs.end(), "-") > 1) {
    throw Error(ErrorCode::invalid_argument, "open_reader: standard input (-) is given twice");
  }
  std::vector<InputFile> files;
  for (const std::string& input : inputs) {
    if (input == "-") {
      files.push_back({"-", "-", false, 0});
      continue;
    }
    std::error_code error;
    const fs::file_status status = fs::status(input, error);
    if (status.type() == fs::file_type::not_found)
      throw Error(ErrorCode::not_found, input + ": no such file or folder");
    if (error) throw Error(ErrorCode::io, concat(input, ": ", error.message()));
    if (fs::is_directory(status)) {
      add_folder(input, files);
    } else {
      add_file(input, input, false, files);
    }
  }
  return files;
}

}  // namespace malmoi::corpus
