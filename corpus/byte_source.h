#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace malmoi::corpus {

/// The bytes of one input, in order.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills the start of `into` and returns how many bytes it holds now: 0 only at the end. Throws io, corrupt_data.
  virtual std::size_t read(std::span<char> into) = 0;

  /// Whether read() returns at once: there are bytes, or the end has come. Waits for that at most so long.
  [[nodiscard]] virtual bool ready(int milliseconds) const = 0;

  /// Bytes taken from the file so far; for gzip those are compressed bytes.
  [[nodiscard]] virtual std::int64_t bytes_read() const = 0;
};

/// Opens a file, or standard input (file descriptor 0) for "-". What starts as gzip is unpacked, members joined end to
/// end too; a name that ends in ".gz" must be gzip. Throws io; corrupt_data for a ".gz" that is none.
std::unique_ptr<ByteSource> open_byte_source(const std::string& name);

}  // namespace malmoi::corpus
