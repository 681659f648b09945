#include "apps/topic_sweep.h"

#include <gtest/gtest.h>

#include <cmath>

#include "corpus/base/error.h"
#include "tests/support/topic_corpus.h"

namespace malmoi::apps {
namespace {

struct Made {
  TopicInput input;
  TokenSequences texts;
};

Made made_of_five_topics() {
  const testing::TopicCorpus corpus = testing::topic_corpus(
      {.topics = 5, .terms = 100, .documents = 400, .length = 60, .alpha = 0.15, .beta = 0.05, .seed = 4});
  Made made;
  made.input.counts = testing::count_matrix(corpus.documents, 100);
  for (TermId term = 0; term < 100; ++term) {
    made.input.terms.push_back(concat("term", term));
    made.input.term_ids.push_back(term);
  }
  for (const std::vector<int>& document : corpus.documents) {
    made.texts.row_ids.push_back(static_cast<std::int64_t>(made.texts.row_ids.size()) + 1);
    made.texts.terms.insert(made.texts.terms.end(), document.begin(), document.end());
    made.texts.offsets.push_back(made.texts.terms.size());
  }
  return made;
}

TopicSweepOptions options_for(std::vector<std::int32_t> topics) {
  TopicSweepOptions options;
  options.topics = std::move(topics);
  options.lda.iterations = 120;
  options.lda.burn_in = 20;
  options.lda.samples = 2;
  return options;
}

TEST(SweepTopics, ShowsTheNumberOfTopicsThatDocumentsWereMadeOf) {
  const Made made = made_of_five_topics();
  const std::vector<TopicSweepRow> rows = sweep_topics(made.input, made.texts, options_for({2, 5, 15}), {});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].topics, 5);
  // Up to five topics each one helps; more of them only split what is there, in another way for every seed.
  const double to_five = rows[1].held_out.mean - rows[0].held_out.mean;
  const double beyond = rows[2].held_out.mean - rows[1].held_out.mean;
  EXPECT_GT(to_five, 0.2);
  EXPECT_LT(beyond, to_five / 2);
  EXPECT_GT(rows[1].stability.mean, 0.8);
  EXPECT_LT(rows[2].stability.mean, rows[1].stability.mean);
  for (const TopicSweepRow& row : rows) {
    EXPECT_LE(row.held_out.low, row.held_out.mean);
    EXPECT_LE(row.held_out.mean, row.held_out.high);
    EXPECT_GT(row.coherence.low, -1.0);
    EXPECT_LE(row.stability.high, 1.0 + 1e-6);
  }
}

TEST(SweepTopics, GivesTheSameForEveryNumberOfThreads) {
  const Made made = made_of_five_topics();
  TopicSweepOptions options = options_for({3, 6});
  options.seeds = 2;
  options.lda.iterations = 30;
  const auto one = sweep_topics(made.input, made.texts, options, {.threads = 1});
  const auto eight = sweep_topics(made.input, made.texts, options, {.threads = 8});
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(one[i].held_out.mean, eight[i].held_out.mean);
    EXPECT_EQ(one[i].coherence.mean, eight[i].coherence.mean);
    EXPECT_EQ(one[i].exclusivity.high, eight[i].exclusivity.high);
    EXPECT_EQ(one[i].stability.mean, eight[i].stability.mean);
  }
}

TEST(SweepTopics, MeasuresNoStabilityFromOneSeed) {
  const Made made = made_of_five_topics();
  TopicSweepOptions options = options_for({4});
  options.seeds = 1;
  options.lda.iterations = 20;
  const auto rows = sweep_topics(made.input, made.texts, options, {});
  EXPECT_TRUE(std::isnan(rows[0].stability.mean));
  EXPECT_EQ(rows[0].held_out.low, rows[0].held_out.high);
}

TEST(SweepTopics, RefusesWhatItCannotMeasure) {
  const Made made = made_of_five_topics();
  TopicSweepOptions options = options_for({4});
  const auto refused = [&](const TopicSweepOptions& bad) {
    try {
      (void)sweep_topics(made.input, made.texts, bad, {});
    } catch (const Error& error) {
      return error.code() == ErrorCode::invalid_argument;
    }
    return false;
  };
  EXPECT_TRUE(refused(options_for({})));
  EXPECT_TRUE(refused(options_for({1})));
  options.seeds = 0;
  EXPECT_TRUE(refused(options));
  options = options_for({4});
  options.held_out = 0.0001;  // of 400 documents: none
  EXPECT_TRUE(refused(options));
  options.held_out = 1;
  EXPECT_TRUE(refused(options));
  options = options_for({4});
  options.top_terms = 1;
  EXPECT_TRUE(refused(options));
}

}  // namespace
}  // namespace malmoi::apps
