#include "apps/topic_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "apps/page/topic_names.h"
#include "corpus/base/error.h"
#include "topics/diagnostics.h"
#include "topics/lda.h"

namespace malmoi::apps {
namespace {

constexpr TopicTableOptions kForNames{.terms = 12, .relevance = 0.6};

std::vector<double> shares_of_terms(const topics::Lda& lda) {
  const std::vector<std::int64_t> tokens = term_tokens(lda);
  std::vector<double> shares(tokens.begin(), tokens.end());
  const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= all;
  return shares;
}

}  // namespace

TopicTables::TopicTables(const LdaModel& model, std::span<const std::string> names)
    : model_(&model), topics_(topics::topic_model(model.lda)), term_shares_(shares_of_terms(model.lda)) {
  const std::vector<std::vector<std::int32_t>> best = top_terms(kForNames);
  for (std::size_t topic = 0; topic < best.size(); ++topic) {
    std::vector<std::string_view> terms;
    for (const std::int32_t term : best[topic]) terms.push_back(model.naming_words()[static_cast<std::size_t>(term)]);
    titles_.push_back(topic < names.size() && !names[topic].empty() ? names[topic] : propose_name(terms));
  }
}

std::vector<std::vector<std::int32_t>> TopicTables::top_terms(const TopicTableOptions& options) const {
  std::vector<std::vector<std::int32_t>> all;
  for (Eigen::Index topic = 0; topic < topics_.topics(); ++topic) {
    std::vector<std::int32_t>& columns = all.emplace_back();
    for (const topics::RankedTerm& term :
         topics::relevant_terms(topics_, term_shares_, topic, {options.relevance, options.terms})) {
      columns.push_back(term.column);
    }
  }
  return all;
}

Table TopicTables::table(const TopicTableOptions& options) const {
  Table table{"topics", {"topic", "name", "share", "alpha", "terms"}, {}};
  const std::vector<double> shares = topic_shares(model_->lda);
  const std::vector<std::vector<std::int32_t>> best = top_terms(options);
  for (std::size_t topic = 0; topic < shares.size(); ++topic) {
    std::string terms;
    for (const std::int32_t term : best[topic]) {
      terms += concat(terms.empty() ? "" : ", ", model_->terms[static_cast<std::size_t>(term)]);
    }
    table.rows.push_back({topic, titles_[topic], shares[topic], model_->lda.alpha[topic], std::move(terms)});
  }
  return table;
}

}  // namespace malmoi::apps
