#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace malmoi {

/// Keeps copies of many short strings at addresses that stay valid until clear(), also when the arena is moved.
class TextArena {
 public:
  std::string_view keep(std::string_view text) {
    char* place = reserve(text.size());
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  /// Forgets all strings; keeps one block for reuse.
  void clear() noexcept {
    if (!blocks_.empty()) {
      std::swap(blocks_.front(), blocks_.back());  // the last block is the one that capacity_ describes
      blocks_.resize(1);
    }
    used_ = 0;
  }

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 16U;

  char* reserve(std::size_t size) {
    if (blocks_.empty() || used_ + size > capacity_) {
      capacity_ = size > kBlockBytes ? size : kBlockBytes;
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(capacity_));
      used_ = 0;
    }
    char* place = blocks_.back().get() + used_;
    used_ += size;
    return place;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
};

}  // namespace malmoi
