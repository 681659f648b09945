#include "apps/search.h"

#include <boost/program_options.hpp>
#include <istream>

#include "apps/concordance.h"
#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "search",
    .summary =
        "Documents ranked by BM25. A query is words, \"phrases in quotes\", +what must be there, -what must not;\n"
        "its words are analysed as the corpus was. With - as query, each line of standard input is one.\n",
    .arguments = {"corpus", "query..."},
    .examples =
        "malmoi search reviews.malmoi '배우 +연기 -지루하다'\n"
        "malmoi search news.malmoi '\"new york\" taxi' --where 'date>=2019' --limit 20\n"
        "malmoi search reviews.malmoi - --format json < queries.txt\n"};

constexpr int kSnippetColumns = 76;

std::vector<Place> places_of(const tokenize::Tokens& tokens, std::span<const Clause> clauses) {
  std::vector<Place> places;
  for (const Clause& clause : clauses) {
    if (clause.role == Clause::Role::excluded) continue;
    const std::vector<Place> found =
        clause.phrase ? find_phrase(tokens, clause.terms) : find_terms(tokens, clause.terms);
    places.insert(places.end(), found.begin(), found.end());
  }
  return join_places(std::move(places));
}

Report answer(Workspace& workspace, Searcher& searcher, std::string_view query, const SearchOptions& options) {
  const std::vector<Clause> clauses = parse_query(workspace, query);
  const SearchResult result = searcher.search(clauses, options);
  Report report;
  report.metrics = {{"query", query}, {"matching", result.matching}};
  Table table{"hits", {"id", "label", "score", "text"}, {}};
  for (const Hit& hit : result.hits) {
    const auto document = workspace.store().find(hit.document);
    if (!document) continue;
    const std::vector<Place> places = places_of(workspace.analyze(document->text), clauses);
    table.rows.push_back(
        {name_of(*document), document->label, hit.score, snippet(document->text, places, kSnippetColumns)});
  }
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace

void run_search(std::span<const std::string> args, Streams& io) {
  const RunLog run("search", args);
  std::string path;
  std::vector<std::string> words;
  SearchOptions options;
  WhereFlag where;
  DictionaryFlag dictionary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("query", po::value(&words)->required(), "words, \"phrases\", +needed, -unwanted; or - for one a line");
  add("limit", po::value(&options.limit)->default_value(options.limit), "hits to show");
  add("k1", po::value(&options.k1)->default_value(options.k1), "BM25: how soon further occurrences count less");
  add("b", po::value(&options.b)->default_value(options.b), "BM25: how much long documents count less, 0 to 1");
  where.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;

  options.where = where.filter();
  Workspace workspace(path, dictionary.folder());
  Searcher searcher(workspace);
  if (words == std::vector<std::string>{"-"}) {
    std::int64_t queries = 0;
    for (std::string line; std::getline(io.in, line); ++queries) {
      throw_if_stopped({.stop = io.stop});
      show(answer(workspace, searcher, line, options), *common, io);
      io.out.flush();
    }
    run.save(path, {{{"queries", queries}}, {}});
    return;
  }
  std::string query;
  for (const std::string& word : words) query += (query.empty() ? "" : " ") + word;
  const Report report = answer(workspace, searcher, query, options);
  show(report, *common, io);
  run.save(path, report);
}

}  // namespace malmoi::apps
