#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/ngram_table.h"

namespace malmoi::neural {

/// Which n-grams of a collection of sequences are kept. A break (-1) or a row's end is never inside an n-gram.
struct NgramOptions {
  int shortest = 1;                                              ///< units, ≥ 1
  int longest = 1;                                               ///< ≥ shortest
  std::int32_t min_df = 2;                                       ///< rows an n-gram must occur in; ≥ 1
  double max_df = 1.0;                                           ///< share of rows it may occur in, (0, 1]
  std::int32_t most = std::numeric_limits<std::int32_t>::max();  ///< n-grams kept, those in most rows; ≥ 1
};

/// Places that are searched side by side, level by level.
inline constexpr std::size_t kNgramBlock = 64;

/// n-grams as a tree: an n-gram is its first n - 1 units (another node) and its last unit. Plain data, for storing.
struct NgramTree {
  std::vector<std::int32_t> parents;  ///< [nodes] -1: an n-gram of one unit. A parent that is no feature may come later
  std::vector<std::int32_t> units;    ///< [nodes] last unit
  std::int32_t features = 0;          ///< nodes [0, features) are features; the others only lead to some
  friend bool operator==(const NgramTree&, const NgramTree&) = default;
};

/// Finds the n-grams of a tree in sequences, exactly. Immutable, shared by threads.
class NgramIndex {
 public:
  /// Throws corrupt_data: 2^30 nodes or more, a parent or unit out of range, a node that is its own ancestor or of
  /// more than 65,535 units, or the same n-gram twice
  explicit NgramIndex(NgramTree tree);

  [[nodiscard]] const NgramTree& tree() const noexcept { return tree_; }
  [[nodiscard]] std::int32_t features() const noexcept { return tree_.features; }
  [[nodiscard]] int longest() const noexcept { return longest_; }

  /// Units of a node, first to last.
  [[nodiscard]] std::vector<std::int32_t> ngram(std::int32_t node) const;

  struct Occurrence {
    std::int32_t feature = 0;
    std::int32_t begin = 0;   ///< place of its first unit
    std::int32_t length = 0;  ///< units
  };
  /// Appends every feature that occurs in the sequence, once an occurrence. Units out of range are breaks. NgramFinder
  /// finds the features alone in the same order, faster.
  void find(std::span<const std::int32_t> sequence, std::vector<Occurrence>& occurrences) const;

 private:
  friend class NgramFinder;
  [[nodiscard]] NgramChild root(std::int32_t unit) const noexcept {
    return roots_[std::min<std::size_t>(static_cast<std::uint32_t>(unit), roots_.size() - 1)];
  }
  void place_roots(std::span<const std::int32_t> roots, const std::vector<bool>& leads_on);

  NgramTree tree_;
  std::vector<NgramChild> roots_;  ///< [units + 1] n-grams of one unit; the last stands for all greater units
  NgramTable table_;
  int longest_ = 0;
};

/// Learns which n-grams to keep. Features are numbered by falling document frequency, so that the frequent ones share
/// cache lines wherever something is stored for each.
///
/// sequences  units in [0, units), -1 for a break
/// Returns    the same for every number of threads
/// Throws     invalid_argument: an option or a unit out of range; canceled
/// Cost       level by level: an n-gram is counted only where both its (n-1)-grams passed min_df, which loses nothing.
///            Memory: 4 bytes a unit of input, 24 to 48 a distinct candidate of one level, 12 a kept n-gram
struct LearnedNgrams {
  NgramTree tree;
  std::vector<std::int32_t> documents;  ///< [features] document frequency
};
[[nodiscard]] LearnedNgrams learn_ngrams(const TokenSequences& sequences, std::int32_t units,
                                         const NgramOptions& options, const RunContext& context = {});

}  // namespace malmoi::neural
