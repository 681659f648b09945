#include "apps/page/lsa_page.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/lsa_table.h"
#include "apps/page/document_sample.h"
#include "apps/page/page_documents.h"
#include "apps/page/topic_figures.h"
#include "apps/page/topic_names.h"
#include "apps/topic_input.h"
#include "corpus/token_blocks.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kTermsOfPole = 20;
constexpr std::size_t kDocumentsOfPole = 10;
constexpr std::size_t kDimensionsShown = 5;  // of a term or a document
constexpr std::size_t kMostDocumentBytes = 2'200'000;

double value_of(const topics::DenseMatrix& matrix, std::size_t row, std::size_t column) {
  return static_cast<double>(matrix(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)));
}

// The dimensions in which a row lies farthest from 0.
std::vector<Weighted> dimensions_of(const topics::DenseMatrix& matrix, std::size_t row,
                                    std::span<const double> weights) {
  std::vector<Weighted> order;
  for (std::size_t k = 0; k < static_cast<std::size_t>(matrix.cols()); ++k) {
    const double value = value_of(matrix, row, k);
    if (value != 0.0) order.push_back({static_cast<std::int32_t>(k), value});
  }
  const auto weight = [&](const Weighted& item) {
    return std::abs(item.value) * (weights.empty() ? 1.0 : weights[static_cast<std::size_t>(item.index)]);
  };
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return weight(a) > weight(b); });
  order.resize(std::min(order.size(), kDimensionsShown));
  return order;
}

// Returns [terms] where each column stands in the page's list, -1 for none.
std::vector<std::int32_t> fill_terms(const LsaModel& model, std::span<const std::int64_t> tokens, PageData& page) {
  std::vector<std::vector<Weighted>> poles;
  std::vector<bool> named(model.terms.size());
  for (std::size_t k = 0; k < model.lsa.singular_values.size(); ++k) {
    poles.push_back(poles_of(model.lsa.terms, k, kTermsOfPole));
    for (const Weighted& item : poles.back()) named[static_cast<std::size_t>(item.index)] = true;
  }
  std::vector<std::int32_t> order;
  for (std::size_t w = 0; w < named.size(); ++w) {
    if (named[w]) order.push_back(static_cast<std::int32_t>(w));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return tokens[static_cast<std::size_t>(a)] > tokens[static_cast<std::size_t>(b)];
  });
  std::vector<std::int32_t> place(named.size(), -1);
  for (const std::int32_t column : order) {
    const auto w = static_cast<std::size_t>(column);
    place[w] = static_cast<std::int32_t>(page.terms.size());
    page.terms.push_back({.text = model.terms[w],
                          .tokens = tokens[w],
                          .topics = dimensions_of(model.lsa.terms, w, model.lsa.singular_values)});
  }
  for (std::size_t k = 0; k < poles.size(); ++k) {
    page.topics[k].proposal = propose_dimension_name(model.naming_words(), poles[k]);
    page.topics[k].terms = poles[k];
    for (Weighted& item : page.topics[k].terms) item.index = place[static_cast<std::size_t>(item.index)];
  }
  return place;
}

// The dimension that each term stands for: where its loading times the singular value is largest.
std::vector<PageSpan> marks_of_terms(const topics::Lsa& lsa) {
  std::vector<PageSpan> marks(static_cast<std::size_t>(lsa.terms.rows()));
  for (std::size_t w = 0; w < marks.size(); ++w) {
    const std::vector<Weighted> dimensions = dimensions_of(lsa.terms, w, lsa.singular_values);
    if (dimensions.empty()) continue;
    marks[w].topic = dimensions[0].index;
    marks[w].sign = dimensions[0].value < 0.0 ? -1 : 1;
  }
  return marks;
}

void fill_documents(Workspace& workspace, const LsaModel& model, const PageRequest& request,
                    const std::pair<const TokenSequences&, std::span<const std::int32_t>>& counted, PageData& page) {
  const auto& [texts, place_of] = counted;
  std::vector<std::vector<Weighted>> best;
  for (std::size_t k = 0; k < page.topics.size(); ++k) {
    best.push_back(poles_of(model.lsa.documents, k, kDocumentsOfPole));
  }
  const std::vector<bool> all(model.row_ids.size(), true);
  const std::vector<std::size_t> rows =
      sample_rows(best, {}, all, {.documents = request.documents, .seed = request.seed});
  const std::vector<std::int32_t> columns = columns_of(model.term_ids, workspace.vocabulary().size());
  const std::vector<PageSpan> marks = marks_of_terms(model.lsa);
  const DocumentView view{.topics = [&](std::size_t row) { return dimensions_of(model.lsa.documents, row, {}); },
                          .marks =
                              [&](std::size_t, std::span<const std::int32_t> tokens) {
                                std::vector<PageSpan> found;
                                for (const std::int32_t w : tokens) found.push_back(marks[static_cast<std::size_t>(w)]);
                                return found;
                              }};
  const std::size_t used = std::min(request.bytes, to_json(page).size());
  ShownDocuments shown = show_documents(workspace,
                                        {.rows = rows,
                                         .row_ids = model.row_ids,
                                         .columns_of = columns,
                                         .place_of = place_of,
                                         .tokens = texts,
                                         .bytes = std::min(kMostDocumentBytes, request.bytes - used)},
                                        view);
  for (std::size_t k = 0; k < best.size(); ++k) {
    for (const Weighted& item : best[k]) {
      const std::int32_t place = shown.place_of[static_cast<std::size_t>(item.index)];
      if (place >= 0) page.topics[k].documents.push_back({place, item.value});
    }
  }
  page.documents = std::move(shown.documents);
}

}  // namespace

PageData make_lsa_page(Workspace& workspace, const LsaModel& model, const PageRequest& request) {
  const corpus::Database& database = workspace.store().database();
  const TokenSequences texts = corpus::load_tokens(database, model.row_ids);
  const std::vector<std::int64_t> tokens = count_terms_of(model.term_ids, texts, workspace.vocabulary().size());
  const topics::Lsa& lsa = model.lsa;
  PageData page{.is_lsa = true, .head = make_head(database, request)};
  page.head.seed = model.lsa.options.seed;
  page.head.fingerprint = model.fingerprint;
  page.total_tokens = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
  page.documents_of_model = std::ssize(model.row_ids);
  page.documents_gone = page.documents_of_model - std::ssize(texts.row_ids);
  page.singular_values = lsa.singular_values;
  page.explained = lsa.explained;
  const std::vector<std::string> names = load_topic_names(database, request.model, lsa.singular_values.size());
  for (std::size_t k = 0; k < lsa.singular_values.size(); ++k) {
    page.topics.push_back({.name = names[k],
                           .share = lsa.explained[k],
                           .figures = {{"singular_value", lsa.singular_values[k]},
                                       {"explained", lsa.explained[k]},
                                       {"residual", lsa.residuals[k]}}});
  }
  const std::vector<std::int32_t> place_of = fill_terms(model, tokens, page);
  page.language = request.language.empty() ? guess_language(page.terms) : request.language;
  page.head.figures = {{"documents", static_cast<double>(model.row_ids.size())},
                       {"tokens", static_cast<double>(page.total_tokens)},
                       {"terms", static_cast<double>(model.terms.size())},
                       {"dimensions", static_cast<double>(page.topics.size())},
                       {"explained", std::accumulate(lsa.explained.begin(), lsa.explained.end(), 0.0)}};
  fill_documents(workspace, model, request, {texts, place_of}, page);
  return page;
}

}  // namespace malmoi::apps
