#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/rng.h"

namespace malmoi::neural {

/// Draws i with probability weights[i] / Σ weights in constant time. Source: Vose, IEEE Trans. Softw. Eng. 17(9), 1991.
class AliasTable {
 public:
  /// weights  at least one, not all zero, none negative
  explicit AliasTable(std::span<const double> weights);

  [[nodiscard]] std::int32_t draw(Rng& rng) const {
    const std::uint64_t bits = rng.bits();
    const std::size_t i = (bits >> 32U) * entries_.size() >> 32U;
    const Entry& entry = entries_[i];
    return (bits & 0xFFFFFFFFU) < entry.own ? static_cast<std::int32_t>(i) : entry.other;
  }

 private:
  struct Entry {
    std::uint32_t own = 0;  // of 2^32: share of this place that is its own
    std::int32_t other = 0;
  };
  std::vector<Entry> entries_;
};

/// Huffman's tree over counts as paths of its inner nodes, for hierarchical softmax: p(leaf) is the product of the
/// nodes' σ(±x · y). Among equal counts the leaf of the higher number, then the older node, is joined first.
struct HuffmanPaths {
  std::vector<std::size_t> offsets = {0};  ///< [leaves + 1]
  std::vector<std::int32_t> nodes;         ///< from the root, which is leaves - 2
  std::vector<float> labels;               ///< 1: the path goes to the child that was joined first (code 0)

  [[nodiscard]] std::span<const std::int32_t> nodes_of(std::size_t leaf) const {
    return std::span(nodes).subspan(offsets[leaf], offsets[leaf + 1] - offsets[leaf]);
  }
  [[nodiscard]] std::span<const float> labels_of(std::size_t leaf) const {
    return std::span(labels).subspan(offsets[leaf], offsets[leaf + 1] - offsets[leaf]);
  }
};

/// counts  descending or not; at least two
[[nodiscard]] HuffmanPaths huffman_paths(std::span<const std::int64_t> counts);

}  // namespace malmoi::neural
