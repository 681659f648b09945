#include "neural/ngram_finder.h"

#include <algorithm>
#include <array>

namespace malmoi::neural {
namespace {

// Enough places to keep the memory busy, few enough for the first cache.
constexpr std::size_t kBlocksAtOnce = 4;

}  // namespace

NgramFinder::NgramFinder(const NgramIndex& index)
    : index_(index),
      prefixes_(kBlocksAtOnce * kNgramBlock + 1),
      area_(kNgramBlock * static_cast<std::size_t>(index.longest()) + 1),
      areas_(kBlocksAtOnce * area_) {}

void NgramFinder::clear() {
  units_.clear();
  begin_ = 0;
  blocks_.clear();
  first_blocks_.resize(1);
}

// A break behind each sequence spares the question where it ends.
void NgramFinder::end_sequence() {
  for (std::size_t begin = begin_; begin < units_.size(); begin += kNgramBlock) {
    blocks_.push_back({begin, std::min(begin + kNgramBlock, units_.size())});
  }
  first_blocks_.push_back(blocks_.size());
  units_.push_back(-1);
  begin_ = units_.size();
}

void NgramFinder::find() {
  features_.clear();
  ends_.resize(1);
  for (std::size_t first = 0; first < blocks_.size(); first += kBlocksAtOnce) {
    search(std::span(blocks_).subspan(first, std::min(kBlocksAtOnce, blocks_.size() - first)));
  }
}

void NgramFinder::search(std::span<const Block> blocks) {
  std::array<std::int32_t*, kBlocksAtOnce> ends;
  Prefix* const prefixes = prefixes_.data();
  std::size_t alive = 0;
  const auto features = static_cast<std::uint32_t>(index_.features());
  // Writes what may be of no use and counts it only where it is: whether a child is there is a toss-up, and a branch
  // would be guessed wrong half the time.
  const auto take = [&](NgramChild child, Prefix prefix) {
    prefix.node = child.node();
    std::int32_t*& end = ends[prefix.block];
    *end = prefix.node;
    end += static_cast<std::uint32_t>(prefix.node) < features ? 1 : 0;
    prefixes[alive] = prefix;
    alive += child.leads_on() ? 1 : 0;
  };
  for (std::uint32_t b = 0; b < blocks.size(); ++b) {
    ends[b] = areas_.data() + b * area_;
    for (std::size_t i = blocks[b].begin; i < blocks[b].end; ++i) {
      take(index_.root(units_[i]), {static_cast<std::uint32_t>(i), b, 0, {}});
    }
  }
  while (alive > 0) {
    const std::size_t asked = ask(alive);
    alive = 0;
    for (std::size_t p = 0; p < asked; ++p) take(index_.table_.child(prefixes[p].place), prefixes[p]);
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    features_.insert(features_.end(), areas_.data() + b * area_, ends[b]);
    ends_.push_back(features_.size());
  }
}

// Moves the first `alive` prefixes on by one unit and asks for their buckets; returns how many can go on.
std::size_t NgramFinder::ask(std::size_t alive) {
  const NgramTable& table = index_.table_;
  const std::int32_t* const units = units_.data();
  Prefix* const prefixes = prefixes_.data();
  std::size_t asked = 0;
  for (std::size_t p = 0; p < alive; ++p) {
    Prefix prefix = prefixes[p];
    const std::int32_t unit = units[++prefix.last];
    const bool known = table.knows(unit);
    prefix.place = table.place(prefix.node, known ? unit : 0);
    table.fetch(prefix.place.bucket);
    prefixes[asked] = prefix;
    asked += known ? 1 : 0;
  }
  return asked;
}

}  // namespace malmoi::neural
