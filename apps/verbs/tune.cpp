#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <optional>

#include "apps/classifier_search.h"
#include "apps/parse.h"
#include "apps/plots.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "vectorize/output_file.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using Words = std::vector<std::string>;

constexpr Usage kUsage{
    .verb = "tune",
    .summary =
        "Searches for good options of `train`: trials with options drawn at random learn from the documents to train\n"
        "on and are measured on those for validation; the test documents are not looked at. The first trial has the\n"
        "options as they are. Flags of the kind that are given hold for all trials, others are drawn. All trials\n"
        "begin with a part of the work (networks: of the epochs, other kinds: of the documents), and one in --factor\n"
        "goes on with --factor times as much (successive halving); the first one always does. The command that is\n"
        "printed trains the best one and tests it on documents that no trial has seen. No model is stored. Ctrl-C\n"
        "shows what was tried by then.\n"
        "\n"
        "Kinds (--kind KIND --help shows the flags of one):\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi tune reviews.malmoi --trials 30\n"
        "malmoi tune reviews.malmoi --loss logistic --chars none --metric macro-f1\n"
        "malmoi tune news.malmoi --kind gru --label-field meta.section --svg trials.svg\n"};

// The arguments that are flags of these, as they were given. They have been parsed: what needs a value has one.
Words given(std::span<const std::string> args, const po::options_description& flags) {
  Words found;
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    if (!args[i].starts_with("--")) continue;
    const std::size_t equals = std::min(args[i].find('='), args[i].size());
    const auto* flag = flags.find_nothrow(args[i].substr(2, equals - 2), /*approx=*/false);
    if (flag == nullptr) continue;
    found.push_back(args[i]);
    if (equals == args[i].size() && flag->semantic()->max_tokens() > 0) found.push_back(args[++i]);
  }
  return found;
}

Table tabulate(const FlagSearchResult& result) {
  Table table{"trials",
              {"rank", "trial", result.epochs ? "epochs" : "documents", "log_loss", "accuracy", "macro_f1", "seconds",
               "options"},
              {}};
  for (const Trial& trial : result.trials) {
    table.rows.push_back({table.rows.size() + 1, trial.number, trial.budget, trial.figures.log_loss,
                          trial.figures.accuracy, trial.figures.macro_f1, trial.seconds,
                          trial.flags.empty() ? "(as they are)" : shell_words(trial.flags)});
  }
  return table;
}

// A line for each trial over the budgets of its rounds.
std::string plot(const FlagSearchResult& result, const std::string& metric) {
  LineChart chart{.title = concat("Trials by ", metric),
                  .x_label = result.epochs ? "epochs" : "documents",
                  .y_label = concat(metric, " on the validation documents")};
  for (const std::int64_t budget : result.budgets) chart.x_value.push_back(static_cast<double>(budget));
  for (const Trial& trial : result.trials) {
    chart.series.push_back({.name = concat("trial ", trial.number), .y = trial.curve});
  }
  return plot_lines(chart);
}

struct Request {
  const ClassifierKind& kind;
  std::string path = {};
  std::string metric = "log-loss";
  std::string plot = {};
  Words shared = {};  // flags that were given and that all kinds have
  FlagSearchOptions search = {};
};

// What trains the best trial.
Words train_command(const Request& request, const Trial& best) {
  Words command = {"malmoi", "train", request.path, "--kind", std::string(request.kind.name)};
  for (const Words& words : {request.shared, request.search.fixed, best.flags}) {
    command.insert(command.end(), words.begin(), words.end());
  }
  return command;
}

void run(const Request& request, const TrainingOptions& training, RunLog& log, const CommonOptions& common,
         Streams& io) {
  log.set_seed(static_cast<std::int64_t>(request.search.seed));
  const auto begin = std::chrono::steady_clock::now();
  std::optional<vectorize::OutputFile> file;
  if (!request.plot.empty()) file.emplace(request.plot, common.force);
  const TrainingDocuments documents(corpus::Store::open(request.path), training);
  const FlagSearchResult result = search_flags(request.kind, documents, request.search, common.run_context(io));
  if (!result.trials.empty()) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const Report report{{{"kind", request.kind.name},
                         {"metric", request.metric},
                         {"trials", result.trials.size()},
                         {"train", documents.split().train.size()},
                         {"validation", documents.split().validation.size()},
                         {"seconds", seconds},
                         {"seed", request.search.seed},
                         {"command", shell_words(train_command(request, result.trials.front()))}},
                        {tabulate(result)}};
    if (file) {
      file->write(plot(result, request.metric));
      file->commit();
    }
    show(report, common, io);
    log.keep(report.tables.front());
    log.save(request.path, report);
  }
  if (result.stopped) throw Error(ErrorCode::canceled, "tune");
}

}  // namespace

void run_tune(std::span<const std::string> args, Streams& io) {
  RunLog log("tune", args);
  Request request{.kind = kind_in(args)};
  FlagSearchOptions& search = request.search;
  const std::unique_ptr<ClassifierTrainer> trainer = request.kind.make_trainer();
  const std::string summary = concat(kUsage.summary, describe_kinds());
  Usage usage = kUsage;
  usage.summary = summary;
  std::string kind;
  TrainingFlags training;
  po::options_description shared;
  training.add_to(shared);
  po::options_description own;
  trainer->add_to(own);
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("kind", po::value(&kind)->default_value(std::string(request.kind.name)), "what is trained, see above");
  add("trials", po::value(&search.trials)->default_value(search.trials), "sets of options to try");
  add("factor", po::value(&search.factor)->default_value(search.factor),
      "one of so many trials goes on to the next round, with so many times the documents or epochs");
  add("metric", po::value(&request.metric)->default_value(request.metric),
      "what is best: log-loss, accuracy, macro-f1");
  add("svg", po::value(&request.plot), "file to write a plot of the trials to");
  flags.add(shared).add(own);
  const auto common = parse(usage, flags, args, io);
  if (!common) return;
  require_at_least("--trials", search.trials, 1);
  require_at_least("--factor", search.factor, 2);
  search.metric = choose<SearchMetric>("--metric", request.metric,
                                       {{"log-loss", SearchMetric::log_loss},
                                        {"accuracy", SearchMetric::accuracy},
                                        {"macro-f1", SearchMetric::macro_f1}});
  TrainingOptions options = training.options();
  if (options.fields.size() > 1) throw UsageError("--label-field: give one");
  if (options.split.validation_share == 0 && options.source.split_field.empty()) {
    throw UsageError("--validation 0: there are no documents for validation to measure trials on");
  }
  request.shared = given(args, shared);
  search.fixed = given(args, own);
  trainer->check(!options.source.separator.empty());
  options.keep_unlabelled = trainer->reads_unlabelled();
  search.seed = options.split.seed;
  search.on_note = [&](const std::string& text) { note(text, *common, io); };
  run(request, options, log, *common, io);
}

}  // namespace malmoi::apps
