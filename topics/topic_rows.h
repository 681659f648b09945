#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

#include "topics/lanes.h"
#include "topics/topic_model.h"

namespace malmoi::topics {

/// Counts of topics of some rows, all of them in place. Rows are whole vectors.
class DenseRows {
 public:
  DenseRows() = default;
  DenseRows(std::size_t rows, std::int32_t topics)
      : stride_(static_cast<std::size_t>(whole_lanes(topics))),
        counts_(Eigen::ArrayXi::Zero(static_cast<Eigen::Index>(rows * stride_))) {}

  [[nodiscard]] std::int32_t* row(std::size_t r) noexcept { return counts_.data() + r * stride_; }
  [[nodiscard]] const std::int32_t* row(std::size_t r) const noexcept { return counts_.data() + r * stride_; }

 private:
  std::size_t stride_ = 0;
  Eigen::ArrayXi counts_;  // Eigen aligns it as vectors need
};

/// Sixteen topics with their counts: one cache line.
struct alignas(64) TopicLine {
  Shorts topics;
  Shorts counts;
};

/// Counts of topics of some rows, without the zeros. A row's topics ascend, so that its bytes follow from its counts
/// alone; it is filled up to whole lines with (topic = topics, count = 0).
class SparseRows {
 public:
  static constexpr std::int64_t kMostCount = 0xFFFF;

  SparseRows() = default;
  /// capacity[r]: most topics that row r can have at a time; between the two halves of a move it may have one more
  SparseRows(std::span<const std::int32_t> capacity, std::int32_t topics);

  [[nodiscard]] std::int32_t size(std::size_t r) const noexcept { return rows_[r].size; }
  [[nodiscard]] std::int32_t lines(std::size_t r) const noexcept { return (rows_[r].size + kLanes - 1) / kLanes; }
  [[nodiscard]] const TopicLine* row(std::size_t r) const noexcept { return lines_.data() + rows_[r].begin; }
  [[nodiscard]] std::uint16_t topic(std::size_t r, std::int32_t i) const {
    return row(r)[i / kLanes].topics[i % kLanes];
  }
  [[nodiscard]] std::uint16_t count(std::size_t r, std::int32_t i) const {
    return row(r)[i / kLanes].counts[i % kLanes];
  }

  /// Adds to the count of a topic, or takes away from it: never more than there is, nor beyond kMostCount. Returns
  /// where it stands, or stood if nothing is left.
  std::int32_t add(std::size_t r, std::uint16_t topic, std::int32_t weight) {
    Row& row = rows_[r];
    TopicLine* line = lines_.data() + row.begin;
    std::int32_t left = row.size;
    std::int32_t at = count_below(line->topics, topic);
    while (at == kLanes && left > kLanes) {
      at = count_below((++line)->topics, topic);
      left -= kLanes;
    }
    if (at < left && at < kLanes && line->topics[at] == topic) {
      add_at(row, line, at, weight);
    } else {
      insert(row, at < kLanes ? line : line + 1, at % kLanes, {topic, static_cast<std::uint16_t>(weight)});
    }
    return static_cast<std::int32_t>(line - (lines_.data() + row.begin)) * kLanes + at;
  }

  /// A token that changes its topic.
  struct Move {
    std::int32_t weight = 1;
    std::int32_t from = -1;   ///< where its old topic stands; -1: it had none
    std::uint16_t topic = 0;  ///< the new one
    std::int32_t to = -1;     ///< where that stands; -1: not known, or not there
  };
  void move(std::size_t r, const Move& token) {
    Row& row = rows_[r];
    std::int32_t from = token.from;
    if (token.to >= 0) {
      add_at(row, line_of(row, token.to), token.to % kLanes, token.weight);
    } else {
      const std::int32_t size = row.size;
      const std::int32_t at = add(r, token.topic, token.weight);
      if (row.size != size && at <= from) ++from;
    }
    if (from >= 0) add_at(row, line_of(row, from), from % kLanes, -token.weight);
  }

