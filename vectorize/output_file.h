#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace malmoi::vectorize {

/// A file that appears whole or not at all: written under a temporary name beside its own, renamed by commit(). A name
/// that ends in ".gz" makes a gzip file. Numbers are written the same in every locale.
class OutputFile {
 public:
  /// Throws invalid_argument when the file exists and may not be overwritten, io when it cannot be made.
  OutputFile(std::filesystem::path path, bool overwrite);
  ~OutputFile();  ///< without commit(): removes what was written
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() >= kBufferBytes) flush();
  }

  /// The shortest decimal form that reads back as the same value.
  template <typename Number>
  requires std::integral<Number> || std::floating_point<Number>
  void number(Number value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    write({digits, static_cast<std::size_t>(end - digits)});
  }

  /// Completes the file under its own name. Throws io, e.g. when the disk is full.
  void commit();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;
  class Stream;  // hides zlib

  void flush();
  void require_free_name() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  bool overwrite_;
  std::string buffer_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace malmoi::vectorize
