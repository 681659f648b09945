#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neural/ngram_index.h"

namespace malmoi::neural {

/// One thread's search for the n-grams of several sequences at once, with its buffers. The index must outlive it.
///
/// A search waits for memory more than it computes: the table of n-grams is larger than the caches. So the places of
/// several short sequences are searched side by side, and what all of them look at next is asked for before the first
/// looks.
class NgramFinder {
 public:
  explicit NgramFinder(const NgramIndex& index);

  /// Forgets all sequences.
  void clear();
  /// Units of the next sequence: append them here, then end it. Units out of range are breaks.
  [[nodiscard]] std::vector<std::int32_t>& units() noexcept { return units_; }
  void end_sequence();

  /// Looks at all sequences.
  void find();
  /// Features of a sequence, once an occurrence, as NgramIndex::find has them. Valid until find is called again.
  [[nodiscard]] std::span<const std::int32_t> features(std::size_t sequence) const {
    const std::size_t begin = ends_[first_blocks_[sequence]];
    return std::span(features_).subspan(begin, ends_[first_blocks_[sequence + 1]] - begin);
  }
  [[nodiscard]] std::size_t found() const noexcept { return features_.size(); }  ///< of all sequences

 private:
  struct Block {
    std::size_t begin = 0;  ///< units
    std::size_t end = 0;
  };
  struct Prefix {
    std::uint32_t last = 0;  ///< place of its last unit
    std::uint32_t block = 0;
    std::int32_t node = 0;
    NgramTable::Place place;
  };
  void search(std::span<const Block> blocks);
  std::size_t ask(std::size_t alive);

  const NgramIndex& index_;
  std::vector<std::int32_t> units_;
  std::size_t begin_ = 0;  ///< of the next sequence in units_
  std::vector<Block> blocks_;
  std::vector<std::size_t> first_blocks_ = {0};  ///< [sequences + 1]
  std::vector<std::int32_t> features_;
  std::vector<std::size_t> ends_ = {0};  ///< [blocks + 1] in features_
  std::vector<Prefix> prefixes_;         ///< n-grams of the blocks at work that may go on
  std::size_t area_;                     ///< most that a block can find, and one more
  std::vector<std::int32_t> areas_;      ///< what each of the blocks at work has found
};

}  // namespace malmoi::neural
