#include "topics/lda.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "corpus/base/error.h"
#include "tests/support/plain_gibbs.h"
#include "tests/support/topic_corpus.h"

namespace malmoi::topics {
namespace {

using testing::count_matrix;
using testing::topic_corpus;
using testing::TopicCorpus;

void expect_same(const Lda& a, const Lda& b) {
  EXPECT_EQ(a.alpha, b.alpha);
  EXPECT_EQ(a.beta, b.beta);
  EXPECT_EQ(a.sweeps, b.sweeps);
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.assignments, b.assignments);
  EXPECT_EQ(a.term_topics, b.term_topics);
  EXPECT_EQ(a.document_topics, b.document_topics);
  EXPECT_EQ(a.log_likelihood, b.log_likelihood);
}

// Mean ln Σ_k θ(d, k) φ(w, k) over the tokens, from the last assignments.
double point_log_likelihood(const std::vector<std::vector<int>>& documents, const TopicModel& model,
                            const std::vector<std::vector<double>>& shares) {
  double sum = 0;
  double tokens = 0;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    for (const int w : documents[d]) {
      double p = 0;
      for (std::size_t k = 0; k < shares[d].size(); ++k) {
        p += shares[d][k] * static_cast<double>(model.term_given_topic(w, static_cast<Eigen::Index>(k)));
      }
      sum += std::log(p);
      ++tokens;
    }
  }
  return sum / tokens;
}

double fitted_log_likelihood(const TopicCorpus& corpus, int terms, const LdaOptions& options) {
  const Lda model = fit_lda(count_matrix(corpus.documents, terms), options);
  std::vector<std::vector<double>> shares;
  for (std::size_t d = 0; d < corpus.documents.size(); ++d) shares.push_back(document_shares(model, d));
  return point_log_likelihood(corpus.documents, topic_model(model), shares);
}

double plain_log_likelihood(const TopicCorpus& corpus, int terms, const LdaOptions& options) {
  testing::PlainGibbs plain(corpus.documents, terms, options.topics, options.seed);
  for (int sweep = 0; sweep < options.iterations; ++sweep) plain.sweep(first_alpha(options), options.beta);
  TopicModel model{DenseMatrix(terms, options.topics), {}};
  for (Eigen::Index w = 0; w < terms; ++w) {
    for (Eigen::Index k = 0; k < options.topics; ++k) {
      model.term_given_topic(w, k) =
          static_cast<float>(plain.phi(static_cast<std::size_t>(w), static_cast<std::size_t>(k), options.beta));
    }
  }
  std::vector<std::vector<double>> shares;
  for (const std::vector<int>& z : plain.assignments()) {
    shares.emplace_back(static_cast<std::size_t>(options.topics), first_alpha(options));
    for (const int k : z) ++shares.back()[static_cast<std::size_t>(k)];
    for (double& share : shares.back()) share /= static_cast<double>(z.size()) + first_alpha(options) * options.topics;
  }
  return point_log_likelihood(corpus.documents, model, shares);
}

// Mean cosine of each known topic with the learned one that is most like it; every learned topic is used once.
double recovered(const TopicCorpus& corpus, const TopicModel& model) {
  std::vector<bool> used(static_cast<std::size_t>(model.topics()));
  double sum = 0;
  for (const std::vector<double>& topic : corpus.topics) {
    double best = -1;
    std::size_t at = 0;
    for (std::size_t k = 0; k < used.size(); ++k) {
      double dot = 0, aa = 0, bb = 0;
      for (std::size_t w = 0; w < topic.size(); ++w) {
        const double p = model.term_given_topic(static_cast<Eigen::Index>(w), static_cast<Eigen::Index>(k));
        dot += topic[w] * p;
        aa += topic[w] * topic[w];
        bb += p * p;
      }
      if (const double cosine = dot / std::sqrt(aa * bb); !used[k] && cosine > best) {
        best = cosine;
        at = k;
      }
    }
    used[at] = true;
    sum += best;
  }
  return sum / static_cast<double>(corpus.topics.size());
}

