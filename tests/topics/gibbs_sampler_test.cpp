#include "topics/gibbs_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "corpus/base/rng.h"
#include "tests/support/topic_corpus.h"

namespace malmoi::topics {
namespace {

using testing::count_matrix;
using Documents = std::vector<std::vector<int>>;

// ln p(z, w) of the collapsed model, up to a constant: Griffiths and Steyvers 2004, equations 2 and 3.
double log_joint(const Documents& documents, const std::vector<std::uint16_t>& z, int terms,
                 const LdaOptions& options) {
  const auto topics = static_cast<std::size_t>(options.topics);
  std::vector<std::vector<double>> n_wk(static_cast<std::size_t>(terms), std::vector<double>(topics));
  std::vector<double> n_k(topics);
  double sum = 0;
  std::size_t token = 0;
  for (const std::vector<int>& document : documents) {
    std::vector<double> n_dk(topics);
    for (const int w : document) {
      ++n_dk[z[token]];
      ++n_wk[static_cast<std::size_t>(w)][z[token]];
      ++n_k[z[token++]];
    }
    for (const double n : n_dk) sum += std::lgamma(n + first_alpha(options));
  }
  for (std::size_t k = 0; k < topics; ++k) {
    for (const auto& row : n_wk) sum += std::lgamma(row[k] + options.beta);
    sum -= std::lgamma(n_k[k] + terms * options.beta);
  }
  return sum;
}

// All assignments of the tokens with their exact posterior probabilities.
std::map<std::vector<std::uint16_t>, double> exact_posterior(const Documents& documents, int terms,
                                                             const LdaOptions& options) {
  std::size_t tokens = 0;
  for (const auto& document : documents) tokens += document.size();
  std::map<std::vector<std::uint16_t>, double> posterior;
  std::vector<std::uint16_t> z(tokens);
  double sum = 0;
  while (true) {
    sum += posterior[z] = std::exp(log_joint(documents, z, terms, options));
    std::size_t i = 0;
    while (i < tokens && ++z[i] == options.topics) z[i++] = 0;
    if (i == tokens) break;
  }
  for (auto& [assignment, probability] : posterior) probability /= sum;
  return posterior;
}

// The largest difference between the exact probability of an assignment and how often the sampler is there.
double distance_from_exact(const Documents& documents, int terms, const LdaOptions& options, int sweeps) {
  GibbsSampler sampler(count_matrix(documents, terms), options, {});
  sampler.set_priors(
      {std::vector<double>(static_cast<std::size_t>(options.topics), first_alpha(options)), options.beta});
  sampler.assign(std::vector<std::uint16_t>(static_cast<std::size_t>(sampler.tokens()), kUnassigned), {});
  std::map<std::vector<std::uint16_t>, double> seen;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (int round = 0; round < sampler.rounds(); ++round) (void)sampler.sample_round(sweep, round, {});
    seen[sampler.assignments({})] += 1.0 / sweeps;
  }
  double worst = 0;
  for (const auto& [z, probability] : exact_posterior(documents, terms, options)) {
    worst = std::max(worst, std::abs(probability - seen[z]));
  }
  return worst;
}

// Topics' totals may be a little old where several shards, or several terms of a shard, are worked on at once. With one
// document and a part for each term, or one term alone, nothing is at once: the sampler is exact.

TEST(GibbsSampler, DrawsFromTheExactPosteriorOfADocument) {
  const Documents documents = {{0, 0, 1, 2, 3, 3}};
  EXPECT_LT(distance_from_exact(documents, 4, {.topics = 2, .alpha = 0.4, .beta = 0.3, .shards = 4}, 100000), 0.005);
  EXPECT_LT(distance_from_exact(documents, 4, {.topics = 3, .alpha = 0.1, .beta = 0.5, .shards = 4}, 100000), 0.01);
}

TEST(GibbsSampler, DrawsFromTheExactPosteriorOfATermInSeveralDocuments) {
  const Documents documents = {{0, 0, 0}, {0, 0}, {0}};
  EXPECT_LT(distance_from_exact(documents, 1, {.topics = 3, .alpha = 0.3, .beta = 0.2, .shards = 1}, 100000), 0.005);
}

TEST(GibbsSampler, IsNearTheExactPosteriorWherePartsMeetAtOnce) {
  // Seven tokens in two documents and four terms, in parts of two: no corpus has totals that matter more.
  const Documents documents = {{0, 0, 1, 2}, {1, 3, 3}};
  EXPECT_LT(distance_from_exact(documents, 4, {.topics = 3, .alpha = 0.5, .beta = 0.2, .shards = 2}, 100000), 0.02);
}

TEST(GibbsSampler, DrawsFromTheExactPosteriorWithSparseRows) {
  // 120 topics for four tokens: rows are sparse, and topics lie in eight vectors. Which tokens share a topic is
  // compared, as topics are interchangeable.
  const Documents documents = {{0, 0, 1, 1}};
  const LdaOptions options{.topics = 120, .alpha = 0.02, .beta = 0.1, .shards = 2};
  GibbsSampler sampler(count_matrix(documents, 2), options, {});
  sampler.set_priors({std::vector<double>(120, first_alpha(options)), options.beta});
  sampler.assign(std::vector<std::uint16_t>(4, kUnassigned), {});
  using Pattern = std::vector<std::uint16_t>;  // topics renamed in the order of their first token
  const auto pattern = [](const std::vector<std::uint16_t>& z) {
    Pattern names;
    std::map<std::uint16_t, std::uint16_t> name;
    for (const std::uint16_t k : z)
      names.push_back(name.emplace(k, static_cast<std::uint16_t>(name.size())).first->second);
    return names;
  };
  std::map<Pattern, double> seen;
  std::vector<double> topic_seen(120);
  constexpr int kSweeps = 200000;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (int round = 0; round < 2; ++round) (void)sampler.sample_round(sweep, round, {});
    const auto z = sampler.assignments({});
    seen[pattern(z)] += 1.0 / kSweeps;
    topic_seen[z[3]] += 1.0 / kSweeps;
  }
  std::map<Pattern, double> exact;
  const double base = log_joint(documents, {0, 0, 0, 0}, 2, options);
  double sum = 0;
  for (const auto& [names, times] : seen) {
    const int topics = 1 + *std::max_element(names.begin(), names.end());
    double ways = 1;
    for (int k = 0; k < topics; ++k) ways *= 120 - k;
    sum += exact[names] = ways * std::exp(log_joint(documents, names, 2, options) - base);
  }
  EXPECT_EQ(exact.size(), 15U);  // ways to part four tokens
  for (const auto& [names, weight] : exact) EXPECT_NEAR(seen[names], weight / sum, 0.006);
  for (const double share : topic_seen) EXPECT_NEAR(share, 1.0 / 120, 0.008);
}