  /// Makes a row anew.
  ///
  /// counts  [topics] of the row's topics and of those in `more`; set to 0 there
  /// more    topics that may have become the row's, each any number of times
  void set(std::size_t r, std::int32_t* counts, std::span<const std::uint16_t> more);

 private:
  struct Row {
    std::size_t begin = 0;  // line
    std::int32_t size = 0;
  };
  struct Entry {
    std::uint16_t topic;
    std::uint16_t count;
  };

  [[nodiscard]] TopicLine* line_of(const Row& row, std::int32_t i) { return lines_.data() + row.begin + i / kLanes; }

  void add_at(Row& row, TopicLine* line, std::int32_t at, std::int32_t weight) {
    line->counts[at] = static_cast<std::uint16_t>(line->counts[at] + weight);
    if (line->counts[at] == 0) remove(row, line, at);
  }

  // All that stands from `at` on moves up by one, from line to line.
  void insert(Row& row, TopicLine* line, std::int32_t at, Entry entry) {
    TopicLine* const end = lines_.data() + row.begin + row.size / kLanes + 1;
    ++row.size;
    for (; line != end; ++line) {
      const Entry last{line->topics[kLanes - 1], line->counts[kLanes - 1]};
      line->topics = shift_up(line->topics, at, entry.topic);
      line->counts = shift_up(line->counts, at, entry.count);
      entry = last;
      at = 0;
    }
  }

  void remove(Row& row, TopicLine* line, std::int32_t at) {
    TopicLine* const end = lines_.data() + row.begin + (row.size + kLanes - 1) / kLanes;
    --row.size;
    for (; line != end; ++line) {
      const bool more = line + 1 != end;
      line->topics = shift_down(line->topics, at, more ? line[1].topics[0] : filler_);
      line->counts = shift_down(line->counts, at, more ? line[1].counts[0] : std::uint16_t{0});
      at = 0;
    }
  }

  std::uint16_t filler_ = 0;
  std::vector<Row> rows_;
  std::vector<TopicLine> lines_;
};

/// The number among sparse rows that a negative place of TopicRows stands for.
inline std::size_t sparse_number(std::int32_t place) {
  const std::int32_t number = ~place;
  return static_cast<std::size_t>(number);
}

/// Rows of both kinds: each in the form that is quicker to go through.
class TopicRows {
 public:
  TopicRows() = default;
  /// capacity[r]: most topics that row r can have at a time; dense[r]: its form. A count of a row that is not dense
  /// must not exceed SparseRows::kMostCount.
  TopicRows(std::span<const std::int32_t> capacity, const std::vector<bool>& dense, std::int32_t topics);

  /// Number of the row among the dense ones, or ~(its number among the sparse ones), see sparse_number.
  [[nodiscard]] std::int32_t place(std::size_t r) const noexcept { return place_[r]; }
  [[nodiscard]] DenseRows& dense() noexcept { return dense_; }
  [[nodiscard]] SparseRows& sparse() noexcept { return sparse_; }

  /// Asks for the beginning of a row that will soon be needed; the processor foresees the rest. (g++ 12 takes a call of
  /// this for one that does nothing, and leaves it out.)
  [[gnu::always_inline]] void prefetch(std::size_t r) const noexcept {
    const std::int32_t place = place_[r];
    if (place < 0) {
      __builtin_prefetch(sparse_.row(sparse_number(place)));
    } else {
      __builtin_prefetch(dense_.row(static_cast<std::size_t>(place)));
    }
  }

  void add(std::size_t r, std::uint16_t topic, std::int32_t weight) {
    const std::int32_t place = place_[r];
    if (place >= 0) {
      dense_.row(static_cast<std::size_t>(place))[topic] += weight;
    } else {
      sparse_.add(sparse_number(place), topic, weight);
    }
  }
  /// Appends the row to the result, as its last one.
  void append_to(TopicCounts& out, std::size_t r) const;

 private:
  std::int32_t topics_ = 0;
  std::vector<std::int32_t> place_;
  DenseRows dense_;
  SparseRows sparse_;
};

}  // namespace malmoi::topics