TEST(FitLda, GivesKnownTopicsBack) {
  const TopicCorpus corpus = topic_corpus({.topics = 8, .terms = 200, .documents = 600, .length = 80});
  const Lda model = fit_lda(count_matrix(corpus.documents, 200),
                            {.topics = 8, .alpha = 0.2, .beta = 0.05, .iterations = 200, .seed = 3});
  EXPECT_GT(recovered(corpus, topic_model(model)), 0.95);
}

TEST(FitLda, ReachesTheLikelihoodOfThePlainSampler) {
  const TopicCorpus corpus = topic_corpus({.topics = 12, .terms = 300, .documents = 300, .length = 50});
  for (const std::int32_t topics : {12, 40, 150}) {  // dense rows; mixed; sparse
    double fast = 0;
    double plain = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const LdaOptions options{.topics = topics,
                               .alpha = 0.1,
                               .alpha_prior = AlphaPrior::fixed,
                               .iterations = 100,
                               .samples = 1,
                               .seed = seed};
      fast += fitted_log_likelihood(corpus, 300, options) / 5;
      plain += plain_log_likelihood(corpus, 300, options) / 5;
    }
    EXPECT_NEAR(fast / plain, 1.0, 0.005) << topics;
  }
}

TEST(FitLda, GivesTheSameForEveryNumberOfThreads) {
  const TopicCorpus corpus = topic_corpus({.documents = 300});
  for (const std::int32_t topics : {10, 120}) {
    const LdaOptions options{
        .topics = topics, .learn_beta = true, .iterations = 60, .anneal_sweeps = 12, .burn_in = 10, .samples = 3};
    const Lda one = fit_lda(count_matrix(corpus.documents, 100), options, {}, {.threads = 1});
    const Lda eight = fit_lda(count_matrix(corpus.documents, 100), options, {}, {.threads = 8});
    expect_same(one, eight);
  }
}

TEST(FitLda, GoesOnFromACheckpointToTheSameBytes) {
  const TopicCorpus corpus = topic_corpus({.documents = 200});
  for (const std::int32_t topics : {10, 120}) {
    const LdaOptions options{.topics = topics,
                             .iterations = 30,
                             .anneal_sweeps = 7,
                             .burn_in = 5,
                             .prior_interval = 3,
                             .samples = 3,
                             .sample_interval = 4};
    const Lda whole = fit_lda(count_matrix(corpus.documents, 100), options);
    std::vector<Lda> checkpoints;
    LdaStart start;
    start.save = [&](const Lda& state) { checkpoints.push_back(state); };
    start.save_seconds = 0;
    (void)fit_lda(count_matrix(corpus.documents, 100), options, start);
    ASSERT_EQ(checkpoints.size(), 30U * 16U);
    for (const std::size_t at : {std::size_t{0}, std::size_t{100}, std::size_t{367}, checkpoints.size() - 1}) {
      const Lda resumed = fit_lda(count_matrix(corpus.documents, 100), options, {.from = &checkpoints[at]});
      expect_same(resumed, whole);
    }
  }
}

TEST(FitLda, KeepsACheckpointWhenStopped) {
  const TopicCorpus corpus = topic_corpus({.documents = 100});
  std::stop_source source;
  Lda kept;
  RunContext context{.on_progress =
                         [&](const Progress& progress) {
                           if (progress.done >= progress.total / 2) source.request_stop();
                         },
                     .stop = source.get_token()};
  const LdaOptions options{.topics = 5, .iterations = 40, .samples = 2};
  try {
    (void)fit_lda(count_matrix(corpus.documents, 100), options, {.save = [&](const Lda& state) { kept = state; }},
                  context);
    FAIL() << "it was to stop";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::canceled);
  }
  EXPECT_EQ(kept.sweeps, 20);
  expect_same(fit_lda(count_matrix(corpus.documents, 100), options, {.from = &kept}),
              fit_lda(count_matrix(corpus.documents, 100), options));
}

