#include "topics/block_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace malmoi::topics {
namespace {

constexpr std::int32_t kGroup = kLanes * kLanes;  // topics of a group: 16 vectors
constexpr std::int32_t kStride = 8;               // vectors of a step in the search for the one that a draw falls into
constexpr int kLogEvery = 16;                     // so many probabilities are multiplied before a logarithm is taken

// Where the parts of a stream's scratch begin. What lies before the running sums is 0: the sum before lane 0.
constexpr std::int32_t kScan = kLanes;
constexpr std::int32_t kSums = 2 * kLanes;

// Finds the one of `vectors` vectors that a draw falls into, of which sums[v] are the running sums lane by lane.
template <typename Choice>
inline Choice choose(const float* sums, float* scratch, std::int32_t vectors, float target, Floats scan) {
  store(scratch + kScan, scan);
  const std::int32_t lane = std::min(count_at_most(scan, target), kLanes - 1);
  const float rest = target - scratch[kScan + lane - 1];
  if (vectors > kStride && vectors <= kLanes) {  // at once: a loop would end where no processor foresees it
    const Floats column = gather(sums + lane, lane_numbers() * kLanes);
    const Floats passable = lane_numbers() < vectors - 1 ? column : broadcast(std::numeric_limits<float>::infinity());
    return {lane, count_at_most(passable, rest), rest};
  }
  const auto passed = [&](std::int32_t v) { return sums[v * kLanes + lane] <= rest ? 1 : 0; };
  std::int32_t strides = 0;  // first by strides, then one by one
  for (std::int32_t v = kStride - 1; v + 1 < vectors; v += kStride) strides += passed(v);
  std::int32_t vector = strides * kStride;
  const std::int32_t end = std::min(vector + kStride, vectors) - 1;
  for (std::int32_t v = vector; v < end; ++v) vector += passed(v);
  return {lane, vector, rest};
}

// A whole vector is written, so that a load of it need not wait until a single number has reached the cache.
inline void set_lane(float* row, std::int32_t at, float value) {
  float* const vector = row + at / kLanes * kLanes;
  store(vector, lane_numbers() == at % kLanes ? broadcast(value) : load(vector));
}

inline void add_to_lane(std::int32_t* row, std::int32_t at, std::int32_t more) {
  std::int32_t* const vector = row + at / kLanes * kLanes;
  store(vector, load(vector) + (lane_numbers() == at % kLanes ? Ints{} + more : Ints{}));
}

inline float random_float(Rng& rng) {
  return static_cast<float>(rng.bits() >> 40U) * 0x1.0p-24F;
}

// Where a topic's α q is added to: topics of a group in the same lane share a sum.
inline std::int32_t group_lane(std::int32_t topic) {
  return topic / kGroup * kLanes + topic % kLanes;
}

}  // namespace

BlockSampler::BlockSampler(GibbsSampler& sampler, std::size_t shard, std::size_t part)
    : sampler_(sampler),
      shard_(sampler.shards_[shard]),
      part_(part),
      run_(shard_.run_begin[part]),
      run_tokens_(shard_.tokens.data() + shard_.token_begin[part]),
      topics_(sampler.options_.topics),
      vectors_(whole_lanes(topics_) / kLanes),
      weighted_by_document_(sampler.options_.term_weight == TermWeight::pmi),
      alpha_(sampler.alpha_.data()),
      totals_(sampler.totals_) {
  const std::int32_t filled = filled_topics(topics_);
  inverse_ = Row::Zero(filled);
  group_alpha_inverse_ = Row::Zero(filled / kLanes);
  for (std::int32_t k = 0; k < topics_; ++k) {
    inverse_[k] = inverse_total(k, 0);
    group_alpha_inverse_[group_lane(k)] += alpha_[k] * inverse_[k];
  }
  for (Stream& stream : streams_) {
    stream.q = Row::Zero(filled);
    stream.spread = Eigen::ArrayXi::Zero(filled);
    stream.group_alpha_q = Row::Zero(filled / kLanes);
    stream.scratch = Row::Zero(kSums + filled + filled / kLanes);
  }
}

float BlockSampler::inverse_total(std::int32_t topic, std::int32_t weight) const {
  const auto k = static_cast<std::size_t>(topic);
  return 1.0F / static_cast<float>(static_cast<double>(totals_[k] - weight) + sampler_.prior_sums_[k]);
}

