#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/base/large_pages.h"

namespace malmoi::neural {

struct NgramTree;

/// What is known of a child in one look: most n-grams lead to no longer one, and need no further look.
class NgramChild {
 public:
  NgramChild() = default;  ///< none
  NgramChild(std::int32_t node, bool leads_on)
      : packed_(static_cast<std::uint32_t>(node + 1) * 2 + (leads_on ? 1 : 0)) {}
  static NgramChild unpacked(std::uint32_t packed) noexcept {
    NgramChild child;
    child.packed_ = packed;
    return child;
  }
  [[nodiscard]] std::uint32_t packed() const noexcept { return packed_; }  ///< 0: none
  [[nodiscard]] std::int32_t node() const noexcept { return static_cast<std::int32_t>(packed_ >> 1U) - 1; }  ///< or -1
  [[nodiscard]] bool leads_on() const noexcept { return (packed_ & 1U) != 0; }

 private:
  std::uint32_t packed_ = 0;
};

/// Finds the child of a node of an n-gram tree by its last unit, exactly. Immutable, shared by threads.
///
/// A hash table of 8 bytes a slot, eight slots to a bucket and a bucket to a cache line: one look at one line tells
/// nearly always, without a branch that depends on what is found. The mixing of a key loses nothing, so its place says
/// one part of it and only the rest is stored (Cleary, IEEE Transactions on Computers C-33(9), 1984). A full bucket
/// goes on in the next one; how many buckets further a key lies is stored with it.
class NgramTable {
 public:
  NgramTable() = default;  ///< of no nodes

  /// Nodes without parent are left out.
  /// leads_on  [nodes] whether a node has children
  /// Throws    corrupt_data: the same n-gram twice, or units so chosen that they crowd together
  NgramTable(const NgramTree& tree, const std::vector<bool>& leads_on);

  /// Where a key would be.
  struct Place {
    std::size_t bucket = 0;
    std::uint64_t tag = 0;
  };
  /// The unit must be one that it knows.
  [[nodiscard]] Place place(std::int32_t parent, std::int32_t unit) const noexcept {
    return layout_.place(parent, unit);
  }
  /// Into the second cache: many more fetches than into the first can be under way at once.
  void fetch(std::size_t bucket) const noexcept { __builtin_prefetch(&buckets_[bucket], 0, 2); }
  [[nodiscard]] NgramChild child(Place place) const noexcept {
    for (;; place = layout_.next(place)) {
      const Bucket& bucket = buckets_[place.bucket];
      const std::uint64_t found = any_of(matches(bucket, place.tag));
      if (found != 0 || bucket.slots.back() == 0 || layout_.is_farthest(place)) return child_of(found);
    }
  }
  /// Whether a node may have this last unit. Units below 0 are greater than all others.
  [[nodiscard]] bool knows(std::int32_t unit) const noexcept {
    return static_cast<std::uint32_t>(unit) <= largest_unit_;
  }

 private:
  static constexpr std::size_t kSlots = 8;
  static constexpr std::uint64_t kMultiplier = 0xA0761D6478BD642FULL;  // odd: no two keys become one
  struct alignas(64) Bucket {
    std::array<std::uint64_t, kSlots> slots = {};  ///< tag, child; 0: empty, as are all behind it
  };
  using Line __attribute__((vector_size(64))) = std::uint64_t;

  /// What the bits of keys and slots mean.
  struct Layout {
    std::uint64_t key_mask = 0;
    std::uint64_t rest_mask = 0;
    std::size_t bucket_mask = 0;
    unsigned unit_bits = 0;
    unsigned half_bits = 0;
    unsigned rest_bits = 0;      ///< of the key, behind those that are the bucket's number
    unsigned distance_bits = 0;  ///< buckets between the key's own and where it lies
    unsigned child_bits = 0;

    [[nodiscard]] Place place(std::int32_t parent, std::int32_t unit) const noexcept {
      std::uint64_t key = static_cast<std::uint64_t>(static_cast<std::uint32_t>(parent)) << unit_bits |
                          static_cast<std::uint32_t>(unit);
      key ^= key >> half_bits;
      key = key * kMultiplier & key_mask;
      return {static_cast<std::size_t>(key >> rest_bits), (key & rest_mask) << distance_bits};
    }
    [[nodiscard]] bool is_farthest(const Place& place) const noexcept {
      return (~place.tag & ((std::uint64_t{1} << distance_bits) - 1)) == 0;
    }
    [[nodiscard]] Place next(const Place& place) const noexcept {
      return {(place.bucket + 1) & bucket_mask, place.tag + 1};
    }
  };

  [[nodiscard]] static Line line_of(const Bucket& bucket) noexcept {
    return *reinterpret_cast<const Line*>(bucket.slots.data());
  }
  /// The slots with this tag, at most one; all others 0. By vectors: the compiler makes a chain of eight comparisons of
  /// a loop.
  [[nodiscard]] Line matches(const Bucket& bucket, std::uint64_t tag) const noexcept {
    const Line line = line_of(bucket);
    return line >> layout_.child_bits == tag ? line : Line{};
  }
  [[nodiscard]] static std::uint64_t any_of(const Line& line) noexcept {
    const auto half = __builtin_shufflevector(line, line, 0, 1, 2, 3) | __builtin_shufflevector(line, line, 4, 5, 6, 7);
    const auto quarter = __builtin_shufflevector(half, half, 0, 1) | __builtin_shufflevector(half, half, 2, 3);
    return quarter[0] | quarter[1];
  }
  [[nodiscard]] NgramChild child_of(std::uint64_t slot) const noexcept {
    return NgramChild::unpacked(static_cast<std::uint32_t>(slot & ((std::uint64_t{1} << layout_.child_bits) - 1)));
  }
  bool lay_out(unsigned bucket_bits, std::size_t nodes);
  bool fill(const NgramTree& tree, const std::vector<bool>& leads_on);
  bool insert(Place place, NgramChild child);

  std::vector<Bucket, LargePages<Bucket>> buckets_;
  Layout layout_;
  std::uint32_t largest_unit_ = 0;
};

}  // namespace malmoi::neural
