#include "topics/gibbs_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"
#include "topics/block_sampler.h"

namespace malmoi::topics {
namespace {

using Index = Eigen::Index;
using vectorize::SparseMatrix;

constexpr std::size_t kPartItems = 30000;      // twice as many still have numbers of 16 bits
constexpr std::int32_t kMostWeight = 16 * 64;  // units: ln of any corpus' size is less than 16
constexpr std::int32_t kDenseTopics = 128;     // up to here all rows are dense
constexpr std::int64_t kCubeShare = 160'000;   // above, those of more tokens than topics³ / 160,000, by measurement

std::int32_t token_count(const SparseMatrix& counts, Index entry) {
  return static_cast<std::int32_t>(counts.valuePtr()[entry]);
}

std::vector<std::int32_t> row_lengths(const SparseMatrix& counts) {
  std::vector<std::int32_t> lengths(static_cast<std::size_t>(counts.rows()));
  for (Index row = 0; row < counts.rows(); ++row) {
    for (Index i = counts.outerIndexPtr()[row]; i < counts.outerIndexPtr()[row + 1]; ++i) {
      lengths[static_cast<std::size_t>(row)] += token_count(counts, i);
    }
  }
  return lengths;
}

std::vector<std::int64_t> column_sums(const SparseMatrix& counts) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(counts.cols()));
  for (Index i = 0; i < counts.nonZeros(); ++i) {
    sums[static_cast<std::size_t>(counts.innerIndexPtr()[i])] += token_count(counts, i);
  }
  return sums;
}

// Whether a row of so many tokens is gone through topic by topic: longer ones have too many topics to look them up one
// by one, and only 16 bits for each of them otherwise.
bool worth_dense(std::int64_t tokens, std::int64_t most_units, std::int32_t topics) {
  const std::int64_t many = std::int64_t{topics} * topics * topics / kCubeShare;
  return topics <= kDenseTopics || tokens > many || most_units > SparseRows::kMostCount;
}

// Joins what `append(row, out)` adds of many rows.
TopicCounts collect(std::size_t rows, const RunContext& context,
                    const std::function<void(std::size_t row, TopicCounts& out)>& append) {
  constexpr std::size_t kGrain = 1024;
  std::vector<TopicCounts> parts(chunk_count(rows, kGrain));
  parallel_for(rows, kGrain, context, [&](const Chunk& chunk) {
    for (std::size_t row = chunk.begin; row < chunk.end; ++row) append(row, parts[chunk.index]);
  });
  TopicCounts all;
  all.offsets.reserve(rows + 1);
  for (const TopicCounts& part : parts) {
    const std::size_t base = all.topics.size();
    for (std::size_t i = 1; i < part.offsets.size(); ++i) all.offsets.push_back(base + part.offsets[i]);
    all.topics.insert(all.topics.end(), part.topics.begin(), part.topics.end());
    all.counts.insert(all.counts.end(), part.counts.begin(), part.counts.end());
  }
  return all;
}

}  // namespace

GibbsSampler::GibbsSampler(const vectorize::DocTermMatrix& counts, const LdaOptions& options, const RunContext& context)
    : options_(options), lengths_(row_lengths(counts.values)) {
  const std::vector<std::int64_t> frequencies = column_sums(counts.values);
  offsets_ = {0};
  for (const std::int32_t length : lengths_) offsets_.push_back(offsets_.back() + static_cast<std::size_t>(length));
  tokens_ = static_cast<std::int64_t>(offsets_.back());
  const std::size_t most = std::max(lengths_.size(), frequencies.size());
  parts_ = std::max(options.shards, static_cast<std::int32_t>(chunk_count(most, kPartItems)));
  cut_documents();
  cut_terms(frequencies);
  parallel_for(shards_.size(), 1, context,
               [&](const Chunk& chunk) { fill_shard(shards_[chunk.index], counts.values); });
  set_weights(counts.values, frequencies);
  totals_.assign(static_cast<std::size_t>(options.topics), 0);
  make_rows(frequencies);
}

