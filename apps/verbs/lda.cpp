#include "topics/lda.h"

#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <numeric>

#include "apps/corpus_flags.h"
#include "apps/lda_fit.h"
#include "apps/lda_model.h"
#include "apps/page/topic_names.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/topic_flags.h"
#include "apps/topic_table.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "corpus/models.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "lda",
    .summary =
        "Learns topics (latent Dirichlet allocation by Gibbs sampling) and stores the model in the corpus file with\n"
        "all its options. The same options and seed give the same model for every number of threads.\n"
        "Ctrl-C keeps a checkpoint, and one is kept every minute: --resume goes on from it, to the same model.\n"
        "--continue goes on with a finished model when documents were added.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi lda reviews.malmoi --topics 20\n"
        "malmoi lda news.malmoi --topics 100 --iterations 1000 --min-df 10 --save news100\n"
        "malmoi lda news.malmoi --save news100 --resume\n"
        "malmoi lda reviews.malmoi --seed-words seeds.txt --where 'label=1' --save positive\n"
        "malmoi lda reviews.malmoi --continue --iterations 50\n"};

struct Request {
  std::string path;
  std::string name = "lda";
  bool resume = false;
  bool go_on = false;
  double checkpoint_seconds = 60;
  TermFlags terms;
  LdaFlags lda;
  DictionaryFlag dictionary;
};

void refuse_flags(const std::vector<std::string>& given, std::string_view mode,
                  std::initializer_list<std::string_view> allowed = {}) {
  for (const std::string& flag : given) {
    if (std::find(allowed.begin(), allowed.end(), flag) != allowed.end()) continue;
    throw UsageError(concat(flag, " does not go with ", mode, ": the options of the model are kept"));
  }
}

void check(const Request& request) {
  if (request.resume && request.go_on) throw UsageError("give either --resume or --continue");
  require_positive("--checkpoint-seconds", request.checkpoint_seconds);
  if (request.resume) {
    refuse_flags(request.terms.given(), "--resume");
    refuse_flags(request.lda.given(), "--resume");
  }
  if (request.go_on) {
    refuse_flags(request.terms.given(), "--continue");
    refuse_flags(request.lda.given(), "--continue",
                 {"--iterations", "--burn-in", "--prior-interval", "--samples", "--sample-interval", "--seed"});
  }
}

// What is there under the name must not be lost by mistake, and that must be said before the work, not after it.
void check_name(const corpus::Database& database, const Request& request, bool force) {
  corpus::validate_model_name(checkpoint_name(request.name));  // longer, but else as good as the name
  if (force || request.resume) return;
  if (!request.go_on) corpus::check_model_name(database, request.name, /*overwrite=*/false);
  if (corpus::has_model(database, checkpoint_name(request.name))) {
    throw Error(ErrorCode::invalid_argument,
                concat("there is a checkpoint of a fit of \"", request.name,
                       "\" that was stopped; --resume goes on from it, --force starts again"));
  }
}

LdaTask prepare(Workspace& workspace, const Request& request, bool force, const RunContext& context) {
  if (request.resume) {
    LdaTask task = resumed_lda(workspace, request.name, context);
    if (!force && !task.model.replaces && corpus::has_model(workspace.store().database(), request.name)) {
      throw Error(ErrorCode::invalid_argument, concat("there is a model \"", request.name,
                                                      "\" already; --force replaces it when the fit is finished"));
    }
    return task;
  }
  if (request.go_on) return continued_lda(workspace, request.name, request.lda, context);
  LdaTask task = new_lda(workspace, request.terms.selection(), request.lda, context);
  task.model.replaces = force;
  return task;
}

// Bytes that this process takes now; 0 where the system does not tell.
std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return statm ? pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// What is there, the fit, and the table of topics and terms that its topics are shown from.
double memory_of(const LdaTask& task) {
  const topics::LdaOptions& options = task.model.lda.options;
  const std::size_t table = task.model.terms.size() * static_cast<std::size_t>(options.topics) * sizeof(float);
  return static_cast<double>(resident_bytes() + topics::lda_memory(task.counts, options) + table);
}

struct Timing {
  double seconds = 0;
  std::int32_t first_sweep = 0;
  double memory = 0;  // bytes
};

