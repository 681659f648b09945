#include "topics/held_out.h"

#include <gtest/gtest.h>

#include "corpus/base/error.h"
#include "tests/topics/models.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::topics {
namespace {

constexpr std::int32_t kAll = LeftToRightOptions{}.redraws;

TEST(HeldOut, AUniformModelIsAsPerplexedAsItHasTerms) {
  const TopicModel model = model_of(std::vector<std::vector<float>>(8, {0.125F, 0.125F, 0.125F}), {0.1, 0.2, 0.3});
  const auto counts = counts_of({{0, 1, 1, 7}, {}, {3}}, 8);
  EXPECT_NEAR(document_completion(model, counts, {}).perplexity(), 8.0, 1e-5);
  EXPECT_NEAR(left_to_right(model, counts, {}).perplexity(), 8.0, 1e-5);
  const DenseMatrix shares = infer_topics(model, counts, {});
  EXPECT_NEAR(point_log_likelihood(model, shares, counts).perplexity(), 8.0, 1e-5);
}

TEST(HeldOut, NoTokensTellNothing) {
  const TopicModel model = model_of({{1.0F}}, {0.1});
  for (const HeldOut& found :
       {document_completion(model, counts_of({{}, {}}, 1), {}), left_to_right(model, counts_of({{}, {}}, 1), {}),
        point_log_likelihood(model, DenseMatrix::Ones(2, 1), counts_of({{}, {}}, 1))}) {
    EXPECT_EQ(found.tokens, 0);
    EXPECT_EQ(found.documents, 0);
    EXPECT_EQ(found.empty_documents, 2);
    EXPECT_EQ(found.per_token(), 0.0);
    EXPECT_EQ(found.perplexity(), 1.0);
  }
}

TEST(DocumentCompletion, ScoresTheLargerHalf) {
  const TopicModel model = model_of({{0.75F}, {0.25F}}, {0.1});  // one topic: shares do not matter
  const HeldOut found = document_completion(model, counts_of({{0, 0, 0, 0, 0}, {1, 1}, {}}, 2), {});
  EXPECT_EQ(found.tokens, 3 + 1);
  EXPECT_EQ(found.documents, 2);
  EXPECT_EQ(found.empty_documents, 1);
  EXPECT_NEAR(found.log_likelihood, 3 * std::log(0.75) + std::log(0.25), 1e-6);
}

TEST(DocumentCompletion, LearnsFromTheFirstHalf) {
  // Terms are certain: after n tokens of topic 0 its share is (n + 0.5) / (n + 1), and φ(term 0, 0) = 1.
  const TopicModel model = model_of({{1.0F, 0.0F}, {0.0F, 1.0F}}, {0.5, 0.5});
  const HeldOut found = document_completion(model, counts_of({{0, 0, 0, 0, 0, 0}, {1}}, 2), {});
  EXPECT_NEAR(found.log_likelihood, 3 * std::log(3.5 / 4.0) + std::log(0.5), 1e-6);
}

TEST(DocumentCompletion, SplitsInARandomOrder) {
  const TopicModel model = model_of({{0.75F}, {0.25F}}, {0.1});
  const auto counts = counts_of({{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}}, 2);
  EXPECT_NE(document_completion(model, counts, {.seed = 1}).log_likelihood,
            document_completion(model, counts, {.seed = 2}).log_likelihood);
  double mean = 0.0;
  for (std::uint64_t seed = 0; seed < 400; ++seed)
    mean += document_completion(model, counts, {.seed = seed}).per_token();
  EXPECT_NEAR(mean / 400, (std::log(0.75) + std::log(0.25)) / 2, 0.03);  // standard error 0.008
}

TEST(LeftToRight, IsExactForOneToken) {
  const TopicModel model = model_of({{0.9F, 0.2F}, {0.1F, 0.8F}}, {0.3, 0.1});
  const HeldOut found = left_to_right(model, counts_of({{0}}, 2), {.particles = 1});
  EXPECT_NEAR(found.log_likelihood, std::log(0.9 * 0.75 + 0.2 * 0.25), 1e-6);
  EXPECT_EQ(found.tokens, 1);
}

// The mean over seeds of the probability (not of its logarithm) is p(w), for a few particles and for one.
void expect_unbiased(const TopicModel& model, const std::vector<TermId>& document, LeftToRightOptions options) {
  const double exact = enumerate(model, document).probability;
  const auto counts = counts_of({document}, static_cast<TermId>(model.terms()));
  const std::uint64_t seeds = 20000U / static_cast<std::uint64_t>(options.particles);
  double sum = 0.0;
  double squares = 0.0;
  for (options.seed = 0; options.seed < seeds; ++options.seed) {
    const double ratio = std::exp(left_to_right(model, counts, options).log_likelihood) / exact;
    sum += ratio;
    squares += ratio * ratio;
  }
  const auto size = static_cast<double>(seeds);
  const double mean = sum / size;
  const double error = std::sqrt((squares / size - mean * mean) / size);
  EXPECT_LT(error, 0.01);
  EXPECT_NEAR(mean, 1.0, 4 * error) << options.particles << " particles, " << options.redraws << " redraws";
}

TEST(LeftToRight, IsUnbiasedInProbability) {
  for (const std::size_t topics : {2UL, 3UL}) {
    const TopicModel model = random_model(topics + 10, 5, topics);
    const std::vector<TermId> document = {0, 1, 1, 3, 4, 4};
    for (const std::int32_t redraws : {0, 2, kAll}) {
      for (const std::int32_t particles : {1, 4}) {
        expect_unbiased(model, document, {.particles = particles, .redraws = redraws});
      }
    }
    expect_unbiased(model, document, {.particles = 1, .selection = false});
  }
}

TEST(LeftToRight, ManyParticlesComeToTheExactValue) {
  for (const std::uint64_t seed : {1UL, 2UL, 3UL}) {
    const TopicModel model = random_model(seed, 5, 3);
    const std::vector<TermId> document = {0, 1, 2, 2, 3, 4, 4, 4};
    const double exact = std::log(enumerate(model, document).probability);
    const auto counts = counts_of({document}, 5);
    EXPECT_NEAR(left_to_right(model, counts, {.particles = 20000, .seed = seed}).log_likelihood, exact, 0.03);
    // As published: near, but not there.
    const LeftToRightOptions published{.particles = 20000, .selection = false, .seed = seed};
    EXPECT_NEAR(left_to_right(model, counts, published).log_likelihood, exact, 0.3);
  }
}

TEST(LeftToRight, ATermThatNoTopicHasIsImpossible) {
  const TopicModel model = model_of({{1.0F, 1.0F}, {0.0F, 0.0F}}, {1.0, 1.0});
  EXPECT_EQ(left_to_right(model, counts_of({{0, 1}}, 2), {}).log_likelihood, -HUGE_VAL);
}

TEST(LeftToRight, HardlyLosesByDrawingFewTokensAnew) {
  const TopicModel model = random_model(7, 60, 8);
  const auto counts = vectorize::count_terms(vectorize::random_tokens(/*seed=*/3, 40, 60, 60), 60);
  const double all = left_to_right(model, counts, {}).per_token();
  EXPECT_NEAR(left_to_right(model, counts, {.redraws = 10}).per_token(), all, 0.02);
}

TEST(PointLogLikelihood, IsAsWorkedOut) {
  const TopicModel model = model_of({{0.9F, 0.2F}, {0.1F, 0.8F}}, {0.5, 0.5});
  DenseMatrix shares(2, 2);
  shares << 0.5F, 0.5F, 1.0F, 0.0F;
  const auto counts = counts_of({{0, 0, 1}, {1}}, 2);
  const HeldOut found = point_log_likelihood(model, shares, counts);
  EXPECT_NEAR(found.log_likelihood, 2 * std::log(0.55) + std::log(0.45) + std::log(0.1), 1e-6);
  EXPECT_EQ(found.tokens, 4);
  const std::vector<TopicCounts> samples = {topic_counts({{2, 1}, {0, 1}})};  // shares 2.5 / 4, 1.5 / 4; 0.25, 0.75
  EXPECT_NEAR(
      point_log_likelihood(model, DocumentTopics{samples, 1}, counts).log_likelihood,
      2 * std::log(0.9 * 0.625 + 0.2 * 0.375) + std::log(0.1 * 0.625 + 0.8 * 0.375) + std::log(0.1 * 0.25 + 0.8 * 0.75),
      1e-6);
}

TEST(PointLogLikelihood, AgreesWithThePlainSum) {
  const TopicModel model = random_model(4, 90, 37);
  const auto counts = vectorize::count_terms(vectorize::random_tokens(/*seed=*/5, 200, 90, 50), 90);
  const DenseMatrix shares = infer_topics(model, counts, {});
  double expected = 0.0;
  for (Eigen::Index r = 0; r < counts.values.rows(); ++r) {
    for (vectorize::SparseMatrix::InnerIterator entry(counts.values, r); entry; ++entry) {
      double sum = 0.0;
      for (Eigen::Index k = 0; k < 37; ++k) {
        sum += static_cast<double>(model.term_given_topic(entry.col(), k)) * static_cast<double>(shares(r, k));
      }
      expected += static_cast<double>(entry.value()) * std::log(sum);
    }
  }
  EXPECT_NEAR(point_log_likelihood(model, shares, counts).log_likelihood / expected, 1.0, 1e-6);
}

TEST(HeldOut, IsTheSameForAnyThreads) {
  const TopicModel model = random_model(3, 100, 20);
  const auto counts = vectorize::count_terms(vectorize::random_tokens(/*seed=*/4, 300, 100, 30), 100);
  const DenseMatrix shares = infer_topics(model, counts, {});
  const RunContext one{.threads = 1};
  const RunContext eight{.threads = 8};
  EXPECT_EQ(document_completion(model, counts, {}, one).log_likelihood,
            document_completion(model, counts, {}, eight).log_likelihood);
  EXPECT_EQ(left_to_right(model, counts, {.particles = 3}, one).log_likelihood,
            left_to_right(model, counts, {.particles = 3}, eight).log_likelihood);
  EXPECT_EQ(point_log_likelihood(model, shares, counts, one).log_likelihood,
            point_log_likelihood(model, shares, counts, eight).log_likelihood);
}

TEST(HeldOut, RefusesWhatDoesNotFit) {
  const TopicModel model = model_of({{0.5F, 0.5F}, {0.5F, 0.5F}}, {0.1, 0.1});
  const auto counts = counts_of({{0, 1}}, 2);
  EXPECT_THROW((void)document_completion(model, counts_of({{0}}, 3), {}), Error);
  EXPECT_THROW((void)left_to_right(model, counts, {.particles = 0}), Error);
  EXPECT_THROW((void)left_to_right(model, counts, {.redraws = -1}), Error);
  EXPECT_THROW((void)point_log_likelihood(model, DenseMatrix::Ones(2, 2), counts), Error);
  EXPECT_THROW((void)point_log_likelihood(model, DenseMatrix::Ones(1, 3), counts), Error);
  const std::vector<TopicCounts> wrong = {topic_counts({{0, 0, 1}})};
  EXPECT_THROW((void)point_log_likelihood(model, DocumentTopics{wrong, 1}, counts), Error);
  EXPECT_THROW((void)point_log_likelihood(model, DocumentTopics{{}, 1}, counts), Error);
}

}  // namespace
}  // namespace malmoi::topics
