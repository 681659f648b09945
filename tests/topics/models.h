#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/base/rng.h"
#include "topics/topic_model.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

/// rows[w][k] = φ(w, k)
inline TopicModel model_of(const std::vector<std::vector<float>>& rows, std::vector<double> alpha) {
  TopicModel model;
  model.term_given_topic.resize(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.front().size()));
  for (std::size_t w = 0; w < rows.size(); ++w) {
    for (std::size_t k = 0; k < rows[w].size(); ++k) {
      model.term_given_topic(static_cast<Eigen::Index>(w), static_cast<Eigen::Index>(k)) = rows[w][k];
    }
  }
  model.alpha = std::move(alpha);
  return model;
}

/// Uneven topics: φ ∝ uniform³, α in (0.05, 0.55).
inline TopicModel random_model(std::uint64_t seed, std::size_t terms, std::size_t topics) {
  Rng rng(seed);
  std::vector<std::vector<float>> rows(terms, std::vector<float>(topics));
  for (std::size_t k = 0; k < topics; ++k) {
    double sum = 0.0;
    std::vector<double> values;
    for (std::size_t w = 0; w < terms; ++w) sum += values.emplace_back(std::pow(rng.uniform(), 3.0) + 0.001);
    for (std::size_t w = 0; w < terms; ++w) rows[w][k] = static_cast<float>(values[w] / sum);
  }
  std::vector<double> alpha;
  for (std::size_t k = 0; k < topics; ++k) alpha.push_back(0.05 + rng.uniform() / 2.0);
  return model_of(rows, std::move(alpha));
}

/// What can be said exactly of a short document, by going through all topics^tokens assignments.
struct ExactDocument {
  double probability = 0.0;    ///< p(w | φ, α), tokens in the given order
  std::vector<double> shares;  ///< posterior mean of (n(k) + α(k)) / (tokens + Σ α)
};

inline ExactDocument enumerate(const TopicModel& model, const std::vector<TermId>& tokens) {
  const std::size_t topics = model.alpha.size();
  double alpha_sum = 0.0;
  for (const double alpha : model.alpha) alpha_sum += alpha;
  const double length = static_cast<double>(tokens.size());
  ExactDocument exact{0.0, std::vector<double>(topics, 0.0)};
  std::vector<std::size_t> z(tokens.size(), 0);
  for (bool more = true; more;) {
    std::vector<double> counts(topics, 0.0);
    double p = std::exp(std::lgamma(alpha_sum) - std::lgamma(alpha_sum + length));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      counts[z[i]] += 1.0;
      p *= static_cast<double>(model.term_given_topic(tokens[i], static_cast<Eigen::Index>(z[i])));
    }
    for (std::size_t k = 0; k < topics; ++k) {
      p *= std::exp(std::lgamma(counts[k] + model.alpha[k]) - std::lgamma(model.alpha[k]));
    }
    exact.probability += p;
    for (std::size_t k = 0; k < topics; ++k) exact.shares[k] += p * (counts[k] + model.alpha[k]) / (length + alpha_sum);
    std::size_t i = 0;
    while (i < z.size() && ++z[i] == topics) z[i++] = 0;
    more = i < z.size();
  }
  for (double& share : exact.shares) share /= exact.probability;
  return exact;
}

/// Counts of documents given as terms.
inline vectorize::DocTermMatrix counts_of(const std::vector<std::vector<TermId>>& documents, TermId terms) {
  TokenSequences tokens;
  for (const auto& document : documents) {
    tokens.terms.insert(tokens.terms.end(), document.begin(), document.end());
    tokens.offsets.push_back(tokens.terms.size());
    tokens.row_ids.push_back(static_cast<std::int64_t>(tokens.offsets.size()) - 1);
  }
  return vectorize::count_terms(tokens, terms);
}

/// Topic counts of documents from dense rows.
inline TopicCounts topic_counts(const std::vector<std::vector<std::int32_t>>& rows) {
  TopicCounts counts;
  for (const auto& row : rows) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (row[k] == 0) continue;
      counts.topics.push_back(static_cast<std::uint16_t>(k));
      counts.counts.push_back(row[k]);
    }
    counts.offsets.push_back(counts.topics.size());
  }
  return counts;
}

}  // namespace malmoi::topics
