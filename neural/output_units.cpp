#include "neural/output_units.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <queue>

namespace malmoi::neural {

AliasTable::AliasTable(std::span<const double> weights) : entries_(weights.size()) {
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  std::vector<double> left(weights.begin(), weights.end());
  std::vector<std::int32_t> poor;  // places that are not filled by their own weight
  std::vector<std::int32_t> rich;
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] /= mean;
    entries_[i] = {0xFFFFFFFFU, static_cast<std::int32_t>(i)};
    (left[i] < 1.0 ? poor : rich).push_back(static_cast<std::int32_t>(i));
  }
  while (!poor.empty() && !rich.empty()) {
    const auto to = static_cast<std::size_t>(poor.back());
    const auto from = static_cast<std::size_t>(rich.back());
    poor.pop_back();
    entries_[to] = {static_cast<std::uint32_t>(left[to] * 0x1.0p32), static_cast<std::int32_t>(from)};
    left[from] -= 1.0 - left[to];
    if (left[from] >= 1.0) continue;
    rich.pop_back();
    poor.push_back(static_cast<std::int32_t>(from));
  }
}

namespace {

struct Tree {
  std::vector<std::int32_t> parents;  // of all nodes, leaves first; the root's is -1
  std::vector<bool> first;            // joined first of its pair
};

Tree huffman_tree(std::span<const std::int64_t> counts) {
  const std::size_t leaves = counts.size();
  struct Node {
    std::int64_t count;
    std::int64_t order;  // among equal counts
    std::int32_t number;
  };
  const auto later = [](const Node& a, const Node& b) {
    return a.count != b.count ? a.count > b.count : a.order > b.order;
  };
  std::priority_queue<Node, std::vector<Node>, decltype(later)> open(later);
  for (std::size_t i = 0; i < leaves; ++i) {
    open.push({counts[i], static_cast<std::int64_t>(leaves - i), static_cast<std::int32_t>(i)});
  }
  Tree tree{std::vector<std::int32_t>(2 * leaves - 1, -1), std::vector<bool>(2 * leaves - 1)};
  for (std::size_t node = leaves; node < 2 * leaves - 1; ++node) {
    const Node a = open.top();
    open.pop();
    const Node b = open.top();
    open.pop();
    const auto number = static_cast<std::int32_t>(node);
    tree.parents[static_cast<std::size_t>(a.number)] = number;
    tree.parents[static_cast<std::size_t>(b.number)] = number;
    tree.first[static_cast<std::size_t>(a.number)] = true;
    open.push({a.count + b.count, static_cast<std::int64_t>(node) + 1, number});
  }
  return tree;
}

}  // namespace

HuffmanPaths huffman_paths(std::span<const std::int64_t> counts) {
  assert(counts.size() >= 2);
  const Tree tree = huffman_tree(counts);
  const auto leaves = static_cast<std::int32_t>(counts.size());
  HuffmanPaths paths;
  for (std::int32_t leaf = 0; leaf < leaves; ++leaf) {
    const std::size_t begin = paths.nodes.size();
    for (std::int32_t node = leaf; tree.parents[static_cast<std::size_t>(node)] >= 0;) {
      paths.labels.push_back(tree.first[static_cast<std::size_t>(node)] ? 1.0F : 0.0F);
      node = tree.parents[static_cast<std::size_t>(node)];
      paths.nodes.push_back(node - leaves);
    }
    std::reverse(paths.nodes.begin() + static_cast<std::ptrdiff_t>(begin), paths.nodes.end());
    std::reverse(paths.labels.begin() + static_cast<std::ptrdiff_t>(begin), paths.labels.end());
    paths.offsets.push_back(paths.nodes.size());
  }
  return paths;
}

}  // namespace malmoi::neural