BlockResult BlockSampler::sample(Rng rng) {
  std::size_t busy = 0;
  for (Stream& stream : streams_) busy += begin_run(stream) ? 1 : 0;
  std::array<Drawn, kStreams> drawn;
  while (busy == kStreams) {
    if (apart()) {
      for (std::size_t s = 0; s < kStreams; ++s) drawn[s] = draw(streams_[s], random_float(rng));
      for (std::size_t s = 0; s < kStreams; ++s) take(streams_[s], drawn[s]);
    } else {
      for (Stream& stream : streams_) take(stream, draw(stream, random_float(rng)));
    }
    for (Stream& stream : streams_) {
      if (stream.next == stream.end && !begin_run(stream)) --busy;
    }
  }
  for (Stream& stream : streams_) {  // what is left, where there are not four terms any more
    while (stream.next != stream.end) take(stream, draw(stream, random_float(rng)));
    end_term(stream);
  }
  for (std::size_t k = 0; k < totals_.size(); ++k) totals_[k] -= sampler_.totals_[k];
  return {log_likelihood_ + std::log(product_), std::move(totals_)};
}

bool BlockSampler::apart() const {
  for (std::size_t a = 1; a < kStreams; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (streams_[a].next->document == streams_[b].next->document) return false;
    }
  }
  return true;
}

// Gives the stream the next run of tokens; false when there is none.
bool BlockSampler::begin_run(Stream& stream) {
  end_term(stream);
  stream.next = stream.end = nullptr;
  if (run_ == shard_.run_begin[part_ + 1]) return false;
  const GibbsSampler::TermRun& run = shard_.runs[run_++];
  stream.next = run_tokens_;
  stream.end = run_tokens_ += run.tokens;
  prefetch_row(document_of(stream));
  if (run.tokens > 1) prefetch_row(shard_.begin + stream.next[1].document);
  if (run_ != shard_.run_begin[part_ + 1]) {
    const std::int32_t row = sampler_.term_rows_.place(sampler_.part_begin_[part_] + shard_.runs[run_].term);
    if (row < 0) sampler_.term_rows_.sparse().prefetch(sparse_number(row));
  }
  begin_term(stream, sampler_.part_begin_[part_] + run.term);
  find_weight(stream);
  return true;
}

void BlockSampler::find_weight(Stream& stream) {
  std::int32_t count = 1;
  if (weighted_by_document_) {
    while (stream.next + count != stream.end && stream.next[count].document == stream.next->document) ++count;
  }
  stream.weight = sampler_.weight(stream.place, document_of(stream), count);
}

void BlockSampler::begin_term(Stream& stream, std::size_t place) {
  stream.place = place;
  stream.prior = sampler_.prior_of(place);
  const std::int32_t row = sampler_.term_rows_.place(place);
  if (row < 0) return begin_sparse_term(stream, sparse_number(row));
  stream.counts = sampler_.term_rows_.dense().row(static_cast<std::size_t>(row));
  float* const q = stream.q.data();
  for (std::int32_t k = 0; k < vectors_ * kLanes; k += kLanes) {
    store(q + k, (to_floats(load(stream.counts + k)) + load(stream.prior + k)) * load(&inverse_[k]));
  }
  if (!sampler_.any_sparse_document_) return;
  for (std::int32_t first = 0; first < topics_; first += kGroup) {
    const std::int32_t end = std::min(first + kGroup, vectors_ * kLanes);
    Floats sum = {};
    for (std::int32_t k = first; k < end; k += kLanes) sum += load(alpha_ + k) * load(q + k);
    store(&stream.group_alpha_q[first / kLanes], sum);
  }
}

// Most counts of a rare term are 0: only the others are looked at one by one. Its β is the same for all topics.
void BlockSampler::begin_sparse_term(Stream& stream, std::size_t row) {
  const Floats beta = broadcast(stream.prior[0]);
  float* const q = stream.q.data();
  for (std::int32_t k = 0; k < vectors_ * kLanes; k += kLanes) store(q + k, beta * load(&inverse_[k]));
  for (std::int32_t k = 0; k < stream.group_alpha_q.size(); k += kLanes) {
    store(&stream.group_alpha_q[k], beta * load(&group_alpha_inverse_[k]));
  }
  const SparseRows& rows = sampler_.term_rows_.sparse();
  for (std::int32_t i = 0; i < rows.size(row); ++i) {
    const std::int32_t topic = rows.topic(row, i);
    const std::int32_t count = rows.count(row, i);
    const float more = static_cast<float>(count) * inverse_[topic];
    q[topic] += more;
    stream.group_alpha_q[group_lane(topic)] += alpha_[topic] * more;
    stream.spread[topic] = count;
  }
  stream.counts = stream.spread.data();
  stream.sparse_row = static_cast<std::int32_t>(row);
}

