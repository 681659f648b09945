#include "corpus/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

constexpr std::string_view kGzipMark = "\x1F\x8B";

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::string& name)
      : name_(name), file_(name == "-" ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail("cannot be opened");
  }
  ~FileSource() override {
    if (file_ != STDIN_FILENO) ::close(file_);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t read(std::span<char> into) override {
    ssize_t count = 0;
    do {
      count = ::read(file_, into.data(), into.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail("cannot be read");
    bytes_read_ += count;
    return static_cast<std::size_t>(count);
  }

  [[nodiscard]] bool ready(int milliseconds) const override {
    pollfd waited{.fd = file_, .events = POLLIN, .revents = 0};
    return ::poll(&waited, 1, milliseconds) != 0;  // a failure shows when it is read
  }

  [[nodiscard]] std::int64_t bytes_read() const override { return bytes_read_; }

 private:
  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorCode::io, concat(name_, ": ", problem, ": ", std::generic_category().message(errno)));
  }

  std::string name_;
  int file_;
  std::int64_t bytes_read_ = 0;
};

/// A file whose first bytes were looked at: gives them again, then the rest.
class PeekedSource final : public ByteSource {
 public:
  explicit PeekedSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {
    char start[2];
    while (start_.size() < kGzipMark.size()) {
      const std::size_t count = source_->read(std::span(start).first(kGzipMark.size() - start_.size()));
      if (count == 0) break;
      start_.append(start, count);
    }
  }

  [[nodiscard]] bool is_gzip() const { return start_ == kGzipMark; }

  std::size_t read(std::span<char> into) override {
    if (start_.empty()) return source_->read(into);
    const std::size_t count = start_.copy(into.data(), into.size());
    start_.erase(0, count);
    return count;
  }

  [[nodiscard]] bool ready(int milliseconds) const override { return !start_.empty() || source_->ready(milliseconds); }

  [[nodiscard]] std::int64_t bytes_read() const override { return source_->bytes_read(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string start_;
};

class GzipSource final : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)), input_(kInputBytes) {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, kGzipOnly + MAX_WBITS) != Z_OK)
      throw Error(ErrorCode::io, name_ + ": zlib has no memory");
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::span<char> into) override {
    constexpr std::size_t kMost = std::size_t{1} << 30U;  // zlib counts in unsigned int
    const auto room = static_cast<uInt>(std::min(into.size(), kMost));
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = room;
    while (stream_.avail_out == room && !into.empty()) {
      if (!have_input()) {
        if (in_member_) fail("ends before the end of its gzip data: the file is truncated");
        return 0;
      }
      inflate_some();
    }
    return room - stream_.avail_out;
  }

  // Packed bytes may be too few for one that is unpacked: then read() waits for more.
  [[nodiscard]] bool ready(int milliseconds) const override {
    return stream_.avail_in > 0 || packed_->ready(milliseconds);
  }

  [[nodiscard]] std::int64_t bytes_read() const override { return packed_->bytes_read(); }

 private:
  static constexpr std::size_t kInputBytes = std::size_t{1} << 16U;

  bool have_input() {
    if (stream_.avail_in > 0) return true;
    stream_.avail_in = static_cast<uInt>(packed_->read(input_));
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    return stream_.avail_in > 0;
  }

  void inflate_some() {
    in_member_ = true;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      in_member_ = false;
      inflateReset(&stream_);
    } else if (status != Z_OK) {
      const std::int64_t position = bytes_read() - stream_.avail_in;
      fail(concat("has damaged gzip data near its byte ", position, " (",
                  stream_.msg != nullptr ? stream_.msg : zError(status), ")"));
    }
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorCode::corrupt_data, concat(name_, " ", problem));
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  std::vector<char> input_;
  z_stream stream_ = {};
  bool in_member_ = false;  // data was read whose end is still to come
};

}  // namespace

std::unique_ptr<ByteSource> open_byte_source(const std::string& name) {
  auto file = std::make_unique<PeekedSource>(std::make_unique<FileSource>(name));
  if (file->is_gzip()) return std::make_unique<GzipSource>(std::move(file), name);
  if (name.ends_with(".gz")) throw Error(ErrorCode::corrupt_data, name + " is not gzip data, as its name says");
  return file;
}

}  // namespace malmoi::corpus
