#include "topics/block_sampler.h"

#include <algorithm>
#include <bit>
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

// Which of `vectors` (at most 16) vectors a draw falls into, of which sums[v] are the running sums, in one of the
// lanes.
inline std::int32_t count_passed(const float* sums, std::int32_t vectors, std::int32_t lane, float target) {
  const Floats column = gather(sums + lane, lane_numbers() * kLanes);
  const Floats passable = lane_numbers() < vectors - 1 ? column : broadcast(std::numeric_limits<float>::infinity());
  return count_at_most(passable, target);
}

// Finds the one of `vectors` vectors that a draw falls into, of which sums[v] are the running sums lane by lane.
template <typename Choice>
inline Choice choose(const float* sums, float* scratch, std::int32_t vectors, float target, Floats scan) {
  store(scratch + kScan, scan);
  const std::int32_t lane = std::min(count_at_most(scan, target), kLanes - 1);
  const float rest = target - scratch[kScan + lane - 1];
  if (vectors > kStride && vectors <= kLanes) {  // at once: a loop would end where no processor foresees it
    return {lane, count_passed(sums, vectors, lane, rest), rest};
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

// Σ a b over each of 16 vectors.
inline Floats vector_sums(const float* a, const float* b) {
  Floats sums = {};
  for (std::int32_t v = 0; v < kLanes; ++v) {
    const Floats scan = running_sums(load(a + v * kLanes) * load(b + v * kLanes));
    sums = lane_numbers() == v ? broadcast(scan[kLanes - 1]) : sums;
  }
  return sums;
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
  vector_alpha_inverse_ = Row::Zero(filled / kLanes);
  for (std::int32_t k = 0; k < topics_; ++k) {
    inverse_[k] = inverse_total(k, 0);
    vector_alpha_inverse_[k / kLanes] += alpha_[k] * inverse_[k];
  }
  for (Stream& stream : streams_) {
    stream.q = Row::Zero(filled);
    stream.spread = Eigen::ArrayXi::Zero(filled);
    stream.vector_alpha_q = Row::Zero(filled / kLanes);
    stream.scratch = Row::Zero(kSums + filled + filled / kLanes);
  }
}

inline float BlockSampler::inverse_total(std::int32_t topic, std::int32_t weight) const {
  const auto k = static_cast<std::size_t>(topic);
  return 1.0F / static_cast<float>(static_cast<double>(totals_[k] - weight) + sampler_.prior_sums_[k]);
}

// Flat: calls would cost a draw a tenth of its time where there are few topics.
[[gnu::flatten]] BlockResult BlockSampler::sample(Rng rng) {
  std::size_t busy = 0;
  for (Stream& stream : streams_) busy += begin_run(stream) ? 1 : 0;
  std::array<Chances, kStreams> chances;
  std::array<Drawn, kStreams> drawn;
  while (busy == kStreams) {
    if (apart()) {
      for (std::size_t s = 0; s < kStreams; ++s) sum_up(streams_[s], chances[s]);
      for (std::size_t s = 0; s < kStreams; ++s) drawn[s] = draw(streams_[s], chances[s], random_float(rng));
      for (std::size_t s = 0; s < kStreams; ++s) take(streams_[s], drawn[s]);
    } else {
      for (Stream& stream : streams_) redraw(stream, random_float(rng));
    }
    for (Stream& stream : streams_) {
      if (stream.next == stream.end && !begin_run(stream)) --busy;
    }
  }
  for (Stream& stream : streams_) {  // what is left, where there are not four terms any more
    while (stream.next != stream.end) redraw(stream, random_float(rng));
    end_term(stream);
  }
  for (std::size_t k = 0; k < totals_.size(); ++k) totals_[k] -= sampler_.totals_[k];
  return {log_likelihood_ + std::log(numerator_ / denominator_), std::move(totals_)};
}

// A call, so that the loop that most tokens go through stays small.
[[gnu::flatten, gnu::noinline]] void BlockSampler::redraw(Stream& stream, float random) {
  Chances chances;
  sum_up(stream, chances);
  take(stream, draw(stream, chances, random));
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
  sampler_.document_rows_.prefetch(document_of(stream));
  if (run.tokens > 1) sampler_.document_rows_.prefetch(shard_.begin + stream.next[1].document);
  if (run_ != shard_.run_begin[part_ + 1]) {
    sampler_.term_rows_.prefetch(sampler_.part_begin_[part_] + shard_.runs[run_].term);
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
    store(&stream.vector_alpha_q[first / kLanes], vector_sums(alpha_ + first, q + first));
  }
}

// Most counts of a rare term are 0: only the others are looked at one by one. Its β is the same for all topics.
void BlockSampler::begin_sparse_term(Stream& stream, std::size_t row) {
  const Floats beta = broadcast(stream.prior[0]);
  float* const q = stream.q.data();
  for (std::int32_t k = 0; k < vectors_ * kLanes; k += kLanes) store(q + k, beta * load(&inverse_[k]));
  for (std::int32_t k = 0; k < stream.vector_alpha_q.size(); k += kLanes) {
    store(&stream.vector_alpha_q[k], beta * load(&vector_alpha_inverse_[k]));
  }
  const SparseRows& rows = sampler_.term_rows_.sparse();
  for (std::int32_t i = 0; i < rows.size(row); ++i) {
    const std::int32_t topic = rows.topic(row, i);
    const std::int32_t count = rows.count(row, i);
    const float more = static_cast<float>(count) * inverse_[topic];
    q[topic] += more;
    stream.vector_alpha_q[topic / kLanes] += alpha_[topic] * more;
    stream.spread[topic] = count;
  }
  stream.counts = stream.spread.data();
  stream.sparse_row = static_cast<std::int32_t>(row);
}

void BlockSampler::end_term(Stream& stream) {
  if (stream.sparse_row < 0) return;
  sampler_.term_rows_.sparse().set(static_cast<std::size_t>(stream.sparse_row), stream.spread.data(), stream.gained);
  stream.gained.clear();
  stream.sparse_row = -1;
}

// q(k) without the token at hand, which has that topic.
inline float BlockSampler::q_without(const Stream& stream, std::int32_t topic) const {
  return (static_cast<float>(stream.counts[topic] - stream.weight) + stream.prior[topic]) *
         inverse_total(topic, stream.weight);
}

inline void BlockSampler::sum_up(Stream& stream, Chances& chances) {
  if (stream.weight == 0) return;  // it counts nowhere
  const std::int32_t row = sampler_.document_rows_.place(document_of(stream));
  if (row >= 0) {
    sum_dense(stream, sampler_.document_rows_.dense().row(static_cast<std::size_t>(row)), chances);
  } else {
    sum_sparse(stream, sparse_number(row), chances);
  }
}

// While its chances are summed up, the token is not counted.
inline void BlockSampler::sum_dense(Stream& stream, std::int32_t* counts, Chances& chances) {
  const std::uint16_t old = stream.next->topic;
  const std::int32_t vector = old == kUnassigned ? 0 : old / kLanes * kLanes;
  float* const q = stream.q.data();
  const Floats q_before = load(q + vector);
  const Ints counts_before = load(counts + vector);
  if (old != kUnassigned) {
    const Ints at = lane_numbers() == old % kLanes;
    store(q + vector, at ? broadcast(q_without(stream, old)) : q_before);
    store(counts + vector, counts_before - (at ? Ints{} + stream.weight : Ints{}));
  }
  chances.lines = nullptr;
  chances.sum = sum_row(stream, counts);
  store(q + vector, q_before);
  store(counts + vector, counts_before);
}

// By groups of 16 vectors, each with sums of its own: additions of one need not wait for those of another.
inline Floats BlockSampler::sum_row(Stream& stream, const std::int32_t* counts) const {
  const std::int32_t end = vectors_ * kLanes;
  if (vectors_ <= kLanes) return sum_topics(stream, counts, 0, end);
  float* group_sums = stream.scratch.data() + kSums + end;
  Floats sum = {};
  for (std::int32_t first = 0; first < end; first += kGroup) {
    sum += sum_topics(stream, counts, first, std::min(first + kGroup, end));
    store(group_sums, sum);
    group_sums += kLanes;
  }
  return sum;
}

// Stores the running sums of the chances of the topics from `begin` to `end` and returns the last of them.
inline Floats BlockSampler::sum_topics(Stream& stream, const std::int32_t* counts, std::int32_t begin,
                                       std::int32_t end) const {
  const float* const q = stream.q.data();
  float* const sums = stream.scratch.data() + kSums;
  Floats sum = {};
  for (std::int32_t k = begin; k < end; k += kLanes) {
    store(sums + k, sum += (to_floats(load(counts + k)) + load(alpha_ + k)) * load(q + k));
  }
  return sum;
}

// Either one of the document's topics, by n(d, k) q(k), or one of all, by α(k) q(k): the vectors of the first are
// followed by sums of the second over a vector, 16 at a time.
inline void BlockSampler::sum_sparse(Stream& stream, std::size_t row, Chances& chances) {
  const TopicLine* const lines = sampler_.document_rows_.sparse().row(row);
  const std::int32_t line_count = sampler_.document_rows_.sparse().lines(row);
  float* const sums = stream.scratch.data() + kSums;
  float* const q = stream.q.data();
  const std::uint16_t old = stream.next->topic;
  const float q_old = q[old == kUnassigned ? topics_ : old];
  if (old != kUnassigned) q[old] = q_without(stream, old);
  Floats sum = {};
  std::int32_t from = -1;
  for (std::int32_t line = 0; line < line_count; ++line) {
    const std::uint32_t at = lanes_with(lines[line].topics, old);
    // One line has it, which one no processor foresees: no branch.
    from += (line * kLanes + std::countr_zero(at) + 1) & -static_cast<std::int32_t>(at != 0);
    const Ints topic = widen(lines[line].topics);
    const Ints count = widen(lines[line].counts) - (topic == old ? Ints{} + stream.weight : Ints{});
    sum += to_floats(count) * gather(q, lines[line].topics);
    store(sums + line * kLanes, sum);
  }
  chances = {sum, lines, line_count, from, q_old};
  sum_groups(stream, chances);
}

// Adds α q, vector by vector, to the running sums; the old topic's share as it is without the token at hand.
inline void BlockSampler::sum_groups(Stream& stream, Chances& chances) {
  const std::uint16_t old = stream.next->topic;
  const std::int32_t old_group = old / kGroup * kLanes;
  const float change = old == kUnassigned ? 0 : alpha_[old] * (stream.q[old] - chances.q_old);
  const Floats changes = lane_numbers() == old / kLanes % kLanes ? broadcast(change) : Floats{};
  float* const sums = stream.scratch.data() + kSums + chances.line_count * kLanes;
  for (std::int32_t g = 0; g < stream.vector_alpha_q.size(); g += kLanes) {
    chances.sum += load(&stream.vector_alpha_q[g]) + (g == old_group ? changes : Floats{});
    store(sums + g, chances.sum);
  }
}

inline BlockSampler::Drawn BlockSampler::draw(Stream& stream, const Chances& chances, float random) {
  if (stream.weight == 0) return {};
  if (chances.lines != nullptr) return draw_sparse(stream, chances, random);
  return vectors_ <= kLanes ? draw_of_row(stream, chances, random) : draw_of_long_row(stream, chances, random);
}

inline BlockSampler::Drawn BlockSampler::draw_of_row(Stream& stream, const Chances& chances, float random) const {
  float* const scratch = stream.scratch.data();
  const Floats scan = running_sums(chances.sum);
  const float total = scan[kLanes - 1];
  const auto choice = choose<Choice>(scratch + kSums, scratch, vectors_, random * total, scan);
  return {real_topic(choice.vector * kLanes + choice.lane), total};
}

inline BlockSampler::Drawn BlockSampler::draw_of_long_row(Stream& stream, const Chances& chances, float random) const {
  float* const scratch = stream.scratch.data();
  const float* const group_sums = scratch + kSums + vectors_ * kLanes;
  const std::int32_t groups = (vectors_ + kLanes - 1) / kLanes;
  const Floats scan = running_sums(chances.sum);
  const float total = scan[kLanes - 1];
  const auto group = choose<Choice>(group_sums, scratch, groups, random * total, scan);
  const float before = group.vector == 0 ? 0 : group_sums[(group.vector - 1) * kLanes + group.lane];
  const std::int32_t first = group.vector * kGroup;
  const std::int32_t vectors = std::min(vectors_ - group.vector * kLanes, kLanes);
  const std::int32_t vector = count_passed(scratch + kSums + first, vectors, group.lane, group.rest - before);
  return {real_topic(first + vector * kLanes + group.lane), total};
}

// Rounding may let a draw fall behind the last topic.
inline std::uint16_t BlockSampler::real_topic(std::int32_t topic) const {
  return static_cast<std::uint16_t>(std::min(topic, topics_ - 1));
}

inline BlockSampler::Drawn BlockSampler::draw_sparse(Stream& stream, const Chances& chances, float random) {
  const float* const sums = stream.scratch.data() + kSums;
  const auto& [sum, lines, line_count, from, q_old] = chances;
  const Floats scan = running_sums(sum);
  const float total = scan[kLanes - 1];
  const std::int32_t groups = static_cast<std::int32_t>(stream.vector_alpha_q.size()) / kLanes;
  const auto choice = choose<Choice>(sums, stream.scratch.data(), line_count + groups, random * total, scan);
  // Both are looked up: a guess which one it is would go wrong half of the time, and stop the other terms' draws.
  const float before = choice.vector == 0 ? 0 : sums[(choice.vector - 1) * kLanes + choice.lane];
  const std::uint16_t of_document = lines[std::min(choice.vector, std::max(line_count - 1, 0))].topics[choice.lane];
  const std::uint16_t of_all =
      draw_of_all(stream, {choice.lane, std::max(choice.vector - line_count, 0), choice.rest - before});
  const std::uint16_t old = stream.next->topic;
  if (old != kUnassigned) stream.q[old] = q_old;
  const bool in_document = choice.vector < line_count && of_document != topics_;
  return {in_document ? of_document : of_all, total, from, in_document ? choice.vector * kLanes + choice.lane : -1};
}

inline std::uint16_t BlockSampler::draw_of_all(const Stream& stream, const Choice& group) const {
  const std::int32_t first = group.vector * kGroup + group.lane * kLanes;
  const Floats chances = load(alpha_ + first) * load(&stream.q[first]);
  return real_topic(first + std::min(count_at_most(running_sums(chances), group.rest), kLanes - 1));
}

// Gives the token its new topic and goes on to the next one of the run.
inline void BlockSampler::take(Stream& stream, const Drawn& drawn) {
  Token& token = *stream.next;
  const std::size_t document = document_of(stream);
  if (drawn.topic != token.topic) {
    if (stream.weight != 0) move(stream, drawn);
    token.topic = drawn.topic;
  }
  if (stream.weight != 0) {
    const std::int64_t others = sampler_.document_units_[document] - stream.weight;
    numerator_ *= static_cast<double>(drawn.sum);
    denominator_ *= static_cast<double>(others) + sampler_.alpha_sum_;
    if (++factors_ % kLogEvery == 0) {
      log_likelihood_ += std::log(numerator_ / denominator_);
      numerator_ = denominator_ = 1;
    }
  }
  ++stream.next;
  if (stream.end - stream.next > 1) sampler_.document_rows_.prefetch(shard_.begin + stream.next[1].document);
  if (weighted_by_document_ && stream.next != stream.end && document_of(stream) != document) find_weight(stream);
}

// Counts the token in its new topic.
inline void BlockSampler::move(Stream& stream, const Drawn& drawn) {
  const std::uint16_t old = stream.next->topic;
  if (old != kUnassigned) change(stream, old, -stream.weight);
  change(stream, drawn.topic, stream.weight);
  const std::int32_t row = sampler_.document_rows_.place(document_of(stream));
  if (row < 0) {
    sampler_.document_rows_.sparse().move(sparse_number(row), {stream.weight, drawn.from, drawn.topic, drawn.to});
    return;
  }
  std::int32_t* const counts = sampler_.document_rows_.dense().row(static_cast<std::size_t>(row));
  if (old != kUnassigned) add_to_lane(counts, old, -stream.weight);
  add_to_lane(counts, drawn.topic, stream.weight);
}

// Counts `weight` more units, or fewer where it is negative, of the stream's term in the topic.
inline void BlockSampler::change(Stream& stream, std::uint16_t topic, std::int32_t weight) {
  totals_[topic] += weight;
  if (stream.sparse_row >= 0 && stream.counts[topic] == 0) stream.gained.push_back(topic);
  stream.counts[topic] += weight;
  const float inverse = inverse_total(topic, 0);
  const float q = (static_cast<float>(stream.counts[topic]) + stream.prior[topic]) * inverse;
  if (sampler_.any_sparse_document_) {
    const std::int32_t vector = topic / kLanes;
    vector_alpha_inverse_[vector] += alpha_[topic] * (inverse - inverse_[topic]);
    const float more = alpha_[topic] * (q - stream.q[topic]);
    set_lane(stream.vector_alpha_q.data(), vector, stream.vector_alpha_q[vector] + more);
  }
  inverse_[topic] = inverse;
  set_lane(stream.q.data(), topic, q);
}

}  // namespace malmoi::topics
