#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace malmoi {

/// Asks the system for all pages of memory that is about to be filled. Otherwise each comes at its first touch, and
/// those interruptions take longer than the filling.
inline void provide_pages(void* memory, std::size_t bytes) noexcept {
  constexpr std::uintptr_t kPage = 4096;
  constexpr std::size_t kWorthwhile = std::size_t{64} << 10U;
  if (bytes < kWorthwhile) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + bytes) / kPage * kPage;
  // Only a wish: systems before Linux 5.14 refuse it.
  ::madvise(static_cast<char*>(memory) + (first - begin), last - first, MADV_POPULATE_WRITE);
}

}  // namespace malmoi
