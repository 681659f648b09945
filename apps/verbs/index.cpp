#include <boost/program_options.hpp>

#include "apps/analysis_flags.h"
#include "apps/corpus_flags.h"
#include "apps/dictionary.h"
#include "apps/indexer.h"
#include "apps/parse.h"
#include "apps/verbs.h"
#include "apps/workspace.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "index",
    .summary =
        "Reads documents, analyses them on all threads and stores them with their tokens, vocabulary and an\n"
        "inverted index in CORPUS, one SQLite file, which is made if it is not there. Documents are added to what\n"
        "is there, all or none of them; ids and terms keep their numbers.\n",
    .arguments = {"corpus", "input..."},
    .examples =
        "malmoi index reviews.malmoi ratings_train.txt\n"
        "malmoi index news.malmoi articles/ --from text --stem english\n"
        "malmoi index posts.malmoi posts.jsonl.gz --text-field body.text --label-field group --meta-field '*'\n"
        "malmoi index posts.malmoi 20news-bydate-train/ --strip newsgroup\n"
        "zcat dump.csv.gz | malmoi index dump.malmoi - --from csv --text-field text\n"
        "malmoi index reviews.malmoi --reanalyze --pos noun\n"};

void print_skipped(const std::vector<corpus::SkippedRecord>& skipped, const CommonOptions& common, Streams& io) {
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(skipped.size(), kShown); ++i) {
    note(concat("skipped ", skipped[i].reason), common, io);
  }
  if (skipped.size() > kShown) note(concat("… and ", skipped.size() - kShown, " more"), common, io);
}

}  // namespace

void run_index(std::span<const std::string> args, Streams& io) {
  RunLog run("index", args);
  IndexOptions options;
  std::string path;
  std::vector<std::string> inputs;
  DictionaryFlag dictionary;
  ReaderFlags reader;
  AnalysisFlags analysis;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("input", po::value(&inputs), "files, folders, or - for standard input");
  reader.add_to(flags);
  add("replace", po::bool_switch(&options.replace), "documents whose id is known take the place of the old ones");
  add("reanalyze", po::bool_switch(&options.reanalyze),
      "analyse all documents of the corpus anew, with the flags given and else as before");
  analysis.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (inputs.empty() && !options.reanalyze)
    throw UsageError("index: name at least one input (or - for standard input)");

  options.reader = reader.options();
  options.analyzer =
      analysis.options(std::filesystem::exists(path) ? Workspace(path).analysis() : tokenize::AnalyzerOptions{});
  options.phrases = analysis.phrases();
  options.dictionary = dictionary.folder();
  const IndexResult result = index_documents(path, inputs, options, run, common->run_context(io));
  for (const std::string& guessed : result.notes) note(guessed, *common, io);
  print_skipped(result.skipped, *common, io);
  show(result.report, *common, io);
}

}  // namespace malmoi::apps
