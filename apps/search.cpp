#include "apps/search.h"

#include <algorithm>
#include <cmath>

#include "corpus/base/error.h"
#include "corpus/inverted_index.h"
#include "corpus/term_table.h"
#include "corpus/token_blocks.h"

namespace malmoi::apps {
namespace {

using corpus::Posting;
using corpus::StoredTerm;

void validate(const SearchOptions& options) {
  if (options.limit < 1 || !(options.k1 >= 0) || !(options.b >= 0 && options.b <= 1)) {
    throw Error(ErrorCode::invalid_argument, concat("search: limit = ", options.limit, " (at least 1), k1 = ",
                                                    options.k1, " (at least 0), b = ", options.b, " (0 to 1)"));
  }
}

// Documents, ascending, that hold all of the terms.
std::vector<std::int64_t> documents_with_all(const corpus::Database& database, std::span<const StoredTerm> terms) {
  std::vector<StoredTerm> by_rarity(terms.begin(), terms.end());
  std::sort(by_rarity.begin(), by_rarity.end(),
            [](const StoredTerm& a, const StoredTerm& b) { return a.documents < b.documents; });
  std::vector<std::int64_t> common;
  for (std::size_t i = 0; i < by_rarity.size(); ++i) {
    std::vector<std::int64_t> holding;
    corpus::for_each_posting(database, by_rarity[i].id,
                             [&](const Posting& posting) { holding.push_back(posting.document); });
    if (i == 0) {
      common = std::move(holding);
    } else {
      std::vector<std::int64_t> both;
      std::set_intersection(common.begin(), common.end(), holding.begin(), holding.end(), std::back_inserter(both));
      common = std::move(both);
    }
  }
  return common;
}

int count_phrase(std::span<const TermId> tokens, std::span<const TermId> phrase) {
  int count = 0;
  auto from = tokens.begin();
  while ((from = std::search(from, tokens.end(), phrase.begin(), phrase.end())) != tokens.end()) {
    ++count;
    from += static_cast<std::ptrdiff_t>(phrase.size());
  }
  return count;
}

bool better(const Hit& a, const Hit& b) {
  return a.score != b.score ? a.score > b.score : a.document < b.document;
}

}  // namespace

std::vector<std::string> words_in(Workspace& workspace, std::string_view text) {
  std::vector<std::string> terms;
  for (const tokenize::Token& token : workspace.analyze(text)) {
    if (token.dropped == tokenize::DropRule::kept && token.words == 1) terms.emplace_back(token.text);
  }
  return terms;
}

std::vector<std::int64_t> documents_with(const corpus::Store& store, std::span<const std::string> terms,
                                         const corpus::Filter& where) {
  std::vector<StoredTerm> stored;
  for (const std::string& text : terms) {
    const auto term = corpus::find_term(store.database(), text);
    if (!term) return {};
    stored.push_back(*term);
  }
  const std::vector<std::int64_t> holding = documents_with_all(store.database(), stored);
  const std::vector<std::int64_t> allowed = store.matching(where);  // those removed since have postings, but no row
  std::vector<std::int64_t> both;
  std::set_intersection(holding.begin(), holding.end(), allowed.begin(), allowed.end(), std::back_inserter(both));
  return both;
}

std::vector<Clause> parse_query(Workspace& workspace, std::string_view query) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<Clause> clauses;
  for (std::size_t at = query.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = query.find_first_not_of(kBlanks, at)) {
    Clause clause;
    if ((query[at] == '+' || query[at] == '-') && at + 1 < query.size()) {
      clause.role = query[at++] == '+' ? Clause::Role::required : Clause::Role::excluded;
    }
    clause.phrase = query[at] == '"';
    const std::size_t begin = clause.phrase ? at + 1 : at;
    const std::size_t end =
        std::min(clause.phrase ? query.find('"', begin) : query.find_first_of(kBlanks, begin), query.size());
    clause.terms = words_in(workspace, query.substr(begin, end - begin));
    // A word that the analysis takes apart is unwanted as a whole, not each of its parts.
    if (clause.role == Clause::Role::excluded) clause.phrase = true;
    if (clause.terms.size() < 2) clause.phrase = false;
    if (!clause.terms.empty()) clauses.push_back(std::move(clause));
    at = std::min(end + 1, query.size());
  }
  return clauses;
}

Searcher::Searcher(Workspace& workspace) : workspace_(&workspace) {
  size_ = workspace.store().size();
  mean_length_ = std::max(1.0, static_cast<double>(size_.tokens) / std::max(1.0, static_cast<double>(size_.documents)));
  corpus::for_each_length(workspace.store().database(), [this](const corpus::DocumentLength& length) {
    lengths_.resize(static_cast<std::size_t>(length.document) + 1, -1);
    lengths_.back() = static_cast<std::int32_t>(length.tokens);
  });
  standings_.resize(lengths_.size());
}

