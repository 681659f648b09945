#include <boost/program_options.hpp>

#include "apps/embedding_model.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "corpus/base/error.h"
#include "neural/word_similarity.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "wordsim",
    .summary =
        "How well word vectors agree with people. Of files of word pairs (word TAB word TAB score): the rank\n"
        "correlation of scores and cosines (Spearman). Of files of analogies (--analogies: lines `: section` and\n"
        "`a b c d`): how many are answered correctly. Both say how many were covered: had all their words. A\n"
        "correlation of fewer than two pairs, or of equal scores, is not defined: NaN, in JSON null.\n",
    .arguments = {"corpus", "file..."},
    .examples =
        "malmoi wordsim news.malmoi wordsim353.tsv simlex999.tsv\n"
        "malmoi wordsim news.malmoi --analogies questions-words.txt --model cbow300\n"};

struct Request {
  std::string path;
  std::vector<std::string> files;
  std::string model = "vectors";
  std::string method = "add";
  bool analogies = false;
};

Table pairs_table(const Request& request, const neural::Embeddings& embeddings) {
  Table table{"wordsim", {"file", "spearman", "pairs", "covered"}, {}};
  for (const std::string& file : request.files) {
    const std::vector<neural::WordPair> pairs = neural::read_word_pairs(file);
    if (pairs.empty()) throw Error(ErrorCode::invalid_argument, concat(file, ": has no pairs of words"));
    const neural::PairScores scores = neural::score_pairs(embeddings, pairs);
    table.rows.push_back({file, scores.spearman, scores.pairs, scores.covered});
  }
  return table;
}

Table analogies_table(const Request& request, const neural::Embeddings& embeddings, const RunContext& context) {
  const auto method = choose<neural::AnalogyMethod>(
      "--method", request.method, {{"add", neural::AnalogyMethod::cos_add}, {"mul", neural::AnalogyMethod::cos_mul}});
  const neural::WordSpace space(embeddings);
  Table table{"analogies", {"file", "section", "questions", "covered", "right", "accuracy"}, {}};
  const auto add = [&](const std::string& file, const neural::AnalogyScores& one) {
    const double accuracy = one.covered == 0 ? 0.0 : static_cast<double>(one.right) / static_cast<double>(one.covered);
    table.rows.push_back({file, one.section, one.questions, one.covered, one.right, accuracy});
  };
  for (const std::string& file : request.files) {
    const auto sections = neural::read_analogies(file);
    neural::AnalogyScores all{.section = "all"};
    for (const neural::AnalogyScores& one : neural::score_analogies(space, sections, method, context)) {
      add(file, one);
      all.questions += one.questions;
      all.covered += one.covered;
      all.right += one.right;
    }
    add(file, all);
  }
  return table;
}

void run(const Request& request, const RunLog& log, const CommonOptions& common, Streams& io) {
  const EmbeddingModel model = load_embedding(request.path, request.model);
  Report report;
  report.metrics = {{"model", model.name}, {"fingerprint", model.fingerprint}};
  report.tables.push_back(request.analogies ? analogies_table(request, model.embeddings, common.run_context(io))
                                            : pairs_table(request, model.embeddings));
  show(report, common, io);
  log.save(request.path, report);
}

}  // namespace

void run_wordsim(std::span<const std::string> args, Streams& io) {
  const RunLog log("wordsim", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("file", po::value(&request.files)->required(), "files of word pairs, or of analogies");
  add("model", po::value(&request.model)->default_value(request.model), "name of the vectors");
  add("analogies", po::bool_switch(&request.analogies), "the files are of analogies");
  add("method", po::value(&request.method)->default_value(request.method), "of analogies: add, mul");
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  (void)choose<int>("--method", request.method, {{"add", 0}, {"mul", 0}});
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
