#include "vectorize/association.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::vectorize {
namespace {

constexpr std::size_t kRowsPerChunk = 8192;

bool empty(const Contingency& counts) {
  return counts.x == 0 || counts.y == 0 || counts.total == 0;
}

double expected(const Contingency& counts) {
  return static_cast<double>(counts.x) * static_cast<double>(counts.y) / static_cast<double>(counts.total);
}

// The four cells: both, x alone, y alone, neither.
std::array<double, 4> cells(const Contingency& counts) {
  const auto joint = static_cast<double>(counts.joint);
  const auto x = static_cast<double>(counts.x);
  const auto y = static_cast<double>(counts.y);
  return {joint, x - joint, y - joint, static_cast<double>(counts.total) - x - y + joint};
}

// A pair of terms as one number, so that sorting orders by first, then second.
std::uint64_t pair_key(TermId first, TermId second) {
  return static_cast<std::uint64_t>(first) << 32U | static_cast<std::uint32_t>(second);
}
TermId first_of(std::uint64_t key) {
  return static_cast<TermId>(key >> 32U);
}
TermId second_of(std::uint64_t key) {
  return static_cast<TermId>(key & 0xFFFFFFFFU);
}

struct PairCount {
  std::uint64_t key;
  std::int64_t count;
};

// Calls visit(first, second) for all pairs of the document within the window.
template <typename Visit>
void for_each_pair(std::span<const TermId> row, int window, const Visit& visit) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t end = std::min(row.size(), i + static_cast<std::size_t>(window));
    for (std::size_t j = i + 1; j < end; ++j) visit(row[i], row[j]);
  }
}

// How many pairs begin or end with each term: bounds on how often any pair with it can occur.
struct Marginals {
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> second;
  std::int64_t total = 0;
};

Marginals count_marginals(const TokenSequences& tokens, int window) {
  const auto [smallest, largest] = std::minmax_element(tokens.terms.begin(), tokens.terms.end());
  if (smallest != tokens.terms.end() && *smallest < 0) {
    throw Error(ErrorCode::invalid_argument, concat("collocations: term ", *smallest, ", wanted numbers from 0"));
  }
  const std::size_t terms = tokens.terms.empty() ? 0 : static_cast<std::size_t>(*largest) + 1;
  Marginals marginals{std::vector<std::int64_t>(terms, 0), std::vector<std::int64_t>(terms, 0)};
  for (std::size_t r = 0; r < tokens.rows(); ++r) {
    const std::span<const TermId> row = tokens.row(r);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto reach = static_cast<std::size_t>(window) - 1;
      const auto after = static_cast<std::int64_t>(std::min(reach, row.size() - 1 - i));
      marginals.first[static_cast<std::size_t>(row[i])] += after;
      marginals.second[static_cast<std::size_t>(row[i])] += static_cast<std::int64_t>(std::min(reach, i));
      marginals.total += after;
    }
  }
  return marginals;
}

std::vector<PairCount> count_pairs(const TokenSequences& tokens, const CollocationOptions& options,
                                   const Marginals& marginals, const Chunk& chunk) {
  std::vector<std::uint64_t> keys;
  for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
    for_each_pair(tokens.row(r), options.window, [&](TermId first, TermId second) {
      if (marginals.first[static_cast<std::size_t>(first)] < options.min_count) return;
      if (marginals.second[static_cast<std::size_t>(second)] < options.min_count) return;
      keys.push_back(pair_key(first, second));
    });
  }
  std::sort(keys.begin(), keys.end());
  std::vector<PairCount> counts;
  for (const std::uint64_t key : keys) {
    if (counts.empty() || counts.back().key != key) counts.push_back({key, 0});
    ++counts.back().count;
  }
  return counts;
}

std::vector<PairCount> merge(const std::vector<PairCount>& a, const std::vector<PairCount>& b) {
  std::vector<PairCount> merged;
  merged.reserve(a.size() + b.size());
  const auto by_key = [](const PairCount& left, const PairCount& right) { return left.key < right.key; };
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(merged), by_key);
  std::size_t size = 0;
  for (const PairCount& pair : merged) {
    if (size > 0 && merged[size - 1].key == pair.key) {
      merged[size - 1].count += pair.count;
    } else {
      merged[size++] = pair;
    }
  }
  merged.resize(size);
  return merged;
}

