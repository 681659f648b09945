#include "apps/page/page_terms.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "apps/page/topic_names.h"
#include "corpus/base/parallel.h"

namespace malmoi::apps {
namespace {

constexpr double kNameLambda = 0.6;
constexpr std::size_t kNameTerms = 12;
constexpr std::size_t kMostTopicsOfTerm = 5;
constexpr double kSmallestShown = 0.005;

bool better(const Weighted& a, const Weighted& b) {
  return a.value != b.value ? a.value > b.value : a.index < b.index;
}

double total_of(std::span<const std::int64_t> tokens) {
  return static_cast<double>(std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0}));
}

// A term in a topic, with the logarithms that its relevance is made of.
struct Candidate {
  std::int32_t column = 0;
  float probability = 0.0F;
  double log_probability = 0.0;
  double log_lift = 0.0;

  [[nodiscard]] double relevance(double lambda) const { return lambda * log_probability + (1.0 - lambda) * log_lift; }
};

Candidate make_candidate(const PageTermInput& input, std::int32_t column, std::size_t topic, double total) {
  const float p = input.phi.term_given_topic(column, static_cast<Eigen::Index>(topic));
  const double overall = static_cast<double>(input.tokens[static_cast<std::size_t>(column)]) / total;
  const double log_p = std::log(static_cast<double>(p));
  return {column, p, log_p, log_p - std::log(std::max(overall, 1e-300))};
}

// [topics] the columns with tokens in the topic, ascending
std::vector<std::vector<std::int32_t>> columns_by_topic(const topics::Lda& model) {
  std::vector<std::vector<std::int32_t>> columns(model.alpha.size());
  for (std::size_t w = 0; w < model.term_topics.rows(); ++w) {
    for (const std::uint16_t topic : model.term_topics.row_topics(w)) {
      columns[topic].push_back(static_cast<std::int32_t>(w));
    }
  }
  return columns;
}

std::vector<Weighted> most_relevant(std::span<const Candidate> candidates, std::size_t most) {
  constexpr int kSteps = 5;  // of λ, from 0 to 1
  std::vector<std::size_t> order(candidates.size());
  std::vector<bool> chosen(candidates.size());
  for (int step = 0; step <= kSteps; ++step) {
    const double lambda = static_cast<double>(step) / kSteps;
    const std::size_t wanted = lambda == kNameLambda ? std::max(most, kNameTerms) : most;
    const std::size_t kept = std::min(wanted, order.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                      [&](std::size_t a, std::size_t b) {
                        const double left = candidates[a].relevance(lambda);
                        const double right = candidates[b].relevance(lambda);
                        return left != right ? left > right : a < b;
                      });
    for (std::size_t i = 0; i < kept; ++i) chosen[order[i]] = true;
  }
  std::vector<Weighted> columns;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (chosen[i]) columns.push_back({candidates[i].column, static_cast<double>(candidates[i].probability)});
  }
  std::sort(columns.begin(), columns.end(), better);
  return columns;
}

// p(topic | term) by the counts, best first
std::vector<Weighted> topics_of(const topics::TopicCounts& counts, std::size_t column) {
  const auto row_topics = counts.row_topics(column);
  const auto row_counts = counts.row_counts(column);
  const double sum = std::accumulate(row_counts.begin(), row_counts.end(), 0.0);
  std::vector<Weighted> topics;
  for (std::size_t i = 0; i < row_topics.size(); ++i) {
    if (row_counts[i] >= kSmallestShown * sum) topics.push_back({row_topics[i], row_counts[i] / sum});
  }
  std::sort(topics.begin(), topics.end(), better);
  topics.resize(std::min(topics.size(), kMostTopicsOfTerm));
  return topics;
}