TEST(FitLda, LearnsWhichTopicsAreCommon) {
  TopicCorpus corpus = topic_corpus({.topics = 2, .terms = 40, .documents = 0, .beta = 0.1, .seed = 5});
  Rng rng(9);
  for (int d = 0; d < 500; ++d) {
    const std::vector<double> shares = testing::dirichlet_draw({2.0, 0.2}, rng);
    corpus.documents.emplace_back();
    for (int i = 0; i < 50; ++i) {
      corpus.documents.back().push_back(
          testing::draw(corpus.topics[static_cast<std::size_t>(testing::draw(shares, rng))], rng));
    }
  }
  const LdaOptions options{.topics = 2, .alpha = 0.5, .beta = 0.1, .iterations = 200, .burn_in = 20};
  const Lda model = fit_lda(count_matrix(corpus.documents, 40), options);
  const auto [low, high] = std::minmax_element(model.alpha.begin(), model.alpha.end());
  EXPECT_NEAR(*high, 2.0, 0.5);
  EXPECT_NEAR(*low, 0.2, 0.08);

  LdaOptions symmetric = options;
  symmetric.alpha_prior = AlphaPrior::symmetric;
  const Lda even = fit_lda(count_matrix(corpus.documents, 40), symmetric);
  EXPECT_EQ(even.alpha[0], even.alpha[1]);
  EXPECT_GT(even.alpha[0], 0.05);
  EXPECT_LT(even.alpha[0], 2.0);
}

TEST(FitLda, PutsSeedWordsIntoTheirTopics) {
  const TopicCorpus corpus = topic_corpus({.topics = 4, .terms = 60, .documents = 200, .beta = 0.1});
  const auto top = [&](std::size_t k) {
    const auto& topic = corpus.topics[k];
    return static_cast<std::int32_t>(std::max_element(topic.begin(), topic.end()) - topic.begin());
  };
  LdaOptions options{.topics = 4, .alpha = 0.2, .iterations = 100};
  for (std::int32_t k = 0; k < 4; ++k) options.seed_words.push_back({top(static_cast<std::size_t>(k)), 3 - k});
  const TopicModel model = topic_model(fit_lda(count_matrix(corpus.documents, 60), options));
  for (std::int32_t k = 0; k < 4; ++k) {
    for (std::int32_t other = 0; other < 4; ++other) {
      if (other == k) continue;
      const std::int32_t term = top(static_cast<std::size_t>(k));
      EXPECT_GT(model.term_given_topic(term, 3 - k), model.term_given_topic(term, 3 - other));
    }
  }
  for (Eigen::Index k = 0; k < 4; ++k) {
    double sum = 0;
    for (Eigen::Index w = 0; w < 60; ++w) sum += static_cast<double>(model.term_given_topic(w, k));
    EXPECT_NEAR(sum, 1.0, 1e-5);
  }
}

TEST(FitLda, GoesOnWithMoreDocuments) {
  const TopicCorpus corpus = topic_corpus({.topics = 6, .terms = 150, .documents = 300, .length = 60});
  std::vector<std::vector<int>> first(corpus.documents.begin(), corpus.documents.begin() + 200);
  const LdaOptions options{.topics = 6, .alpha = 0.1, .iterations = 150};
  const Lda before = fit_lda(count_matrix(first, 150), options);
  LdaStart start{.assignments = before.assignments};
  start.assignments.resize(300 * 60, kUnassigned);
  LdaOptions few = options;
  few.iterations = 10;
  few.anneal_sweeps = 0;
  few.samples = 1;
  const Lda after = fit_lda(count_matrix(corpus.documents, 150), few, start);
  const TopicModel old_topics = topic_model(before);
  const TopicModel new_topics = topic_model(after);
  for (Eigen::Index k = 0; k < 6; ++k) {  // each topic is still itself
    double dot = 0, aa = 0, bb = 0;
    for (Eigen::Index w = 0; w < 150; ++w) {
      const double a = old_topics.term_given_topic(w, k);
      const double b = new_topics.term_given_topic(w, k);
      dot += a * b;
      aa += a * a;
      bb += b * b;
    }
    EXPECT_GT(dot / std::sqrt(aa * bb), 0.97) << k;
  }
  EXPECT_EQ(std::count(after.assignments.begin(), after.assignments.end(), kUnassigned), 0);
}

