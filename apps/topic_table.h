#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/lda_model.h"
#include "apps/report.h"
#include "topics/topic_model.h"

namespace malmoi::apps {

struct TopicTableOptions {
  std::int32_t terms = 10;  ///< of each topic; ≥ 1
  double relevance = 1.0;   ///< λ of Sievert and Shirley 2014: 1 orders by p(term | topic), 0 by lift
};

/// What the tables on a model need, computed once.
class TopicTables {
 public:
  /// names  [topics] the user's, empty where there is none. The model must outlive it.
  TopicTables(const LdaModel& model, std::span<const std::string> names);

  /// The user's name of each topic, or else one made of its terms. [topics]
  [[nodiscard]] const std::vector<std::string>& titles() const noexcept { return titles_; }
  [[nodiscard]] const topics::TopicModel& topics() const noexcept { return topics_; }

  /// Share of each term among the tokens of the model. [terms]
  [[nodiscard]] const std::vector<double>& term_shares() const noexcept { return term_shares_; }

  /// Columns of the best terms of each topic, best first. [topics][at most terms]
  [[nodiscard]] std::vector<std::vector<std::int32_t>> top_terms(const TopicTableOptions& options) const;

  /// The topics as text: topic, name, share of all tokens, alpha, top terms.
  [[nodiscard]] Table table(const TopicTableOptions& options) const;

 private:
  const LdaModel* model_;
  topics::TopicModel topics_;
  std::vector<double> term_shares_;
  std::vector<std::string> titles_;
};

}  // namespace malmoi::apps
