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

constexpr Usage kUsage{.verb = "analogy",
                       .summary =
                           "A is to B as C is to which word? By the vectors' directions: B - A + C. Words are\n"
                           "looked up as by `malmoi nearest`.\n",
                       .arguments = {"corpus", "word..."},
                       .examples =
                           "malmoi analogy news.malmoi man king woman\n"
                           "malmoi analogy news.malmoi 한국 서울 일본 --method mul --top 3\n"};

struct Request {
  std::string path;
  std::vector<std::string> words;
  std::string model = "vectors";
  DictionaryFlag dictionary;
  std::string method = "add";
  std::int32_t top = 5;
};

void run(const Request& request, const RunLog& log, const CommonOptions& common, Streams& io) {
  const auto method = choose<neural::AnalogyMethod>(
      "--method", request.method, {{"add", neural::AnalogyMethod::cos_add}, {"mul", neural::AnalogyMethod::cos_mul}});
  const EmbeddingModel model = load_embedding(request.path, request.model);
  const neural::WordSpace space(model.embeddings);
  Workspace workspace(request.path, request.dictionary.folder());
  const auto form = [&](const std::string& word) { return looked_up(model.embeddings, workspace, word); };
  const neural::Analogy question{form(request.words[0]), form(request.words[1]), form(request.words[2]), {}};
  Table table{"answers", {"word", "score"}, {}};
  for (const neural::WordNeighbor& one : space.analogy(question, method, request.top, common.run_context(io))) {
    table.rows.push_back({model.embeddings.words.at(one.word), static_cast<double>(one.score)});
  }
  const Report report{{{"question", concat(question.a, " : ", question.b, " = ", question.c, " : ?")}},
                      {std::move(table)}};
  show(report, common, io);
  log.save(request.path, {{{"model", model.name}}, {}});
}

}  // namespace

void run_analogy(std::span<const std::string> args, Streams& io) {
  const RunLog log("analogy", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("word", po::value(&request.words)->required(), "three words: A B C");
  add("model", po::value(&request.model)->default_value(request.model), "name of the vectors");
  add("method", po::value(&request.method)->default_value(request.method),
      "add (3CosAdd), mul (3CosMul, Levy and Goldberg 2014)");
  add("top", po::value(&request.top)->default_value(request.top), "words shown");
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (request.words.size() != 3) throw UsageError("three words are wanted: A B C");
  require_at_least("--top", request.top, 1);
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
