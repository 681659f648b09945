#include "apps/page/topic_page.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/page/document_sample.h"
#include "apps/page/model_history.h"
#include "apps/page/page_documents.h"
#include "apps/page/page_terms.h"
#include "apps/page/topic_figures.h"
#include "apps/page/topic_names.h"
#include "apps/program.h"
#include "apps/topic_input.h"
#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "corpus/token_blocks.h"
#include "topics/inference.h"
#include "topics/topic_map.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kManyTopics = 200;
constexpr std::size_t kTermBytes = 250'000;
constexpr std::size_t kMostDocumentBytes = 2'200'000;
constexpr std::size_t kTopicsOfDocument = 6;
constexpr double kSmallestShare = 0.01;

// What the parts of the page are made of.
struct Sources {
  const LdaModel& model;
  topics::TopicModel phi;
  TokenSequences texts;              // of the documents that are still there
  std::vector<std::int64_t> tokens;  // [terms] when the model was fitted
  std::vector<DocumentGroups> groups;
};

// ---- topics --------------------------------------------------------------------------------------------------------

void place_topics(const Sources& sources, PageData& page, const RunContext& context) {
  const Eigen::MatrixXd distances = topics::topic_distances(sources.phi, context);
  const topics::PlaneMap map = topics::classical_scaling(distances);
  for (std::size_t k = 0; k < page.topics.size(); ++k) {
    page.topics[k].x = map.points[k].x;
    page.topics[k].y = map.points[k].y;
  }
  page.head.figures.push_back({"map_explained", map.explained});
  if (page.topics.size() > kManyTopics) return;
  for (Eigen::Index i = 0; i < distances.rows(); ++i) {
    std::vector<double>& row = page.similarity.emplace_back();
    for (Eigen::Index j = 0; j < distances.cols(); ++j) row.push_back(1.0 - distances(i, j));
  }
}

// What the topics show of their terms.
struct TopicTerms {
  std::vector<std::vector<Weighted>> columns;  // [topics] by column of the model
  std::vector<std::int32_t> place_of;          // [terms] where each column stands in the page's list, -1 for none
};

PageTermInput term_input(const Sources& sources) {
  return {sources.model.lda, sources.phi, sources.model.terms, sources.model.naming_words(), sources.tokens};
}

// others  bytes for terms that no topic shows
void place_terms(const Sources& sources, std::size_t others, TopicTerms& terms, PageData& page) {
  PageTermList list = list_terms(term_input(sources), terms.columns, others);
  for (std::size_t k = 0; k < page.topics.size(); ++k) {
    page.topics[k].terms.clear();
    for (const Weighted& item : terms.columns[k]) {
      page.topics[k].terms.push_back({list.place_of[static_cast<std::size_t>(item.index)], item.value});
    }
  }
  page.terms = std::move(list.terms);
  terms.place_of = std::move(list.place_of);
}

// Where there are very many topics: fewer terms of each until the page has room, and some for documents.
void fit_terms(const Sources& sources, const PageRequest& request, TopicTerms& terms, PageData& page) {
  constexpr std::size_t kForDocuments = 300'000;
  const std::size_t wanted = request.bytes - (request.documents > 0 ? std::min(kForDocuments, request.bytes / 8) : 0);
  for (const std::int32_t most : {24, 18, 12, 9, 7, 5, 4, 3}) {
    if (to_json(page).size() <= wanted) return;
    page.most_terms = most;
    page.terms_left_out += shorten_columns(term_input(sources), static_cast<std::size_t>(most), terms.columns);
    place_terms(sources, 0, terms, page);
  }
  if (const std::size_t size = to_json(page).size(); size > request.bytes) {
    throw Error(ErrorCode::invalid_argument,
                concat("model \"", request.model, "\": its ", page.topics.size(), " topics take ", size / 1000,
                       " KB without any document, and a page has room for ", request.bytes / 1000,
                       " KB; `malmoi topics` shows them all"));
  }
}

TopicTerms fill_topics(const corpus::Database& database, const Sources& sources, PageData& page,
                       const RunContext& context) {
  const topics::Lda& lda = sources.model.lda;
  const std::vector<double> shares = topic_shares(lda);
  const std::vector<std::string> names = load_topic_names(database, page.head.model, shares.size());
  const PageTermInput input = term_input(sources);
  TopicTerms terms{.columns = relevant_columns(input, terms_per_topic(shares.size()), context), .place_of = {}};
  for (std::size_t k = 0; k < shares.size(); ++k) {
    PageTopic& topic = page.topics.emplace_back();
    topic.name = names[k];
    topic.proposal = propose_topic_name(input, terms.columns[k]);
    topic.share = shares[k];
    topic.alpha = lda.alpha[k];
  }
  place_terms(sources, kTermBytes, terms, page);
  return terms;
}

