#include "topics/topic_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::topics {
namespace {

void require_alpha(const TopicModel& model) {
  const std::size_t topics = static_cast<std::size_t>(model.topics());
  if (topics == 0 || topics > std::numeric_limits<std::uint16_t>::max() || model.alpha.size() != topics) {
    throw Error(ErrorCode::invalid_argument, concat("topic model: φ has ", topics, " topics and α ", model.alpha.size(),
                                                    ", wanted the same number, 1 to 65535"));
  }
  for (const double alpha : model.alpha) {
    if (std::isfinite(alpha) && static_cast<float>(alpha) > 0.0F) continue;
    throw Error(ErrorCode::invalid_argument, concat("topic model: an α is ", alpha, ", wanted > 0"));
  }
}

}  // namespace

TermRows::TermRows(const TopicModel& model) : model_(model) {
  require_alpha(model);
  for (const double alpha : model.alpha) alpha_sum_ += alpha;
  const auto terms = static_cast<std::size_t>(model.terms());
  const std::size_t cells = terms * topics();
  first_copied_ = cells < padded() ? 0 : (cells - padded()) / topics() + 1;
  const float* const values = model.term_given_topic.data();
  end_.assign(values + first_copied_ * topics(), values + cells);
  end_.resize(end_.size() + padded(), 0.0F);
  ones_.assign(padded(), 1.0F);
}

TopicSampler::TopicSampler(const TermRows& rows, std::int32_t unit)
    : rows_(&rows), counts_(rows.topics()), weights_(rows.padded()), sums_(rows.padded()) {
  for (const double alpha : rows.alpha()) alpha_.push_back(static_cast<float>(alpha * unit));
  clear();
}

void TopicSampler::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  std::copy(alpha_.begin(), alpha_.end(), weights_.begin());
}

float TopicSampler::sum_lanes(const float* row) {
  Floats sum = {};
  for (std::size_t k = 0; k < weights_.size(); k += kLanes) {
    sum += load_unaligned(row + k) * load_unaligned(weights_.data() + k);
    store_unaligned(sums_.data() + k, sum);
  }
  store_unaligned(lanes_ + 1, running_sums(sum));
  return lanes_[kLanes];
}

std::size_t TopicSampler::find(float target) const {
  const auto lane = static_cast<std::size_t>(std::min(count_at_most(load_unaligned(lanes_ + 1), target), kLanes - 1));
  target -= lanes_[lane];
  std::size_t k = lane;
  for (std::size_t next = lane; next + kLanes < sums_.size(); next += kLanes) k += sums_[next] <= target ? kLanes : 0;
  return k;
}

std::uint16_t TopicSampler::draw(TermId term, Rng& rng) {
  row_ = rows_->row(term);
  float sum = sum_lanes(row_);
  if (!(sum > 0.0F)) sum = sum_lanes(row_ = rows_->ones());
  // 24 bits, so that the product stays below the sum.
  const std::size_t k = find(static_cast<float>(rng.bits() >> 40U) * 0x1.0p-24F * sum);
  if (k < counts_.size() && row_[k] * weights_[k] > 0.0F) return static_cast<std::uint16_t>(k);
  // Rounding led to a topic that the term cannot have, once in some million draws: the likeliest one instead.
  std::size_t best = 0;
  for (std::size_t i = 1; i < counts_.size(); ++i) {
    if (row_[i] * weights_[i] > row_[best] * weights_[best]) best = i;
  }
  return static_cast<std::uint16_t>(best);
}

void TopicSampler::add_probabilities(float weight, std::span<float> sums) const {
  const float scale = weight / lanes_[kLanes];
  for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += row_[k] * weights_[k] * scale;
}

double TopicSampler::total(TermId term) {
  return static_cast<double>(sum_lanes(rows_->row(term)));
}

void Chain::restart(const Rng& random) {
  sampler.clear();
  rng = random;
  topics.clear();
}

void read_token(std::span<Chain> chains, const ReadToken& token) {
  for (Chain& chain : chains) chain.topics.push_back(chain.sampler.draw(token.term, chain.rng));
  for (Chain& chain : chains) chain.sampler.add(chain.topics.back(), token.units);
}

void redraw(std::span<Chain> chains, std::size_t i, const ReadToken& token, std::span<float> sums) {
  for (Chain& chain : chains) chain.sampler.remove(chain.topics[i], token.units);
  for (Chain& chain : chains) {
    chain.topics[i] = chain.sampler.draw(token.term, chain.rng);
    if (!sums.empty()) chain.sampler.add_probabilities(static_cast<float>(token.units), sums);
  }
  for (Chain& chain : chains) chain.sampler.add(chain.topics[i], token.units);
}

void require_counts(std::string_view who, const TopicModel& model, const vectorize::DocTermMatrix& counts) {
  if (counts.weighting != vectorize::Weighting::count) {
    throw Error(ErrorCode::invalid_argument, concat(who, ": wanted counts, got a weighted matrix"));
  }
  if (counts.values.cols() != model.terms()) {
    throw Error(ErrorCode::invalid_argument,
                concat(who, ": the documents have ", counts.values.cols(), " terms, the model ", model.terms()));
  }
}

std::vector<TermId> tokens_of(std::string_view who, const vectorize::SparseMatrix& counts, std::size_t row) {
  std::vector<TermId> tokens;
  for (vectorize::SparseMatrix::InnerIterator entry(counts, static_cast<Eigen::Index>(row)); entry; ++entry) {
    const float count = entry.value();
    if (!(count >= 0.0F && count < 0x1.0p31F && count == std::floor(count))) {
      throw Error(ErrorCode::invalid_argument,
                  concat(who, ": row ", row, " counts term ", entry.col(), " ", count, " times"));
    }
    tokens.insert(tokens.end(), static_cast<std::size_t>(count), static_cast<TermId>(entry.col()));
  }
  return tokens;
}

Rng document_rng(std::uint64_t seed, std::span<const TermId> tokens) {
  std::uint64_t hash = tokens.size();
  for (const TermId term : tokens) hash = Rng(hash ^ static_cast<std::uint64_t>(term)).bits();
  return Rng(seed).split(hash);
}

void shuffle(std::span<TermId> tokens, Rng& rng) {
  for (std::size_t i = tokens.size(); i > 1; --i) std::swap(tokens[i - 1], tokens[rng.uniform_index(i)]);
}

}  // namespace malmoi::topics
