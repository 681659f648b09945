#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "apps/corpus_flags.h"
#include "apps/dictionary.h"
#include "apps/embedding_model.h"
#include "apps/inference_batches.h"
#include "apps/lda_model.h"
#include "apps/lsa_table.h"
#include "apps/page/topic_names.h"
#include "apps/parse.h"
#include "apps/place_writer.h"
#include "apps/run_log.h"
#include "apps/topic_input.h"
#include "apps/topic_table.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "corpus/base/parallel.h"
#include "corpus/models.h"
#include "topics/held_out.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr std::int32_t kTop = 3;
constexpr double kMinShare = 0.01;

constexpr Usage kUsage{
    .verb = "infer",
    .summary =
        "Where new documents, or without INPUT those of the corpus, lie in a model, which stays as it is: their shares "
        "of\n"
        "topics (lda), their places on the dimensions (lsa), or with --all the means of their words' vectors (embed).\n"
        "New documents are analysed as those of the corpus were, and written as they are read: a line for each of the\n"
        "largest shares (json: an object a document). A document gets the same whatever is read with it.\n"
        "--store keeps the topics of the corpus' documents in its table document_topics(document, model, topic, "
        "share).\n"
        "--held-out tells instead how well the topics foretell documents that they were not made of.\n",
    .arguments = {"corpus", "input..."},
    .examples =
        "malmoi infer reviews.malmoi new_reviews.tsv --format tsv > topics.tsv\n"
        "malmoi infer news.malmoi articles.jsonl.gz --model news100 --text-field body --all\n"
        "malmoi infer reviews.malmoi --where 'date>=2019' --top 1\n"
        "malmoi infer reviews.malmoi --model lsa --all --format tsv > places.tsv\n"
        "malmoi infer reviews.malmoi unseen.tsv --held-out completion\n"
        "malmoi infer reviews.malmoi --store --quiet\n"};

enum class HeldOutMethod { completion, left_to_right };

struct Request {
  std::string path;
  std::vector<std::string> inputs;
  std::string model = "lda";
  std::optional<std::int32_t> top = {};
  std::optional<double> min_share = {};
  bool all = false;
  bool store = false;
  std::optional<HeldOutMethod> held_out = {};
  topics::InferenceOptions inference;
  std::int64_t seed = 1;
  ReaderFlags reader;
  WhereFlag where;
  DictionaryFlag dictionary;
};

// ---- the model -----------------------------------------------------------------------------------------------------

struct Model {
  PlaceTerms terms = kDimensions;
  ModelSpace space = {};
  std::vector<std::string> titles = {};   // of topics or dimensions; none of word vectors
  std::vector<std::int64_t> fitted = {};  // documents that topics were made of
  std::string fingerprint = {};
};

std::string kind_of(const corpus::Store& store, std::string_view name) {
  for (const corpus::ModelEntry& entry : store.models()) {
    if (entry.name == name) return entry.kind;
  }
  return {};
}

Model load(Workspace& workspace, const Request& request) {
  Model model;
  const corpus::Database& database = workspace.store().database();
  const std::string kind = kind_of(workspace.store(), request.model);
  if (kind == kLsaKind.kind) {
    model.space = load_model_space(workspace, SpaceKind::lsa, request.model);
    const LsaModel& lsa = *model.space.lsa;
    const auto names = load_topic_names(database, request.model, lsa.lsa.singular_values.size());
    model.titles = dimension_titles(lsa, names);
    model.fingerprint = lsa.fingerprint;
  } else if (kind == kEmbeddingKind.kind) {
    model.space = load_model_space(workspace, SpaceKind::embedding, request.model);
  } else {
    LdaModel lda = load_lda_model(workspace, request.model);
    model.terms = kTopics;
    model.titles = TopicTables(lda, load_topic_names(database, request.model, lda.lda.alpha.size())).titles();
    model.fingerprint = lda.fingerprint;
    model.fitted = lda.row_ids;
    model.space = space_of(std::move(lda));
  }
  return model;
}

void check_model(const Request& request, const Model& model) {
  const auto refuse = [&](std::string_view flag) {
    throw Error(ErrorCode::invalid_argument,
                concat(flag, " is for topics, and the model \"", request.model, "\" has none"));
  };
  if (model.space.lda) return;
  if (request.store) refuse("--store");
  if (request.held_out) refuse("--held-out");
  if (request.min_share) refuse("--min-share");
  if (model.titles.empty() && !request.all) {
    throw Error(ErrorCode::invalid_argument, concat("the dimensions of the word vectors \"", request.model,
                                                    "\" mean nothing one by one: give --all"));
  }
}

