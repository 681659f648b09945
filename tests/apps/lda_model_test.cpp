#include "apps/lda_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/corpus_flags.h"
#include "corpus/base/error.h"
#include "corpus/tensors.h"
#include "tests/support/stored_models.h"

namespace malmoi::apps {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Three documents, three terms, two topics, two samples: by hand.
LdaModel sample() {
  LdaModel model;
  topics::Lda& lda = model.lda;
  lda.options.topics = 2;
  lda.options.iterations = 20;
  lda.options.samples = 2;
  lda.options.alpha = 0.1;
  lda.options.anneal_sweeps = 7;
  lda.options.anneal_share = 0.25;
  lda.options.alpha_prior = topics::AlphaPrior::symmetric;
  lda.options.term_weight = topics::TermWeight::pmi;
  lda.options.seed_words = {{2, 1}};
  lda.options.seed = 18446744073709551615U;
  lda.alpha = {0.1, 0.30000000000000004};
  lda.beta = 0.01;
  lda.unit = 64;
  lda.weights = {topics::TermWeight::pmi, {10.0, 5.5, 1.25}};
  lda.sweeps = 20;
  lda.samples = 2;
  lda.term_topics = {{0, 1, 3, 3}, {0, 0, 1}, {4, 2, 300}};
  lda.document_topics = {{{0, 1, 1, 2}, {0, 1}, {2, 1}}, {{0, 2, 2, 3}, {0, 1, 1}, {1, 1, 1}}};
  lda.assignments = {0, 1, 1};
  lda.log_likelihood = {-8.5, -8.125};
  model.terms = {"영화", "new york", "a\nb"};
  model.row_ids = {3, 4, 70000};
  model.row_tokens = {2, 0, 1};
  model.row_hashes = {11, 0, 9223372036854775807};
  model.analyzer = R"({"korean":"word"})";
  model.selection = {.min_df = "1", .max_df = "0.5", .remove_top = 2, .max_features = 7, .where = "label='ㄱ'"};
  return model;
}

void expect_same(const LdaModel& a, const LdaModel& b) {
  EXPECT_EQ(a.lda.options.seed_words, b.lda.options.seed_words);
  EXPECT_EQ(a.lda.options.seed, b.lda.options.seed);
  EXPECT_EQ(a.lda.options.alpha_prior, b.lda.options.alpha_prior);
  EXPECT_EQ(a.lda.options.term_weight, b.lda.options.term_weight);
  EXPECT_EQ(a.lda.alpha, b.lda.alpha);
  EXPECT_EQ(a.lda.beta, b.lda.beta);
  EXPECT_EQ(a.lda.unit, b.lda.unit);
  EXPECT_EQ(a.lda.options.alpha, b.lda.options.alpha);
  EXPECT_EQ(a.lda.options.anneal_sweeps, b.lda.options.anneal_sweeps);
  EXPECT_EQ(a.lda.options.anneal_share, b.lda.options.anneal_share);
  EXPECT_EQ(a.lda.weights.kind, b.lda.weights.kind);
  EXPECT_EQ(a.lda.weights.figures, b.lda.weights.figures);
  EXPECT_EQ(a.lda.sweeps, b.lda.sweeps);
  EXPECT_EQ(a.lda.rounds, b.lda.rounds);
  EXPECT_EQ(a.lda.samples, b.lda.samples);
  EXPECT_EQ(a.lda.term_topics, b.lda.term_topics);
  EXPECT_EQ(a.lda.document_topics, b.lda.document_topics);
  EXPECT_EQ(a.lda.assignments, b.lda.assignments);
  EXPECT_EQ(a.lda.log_likelihood, b.lda.log_likelihood);
  EXPECT_EQ(a.terms, b.terms);
  EXPECT_EQ(a.row_ids, b.row_ids);
  EXPECT_EQ(a.row_tokens, b.row_tokens);
  EXPECT_EQ(a.row_hashes, b.row_hashes);
  EXPECT_EQ(a.analyzer, b.analyzer);
  EXPECT_EQ(a.selection, b.selection);
}

TEST(LdaModel, ComesBackAsItWasStoredAndGivesTheSameBytesAgain) {
  const corpus::StoredModel stored = to_stored(sample());
  EXPECT_EQ(stored.kind, "lda");
  EXPECT_EQ(stored.checksum, corpus::checksum(stored));
  const LdaModel model = lda_from_stored(stored, "test");
  expect_same(model, sample());
  EXPECT_EQ(model.fingerprint, stored.checksum);
  EXPECT_TRUE(model.finished());
  EXPECT_EQ(to_stored(model).tensors, stored.tensors);
  EXPECT_EQ(to_stored(model).options, stored.options);
}

TEST(LdaModel, TellsItsOptionsInWordsOfTheUser) {
  const auto fields = nlohmann::json::parse(to_stored(sample()).options);
  EXPECT_EQ(fields["options"]["alpha_prior"], "symmetric");
  EXPECT_EQ(fields["options"]["term_weight"], "pmi");
  EXPECT_EQ(fields["options"]["seed_words"], nlohmann::json::parse(R"([[1, "a\nb"]])"));
  EXPECT_EQ(fields["selection"]["min_df"], "1");
  EXPECT_EQ(fields["selection"]["max_features"], 7);
  EXPECT_EQ(fields["documents"], 3);
  EXPECT_EQ(fields["terms"], 3);
  EXPECT_EQ(fields["tokens"], 3);
  EXPECT_FALSE(fields.contains("checkpoint"));
}

TEST(LdaModel, ACheckpointKeepsWhatTheFinishedModelMayDo) {
  LdaModel model = sample();
  model.lda.sweeps = 19;
  model.lda.rounds = 3;
  model.lda.assignments[1] = topics::kUnassigned;  // of the first sweep: not yet drawn
  model.lda.samples = 0;
  model.lda.term_topics = {};
  model.lda.document_topics.clear();
  model.replaces = true;
  model.keeps_names = true;
  const LdaModel back = lda_from_stored(to_stored(model), "test");
  expect_same(back, model);
  EXPECT_FALSE(back.finished());
  EXPECT_TRUE(back.replaces);
  EXPECT_TRUE(back.keeps_names);
}

TEST(LdaModel, SharesAreThoseOfTheCounts) {
  EXPECT_THAT(topic_shares(sample().lda), ElementsAre(DoubleEq(6.0 / 306), DoubleEq(300.0 / 306)));
}

ErrorCode code_of(const corpus::StoredModel& stored) {
  try {
    (void)lda_from_stored(stored, "model lda");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("model lda: damaged"));
    return error.code();
  }
  ADD_FAILURE() << "was read: " << stored.options;
  return ErrorCode::io;
}

