#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "apps/classifier_report.h"
#include "apps/classifier_training.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/train_checkpoint.h"
#include "apps/verbs.h"
#include "corpus/base/string_table.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "train",
    .summary =
        "Trains a text classifier on the documents that have a label and stores it as a model in the corpus file.\n"
        "A part of the documents is held out (--test) and never seen by the training; the figures printed are of "
        "them.\n"
        "Another part (--validation) calibrates the probabilities; the kinds that choose nothing by it learn from it,\n"
        "too, in the end. Without a test part it is held out in its place. The same options and seed give the same\n"
        "model for every number of threads. Several --label-field give a model each, NAME.FIELD, with the same\n"
        "documents held out. Documents without the field are left out, but for pretraining (--pretrain of some\n"
        "kinds); with --label-separator those whose field is empty have none of the labels, and count.\n"
        "\n"
        "Kinds (--kind KIND --help shows the flags of one):\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi train reviews.malmoi\n"
        "malmoi train reviews.malmoi --kind bayes --save bayes\n"
        "malmoi train news.malmoi --label-field meta.section --loss logistic --test 20%\n"
        "malmoi train news.malmoi --label-field meta.topic --label-field meta.tone --save news\n"
        "malmoi train petitions.malmoi --where 'date<2019-07' --test 0\n"
        "malmoi train reviews.malmoi --kind gru --resume\n"};

struct Request {
  const ClassifierKind& kind;
  std::string path = {};
  std::vector<std::string> names = {};  // [fields] of the models
  std::string resuming = {};            // the command that goes on behind a checkpoint
  bool resume = false;
  std::uint64_t options = 0;  // tells command lines apart that give other models
};

std::uint64_t fingerprint(const LabelledTexts& texts) {
  std::uint64_t hash = 0;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    hash = hash * 31 + static_cast<std::uint64_t>(texts.row_ids[row]) + hash_bytes(texts.texts[row]);
    if (!texts.labels[row]) continue;
    for (const std::string& label : *texts.labels[row]) hash = hash * 31 + hash_bytes(label);
  }
  for (const std::string& text : texts.unlabelled) hash = hash * 31 + hash_bytes(text);
  return hash;
}

// Of all arguments but those that do not change the model.
std::uint64_t hash_of(std::span<const std::string> args) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--resume" || arg == "--quiet" || arg == "--force") continue;
    if (arg == "--threads" || arg == "--format") {
      ++i;
      continue;
    }
    if (arg.starts_with("--threads=") || arg.starts_with("--format=")) continue;
    hash = hash * 31 + hash_bytes(arg);
  }
  return hash;
}

// Of one field the name that was given; of several "NAME.topic" for the field meta.topic.
std::vector<std::string> model_names(const std::string& name, std::span<const std::string> fields) {
  if (fields.size() == 1) return {name};
  std::vector<std::string> names;
  for (const std::string& field : fields) {
    names.push_back(concat(name, '.', std::string_view(field).substr(field.rfind('.') + 1)));
    if (std::ranges::count(names, names.back()) > 1) {
      throw UsageError(concat("--label-field ", field, ": two models would have the name \"", names.back(), '"'));
    }
  }
  return names;
}

// A model of the field that is selected.
class Training {
 public:
  Training(const Request& request, const ClassifierTrainer& trainer, const TrainingDocuments& documents,
           const CommonOptions& common, Streams& io)
      : request_(request),
        trainer_(trainer),
        documents_(documents),
        common_(common),
        io_(io),
        context_(common.run_context(io)) {}

  // may_begin: where there is nothing to resume it begins anew
  ClassifierModel run(const std::string& name, bool may_begin) {
    const corpus::Split& parts = documents_.split();
    note(concat(parts.train.size(), " documents to train on, ", parts.validation.size(), " for validation, ",
                parts.test.size(), " held out as the test; ", documents_.labels().size(), " labels"),
         common_, io_);
    if (documents_.left_out() > 0) {
      const std::size_t read = documents_.texts().unlabelled.size();
      note(concat(documents_.left_out(), " documents without a label left out",
                  read > 0 ? concat("; pretraining reads ", read, " of them") : ""),
           common_, io_);
    }
    if (documents_.several() && documents_.without_labels() > 0) {
      note(concat(documents_.without_labels(), " documents have none of the labels: their field is empty; --where '",
                  documents_.field(), ">\"\"' leaves them out"),
           common_, io_);
    }
    const TrainingPart train = documents_.part(parts.train);
    const TrainingPart validation = documents_.part(parts.validation);
    TrainingTask task = documents_.task();
    task.train = train.view();
    task.validation = validation.view();
    task.on_note = [this](const std::string& text) { note(text, common_, io_); };
    ClassifierModel model = fit(name, may_begin, task);
    // Without a test part the validation documents are all that figures can be measured on.
    const bool can_spare = !parts.validation.empty() && !parts.test.empty();
    if (trainer_.learns_from_validation() && can_spare) learn_from_all(task, model);
    model.validation = held_out(documents_.texts(), parts.validation);
    model.test = held_out(documents_.texts(), parts.test);
    return model;
  }

