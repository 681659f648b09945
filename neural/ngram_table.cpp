#include "neural/ngram_table.h"

#include <algorithm>
#include <array>
#include <bit>

#include "corpus/base/error.h"
#include "neural/ngram_index.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kFewestSlots = 64;
constexpr std::size_t kMostSlotsPerNode = 256;
constexpr unsigned kFewestDistanceBits = 4;
constexpr unsigned kMostDistanceBits = 8;
constexpr unsigned kWordBits = 64;
constexpr std::size_t kAhead = 64;  // nodes whose buckets are asked for before their turn

unsigned bits_of(std::uint64_t value) {
  return static_cast<unsigned>(std::bit_width(value));
}

std::uint64_t low_bits(unsigned bits) {
  return (std::uint64_t{1} << bits) - 1;
}

}  // namespace

NgramTable::NgramTable(const NgramTree& tree, const std::vector<bool>& leads_on) {
  const std::size_t nodes = tree.parents.size();
  for (const std::int32_t unit : tree.units) largest_unit_ = std::max(largest_unit_, static_cast<std::uint32_t>(unit));
  const std::size_t slots = std::bit_ceil(std::max(kFewestSlots, nodes + nodes / 4));
  for (unsigned bucket_bits = bits_of(slots / kSlots) - 1;; ++bucket_bits) {
    if ((kSlots << bucket_bits) > (nodes + kFewestSlots) * kMostSlotsPerNode) {
      throw Error(ErrorCode::corrupt_data, concat("n-gram tree: ", nodes, " nodes whose units crowd together"));
    }
    if (lay_out(bucket_bits, nodes) && fill(tree, leads_on)) return;
  }
}

// Deals out the bits of a slot; false where they do not suffice, which more buckets mend.
bool NgramTable::lay_out(unsigned bucket_bits, std::size_t nodes) {
  const unsigned unit_bits = std::max(1U, bits_of(largest_unit_));
  const unsigned key_bits = std::max(bits_of(nodes) + unit_bits, bucket_bits + 1);
  const unsigned child_bits = bits_of(nodes) + 1;
  const unsigned rest_bits = key_bits - bucket_bits;
  if (child_bits + rest_bits + kFewestDistanceBits > kWordBits) return false;
  layout_ = {.key_mask = low_bits(key_bits),
             .rest_mask = low_bits(rest_bits),
             .bucket_mask = (std::size_t{1} << bucket_bits) - 1,
             .unit_bits = unit_bits,
             .half_bits = (key_bits + 1) / 2,
             .rest_bits = rest_bits,
             .distance_bits = std::min(kMostDistanceBits, kWordBits - child_bits - rest_bits),
             .child_bits = child_bits};
  return true;
}

// False where a key would lie too far from its own bucket.
bool NgramTable::fill(const NgramTree& tree, const std::vector<bool>& leads_on) {
  buckets_.assign(layout_.bucket_mask + 1, {});
  const Layout layout = layout_;  // a copy that no store can change stays in registers
  const std::size_t nodes = tree.parents.size();
  std::array<Place, kAhead> places;
  const auto ask = [&](std::size_t node) {
    Place& place = places[node % kAhead];
    place = layout.place(tree.parents[node], tree.units[node]);
    fetch(place.bucket);
  };
  for (std::size_t node = 0; node < std::min(kAhead, nodes); ++node) ask(node);
  for (std::size_t node = 0; node < nodes; ++node) {
    const Place place = places[node % kAhead];
    if (node + kAhead < nodes) ask(node + kAhead);
    if (tree.parents[node] < 0) continue;
    if (!insert(place, NgramChild(static_cast<std::int32_t>(node), leads_on[node]))) return false;
  }
  return true;
}

bool NgramTable::insert(Place place, NgramChild child) {
  for (;; place = layout_.next(place)) {
    Bucket& bucket = buckets_[place.bucket];
    const Line same = matches(bucket, place.tag);
    // One bit for each slot in use and one for the same n-gram: a search would have to guess where it ends.
    constexpr Line kBits = {1, 2, 4, 8, 16, 32, 64, 128};
    const std::uint64_t bits = any_of((line_of(bucket) != 0 ? kBits : Line{}) | (same != 0 ? kBits << kSlots : Line{}));
    if (bits >> kSlots != 0) {
      throw Error(ErrorCode::corrupt_data, concat("n-gram tree: nodes ", child_of(any_of(same)).node(), " and ",
                                                  child.node(), " are one n-gram"));
    }
    const auto used = static_cast<std::size_t>(std::popcount(bits));
    if (used < kSlots) {
      bucket.slots[used] = place.tag << layout_.child_bits | child.packed();
      return true;
    }
    if (layout_.is_farthest(place)) return false;
  }
}

}  // namespace malmoi::neural