// ---- all of them ---------------------------------------------------------------------------------------------------

// What came of a batch, until its turn to be written.
struct Answer {
  std::string text;
  std::int64_t tokens = 0;
  std::vector<std::int64_t> ids;
  std::vector<corpus::DocumentTopic> rows;
  topics::HeldOut held_out;
};

struct Totals {
  std::int64_t documents = 0;
  std::int64_t tokens = 0;
  std::vector<std::int64_t> ids;  // with --store
  std::vector<corpus::DocumentTopic> rows;
  topics::HeldOut held_out;
};

Answer place(const Request& request, const Model& model, const PlaceWriter& writer, const CountedDocuments& documents,
             const RunContext& context) {
  Answer answer;
  const topics::DenseMatrix places = places_of(model.space, documents.counts, request.inference, context);
  const std::vector<std::int64_t> tokens = row_tokens(documents.counts);
  const auto width = static_cast<std::size_t>(places.cols());
  for (std::size_t row = 0; row < documents.names.size(); ++row) {
    const std::span<const float> numbers(places.data() + row * width, width);
    writer.write({documents.names[row], tokens[row], numbers}, answer.text);
    answer.tokens += tokens[row];
    if (!request.store) continue;
    answer.ids.push_back(documents.ids[row]);
    for (const std::size_t topic : largest_places(numbers, width, request.min_share.value_or(kMinShare))) {
      answer.rows.push_back(
          {documents.ids[row], static_cast<std::int32_t>(topic), static_cast<double>(numbers[topic])});
    }
  }
  return answer;
}

Answer foretell(const Request& request, const Model& model, const CountedDocuments& documents,
                const RunContext& context) {
  Answer answer;
  answer.held_out =
      *request.held_out == HeldOutMethod::completion
          ? topics::document_completion(*model.space.lda, documents.counts, request.inference, context)
          : topics::left_to_right(*model.space.lda, documents.counts, {.seed = request.inference.seed}, context);
  return answer;
}

// Documents of the corpus; for --held-out those alone that the model was not made of.
std::vector<std::int64_t> chosen_documents(const Workspace& workspace, const Request& request, const Model& model,
                                           const CommonOptions& common, Streams& io) {
  std::vector<std::int64_t> ids = workspace.store().matching(request.where.filter());
  if (!request.held_out) return ids;
  const std::size_t all = ids.size();
  std::erase_if(ids, [&](std::int64_t id) { return std::ranges::binary_search(model.fitted, id); });
  if (ids.empty()) {
    throw Error(ErrorCode::invalid_argument,
                concat("--held-out: the model \"", request.model, "\" was made of all ", all,
                       " documents; give INPUT, or fit it with --where and leave some out"));
  }
  if (ids.size() < all)
    note(concat(all - ids.size(), " documents are left out: the model was made of them"), common, io);
  return ids;
}

Totals work_through(Workspace& workspace, const Request& request, const Model& model, const CommonOptions& common,
                    Streams& io) {
  const RunContext context = common.run_context(io);
  const PlaceWriter writer({.terms = model.terms,
                            .titles = model.titles,
                            .dimensions = model.space.dimensions(),
                            .all = request.all,
                            .most = static_cast<std::size_t>(request.top.value_or(kTop)),
                            .least = model.space.lda ? request.min_share.value_or(kMinShare) : 0.0},
                           common.format);
  std::vector<Answer> answers(pipeline_slots(context));
  Totals totals;
  const CountedWork work{.work =
                             [&](std::size_t at, const CountedDocuments& documents, const RunContext& inner) {
                               answers[at] = request.held_out ? foretell(request, model, documents, inner)
                                                              : place(request, model, writer, documents, inner);
                             },
                         .consume =
                             [&](std::size_t at) {
                               const Answer& answer = answers[at];
                               io.out << answer.text << std::flush;
                               totals.tokens += answer.tokens;
                               totals.ids.insert(totals.ids.end(), answer.ids.begin(), answer.ids.end());
                               totals.rows.insert(totals.rows.end(), answer.rows.begin(), answer.rows.end());
                               totals.held_out += answer.held_out;
                             }};
  if (!request.held_out) io.out << writer.head() << std::flush;
  if (request.inputs.empty()) {
    const std::vector<std::int64_t> ids = chosen_documents(workspace, request, model, common, io);
    work_on_stored(workspace, model.space, ids, work, context);
    totals.documents = std::ssize(ids);
  } else {
    const auto analyzer = make_analyzer(workspace.analysis(), request.dictionary.folder());
    corpus::ReaderOptions reader = request.reader.options();
    reader.live = !request.held_out;  // sums in the same order whenever the input comes
    totals.documents = work_on_new({request.inputs, reader, "inferring"}, *analyzer, model.space, work, common, io);
  }
  return totals;
}