// Joins neighbouring parts two by two until one is left.
std::vector<PairCount> merge_all(std::vector<std::vector<PairCount>> parts, const RunContext& context) {
  if (parts.empty()) return {};
  while (parts.size() > 1) {
    std::vector<std::vector<PairCount>> joined((parts.size() + 1) / 2);
    parallel_for(joined.size(), 1, context, [&](const Chunk& chunk) {
      const std::size_t left = chunk.index * 2;
      joined[chunk.index] = left + 1 < parts.size() ? merge(parts[left], parts[left + 1]) : std::move(parts[left]);
    });
    parts = std::move(joined);
  }
  return std::move(parts.front());
}

void require_counts(const DocTermMatrix& matrix, std::string_view function) {
  if (matrix.weighting == Weighting::count) return;
  throw Error(ErrorCode::invalid_argument, concat(function, ": the matrix is weighted, wanted counts"));
}

// Occurrences of each term in the rows whose place in the mask is `side`.
std::vector<std::int64_t> occurrences(const SparseMatrix& counts, const std::vector<bool>& in_target, bool side) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(counts.cols()), 0);
  for (Eigen::Index r = 0; r < counts.rows(); ++r) {
    if (in_target[static_cast<std::size_t>(r)] != side) continue;
    for (SparseMatrix::InnerIterator entry(counts, r); entry; ++entry) {
      sums[static_cast<std::size_t>(entry.col())] += std::llround(entry.value());
    }
  }
  return sums;
}

double log_ratio(std::int64_t target, std::int64_t target_tokens, std::int64_t reference,
                 std::int64_t reference_tokens) {
  const auto rate = [](std::int64_t count, std::int64_t tokens) {
    return (count == 0 ? 0.5 : static_cast<double>(count)) / static_cast<double>(tokens);
  };
  return std::log2(rate(target, target_tokens) / rate(reference, reference_tokens));
}

}  // namespace

double pmi(const Contingency& counts) {
  return empty(counts) ? 0.0 : std::log2(static_cast<double>(counts.joint) / expected(counts));
}

double npmi(const Contingency& counts) {
  if (empty(counts)) return 0.0;
  if (counts.joint == 0) return -1.0;
  if (counts.joint == counts.total) return 1.0;
  return pmi(counts) / -std::log2(static_cast<double>(counts.joint) / static_cast<double>(counts.total));
}

double log_likelihood(const Contingency& counts) {
  if (empty(counts)) return 0.0;
  const auto total = static_cast<double>(counts.total);
  const double x = static_cast<double>(counts.x) / total;
  const double y = static_cast<double>(counts.y) / total;
  const std::array<double, 4> observed = cells(counts);
  const std::array<double, 4> shares = {x * y, x * (1.0 - y), (1.0 - x) * y, (1.0 - x) * (1.0 - y)};
  double sum = 0.0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    if (observed[i] > 0.0) sum += observed[i] * std::log(observed[i] / (shares[i] * total));
  }
  return std::max(0.0, 2.0 * sum);
}

double chi_squared(const Contingency& counts) {
  if (empty(counts) || counts.x == counts.total || counts.y == counts.total) return 0.0;
  const auto [both, x_alone, y_alone, neither] = cells(counts);
  const auto total = static_cast<double>(counts.total);
  const double difference = both * neither - x_alone * y_alone;
  return total * difference * difference /
         ((both + x_alone) * (y_alone + neither) * (both + y_alone) * (x_alone + neither));
}

double t_score(const Contingency& counts) {
  if (empty(counts) || counts.joint == 0) return 0.0;
  const auto joint = static_cast<double>(counts.joint);
  return (joint - expected(counts)) / std::sqrt(joint);
}

double associate(Association measure, const Contingency& counts) {
  switch (measure) {
    case Association::pmi:
      return pmi(counts);
    case Association::npmi:
      return npmi(counts);
    case Association::log_likelihood:
      return log_likelihood(counts);
    case Association::chi_squared:
      return chi_squared(counts);
    case Association::t_score:
      return t_score(counts);
  }
  return 0.0;
}

