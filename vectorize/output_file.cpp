#include "vectorize/output_file.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::vectorize {

// zlib writes plain files too ("T"), so that there is one way to write.
class OutputFile::Stream {
 public:
  explicit Stream(const std::filesystem::path& path, bool compress)
      : path_(path), file_(gzopen(path.c_str(), compress ? "wb6" : "wbT")) {
    if (file_ == nullptr) fail("cannot be written");
  }
  ~Stream() {
    if (file_ != nullptr) gzclose(file_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void write(std::string_view bytes) {
    constexpr std::size_t kMost = std::size_t{1} << 30U;  // gzwrite takes an unsigned and returns an int
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, kMost);
      if (gzwrite(file_, part.data(), static_cast<unsigned>(part.size())) <= 0) fail("cannot be written");
      bytes.remove_prefix(part.size());
    }
  }

  void close() {
    if (gzclose(std::exchange(file_, nullptr)) != Z_OK) fail("cannot be completed");
  }

 private:
  [[noreturn]] void fail(std::string_view problem) const {
    const int error = errno;
    throw Error(ErrorCode::io, concat(path_.string(), " ", problem, ": ", std::strerror(error)));
  }

  std::filesystem::path path_;
  gzFile file_;
};

OutputFile::OutputFile(std::filesystem::path path, bool overwrite)
    : path_(std::move(path)), temporary_(concat(path_.string(), ".part-", ::getpid())), overwrite_(overwrite) {
  require_free_name();
  stream_ = std::make_unique<Stream>(temporary_, path_.extension() == ".gz");
}

OutputFile::~OutputFile() {
  stream_.reset();
  std::error_code ignored;  // after commit() there is nothing left to remove
  std::filesystem::remove(temporary_, ignored);
}

void OutputFile::commit() {
  flush();
  stream_->close();
  require_free_name();
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) throw Error(ErrorCode::io, concat(path_.string(), " cannot be written: ", error.message()));
}

void OutputFile::flush() {
  stream_->write(buffer_);
  buffer_.clear();
}

void OutputFile::require_free_name() const {
  if (overwrite_ || !std::filesystem::exists(path_)) return;
  throw Error(ErrorCode::invalid_argument, concat(path_.string(), " exists already; --force overwrites it"));
}

}  // namespace malmoi::vectorize
