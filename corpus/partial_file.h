#pragma once

#include <filesystem>

namespace malmoi::corpus {

/// The file PATH.partial in which a new corpus grows. It is locked against other programs and starts empty, whatever a
/// killed run left in it; it is deleted unless it is published.
class PartialFile {
 public:
  /// Waits up to wait_ms for another program that is at it. Throws io.
  PartialFile(std::filesystem::path target, int wait_ms);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return partial_; }

  /// Brings the file to disk and renames it to the target in one step. Throws io if the target has appeared meanwhile.
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
};

}  // namespace malmoi::corpus
