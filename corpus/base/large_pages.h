#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace malmoi {

/// Lets a std::vector lie in memory pages of 2 MiB where the system has them: a large table that is read at random
/// places then misses fewer translations of addresses, and its first touch takes one page fault instead of 512.
template <typename T>
class LargePages {
 public:
  using value_type = T;

  LargePages() = default;
  template <typename U>
  explicit LargePages(const LargePages<U>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    void* const memory = ::operator new(bytes, alignment(bytes));
    if (bytes >= kPage) ::madvise(memory, bytes, MADV_HUGEPAGE);  // only a wish: small pages serve as well
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept { ::operator delete(memory, alignment(count * sizeof(T))); }

  friend bool operator==(const LargePages& /*a*/, const LargePages& /*b*/) { return true; }

 private:
  static constexpr std::size_t kPage = std::size_t{2} << 20U;
  static std::align_val_t alignment(std::size_t bytes) noexcept {
    return std::align_val_t(bytes >= kPage ? kPage : alignof(T));
  }
};

}  // namespace malmoi
