#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace malmoi::neural {

/// Scores in order, so that the area under the ROC curve of many resamples of them costs one pass each.
class RankedScores {
 public:
  /// positive   [documents] 0 or 1. Throws invalid_argument: other sizes, a score that is NaN, more than 2^30 documents
  RankedScores(std::span<const float> scores, std::span<const std::uint8_t> positive);

  /// The area when document d stands weights[d] times: the share of the pairs of a positive and a negative document in
  /// which the positive one has the higher score, equal scores counting one half (Mann and Whitney's U). Empty where
  /// there are no positives or no negatives. The sums are whole numbers: exact up to 2^32 documents.
  [[nodiscard]] std::optional<double> area(std::span<const std::uint32_t> weights) const;

 private:
  std::vector<std::uint32_t> ranked_;  // [documents] by ascending score: its number and two marks
};

}  // namespace malmoi::neural