// Parts that do not fit each other, with a right checksum: from a faulty or hostile program.
TEST(LdaModel, PartsThatDoNotFitAreRefused) {
  const std::vector<std::function<void(LdaModel&)>> faults = {
      [](LdaModel& m) { m.lda.assignments[0] = 2; },
      [](LdaModel& m) { m.lda.assignments[0] = topics::kUnassigned; },  // of a finished model
      [](LdaModel& m) { m.lda.assignments.push_back(0); },
      [](LdaModel& m) { m.lda.alpha.push_back(0.1); },
      [](LdaModel& m) { m.lda.alpha[0] = 0; },
      [](LdaModel& m) { m.lda.beta = -1; },
      [](LdaModel& m) { m.lda.unit = 0; },
      [](LdaModel& m) { m.lda.sweeps = 21; },
      [](LdaModel& m) { m.lda.samples = 3; },
      [](LdaModel& m) { m.lda.weights.figures[0] = -1; },
      [](LdaModel& m) { m.lda.weights.figures.pop_back(); },
      [](LdaModel& m) { m.lda.options.term_weight = topics::TermWeight::one; },
      [](LdaModel& m) { m.lda.term_topics.topics[1] = 2; },
      [](LdaModel& m) {
        m.lda.term_topics.offsets = {0, 1, 3};
      },
      [](LdaModel& m) {
        m.lda.term_topics.offsets = {0, 1, 2, 2};
      },
      [](LdaModel& m) { m.lda.term_topics.counts.pop_back(); },
      [](LdaModel& m) { m.lda.document_topics[1].offsets.push_back(3); },
      [](LdaModel& m) { m.lda.options.topics = 40000; },
      [](LdaModel& m) { m.lda.options.seed_words[0].topic = 2; },
      [](LdaModel& m) {
        m.terms.pop_back();
        m.lda.options.seed_words.clear();
      },
      [](LdaModel& m) {
        m.row_ids = {4, 3, 5};
      },
      [](LdaModel& m) { m.row_tokens.pop_back(); },
      [](LdaModel& m) { m.row_hashes.pop_back(); }};
  for (std::size_t i = 0; i < faults.size(); ++i) {
    LdaModel model = sample();
    faults[i](model);
    EXPECT_EQ(code_of(to_stored(model)), ErrorCode::corrupt_data) << "fault " << i;
  }
}