Report summarize(const LdaModel& model, const std::string& name, std::span<const std::string> names,
                 const Timing& timing) {
  const topics::Lda& lda = model.lda;
  const auto tokens = static_cast<std::int64_t>(lda.assignments.size());
  const double drawn = static_cast<double>(tokens) * (lda.sweeps - timing.first_sweep);
  Report report;
  report.metrics = {{"model", name},
                    {"topics", lda.options.topics},
                    {"documents", model.row_ids.size()},
                    {"empty_documents", std::count(model.row_tokens.begin(), model.row_tokens.end(), 0)},
                    {"tokens", tokens},
                    {"terms", model.terms.size()},
                    {"sweeps", lda.sweeps},
                    {"seconds", timing.seconds},
                    {"tokens_per_second", timing.seconds > 0 ? drawn / timing.seconds : 0.0},
                    {"log_likelihood", lda.log_likelihood.empty() ? 0.0 : lda.log_likelihood.back()},
                    {"alpha_sum", std::accumulate(lda.alpha.begin(), lda.alpha.end(), 0.0)},
                    {"beta", lda.beta},
                    {"memory_mb", timing.memory / 1e6},
                    {"seed", lda.options.seed},
                    {"fingerprint", model.fingerprint}};
  report.tables.push_back(TopicTables(model, names).table({}));
  return report;
}

LdaModel fit(LdaTask task, const Request& request, const CommonOptions& common, Streams& io) {
  const std::string name = request.name;
  try {
    return run_lda_task(std::move(task), {request.path, name, request.checkpoint_seconds}, common.run_context(io));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::canceled) throw;
    if (corpus::has_model(corpus::Store::open(request.path).database(), checkpoint_name(name))) {
      note(concat("a checkpoint is kept: `malmoi lda ", request.path, " --save ", name, " --resume` goes on"), common,
           io);
    }
    throw;
  }
}

void run(const Request& request, RunLog& log, const CommonOptions& common, Streams& io) {
  Workspace workspace(request.path, request.dictionary.folder());
  check_name(workspace.store().database(), request, common.force);
  LdaTask task = prepare(workspace, request, common.force, common.run_context(io));
  if (!request.resume) task.model.begun_by = log.arguments();
  if (request.resume && !task.model.begun_by.empty()) log.set_input(concat("{\"begun_by\":", task.model.begun_by, '}'));
  Timing timing;
  timing.memory = memory_of(task);
  timing.first_sweep = task.from ? task.from->sweeps : 0;
  log.set_seed(static_cast<std::int64_t>(task.model.lda.options.seed));
  note(concat(task.model.lda.options.topics, " topics from ", task.model.row_ids.size(), " documents, ",
              std::accumulate(task.model.row_tokens.begin(), task.model.row_tokens.end(), std::int64_t{0}),
              " tokens of ", task.model.terms.size(), " terms; about ", std::llround(timing.memory / 1e6),
              " MB of memory"),
       common, io);

  const auto begin = std::chrono::steady_clock::now();
  LdaModel model = fit(std::move(task), request, common, io);
  timing.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const corpus::StoredModel stored = to_stored(model);
  model.fingerprint = stored.checksum;
  model.words = workspace.whole_words(model.terms);
  std::vector<std::string> names(model.lda.alpha.size());
  if (model.keeps_names) names = load_topic_names(workspace.store().database(), request.name, names.size());
  const Report report = summarize(model, request.name, names, timing);
  save_lda(request.path, stored, log.finish(report), {request.name, common.force || model.replaces, model.keeps_names});
  show(report, common, io);
}

}  // namespace

void run_lda(std::span<const std::string> args, Streams& io) {
  RunLog log("lda", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("save", po::value(&request.name)->default_value(request.name), "name of the model in the corpus file");
  request.lda.add_topics_to(flags);
  request.lda.add_to(flags);
  request.terms.add_to(flags);
  add("resume", po::bool_switch(&request.resume), "go on from the checkpoint of a fit that was stopped");
  add("continue", po::bool_switch(&request.go_on),
      "go on with the finished model on the documents that there are now: tokens of unchanged documents keep their "
      "topics, the others are drawn; 100 iterations, no burn-in and the next seed unless given");
  add("checkpoint-seconds", po::value(&request.checkpoint_seconds)->default_value(request.checkpoint_seconds),
      "seconds between two checkpoints");
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  check(request);
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
