#include "topics/inference.h"

#include <gtest/gtest.h>

#include "corpus/base/error.h"
#include "tests/topics/models.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::topics {
namespace {

TEST(InferTopics, GivesAnEmptyDocumentThePrior) {
  const TopicModel model = model_of({{0.5F, 0.5F}, {0.5F, 0.5F}}, {0.3, 0.1});
  const DenseMatrix shares = infer_topics(model, counts_of({{}}, 2), {});
  EXPECT_FLOAT_EQ(shares(0, 0), 0.75F);
  EXPECT_FLOAT_EQ(shares(0, 1), 0.25F);
}

TEST(InferTopics, IsCertainWhereTermsAre) {  // term 0 is of topic 0 alone, term 1 of topic 1
  const TopicModel model = model_of({{1.0F, 0.0F}, {0.0F, 1.0F}}, {0.5, 0.5});
  const DenseMatrix shares = infer_topics(model, counts_of({{0, 0, 0, 1}, {1, 1}}, 2), {});
  EXPECT_FLOAT_EQ(shares(0, 0), 3.5F / 5.0F);
  EXPECT_FLOAT_EQ(shares(0, 1), 1.5F / 5.0F);
  EXPECT_FLOAT_EQ(shares(1, 0), 0.5F / 3.0F);
}

// 3 topics fit into one block of lanes with room to spare, 19 need a second; rows near the end of φ are copied.
TEST(InferTopics, AgreesWithTheExactPosterior) {
  for (const std::size_t topics : {3UL, 19UL}) {
    const TopicModel model = random_model(topics, 6, topics);
    const std::vector<TermId> document = {0, 2, 5, 5};
    const ExactDocument exact = enumerate(model, document);
    const DenseMatrix shares =
        infer_topics(model, counts_of({document}, 6), {.chains = 400, .sweeps = 60, .burn_in = 10, .seed = 3});
    for (std::size_t k = 0; k < topics; ++k) {
      EXPECT_NEAR(static_cast<double>(shares(0, static_cast<Eigen::Index>(k))), exact.shares[k], 0.004) << k;
    }
  }
}

TEST(InferTopics, DefaultsComeNearALongRun) {
  const TopicModel model = random_model(5, 200, 40);
  const auto counts = vectorize::count_terms(vectorize::random_tokens(/*seed=*/6, 30, 200, 120), 200);
  const DenseMatrix quick = infer_topics(model, counts, {});
  const DenseMatrix slow = infer_topics(model, counts, {.chains = 4, .sweeps = 300, .burn_in = 50, .seed = 9});
  double distance = 0.0;
  for (Eigen::Index i = 0; i < quick.size(); ++i) {
    distance += static_cast<double>(std::abs(quick.data()[i] - slow.data()[i])) / static_cast<double>(quick.rows());
  }
  EXPECT_LT(distance, 0.3);  // of at most 2: half of it is what the shares vary by
}

// The shares of a document of one token are exact: its topic is p(k) ∝ φ(w, k) α(k), whatever is drawn.
TEST(InferTopics, WeighsTokensAsTheFitDid) {
  TopicModel model = model_of({{0.6F, 0.3F}, {0.4F, 0.7F}}, {0.5, 0.25});
  model.weights = {TermWeight::idf, {2.5, 0.0}};
  const double p = 0.6 * 0.5 / (0.6 * 0.5 + 0.3 * 0.25);
  const DenseMatrix idf = infer_topics(model, counts_of({{0}, {0, 1}, {1}}, 2), {});
  EXPECT_NEAR(static_cast<double>(idf(0, 0)), (2.5 * p + 0.5) / (2.5 + 0.75), 1e-6);
  EXPECT_EQ(idf(1, 0), idf(0, 0));  // a term of all documents counts nowhere
  EXPECT_FLOAT_EQ(idf(2, 0), 0.5F / 0.75F);
  model.weights = {TermWeight::pmi, {4.0, 2.0}};
  const DenseMatrix pmi = infer_topics(model, counts_of({{0, 1, 1, 1}, {0}}, 2), {});
  const double of_others = std::round(64 * std::log(1.5)) / 64.0;  // term 1: ln(2 · 3 / 4); term 0: ln(4 / 4) = 0
  EXPECT_GT(pmi(0, 1), 0.25F / 0.75F);
  EXPECT_LT(static_cast<double>(pmi(0, 1)), (3 * of_others + 0.25) / (3 * of_others + 0.75));
  const double of_one = std::round(64 * std::log(4.0)) / 64.0;
  EXPECT_NEAR(static_cast<double>(pmi(1, 0)), (of_one * p + 0.5) / (of_one + 0.75), 1e-6);
}

TEST(InferTopics, GivesTheSameWhereAllWeightsAreOne) {
  TopicModel model = random_model(5, 30, 7);
  const auto counts = counts_of({{0, 3, 3, 8, 29}, {}, {1, 2, 4, 4, 4}}, 30);
  const DenseMatrix plain = infer_topics(model, counts, {});
  model.weights = {TermWeight::idf, std::vector<double>(30, 1.0)};
  EXPECT_EQ(infer_topics(model, counts, {}), plain);
  model.weights.figures.pop_back();
  EXPECT_THROW((void)infer_topics(model, counts, {}), Error);
}

TEST(InferTopics, RowsSumToOne) {
  const TopicModel model = random_model(1, 50, 33);
  const auto counts = vectorize::count_terms(vectorize::random_tokens(/*seed=*/2, 100, 50, 80), 50);
  const DenseMatrix shares = infer_topics(model, counts, {});
  for (Eigen::Index r = 0; r < shares.rows(); ++r) {
    double sum = 0.0;
    for (Eigen::Index k = 0; k < shares.cols(); ++k) {
      EXPECT_GT(shares(r, k), 0.0F);
      sum += static_cast<double>(shares(r, k));
    }
    EXPECT_NEAR(sum, 1.0, 1e-5);
  }
}

TEST(InferTopics, IsTheSameForAnyThreadsAndInAnyBatch) {
  const TopicModel model = random_model(3, 100, 20);
  const auto counts = vectorize::count_terms(vectorize::random_tokens(/*seed=*/4, 300, 100, 40), 100);
  const DenseMatrix one = infer_topics(model, counts, {.seed = 8}, {.threads = 1});
  EXPECT_EQ(one, infer_topics(model, counts, {.seed = 8}, {.threads = 8}));
  EXPECT_NE(one, infer_topics(model, counts, {.seed = 9}));
  for (const Eigen::Index r : {0, 150, 299}) {
    vectorize::DocTermMatrix alone;
    alone.values = counts.values.middleRows(r, 1);
    const DenseMatrix shares = infer_topics(model, alone, {.seed = 8});
    for (Eigen::Index k = 0; k < 20; ++k) EXPECT_EQ(shares(0, k), one(r, k));
  }
}

TEST(InferTopics, PassesOverTermsThatNoTopicHas) {
  const TopicModel model = model_of({{1.0F, 1.0F}, {0.0F, 0.0F}}, {1.0, 1.0});
  const DenseMatrix shares = infer_topics(model, counts_of({{1, 1}}, 2), {});
  EXPECT_NEAR(shares(0, 0) + shares(0, 1), 1.0F, 1e-6F);
  EXPECT_NEAR(infer_topics(model, counts_of({{1, 1}}, 2), {.chains = 2000})(0, 0), 0.5F, 0.02F);  // the prior
}

TEST(InferTopics, RefusesWhatItCannotRead) {
  const TopicModel model = model_of({{0.5F, 0.5F}, {0.5F, 0.5F}}, {0.1, 0.1});
  vectorize::DocTermMatrix counts = counts_of({{0, 1}}, 2);
  EXPECT_THROW((void)infer_topics(model, counts_of({{0}}, 3), {}), Error);
  EXPECT_THROW((void)infer_topics(model, counts, {.sweeps = 3, .burn_in = 3}), Error);
  EXPECT_THROW((void)infer_topics(model, counts, {.chains = 0}), Error);
  EXPECT_THROW((void)infer_topics(model_of({{1.0F}, {1.0F}}, {0.0}), counts, {}), Error);
  EXPECT_THROW((void)infer_topics(model_of({{1.0F}, {1.0F}}, {0.1, 0.1}), counts, {}), Error);
  counts.values.valuePtr()[0] = 0.5F;
  EXPECT_THROW((void)infer_topics(model, counts, {}), Error);
  counts.values.valuePtr()[0] = 1.0F;
  counts.weighting = vectorize::Weighting::tf_idf;
  EXPECT_THROW((void)infer_topics(model, counts, {}), Error);
}

TEST(InferTopics, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  const TopicModel model = random_model(3, 10, 4);
  EXPECT_THROW((void)infer_topics(model, counts_of({{0, 1}}, 10), {}, {.stop = source.get_token()}), Error);
}

TEST(TokenTopics, TakesTheLikeliestAndTheLowestAmongEquals) {
  const TopicModel model = model_of({{0.2F, 0.1F, 0.1F}, {0.0F, 0.3F, 0.3F}}, {1.0, 1.0, 1.0});
  const std::vector<float> shares = {0.25F, 0.5F, 0.25F};
  EXPECT_EQ(token_topics(model, shares, std::vector<TermId>{0, 1, 0}), (std::vector<std::uint16_t>{0, 1, 0}));
  EXPECT_EQ(token_topics(model, std::vector<float>{0.0F, 0.5F, 0.5F}, std::vector<TermId>{1}),
            (std::vector<std::uint16_t>{1}));
  EXPECT_THROW((void)token_topics(model, shares, std::vector<TermId>{2}), Error);
  EXPECT_THROW((void)token_topics(model, std::vector<float>{1.0F}, std::vector<TermId>{0}), Error);
}

TEST(MeanShares, AverageTheSamples) {
  const std::vector<TopicCounts> samples = {topic_counts({{3, 1}, {0, 0}}), topic_counts({{1, 3}, {0, 0}})};
  const std::vector<double> alpha = {0.5, 0.5};
  EXPECT_EQ(mean_shares({samples, 1}, 0, alpha), (std::vector<float>{0.5F, 0.5F}));
  EXPECT_EQ(mean_shares({std::span(samples).first(1), 1}, 0, alpha), (std::vector<float>{0.7F, 0.3F}));
  EXPECT_EQ(mean_shares({std::span(samples).first(1), 2}, 0, alpha),  // half as many tokens
            (std::vector<float>{2.0F / 3.0F, 1.0F / 3.0F}));
  EXPECT_EQ(mean_shares({samples, 1}, 1, alpha), (std::vector<float>{0.5F, 0.5F}));
}

}  // namespace
}  // namespace malmoi::topics