// ---- groups and documents ------------------------------------------------------------------------------------------

std::vector<DocumentGroups> find_groups(const corpus::Database& database, const LdaModel& model,
                                        const PageRequest& request) {
  std::vector<DocumentGroups> groups;
  for (const Grouping& grouping : request.groupings) {
    groups.push_back(group_documents(grouping, read_field(database, grouping.field, model.row_ids)));
    if (groups.back().names.empty()) {
      const bool is_date = grouping.field == "date";
      throw Error(ErrorCode::invalid_argument,
                  concat("--by ", grouping.field, ": no document of the model \"", request.model, "\" has ",
                         is_date ? "a date that can be read (YYYY, YYYY-MM, YYYY-MM-DD)" : "this field"));
    }
  }
  if (!request.groupings.empty()) return groups;
  for (const char* field : {"date", "label"}) {
    DocumentGroups found = group_documents({.field = field}, read_field(database, field, model.row_ids));
    if (found.names.size() > 1) groups.push_back(std::move(found));
  }
  return groups;
}

std::vector<Weighted> topics_of(const topics::Lda& lda, std::size_t row) {
  const std::vector<double> shares = topics::document_shares(lda, row);
  std::vector<Weighted> topics;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    if (shares[k] >= kSmallestShare) topics.push_back({static_cast<std::int32_t>(k), shares[k]});
  }
  std::stable_sort(topics.begin(), topics.end(), [](const auto& a, const auto& b) { return a.value > b.value; });
  topics.resize(std::min(topics.size(), kTopicsOfDocument));
  return topics;
}

DocumentView view_of(const Sources& sources) {
  const topics::Lda& lda = sources.model.lda;
  const topics::TopicModel& phi = sources.phi;
  const auto mark = [&lda, &phi](std::size_t row, std::span<const std::int32_t> columns) {
    const std::vector<double> shares = topics::document_shares(lda, row);
    const std::vector<float> rounded(shares.begin(), shares.end());
    std::vector<PageSpan> marks;
    for (const std::uint16_t topic : topics::token_topics(phi, rounded, columns)) marks.push_back({.topic = topic});
    return marks;
  };
  return {.topics = [&lda](std::size_t row) { return topics_of(lda, row); }, .marks = mark};
}

// The best documents of each topic among those that are still in the corpus.
std::vector<std::vector<Weighted>> best_that_are_there(const topics::Lda& lda, const std::vector<bool>& there,
                                                       std::size_t most) {
  const auto left = static_cast<std::size_t>(std::ranges::count(there, true));
  // Where some are gone, twice as many as would do if they were spread evenly.
  const std::size_t looked_at = left == there.size() ? most : 2 * most * there.size() / std::max<std::size_t>(left, 1);
  std::vector<std::vector<Weighted>> best = best_documents(lda, looked_at);
  for (std::vector<Weighted>& topic : best) {
    std::erase_if(topic, [&](const Weighted& item) { return !there[static_cast<std::size_t>(item.index)]; });
    topic.resize(std::min(topic.size(), most));
  }
  return best;
}

// place_of  as in TopicTerms
void fill_documents(Workspace& workspace, const Sources& sources, const PageRequest& request,
                    std::span<const std::int32_t> place_of, PageData& page) {
  constexpr std::size_t kBest = 10;
  constexpr std::size_t kBestOfAll = 500;
  const LdaModel& model = sources.model;
  const std::size_t per_topic = std::clamp(kBestOfAll / page.topics.size(), std::size_t{1}, kBest);
  std::vector<bool> there(model.row_ids.size());
  for (std::size_t row = 0; row < there.size(); ++row) {
    there[row] = std::ranges::binary_search(sources.texts.row_ids, model.row_ids[row]);
  }
  std::vector<bool> has_tokens;
  for (std::size_t row = 0; row < there.size(); ++row) has_tokens.push_back(there[row] && model.row_tokens[row] > 0);
  const auto best = best_that_are_there(model.lda, there, per_topic);
  const std::vector<std::size_t> rows =
      sample_rows(best, sources.groups, has_tokens, {.documents = request.documents, .seed = request.seed});
  const std::vector<std::int32_t> columns = columns_of(model.term_ids, workspace.vocabulary().size());
  const std::size_t used = to_json(page).size();
  const DocumentPlan plan{.rows = rows,
                          .row_ids = model.row_ids,
                          .columns_of = columns,
                          .place_of = place_of,
                          .tokens = sources.texts,
                          .bytes = std::min(kMostDocumentBytes, request.bytes - std::min(request.bytes, used))};
  ShownDocuments shown = show_documents(workspace, plan, view_of(sources));
  for (std::size_t k = 0; k < best.size(); ++k) {
    for (const Weighted& item : best[k]) {
      const std::int32_t place = shown.place_of[static_cast<std::size_t>(item.index)];
      if (place >= 0) page.topics[k].documents.push_back({place, item.value});
    }
  }
  page.documents = std::move(shown.documents);
}

