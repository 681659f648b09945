#include "neural/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace malmoi::neural {
namespace {

constexpr std::size_t kLargePage = std::size_t{1} << 21U;
constexpr std::size_t kHeader = 64 / sizeof(Real);  // numbers before a buffer, where its capacity is written
constexpr std::size_t kSmallest = 64;

bool is_large(std::size_t capacity) {
  return capacity * sizeof(Real) >= 2 * kLargePage;
}

std::align_val_t alignment_for(std::size_t capacity) {
  return std::align_val_t{is_large(capacity) ? kLargePage : 64};
}

// Four sizes an octave, so that batches of nearly the same size share buffers.
std::size_t capacity_for(std::size_t count) {
  if (count <= kSmallest) return kSmallest;
  const std::size_t step = std::size_t{1} << (std::bit_width(count - 1) - 3);
  return (count + step - 1) / step * step;
}

// Rows of a large table lie on as many pages as are read: with large pages, a step of an optimizer that touches a few
// of them takes a quarter less time.
Real* new_buffer(std::size_t capacity) {
  const std::size_t bytes = (kHeader + capacity) * sizeof(Real);
  auto* const start = static_cast<Real*>(::operator new(bytes, alignment_for(capacity)));
  if (is_large(capacity)) ::madvise(start, bytes, MADV_HUGEPAGE);  // a wish: without it all is as well
  std::memcpy(start, &capacity, sizeof(capacity));
  return start + kHeader;
}

std::size_t capacity_of(const Real* buffer) {
  std::size_t capacity = 0;
  std::memcpy(&capacity, buffer - kHeader, sizeof(capacity));
  return capacity;
}

void delete_buffer(Real* buffer) noexcept {
  ::operator delete(buffer - kHeader, alignment_for(capacity_of(buffer)));
}

}  // namespace

BufferPool::~BufferPool() {
  for (const auto& [capacity, buffers] : free_) {
    for (Real* const buffer : buffers) delete_buffer(buffer);
  }
}

Real* BufferPool::take(std::size_t count) {
  const std::size_t capacity = capacity_for(count);
  const std::scoped_lock lock(mutex_);
  for (auto at = free_.lower_bound(capacity); at != free_.end() && at->first <= 2 * capacity; ++at) {
    if (at->second.empty()) continue;
    Real* const buffer = at->second.back();
    at->second.pop_back();
    return buffer;
  }
  Real* const buffer = new_buffer(capacity);
  std::vector<Real*>& places = free_[capacity];
  places.reserve(std::max(places.capacity(), places.size() + 64));  // giving back must not fail
  ++allocations_;
  bytes_ += capacity * sizeof(Real);
  return buffer;
}

void BufferPool::give_back(Real* buffer) noexcept {
  const std::scoped_lock lock(mutex_);
  free_[capacity_of(buffer)].push_back(buffer);
}

std::size_t BufferPool::allocations() const {
  const std::scoped_lock lock(mutex_);
  return allocations_;
}

std::size_t BufferPool::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

Real* BufferAllocator::allocate(std::size_t count) {
  return pool_ ? pool_->take(count) : new_buffer(count);
}

void BufferAllocator::deallocate(Real* buffer, std::size_t /*count*/) noexcept {
  if (pool_) {
    pool_->give_back(buffer);
  } else {
    delete_buffer(buffer);
  }
}

}  // namespace malmoi::neural
