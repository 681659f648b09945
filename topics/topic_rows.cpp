#include "topics/topic_rows.h"

#include <algorithm>

namespace malmoi::topics {

SparseRows::SparseRows(std::span<const std::int32_t> capacity, std::int32_t topics)
    : filler_(static_cast<std::uint16_t>(topics)), rows_(capacity.size()) {
  std::size_t lines = 0;
  for (std::size_t r = 0; r < capacity.size(); ++r) {
    rows_[r].begin = lines;
    lines += static_cast<std::size_t>(std::max(whole_lanes(std::min(capacity[r], topics) + 1) / kLanes, 1));
  }
  lines_.assign(lines, {Shorts{} + filler_, Shorts{}});
}

void SparseRows::set(std::size_t r, std::int32_t* counts, std::span<const std::uint16_t> more) {
  Row& row = rows_[r];
  TopicLine* const lines = lines_.data() + row.begin;
  const auto put = [lines](std::int32_t i, Entry entry) {
    lines[i / kLanes].topics[i % kLanes] = entry.topic;
    lines[i / kLanes].counts[i % kLanes] = entry.count;
  };
  std::int32_t kept = 0;
  for (std::int32_t i = 0; i < row.size; ++i) {
    const std::uint16_t topic = lines[i / kLanes].topics[i % kLanes];
    put(kept, {topic, static_cast<std::uint16_t>(counts[topic])});
    kept += counts[topic] != 0 ? 1 : 0;
    counts[topic] = 0;
  }
  for (std::int32_t i = kept; i < row.size; ++i) put(i, {filler_, 0});
  row.size = kept;
  for (const std::uint16_t topic : more) {
    if (counts[topic] != 0) add(r, topic, counts[topic]);
    counts[topic] = 0;
  }
}

TopicRows::TopicRows(std::span<const std::int32_t> capacity, const std::vector<bool>& dense, std::int32_t topics)
    : topics_(topics) {
  std::size_t dense_count = 0;
  std::vector<std::int32_t> sparse_capacity;
  for (std::size_t r = 0; r < capacity.size(); ++r) {
    if (dense[r]) {
      place_.push_back(static_cast<std::int32_t>(dense_count++));
    } else {
      place_.push_back(~static_cast<std::int32_t>(sparse_capacity.size()));
      sparse_capacity.push_back(capacity[r]);
    }
  }
  dense_ = DenseRows(dense_count, topics);
  sparse_ = SparseRows(sparse_capacity, topics);
}

void TopicRows::append_to(TopicCounts& out, std::size_t r) const {
  const auto append = [&out](std::int32_t topic, std::int32_t count) {
    if (count == 0) return;
    out.topics.push_back(static_cast<std::uint16_t>(topic));
    out.counts.push_back(count);
  };
  if (place_[r] >= 0) {
    const std::int32_t* const counts = dense_.row(static_cast<std::size_t>(place_[r]));
    for (std::int32_t k = 0; k < topics_; ++k) append(k, counts[k]);
  } else {
    const auto sparse = sparse_number(place_[r]);
    for (std::int32_t i = 0; i < sparse_.size(sparse); ++i) append(sparse_.topic(sparse, i), sparse_.count(sparse, i));
  }
  out.offsets.push_back(out.topics.size());
}

}  // namespace malmoi::topics