std::size_t GibbsSampler::memory(const SparseMatrix& counts, const LdaOptions& options) {
  const std::vector<std::int32_t> lengths = row_lengths(counts);
  const std::vector<std::int64_t> frequencies = column_sums(counts);
  const std::int64_t most_weight = options.term_weight == TermWeight::one ? 1 : kMostWeight;
  const auto topics = static_cast<std::size_t>(options.topics);
  std::size_t bytes = 0;
  std::size_t tokens = 0;
  std::size_t entries = 0;  // of a sample's documents at most
  const auto add_row = [&](std::int64_t length) {
    const auto most = std::min(static_cast<std::size_t>(length), topics);
    if (worth_dense(length, length * most_weight, options.topics)) {
      bytes += topics * sizeof(std::int32_t);
    } else {
      bytes += (most / kLanes + 1) * sizeof(TopicLine);
    }
    return most;
  };
  for (const std::int32_t length : lengths) {
    entries += add_row(length);
    tokens += static_cast<std::size_t>(length);
  }
  for (const std::int64_t frequency : frequencies) add_row(frequency);
  const auto shards = static_cast<std::size_t>(options.shards);
  bytes += tokens * (sizeof(Token) + sizeof(std::uint16_t)) +
           std::min(tokens, frequencies.size() * shards) * sizeof(TermRun);
  bytes += static_cast<std::size_t>(options.samples) * entries * (sizeof(std::uint16_t) + sizeof(std::int32_t));
  return bytes + static_cast<std::size_t>(counts.nonZeros()) * (sizeof(float) + sizeof(std::int32_t));
}

// Neighbouring documents, equal in tokens + documents.
void GibbsSampler::cut_documents() {
  const auto documents = static_cast<std::int64_t>(lengths_.size());
  const std::int64_t mean = tokens_ / std::max<std::int64_t>(documents, 1) + 1;
  const std::int64_t weight = tokens_ + documents * mean;
  shards_.resize(static_cast<std::size_t>(parts_));
  std::int64_t passed = 0;
  std::size_t document = 0;
  for (std::size_t part = 0; part < shards_.size(); ++part) {
    shards_[part].begin = document;
    const std::int64_t until = weight * static_cast<std::int64_t>(part + 1) / parts_;
    while (document < lengths_.size() && passed < until) passed += lengths_[document++] + mean;
    shards_[part].end = document;
  }
}

// The next most frequent term goes to the part that has least so far.
void GibbsSampler::cut_terms(std::span<const std::int64_t> frequencies) {
  const std::size_t terms = frequencies.size();
  const std::int64_t mean = tokens_ / std::max<std::int64_t>(static_cast<std::int64_t>(terms), 1) + 1;
  std::vector<std::int32_t> order(terms);
  std::iota(order.begin(), order.end(), 0);
  const auto frequency = [&](std::int32_t term) { return frequencies[static_cast<std::size_t>(term)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return frequency(a) > frequency(b); });
  struct Load {
    std::int64_t weight;
    std::size_t part;
    bool operator<(const Load& other) const {  // the lightest on top of the heap
      return weight != other.weight ? weight > other.weight : part > other.part;
    }
  };
  std::vector<Load> loads;
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) loads.push_back({0, part});
  std::make_heap(loads.begin(), loads.end());
  std::vector<std::vector<std::int32_t>> members(static_cast<std::size_t>(parts_));
  for (const std::int32_t term : order) {
    std::pop_heap(loads.begin(), loads.end());
    members[loads.back().part].push_back(term);
    loads.back().weight += frequency(term) + mean;
    std::push_heap(loads.begin(), loads.end());
  }
  place_.resize(terms);
  part_begin_ = {0};
  for (const std::vector<std::int32_t>& part : members) {
    for (const std::int32_t term : part) {
      place_[static_cast<std::size_t>(term)] = static_cast<std::int32_t>(column_.size());
      column_.push_back(term);
    }
    part_begin_.push_back(column_.size());
  }
}

// A counting sort of the shard's tokens by place.
void GibbsSampler::fill_shard(Shard& shard, const SparseMatrix& counts) const {
  std::vector<std::size_t> next(place_.size() + 1);
  const auto entries = [&](const auto& visit) {
    for (std::size_t row = shard.begin; row < shard.end; ++row) {
      const Index end = counts.outerIndexPtr()[row + 1];
      for (Index i = counts.outerIndexPtr()[row]; i < end; ++i) {
        visit(row, static_cast<std::size_t>(place_[static_cast<std::size_t>(counts.innerIndexPtr()[i])]),
              static_cast<std::size_t>(token_count(counts, i)));
      }
    }
  };
  entries([&](std::size_t, std::size_t place, std::size_t count) { next[place + 1] += count; });
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
    shard.run_begin.push_back(shard.runs.size());
    for (std::size_t place = part_begin_[part]; place < part_begin_[part + 1]; ++place) {
      for (std::size_t left = next[place + 1]; left > 0;) {
        const std::size_t run = std::min<std::size_t>(left, 0xFFFF);
        shard.runs.push_back({static_cast<std::uint16_t>(place - part_begin_[part]), static_cast<std::uint16_t>(run)});
        left -= run;
      }
    }
  }
  shard.run_begin.push_back(shard.runs.size());
  shard.runs.shrink_to_fit();
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (const std::size_t place : part_begin_) shard.token_begin.push_back(next[place]);
  shard.tokens.resize(next.back());
  entries([&](std::size_t row, std::size_t place, std::size_t count) {
    const Token token{static_cast<std::uint16_t>(row - shard.begin), kUnassigned};
    std::fill_n(shard.tokens.begin() + static_cast<std::ptrdiff_t>(next[place]), count, token);
    next[place] += count;
  });
}

