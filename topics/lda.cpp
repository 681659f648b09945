#include "topics/lda.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"
#include "topics/dirichlet.h"
#include "topics/gibbs_sampler.h"

namespace malmoi::topics {
namespace {

using vectorize::DocTermMatrix;

constexpr std::uint64_t kFirstTopics = ~std::uint64_t{0};  // stream of random numbers; sweeps have the others
constexpr std::int32_t kMostTopics = 32767;
constexpr std::int32_t kMostRandomTopics = 500;  // measured: random topics end better up to here, drawn ones above
constexpr std::int32_t kAnnealedShare = 2;       // at most one in so many sweeps
constexpr double kLeastFirstBeta = 3.0;          // times β: where topics have few tokens

void require(bool holds, std::string_view option, double seen, std::string_view wanted) {
  if (holds) return;
  throw Error(ErrorCode::invalid_argument, concat("fit_lda: ", option, " = ", seen, ", but must be ", wanted));
}

void validate(const DocTermMatrix& counts, const LdaOptions& options) {
  const auto positive = [](double x) { return std::isfinite(x) && x > 0; };
  require(options.topics >= 2 && options.topics <= kMostTopics, "topics", options.topics, "2 to 32767");
  if (options.alpha) require(positive(*options.alpha), "alpha", *options.alpha, "above 0");
  require(positive(options.beta), "beta", options.beta, "above 0");
  require(positive(options.seed_weight), "seed_weight", options.seed_weight, "above 0");
  require(options.iterations >= 1, "iterations", options.iterations, "at least 1");
  require(options.anneal_sweeps >= 0, "anneal_sweeps", options.anneal_sweeps, "at least 0");
  require(positive(options.anneal_share), "anneal_share", options.anneal_share, "above 0");
  require(options.burn_in >= 0, "burn_in", options.burn_in, "at least 0");
  require(options.prior_interval >= 1, "prior_interval", options.prior_interval, "at least 1");
  require(options.samples >= 1, "samples", options.samples, "at least 1");
  require(options.sample_interval >= 1, "sample_interval", options.sample_interval, "at least 1");
  require(options.shards >= 1 && options.shards <= 4096, "shards", options.shards, "1 to 4096");
  const std::int64_t span = std::int64_t{options.samples - 1} * options.sample_interval;
  require(span < options.iterations, "(samples - 1) * sample_interval", static_cast<double>(span), "below iterations");
  if (counts.weighting != vectorize::Weighting::count) {
    throw Error(ErrorCode::invalid_argument, "fit_lda: the matrix is weighted, but topics are learned from counts");
  }
  for (const SeedWord& seed : options.seed_words) {
    require(seed.column >= 0 && seed.column < counts.values.cols(), "column of a seed word", seed.column,
            "one of the matrix");
    require(seed.topic >= 0 && seed.topic < options.topics, "topic of a seed word", seed.topic, "below topics");
  }
  for (Eigen::Index i = 0; i < counts.values.nonZeros(); ++i) {
    const float value = counts.values.valuePtr()[i];
    require(value >= 0 && value <= 1e9F && value == std::floor(value), "a count", static_cast<double>(value),
            "a whole number from 0");
  }
}

// Counts of many rows, sorted and put together.
class OccurrenceTable {
 public:
  void add(std::int64_t count) {
    if (count >= static_cast<std::int64_t>(small_.size())) {
      large_.push_back(count);
    } else {
      ++small_[static_cast<std::size_t>(count)];
    }
  }
  // In tokens; zeros are left out.
  [[nodiscard]] std::vector<Occurrence> list(std::int32_t unit) {
    std::vector<Occurrence> all;
    for (std::size_t count = 1; count < small_.size(); ++count) {
      if (small_[count] > 0) all.push_back({static_cast<double>(count) / unit, small_[count]});
    }
    std::sort(large_.begin(), large_.end());
    for (std::size_t i = 0; i < large_.size(); ++i) {
      if (i > 0 && large_[i] == large_[i - 1]) {
        ++all.back().times;
      } else {
        all.push_back({static_cast<double>(large_[i]) / unit, 1});
      }
    }
    return all;
  }

