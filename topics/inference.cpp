#include "topics/inference.h"

#include <algorithm>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "topics/topic_sampler.h"

namespace malmoi::topics {
namespace {

constexpr std::size_t kDocumentsPerChunk = 64;

void validate(const InferenceOptions& options) {
  if (options.chains < 1 || options.burn_in < 0 || options.burn_in >= options.sweeps) {
    throw Error(ErrorCode::invalid_argument,
                concat("infer_topics: ", options.chains, " chains of ", options.sweeps, " sweeps with a burn-in of ",
                       options.burn_in, ", wanted ≥ 1 chain and 0 ≤ burn-in < sweeps"));
  }
}

// Tokens that weigh something, with their weights. terms  ascending
std::vector<ReadToken> weighted_tokens(const TokenWeights& weights, std::span<const TermId> terms) {
  std::vector<ReadToken> tokens;
  tokens.reserve(terms.size());
  for (std::size_t begin = 0, end = 0; begin < terms.size(); begin = end) {
    while (end < terms.size() && terms[end] == terms[begin]) ++end;
    const auto term = static_cast<std::size_t>(terms[begin]);
    const std::int32_t units = weights.units(term, std::ssize(terms.subspan(begin, end - begin)), std::ssize(terms));
    if (units > 0) tokens.insert(tokens.end(), end - begin, {terms[begin], units});
  }
  return tokens;
}

// Units of the topics, summed over the chains' sweeps after burn-in. A token counts as its probabilities given
// all others, which vary less than the topic that is drawn by them.
void sample_document(std::span<const ReadToken> tokens, const InferenceOptions& options, std::span<Chain> chains,
                     std::span<double> sums) {
  for (const ReadToken& token : tokens) read_token(chains, token);
  std::fill(sums.begin(), sums.end(), 0.0);
  std::vector<float> sweep_sums(sums.size());
  for (std::int32_t sweep = 0; sweep < options.sweeps; ++sweep) {
    const bool averaged = sweep >= options.burn_in;
    std::fill(sweep_sums.begin(), sweep_sums.end(), 0.0F);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      redraw(chains, i, tokens[i], averaged ? sweep_sums : std::span<float>());
    }
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += static_cast<double>(sweep_sums[k]);
  }
}

void require_weights(const TopicModel& model) {
  const TokenWeights& weights = model.weights;
  if (weights.kind == TermWeight::one || std::cmp_equal(weights.figures.size(), model.terms())) return;
  throw Error(ErrorCode::invalid_argument, concat("infer_topics: the model has weights of ", weights.figures.size(),
                                                  " terms, φ of ", model.terms()));
}

}  // namespace

DenseMatrix infer_topics(const TopicModel& model, const vectorize::DocTermMatrix& counts,
                         const InferenceOptions& options, const RunContext& context) {
  validate(options);
  require_counts("infer_topics", model, counts);
  require_weights(model);
  const TermRows rows(model);
  DenseMatrix shares(counts.values.rows(), model.topics());
  const std::int32_t unit = model.weights.unit();
  const auto samples = static_cast<double>(options.sweeps - options.burn_in) * options.chains * unit;
  parallel_for(static_cast<std::size_t>(shares.rows()), kDocumentsPerChunk, context, [&](const Chunk& chunk) {
    std::vector<Chain> chains(static_cast<std::size_t>(options.chains), Chain(rows, unit));
    std::vector<double> sums(rows.topics());
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      throw_if_stopped(context);
      const std::vector<TermId> terms = tokens_of("infer_topics", counts.values, r);
      const std::vector<ReadToken> tokens = weighted_tokens(model.weights, terms);
      const Rng rng = document_rng(options.seed, terms);
      for (std::size_t c = 0; c < chains.size(); ++c) chains[c].restart(rng.split(c));
      sample_document(tokens, options, chains, sums);
      std::int64_t units = 0;
      for (const ReadToken& token : tokens) units += token.units;
      const double length = static_cast<double>(units) / unit + rows.alpha_sum();
      float* const result = shares.data() + r * rows.topics();
      for (std::size_t k = 0; k < rows.topics(); ++k) {
        result[k] = static_cast<float>((sums[k] / samples + rows.alpha()[k]) / length);
      }
    }
  });
  return shares;
}

std::vector<std::uint16_t> token_topics(const TopicModel& model, std::span<const float> shares,
                                        std::span<const TermId> terms) {
  if (static_cast<Eigen::Index>(shares.size()) != model.topics() || shares.empty()) {
    throw Error(ErrorCode::invalid_argument,
                concat("token_topics: ", shares.size(), " shares for ", model.topics(), " topics"));
  }
  std::vector<std::uint16_t> topics;
  topics.reserve(terms.size());
  for (const TermId term : terms) {
    if (term < 0 || term >= model.terms()) {
      throw Error(ErrorCode::invalid_argument, concat("token_topics: term ", term, " of ", model.terms()));
    }
    const float* const row = model.term_given_topic.data() + static_cast<std::size_t>(term) * shares.size();
    std::size_t best = 0;
    for (std::size_t k = 1; k < shares.size(); ++k) {
      if (row[k] * shares[k] > row[best] * shares[best]) best = k;
    }
    topics.push_back(static_cast<std::uint16_t>(best));
  }
  return topics;
}

void validate(const DocumentTopics& documents, const TopicModel& model) {
  if (documents.samples.empty() || documents.unit < 1) {
    throw Error(ErrorCode::invalid_argument, concat("topics of documents: ", documents.samples.size(),
                                                    " samples in units of ", documents.unit, ", wanted ≥ 1 of both"));
  }
  for (const TopicCounts& sample : documents.samples) {
    if (sample.rows() != documents.documents()) {
      throw Error(ErrorCode::invalid_argument, concat("topics of documents: samples of ", sample.rows(), " and ",
                                                      documents.documents(), " documents"));
    }
    for (const std::uint16_t topic : sample.topics) {
      if (topic < model.topics()) continue;
      throw Error(ErrorCode::invalid_argument,
                  concat("topics of documents: topic ", topic, " of a model of ", model.topics()));
    }
  }
}

std::vector<float> mean_shares(const DocumentTopics& documents, std::size_t row, std::span<const double> alpha) {
  std::vector<double> sums(alpha.size(), 0.0);
  double alpha_sum = 0.0;
  for (const double a : alpha) alpha_sum += a;
  double constant = 0.0;  // what stands before α(k): Σ over samples of 1 / (n + Σ α)
  for (const TopicCounts& sample : documents.samples) {
    const auto topics = sample.row_topics(row);
    const auto counts = sample.row_counts(row);
    std::int64_t tokens = 0;
    for (const std::int32_t count : counts) tokens += count;
    const double scale = 1.0 / (static_cast<double>(tokens) / documents.unit + alpha_sum);
    for (std::size_t i = 0; i < topics.size(); ++i) sums[topics[i]] += counts[i] * scale / documents.unit;
    constant += scale;
  }
  std::vector<float> shares(alpha.size());
  const auto samples = static_cast<double>(documents.samples.size());
  for (std::size_t k = 0; k < shares.size(); ++k) {
    shares[k] = static_cast<float>((sums[k] + alpha[k] * constant) / samples);
  }
  return shares;
}

}  // namespace malmoi::topics
