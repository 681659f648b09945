#include "apps/page/page_documents.h"

#include <algorithm>
#include <array>

#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

constexpr std::array<std::size_t, 3> kCuts = {1500, 1000, 700};  // characters

struct Candidate {
  std::size_t row = 0;
  corpus::Document document;
};

std::vector<Candidate> read_candidates(const corpus::Store& store, const DocumentPlan& plan) {
  std::vector<Candidate> candidates;
  for (const std::size_t row : plan.rows) {
    if (auto document = store.find(plan.row_ids[row])) candidates.push_back({row, std::move(*document)});
  }
  return candidates;
}

// Bytes of JSON: a token has about three characters and a mark about nine bytes.
std::size_t estimated_size(const Candidate& candidate, std::size_t cut) {
  constexpr std::size_t kBeside = 160;
  const std::string_view text = cut_text(candidate.document.text, cut);
  return kBeside + text.size() + text.size();
}

std::size_t choose_cut(std::span<const Candidate> candidates, std::size_t bytes) {
  for (const std::size_t cut : kCuts) {
    std::size_t sum = 0;
    for (const Candidate& candidate : candidates) sum += estimated_size(candidate, cut);
    if (sum <= bytes) return cut;
  }
  return kCuts.back();
}

// The kept tokens of a text that the model knows, apart from each other, as places in bytes.
struct KnownTokens {
  std::vector<PageSpan> places;
  std::vector<std::int32_t> columns;
};

KnownTokens known_tokens(Workspace& workspace, std::string_view text, std::span<const std::int32_t> columns_of) {
  KnownTokens known;
  if (find_invalid_utf8(text) != std::string_view::npos) return known;
  const vectorize::Vocabulary& vocabulary = workspace.vocabulary();
  std::uint32_t last_end = 0;
  for (const tokenize::Token& token : workspace.analyze(text)) {
    if (token.dropped != tokenize::DropRule::kept || token.begin < last_end || token.end <= token.begin) continue;
    const auto term = vocabulary.find(token.text);
    if (!term || columns_of[static_cast<std::size_t>(*term)] < 0) continue;
    known.columns.push_back(columns_of[static_cast<std::size_t>(*term)]);
    known.places.push_back({.begin = token.begin, .length = token.end - token.begin});
    last_end = token.end;
  }
  return known;
}

void mark_tokens(Workspace& workspace, const DocumentPlan& plan, const DocumentView& view, Candidate& candidate,
                 PageDocument& shown) {
  const KnownTokens known = known_tokens(workspace, shown.text, plan.columns_of);
  shown.spans = view.marks(candidate.row, known.columns);
  Utf16Places places(shown.text);
  for (std::size_t i = 0; i < shown.spans.size(); ++i) {
    shown.spans[i].begin = places.at(known.places[i].begin);
    shown.spans[i].length = places.at(known.places[i].begin + known.places[i].length) - shown.spans[i].begin;
  }
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