 private:
  std::vector<std::int64_t> small_ = std::vector<std::int64_t>(256);
  std::vector<std::int64_t> large_;
};

// One fit from its first sweep to its last.
class Fit {
 public:
  Fit(const DocTermMatrix& counts, const LdaOptions& options, const LdaStart& start, const RunContext& context)
      : start_(start),
        context_(context),
        sampler_(counts, options, context),
        annealing_(annealing_of(options, sampler_.tokens(), counts.values.cols())) {
    to_the_end_.threads = context.threads;
    model_.options = options;
    if (sampler_.tokens() == 0) throw Error(ErrorCode::invalid_argument, "fit_lda: there are no tokens");
    begin(options);
    saved_ = std::chrono::steady_clock::now();
  }

  Lda run() {
    report();
    while (model_.sweeps < model_.options.iterations) {
      finish_sweep();
      if (is_sample(model_.sweeps)) take_sample();
      const std::int32_t first_look = std::max(model_.options.burn_in, annealing_.sweeps);
      if (model_.sweeps >= first_look && model_.sweeps % model_.options.prior_interval == 0) learn_priors();
      report();
    }
    model_.assignments = sampler_.assignments(to_the_end_);
    return std::move(model_);
  }

 private:
  void begin(const LdaOptions& options) {
    std::vector<std::uint16_t> assignments = start_.assignments;
    if (start_.from != nullptr) {
      model_ = *start_.from;
      assignments = model_.assignments;
    } else {
      model_.alpha = start_.alpha;
      if (model_.alpha.empty()) model_.alpha.assign(static_cast<std::size_t>(options.topics), first_alpha(options));
      model_.beta = start_.beta.value_or(options.beta);
      if (assignments.empty()) assignments = first_topics(options, sampler_.tokens());
    }
    model_.unit = sampler_.unit();
    model_.weights = sampler_.token_weights();
    check(assignments);
    set_priors();
    sampler_.assign(assignments, context_);
  }

  void check(const std::vector<std::uint16_t>& assignments) const {
    if (model_.alpha.size() != static_cast<std::size_t>(model_.options.topics)) {
      throw Error(ErrorCode::invalid_argument,
                  concat("fit_lda: ", model_.alpha.size(), " values of alpha are given for ", model_.options.topics,
                         " topics"));
    }
    if (assignments.size() != static_cast<std::size_t>(sampler_.tokens())) {
      throw Error(ErrorCode::invalid_argument,
                  concat("fit_lda: topics of ", assignments.size(), " tokens are given, but ", sampler_.tokens(),
                         " tokens are there"));
    }
    for (const std::uint16_t topic : assignments) {
      require(topic == kUnassigned || topic < model_.options.topics, "topic of a token", topic, "below topics");
    }
  }

  void finish_sweep() {
    while (model_.rounds < sampler_.rounds()) {
      if (context_.stop.stop_requested()) save();
      throw_if_stopped(context_);
      model_.round_log_likelihood += sampler_.sample_round(model_.sweeps, model_.rounds, to_the_end_);
      ++model_.rounds;
      if (model_.rounds < sampler_.rounds()) report();
      const auto now = std::chrono::steady_clock::now();
      if (std::chrono::duration<double>(now - saved_).count() >= start_.save_seconds) save();
    }
    model_.log_likelihood.push_back(model_.round_log_likelihood / static_cast<double>(sampler_.tokens()));
    model_.round_log_likelihood = 0;
    model_.rounds = 0;
    ++model_.sweeps;
    if (model_.sweeps <= annealing_.sweeps) set_priors();
  }

  void set_priors() { sampler_.set_priors({model_.alpha, annealing_.beta_of_sweep(model_.beta, model_.sweeps)}); }

  void save() {
    if (!start_.save) return;
    model_.assignments = sampler_.assignments(to_the_end_);
    start_.save(model_);
    saved_ = std::chrono::steady_clock::now();
  }

  [[nodiscard]] bool is_sample(std::int32_t sweep) const {
    const std::int32_t left = model_.options.iterations - sweep;
    return left % model_.options.sample_interval == 0 && left / model_.options.sample_interval < model_.options.samples;
  }

