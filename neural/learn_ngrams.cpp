#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/ngram_index.h"

namespace malmoi::neural {
namespace {

// Candidates of a level are dealt to shards by their hash and every shard is counted by one thread at a time, rows in
// order; a round is as much input as is dealt at once. All three are fixed, so that the numbering is.
constexpr std::size_t kShards = 64;
constexpr std::size_t kUnitsPerPart = std::size_t{1} << 16U;
constexpr std::size_t kPartsPerRound = 32;

constexpr std::uint64_t kNone = ~std::uint64_t{0};

std::uint64_t key_of(std::int32_t parent, std::int32_t unit) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(parent)) << 32U | static_cast<std::uint32_t>(unit);
}

std::uint64_t mix(std::uint64_t key) {
  key = (key ^ key >> 31U) * 0x9E3779B97F4A7C15ULL;
  return key ^ key >> 29U;
}

struct Candidate {
  std::uint64_t key = 0;
  std::int32_t row = 0;
};

// Distinct candidates with the rows they occur in.
class Shard {
 public:
  struct Entry {
    std::uint64_t key = kNone;
    std::int32_t documents = 0;
    std::int32_t value = -1;  // last row counted; later the number of the node
  };

  void add(const Candidate& candidate) {
    if ((size_ + 1) * 3 > entries_.size() * 2) grow();
    Entry& entry = entries_[place(candidate.key)];
    if (entry.key == kNone) {
      entry.key = candidate.key;
      ++size_;
    }
    entry.documents += entry.value != candidate.row || entry.documents == 0 ? 1 : 0;
    entry.value = candidate.row;
  }

  [[nodiscard]] std::int32_t node(std::uint64_t key) const {
    return entries_.empty() ? -1 : entries_[place(key)].value;
  }
  [[nodiscard]] std::vector<Entry>& entries() noexcept { return entries_; }

