#include <boost/program_options.hpp>
#include <iterator>

#include "apps/analysis_flags.h"
#include "apps/corpus_flags.h"
#include "apps/dictionary.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "tokens",
    .summary =
        "Shows how a text is analysed: each kept token with kind, part of speech and bytes of the text; with\n"
        "--explain the dropped ones too, each with the rule that dropped it. With CORPUS by its analysis, without\n"
        "by the flags.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi tokens --text 'AI가 만든 영화를 3월에 봤다 ㅋㅋㅋㅋ' --explain\n"
        "malmoi tokens reviews.malmoi --doc 9976970\n"
        "malmoi tokens --text \"don't stop\" --stem english --stop-words none\n"};

// The text to analyse and what to analyse it with.
struct Request {
  std::string path;
  std::string document;
  std::string text;
  bool explain = false;
};

Report list(const tokenize::Tokens& tokens, std::string_view text, bool explain) {
  Table table{"tokens", {"term", "text", "kind", "tag", "begin", "end"}, {}};
  if (explain) table.columns.emplace_back("dropped");
  for (const tokenize::Token& token : tokens) {
    const bool kept = token.dropped == tokenize::DropRule::kept;
    if (!kept && !explain) continue;
    std::vector<Cell> row = {token.text,       text.substr(token.begin, token.end - token.begin),
                             name(token.kind), token.tag,
                             token.begin,      token.end};
    if (explain) row.emplace_back(kept ? "" : name(token.dropped));
    table.rows.push_back(std::move(row));
  }
  return {{}, {std::move(table)}};
}

}  // namespace

void run_tokens(std::span<const std::string> args, Streams& io) {
  const RunLog run("tokens", args);
  Request request;
  AnalysisFlags analysis;
  DictionaryFlag dictionary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path), "corpus file");
  add("doc", po::value(&request.document), "a document of the corpus, by id or number");
  add("text", po::value(&request.text), "a text, or - for standard input");
  add("explain", po::bool_switch(&request.explain), "dropped tokens too, with the rule");
  analysis.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  const auto wanted = analysis.options({});
  if (!request.path.empty() && wanted) throw UsageError("tokens: a corpus has its own analysis; leave the flags out");
  if (request.document.empty() == request.text.empty()) throw UsageError("tokens: give either --doc or --text");
  if (request.path.empty() && !request.document.empty()) throw UsageError("tokens: --doc needs a corpus");
  if (request.text == "-") request.text.assign(std::istreambuf_iterator<char>(io.in), {});

  if (request.path.empty()) {
    const auto analyzer = make_analyzer(wanted.value_or(tokenize::AnalyzerOptions{}), dictionary.folder());
    tokenize::AnalyzerSession session(*analyzer);
    return show(list(session.analyze(request.text), request.text, request.explain), *common, io);
  }
  Workspace workspace(request.path, dictionary.folder());
  if (!request.document.empty()) {
    request.text = workspace.store().find(workspace.store().resolve(request.document))->text;
  }
  show(list(workspace.analyze(request.text), request.text, request.explain), *common, io);
  run.save(request.path, {});
}

}  // namespace malmoi::apps
