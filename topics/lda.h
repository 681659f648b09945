#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "corpus/base/run_context.h"
#include "topics/topic_model.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

/// How the prior of the documents' shares is found.
enum class AlphaPrior {
  fixed,       ///< stays as given
  symmetric,   ///< one value for all topics is learned
  asymmetric,  ///< a value for each topic is learned (Wallach, Mimno and McCallum 2009)
};

/// A term that is wanted in a topic: it gets `weight` extra pseudo-counts there.
struct SeedWord {
  std::int32_t column = 0;  ///< of the count matrix
  std::int32_t topic = 0;
  friend bool operator==(const SeedWord&, const SeedWord&) = default;
};

struct LdaOptions {
  std::int32_t topics = 20;          ///< 2 .. 32,767
  std::optional<double> alpha = {};  ///< of every topic at the start; > 0. None: 5 / topics
  double beta = 0.01;                ///< of every term at the start; > 0
  AlphaPrior alpha_prior = AlphaPrior::asymmetric;
  bool learn_beta = false;
  std::int32_t iterations = 500;      ///< sweeps over all tokens; ≥ 1
  std::int32_t anneal_sweeps = 100;   ///< first sweeps, with a larger β; at most half of all (Annealing); ≥ 0
  double anneal_share = 0.15;         ///< β · terms in the first sweep, of the tokens that a topic has on average, or
                                      ///< more: three times β at least; > 0
  std::int32_t burn_in = 50;          ///< sweeps before a prior is learned, at the earliest behind the annealing; ≥ 0
  std::int32_t prior_interval = 10;   ///< sweeps between two looks at the priors; ≥ 1
  std::int32_t samples = 10;          ///< states that are averaged, the last one included; ≥ 1
  std::int32_t sample_interval = 10;  ///< sweeps between two of them; (samples - 1) × interval < iterations
  TermWeight term_weight = TermWeight::one;
  std::vector<SeedWord> seed_words = {};
  double seed_weight = 100.0;  ///< pseudo-counts of a seed word in its topic; > 0
  std::int32_t shards = 16;    ///< parts of documents and of terms that are worked on at once: at most
                               ///< so many threads help. Another number is another random result. ≥ 1
  std::uint64_t seed = 1;
};

/// A latent Dirichlet allocation, finished (sweeps = options.iterations) or on the way there.
struct Lda {
  LdaOptions options;
  std::vector<double> alpha;                 ///< [topics] as learned
  double beta = 0.0;                         ///< as learned
  std::int32_t unit = 1;                     ///< counts of one token of weight 1: weights.unit() of the fit
  TokenWeights weights;                      ///< [terms] of the fit; kind one for models that were stored without them
  std::int32_t sweeps = 0;                   ///< done
  std::int32_t rounds = 0;                   ///< of the next sweep that are done already: 0 but for stopped fits
  std::int32_t samples = 0;                  ///< taken so far
  TopicCounts term_topics;                   ///< [terms × topics] summed over the samples
  std::vector<TopicCounts> document_topics;  ///< one a sample: [documents × topics]
  /// The topic of every token as it stands: by document, within it by term.
  std::vector<std::uint16_t> assignments;
  /// Mean ln p(token | all other tokens and their topics) of each sweep done.
  std::vector<double> log_likelihood;
  double round_log_likelihood = 0.0;  ///< summed over the rounds done of the next sweep
};

/// Where a fit begins and what it leaves on the way.
struct LdaStart {
  /// An unfinished fit of the same counts and options, to be gone on with: the result has the same bytes as if it had
  /// never been stopped.
  const Lda* from = nullptr;
  /// Topics of tokens to begin with, in the order of Lda::assignments, kUnassigned where there is none yet; empty: all
  /// are drawn. This is how a model goes on with more documents; it should not be annealed once more.
  std::vector<std::uint16_t> assignments = {};
  std::vector<double> alpha = {};   ///< [topics] priors to begin with in the place of options.alpha; empty: those
  std::optional<double> beta = {};  ///< likewise
  /// Is given the fit as it stands every `save_seconds`, and when it is stopped.
  std::function<void(const Lda&)> save = {};
  double save_seconds = 60.0;
};
inline constexpr std::uint16_t kUnassigned = 0xFFFF;

/// Bytes that fit_lda will hold at its peak, its input included.
[[nodiscard]] std::size_t lda_memory(const vectorize::DocTermMatrix& counts, const LdaOptions& options);

/// Latent Dirichlet allocation by collapsed Gibbs sampling.
///
/// counts   [documents × terms]; empty rows and columns are fine; moved in, since the sampler has its own form of it
/// Returns  the finished model; the same bytes for every context.threads and for every way of stopping and going on
/// Throws   invalid_argument: counts that are not counts, an option out of range, no tokens; canceled (after
/// start.save)
///
/// Cost     per token O(topics / 16) for few topics, O(topics of the document / 16) for many; at most 8 bytes a token
///          plus the counts
///
/// How it begins: first_topics, then Annealing.
///
/// Documents and terms are cut into options.shards parts each; a sweep is as many rounds, and in a round every part of
/// the documents meets another part of the terms, so that no two threads touch the same count. Only the topics' totals
/// may be a little old, by less than a round: all else is the exact sampler. A corpus of seven tokens shows the
/// difference, real ones do not: the tests compare it with the plain sampler.
/// Source   Griffiths and Steyvers, PNAS 101, 2004; Yan, Xu and Qi, NIPS 2009 (the partition); Wallach, Mimno and
///          McCallum, NIPS 2009, and Minka 2000 (priors)
[[nodiscard]] Lda fit_lda(vectorize::DocTermMatrix counts, const LdaOptions& options, const LdaStart& start = {},
                          const RunContext& context = {});

/// The topics of all tokens that a fit begins with: random ones; where there are many topics, none (kUnassigned), so
/// that each token's is drawn given those before it, which then is nearer to the end.
[[nodiscard]] std::vector<std::uint16_t> first_topics(const LdaOptions& options, std::int64_t tokens);

/// The α of every topic that a fit with these options begins with.
[[nodiscard]] double first_alpha(const LdaOptions& options);

/// How a fit begins: in the first sweeps β is larger, and falls to itself by the same factor each time. Topics are then
/// smooth enough that tokens still move between them: a likelihood is reached in fewer sweeps. What
/// is sampled afterwards is the same posterior.
struct Annealing {
  std::int32_t sweeps = 0;
  double first_beta = 0.0;

  /// The β that a sweep (the first is 0) draws with, `beta` being what it is or has been learned to be.
  [[nodiscard]] double beta_of_sweep(double beta, std::int32_t sweep) const;
};
[[nodiscard]] Annealing annealing_of(const LdaOptions& options, std::int64_t tokens, std::int64_t terms);

/// φ, α and the weights of tokens, averaged over the samples: φ(w, k) = (n(w, k) + β) / (n(k) + terms · β), seed words
/// with theirs.
[[nodiscard]] TopicModel topic_model(const Lda& model);

/// The shares of topics in a document, averaged over the samples: (n(d, k) + α(k)) / (n(d) + Σ α). [topics]
[[nodiscard]] std::vector<double> document_shares(const Lda& model, std::size_t row);

}  // namespace malmoi::topics