void BlockSampler::end_term(Stream& stream) {
  if (stream.sparse_row < 0) return;
  const SparseRows& rows = sampler_.term_rows_.sparse();
  const auto row = static_cast<std::size_t>(stream.sparse_row);
  for (std::int32_t i = 0; i < rows.size(row); ++i) stream.spread[rows.topic(row, i)] = 0;
  stream.sparse_row = -1;
}

// q(k) without the token at hand, which has that topic.
inline float BlockSampler::q_without(const Stream& stream, std::int32_t topic) const {
  return (static_cast<float>(stream.counts[topic] - stream.weight) + stream.prior[topic]) *
         inverse_total(topic, stream.weight);
}

inline BlockSampler::Drawn BlockSampler::draw(Stream& stream, float random) {
  if (stream.weight == 0) return {};  // it counts nowhere
  const std::int32_t row = sampler_.document_rows_.place(document_of(stream));
  return row >= 0 ? draw_dense(stream, sampler_.document_rows_.dense().row(static_cast<std::size_t>(row)), random)
                  : draw_sparse(stream, sparse_number(row), random);
}

inline BlockSampler::Drawn BlockSampler::draw_dense(Stream& stream, const std::int32_t* counts, float random) {
  const float* const q = stream.q.data();
  float* const sums = stream.scratch.data() + kSums;
  const std::uint16_t old = stream.next->topic;
  float own = 0;
  if (old != kUnassigned) {
    own = (static_cast<float>(counts[old] - stream.weight) + alpha_[old]) * q_without(stream, old);
  }
  Floats sum = {};
  const auto chances = [&](std::int32_t k) { return (to_floats(load(counts + k)) + load(alpha_ + k)) * load(q + k); };
  const auto add = [&](std::int32_t begin, std::int32_t end) {
    for (std::int32_t k = begin; k < end; k += kLanes) store(sums + k, sum += chances(k));
  };
  const std::int32_t end = vectors_ * kLanes;
  const std::int32_t vector_of_old = old == kUnassigned ? end : old / kLanes * kLanes;
  add(0, vector_of_old);
  if (vector_of_old < end) {
    sum += lane_numbers() == old % kLanes ? broadcast(own) : chances(vector_of_old);
    store(sums + vector_of_old, sum);
    add(vector_of_old + kLanes, end);
  }
  const Floats scan = running_sums(sum);
  const float total = scan[kLanes - 1];
  const auto choice = choose<Choice>(sums, stream.scratch.data(), vectors_, random * total, scan);
  return {real_topic(choice.vector * kLanes + choice.lane), total};
}

// Rounding may let a draw fall behind the last topic of its lane.
inline std::uint16_t BlockSampler::real_topic(std::int32_t topic) const {
  while (topic >= topics_) topic -= topic >= kLanes ? kLanes : 1;
  return static_cast<std::uint16_t>(topic);
}

// Either one of the document's topics, by n(d, k) q(k), or one of all, by α(k) q(k): the vectors of the first are
// followed by the sums of groups of the second.
inline BlockSampler::Drawn BlockSampler::draw_sparse(Stream& stream, std::size_t row, float random) {
  const TopicLine* const lines = sampler_.document_rows_.sparse().row(row);
  const std::int32_t line_count = sampler_.document_rows_.sparse().lines(row);
  float* const sums = stream.scratch.data() + kSums;
  float* const q = stream.q.data();
  const std::uint16_t old = stream.next->topic;
  const float q_old = q[old == kUnassigned ? topics_ : old];
  if (old != kUnassigned) q[old] = q_without(stream, old);
  Floats sum = {};
  for (std::int32_t line = 0; line < line_count; ++line) {
    const Ints topic = widen(lines[line].topics);
    const Ints count = widen(lines[line].counts) - (topic == old ? Ints{} + stream.weight : Ints{});
    sum += to_floats(count) * gather(q, topic);
    store(sums + line * kLanes, sum);
  }
  sum = sum_groups(stream, {old, q_old, sum}, sums + line_count * kLanes);
  const Floats scan = running_sums(sum);
  const float total = scan[kLanes - 1];
  const std::int32_t groups = static_cast<std::int32_t>(stream.group_alpha_q.size()) / kLanes;
  const auto choice = choose<Choice>(sums, stream.scratch.data(), line_count + groups, random * total, scan);
  // Both are looked up: a guess which one it is would go wrong half of the time, and stop the other terms' draws.
  const float before = choice.vector == 0 ? 0 : sums[(choice.vector - 1) * kLanes + choice.lane];
  const std::uint16_t of_document = lines[std::min(choice.vector, std::max(line_count - 1, 0))].topics[choice.lane];
  const std::uint16_t of_all =
      draw_of_all(stream, {choice.lane, std::max(choice.vector - line_count, 0), choice.rest - before});
  if (old != kUnassigned) q[old] = q_old;
  const bool in_document = choice.vector < line_count && of_document != topics_;
  return {in_document ? of_document : of_all, total};
}