TEST(GibbsSampler, GivesBackWhatItWasAssigned) {
  const testing::TopicCorpus corpus = testing::topic_corpus({.documents = 50, .length = 30});
  for (const std::int32_t topics : {7, 50, 400}) {
    GibbsSampler sampler(count_matrix(corpus.documents, 100), {.topics = topics}, {});
    sampler.set_priors({std::vector<double>(static_cast<std::size_t>(topics), 0.1), 0.01});
    std::vector<std::uint16_t> assigned;
    Rng rng(3);
    for (std::int64_t i = 0; i < sampler.tokens(); ++i) {
      assigned.push_back(static_cast<std::uint16_t>(rng.uniform_index(static_cast<std::size_t>(topics))));
    }
    sampler.assign(assigned, {});
    EXPECT_EQ(sampler.assignments({.threads = 4}), assigned);
    const TopicCounts documents = sampler.document_topics({});
    std::map<std::uint16_t, std::int32_t> first;
    for (std::size_t i = 0; i < 30; ++i) ++first[assigned[i]];
    std::map<std::uint16_t, std::int32_t> counted;
    for (std::size_t i = 0; i < documents.row_topics(0).size(); ++i) {
      counted[documents.row_topics(0)[i]] = documents.row_counts(0)[i];
    }
    EXPECT_EQ(counted, first);
  }
}

TEST(GibbsSampler, WeighsTokensByIdfAndPmi) {
  // Term 0: in both documents; term 1: twice in the first; term 2: once in the second.
  const Documents documents = {{0, 1, 1}, {0, 2}};
  for (const TermWeight weight : {TermWeight::idf, TermWeight::pmi}) {
    GibbsSampler sampler(count_matrix(documents, 3), {.topics = 2, .term_weight = weight, .shards = 1}, {});
    sampler.set_priors({{0.1, 0.1}, 0.01});
    sampler.assign(std::vector<std::uint16_t>(5, 1), {});
    ASSERT_EQ(sampler.unit(), 64);
    const TopicCounts terms = sampler.term_topics({});
    const auto units = [&](std::size_t term) { return terms.row_counts(term).empty() ? 0 : terms.row_counts(term)[0]; };
    if (weight == TermWeight::idf) {
      EXPECT_EQ(units(0), 0);  // ln(2 / 2)
      EXPECT_EQ(units(1), 2 * std::lround(64 * std::log(2.0)));
      EXPECT_EQ(units(2), std::lround(64 * std::log(2.0)));
    } else {
      // p(w | d) / p(w): term 0 (1/3) / (2/5) and (1/2) / (2/5); term 1 (2/3) / (2/5); term 2 (1/2) / (1/5)
      EXPECT_EQ(units(0), std::lround(64 * std::log(5.0 / 4)));
      EXPECT_EQ(units(1), 2 * std::lround(64 * std::log(5.0 / 3)));
      EXPECT_EQ(units(2), std::lround(64 * std::log(5.0 / 2)));
    }
  }
}

}  // namespace
}  // namespace malmoi::topics
