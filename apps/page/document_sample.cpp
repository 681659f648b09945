#include "apps/page/document_sample.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"

namespace malmoi::apps {
namespace {

bool better(const Weighted& a, const Weighted& b) {
  return a.value != b.value ? a.value > b.value : a.index < b.index;
}

// Keeps the best, as a heap with the worst in front.
void offer(std::vector<Weighted>& best, const Weighted& item, std::size_t most) {
  if (best.size() == most) {
    if (most == 0 || !better(item, best.front())) return;
    std::pop_heap(best.begin(), best.end(), better);
    best.back() = item;
  } else {
    best.push_back(item);
  }
  std::push_heap(best.begin(), best.end(), better);
}

// Tokens of a document by topic, over all samples.
class RowCounts {
 public:
  explicit RowCounts(const topics::Lda& model) : model_(model), counts_(model.alpha.size()) {
    for (const double alpha : model.alpha) alpha_sum_ += alpha;
  }

  // Calls visit(topic, share) for the topics that the document has.
  template <typename Visit>
  void visit_shares(std::size_t row, const Visit& visit) {
    double all = 0.0;
    for (const topics::TopicCounts& sample : model_.document_topics) {
      const auto row_topics = sample.row_topics(row);
      const auto row_counts = sample.row_counts(row);
      for (std::size_t i = 0; i < row_topics.size(); ++i) {
        if (counts_[row_topics[i]] == 0.0) found_.push_back(row_topics[i]);
        counts_[row_topics[i]] += row_counts[i];
        all += row_counts[i];
      }
    }
    const double scale = 1.0 / (static_cast<double>(model_.document_topics.size()) * model_.unit);
    for (const std::uint16_t topic : found_) {
      visit(topic, (counts_[topic] * scale + model_.alpha[topic]) / (all * scale + alpha_sum_));
      counts_[topic] = 0.0;
    }
    found_.clear();
  }

 private:
  const topics::Lda& model_;
  double alpha_sum_ = 0.0;
  std::vector<double> counts_;
  std::vector<std::uint16_t> found_;
};

// The rows of one group in a random order.
std::vector<std::vector<std::size_t>> shuffled_groups(const DocumentGroups& groups, const std::vector<bool>& has_tokens,
                                                      const Rng& rng) {
  std::vector<std::vector<std::size_t>> rows(groups.names.size());
  for (std::size_t row = 0; row < groups.group_of.size(); ++row) {
    if (groups.group_of[row] >= 0 && has_tokens[row])
      rows[static_cast<std::size_t>(groups.group_of[row])].push_back(row);
  }
  for (std::size_t group = 0; group < rows.size(); ++group) {
    Rng stream = rng.split(group);
    for (std::size_t left = rows[group].size(); left > 1; --left) {
      std::swap(rows[group][left - 1], rows[group][stream.uniform_index(left)]);
    }
  }
  return rows;
}

// Takes rows in turn from lists, each row once.
class Turns {
 public:
  Turns(std::size_t rows, std::size_t most) : taken_(rows), most_(most) {}

  void take(const std::vector<std::vector<std::size_t>>& lists) {
    std::size_t longest = 0;
    for (const auto& list : lists) longest = std::max(longest, list.size());
    std::vector<std::size_t> next(lists.size());
    for (std::size_t turn = 0; turn < longest && chosen_.size() < most_; ++turn) {
      for (std::size_t i = 0; i < lists.size() && chosen_.size() < most_; ++i) {
        while (next[i] < lists[i].size() && taken_[lists[i][next[i]]]) ++next[i];
        if (next[i] == lists[i].size()) continue;
        taken_[lists[i][next[i]]] = true;
        chosen_.push_back(lists[i][next[i]]);
      }
    }
  }

  [[nodiscard]] std::vector<std::size_t> chosen() && { return std::move(chosen_); }

 private:
  std::vector<bool> taken_;
  std::size_t most_;
  std::vector<std::size_t> chosen_;
};

}  // namespace

std::vector<std::vector<Weighted>> best_documents(const topics::Lda& model, std::size_t most,
                                                  const RunContext& context) {
  constexpr std::size_t kRows = 16384;
  const std::size_t rows = model.document_topics.empty() ? 0 : model.document_topics.front().rows();
  const std::size_t topics = model.alpha.size();
  std::vector<std::vector<std::vector<Weighted>>> found(chunk_count(rows, kRows));
  parallel_for(rows, kRows, context, [&](const Chunk& chunk) {
    std::vector<std::vector<Weighted>>& best = found[chunk.index];
    best.resize(topics);
    RowCounts counts(model);
    for (std::size_t row = chunk.begin; row < chunk.end; ++row) {
      counts.visit_shares(row, [&](std::size_t topic, double share) {
        offer(best[topic], {static_cast<std::int32_t>(row), share}, most);
      });
    }
  });
  std::vector<std::vector<Weighted>> best(topics);
  for (const auto& part : found) {
    for (std::size_t topic = 0; topic < topics; ++topic) {
      for (const Weighted& item : part[topic]) offer(best[topic], item, most);
    }
  }
  for (auto& list : best) std::sort_heap(list.begin(), list.end(), better);
  return best;
}

std::vector<std::size_t> sample_rows(std::span<const std::vector<Weighted>> best,
                                     std::span<const DocumentGroups> groups, const std::vector<bool>& has_tokens,
                                     const SampleOptions& options) {
  Turns turns(has_tokens.size(), options.documents);
  std::vector<std::vector<std::size_t>> best_rows(best.size());
  for (std::size_t topic = 0; topic < best.size(); ++topic) {
    for (const Weighted& item : best[topic]) best_rows[topic].push_back(static_cast<std::size_t>(item.index));
  }
  turns.take(best_rows);
  const Rng rng(options.seed);
  std::vector<std::vector<std::size_t>> drawn;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (auto& rows : shuffled_groups(groups[i], has_tokens, rng.split(i))) drawn.push_back(std::move(rows));
  }
  turns.take(drawn);
  const DocumentGroups all{.names = {""}, .group_of = std::vector<std::int32_t>(has_tokens.size(), 0)};
  turns.take(shuffled_groups(all, has_tokens, rng.split(groups.size())));
  return std::move(turns).chosen();
}

}  // namespace malmoi::apps