 private:
  ClassifierModel fit(const std::string& name, bool may_begin, TrainingTask task) {
    std::vector<neural::TrainState> starts;
    const std::uint64_t identity = request_.options * 31 + fingerprint(documents_.texts());
    const bool begun = has_checkpoint(request_.path, name);
    if (request_.resume && (begun || !may_begin)) {
      starts = load_checkpoints(request_.path, name, identity);
      task.starts = starts;
      note(concat("going on behind epoch ", starts.back().epochs.size(),
                  starts.size() > 1 ? concat(" of member ", starts.size()) : ""),
           common_, io_);
    } else if (begun) {
      note("an unfinished training of this name is there; --resume would have gone on with it", common_, io_);
    }
    bool old = begun && starts.empty();  // until there is something to put in their place
    task.on_epoch = [&](std::size_t member, const neural::TrainState& state) {
      if (std::exchange(old, false)) remove_checkpoints(request_.path, name);
      save_checkpoint(request_.path, name, identity, member, state);
    };
    return documents_.fit(request_.kind, trainer_, task, context_);
  }

  // Once more, with the documents that were only needed for the calibration.
  void learn_from_all(TrainingTask task, ClassifierModel& model) {
    std::vector<std::size_t> rows = documents_.split().train;
    rows.insert(rows.end(), documents_.split().validation.begin(), documents_.split().validation.end());
    std::ranges::sort(rows);
    const TrainingPart all = documents_.part(rows);
    task.train = all.view();
    task.validation = {};
    model.classifier = trainer_.train(task, context_).classifier;
    model.trained_on = static_cast<std::int64_t>(rows.size());
  }

  const Request& request_;
  const ClassifierTrainer& trainer_;
  const TrainingDocuments& documents_;
  const CommonOptions& common_;
  Streams& io_;
  RunContext context_;
};

// The test documents, or where there are none those for validation.
TrainingPart measured_part(const TrainingDocuments& documents) {
  const corpus::Split& parts = documents.split();
  return documents.part(parts.test.empty() ? parts.validation : parts.test);
}

struct Figures {
  std::vector<Table> tables;
  ClassifierFigures main;
};

Figures measure(const ClassifierModel& model, const TrainingPart& part, Format format, const RunContext& context) {
  if (part.texts.empty()) return {};
  const std::vector<float> found = probabilities(model, part.texts, context);
  const neural::ClassRows rows{found, static_cast<std::int32_t>(model.labels.size())};
  if (model.several()) {
    const auto metrics = neural::score_labels(rows, part.table, model.thresholds, context);
    return {label_tables(metrics, {}, model.labels, model.thresholds), main_figures(metrics, found, part.table)};
  }
  const auto metrics = neural::score_classes(rows, part.classes, context);
  return {class_tables(metrics, {}, model.labels, format), main_figures(metrics)};
}

// What is said of one model. Documents with several labels have thresholds, not a temperature.
std::vector<Metric> describe(const ClassifierModel& model, std::int64_t left_out) {
  std::vector<Metric> metrics = {{"model", model.name},
                                 {"kind", model.kind},
                                 {"labels", model.labels.size()},
                                 {"trained_on", model.trained_on},
                                 {"validation", model.validation.row_ids.size()},
                                 {"test", model.test.row_ids.size()},
                                 {"left_out", left_out},
                                 {"parameters", model.classifier->parameters()}};
  if (!model.several()) {
    const bool fitted = !model.validation.row_ids.empty();
    metrics.push_back({"temperature", fitted ? model.temperature.value : ClassifierFigures::kNone});
  }
  metrics.push_back({"fingerprint", model.fingerprint});
  return metrics;
}

bool is_missing(const Metric& metric) {
  const double* const number = std::get_if<double>(&metric.value.value());
  return number != nullptr && std::isnan(*number);
}