std::int64_t store_topics(const Request& request, const Totals& totals) {
  corpus::Store store = corpus::Store::open(request.path, corpus::Access::write);
  corpus::Transaction transaction(store.database());
  corpus::save_document_topics(store.database(), request.model, totals.ids, totals.rows);
  transaction.commit();
  return std::ssize(totals.rows);
}

void run(const Request& request, RunLog& log, const CommonOptions& common, Streams& io) {
  Workspace workspace(request.path);
  const Model model = load(workspace, request);
  check_model(request, model);
  log.set_seed(request.seed);
  if (!request.inputs.empty()) {
    log.set_input(
        nlohmann::json{{"inputs", request.inputs}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const auto begin = std::chrono::steady_clock::now();
  const Totals totals = work_through(workspace, request, model, common, io);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Report report;
  report.metrics = {{"model", request.model}, {"fingerprint", model.fingerprint}};
  if (request.held_out) {
    const topics::HeldOut& found = totals.held_out;
    if (found.tokens == 0) {
      throw Error(ErrorCode::invalid_argument,
                  concat("--held-out: the model has no term of the ", totals.documents, " documents to foretell"));
    }
    report.metrics.insert(report.metrics.end(), {{"documents", found.documents},
                                                 {"empty_documents", found.empty_documents},
                                                 {"tokens", found.tokens},
                                                 {"log_likelihood_per_token", found.per_token()},
                                                 {"perplexity", found.perplexity()},
                                                 {"seconds", seconds}});
    show(report, common, io);
  } else {
    const double rate = static_cast<double>(totals.documents) / std::max(seconds, 1e-9);
    report.metrics.insert(report.metrics.end(), {{"documents", totals.documents},
                                                 {"tokens", totals.tokens},
                                                 {"seconds", seconds},
                                                 {"documents_per_second", rate}});
    std::string told = concat(totals.documents, " documents, ", fixed(rate, 0), " a second");
    if (request.store) {
      report.metrics.push_back({"rows_stored", store_topics(request, totals)});
      told += concat("; ", totals.rows.size(), " rows stored in document_topics");
    }
    note(told, common, io);
  }
  log.save(request.path, report);
}

void check(Request& request) {
  require_at_least("--top", request.top.value_or(kTop), 1);
  if (request.min_share && !(*request.min_share >= 0 && *request.min_share <= 1)) {
    throw UsageError("--min-share: 0 to 1 is wanted");
  }
  const topics::InferenceOptions& inference = request.inference;
  require_at_least("--sweeps", inference.sweeps, 1);
  require_flag(inference.burn_in >= 0 && inference.burn_in < inference.sweeps, concat("--burn-in ", inference.burn_in),
               concat("0 to below the ", inference.sweeps, " sweeps"));
  require_at_least("--seed", request.seed, 0);
  request.inference.seed = static_cast<std::uint64_t>(request.seed);
  if (request.all && request.top) throw UsageError("--top does not go with --all");
  if (request.held_out && (request.all || request.store)) {
    throw UsageError("--held-out goes with neither --all nor --store");
  }
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
  add("top", po::value<std::int32_t>()->value_name("arg (=3)")->notifier([&](auto top) { request.top = top; }),
      "topics (or dimensions) of each document");
  add("min-share", po::value<double>()->notifier([&](double share) { request.min_share = share; }),
      "only topics that take at least this much of a document (default 0.01)");
  add("all", po::bool_switch(&request.all), "a line a document, with a column for each topic or dimension");
  add("store", po::bool_switch(&request.store),
      "keep the topics with at least --min-share in the corpus file, in the place of those that are there");
  add("held-out", po::value<std::string>()->value_name("HOW")->notifier([&](const std::string& how) {
    request.held_out = choose<HeldOutMethod>(
        "--held-out", how,
        {{"completion", HeldOutMethod::completion}, {"left-to-right", HeldOutMethod::left_to_right}});
  }),
      "log-likelihood a token and perplexity of the documents: completion (shares from one half of each document, "
      "scored on the other) or left-to-right (whole documents; slow for long ones)");
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
