#include "corpus/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>

#include "corpus/base/error.h"

namespace malmoi::corpus {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw Error(ErrorCode::io, concat(path.string(), ": ", std::system_category().message(error)));
}

// Another program may have renamed or deleted the file between our opening and our locking it.
bool is_still_at(int descriptor, const std::filesystem::path& path) {
  struct stat ours {};
  struct stat there {};
  return fstat(descriptor, &ours) == 0 && stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path target, int wait_ms)
    : target_(std::move(target)), partial_(target_.string() + ".partial") {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (true) {
    const int descriptor = open(partial_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) fail(target_, errno);
    // flock, not fcntl: SQLite's own locks on this file are of the other kind and stay untouched.
    const bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    if (locked && is_still_at(descriptor, partial_)) {
      descriptor_ = descriptor;
      break;
    }
    close(descriptor);
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(ErrorCode::io,
                  concat(target_.string(), ": another program is making this corpus; waited and gave up"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (ftruncate(descriptor_, 0) != 0) fail(partial_, errno);
}

PartialFile::~PartialFile() {
  if (descriptor_ < 0) return;
  unlink(partial_.c_str());
  close(descriptor_);
}

void PartialFile::publish() {
  if (fdatasync(descriptor_) != 0) fail(partial_, errno);
  if (renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) fail(target_, errno);
  close(descriptor_);
  descriptor_ = -1;
}

}  // namespace malmoi::corpus
