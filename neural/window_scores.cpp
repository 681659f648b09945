#include "neural/window_scores.h"

#include <algorithm>
#include <array>

#include "corpus/base/parallel.h"
#include "neural/gemm.h"
#include "neural/simd.h"

namespace malmoi::neural {
namespace {

using Buffer = std::vector<Real, BufferAllocator>;

// Windows are scored in pairs, for which minimal filtering needs fewer products than for each by itself: 4 in place of
// 6 for three steps of a window, 3 in place of 4 for two (Winograd 1980; Lavin and Gray, CVPR 2016). Each product is of
// a combination of rows of the text and one of steps of the weights; it is added to one of these sums.
//   first window of a pair = first + both + half,  second = second + both - half
enum Part : std::size_t { kFirst, kSecond, kBoth, kHalf, kParts };

struct Term {
  Part part;
  std::size_t row;             // of the text, from the pair's first one on
  std::size_t other;           // a second row
  Real times;                  // by which that one counts; 0: not at all
  std::size_t step;            // of the weights
  std::array<Real, 3> shares;  // of that step and of those behind it
};

std::vector<Term> terms_of(std::size_t window) {
  constexpr Real kHalfOf = Real{1} / 2;
  std::vector<Term> terms;
  std::size_t s = 0;
  for (; window - s >= 3; s += 3) {
    terms.push_back({kFirst, s, s + 2, -1, s, {1, 0, 0}});
    terms.push_back({kSecond, s + 3, s + 1, -1, s, {0, 0, 1}});
    terms.push_back({kBoth, s + 1, s + 2, 1, s, {kHalfOf, kHalfOf, kHalfOf}});
    terms.push_back({kHalf, s + 2, s + 1, -1, s, {kHalfOf, -kHalfOf, kHalfOf}});
  }
  if (window - s == 2) {
    terms.push_back({kFirst, s, s + 1, -1, s, {1, 0, 0}});
    terms.push_back({kSecond, s + 2, s + 1, -1, s, {0, 1, 0}});
    terms.push_back({kBoth, s + 1, 0, 0, s, {1, 1, 0}});
  } else if (window - s == 1) {
    terms.push_back({kFirst, s, 0, 0, s, {1, 0, 0}});
    terms.push_back({kSecond, s + 1, 0, 0, s, {1, 0, 0}});
  }
  return terms;
}

// Terms with their weights, ready to be multiplied with.
struct Filters {
  std::vector<Term> terms;
  std::vector<PackedFactor> weights;
  std::size_t stride = 0;  // between two rows of scores: whole vectors

  Filters(const WindowedTexts& texts, const Real* weight) : terms(terms_of(texts.window)) {
    const std::size_t size = texts.channels * texts.filters;
    Buffer combined(size);
    for (const Term& term : terms) {
      std::fill(combined.begin(), combined.end(), Real{0});
      for (std::size_t i = 0; i < term.shares.size(); ++i) {
        const Real share = term.shares[i];
        if (share == 0) continue;
        const Real* const from = weight + (term.step + i) * size;
        for (std::size_t j = 0; j < size; ++j) combined[j] += share * from[j];
      }
      weights.emplace_back(Factor{combined.data(), signed_size(texts.filters)}, signed_size(texts.channels),
                           signed_size(texts.filters), PackedFactor::Columns::whole_vectors);
      stride = static_cast<std::size_t>(weights.back().n());
    }
  }
};

// to = a + times · b
void combine(const Real* a, Real times, const Real* b, std::size_t n, Real* to) {
  const VectorReal factor = broadcast(times);
  std::size_t c = 0;
  for (; c + kLanes <= n; c += kLanes) store(to + c, load(a + c) + factor * load(b + c));
  for (; c < n; ++c) to[c] = a[c] + times * b[c];
}

// Scores of the windows of some texts, in pairs.
class PairScores {
 public:
  PairScores(const WindowedTexts& texts, const Filters& filters, const Real* x, const Chunk& chunk)
      : texts_(texts), filters_(filters), x_(x), chunk_(chunk) {
    for (std::size_t text = chunk.begin; text < chunk.end; ++text) pairs_ += pairs(text);
    sums_.resize(kParts * pairs_ * filters.stride);
    leaders_.resize(filters.stride / kLanes);
    multiply();
  }

  [[nodiscard]] std::size_t pairs(std::size_t text) const { return (texts_.windows(text) + 1) / 2; }

