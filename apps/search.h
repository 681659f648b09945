#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/workspace.h"
#include "corpus/filter.h"

namespace malmoi::apps {

/// One part of a query: a word or a phrase in quotes, as terms.
struct Clause {
  enum class Role { optional, required, excluded };
  Role role = Role::optional;
  bool phrase = false;             ///< the terms must follow each other
  std::vector<std::string> terms;  ///< as the corpus' analysis gives them
  friend bool operator==(const Clause&, const Clause&) = default;
};

/// Reads `word +needed -unwanted "a phrase" +"needed phrase"`. A quote that is not closed ends with the query. Words
/// that the analysis drops (stop words, particles) are left out.
[[nodiscard]] std::vector<Clause> parse_query(Workspace& workspace, std::string_view query);

/// The kept single words of a text, as terms.
[[nodiscard]] std::vector<std::string> words_in(Workspace& workspace, std::string_view text);

/// Documents, ascending, that pass the filter and hold all of the terms.
[[nodiscard]] std::vector<std::int64_t> documents_with(const corpus::Store& store, std::span<const std::string> terms,
                                                       const corpus::Filter& where);

struct SearchOptions {
  int limit = 10;   ///< hits, ≥ 1
  double k1 = 1.2;  ///< ≥ 0
  double b = 0.75;  ///< 0 to 1
  corpus::Filter where = {};
};

struct Hit {
  std::int64_t document = 0;
  double score = 0;
  friend bool operator==(const Hit&, const Hit&) = default;
};

struct SearchResult {
  std::vector<Hit> hits;      ///< best first, ties by document number
  std::int64_t matching = 0;  ///< documents that match in all
};

/// Ranked search over the inverted index in the corpus file. Reads the postings of the query's terms only, besides the
/// length of each document, which is read once. A process that is asked for a second phrase keeps the tokens of a
/// corpus of up to 64 million in memory (4 bytes each).
class Searcher {
 public:
  /// The workspace must outlive the searcher.
  explicit Searcher(Workspace& workspace);

  /// Documents that hold all required and no excluded clause, and if none is required at least one optional one, by
  /// the sum of BM25 over terms and phrases: idf · tf (k1 + 1) / (tf + k1 (1 - b + b · length / mean length)) with
  /// idf = ln(1 + (N - df + 0.5) / (df + 0.5)); a phrase counts its occurrences and the sum of its terms' idf.
  /// Source: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009; idf as in Lucene.
  /// Throws invalid_argument for options out of range.
  SearchResult search(std::span<const Clause> clauses, const SearchOptions& options);

 private:
  /// What one document has gathered in the course of a query.
  struct Standing {
    double score = 0;
    std::int32_t needed = 0;  ///< required terms and phrases that it holds
    bool touched = false;
    bool excluded = false;
  };
  Standing& touch(std::int64_t document);
  void add(std::int64_t document, double idf, double count, Clause::Role role);
  void visit_terms(const Clause& clause);
  void visit_phrase(const Clause& clause);
  void for_each_row(std::span<const std::int64_t> documents,
                    const std::function<void(std::int64_t, std::span<const TermId>)>& visit);
  [[nodiscard]] double idf(std::int64_t documents) const;

  Workspace* workspace_;
  corpus::CorpusSize size_;
  double mean_length_ = 0;
  SearchOptions options_;
  int phrases_seen_ = 0;
  std::optional<TokenSequences> tokens_;
  std::vector<std::int32_t> lengths_;  ///< by document number; -1: not there
  std::vector<Standing> standings_;    ///< by document number
  std::vector<std::int64_t> touched_;  ///< documents whose standing is to be reset
};

}  // namespace malmoi::apps
