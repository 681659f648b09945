#include "apps/page/page_documents.h"

#include <algorithm>
#include <array>
#include <set>

#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

constexpr std::array<std::size_t, 8> kCuts = {
    std::string_view::npos, 20'000, 8000, 4000, 2500, 1500, 1000, 700};  // characters

struct Candidate {
  std::size_t row = 0;
  corpus::Document document;
  std::vector<std::int32_t> columns;  // of its terms, ascending
};

// The columns of a document's terms, each once, ascending.
std::vector<std::int32_t> columns_in(const DocumentPlan& plan, std::int64_t id) {
  const std::vector<std::int64_t>& ids = plan.tokens.row_ids;
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  std::vector<std::int32_t> columns;
  if (found == ids.end() || *found != id) return columns;
  const auto row = static_cast<std::size_t>(found - ids.begin());
  for (std::size_t i = plan.tokens.offsets[row]; i < plan.tokens.offsets[row + 1]; ++i) {
    const std::int32_t column = plan.columns_of[static_cast<std::size_t>(plan.tokens.terms[i])];
    if (column >= 0) columns.push_back(column);
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

std::vector<Candidate> read_candidates(const corpus::Store& store, const DocumentPlan& plan) {
  std::vector<Candidate> candidates;
  for (const std::size_t row : plan.rows) {
    const std::int64_t id = plan.row_ids[row];
    if (auto document = store.find(id)) candidates.push_back({row, std::move(*document), columns_in(plan, id)});
  }
  return candidates;
}

// Bytes of JSON: a mark has about as many as its token and what stands between it and the next; a term beyond the cut
// takes two or three.
std::size_t estimated_size(const Candidate& candidate, std::size_t cut) {
  constexpr std::size_t kBeside = 160;
  const std::string_view text = cut_text(candidate.document.text, cut);
  const std::size_t more = text.size() < candidate.document.text.size() ? 3 * candidate.columns.size() : 0;
  return kBeside + 2 * text.size() + text.size() / 4 + more;
}

std::size_t choose_cut(std::span<const Candidate> candidates, std::size_t bytes) {
  for (const std::size_t cut : kCuts) {
    std::size_t sum = 0;
    for (const Candidate& candidate : candidates) sum += estimated_size(candidate, cut);
    if (sum <= bytes) return cut;
  }
  return kCuts.back();
}

// The kept tokens of a text that its document is counted with, apart from each other, as places in bytes.
struct KnownTokens {
  std::vector<PageSpan> places;
  std::vector<std::int32_t> columns;
};

KnownTokens known_tokens(Workspace& workspace, const DocumentPlan& plan, std::string_view text,
                         const std::vector<std::int32_t>& counted) {
  KnownTokens known;
  if (find_invalid_utf8(text) != std::string_view::npos) return known;
  const vectorize::Vocabulary& vocabulary = workspace.vocabulary();
  std::uint32_t last_end = 0;
  for (const tokenize::Token& token : workspace.analyze(text)) {
    if (token.dropped != tokenize::DropRule::kept || token.begin < last_end || token.end <= token.begin) continue;
    const auto term = vocabulary.find(token.text);
    if (!term) continue;
    const std::int32_t column = plan.columns_of[static_cast<std::size_t>(*term)];
    if (!std::binary_search(counted.begin(), counted.end(), column)) continue;  // also half a word at the cut
    known.columns.push_back(column);
    known.places.push_back({.begin = token.begin, .length = token.end - token.begin});
    last_end = token.end;
  }
  return known;
}

void mark_tokens(Workspace& workspace, const DocumentPlan& plan, const DocumentView& view, Candidate& candidate,
                 PageDocument& shown) {
  const KnownTokens known = known_tokens(workspace, plan, shown.text, candidate.columns);
  shown.spans = view.marks(candidate.row, known.columns);
  Utf16Places places(shown.text);
  for (std::size_t i = 0; i < shown.spans.size(); ++i) {
    shown.spans[i].begin = places.at(known.places[i].begin);
    shown.spans[i].length = places.at(known.places[i].begin + known.places[i].length) - shown.spans[i].begin;
    shown.spans[i].term = plan.place_of[static_cast<std::size_t>(known.columns[i])];
  }
  const std::set<std::int32_t> marked(known.columns.begin(), known.columns.end());
  for (const std::int32_t column : candidate.columns) {
    const std::int32_t place = plan.place_of[static_cast<std::size_t>(column)];
    if (place >= 0 && !marked.contains(column)) shown.more.push_back(place);
  }
  std::sort(shown.more.begin(), shown.more.end());
}

}  // namespace

ShownDocuments show_documents(Workspace& workspace, const DocumentPlan& plan, const DocumentView& view) {
  std::vector<Candidate> candidates = read_candidates(workspace.store(), plan);
  const std::size_t cut = choose_cut(candidates, plan.bytes);
  std::vector<std::pair<std::size_t, PageDocument>> taken;
  std::size_t left = plan.bytes;
  for (Candidate& candidate : candidates) {
    corpus::Document& document = candidate.document;
    PageDocument shown{.id = name_of(document), .label = std::move(document.label), .date = std::move(document.date)};
    shown.text = cut_text(document.text, cut);
    shown.cut = shown.text.size() < document.text.size();
    shown.topics = view.topics(candidate.row);
    mark_tokens(workspace, plan, view, candidate, shown);
    const std::size_t size = json_size(shown);
    if (size > left) continue;  // a shorter one may still fit
    left -= size;
    taken.emplace_back(candidate.row, std::move(shown));
  }
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ShownDocuments result{.documents = {}, .place_of = std::vector<std::int32_t>(plan.row_ids.size(), -1)};
  for (auto& [row, document] : taken) {
    result.place_of[row] = static_cast<std::int32_t>(result.documents.size());
    result.documents.push_back(std::move(document));
  }
  return result;
}

}  // namespace malmoi::apps