TEST(FirstTopics, AreRandomAndForManyTopicsNotThereYet) {
  const std::vector<std::uint16_t> topics = first_topics({.topics = 4}, 4000);
  for (std::uint16_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(static_cast<double>(std::count(topics.begin(), topics.end(), k)), 1000, 120) << k;
  }
  EXPECT_NE(first_topics({.topics = 4, .seed = 2}, 4000), topics);
  EXPECT_EQ(first_topics({.topics = 501}, 2), (std::vector<std::uint16_t>{kUnassigned, kUnassigned}));
}

TEST(Annealing, BeginsWithALargerBetaThatFallsByTheSameFactor) {
  // 10 topics of 1000 terms and 32,000 tokens: 3,200 tokens a topic, of which β · 1000 is to be 5 times as much.
  const Annealing annealing =
      annealing_of({.topics = 10, .iterations = 40, .anneal_sweeps = 4, .anneal_share = 5}, 32000, 1000);
  EXPECT_EQ(annealing.sweeps, 4);
  EXPECT_DOUBLE_EQ(annealing.first_beta, 16);
  EXPECT_DOUBLE_EQ(annealing.beta_of_sweep(1, 0), 16);
  EXPECT_DOUBLE_EQ(annealing.beta_of_sweep(1, 1), 8);
  EXPECT_DOUBLE_EQ(annealing.beta_of_sweep(1, 3), 2);
  EXPECT_EQ(annealing.beta_of_sweep(1, 4), 1);
  EXPECT_EQ(annealing.beta_of_sweep(1, 39), 1);
  EXPECT_EQ(annealing.beta_of_sweep(17, 0), 17);  // it does not rise
}

TEST(Annealing, BeginsWithThreeTimesBetaWhereTopicsHaveFewTokens) {
  const LdaOptions options{.topics = 100, .beta = 0.5, .iterations = 40, .anneal_sweeps = 4};
  EXPECT_DOUBLE_EQ(annealing_of(options, 32000, 1000).first_beta, 1.5);  // a share of 0.15 would be 0.048
}

TEST(Annealing, TakesAtMostHalfOfTheSweeps) {
  EXPECT_EQ(annealing_of({.iterations = 8, .anneal_sweeps = 100}, 100, 10).sweeps, 4);
  EXPECT_EQ(annealing_of({.iterations = 1, .anneal_sweeps = 40}, 100, 10).sweeps, 0);
  EXPECT_EQ(annealing_of({}, 100, 10).sweeps, 100);
}

TEST(FitLda, BeginsWithAnAlphaOfFiveInAll) {
  EXPECT_EQ(first_alpha({.topics = 20}), 0.25);
  EXPECT_EQ(first_alpha({.topics = 20, .alpha = 0.1}), 0.1);
  const TopicCorpus corpus = topic_corpus({.documents = 20});
  const Lda model = fit_lda(count_matrix(corpus.documents, 100),
                            {.topics = 10, .alpha_prior = AlphaPrior::fixed, .iterations = 2, .samples = 1});
  EXPECT_EQ(model.alpha, std::vector<double>(10, 0.5));
}

TEST(FitLda, KeepsWhatTokensWeigh) {
  const auto counts = [] { return count_matrix({{0, 0, 1}, {1, 2}, {1}}, 4); };
  const LdaOptions options{.topics = 2, .iterations = 4, .samples = 1};
  LdaOptions weighted = options;
  weighted.term_weight = TermWeight::idf;
  const TokenWeights idf = topic_model(fit_lda(counts(), weighted)).weights;
  ASSERT_EQ(idf.figures.size(), 4U);
  EXPECT_DOUBLE_EQ(idf.figures[0], std::log(3.0));
  EXPECT_EQ(idf.figures[1], 0);  // in all three
  EXPECT_EQ(idf.units(0, 2, 3), std::lround(64 * std::log(3.0)));
  weighted.term_weight = TermWeight::pmi;
  const TokenWeights pmi = topic_model(fit_lda(counts(), weighted)).weights;
  EXPECT_DOUBLE_EQ(pmi.figures[0], 6.0 / 2);
  EXPECT_DOUBLE_EQ(pmi.figures[1], 6.0 / 3);
  EXPECT_EQ(pmi.units(0, 2, 3), std::lround(64 * std::log(2.0)));
  EXPECT_EQ(pmi.units(1, 1, 3), 0);  // rarer than elsewhere
  EXPECT_TRUE(topic_model(fit_lda(counts(), options)).weights.figures.empty());
}