// Adds α q, group by group, to the running sums; the old topic's share as it is without the token at hand.
inline Floats BlockSampler::sum_groups(Stream& stream, const Removed& removed, float* sums) {
  const std::int32_t old_group = removed.topic / kGroup * kLanes;
  const float change = removed.topic == kUnassigned ? 0 : alpha_[removed.topic] * (stream.q[removed.topic] - removed.q);
  const Floats changes = lane_numbers() == removed.topic % kLanes ? broadcast(change) : Floats{};
  Floats sum = removed.sum;
  for (std::int32_t g = 0; g < stream.group_alpha_q.size(); g += kLanes) {
    sum += load(&stream.group_alpha_q[g]) + (g == old_group ? changes : Floats{});
    store(sums + g, sum);
  }
  return sum;
}

inline std::uint16_t BlockSampler::draw_of_all(const Stream& stream, const Choice& group) const {
  const std::int32_t first = group.vector * kGroup + group.lane;
  const Ints column = lane_numbers() * kLanes;
  const Floats chances = gather(alpha_ + first, column) * gather(&stream.q[first], column);
  const std::int32_t in_group = std::min(count_at_most(running_sums(chances), group.rest), kLanes - 1);
  return real_topic(first + in_group * kLanes);
}

inline void BlockSampler::prefetch_row(std::size_t document) const {
  const std::int32_t row = sampler_.document_rows_.place(document);
  if (row < 0) sampler_.document_rows_.sparse().prefetch(sparse_number(row));
}

// Gives the token its new topic and goes on to the next one of the run.
inline void BlockSampler::take(Stream& stream, const Drawn& drawn) {
  Token& token = *stream.next;
  const std::size_t document = document_of(stream);
  if (drawn.topic != token.topic) {
    if (token.topic != kUnassigned) change(stream, document, token.topic, -stream.weight);
    change(stream, document, drawn.topic, stream.weight);
    token.topic = drawn.topic;
  }
  if (stream.weight != 0) {
    const std::int64_t others = sampler_.document_units_[document] - stream.weight;
    product_ *= static_cast<double>(drawn.sum) / (static_cast<double>(others) + sampler_.alpha_sum_);
    if (++factors_ % kLogEvery == 0) {
      log_likelihood_ += std::log(product_);
      product_ = 1;
    }
  }
  ++stream.next;
  if (stream.end - stream.next > 1) prefetch_row(shard_.begin + stream.next[1].document);
  if (weighted_by_document_ && stream.next != stream.end && document_of(stream) != document) find_weight(stream);
}

// Counts `weight` more units, or fewer where it is negative, of the stream's term in the document and the topic.
inline void BlockSampler::change(Stream& stream, std::size_t document, std::uint16_t topic, std::int32_t weight) {
  if (weight == 0) return;
  totals_[topic] += weight;
  stream.counts[topic] += weight;
  if (stream.sparse_row >= 0) {
    sampler_.term_rows_.sparse().add(static_cast<std::size_t>(stream.sparse_row), topic, weight);
  }
  const float inverse = inverse_total(topic, 0);
  const float q = (static_cast<float>(stream.counts[topic]) + stream.prior[topic]) * inverse;
  const std::int32_t row = sampler_.document_rows_.place(document);
  if (row >= 0) {
    add_to_lane(sampler_.document_rows_.dense().row(static_cast<std::size_t>(row)), topic, weight);
  } else {
    sampler_.document_rows_.sparse().add(sparse_number(row), topic, weight);
  }
  if (sampler_.any_sparse_document_) {
    const std::int32_t lane = group_lane(topic);
    group_alpha_inverse_[lane] += alpha_[topic] * (inverse - inverse_[topic]);
    set_lane(stream.group_alpha_q.data(), lane, stream.group_alpha_q[lane] + alpha_[topic] * (q - stream.q[topic]));
  }
  inverse_[topic] = inverse;
  set_lane(stream.q.data(), topic, q);
}

}  // namespace malmoi::topics