// The most relevant of the columns of a topic at λ = 0.6, best first.
std::vector<Weighted> by_relevance(const PageTermInput& input, std::span<const Weighted> columns, std::size_t most) {
  const double total = total_of(input.tokens);
  std::vector<Weighted> order;
  for (const Weighted& item : columns) {
    const double log_p = std::log(item.value);
    const double overall = static_cast<double>(input.tokens[static_cast<std::size_t>(item.index)]) / total;
    order.push_back({item.index, log_p - (1.0 - kNameLambda) * std::log(std::max(overall, 1e-300))});
  }
  std::sort(order.begin(), order.end(), better);
  order.resize(std::min(order.size(), most));
  return order;
}

}  // namespace

std::vector<std::vector<Weighted>> relevant_columns(const PageTermInput& input, std::size_t most,
                                                    const RunContext& context) {
  const std::vector<std::vector<std::int32_t>> columns = columns_by_topic(input.model);
  const double total = total_of(input.tokens);
  std::vector<std::vector<Weighted>> relevant(columns.size());
  parallel_for(columns.size(), 1, context, [&](const Chunk& chunk) {
    std::vector<Candidate> candidates;
    for (const std::int32_t column : columns[chunk.index]) {
      candidates.push_back(make_candidate(input, column, chunk.index, total));
    }
    relevant[chunk.index] = most_relevant(candidates, most);
  });
  return relevant;
}

std::size_t terms_per_topic(std::size_t topics) {
  constexpr std::size_t kMost = 30;
  constexpr std::size_t kAll = 3000;
  constexpr std::size_t kLeast = 8;
  return std::clamp(kAll / std::max<std::size_t>(topics, 1), kLeast, kMost);
}

std::string propose_topic_name(const PageTermInput& input, std::span<const Weighted> columns) {
  const std::vector<Weighted> order = by_relevance(input, columns, kNameTerms);
  std::vector<std::string_view> terms;
  terms.reserve(order.size());
  for (const Weighted& item : order) terms.push_back(input.words[static_cast<std::size_t>(item.index)]);
  return propose_name(terms);
}

std::int64_t shorten_columns(const PageTermInput& input, std::size_t most, std::span<std::vector<Weighted>> columns) {
  std::int64_t gone = 0;
  for (std::vector<Weighted>& topic : columns) {
    std::set<std::int32_t> kept;
    for (const Weighted& item : by_relevance(input, topic, most)) kept.insert(item.index);
    gone += static_cast<std::int64_t>(
        std::erase_if(topic, [&](const Weighted& item) { return !kept.contains(item.index); }));
  }
  return gone;
}

PageTermList list_terms(const PageTermInput& input, std::span<const std::vector<Weighted>> columns, std::size_t bytes) {
  constexpr std::int32_t kNamed = 0;
  constexpr std::size_t kBytesBeside = 24;  // of an entry, besides its text and topics
  constexpr std::size_t kBytesOfTopic = 11;
  std::vector<std::int32_t> order(input.terms.size());
  std::iota(order.begin(), order.end(), 0);
  const auto tokens = [&](std::int32_t column) { return input.tokens[static_cast<std::size_t>(column)]; };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return tokens(a) > tokens(b); });
  PageTermList list{.terms = {}, .place_of = std::vector<std::int32_t>(input.terms.size(), -1)};
  for (const auto& topic : columns) {
    for (const Weighted& item : topic) list.place_of[static_cast<std::size_t>(item.index)] = kNamed;
  }
  const std::vector<std::int32_t> named = list.place_of;
  for (const bool of_topics : {true, false}) {
    for (const std::int32_t column : order) {
      const auto c = static_cast<std::size_t>(column);
      if ((named[c] == kNamed) != of_topics) continue;
      PageTerm term{.text = input.terms[c], .tokens = input.tokens[c], .topics = topics_of(input.model.term_topics, c)};
      const std::size_t size = kBytesBeside + term.text.size() + kBytesOfTopic * term.topics.size();
      if (!of_topics && size > bytes) return list;
      bytes -= std::min(bytes, size);
      list.place_of[c] = static_cast<std::int32_t>(list.terms.size());
      list.terms.push_back(std::move(term));
    }
  }
  return list;
}

}  // namespace malmoi::apps
