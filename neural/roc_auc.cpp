#include "neural/roc_auc.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "corpus/base/error.h"

namespace malmoi::neural {
namespace {

constexpr std::uint32_t kPositive = 1U << 31U;
constexpr std::uint32_t kLastOfTies = 1U << 30U;
constexpr std::uint32_t kNumber = kLastOfTies - 1;

}  // namespace

RankedScores::RankedScores(std::span<const float> scores, std::span<const std::uint8_t> positive)
    : ranked_(scores.size()) {
  const bool has_nan = std::any_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); });
  if (scores.size() != positive.size() || scores.size() > kLastOfTies || has_nan) {
    throw Error(ErrorCode::invalid_argument,
                concat("RankedScores: ", scores.size(), " scores", has_nan ? " with NaN" : "", " and ", positive.size(),
                       " marks; wanted as many of both, at most ", kLastOfTies, ", and numbers"));
  }
  std::iota(ranked_.begin(), ranked_.end(), 0U);
  std::sort(ranked_.begin(), ranked_.end(), [scores](std::uint32_t a, std::uint32_t b) {
    return scores[a] != scores[b] ? scores[a] < scores[b] : a < b;
  });
  for (std::size_t i = 0; i < ranked_.size(); ++i) {
    const std::uint32_t document = ranked_[i];
    const bool last = i + 1 == ranked_.size() || scores[ranked_[i + 1]] != scores[document];
    ranked_[i] = document | (positive[document] != 0 ? kPositive : 0U) | (last ? kLastOfTies : 0U);
  }
}

std::optional<double> RankedScores::area(std::span<const std::uint32_t> weights) const {
  std::uint64_t twice_won = 0;
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
  std::uint64_t tied_positives = 0;
  std::uint64_t tied_negatives = 0;
  for (const std::uint32_t entry : ranked_) {
    const std::uint64_t weight = weights[entry & kNumber];
    const bool is_positive = (entry & kPositive) != 0;
    tied_positives += is_positive ? weight : 0;
    tied_negatives += is_positive ? 0 : weight;
    if ((entry & kLastOfTies) == 0) continue;
    twice_won += tied_positives * (2 * negatives + tied_negatives);
    positives += tied_positives;
    negatives += tied_negatives;
    tied_positives = 0;
    tied_negatives = 0;
  }
  if (positives == 0 || negatives == 0) return {};
  return static_cast<double>(twice_won) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

}  // namespace malmoi::neural
