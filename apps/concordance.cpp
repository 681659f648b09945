#include "apps/concordance.h"

#include <algorithm>

#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Runs of blanks as one blank.
std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c)) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

// The start of the code point that this byte belongs to.
std::size_t code_point_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) --at;
  return at;
}

// The longest end of the text, cut between code points, that is at most `columns` wide.
std::string_view fit_width_backwards(std::string_view text, int columns) {
  std::size_t begin = text.size();
  while (begin > 0) {
    const std::size_t previous = code_point_start(text, begin - 1);
    columns -= display_width(text.substr(previous, begin - previous));
    if (columns < 0) break;
    begin = previous;
  }
  return text.substr(begin);
}

std::vector<const tokenize::Token*> kept_single(const tokenize::Tokens& tokens) {
  std::vector<const tokenize::Token*> kept;
  for (const tokenize::Token& token : tokens) {
    if (token.dropped == tokenize::DropRule::kept && token.words == 1) kept.push_back(&token);
  }
  return kept;
}

void add_place(std::vector<Place>& places, const Place& place) {
  if (places.empty() || place.begin >= places.back().end) places.push_back(place);
}

// Where the window of the snippet starts: at the place from which most places are in reach.
std::size_t best_start(std::string_view text, std::span<const Place> places, int columns) {
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t reach = places[i].begin + fit_width(text.substr(places[i].begin), columns).size();
    std::size_t count = 0;
    while (i + count < places.size() && places[i + count].end <= reach) ++count;
    if (count > most) {
      most = count;
      best = i;
    }
  }
  return places.empty() ? 0 : places[best].begin;
}

}  // namespace

std::vector<Place> find_terms(const tokenize::Tokens& tokens, std::span<const std::string> terms) {
  std::vector<Place> places;
  for (const tokenize::Token* token : kept_single(tokens)) {
    if (std::find(terms.begin(), terms.end(), token->text) != terms.end())
      add_place(places, {token->begin, token->end});
  }
  return places;
}

std::vector<Place> find_phrase(const tokenize::Tokens& tokens, std::span<const std::string> terms) {
  const auto kept = kept_single(tokens);
  std::vector<Place> places;
  if (terms.empty()) return places;
  const auto same = [](const tokenize::Token* token, const std::string& term) { return token->text == term; };
  for (std::size_t i = 0; i + terms.size() <= kept.size(); ++i) {
    if (!std::equal(terms.begin(), terms.end(), kept.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const std::string& term, const tokenize::Token* token) { return same(token, term); })) {
      continue;
    }
    add_place(places, {kept[i]->begin, kept[i + terms.size() - 1]->end});
  }
  return places;
}

std::vector<Place> join_places(std::vector<Place> places) {
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::vector<Place> joined;
  for (const Place& place : places) {
    if (!joined.empty() && place.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, place.end);
    } else {
      joined.push_back(place);
    }
  }
  return joined;
}

std::string snippet(std::string_view text, std::span<const Place> places, int columns) {
  const int lead = columns / 4;
  const std::size_t start = best_start(text, places, columns - lead);
  const std::string_view before = fit_width_backwards(text.substr(0, start), lead);
  std::size_t at = start - before.size();
  const std::size_t end = at + fit_width(text.substr(at), columns).size();
  std::string out = at > 0 ? "…" : "";
  for (const Place& place : places) {
    if (place.begin < at || place.end > end) continue;
    out += text.substr(at, place.begin - at);
    out += "«";
    out += text.substr(place.begin, place.end - place.begin);
    out += "»";
    at = place.end;
  }
  out += text.substr(at, end - at);
  if (end < text.size()) out += "…";
  return squeeze(out);
}

ContextLine in_context(std::string_view text, const Place& place, int columns) {
  // Blanks are joined before the cut, so that line breaks take no columns; eight bytes a column are enough to cut from.
  const std::size_t reach = static_cast<std::size_t>(columns) * 8;
  const std::size_t from = code_point_start(text, place.begin > reach ? place.begin - reach : 0);
  const std::size_t to = code_point_start(text, std::min(place.end + reach, text.size()));
  const std::string left = squeeze(text.substr(from, place.begin - from));
  const std::string right = squeeze(text.substr(place.end, to - place.end));
  return {std::string(fit_width_backwards(left, columns)), squeeze(text.substr(place.begin, place.end - place.begin)),
          std::string(fit_width(right, columns))};
}

}  // namespace malmoi::apps
