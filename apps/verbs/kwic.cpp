#include <boost/program_options.hpp>

#include "apps/concordance.h"
#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/search.h"
#include "apps/verbs.h"
#include "corpus/base/utf8.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{.verb = "kwic",
                       .summary =
                           "A word, or several in a row, in their context, in the order of the documents. The words\n"
                           "are analysed as the corpus was: 떨어졌다 finds all forms of 떨어지다.\n",
                       .arguments = {"corpus", "word..."},
                       .examples =
                           "malmoi kwic reviews.malmoi 감동\n"
                           "malmoi kwic speeches.malmoi united states --width 40 --limit 50\n"};

struct Lines {
  Table table{"lines", {"id", "left", "keyword", "right"}, {}};
  std::int64_t occurrences = 0;
  std::int64_t documents = 0;
};

void add_document(const corpus::Document& document, std::span<const Place> places, int width, int limit, Lines& lines) {
  if (places.empty()) return;
  ++lines.documents;
  lines.occurrences += static_cast<std::int64_t>(places.size());
  for (const Place& place : places) {
    if (static_cast<int>(lines.table.rows.size()) >= limit) return;
    const ContextLine line = in_context(document.text, place, width);
    const int padding = width - display_width(line.left);
    lines.table.rows.push_back({name_of(document),
                                std::string(static_cast<std::size_t>(std::max(0, padding)), ' ') + line.left,
                                line.keyword, line.right});
  }
}

}  // namespace

void run_kwic(std::span<const std::string> args, Streams& io) {
  const RunLog run("kwic", args);
  std::string path;
  std::vector<std::string> words;
  int width = 36;
  int limit = 100;
  WhereFlag where;
  DictionaryFlag dictionary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("word", po::value(&words)->required(), "a word, or several that follow each other");
  add("width", po::value(&width)->default_value(width), "columns of text on each side");
  add("limit", po::value(&limit)->default_value(limit), "lines to show");
  where.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (width < 1 || limit < 1) throw UsageError("kwic: --width and --limit must be at least 1");

  Workspace workspace(path, dictionary.folder());
  std::string phrase;
  for (const std::string& word : words) phrase += (phrase.empty() ? "" : " ") + word;
  const std::vector<std::string> terms = words_in(workspace, phrase);
  if (terms.empty()) throw UsageError(concat("kwic: the analysis of this corpus leaves nothing of '", phrase, "'"));
  Lines lines;
  corpus::Document document;
  for (const std::int64_t id : documents_with(workspace.store(), terms, where.filter())) {
    document = *workspace.store().find(id);
    add_document(document, find_phrase(workspace.analyze(document.text), terms), width, limit, lines);
  }
  const Report report{{{"occurrences", lines.occurrences}, {"documents", lines.documents}}, {std::move(lines.table)}};
  show(report, *common, io);
  run.save(path, report);
}

}  // namespace malmoi::apps