TEST(LdaModel, EveryShorterAndEveryFlippedTextThrowsOrReadsSafely) {
  const auto read = [](const corpus::StoredModel& stored) { (void)lda_from_stored(stored, "test"); };
  EXPECT_GT(testing::expect_damage_is_found(to_stored(sample()), {.tensors = 3}, read), 300);
}

// A model that was stored by one version is read by every later one. The first had no annealing, and did not keep what
// tokens weigh: they have weight 1.
TEST(LdaModel, ReadsTheGoldenFileOfVersion1) {
  const corpus::StoredModel stored = testing::golden_model("lda", 1);
  EXPECT_EQ(corpus::checksum(stored), "a31ac35293da2c53");
  LdaModel expected = sample();
  expected.lda.options.anneal_sweeps = 0;
  expected.lda.options.anneal_share = topics::LdaOptions{}.anneal_share;
  expected.lda.weights = {};
  expect_same(lda_from_stored(stored, "golden"), expected);
}

TEST(LdaModel, ReadsAndWritesTheGoldenFileOfVersion2) {
  const corpus::StoredModel stored = testing::golden_model("lda", 2);
  EXPECT_EQ(corpus::checksum(stored), "4688cecc838df5d9");
  expect_same(lda_from_stored(stored, "golden"), sample());
  EXPECT_EQ(to_stored(sample()).tensors, stored.tensors);
  EXPECT_EQ(to_stored(sample()).options, stored.options);
}

TEST(TermSelection, ComesBackFromJson) {
  const TermSelection selection{.min_df = "3", .max_df = "10%", .remove_top = 4, .max_features = {}, .where = "a\"b"};
  EXPECT_EQ(term_selection_from_json(to_json(selection)), selection);
  EXPECT_EQ(term_selection_from_json(to_json(TermSelection{})), TermSelection{});
  for (const std::string_view json : {"", "[]", "{}", R"({"min_df":5,"max_df":"1","remove_top":0})"}) {
    EXPECT_THROW((void)term_selection_from_json(json), Error) << json;
  }
}

TEST(ParseFrequency, TakesNumbersAndShares) {
  EXPECT_EQ(parse_frequency("--min-df", "5").value, 5);
  EXPECT_FALSE(parse_frequency("--min-df", "5").share);
  EXPECT_EQ(parse_frequency("--min-df", "0.25").value, 0.25);
  EXPECT_TRUE(parse_frequency("--min-df", "0.25").share);
  EXPECT_EQ(parse_frequency("--min-df", "25%").value, 0.25);
  EXPECT_TRUE(parse_frequency("--min-df", "25%").share);
  for (const std::string_view text : {"", "%", "x", "5x", "-1", "1.5", "101%", "nan"}) {
    EXPECT_THROW((void)parse_frequency("--min-df", text), Error) << text;
  }
}

}  // namespace
}  // namespace malmoi::apps
