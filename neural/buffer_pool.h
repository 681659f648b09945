#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "neural/real.h"

namespace malmoi::neural {

/// Memory that one training step gives back and the next one takes again, so that a training loop asks the heap for
/// nothing after its first step. Every buffer begins at a multiple of 64 bytes. Safe to use from several threads.
class BufferPool {
 public:
  BufferPool() = default;
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// Room for `count` numbers, not initialised: a free buffer of at most twice the size, or a new one.
  [[nodiscard]] Real* take(std::size_t count);
  void give_back(Real* buffer) noexcept;

  [[nodiscard]] std::size_t allocations() const;  ///< buffers asked from the heap so far
  [[nodiscard]] std::size_t bytes() const;        ///< held by the pool and by its users together

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::vector<Real*>> free_;  // by capacity
  std::size_t allocations_ = 0;
  std::size_t bytes_ = 0;
};

/// Lets std::vector<Real> take from a pool. Without one it is the heap. Elements are not set to zero by construction.
class BufferAllocator {
 public:
  using value_type = Real;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  template <typename>
  struct rebind {
    using other = BufferAllocator;
  };

  BufferAllocator() = default;
  /// Shared, because a tensor may outlive the graph that made it, and gives its buffer back at its end.
  explicit BufferAllocator(std::shared_ptr<BufferPool> pool) noexcept : pool_(std::move(pool)) {}

  [[nodiscard]] Real* allocate(std::size_t count);
  void deallocate(Real* buffer, std::size_t count) noexcept;

  void construct(Real* at) noexcept { ::new (static_cast<void*>(at)) Real; }
  void construct(Real* at, Real value) noexcept { ::new (static_cast<void*>(at)) Real(value); }

  /// A copy is a value of its own and leaves the pool alone.
  [[nodiscard]] BufferAllocator select_on_container_copy_construction() const noexcept { return {}; }
  friend bool operator==(const BufferAllocator&, const BufferAllocator&) = default;

 private:
  std::shared_ptr<BufferPool> pool_;
};

}  // namespace malmoi::neural
