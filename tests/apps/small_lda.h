#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "topics/lda.h"

namespace malmoi::apps {

/// Rows of (topic, count) pairs.
inline topics::TopicCounts counts_of(const std::vector<std::vector<std::pair<int, int>>>& rows) {
  topics::TopicCounts counts;
  for (const auto& row : rows) {
    for (const auto& [topic, count] : row) {
      counts.topics.push_back(static_cast<std::uint16_t>(topic));
      counts.counts.push_back(count);
    }
    counts.offsets.push_back(counts.topics.size());
  }
  return counts;
}

inline topics::Lda small_lda() {
  topics::Lda lda;
  lda.options.topics = 2;
  lda.options.samples = 1;
  lda.samples = 1;
  lda.alpha = {0.5, 0.5};
  lda.beta = 0.01;
  return lda;
}

}  // namespace malmoi::apps