  void take_sample() {
    ++model_.samples;
    model_.document_topics.push_back(sampler_.document_topics(to_the_end_));
    const TopicCounts now = sampler_.term_topics(to_the_end_);
    model_.term_topics = model_.samples == 1 ? now : sum(model_.term_topics, now);
  }

  static TopicCounts sum(const TopicCounts& a, const TopicCounts& b) {
    TopicCounts all;
    for (std::size_t row = 0; row < a.rows(); ++row) {
      std::size_t j = b.offsets[row];
      for (std::size_t i = a.offsets[row]; i < a.offsets[row + 1]; ++i) {
        for (; j < b.offsets[row + 1] && b.topics[j] < a.topics[i]; ++j) append(all, b.topics[j], b.counts[j]);
        const bool both = j < b.offsets[row + 1] && b.topics[j] == a.topics[i];
        append(all, a.topics[i], a.counts[i] + (both ? b.counts[j] : 0));
        j += both ? 1 : 0;
      }
      for (; j < b.offsets[row + 1]; ++j) append(all, b.topics[j], b.counts[j]);
      all.offsets.push_back(all.topics.size());
    }
    return all;
  }

  static void append(TopicCounts& counts, std::uint16_t topic, std::int32_t count) {
    counts.topics.push_back(topic);
    counts.counts.push_back(count);
  }

  void learn_priors() {
    if (model_.options.alpha_prior != AlphaPrior::fixed) learn_alpha();
    if (model_.options.learn_beta) learn_beta();
    set_priors();
  }

  void learn_alpha() {
    const TopicCounts counts = sampler_.document_topics(to_the_end_);
    const bool symmetric = model_.options.alpha_prior == AlphaPrior::symmetric;
    std::vector<OccurrenceTable> tables(symmetric ? 1 : model_.alpha.size());
    OccurrenceTable lengths;
    for (std::size_t row = 0; row < counts.rows(); ++row) {
      std::int64_t length = 0;
      for (std::size_t i = counts.offsets[row]; i < counts.offsets[row + 1]; ++i) {
        tables[symmetric ? 0 : counts.topics[i]].add(counts.counts[i]);
        length += counts.counts[i];
      }
      lengths.add(length);
    }
    std::vector<std::vector<Occurrence>> lists;
    lists.reserve(tables.size());
    for (OccurrenceTable& table : tables) lists.push_back(table.list(model_.unit));
    const std::vector<Occurrence> all_lengths = lengths.list(model_.unit);
    if (symmetric) {
      const auto topics = static_cast<double>(model_.alpha.size());
      const double alpha = learn_symmetric_dirichlet(model_.alpha[0], topics, lists[0], all_lengths);
      std::fill(model_.alpha.begin(), model_.alpha.end(), alpha);
    } else {
      model_.alpha = learn_dirichlet(std::move(model_.alpha), lists, all_lengths);
    }
  }

  void learn_beta() {
    const TopicCounts counts = sampler_.term_topics(to_the_end_);
    OccurrenceTable table;
    for (const std::int32_t count : counts.counts) table.add(count);
    OccurrenceTable totals;
    for (const std::int64_t total : sampler_.topic_totals()) totals.add(total);
    model_.beta = learn_symmetric_dirichlet(model_.beta, static_cast<double>(counts.rows()), table.list(model_.unit),
                                            totals.list(model_.unit));
  }

  void report() const {
    const std::string note =
        model_.log_likelihood.empty() ? std::string() : concat(model_.log_likelihood.back(), " log-likelihood a token");
    context_.report({.stage = "lda tokens",
                     .done = model_.sweeps * sampler_.tokens() + model_.rounds * sampler_.tokens() / sampler_.rounds(),
                     .total = model_.options.iterations * sampler_.tokens(),
                     .note = note});
  }