  // The greatest score of every filter and its window, the first of equal ones. first: pairs of the texts before
  void find_best(std::size_t text, std::size_t first, Real* best, std::int32_t* best_window) {
    const std::size_t windows = texts_.windows(text);
    for (std::size_t v = 0; v < leaders_.size(); ++v) {
      leaders_[v].score = first_window(first, v * kLanes);
      leaders_[v].window = VectorIndex{};
    }
    for (std::size_t w = 1; w < windows; ++w) {  // row by row, as they lie in memory
      for (std::size_t v = 0; v < leaders_.size(); ++v) {
        Leader& leader = leaders_[v];
        const std::size_t pair = first + w / 2;
        const VectorReal score = w % 2 == 0 ? first_window(pair, v * kLanes) : second_window(pair, v * kLanes);
        leader.window = score > leader.score ? VectorIndex{} + static_cast<std::int32_t>(w) : leader.window;
        leader.score = score > leader.score ? score : leader.score;
      }
    }
    for (std::size_t f = 0; f < texts_.filters; ++f) {
      best[f] = leaders_[f / kLanes].score[f % kLanes];
      best_window[f] = static_cast<std::int32_t>(leaders_[f / kLanes].window[f % kLanes]);
    }
  }

 private:
  void multiply() {
    const std::size_t part = pairs_ * filters_.stride;
    std::array<bool, kParts> begun = {};
    Buffer rows(pairs_ * texts_.channels);
    for (std::size_t t = 0; t < filters_.terms.size(); ++t) {
      const Term& term = filters_.terms[t];
      combine_rows(term, rows.data());
      gemm(signed_size(pairs_), {rows.data(), signed_size(texts_.channels)}, filters_.weights[t],
           {sums_.data() + term.part * part, signed_size(filters_.stride), begun[term.part] ? Real{1} : Real{0}});
      begun[term.part] = true;
    }
    for (std::size_t p = 0; p < kParts; ++p) {
      if (!begun[p]) std::fill_n(sums_.data() + p * part, part, Real{0});
    }
  }

  // One row a pair; what lies behind a text is 0.
  void combine_rows(const Term& term, Real* to) const {
    const std::size_t n = texts_.channels;
    for (std::size_t text = chunk_.begin; text < chunk_.end; ++text) {
      const std::size_t length = texts_.length(text);
      for (std::size_t pair = 0; pair < pairs(text); ++pair, to += n) {
        const std::size_t row = 2 * pair + term.row;
        const std::size_t other = 2 * pair + term.other;
        const Real* const a = x_ + texts_.place(text, row);
        const Real* const b = x_ + texts_.place(text, other);
        const bool has_other = term.times != 0 && other < length;
        if (row < length && has_other) {
          combine(a, term.times, b, n, to);
        } else if (has_other) {
          for (std::size_t c = 0; c < n; ++c) to[c] = term.times * b[c];
        } else if (row < length) {
          std::copy_n(a, n, to);
        } else {
          std::fill_n(to, n, Real{0});
        }
      }
    }
  }

  [[nodiscard]] VectorReal sum(Part part, std::size_t pair, std::size_t filter) const {
    return load(sums_.data() + (part * pairs_ + pair) * filters_.stride + filter);
  }
  [[nodiscard]] VectorReal first_window(std::size_t pair, std::size_t filter) const {
    return sum(kFirst, pair, filter) + (sum(kBoth, pair, filter) + sum(kHalf, pair, filter));
  }
  [[nodiscard]] VectorReal second_window(std::size_t pair, std::size_t filter) const {
    return sum(kSecond, pair, filter) + (sum(kBoth, pair, filter) - sum(kHalf, pair, filter));
  }

  struct Leader {
    VectorReal score;
    VectorIndex window;
  };

  const WindowedTexts& texts_;
  const Filters& filters_;
  const Real* x_;
  Chunk chunk_;
  std::size_t pairs_ = 0;
  Buffer sums_;                  // [parts × pairs × stride]
  std::vector<Leader> leaders_;  // of a text, by filter
};

}  // namespace

void find_winners(const WindowedTexts& texts, const Real* x, const Real* weight, const Real* bias, const Winners& to,
                  const RunContext& context) {
  const Filters filters(texts, weight);
  const std::size_t grain = 4;  // texts: their products read the weights where the ones before left them
  parallel_for(texts.batch, grain, context, [&](const Chunk& chunk) {
    PairScores scores(texts, filters, x, chunk);
    std::size_t first = 0;
    for (std::size_t text = chunk.begin; text < chunk.end; first += scores.pairs(text), ++text) {
      Real* const best = to.scores + text * texts.filters;
      scores.find_best(text, first, best, to.windows + text * texts.filters);
      for (std::size_t f = 0; f < texts.filters; ++f) best[f] += bias[f];
    }
  });
}

}  // namespace malmoi::neural
