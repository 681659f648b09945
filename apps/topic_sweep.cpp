#include "apps/topic_sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "topics/coherence.h"
#include "topics/diagnostics.h"
#include "topics/held_out.h"

namespace malmoi::apps {
namespace {

using vectorize::DocTermMatrix;

void validate(const TopicSweepOptions& options) {
  const auto refuse = [](const std::string& message) {
    throw Error(ErrorCode::invalid_argument, concat("sweep_topics: ", message));
  };
  if (options.topics.empty()) refuse("no number of topics is given");
  if (options.seeds < 1) refuse(concat("seeds = ", options.seeds, ", but must be at least 1"));
  if (options.top_terms < 2) refuse(concat("top_terms = ", options.top_terms, ", but must be at least 2"));
  if (!(options.held_out > 0 && options.held_out < 1)) {
    refuse(concat("held_out = ", options.held_out, ", but must lie between 0 and 1"));
  }
}

DocTermMatrix rows_of(const DocTermMatrix& counts, const std::vector<Eigen::Index>& rows) {
  DocTermMatrix part;
  part.values.resize(static_cast<Eigen::Index>(rows.size()), counts.values.cols());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    part.row_ids.push_back(counts.row_ids[static_cast<std::size_t>(rows[row])]);
    part.values.startVec(static_cast<Eigen::Index>(row));
    for (vectorize::SparseMatrix::InnerIterator entry(counts.values, rows[row]); entry; ++entry) {
      part.values.insertBack(static_cast<Eigen::Index>(row), entry.col()) = entry.value();
    }
  }
  part.values.finalize();
  return part;
}

struct Parts {
  DocTermMatrix fitted;
  DocTermMatrix held_out;
};

Parts split(const DocTermMatrix& counts, const TopicSweepOptions& options) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(counts.values.rows()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  const auto held = static_cast<std::size_t>(std::lround(options.held_out * static_cast<double>(order.size())));
  if (held == 0 || held == order.size()) {
    throw Error(ErrorCode::invalid_argument, concat("sweep_topics: ", order.size(), " documents, of which ",
                                                    options.held_out, " cannot be held out"));
  }
  Rng rng = Rng(options.lda.seed).split(static_cast<std::uint64_t>(held));
  for (std::size_t i = 0; i < held; ++i) std::swap(order[i], order[i + rng.uniform_index(order.size() - i)]);
  const auto border = order.begin() + static_cast<std::ptrdiff_t>(held);
  std::sort(order.begin(), border);
  std::sort(border, order.end());
  return {rows_of(counts, {border, order.end()}), rows_of(counts, {order.begin(), border})};
}

SweepFigure spread(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()), *low, *high};
}

double mean(const std::vector<double>& values) {
  return spread(values).mean;
}

// What is measured of the fits with one number of topics.
struct Figures {
  std::vector<double> held_out, coherence, exclusivity, stability;
};

double exclusivity(const topics::TopicModel& model, const std::vector<std::vector<topics::RankedTerm>>& top) {
  std::vector<double> shares;
  for (std::size_t k = 0; k < top.size(); ++k) {
    for (const topics::RankedTerm& term : top[k]) {
      const float* const row = model.term_given_topic.data() + term.column * model.topics();
      shares.push_back(term.score / std::accumulate(row, row + model.topics(), 0.0));
    }
  }
  return mean(shares);
}

void measure(const topics::TopicModel& model, const TopicInput& input, const TokenSequences& texts,
             std::int32_t top_terms, Figures& figures, const RunContext& context) {
  const auto top = topics::top_terms(model, top_terms, context);
  std::vector<std::vector<TermId>> words(top.size());
  for (std::size_t k = 0; k < top.size(); ++k) {
    for (const topics::RankedTerm& term : top[k]) {
      words[k].push_back(input.term_ids[static_cast<std::size_t>(term.column)]);
    }
  }
  figures.coherence.push_back(mean(topics::coherence(texts, words, topics::CoherenceMeasure::c_npmi, {}, context)));
  figures.exclusivity.push_back(exclusivity(model, top));
}

double mean_cosine(const topics::TopicModel& a, const topics::TopicModel& b, const RunContext& context) {
  std::vector<double> cosines;
  for (const topics::TopicMatch& match : topics::match_topics(a, b, context)) cosines.push_back(match.cosine);
  return mean(cosines);
}

}  // namespace

std::vector<TopicSweepRow> sweep_topics(const TopicInput& input, const TokenSequences& texts,
                                        const TopicSweepOptions& options, const RunContext& context) {
  validate(options);
  const Parts parts = split(input.counts, options);
  std::vector<TopicSweepRow> rows;
  std::size_t fit = 0;
  const std::size_t fits = options.topics.size() * static_cast<std::size_t>(options.seeds);
  for (const std::int32_t topic_count : options.topics) {
    Figures figures;
    std::vector<topics::TopicModel> models;
    for (std::int32_t s = 0; s < options.seeds; ++s) {
      topics::LdaOptions lda = options.lda;
      lda.topics = topic_count;
      lda.seed += static_cast<std::uint64_t>(s);
      const std::string stage = concat("fit ", ++fit, " of ", fits, " (", topic_count, " topics)");
      RunContext named = context;
      named.on_progress = [&](Progress progress) {
        progress.stage = stage;
        context.report(progress);
      };
      models.push_back(topics::topic_model(topics::fit_lda(parts.fitted, lda, {}, named)));
      measure(models.back(), input, texts, options.top_terms, figures, context);
      figures.held_out.push_back(
          topics::document_completion(models.back(), parts.held_out, {.seed = options.lda.seed}, context).per_token());
      for (std::size_t other = 0; other + 1 < models.size(); ++other) {
        figures.stability.push_back(mean_cosine(models[other], models.back(), context));
      }
    }
    rows.push_back({topic_count, spread(figures.held_out), spread(figures.coherence), spread(figures.exclusivity),
                    spread(figures.stability)});
  }
  return rows;
}

}  // namespace malmoi::apps