std::vector<Collocation> collocations(const TokenSequences& tokens, const CollocationOptions& options,
                                      const RunContext& context) {
  if (options.window < 2 || options.min_count < 1) {
    throw Error(ErrorCode::invalid_argument, concat("collocations: window = ", options.window,
                                                    ", min_count = ", options.min_count, ", wanted at least 2 and 1"));
  }
  const Marginals marginals = count_marginals(tokens, options.window);
  std::vector<std::vector<PairCount>> parts(chunk_count(tokens.rows(), kRowsPerChunk));
  parallel_for(tokens.rows(), kRowsPerChunk, context,
               [&](const Chunk& chunk) { parts[chunk.index] = count_pairs(tokens, options, marginals, chunk); });
  const bool two_sided = options.measure == Association::log_likelihood || options.measure == Association::chi_squared;
  std::vector<Collocation> found;
  for (const PairCount& pair : merge_all(std::move(parts), context)) {
    if (pair.count < options.min_count) continue;
    const TermId first = first_of(pair.key);
    const TermId second = second_of(pair.key);
    const Contingency counts{pair.count, marginals.first[static_cast<std::size_t>(first)],
                             marginals.second[static_cast<std::size_t>(second)], marginals.total};
    if (two_sided && static_cast<double>(counts.joint) <= expected(counts)) continue;
    const double score = associate(options.measure, counts);
    if (score >= options.min_score) found.push_back({first, second, counts, score});
  }
  std::sort(found.begin(), found.end(), [](const Collocation& a, const Collocation& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.counts.joint != b.counts.joint) return a.counts.joint > b.counts.joint;
    return pair_key(a.first, a.second) < pair_key(b.first, b.second);
  });
  return found;
}

std::vector<Keyness> keyness(const DocTermMatrix& counts, const std::vector<bool>& in_target) {
  require_counts(counts, "keyness");
  if (in_target.size() != static_cast<std::size_t>(counts.values.rows())) {
    throw Error(ErrorCode::invalid_argument,
                concat("keyness: ", counts.values.rows(), " documents but groups for ", in_target.size()));
  }
  const std::vector<std::int64_t> target = occurrences(counts.values, in_target, true);
  const std::vector<std::int64_t> reference = occurrences(counts.values, in_target, false);
  const std::int64_t target_tokens = std::accumulate(target.begin(), target.end(), std::int64_t{0});
  const std::int64_t reference_tokens = std::accumulate(reference.begin(), reference.end(), std::int64_t{0});
  if (target_tokens == 0 || reference_tokens == 0) {
    throw Error(ErrorCode::invalid_argument,
                concat("keyness: the target has ", target_tokens, " tokens, the reference ", reference_tokens,
                       ", wanted some in both"));
  }
  std::vector<Keyness> result;
  for (std::size_t t = 0; t < target.size(); ++t) {
    if (target[t] + reference[t] == 0) continue;
    const Contingency table{target[t], target_tokens, target[t] + reference[t], target_tokens + reference_tokens};
    const double sign = static_cast<double>(table.joint) < expected(table) ? -1.0 : 1.0;
    result.push_back({static_cast<TermId>(t), target[t], reference[t], sign * log_likelihood(table),
                      sign * chi_squared(table), log_ratio(target[t], target_tokens, reference[t], reference_tokens)});
  }
  std::sort(result.begin(), result.end(), [](const Keyness& a, const Keyness& b) {
    return a.log_likelihood != b.log_likelihood ? a.log_likelihood > b.log_likelihood : a.term < b.term;
  });
  return result;
}

std::vector<Dispersion> dispersion(const DocTermMatrix& counts) {
  require_counts(counts, "dispersion");
  std::vector<Dispersion> result(static_cast<std::size_t>(counts.values.cols()));
  double tokens = 0.0;
  for (Eigen::Index i = 0; i < counts.values.nonZeros(); ++i) {
    const float count = counts.values.valuePtr()[i];
    Dispersion& term = result[static_cast<std::size_t>(counts.values.innerIndexPtr()[i])];
    ++term.documents;
    term.occurrences += std::llround(count);
    tokens += count;
  }
  // Documents without the term add their share of the tokens: 1 less the shares of those that hold it.
  std::vector<double> shares_with(result.size(), 0.0);
  for (Eigen::Index r = 0; r < counts.values.rows(); ++r) {
    double length = 0.0;
    for (SparseMatrix::InnerIterator entry(counts.values, r); entry; ++entry) length += entry.value();
    const double share = length / tokens;
    for (SparseMatrix::InnerIterator entry(counts.values, r); entry; ++entry) {
      const auto t = static_cast<std::size_t>(entry.col());
      result[t].dp += std::abs(entry.value() / static_cast<double>(result[t].occurrences) - share);
      shares_with[t] += share;
    }
  }
  for (std::size_t t = 0; t < result.size(); ++t) {
    if (result[t].documents == 0) continue;
    result[t].document_share = result[t].documents / static_cast<double>(counts.values.rows());
    result[t].dp = std::clamp((result[t].dp + 1.0 - shares_with[t]) / 2.0, 0.0, 1.0);
  }
  return result;
}

}  // namespace malmoi::vectorize