// A row of the table of several models.
void add_row(std::vector<Metric> cells, const ClassifierModel& model, const ClassifierFigures& figures, Table& table) {
  cells.insert(cells.begin() + 1, {"label_field", model.source.field});
  cells.insert(cells.end(), {{"accuracy", figures.accuracy}, {"macro_f1", figures.macro_f1}});
  table.columns.clear();
  table.rows.emplace_back();
  for (const Metric& cell : cells) {
    table.columns.push_back(cell.name);
    table.rows.back().push_back(cell.value);
  }
}

// Says how to go on where it is stopped.
ClassifierModel train_field(Training& training, const Request& request, const std::string& name, bool may_begin,
                            const CommonOptions& common, Streams& io) {
  try {
    return training.run(name, may_begin);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::canceled && has_checkpoint(request.path, name)) {
      note(concat("a checkpoint of the training is kept; to go on: ", request.resuming), common, io);
    }
    throw;
  }
}

void run(const Request& request, const ClassifierTrainer& trainer, const TrainingOptions& options, RunLog& log,
         const CommonOptions& common, Streams& io) {
  const auto seed = static_cast<std::int64_t>(options.split.seed);
  log.set_seed(seed);
  const auto begin = std::chrono::steady_clock::now();
  const bool one = request.names.size() == 1;
  const bool begun = std::ranges::any_of(request.names, [&](const auto& n) { return has_checkpoint(request.path, n); });
  std::optional<TrainingDocuments> documents;
  {
    const corpus::Store store = corpus::Store::open(request.path);
    for (const std::string& name : request.names) {
      corpus::check_model_name(store.database(), name, common.force);
    }
    documents.emplace(store, options);
  }
  const RunContext context = common.run_context(io);
  Training training(request, trainer, *documents, common, io);
  std::vector<NamedModel> models;
  Report report;
  Report logged;  // with the main figures
  Table table{"models", {}, {}};
  for (std::size_t field = 0; field < request.names.size(); ++field) {
    documents->select(field);
    ClassifierModel model = train_field(training, request, request.names[field], begun && !one, common, io);
    model.name = request.names[field];
    models.push_back({model.name, to_stored(model)});
    model.fingerprint = models.back().stored.checksum;
    const TrainingPart part = measured_part(*documents);
    Figures measured = measure(model, part, common.format, context);
    std::vector<Metric> described = describe(model, documents->left_out());
    add_figures(measured.main, one ? "" : concat(model.name, '.'), logged);
    if (one) {
      std::erase_if(described, is_missing);
      report = {std::move(described), std::move(measured.tables)};
    } else {
      add_row(std::move(described), model, measured.main, table);
    }
  }
  if (!one) report.tables.push_back(std::move(table));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  report.metrics.insert(report.metrics.end(), {{"seconds", seconds}, {"seed", seed}});
  logged.metrics.insert(logged.metrics.begin(), report.metrics.begin(), report.metrics.end());
  save_with_run(request.path, models, log.finish(logged), common.force);
  for (const std::string& name : request.names) remove_checkpoints(request.path, name);
  show(report, common, io);
}

}  // namespace

void run_train(std::span<const std::string> args, Streams& io) {
  RunLog log("train", args);
  Request request{.kind = kind_in(args)};
  const std::unique_ptr<ClassifierTrainer> trainer = request.kind.make_trainer();
  const std::string summary = concat(kUsage.summary, describe_kinds());
  Usage usage = kUsage;
  usage.summary = summary;
  std::string kind;
  std::string name;
  TrainingFlags training;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("kind", po::value(&kind)->default_value(std::string(request.kind.name)), "what is trained, see above");
  add("save", po::value(&name), "name of the model in the corpus file (default: the kind)");
  training.add_to(flags);
  if (trainer->can_resume()) {
    add("resume", po::bool_switch(&request.resume),
        "go on behind the last epoch of a training that was stopped, with the same options; the model is the same "
        "then");
  } else if (std::ranges::find(args, "--resume") != args.end()) {
    throw UsageError(concat("--resume: a training of --kind ", request.kind.name, " begins anew; leave it out"));
  }
  trainer->add_to(flags);
  const auto common = parse(usage, flags, args, io);
  if (!common) return;
  TrainingOptions options = training.options();
  request.names = model_names(name.empty() ? kind : name, options.fields);
  trainer->check(!options.source.separator.empty());
  options.keep_unlabelled = trainer->reads_unlabelled();
  std::vector<std::string> words = {"malmoi", "train"};
  words.insert(words.end(), args.begin(), args.end());
  if (!request.resume) words.emplace_back("--resume");
  request.resuming = shell_words(words);
  request.options = hash_of(args);
  run(request, *trainer, options, log, *common, io);
}

}  // namespace malmoi::apps
