#include <boost/program_options.hpp>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/corpus_flags.h"
#include "apps/dictionary.h"
#include "apps/lda_model.h"
#include "apps/page/topic_names.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/topic_inference.h"
#include "apps/topic_table.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "corpus/models.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "infer",
    .summary =
        "The topics of new documents, which are analysed as those of the corpus were, or without INPUT of the\n"
        "documents of the corpus. The model stays as it is. A document gets the same shares whatever is read with it.\n"
        "--store keeps those of the corpus in its table document_topics(document, model, topic, share).\n",
    .arguments = {"corpus", "input..."},
    .examples =
        "malmoi infer reviews.malmoi new_reviews.tsv --format tsv > topics.tsv\n"
        "malmoi infer news.malmoi articles.jsonl.gz --model news100 --text-field body --all\n"
        "malmoi infer reviews.malmoi --where 'date>=2019' --top 1\n"
        "malmoi infer reviews.malmoi --store --quiet\n"};

struct Request {
  std::string path;
  std::vector<std::string> inputs;
  std::string model = "lda";
  bool all = false;
  bool store = false;
  ShareLimits limits;
  topics::InferenceOptions inference;
  std::int64_t seed = 1;
  ReaderFlags reader;
  WhereFlag where;
  DictionaryFlag dictionary;
};

// Gathers what is printed and what is stored.
struct Results {
  Table table{"topics", {"id", "tokens", "topic", "name", "share"}, {}};
  std::vector<std::int64_t> stored;  // documents
  std::vector<corpus::DocumentTopic> rows;
  std::int64_t documents = 0;
  std::int64_t tokens = 0;
};

void keep(Results& results, const InferredDocument& document, const Request& request,
          const std::vector<std::string>& titles) {
  ++results.documents;
  results.tokens += document.tokens;
  for (const TopicShare& one : largest_shares(document.shares, request.limits)) {
    results.table.rows.push_back(
        {document.id, document.tokens, one.topic, titles[static_cast<std::size_t>(one.topic)], one.share});
  }
  if (!request.store) return;
  results.stored.push_back(document.document);
  const ShareLimits all{std::numeric_limits<std::int32_t>::max(), request.limits.min_share};
  for (const TopicShare& one : largest_shares(document.shares, all)) {
    results.rows.push_back({document.document, one.topic, one.share});
  }
}

void read_and_infer(Workspace& workspace, const LdaModel& model, const Request& request, const InferenceSink& sink,
                    const std::pair<const CommonOptions&, Streams&>& how) {
  const auto& [common, io] = how;
  const auto reader = corpus::open_reader(request.inputs, request.reader.options());
  const auto analyzer = make_analyzer(workspace.analysis(), request.dictionary.folder());
  infer_new({*reader, *analyzer}, model, request.inference, sink, common.run_context(io));
  for (const std::string& guessed : reader->notes()) note(guessed, common, io);
  for (const corpus::SkippedRecord& skipped : reader->skipped()) {
    note(concat("skipped ", skipped.reason), common, io);
  }
}

void run(const Request& request, RunLog& log, const CommonOptions& common, Streams& io) {
  Workspace workspace(request.path);
  const LdaModel model = load_lda_model(workspace, request.model);
  const auto names = load_topic_names(workspace.store().database(), request.model, model.lda.alpha.size());
  const TopicTables tables(model, names);
  Results results;
  const auto sink = [&](const InferredDocument& document) { keep(results, document, request, tables.titles()); };
  log.set_seed(request.seed);
  const auto begin = std::chrono::steady_clock::now();
  if (request.inputs.empty()) {
    infer_stored(workspace, model, request.where.filter(), request.inference, sink, common.run_context(io));
  } else {
    read_and_infer(workspace, model, request, sink, {common, io});
    log.set_input(
        nlohmann::json{{"inputs", request.inputs}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Report report;
  report.metrics = {{"model", request.model},
                    {"fingerprint", model.fingerprint},
                    {"documents", results.documents},
                    {"tokens", results.tokens},
                    {"seconds", seconds},
                    {"documents_per_second", static_cast<double>(results.documents) / std::max(seconds, 1e-9)}};
  if (request.store) {
    corpus::Store store = corpus::Store::open(request.path, corpus::Access::write);
    corpus::Transaction transaction(store.database());
    corpus::save_document_topics(store.database(), request.model, results.stored, results.rows);
    report.metrics.push_back({"rows_stored", results.rows.size()});
    transaction.commit();
  }
  report.tables.push_back(std::move(results.table));
  show(report, common, io);
  log.save(request.path, {report.metrics, {}});
}

void check(Request& request) {
  require_at_least("--top", request.limits.most, 1);
  if (!(request.limits.min_share >= 0 && request.limits.min_share <= 1)) {
    throw UsageError("--min-share: 0 to 1 is wanted");
  }
  require_at_least("--seed", request.seed, 0);
  request.inference.seed = static_cast<std::uint64_t>(request.seed);
  if (request.all) request.limits = {std::numeric_limits<std::int32_t>::max(), 0.0};
  if (request.inputs.empty()) return;
  if (request.store) throw UsageError("--store is for documents of the corpus; leave INPUT out");
  if (!request.where.filter().sql.empty()) throw UsageError("--where is for documents of the corpus");
}

}  // namespace

void run_infer(std::span<const std::string> args, Streams& io) {
  RunLog log("infer", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("input", po::value(&request.inputs), "files, folders, or - for standard input");
  add("model", po::value(&request.model)->default_value(request.model), "name of the model");
  add("top", po::value(&request.limits.most)->default_value(request.limits.most), "topics of each document");
  add("min-share", po::value(&request.limits.min_share)->default_value(request.limits.min_share),
      "only topics that take at least this much of a document");
  add("all", po::bool_switch(&request.all), "all topics of each document");
  add("store", po::bool_switch(&request.store),
      "keep the topics with at least --min-share in the corpus file, in the place of those that are there");
  add("sweeps", po::value(&request.inference.sweeps)->default_value(request.inference.sweeps),
      "sweeps over the tokens of a document");
  add("burn-in", po::value(&request.inference.burn_in)->default_value(request.inference.burn_in),
      "sweeps at the beginning that are not averaged");
  add("seed", po::value(&request.seed)->default_value(request.seed), "of the random numbers");
  request.where.add_to(flags);
  request.reader.add_to(flags);
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  check(request);
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