void GibbsSampler::set_weights(const SparseMatrix& counts, std::span<const std::int64_t> frequencies) {
  const TermWeight weighting = options_.term_weight;
  weights_.kind = weighting;
  unit_ = weights_.unit();
  const auto terms = static_cast<std::size_t>(counts.cols());
  if (weighting != TermWeight::one) weights_.figures.resize(terms);
  if (weighting == TermWeight::idf) {
    std::vector<std::int32_t> documents(terms);
    for (Index i = 0; i < counts.nonZeros(); ++i) ++documents[static_cast<std::size_t>(counts.innerIndexPtr()[i])];
    for (std::size_t place = 0; place < terms; ++place) {
      const std::int32_t df = std::max(1, documents[static_cast<std::size_t>(column_[place])]);
      weights_.figures[place] = std::log(static_cast<double>(counts.rows()) / df);
    }
  }
  if (weighting == TermWeight::pmi) {
    for (std::size_t place = 0; place < terms; ++place) {
      const std::int64_t frequency = frequencies[static_cast<std::size_t>(column_[place])];
      weights_.figures[place] =
          static_cast<double>(tokens_) / static_cast<double>(std::max<std::int64_t>(frequency, 1));
    }
  }
  document_units_.resize(lengths_.size());
  for (Index row = 0; row < counts.rows(); ++row) {
    for (Index i = counts.outerIndexPtr()[row]; i < counts.outerIndexPtr()[row + 1]; ++i) {
      const std::int32_t count = token_count(counts, i);
      const auto place = static_cast<std::size_t>(place_[static_cast<std::size_t>(counts.innerIndexPtr()[i])]);
      document_units_[static_cast<std::size_t>(row)] +=
          static_cast<std::int64_t>(count) * weight(place, static_cast<std::size_t>(row), count);
    }
  }
}

std::int32_t GibbsSampler::weight(std::size_t place, std::size_t document, std::int32_t count) const {
  return weights_.units(place, count, lengths_[document]);
}

TokenWeights GibbsSampler::token_weights() const {
  TokenWeights weights{weights_.kind, std::vector<double>(weights_.figures.size())};
  for (std::size_t place = 0; place < weights_.figures.size(); ++place) {
    weights.figures[static_cast<std::size_t>(column_[place])] = weights_.figures[place];
  }
  return weights;
}

void GibbsSampler::make_rows(std::span<const std::int64_t> frequencies) {
  for (const SeedWord& seed : options_.seed_words) {
    seeded_.push_back(static_cast<std::size_t>(place_[static_cast<std::size_t>(seed.column)]));
  }
  std::sort(seeded_.begin(), seeded_.end());
  seeded_.erase(std::unique(seeded_.begin(), seeded_.end()), seeded_.end());
  std::vector<bool> dense;
  for (std::size_t document = 0; document < lengths_.size(); ++document) {
    dense.push_back(worth_dense(lengths_[document], document_units_[document], options_.topics));
  }
  document_rows_ = TopicRows(lengths_, dense, options_.topics);
  any_sparse_document_ = std::find(dense.begin(), dense.end(), false) != dense.end();
  dense.clear();
  std::vector<std::int32_t> capacity;
  for (std::size_t place = 0; place < column_.size(); ++place) {
    const std::int64_t frequency = frequencies[static_cast<std::size_t>(column_[place])];
    const std::int64_t most_units = frequency * (unit_ == 1 ? 1 : kMostWeight);
    dense.push_back(worth_dense(frequency, most_units, options_.topics) ||
                    std::binary_search(seeded_.begin(), seeded_.end(), place));
    capacity.push_back(static_cast<std::int32_t>(std::min<std::int64_t>(frequency, options_.topics)));
  }
  term_rows_ = TopicRows(capacity, dense, options_.topics);
}

void GibbsSampler::set_priors(const Priors& priors) {
  const std::int32_t topics = options_.topics;
  alpha_ = Eigen::ArrayXf::Zero(filled_topics(topics));
  alpha_sum_ = 0;
  for (std::int32_t k = 0; k < topics; ++k) {
    const double alpha = priors.alpha[static_cast<std::size_t>(k)] * unit_;
    alpha_[k] = static_cast<float>(alpha);
    alpha_sum_ += alpha;
  }
  const double beta = priors.beta * unit_;
  Eigen::ArrayXf row = Eigen::ArrayXf::Zero(filled_topics(topics));
  row.head(topics).setConstant(static_cast<float>(beta));
  term_priors_.assign(seeded_.size() + 1, row);
  prior_sums_.assign(static_cast<std::size_t>(topics), beta * static_cast<double>(place_.size()));
  for (const SeedWord& seed : options_.seed_words) {
    const auto place = static_cast<std::size_t>(place_[static_cast<std::size_t>(seed.column)]);
    const auto at = std::lower_bound(seeded_.begin(), seeded_.end(), place) - seeded_.begin();
    term_priors_[static_cast<std::size_t>(at + 1)][seed.topic] += static_cast<float>(options_.seed_weight * unit_);
    prior_sums_[static_cast<std::size_t>(seed.topic)] += options_.seed_weight * unit_;
  }
}

