#include "topics/held_out.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "topics/topic_sampler.h"

namespace malmoi::topics {
namespace {

constexpr std::size_t kDocumentsPerChunk = 64;
constexpr std::size_t kDocumentsPerBatch = 4096;  // document_completion: shares held at a time

void add_document(HeldOut& sum, double log_likelihood, std::int64_t tokens) {
  sum += tokens > 0 ? HeldOut{log_likelihood, tokens, 1, 0} : HeldOut{0.0, 0, 0, 1};
}

// Σ over documents in a fixed order.
HeldOut sum_documents(std::size_t documents, std::size_t grain, const RunContext& context,
                      const std::function<void(const Chunk&, HeldOut&)>& score) {
  std::vector<HeldOut> parts(chunk_count(documents, grain));
  parallel_for(documents, grain, context, [&](const Chunk& chunk) {
    throw_if_stopped(context);
    score(chunk, parts[chunk.index]);
  });
  HeldOut sum;
  for (const HeldOut& part : parts) sum += part;
  return sum;
}

// log Σ_k φ(w, k) share(k) of a row of counts. Lanes of floats are added in a fixed order, logarithms in double.
void score_row(const TermRows& rows, std::span<const float> padded_shares, const vectorize::SparseMatrix& counts,
               std::size_t row, HeldOut& sum) {
  double log_likelihood = 0.0;
  double tokens = 0.0;
  for (vectorize::SparseMatrix::InnerIterator entry(counts, static_cast<Eigen::Index>(row)); entry; ++entry) {
    if (entry.value() == 0.0F) continue;
    const float* const probability = rows.row(static_cast<TermId>(entry.col()));
    Floats lanes = {};
    for (std::size_t k = 0; k < padded_shares.size(); k += kLanes) {
      lanes += load_unaligned(probability + k) * load_unaligned(padded_shares.data() + k);
    }
    double total = 0.0;
    for (std::int32_t i = 0; i < kLanes; ++i) total += static_cast<double>(lanes[i]);
    log_likelihood += static_cast<double>(entry.value()) * std::log(total);
    tokens += static_cast<double>(entry.value());
  }
  add_document(sum, log_likelihood, static_cast<std::int64_t>(tokens));
}

// The tokens of every document in a random order, cut in two.
struct Halves {
  vectorize::DocTermMatrix observed;
  vectorize::DocTermMatrix held_out;
};

Halves split_tokens(const vectorize::DocTermMatrix& counts, const Chunk& rows, std::uint64_t seed) {
  TokenSequences first;
  TokenSequences second;
  const auto close = [](TokenSequences& half, std::span<const TermId> tokens) {
    half.terms.insert(half.terms.end(), tokens.begin(), tokens.end());
    half.offsets.push_back(half.terms.size());
    half.row_ids.push_back(0);
  };
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    std::vector<TermId> tokens = tokens_of("document_completion", counts.values, r);
    Rng rng = document_rng(seed, tokens);
    shuffle(tokens, rng);
    const std::size_t observed = tokens.size() / 2;
    close(first, std::span(tokens).first(observed));
    close(second, std::span(tokens).subspan(observed));
  }
  const auto terms = static_cast<TermId>(counts.values.cols());
  return {vectorize::count_terms(first, terms), vectorize::count_terms(second, terms)};
}

// Systematic selection: a particle gets as many places as its part of all weights, rounded up or down by `u` in [0, 1).
void select(std::span<Chain> particles, std::span<const double> weights, double u) {
  double total = 0.0;
  for (const double weight : weights) total += weight;
  if (!(total > 0.0)) return;
  std::vector<std::size_t> losers;
  std::vector<std::size_t> copied;  // a winner for each loser
  double sum = 0.0;
  std::size_t places = 0;
  for (std::size_t p = 0; p < particles.size(); ++p) {
    sum += weights[p];
    const bool last = p + 1 == particles.size();
    const auto size = static_cast<double>(particles.size());
    const std::size_t end =
        last ? particles.size()
             : std::min(particles.size(), static_cast<std::size_t>(std::ceil(size * sum / total - u)));
    if (end <= places) losers.push_back(p);
    for (; places + 1 < end; ++places) copied.push_back(p);
    places = std::max(places, end);
  }
  for (std::size_t i = 0; i < losers.size(); ++i) {  // each goes on with random numbers of its own
    particles[losers[i]].sampler = particles[copied[i]].sampler;
    particles[losers[i]].topics = particles[copied[i]].topics;
  }
}

// The particles stand side by side: each is a chain that reads the document.
double score_left_to_right(const TermRows& rows, std::span<const TermId> tokens, const Rng& rng,
                           const LeftToRightOptions& options) {
  std::vector<Chain> particles(static_cast<std::size_t>(options.particles), Chain(rows));
  for (std::size_t p = 0; p < particles.size(); ++p) particles[p].restart(rng.split(p));
  Rng selection = rng.split(particles.size());
  std::vector<double> weights(particles.size());
  double log_likelihood = 0.0;
  std::size_t turn = 0;  // the token whose topic is drawn anew next
  for (std::size_t n = 0; n < tokens.size(); ++n) {
    const std::size_t redraws = std::min(n, static_cast<std::size_t>(options.redraws));
    for (std::size_t i = 0; i < redraws; ++i, ++turn) {
      if (turn >= n) turn = 0;
      redraw(particles, turn, {tokens[turn]});
    }
    double sum = 0.0;
    for (std::size_t p = 0; p < particles.size(); ++p) sum += weights[p] = particles[p].sampler.total(tokens[n]);
    log_likelihood += std::log(sum / (options.particles * (static_cast<double>(n) + rows.alpha_sum())));
    if (options.selection && particles.size() > 1) select(particles, weights, selection.uniform());
    read_token(particles, {tokens[n]});
  }
  return log_likelihood;
}

void require_rows(std::size_t seen, const vectorize::DocTermMatrix& counts) {
  if (static_cast<Eigen::Index>(seen) == counts.values.rows()) return;
  throw Error(ErrorCode::invalid_argument,
              concat("point_log_likelihood: shares of ", seen, " documents, counts of ", counts.values.rows()));
}

}  // namespace

