#include "vectorize/association.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "corpus/base/error.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::vectorize {
namespace {

// "new companies" in Manning and Schütze 1999, sections 5.3.1, 5.3.3 and 5.4.
constexpr Contingency kNewCompanies = {8, 15828, 4675, 14307668};

TEST(Association, AgreesWithTheTextbook) {
  EXPECT_NEAR(t_score(kNewCompanies), 0.999932, 1e-6);
  EXPECT_NEAR(chi_squared(kNewCompanies), 1.55, 0.01);
  EXPECT_NEAR(pmi({20, 42, 20, 14307668}), 18.38, 0.01);  // "Ayatollah Ruhollah"
}

TEST(Association, LogLikelihoodAgreesWithItsBinomialForm) {  // Dunning 1993, equation of -2 log λ
  const auto log_l = [](double k, double n, double p) { return k * std::log(p) + (n - k) * std::log(1 - p); };
  const Contingency table = {110, 2552, 221, 31777};
  const double rest = 31777 - 2552;
  const double p1 = 110.0 / 2552;
  const double p2 = (221 - 110) / rest;
  const double p = 221.0 / 31777;
  const double expected = 2 * (log_l(110, 2552, p1) + log_l(111, rest, p2) - log_l(110, 2552, p) - log_l(111, rest, p));
  EXPECT_NEAR(log_likelihood(table), expected, 1e-6);
}

TEST(Association, IsNothingForIndependentEvents) {
  constexpr Contingency table = {6, 20, 30, 100};
  EXPECT_NEAR(pmi(table), 0.0, 1e-12);
  EXPECT_NEAR(npmi(table), 0.0, 1e-12);
  EXPECT_NEAR(log_likelihood(table), 0.0, 1e-12);
  EXPECT_NEAR(chi_squared(table), 0.0, 1e-12);
  EXPECT_NEAR(t_score(table), 0.0, 1e-12);
}

TEST(Association, IsDefinedAtTheEdges) {
  EXPECT_DOUBLE_EQ(npmi({5, 5, 5, 100}), 1.0);
  EXPECT_DOUBLE_EQ(npmi({7, 7, 7, 7}), 1.0);
  EXPECT_DOUBLE_EQ(npmi({0, 5, 5, 100}), -1.0);
  EXPECT_EQ(pmi({0, 5, 5, 100}), -HUGE_VAL);
  EXPECT_EQ(t_score({0, 5, 5, 100}), 0.0);
  EXPECT_EQ(chi_squared({5, 5, 100, 100}), 0.0);
  for (const auto measure : {Association::pmi, Association::npmi, Association::log_likelihood, Association::chi_squared,
                             Association::t_score}) {
    EXPECT_EQ(associate(measure, {0, 0, 0, 0}), 0.0);
  }
}

TEST(Collocations, CountsPairsWithinDocumentsOnly) {
  const TokenizedCorpus corpus = corpus_of({"new york is", "new york", "is new"});  // new 0, york 1, is 2
  const auto found = collocations(corpus.tokens, {.min_count = 1});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].first, 0);
  EXPECT_EQ(found[0].second, 1);
  EXPECT_EQ(found[0].counts.joint, 2);
  EXPECT_EQ(found[0].counts.x, 2);  // pairs that begin with "new"
  EXPECT_EQ(found[0].counts.y, 2);
  EXPECT_EQ(found[0].counts.total, 4);
  EXPECT_DOUBLE_EQ(found[0].score, 8 * std::log(2.0));  // cells 2, 0, 0, 2 of 4
}

TEST(Collocations, AgreeWithAMapInAnyWindow) {
  const TokenSequences tokens = random_tokens(/*seed=*/21, 20000, 40, 12);
  for (const int window : {2, 5}) {
    std::map<std::pair<TermId, TermId>, std::int64_t> expected;
    for (std::size_t r = 0; r < tokens.rows(); ++r) {
      const auto row = tokens.row(r);
      for (std::size_t i = 0; i < row.size(); ++i) {
        for (std::size_t j = i + 1; j < row.size() && j < i + static_cast<std::size_t>(window); ++j) {
          ++expected[{row[i], row[j]}];
        }
      }
    }
    std::erase_if(expected, [](const auto& pair) { return pair.second < 20; });
    const auto found =
        collocations(tokens, {.window = window, .min_count = 20, .measure = Association::pmi}, {.threads = 4});
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].counts.joint, (expected.at({found[i].first, found[i].second})));
      EXPECT_GE(found[i == 0 ? 0 : i - 1].score, found[i].score);
    }
  }
}

TEST(Collocations, LeaveOutLowScoresAndPairsThatAvoidEachOther) {
  const TokenSequences tokens = random_tokens(/*seed=*/22, 3000, 30, 10);
  for (const Collocation& pair : collocations(tokens, {.min_count = 1, .min_score = 3.84})) {
    EXPECT_GE(pair.score, 3.84);
    EXPECT_GT(pmi(pair.counts), 0.0);
  }
}

TEST(Collocations, RefuseOptionsWithoutMeaning) {
  EXPECT_THROW((void)collocations({}, {.window = 1}), Error);
  EXPECT_THROW((void)collocations({}, {.min_count = 0}), Error);
  EXPECT_THROW((void)collocations({{1}, {0, 1}, {-1}}, {}), Error);
  EXPECT_TRUE(collocations({}, {}).empty());
}

TEST(Keyness, IsSignedAndOrdered) {
  const auto found = keyness(counts({{30, 10, 0, 0}, {5, 10, 25, 0}}), {true, false});
  ASSERT_EQ(found.size(), 3U);  // term 3 does not occur
  EXPECT_EQ(found[0].term, 0);
  EXPECT_EQ(found[1].term, 1);
  EXPECT_EQ(found[2].term, 2);
  EXPECT_NEAR(found[0].chi_squared, 80.0 * std::pow(30.0 * 35 - 10.0 * 5, 2) / (40.0 * 40 * 35 * 45), 1e-9);
  EXPECT_NEAR(found[0].log_ratio, std::log2(6.0), 1e-12);
  EXPECT_NEAR(found[1].log_likelihood, 0.0, 1e-12);
  EXPECT_LT(found[2].log_likelihood, 0.0);
  EXPECT_NEAR(found[2].log_ratio, std::log2(0.5 / 25), 1e-12);
}

TEST(Keyness, RefusesGroupsWithoutTokens) {
  EXPECT_THROW((void)keyness(counts({{1}, {0}}), {true, false}), Error);
  EXPECT_THROW((void)keyness(counts({{1}, {1}}), {true}), Error);
}

TEST(Dispersion, IsZeroForAnEvenTermAndLargeForAClumpedOne) {
  // Documents of 2, 2 and 4 tokens.
  const auto found = dispersion(counts({{1, 1, 0, 0}, {1, 0, 1, 0}, {2, 0, 2, 0}}));
  EXPECT_NEAR(found[0].dp, 0.0, 1e-12);
  EXPECT_NEAR(found[1].dp, 0.75, 1e-12);  // all in a document of a quarter of the tokens
  EXPECT_NEAR(found[2].dp, 0.5 * (0.25 + std::abs(1.0 / 3 - 0.25) + std::abs(2.0 / 3 - 0.5)), 1e-12);
  EXPECT_EQ(found[2].documents, 2);
  EXPECT_EQ(found[2].occurrences, 3);
  EXPECT_DOUBLE_EQ(found[2].document_share, 2.0 / 3);
  EXPECT_EQ(found[3].dp, 0.0);
  EXPECT_EQ(found[3].documents, 0);
}

}  // namespace
}  // namespace malmoi::vectorize