const float* GibbsSampler::prior_of(std::size_t place) const {
  if (seeded_.empty()) return term_priors_[0].data();
  const auto at = std::lower_bound(seeded_.begin(), seeded_.end(), place);
  if (at == seeded_.end() || *at != place) return term_priors_[0].data();
  return term_priors_[static_cast<std::size_t>(at - seeded_.begin()) + 1].data();
}

double GibbsSampler::sample_round(std::int32_t sweep, std::int32_t round, const RunContext& context) {
  const Rng rng = Rng(options_.seed).split(static_cast<std::uint64_t>(sweep)).split(static_cast<std::uint64_t>(round));
  std::vector<BlockResult> results(shards_.size());
  parallel_for(shards_.size(), 1, context, [&](const Chunk& chunk) {
    const std::size_t part = (chunk.index + static_cast<std::size_t>(round)) % shards_.size();
    results[chunk.index] = BlockSampler(*this, chunk.index, part).sample(rng.split(chunk.index));
  });
  double log_likelihood = 0;
  for (const BlockResult& result : results) {
    log_likelihood += result.log_likelihood;
    for (std::size_t k = 0; k < totals_.size(); ++k) totals_[k] += result.totals_change[k];
  }
  return log_likelihood;
}

// Calls visit(token, its number in the order of assignments) for all tokens of a shard.
template <typename AnyShard, typename Visit>
void GibbsSampler::for_each_token(AnyShard& shard, const Visit& visit) const {
  std::vector<std::size_t> begin(place_.size() + 1);
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
    for (std::size_t run = shard.run_begin[part]; run < shard.run_begin[part + 1]; ++run) {
      begin[part_begin_[part] + shard.runs[run].term + 1] += shard.runs[run].tokens;
    }
  }
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  const auto first = static_cast<std::ptrdiff_t>(shard.begin);
  std::vector<std::size_t> next(offsets_.begin() + first, offsets_.begin() + static_cast<std::ptrdiff_t>(shard.end));
  for (const std::int32_t place : place_) {  // ascending column
    for (std::size_t i = begin[static_cast<std::size_t>(place)]; i < begin[static_cast<std::size_t>(place) + 1]; ++i) {
      visit(shard.tokens[i], next[shard.tokens[i].document]++);
    }
  }
}

void GibbsSampler::assign(std::span<const std::uint16_t> assignments, const RunContext& context) {
  parallel_for(shards_.size(), 1, context, [&](const Chunk& chunk) {
    for_each_token(shards_[chunk.index], [&](Token& token, std::size_t number) { token.topic = assignments[number]; });
  });
  count_all();
}

void GibbsSampler::count_all() {
  for (const Shard& shard : shards_) {
    for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
      for_each_cell(shard, part, [&](std::size_t place, std::span<const Token> tokens) {
        const std::size_t document = shard.begin + tokens.front().document;
        const std::int32_t units = weight(place, document, static_cast<std::int32_t>(tokens.size()));
        for (const Token& token : tokens) {
          if (token.topic == kUnassigned || units == 0) continue;
          document_rows_.add(document, token.topic, units);
          term_rows_.add(place, token.topic, units);
          totals_[token.topic] += units;
        }
      });
    }
  }
}

std::vector<std::uint16_t> GibbsSampler::assignments(const RunContext& context) const {
  std::vector<std::uint16_t> all(static_cast<std::size_t>(tokens_));
  parallel_for(shards_.size(), 1, context, [&](const Chunk& chunk) {
    for_each_token(shards_[chunk.index], [&](const Token& token, std::size_t number) { all[number] = token.topic; });
  });
  return all;
}

TopicCounts GibbsSampler::term_topics(const RunContext& context) const {
  return collect(place_.size(), context, [&](std::size_t column, TopicCounts& out) {
    term_rows_.append_to(out, static_cast<std::size_t>(place_[column]));
  });
}

TopicCounts GibbsSampler::document_topics(const RunContext& context) const {
  return collect(lengths_.size(), context,
                 [&](std::size_t document, TopicCounts& out) { document_rows_.append_to(out, document); });
}

}  // namespace malmoi::topics
