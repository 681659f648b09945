#include "neural/ngram_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kMostNodes = std::size_t{1} << 30U;
// Slots looked up together: enough to keep the memory busy, few enough for the cache.
constexpr std::size_t kBlock = 64;

}  // namespace

NgramIndex::NgramIndex(NgramTree tree) : tree_(std::move(tree)) {
  const auto nodes = static_cast<std::int32_t>(tree_.parents.size());
  if (tree_.units.size() != tree_.parents.size() || tree_.features < 0 || tree_.features > nodes ||
      tree_.parents.size() >= kMostNodes) {
    throw Error(ErrorCode::corrupt_data, concat("n-gram tree: ", tree_.parents.size(), " parents, ", tree_.units.size(),
                                                " units and ", tree_.features, " features"));
  }
  std::int32_t units = 0;
  for (std::int32_t node = 0; node < nodes; ++node) {
    const auto at = static_cast<std::size_t>(node);
    if (tree_.parents[at] < -1 || tree_.parents[at] >= nodes || tree_.units[at] < 0 ||
        tree_.units[at] == std::numeric_limits<std::int32_t>::max()) {
      throw Error(ErrorCode::corrupt_data, concat("n-gram tree: node ", node, " of ", nodes, " has parent ",
                                                  tree_.parents[at], " and unit ", tree_.units[at]));
    }
    if (tree_.parents[at] < 0) units = std::max(units, tree_.units[at] + 1);
  }
  roots_.assign(static_cast<std::size_t>(units), -1);
  measure_lengths();
  insert_all();
}

void NgramIndex::measure_lengths() {
  std::vector<std::int32_t> lengths(tree_.parents.size(), 0);
  std::vector<std::size_t> path;
  for (std::size_t node = 0; node < lengths.size(); ++node) {
    path.clear();
    std::int32_t above = static_cast<std::int32_t>(node);
    while (above >= 0 && lengths[static_cast<std::size_t>(above)] == 0) {
      path.push_back(static_cast<std::size_t>(above));
      above = tree_.parents[path.back()];
      if (path.size() > lengths.size()) {
        throw Error(ErrorCode::corrupt_data, concat("n-gram tree: node ", node, " is its own ancestor"));
      }
    }
    std::int32_t length = above < 0 ? 0 : lengths[static_cast<std::size_t>(above)];
    for (; !path.empty(); path.pop_back()) lengths[path.back()] = ++length;
    longest_ = std::max(longest_, static_cast<int>(length));
  }
}

void NgramIndex::insert_all() {
  const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(64, tree_.parents.size() * 3 / 2));
  slots_.assign(capacity, {});
  shift_ = 64 - std::countr_zero(capacity);
  std::vector<bool> is_leaf(tree_.parents.size(), true);
  for (const std::int32_t parent : tree_.parents) {
    if (parent >= 0) is_leaf[static_cast<std::size_t>(parent)] = false;
  }
  const auto refuse_twin = [](std::int32_t there, std::size_t node) {
    if (there < 0) return;
    throw Error(ErrorCode::corrupt_data, concat("n-gram tree: nodes ", there, " and ", node, " are one n-gram"));
  };
  const auto insert = [&](std::size_t node, std::size_t slot) {
    const std::int32_t parent = tree_.parents[node];
    const std::int32_t unit = tree_.units[node];
    const auto number = static_cast<std::int32_t>(node);
    if (parent < 0) return refuse_twin(std::exchange(roots_[static_cast<std::size_t>(unit)], number), node);
    while (slots_[slot].parent >= 0 && (slots_[slot].parent != parent || slots_[slot].unit != unit)) {
      slot = (slot + 1) & (capacity - 1);
    }
    refuse_twin(slots_[slot].child.node(), node);
    slots_[slot] = {parent, unit, Child(number, is_leaf[node])};
  };
  // All slots of a block are asked for before the first is looked at.
  std::array<std::size_t, kBlock> homes;
  for (std::size_t begin = 0; begin < tree_.parents.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, tree_.parents.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      homes[i] = home(tree_.parents[begin + i], tree_.units[begin + i]);
      __builtin_prefetch(&slots_[homes[i]], 1);
    }
    for (std::size_t i = 0; i < count; ++i) insert(begin + i, homes[i]);
  }
}

std::size_t NgramIndex::home(std::int32_t parent, std::int32_t unit) const noexcept {
  const std::uint64_t key =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(parent)) << 32U | static_cast<std::uint32_t>(unit);
  const std::uint64_t mixed = (key ^ key >> 29U) * 0xA0761D6478BD642FULL;
  return static_cast<std::size_t>((mixed ^ mixed << 32U) >> static_cast<unsigned>(shift_));
}

NgramIndex::Child NgramIndex::child(std::size_t home, std::int32_t parent, std::int32_t unit) const noexcept {
  for (std::size_t slot = home; slots_[slot].parent >= 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].parent == parent && slots_[slot].unit == unit) return slots_[slot].child;
  }
  return {};
}

// Level by level over a block of places: all places of a level are asked for before the first is looked at.
template <typename Emit>
void NgramIndex::walk(std::span<const std::int32_t> sequence, const Emit& emit) const {
  struct Place {
    std::size_t begin = 0;
    std::int32_t node = 0;
    std::size_t home = 0;
  };
  std::array<Place, kBlock> places;
  for (std::size_t block = 0; block < sequence.size(); block += kBlock) {
    std::size_t alive = 0;
    for (std::size_t i = block; i < std::min(block + kBlock, sequence.size()); ++i) {
      const auto unit = static_cast<std::size_t>(static_cast<std::uint32_t>(sequence[i]));
      const std::int32_t node = unit < roots_.size() ? roots_[unit] : -1;
      if (node < 0) continue;
      if (node < tree_.features) emit(node, i, 1);
      places[alive++] = {i, node, 0};
    }
    for (int length = 2; length <= longest_ && alive > 0; ++length) {
      const std::size_t ahead = static_cast<std::size_t>(length) - 1;
      std::size_t kept = 0;
      for (std::size_t p = 0; p < alive; ++p) {
        Place place = places[p];
        if (place.begin + ahead >= sequence.size() || sequence[place.begin + ahead] < 0) continue;
        place.home = home(place.node, sequence[place.begin + ahead]);
        __builtin_prefetch(&slots_[place.home]);
        places[kept++] = place;
      }
      alive = 0;
      for (std::size_t p = 0; p < kept; ++p) {
        Place place = places[p];
        const Child found = child(place.home, place.node, sequence[place.begin + ahead]);
        if (found.node() < 0) continue;
        if (found.node() < tree_.features) emit(found.node(), place.begin, length);
        place.node = found.node();
        if (!found.is_leaf()) places[alive++] = place;
      }
    }
  }
}

void NgramIndex::find(std::span<const std::int32_t> sequence, std::vector<std::int32_t>& features) const {
  walk(sequence, [&](std::int32_t feature, std::size_t, int) { features.push_back(feature); });
}

void NgramIndex::find(std::span<const std::int32_t> sequence, std::vector<Occurrence>& occurrences) const {
  walk(sequence, [&](std::int32_t feature, std::size_t begin, int length) {
    occurrences.push_back({feature, static_cast<std::int32_t>(begin), length});
  });
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