void add_figures(const Sources& sources, PageData& page, const RunContext& context) {
  const topics::Lda& lda = sources.model.lda;
  page.head.seed = lda.options.seed;
  page.head.fingerprint = sources.model.fingerprint;
  const auto count = [](auto number) { return static_cast<double>(number); };
  page.head.figures = {{"documents", count(sources.model.row_ids.size())},
                       {"tokens", count(page.total_tokens)},
                       {"terms", count(sources.model.terms.size())},
                       {"topics", count(lda.alpha.size())},
                       {"samples", count(lda.samples)},
                       {"sweeps", count(lda.sweeps)},
                       {"log_likelihood", lda.log_likelihood.empty() ? kUndefined : lda.log_likelihood.back()},
                       {"alpha_sum", std::accumulate(lda.alpha.begin(), lda.alpha.end(), 0.0)},
                       {"beta", lda.beta}};
  const FittedModel fitted{sources.model, sources.phi, sources.texts, sources.tokens};
  const std::vector<std::vector<PageFigure>> figures = topic_figures(fitted, context);
  for (std::size_t k = 0; k < figures.size(); ++k) page.topics[k].figures = figures[k];
  page.head.figures.push_back({"coherence_npmi", mean_figure(figures, "coherence")});
  page.head.figures.push_back({"exclusivity", mean_figure(figures, "exclusivity")});
}

bool has_hangul(std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos) return false;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code = decode_utf8(text, position);
    if ((code >= 0xAC00 && code <= 0xD7A3) || (code >= 0x1100 && code <= 0x11FF) ||
        (code >= 0x3130 && code <= 0x318F)) {
      return true;
    }
  }
  return false;
}

}  // namespace

PageHead make_head(const corpus::Database& database, const PageRequest& request) {
  ModelHistory history = model_history(database, request.model);
  PageHead head{.corpus = request.corpus,
                .model = request.model,
                .made = request.made,
                .version = std::string(version()),
                .data = std::move(history.data),
                .command = std::move(history.commands),
                .options = model_options(database, request.model)};
  if (request.command.empty()) return head;
  head.command += concat(head.command.empty() ? "" : "\n", request.command);
  head.options.push_back({"report --documents", std::to_string(request.documents)});
  head.options.push_back({"report --seed", std::to_string(request.seed)});
  for (const Grouping& grouping : request.groupings) head.options.push_back({"report --by", grouping.field});
  return head;
}

std::string guess_language(std::span<const PageTerm> terms) {
  std::size_t korean = 0;
  for (const PageTerm& term : terms) korean += has_hangul(term.text) ? 1 : 0;
  return 3 * korean >= terms.size() ? "ko" : "en";
}

PageData make_topic_page(Workspace& workspace, const LdaModel& model, const PageRequest& request,
                         const RunContext& context) {
  const corpus::Database& database = workspace.store().database();
  const Sources sources{.model = model,
                        .phi = topics::topic_model(model.lda),
                        .texts = corpus::load_tokens(database, model.row_ids),
                        .tokens = term_tokens(model.lda),
                        .groups = find_groups(database, model, request)};
  PageData page;
  page.head = make_head(database, request);
  page.total_tokens = std::accumulate(sources.tokens.begin(), sources.tokens.end(), std::int64_t{0});
  page.documents_of_model = std::ssize(model.row_ids);
  page.documents_gone = page.documents_of_model - std::ssize(sources.texts.row_ids);
  TopicTerms terms = fill_topics(database, sources, page, context);
  page.language = request.language.empty() ? guess_language(page.terms) : request.language;
  add_figures(sources, page, context);
  place_topics(sources, page, context);
  for (const DocumentGroups& group : sources.groups) {
    PageTrend trend = topic_trend(group, model.lda.document_topics, page.topics.size(), context);
    if (page.topics.size() > kManyTopics) {
      trend.low.clear();
      trend.high.clear();
    }
    page.trends.push_back(std::move(trend));
  }
  fit_terms(sources, request, terms, page);
  fill_documents(workspace, sources, request, terms.place_of, page);
  return page;
}

}  // namespace malmoi::apps