TEST(FitLda, SharesAndTopicsAreDistributions) {
  const TopicCorpus corpus = topic_corpus({.documents = 60});
  for (const TermWeight weight : {TermWeight::one, TermWeight::idf, TermWeight::pmi}) {
    const Lda model = fit_lda(count_matrix(corpus.documents, 100),
                              {.topics = 7, .iterations = 30, .samples = 3, .term_weight = weight});
    const TopicModel topics = topic_model(model);
    for (Eigen::Index k = 0; k < 7; ++k) {
      double sum = 0;
      for (Eigen::Index w = 0; w < 100; ++w) sum += static_cast<double>(topics.term_given_topic(w, k));
      EXPECT_NEAR(sum, 1.0, 1e-5);
    }
    for (std::size_t d = 0; d < 60; ++d) {
      const std::vector<double> shares = document_shares(model, d);
      EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1.0, 1e-12);
    }
    EXPECT_EQ(model.document_topics.size(), 3U);
  }
}

TEST(FitLda, TakesEmptyDocumentsAndUnusedTerms) {
  const Lda model = fit_lda(count_matrix({{}, {0, 2, 2}, {}}, 5), {.topics = 3, .iterations = 100});
  EXPECT_EQ(model.document_topics.back().rows(), 3U);
  EXPECT_EQ(model.term_topics.rows(), 5U);
  const std::vector<double> shares = document_shares(model, 0);
  const double sum = std::accumulate(model.alpha.begin(), model.alpha.end(), 0.0);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(shares[k], model.alpha[k] / sum);
}

TEST(FitLda, TakesMoreTopicsThanTokens) {
  const Lda model = fit_lda(count_matrix({{0, 1}}, 2), {.topics = 1000, .iterations = 100});
  EXPECT_EQ(model.assignments.size(), 2U);
}

TEST(FitLda, RefusesWhatItCannotUse) {
  const auto counts = [] { return count_matrix({{0, 1}, {1}}, 2); };
  const auto message = [&](const LdaOptions& options) -> std::string {
    try {
      (void)fit_lda(counts(), options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({.topics = 1}), "fit_lda: topics = 1, but must be 2 to 32767");
  EXPECT_EQ(message({.alpha = 0}), "fit_lda: alpha = 0, but must be above 0");
  EXPECT_NE(message({.beta = -1}), "");
  EXPECT_EQ(message({.anneal_sweeps = -1}), "fit_lda: anneal_sweeps = -1, but must be at least 0");
  EXPECT_EQ(message({.anneal_share = 0}), "fit_lda: anneal_share = 0, but must be above 0");
  EXPECT_NE(message({.iterations = 0}), "");
  EXPECT_EQ(message({.iterations = 50, .samples = 6, .sample_interval = 10}),
            "fit_lda: (samples - 1) * sample_interval = 50, but must be below iterations");
  EXPECT_NE(message({.seed_words = {{2, 0}}}), "");
  EXPECT_NE(message({.seed_words = {{0, 20}}}), "");
  EXPECT_NE(message({.shards = 0}), "");
  EXPECT_THROW((void)fit_lda(count_matrix({{}, {}}, 3), {}), Error);
  vectorize::DocTermMatrix weighted = counts();
  weighted.weighting = vectorize::Weighting::tf_idf;
  EXPECT_THROW((void)fit_lda(weighted, {}), Error);
  vectorize::DocTermMatrix half = counts();
  half.values.valuePtr()[0] = 0.5F;
  EXPECT_THROW((void)fit_lda(half, {}), Error);
  EXPECT_THROW((void)fit_lda(counts(), {}, {.assignments = {0, 1}}), Error);
  EXPECT_THROW((void)fit_lda(counts(), {}, {.assignments = {0, 1, 20}}), Error);
}

}  // namespace
}  // namespace malmoi::topics
