#include "neural/ngram_index.h"

#include <algorithm>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kMostNodes = std::size_t{1} << 30U;
constexpr std::size_t kMostUnits = std::numeric_limits<std::uint16_t>::max();

// Counted from -1, which is no parent, numbers below it are greater than all others; so are units below 0.
bool fits(const NgramTree& tree, std::size_t node) {
  const std::uint32_t parent = static_cast<std::uint32_t>(tree.parents[node]) + 1;
  const auto unit = static_cast<std::uint32_t>(tree.units[node]);
  return parent <= tree.parents.size() && unit < std::uint32_t{std::numeric_limits<std::int32_t>::max()};
}

void validate(const NgramTree& tree) {
  if (tree.units.size() != tree.parents.size() || tree.features < 0 ||
      static_cast<std::size_t>(tree.features) > tree.parents.size() || tree.parents.size() >= kMostNodes) {
    throw Error(ErrorCode::corrupt_data, concat("n-gram tree: ", tree.parents.size(), " parents, ", tree.units.size(),
                                                " units and ", tree.features, " features"));
  }
  bool fit = true;  // nearly always: by vectors, and only then one by one
  for (std::size_t node = 0; node < tree.parents.size(); ++node) fit &= fits(tree, node);
  if (fit) return;
  for (std::size_t node = 0; node < tree.parents.size(); ++node) {
    if (fits(tree, node)) continue;
    throw Error(ErrorCode::corrupt_data, concat("n-gram tree: node ", node, " of ", tree.parents.size(), " has parent ",
                                                tree.parents[node], " and unit ", tree.units[node]));
  }
}

// Lengths of the n-grams, filled from the first node on; 0: not known yet. 16 bits a length: memory that is touched for
// the first time is most of what loading a model takes.
class Lengths {
 public:
  explicit Lengths(const NgramTree& tree) : tree_(tree), lengths_(tree.parents.size(), 0) {}

  std::size_t measure(std::size_t node) {
    const std::int32_t parent = tree_.parents[node];
    if (lengths_[node] != 0) return lengths_[node];
    if (parent >= 0 && lengths_[static_cast<std::size_t>(parent)] == 0) climb(node);
    const std::size_t length = parent < 0 ? 1 : std::size_t{lengths_[static_cast<std::size_t>(parent)]} + 1;
    if (length > kMostUnits) {
      throw Error(ErrorCode::corrupt_data, concat("n-gram tree: node ", node, " has more than ", kMostUnits, " units"));
    }
    lengths_[node] = static_cast<std::uint16_t>(length);
    return length;
  }

 private:
  // Measures the ancestors, the first one first.
  void climb(std::size_t node) {
    std::vector<std::size_t> path;
    for (std::int32_t above = tree_.parents[node]; above >= 0 && lengths_[static_cast<std::size_t>(above)] == 0;
         above = tree_.parents[path.back()]) {
      path.push_back(static_cast<std::size_t>(above));
      if (path.size() > lengths_.size()) {
        throw Error(ErrorCode::corrupt_data, concat("n-gram tree: node ", node, " is its own ancestor"));
      }
    }
    for (; !path.empty(); path.pop_back()) measure(path.back());
  }

  const NgramTree& tree_;
  std::vector<std::uint16_t> lengths_;
};

}  // namespace

NgramIndex::NgramIndex(NgramTree tree) : tree_(std::move(tree)) {
  validate(tree_);
  std::vector<bool> leads_on(tree_.parents.size(), false);
  Lengths lengths(tree_);
  std::size_t longest = 0;
  std::vector<std::int32_t> roots;
  for (std::size_t node = 0; node < tree_.parents.size(); ++node) {
    longest = std::max(longest, lengths.measure(node));
    if (tree_.parents[node] < 0) {
      roots.push_back(static_cast<std::int32_t>(node));
    } else {
      leads_on[static_cast<std::size_t>(tree_.parents[node])] = true;
    }
  }
  longest_ = static_cast<int>(longest);
  place_roots(roots, leads_on);
  table_ = NgramTable(tree_, leads_on);
}

void NgramIndex::place_roots(std::span<const std::int32_t> roots, const std::vector<bool>& leads_on) {
  std::int32_t units = 0;
  for (const std::int32_t node : roots) units = std::max(units, tree_.units[static_cast<std::size_t>(node)] + 1);
  roots_.assign(static_cast<std::size_t>(units) + 1, {});
  for (const std::int32_t node : roots) {
    NgramChild& root = roots_[static_cast<std::size_t>(tree_.units[static_cast<std::size_t>(node)])];
    if (root.node() >= 0) {
      throw Error(ErrorCode::corrupt_data,
                  concat("n-gram tree: nodes ", root.node(), " and ", node, " are one n-gram"));
    }
    root = NgramChild(node, leads_on[static_cast<std::size_t>(node)]);
  }
}

// Level by level over a block of places, the order in which NgramFinder finds them.
void NgramIndex::find(std::span<const std::int32_t> sequence, std::vector<Occurrence>& occurrences) const {
  std::vector<Occurrence> alive;
  for (std::size_t block = 0; block < sequence.size(); block += kNgramBlock) {
    alive.clear();
    const auto take = [&](NgramChild child, std::size_t begin, std::int32_t length) {
      const Occurrence one{child.node(), static_cast<std::int32_t>(begin), length};
      if (one.feature >= 0 && one.feature < features()) occurrences.push_back(one);
      if (child.leads_on()) alive.push_back(one);
    };
    for (std::size_t i = block; i < std::min(block + kNgramBlock, sequence.size()); ++i) take(root(sequence[i]), i, 1);
    while (!alive.empty()) {
      for (const Occurrence& prefix : std::exchange(alive, {})) {
        const std::size_t next = static_cast<std::size_t>(prefix.begin) + static_cast<std::size_t>(prefix.length);
        if (next >= sequence.size() || !table_.knows(sequence[next])) continue;
        const NgramChild child = table_.child(table_.place(prefix.feature, sequence[next]));
        take(child, static_cast<std::size_t>(prefix.begin), prefix.length + 1);
      }
    }
  }
}

std::vector<std::int32_t> NgramIndex::ngram(std::int32_t node) const {
  std::vector<std::int32_t> units;
  for (; node >= 0; node = tree_.parents[static_cast<std::size_t>(node)]) {
    units.push_back(tree_.units[static_cast<std::size_t>(node)]);
  }
  std::reverse(units.begin(), units.end());
  return units;
}

}  // namespace malmoi::neural