  const LdaStart& start_;
  const RunContext& context_;
  RunContext to_the_end_;  // nothing is broken off between two looks at context_.stop: a checkpoint can be gone on from
  GibbsSampler sampler_;
  Annealing annealing_;
  Lda model_;
  std::chrono::steady_clock::time_point saved_;
};

}  // namespace

Lda fit_lda(DocTermMatrix counts, const LdaOptions& options, const LdaStart& start, const RunContext& context) {
  validate(counts, options);
  Fit fit(counts, options, start, context);
  counts = {};  // the sampler has its own form of it
  return fit.run();
}

std::size_t lda_memory(const DocTermMatrix& counts, const LdaOptions& options) {
  return GibbsSampler::memory(counts.values, options);
}

std::vector<std::uint16_t> first_topics(const LdaOptions& options, std::int64_t tokens) {
  std::vector<std::uint16_t> topics(static_cast<std::size_t>(tokens), kUnassigned);
  if (options.topics > kMostRandomTopics) return topics;
  Rng rng = Rng(options.seed).split(kFirstTopics);
  for (std::uint16_t& topic : topics) {
    topic = static_cast<std::uint16_t>(rng.uniform_index(static_cast<std::size_t>(options.topics)));
  }
  return topics;
}

double first_alpha(const LdaOptions& options) {
  constexpr double kSum = 5.0;  // as MALLET's
  return options.alpha.value_or(kSum / options.topics);
}

Annealing annealing_of(const LdaOptions& options, std::int64_t tokens, std::int64_t terms) {
  const double cells = static_cast<double>(options.topics) * static_cast<double>(std::max<std::int64_t>(terms, 1));
  const double of_share = options.anneal_share * static_cast<double>(tokens) / cells;
  return {.sweeps = std::min(options.anneal_sweeps, options.iterations / kAnnealedShare),
          .first_beta = std::max(of_share, kLeastFirstBeta * options.beta)};
}

double Annealing::beta_of_sweep(double beta, std::int32_t sweep) const {
  if (sweep >= sweeps || first_beta <= beta) return beta;
  return beta * std::pow(first_beta / beta, 1.0 - static_cast<double>(sweep) / sweeps);
}

TopicModel topic_model(const Lda& model) {
  const auto terms = static_cast<Eigen::Index>(model.term_topics.rows());
  const auto topics = static_cast<Eigen::Index>(model.alpha.size());
  const double one = static_cast<double>(model.unit) * model.samples;  // what a token of every sample adds up to
  std::vector<double> totals(model.alpha.size(), static_cast<double>(terms) * model.beta);
  for (std::size_t i = 0; i < model.term_topics.topics.size(); ++i) {
    totals[model.term_topics.topics[i]] += model.term_topics.counts[i] / one;
  }
  for (const SeedWord& seed : model.options.seed_words) {
    totals[static_cast<std::size_t>(seed.topic)] += model.options.seed_weight;
  }
  TopicModel result{DenseMatrix(terms, topics), model.alpha, model.weights};
  for (Eigen::Index term = 0; term < terms; ++term) {
    float* const row = result.term_given_topic.data() + term * topics;
    for (std::size_t k = 0; k < totals.size(); ++k) row[k] = static_cast<float>(model.beta / totals[k]);
    const auto r = static_cast<std::size_t>(term);
    for (std::size_t i = model.term_topics.offsets[r]; i < model.term_topics.offsets[r + 1]; ++i) {
      const std::size_t k = model.term_topics.topics[i];
      row[k] = static_cast<float>((model.term_topics.counts[i] / one + model.beta) / totals[k]);
    }
  }
  for (const SeedWord& seed : model.options.seed_words) {
    const double more = model.options.seed_weight / totals[static_cast<std::size_t>(seed.topic)];
    result.term_given_topic(seed.column, seed.topic) += static_cast<float>(more);
  }
  return result;
}

std::vector<double> document_shares(const Lda& model, std::size_t row) {
  std::vector<double> shares = model.alpha;
  const double one = static_cast<double>(model.unit) * model.samples;
  for (const TopicCounts& sample : model.document_topics) {
    for (std::size_t i = sample.offsets[row]; i < sample.offsets[row + 1]; ++i) {
      shares[sample.topics[i]] += sample.counts[i] / one;
    }
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace malmoi::topics