Searcher::Standing& Searcher::touch(std::int64_t document) {
  Standing& standing = standings_[static_cast<std::size_t>(document)];
  if (!standing.touched) {
    standing.touched = true;
    touched_.push_back(document);
  }
  return standing;
}

void Searcher::add(std::int64_t document, double idf, double count, Clause::Role role) {
  const std::int32_t length = lengths_[static_cast<std::size_t>(document)];
  if (length < 0) return;  // removed since
  Standing& standing = touch(document);
  if (role == Clause::Role::excluded) {
    standing.excluded = true;
    return;
  }
  if (role == Clause::Role::required) ++standing.needed;
  const double norm = options_.k1 * (1 - options_.b + options_.b * length / mean_length_);
  standing.score += idf * count * (options_.k1 + 1) / (count + norm);
}

double Searcher::idf(std::int64_t documents) const {
  const auto holding = static_cast<double>(documents);
  return std::log(1 + (static_cast<double>(size_.documents) - holding + 0.5) / (holding + 0.5));
}

void Searcher::visit_terms(const Clause& clause) {
  const corpus::Database& database = workspace_->store().database();
  for (const std::string& text : clause.terms) {
    const auto term = corpus::find_term(database, text);
    if (!term) continue;
    const double weight = idf(term->documents);
    corpus::for_each_posting(
        database, term->id, [&](const Posting& posting) { add(posting.document, weight, posting.count, clause.role); });
  }
}

void Searcher::visit_phrase(const Clause& clause) {
  const corpus::Database& database = workspace_->store().database();
  std::vector<StoredTerm> terms;
  std::vector<TermId> phrase;
  double weight = 0;
  for (const std::string& text : clause.terms) {
    const auto term = corpus::find_term(database, text);
    if (!term) return;
    terms.push_back(*term);
    phrase.push_back(term->id);
    weight += idf(term->documents);
  }
  for_each_row(documents_with_all(database, terms), [&](std::int64_t document, std::span<const TermId> tokens) {
    const int count = count_phrase(tokens, phrase);
    if (count > 0) add(document, weight, count, clause.role);
  });
}

void Searcher::for_each_row(std::span<const std::int64_t> documents,
                            const std::function<void(std::int64_t, std::span<const TermId>)>& visit) {
  constexpr std::int64_t kMostTokensInMemory = 64'000'000;
  const corpus::Database& database = workspace_->store().database();
  if (++phrases_seen_ == 2 && size_.tokens <= kMostTokensInMemory) tokens_ = corpus::load_tokens(database);
  if (!tokens_) {
    const TokenSequences some = corpus::load_tokens(database, documents);
    for (std::size_t row = 0; row < some.rows(); ++row) visit(some.row_ids[row], some.row(row));
    return;
  }
  const std::vector<std::int64_t>& ids = tokens_->row_ids;
  if (ids.empty()) return;
  std::size_t row = 0;
  for (const std::int64_t document : documents) {
    // Ids ascend, so the row lies no further on than the id does; without removals it is just there.
    const std::int64_t ahead = std::max<std::int64_t>(0, document - ids[row]);
    const std::size_t last = std::min(ids.size() - 1, row + static_cast<std::size_t>(ahead));
    if (ids[last] == document) {
      row = last;
    } else {
      const auto from = ids.begin() + static_cast<std::ptrdiff_t>(row);
      const auto to = ids.begin() + static_cast<std::ptrdiff_t>(last);
      row = static_cast<std::size_t>(std::lower_bound(from, to, document) - ids.begin());
    }
    if (ids[row] == document) visit(document, tokens_->row(row));
  }
}

SearchResult Searcher::search(std::span<const Clause> clauses, const SearchOptions& options) {
  validate(options);
  options_ = options;
  for (const std::int64_t document : touched_) standings_[static_cast<std::size_t>(document)] = {};
  touched_.clear();
  std::int32_t needed = 0;
  for (const Clause& clause : clauses) {
    clause.phrase ? visit_phrase(clause) : visit_terms(clause);
    if (clause.role == Clause::Role::required) {
      needed += clause.phrase ? 1 : static_cast<std::int32_t>(clause.terms.size());
    }
  }
  std::vector<bool> allowed;
  if (!options.where.sql.empty()) {
    allowed.resize(lengths_.size(), false);
    for (const std::int64_t id : workspace_->store().matching(options.where))
      allowed[static_cast<std::size_t>(id)] = true;
  }
  SearchResult result;
  for (const std::int64_t document : touched_) {
    const Standing& standing = standings_[static_cast<std::size_t>(document)];
    if (standing.excluded || standing.needed < needed) continue;
    if (!allowed.empty() && !allowed[static_cast<std::size_t>(document)]) continue;
    result.hits.push_back({document, standing.score});
  }
  result.matching = static_cast<std::int64_t>(result.hits.size());
  const auto kept = result.hits.begin() + std::min<std::int64_t>(options.limit, result.matching);
  std::partial_sort(result.hits.begin(), kept, result.hits.end(), better);
  result.hits.erase(kept, result.hits.end());
  return result;
}

}  // namespace malmoi::apps