HeldOut& HeldOut::operator+=(const HeldOut& other) {
  log_likelihood += other.log_likelihood;
  tokens += other.tokens;
  documents += other.documents;
  empty_documents += other.empty_documents;
  return *this;
}

HeldOut document_completion(const TopicModel& model, const vectorize::DocTermMatrix& counts,
                            const InferenceOptions& options, const RunContext& context) {
  require_counts("document_completion", model, counts);
  HeldOut sum;
  const auto rows = static_cast<std::size_t>(counts.values.rows());
  for (std::size_t begin = 0; begin < rows; begin += kDocumentsPerBatch) {
    const std::size_t end = std::min(rows, begin + kDocumentsPerBatch);
    const Halves halves = split_tokens(counts, {0, begin, end}, options.seed);
    const DenseMatrix shares = infer_topics(model, halves.observed, options, context);
    sum += point_log_likelihood(model, shares, halves.held_out, context);
  }
  return sum;
}

HeldOut left_to_right(const TopicModel& model, const vectorize::DocTermMatrix& counts,
                      const LeftToRightOptions& options, const RunContext& context) {
  if (options.particles < 1 || options.redraws < 0) {
    throw Error(ErrorCode::invalid_argument, concat("left_to_right: ", options.particles, " particles and ",
                                                    options.redraws, " redraws, wanted ≥ 1 and ≥ 0"));
  }
  require_counts("left_to_right", model, counts);
  const TermRows rows(model);
  const auto score = [&](const Chunk& chunk, HeldOut& sum) {
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      std::vector<TermId> tokens = tokens_of("left_to_right", counts.values, r);
      Rng rng = document_rng(options.seed, tokens);
      shuffle(tokens, rng);
      add_document(sum, score_left_to_right(rows, tokens, rng, options), static_cast<std::int64_t>(tokens.size()));
    }
  };
  return sum_documents(static_cast<std::size_t>(counts.values.rows()), 1, context, score);
}

HeldOut point_log_likelihood(const TopicModel& model, const DenseMatrix& shares, const vectorize::DocTermMatrix& counts,
                             const RunContext& context) {
  require_counts("point_log_likelihood", model, counts);
  require_rows(static_cast<std::size_t>(shares.rows()), counts);
  const TermRows rows(model);
  if (shares.cols() != model.topics()) {
    throw Error(ErrorCode::invalid_argument,
                concat("point_log_likelihood: shares of ", shares.cols(), " topics, a model of ", model.topics()));
  }
  const auto score = [&](const Chunk& chunk, HeldOut& sum) {
    std::vector<float> padded(rows.padded(), 0.0F);
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      std::copy_n(shares.data() + r * rows.topics(), rows.topics(), padded.begin());
      score_row(rows, padded, counts.values, r, sum);
    }
  };
  return sum_documents(static_cast<std::size_t>(shares.rows()), kDocumentsPerChunk, context, score);
}

HeldOut point_log_likelihood(const TopicModel& model, const DocumentTopics& documents,
                             const vectorize::DocTermMatrix& counts, const RunContext& context) {
  require_counts("point_log_likelihood", model, counts);
  validate(documents, model);
  require_rows(documents.documents(), counts);
  const TermRows rows(model);
  const auto score = [&](const Chunk& chunk, HeldOut& sum) {
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      std::vector<float> shares = mean_shares(documents, r, rows.alpha());
      shares.resize(rows.padded(), 0.0F);
      score_row(rows, shares, counts.values, r, sum);
    }
  };
  return sum_documents(documents.documents(), kDocumentsPerChunk, context, score);
}

}  // namespace malmoi::topics