 private:
  [[nodiscard]] std::size_t place(std::uint64_t key) const {
    const std::size_t mask = entries_.size() - 1;
    std::size_t at = static_cast<std::size_t>(mix(key) >> 6U) & mask;
    while (entries_[at].key != kNone && entries_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    const std::vector<Entry> old =
        std::exchange(entries_, std::vector<Entry>(std::max<std::size_t>(64, entries_.size() * 2)));
    for (const Entry& entry : old) {
      if (entry.key != kNone) entries_[place(entry.key)] = entry;
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

class Learner {
 public:
  Learner(const TokenSequences& sequences, const NgramOptions& options, const RunContext& context)
      : sequences_(sequences), options_(options), context_(context), prefixes_(sequences.terms.size(), -1) {
    parts_.push_back(0);
    for (std::size_t row = 0; row < sequences.rows(); ++row) {
      if (sequences.offsets[row + 1] - sequences.offsets[parts_.back()] >= kUnitsPerPart) parts_.push_back(row + 1);
    }
    if (parts_.back() < sequences.rows()) parts_.push_back(sequences.rows());
  }

  LearnedNgrams learn(std::int32_t units) {
    count_units(units);
    level_begin_ = {0, 0};
    for (int length = 2; length <= options_.longest && level_begin_.back() < documents_.size(); ++length) {
      level_begin_.push_back(documents_.size());
      extend(static_cast<std::size_t>(length));
    }
    return select();
  }

 private:
  void append(std::int32_t parent, std::int32_t unit, std::int32_t documents) {
    parents_.push_back(parent);
    units_.push_back(unit);
    documents_.push_back(documents);
  }

  void count_units(std::int32_t units) {
    struct Count {
      std::int32_t documents = 0;
      std::int32_t last_row = -1;
    };
    std::vector<Count> counts(static_cast<std::size_t>(units));
    for (std::size_t row = 0; row < sequences_.rows(); ++row) {
      for (const std::int32_t unit : sequences_.row(row)) {
        if (unit < -1 || unit >= units) {
          throw Error(ErrorCode::invalid_argument,
                      concat("learn_ngrams: row ", row, " holds unit ", unit, " of ", units));
        }
        if (unit < 0) continue;
        Count& count = counts[static_cast<std::size_t>(unit)];
        if (std::exchange(count.last_row, static_cast<std::int32_t>(row)) != static_cast<std::int32_t>(row))
          ++count.documents;
      }
    }
    std::vector<std::int32_t> nodes(counts.size(), -1);
    for (std::int32_t unit = 0; unit < units; ++unit) {
      const std::int32_t documents = counts[static_cast<std::size_t>(unit)].documents;
      if (documents < options_.min_df) continue;
      nodes[static_cast<std::size_t>(unit)] = static_cast<std::int32_t>(parents_.size());
      append(-1, unit, documents);
    }
    for (std::size_t i = 0; i < prefixes_.size(); ++i) {
      if (const std::int32_t unit = sequences_.terms[i]; unit >= 0)
        prefixes_[i] = nodes[static_cast<std::size_t>(unit)];
    }
  }

  // Calls visit(place, key, row) where an n-gram of this length begins whose two (n-1)-grams were both kept.
  template <typename Visit>
  void for_each_candidate(std::size_t part, std::size_t length, const Visit& visit) const {
    for (std::size_t row = parts_[part]; row < parts_[part + 1]; ++row) {
      const std::size_t end = sequences_.offsets[row + 1];
      for (std::size_t i = sequences_.offsets[row]; i + length <= end; ++i) {
        if (prefixes_[i] < 0 || prefixes_[i + 1] < 0) continue;
        visit(i, key_of(prefixes_[i], sequences_.terms[i + length - 1]), static_cast<std::int32_t>(row));
      }
    }
  }

  void extend(std::size_t length) {
    std::vector<Shard> shards(kShards);
    const std::size_t parts = parts_.size() - 1;
    using Deal = std::array<std::vector<Candidate>, kShards>;
    std::vector<Deal> deals(std::min(parts, kPartsPerRound));
    for (std::size_t first = 0; first < parts; first += kPartsPerRound) {
      const std::size_t count = std::min(kPartsPerRound, parts - first);
      parallel_for(count, 1, context_, [&](const Chunk& chunk) {
        Deal& deal = deals[chunk.index];
        for (std::vector<Candidate>& hand : deal) hand.clear();
        for_each_candidate(first + chunk.index, length, [&](std::size_t, std::uint64_t key, std::int32_t row) {
          deal[mix(key) % kShards].push_back({key, row});
        });
      });
      parallel_for(kShards, 1, context_, [&](const Chunk& chunk) {
        for (std::size_t part = 0; part < count; ++part) {
          for (const Candidate& candidate : deals[part][chunk.index]) shards[chunk.index].add(candidate);
        }
      });
    }
    number(shards);
    advance(shards, length);
  }

  // Nodes of the candidates in enough rows; value becomes their number, or -1.
  void number(std::vector<Shard>& shards) {
    for (Shard& shard : shards) {
      for (Shard::Entry& entry : shard.entries()) {
        if (entry.key == kNone || entry.documents < options_.min_df) {
          entry.value = -1;
          continue;
        }
        if (parents_.size() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
          throw Error(ErrorCode::invalid_argument, "learn_ngrams: more than 2147483646 n-grams; raise min_df");
        }
        entry.value = static_cast<std::int32_t>(parents_.size());
        append(static_cast<std::int32_t>(entry.key >> 32U), static_cast<std::int32_t>(entry.key & 0x7FFFFFFFU),
               entry.documents);
      }
    }
  }

  // prefixes_[i] becomes the n-gram of this length that begins at i, or -1. Parts end with rows and so do n-grams: no
  // part reads what another writes.
  void advance(const std::vector<Shard>& shards, std::size_t length) {
    if (static_cast<int>(length) == options_.longest) return;
    parallel_for(parts_.size() - 1, 1, context_, [&](const Chunk& chunk) {
      std::vector<std::int32_t> next(sequences_.offsets[parts_[chunk.end]] - sequences_.offsets[parts_[chunk.begin]],
                                     -1);
      const std::size_t begin = sequences_.offsets[parts_[chunk.begin]];
      for_each_candidate(chunk.index, length, [&](std::size_t place, std::uint64_t key, std::int32_t) {
        next[place - begin] = shards[mix(key) % kShards].node(key);
      });
      std::copy(next.begin(), next.end(), prefixes_.begin() + static_cast<std::ptrdiff_t>(begin));
    });
  }

  [[nodiscard]] std::vector<std::uint64_t> ranked_features() const {
    const std::size_t shortest = static_cast<std::size_t>(options_.shortest);
    const double most_documents = options_.max_df * static_cast<double>(sequences_.rows());
    std::vector<std::uint64_t> ranked;  // rows that lack it, then the node
    for (std::size_t node = shortest < level_begin_.size() ? level_begin_[shortest] : documents_.size();
         node < documents_.size(); ++node) {
      if (documents_[node] > most_documents) continue;
      ranked.push_back(static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max() - documents_[node]) << 32U |
                       node);
    }
    std::sort(ranked.begin(), ranked.end());
    if (ranked.size() > static_cast<std::size_t>(options_.most)) ranked.resize(static_cast<std::size_t>(options_.most));
    return ranked;
  }

  [[nodiscard]] LearnedNgrams select() const {
    std::vector<std::int32_t> place(documents_.size(), -1);
    std::vector<std::int32_t> nodes;
    for (const std::uint64_t rank : ranked_features()) {
      const auto node = static_cast<std::int32_t>(rank & 0x7FFFFFFFU);
      place[static_cast<std::size_t>(node)] = static_cast<std::int32_t>(nodes.size());
      nodes.push_back(node);
    }
    LearnedNgrams result;
    result.tree.features = static_cast<std::int32_t>(nodes.size());
    for (const std::int32_t node : nodes) result.documents.push_back(documents_[static_cast<std::size_t>(node)]);
    for (std::size_t i = 0; i < nodes.size(); ++i) {  // nodes grows: the prefixes that are no features themselves
      const std::int32_t parent = parents_[static_cast<std::size_t>(nodes[i])];
      if (parent < 0 || place[static_cast<std::size_t>(parent)] >= 0) continue;
      place[static_cast<std::size_t>(parent)] = static_cast<std::int32_t>(nodes.size());
      nodes.push_back(parent);
    }
    for (const std::int32_t node : nodes) {
      const std::int32_t parent = parents_[static_cast<std::size_t>(node)];
      result.tree.parents.push_back(parent < 0 ? -1 : place[static_cast<std::size_t>(parent)]);
      result.tree.units.push_back(units_[static_cast<std::size_t>(node)]);
    }
    return result;
  }

  const TokenSequences& sequences_;
  const NgramOptions& options_;
  const RunContext& context_;
  std::vector<std::int32_t> prefixes_;  // [units of input] the longest n-gram so far that begins there, or -1
  std::vector<std::size_t> parts_;      // first row of each part of about kUnitsPerPart units, and the end
  std::vector<std::int32_t> parents_;   // [nodes] of all levels, in the order they were found
  std::vector<std::int32_t> units_;
  std::vector<std::int32_t> documents_;
  std::vector<std::size_t> level_begin_;  // [n] first node of length n
};

void validate(const NgramOptions& options) {
  if (options.shortest < 1 || options.longest < options.shortest || options.min_df < 1 || options.most < 1 ||
      !(options.max_df > 0.0 && options.max_df <= 1.0)) {
    throw Error(ErrorCode::invalid_argument,
                concat("learn_ngrams: n from ", options.shortest, " to ", options.longest, ", min_df ", options.min_df,
                       ", max_df ", options.max_df, ", at most ", options.most,
                       "; wanted 1 <= shortest <= longest, counts >= 1 and max_df in (0, 1]"));
  }
}

}  // namespace

LearnedNgrams learn_ngrams(const TokenSequences& sequences, std::int32_t units, const NgramOptions& options,
                           const RunContext& context) {
  validate(options);
  return Learner(sequences, options, context).learn(units);
}

}  // namespace malmoi::neural
