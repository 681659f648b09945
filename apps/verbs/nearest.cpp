#include <boost/program_options.hpp>

#include "apps/corpus_flags.h"
#include "apps/embedding_model.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "neural/word_similarity.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{.verb = "nearest",
                       .summary =
                           "The words whose vectors are nearest to those of a word, by cosine. A word that the\n"
                           "vectors do not have as written is looked up case-folded, then as the term that the\n"
                           "corpus' analysis makes of it, then by its parts, if they were learned with parts.\n",
                       .arguments = {"corpus", "word..."},
                       .examples =
                           "malmoi nearest reviews.malmoi 영화\n"
                           "malmoi nearest news.malmoi windows linux --model cbow300 --top 20\n"};

struct Request {
  std::string path;
  std::vector<std::string> words;
  std::string model = "vectors";
  DictionaryFlag dictionary;
  std::int32_t top = 10;
};

void run(const Request& request, const RunLog& log, const CommonOptions& common, Streams& io) {
  const EmbeddingModel model = load_embedding(request.path, request.model);
  const neural::WordSpace space(model.embeddings);
  const bool counted = !model.embeddings.counts.empty();
  Report report;
  Table table{"nearest", {"word", "neighbor", "cosine"}, {}};
  if (counted) table.columns.emplace_back("occurrences");
  Workspace workspace(request.path, request.dictionary.folder());
  for (const std::string& given : request.words) {
    const std::string word = looked_up(model.embeddings, workspace, given);
    if (word != given) note(concat("\"", given, "\" is looked up as \"", word, "\""), common, io);
    for (const neural::WordNeighbor& one : space.nearest(word, request.top, common.run_context(io))) {
      std::vector<Cell> row = {word, model.embeddings.words.at(one.word), static_cast<double>(one.score)};
      if (counted) row.emplace_back(model.embeddings.counts[static_cast<std::size_t>(one.word)]);
      table.rows.push_back(std::move(row));
    }
  }
  report.tables.push_back(std::move(table));
  show(report, common, io);
  log.save(request.path, {{{"model", model.name}, {"words", request.words.size()}}, {}});
}

}  // namespace

void run_nearest(std::span<const std::string> args, Streams& io) {
  const RunLog log("nearest", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("word", po::value(&request.words)->required(), "words");
  add("model", po::value(&request.model)->default_value(request.model), "name of the vectors");
  add("top", po::value(&request.top)->default_value(request.top), "neighbours of each word");
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  require_at_least("--top", request.top, 1);
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
