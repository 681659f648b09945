#include "apps/workspace.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "apps/dictionary.h"
#include "corpus/base/error.h"
#include "corpus/term_table.h"
#include "corpus/token_blocks.h"
#include "tokenize/normalizer.h"

namespace malmoi::apps {

Workspace::Workspace(const std::filesystem::path& corpus, std::filesystem::path dictionary)
    : store_(corpus::Store::open(corpus)), dictionary_(std::move(dictionary)) {}

tokenize::AnalyzerOptions Workspace::analysis() const {
  const auto options = store_.setting("analyzer");
  if (!options) throw Error(ErrorCode::corrupt_data, "the corpus does not say how it was analysed");
  return tokenize::analyzer_options_from_json(*options);
}

const vectorize::Vocabulary& Workspace::vocabulary() {
  if (!vocabulary_) {
    corpus::TermTable table = corpus::load_terms(store_.database());
    std::vector<vectorize::TermCounts> counts;
    counts.reserve(table.documents.size());
    for (std::size_t i = 0; i < table.documents.size(); ++i) {
      counts.push_back({static_cast<std::int32_t>(table.documents[i]), table.occurrences[i]});
    }
    vocabulary_ = std::make_unique<vectorize::Vocabulary>(std::move(table.texts), std::move(counts));
  }
  return *vocabulary_;
}

TokenSequences Workspace::tokens(const corpus::Filter& filter) const {
  if (filter.sql.empty()) return corpus::load_tokens(store_.database());
  return corpus::load_tokens(store_.database(), store_.matching(filter));
}

TokenSequences Workspace::words(const corpus::Filter& filter) {
  const tokenize::AnalyzerOptions options = analysis();
  TokenSequences all = tokens(filter);
  if (options.ngrams == 1) return all;
  // An n-gram is a term with a blank that is no learned phrase.
  std::vector<bool> is_ngram(static_cast<std::size_t>(vocabulary().size()));
  for (TermId term = 0; term < vocabulary().size(); ++term) {
    is_ngram[static_cast<std::size_t>(term)] = vocabulary().term(term).find(' ') != std::string_view::npos;
  }
  for (const std::string& phrase : options.phrases) {
    if (const auto term = vocabulary().find(phrase)) is_ngram[static_cast<std::size_t>(*term)] = false;
  }
  TokenSequences words;
  words.row_ids = std::move(all.row_ids);
  for (std::size_t row = 0; row + 1 < all.offsets.size(); ++row) {
    for (std::size_t i = all.offsets[row]; i < all.offsets[row + 1]; ++i) {
      if (!is_ngram[static_cast<std::size_t>(all.terms[i])]) words.terms.push_back(all.terms[i]);
    }
    words.offsets.push_back(words.terms.size());
  }
  return words;
}

TokenSequences Workspace::tokens_of(std::int64_t document) const {
  return corpus::load_tokens(store_.database(), std::span(&document, 1));
}

TokenSequences Workspace::tokens_of(std::string_view text) {
  TokenSequences row;
  row.row_ids.push_back(0);
  for (const tokenize::Token& token : analyze(text)) {
    if (token.dropped != tokenize::DropRule::kept) continue;
    if (const auto term = corpus::find_term(store_.database(), token.text)) row.terms.push_back(term->id);
  }
  row.offsets.push_back(row.terms.size());
  return row;
}

vectorize::DocTermMatrix Workspace::counts(const corpus::Filter& filter, const RunContext& context) const {
  return vectorize::count_terms(tokens(filter), static_cast<TermId>(store_.size().terms), context);
}

vectorize::Vocabulary Workspace::vocabulary_of(const vectorize::DocTermMatrix& counts) const {
  std::vector<vectorize::TermCounts> totals(static_cast<std::size_t>(counts.values.cols()));
  for (Eigen::Index i = 0; i < counts.values.nonZeros(); ++i) {
    vectorize::TermCounts& term = totals[static_cast<std::size_t>(counts.values.innerIndexPtr()[i])];
    ++term.documents;
    term.occurrences += static_cast<std::int64_t>(counts.values.valuePtr()[i]);
  }
  return {corpus::load_terms(store_.database()).texts, std::move(totals)};
}

std::optional<std::string> Workspace::term_of(std::string_view word) {
  std::optional<std::string> term;
  for (const tokenize::Token& token : analyze(word)) {
    if (token.dropped != tokenize::DropRule::kept) continue;
    if (term) return std::nullopt;
    term = token.text;
  }
  return term;
}

std::vector<std::string> Workspace::whole_words(std::span<const std::string> terms) const {
  constexpr std::int64_t kSampleTokens = 300'000;
  std::vector<std::string> words(terms.begin(), terms.end());
  tokenize::AnalyzerOptions options = analysis();
  if (options.stemmer == tokenize::Stemmer::none) return words;
  options.korean = tokenize::KoreanUnit::word;  // what is stemmed is English, and that needs no dictionary
  const tokenize::Analyzer analyzer(options, {});
  tokenize::AnalyzerSession session(analyzer);
  std::unordered_map<std::string_view, std::size_t> columns;
  for (std::size_t i = 0; i < terms.size(); ++i) columns.emplace(terms[i], i);
  std::vector<std::map<std::string, std::int64_t>> forms(terms.size());
  std::string form;
  const std::vector<std::int64_t> ids = store_.matching({});
  const auto step = static_cast<std::size_t>(store_.size().tokens / kSampleTokens + 1);
  for (std::size_t i = 0; i < ids.size(); i += step) {
    const std::string text = store_.find(ids[i])->text;
    for (const tokenize::Token& token : session.analyze(text)) {
      const auto found = columns.find(token.text);
      if (found == columns.end()) continue;
      tokenize::fold_token(std::string_view(text).substr(token.begin, token.end - token.begin), options.form,
                           options.fold_case, form);
      ++forms[found->second][form];
    }
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto more = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto best = std::max_element(forms[i].begin(), forms[i].end(), more);
    if (best != forms[i].end()) words[i] = best->first;
  }
  return words;
}

const tokenize::Tokens& Workspace::analyze(std::string_view text) {
  if (!session_) {
    analyzer_ = make_analyzer(analysis(), dictionary_);
    session_ = std::make_unique<tokenize::AnalyzerSession>(*analyzer_);
  }
  return session_->analyze(text);
}

}  // namespace malmoi::apps
