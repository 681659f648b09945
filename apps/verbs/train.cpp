#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/classifier_model.h"
#include "apps/classifier_report.h"
#include "apps/classifiers.h"
#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/train_checkpoint.h"
#include "apps/verbs.h"
#include "corpus/base/string_table.h"
#include "corpus/split.h"
#include "corpus/store.h"
#include "neural/calibration.h"
#include "neural/text_units.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "train",
    .summary =
        "Trains a text classifier on the documents that have a label and stores it as a model in the corpus file.\n"
        "A part of the documents is held out (--test) and never seen by the training; the figures printed are of "
        "them.\n"
        "Another part (--validation) calibrates the probabilities. The same options and seed give the same model for\n"
        "every number of threads.\n"
        "\n"
        "Kinds (--kind KIND --help shows the flags of one):\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi train reviews.malmoi\n"
        "malmoi train reviews.malmoi --kind bayes --save bayes\n"
        "malmoi train news.malmoi --label-field meta.section --loss hinge --test 20%\n"
        "malmoi train petitions.malmoi --where 'date<2019-07' --test 0\n"
        "malmoi train reviews.malmoi --kind gru --resume\n"};

struct Request {
  std::string path;
  std::string kind = "softmax";
  std::string name;
  std::string analysis = "full";
  std::string where;
  std::string test = "10%";
  std::string validation = "10%";
  std::int64_t seed = 1;
  bool resume = false;
  std::uint64_t options = 0;  // tells command lines apart that give other models
  LabelSource source;
  DictionaryFlag dictionary;
};

const ClassifierKind& kind_named(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ClassifierKind& kind : classifier_kinds()) names.push_back(kind.name);
  return classifier_kinds()[choice_index("--kind", name, names)];
}

// The kind decides which flags there are, so it is looked for before they are read.
std::string kind_in(std::span<const std::string> args, std::string otherwise) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--kind" && i + 1 < args.size()) return args[i + 1];
    if (args[i].starts_with("--kind=")) return args[i].substr(7);
  }
  return otherwise;
}

double share(std::string_view flag, const std::string& text) {
  const vectorize::Frequency frequency = parse_frequency(flag, text);
  if (!frequency.share && frequency.value != 0) {
    throw UsageError(concat(flag, ' ', text, ": give a share such as 0.1 or 10%"));
  }
  return frequency.value;
}

corpus::Split split(const LabelledTexts& texts, const Request& request) {
  const corpus::SplitOptions options{.test_share = share("--test", request.test),
                                     .validation_share = share("--validation", request.validation),
                                     .seed = static_cast<std::uint64_t>(request.seed)};
  std::vector<std::string> strata;
  for (const auto& labels : texts.labels) {
    std::string joined;
    for (const std::string& label : labels) joined += concat(joined.empty() ? "" : "\n", label);
    strata.push_back(std::move(joined));
  }
  return request.source.split_field.empty() ? corpus::split_documents(strata, options)
                                            : corpus::split_by_column(texts.splits, strata, options);
}

std::uint64_t fingerprint(const LabelledTexts& texts) {
  std::uint64_t hash = 0;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    hash = hash * 31 + static_cast<std::uint64_t>(texts.row_ids[row]) + hash_bytes(texts.texts[row]);
    for (const std::string& label : texts.labels[row]) hash = hash * 31 + hash_bytes(label);
  }
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

// Some of the documents, as a kind learns from them and figures are computed from.
struct Part {
  std::vector<std::string_view> texts;
  std::vector<std::int32_t> classes;
  std::vector<std::uint8_t> table;

  [[nodiscard]] TrainingTexts view() const { return {texts, classes, table}; }
};

class Documents {
 public:
  Documents(const LabelledTexts& texts, const ClassifierModel& model) : texts_(texts), labels_(model.labels.size()) {
    if (model.several()) {
      table_ = label_matrix(texts, model.labels);
    } else {
      classes_ = classes_of(texts, model.labels);
    }
  }

  [[nodiscard]] Part part(std::span<const std::size_t> rows) const {
    Part part;
    part.texts = texts_.views(rows);
    for (const std::size_t row : rows) {
      if (!classes_.empty()) part.classes.push_back(classes_[row]);
      for (std::size_t label = 0; !table_.empty() && label < labels_; ++label) {
        part.table.push_back(table_[row * labels_ + label]);
      }
    }
    return part;
  }

 private:
  const LabelledTexts& texts_;
  std::size_t labels_;
  std::vector<std::int32_t> classes_;
  std::vector<std::uint8_t> table_;
};

// Temperature, or thresholds where documents have several labels.
void calibrate(ClassifierModel& model, const Part& validation, const RunContext& context) {
  const auto labels = static_cast<std::int32_t>(model.labels.size());
  if (model.several()) model.thresholds.assign(model.labels.size(), 0.5F);
  if (validation.texts.empty()) return;
  const std::vector<float> found = model.classifier->probabilities(validation.texts, context);
  if (model.several()) {
    const auto tuned = neural::tune_thresholds({found, labels}, validation.table, context);
    std::ranges::transform(tuned, model.thresholds.begin(), &neural::Threshold::value);
    return;
  }
  const std::vector<float> logits = logarithms(found);
  model.temperature = neural::fit_temperature({logits, labels}, validation.classes, context).value;
}

class Training {
 public:
  Training(const Request& request, const ClassifierTrainer& trainer, const CommonOptions& common, Streams& io)
      : request_(request), trainer_(trainer), common_(common), io_(io), context_(common.run_context(io)) {}

  ClassifierModel run(const corpus::Store& store) {
    texts_ = read_labelled(store, request_.where.empty() ? corpus::Filter{} : corpus::parse_filter(request_.where),
                           request_.source);
    ClassifierModel model;
    model.kind = request_.kind;
    model.source = request_.source;
    model.where = request_.where;
    model.seed = static_cast<std::uint64_t>(request_.seed);
    model.labels = distinct_labels(texts_);
    split_ = split(texts_, request_);
    note(concat(split_.train.size(), " documents to train on, ", split_.validation.size(), " for validation, ",
                split_.test.size(), " held out as the test; ", model.labels.size(), " labels"),
         common_, io_);
    const Documents documents(texts_, model);
    learn(store, documents, model);
    model.validation = held_out(texts_, split_.validation);
    model.test = held_out(texts_, split_.test);
    return model;
  }

  // Tables of the figures on the test documents, or where there are none on those for validation.
  [[nodiscard]] std::vector<Table> figures(const ClassifierModel& model) const {
    const bool tested = !split_.test.empty();
    const Part part = Documents(texts_, model).part(tested ? split_.test : split_.validation);
    if (part.texts.empty()) return {};
    const std::vector<float> found = probabilities(model, part.texts, context_);
    const neural::ClassRows rows{found, static_cast<std::int32_t>(model.labels.size())};
    return model.several()
               ? label_tables(neural::score_labels(rows, part.table, model.thresholds, context_), {}, model.labels)
               : class_tables(neural::score_classes(rows, part.classes, context_), {}, model.labels);
  }

  [[nodiscard]] const corpus::Split& parts() const noexcept { return split_; }
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

 private:
  void learn(const corpus::Store& store, const Documents& documents, ClassifierModel& model) {
    const auto begin = std::chrono::steady_clock::now();
    const Part train = documents.part(split_.train);
    const Part validation = documents.part(split_.validation);
    TrainingTask task{.train = train.view(),
                      .validation = validation.view(),
                      .labels = static_cast<std::int32_t>(model.labels.size()),
                      .seed = model.seed,
                      .analysis = analysis(store),
                      .dictionary = request_.dictionary.folder(),
                      .on_note = [this](const std::string& text) { note(text, common_, io_); }};
    neural::TrainState start;
    const std::uint64_t identity = request_.options * 31 + fingerprint(texts_);
    if (request_.resume) {
      start = load_checkpoint(request_.path, request_.name, identity);
      task.start = &start;
      note(concat("going on behind epoch ", start.epochs.size()), common_, io_);
    } else if (has_checkpoint(request_.path, request_.name)) {
      note("an unfinished training of this name is there; --resume would have gone on with it", common_, io_);
    }
    task.on_epoch = [&](const neural::TrainState& state) {
      save_checkpoint(request_.path, request_.name, identity, state);
    };
    TrainedClassifier trained = trainer_.train(task, context_);
    model.classifier = std::move(trained.classifier);
    model.epochs = std::move(trained.epochs);
    calibrate(model, validation, context_);
    model.trained_on = static_cast<std::int64_t>(split_.train.size());
    if (trainer_.learns_from_validation() && !split_.validation.empty()) {
      learn_from_all(documents, task, model);
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  // Once more, with the documents that were only needed for the calibration.
  void learn_from_all(const Documents& documents, TrainingTask task, ClassifierModel& model) {
    std::vector<std::size_t> rows = split_.train;
    rows.insert(rows.end(), split_.validation.begin(), split_.validation.end());
    std::ranges::sort(rows);
    const Part all = documents.part(rows);
    task.train = all.view();
    task.validation = {};
    model.classifier = trainer_.train(task, context_).classifier;
    model.trained_on = static_cast<std::int64_t>(rows.size());
  }

  // Everything in the text counts, in the units that the corpus was cut into.
  [[nodiscard]] tokenize::AnalyzerOptions analysis(const corpus::Store& store) const {
    const auto stored = tokenize::analyzer_options_from_json(store.setting("analyzer").value_or("{}"));
    if (request_.analysis == "corpus") return stored;
    tokenize::AnalyzerOptions full = neural::classification_analysis();
    full.korean = stored.korean;
    full.compounds = stored.compounds;
    full.user_words = stored.user_words;
    full.gram_min = stored.gram_min;
    full.gram_max = stored.gram_max;
    full.form = stored.form;
    return full;
  }

  const Request& request_;
  const ClassifierTrainer& trainer_;
  const CommonOptions& common_;
  Streams& io_;
  RunContext context_;
  LabelledTexts texts_;
  corpus::Split split_;
  double seconds_ = 0;
};

Report summarize(const ClassifierModel& model, const Training& training, const Request& request) {
  const corpus::Split& parts = training.parts();
  Report report;
  report.metrics = {{"model", request.name},
                    {"kind", model.kind},
                    {"labels", model.labels.size()},
                    {"trained_on", model.trained_on},
                    {"validation", parts.validation.size()},
                    {"test", parts.test.size()},
                    {"parameters", model.classifier->parameters()},
                    {"temperature", model.temperature},
                    {"seconds", training.seconds()},
                    {"seed", request.seed},
                    {"fingerprint", model.fingerprint}};
  report.tables = training.figures(model);
  return report;
}

void run(const Request& request, const ClassifierTrainer& trainer, RunLog& log, const CommonOptions& common,
         Streams& io) {
  log.set_seed(request.seed);
  Training training(request, trainer, common, io);
  ClassifierModel model;
  {
    const corpus::Store store = corpus::Store::open(request.path);
    corpus::check_model_name(store.database(), request.name, common.force);
    model = training.run(store);
  }
  corpus::StoredModel stored = to_stored(model);
  model.fingerprint = stored.checksum;
  const Report report = summarize(model, training, request);
  save_with_run(request.path, std::move(stored), log.finish(report), {request.name, common.force});
  remove_checkpoint(request.path, request.name);
  show(report, common, io);
}

}  // namespace

void run_train(std::span<const std::string> args, Streams& io) {
  RunLog log("train", args);
  Request request;
  request.kind = kind_in(args, request.kind);
  const ClassifierKind& kind = kind_named(request.kind);
  const std::unique_ptr<ClassifierTrainer> trainer = kind.make_trainer();
  std::string summary(kUsage.summary);
  for (const ClassifierKind& one : classifier_kinds()) {
    summary += concat("  ", one.name, std::string(12 - one.name.size(), ' '), one.summary, '\n');
  }
  Usage usage = kUsage;
  usage.summary = summary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("kind", po::value(&request.kind)->default_value(request.kind), "what is trained, see above");
  add("save", po::value(&request.name), "name of the model in the corpus file (default: the kind)");
  add("label-field", po::value(&request.source.field)->default_value(request.source.field),
      "where the label stands: label, source or meta.NAME");
  add("label-separator", po::value(&request.source.separator),
      "documents have several labels with this between them, such as ','");
  add("where", po::value(&request.where), "only documents that meet this condition");
  add("split-field", po::value(&request.source.split_field),
      "field that says train, valid or test for each document, such as meta.split");
  add("test", po::value(&request.test)->default_value(request.test),
      "share of the documents that is held out, drawn by label; 0: none");
  add("validation", po::value(&request.validation)->default_value(request.validation), "share for validation; 0: none");
  add("analysis", po::value(&request.analysis)->default_value(request.analysis),
      "how texts are read: full (all words and morphemes), corpus (as the corpus was indexed)");
  add("resume", po::bool_switch(&request.resume),
      "go on behind the last epoch of a training that was stopped, with the same options; the model is the same then");
  add("seed", po::value(&request.seed)->default_value(request.seed), "of the random numbers");
  trainer->add_to(flags);
  request.dictionary.add_to(flags);
  const auto common = parse(usage, flags, args, io);
  if (!common) return;
  if (request.name.empty()) request.name = request.kind;
  if (request.seed < 0) throw UsageError("--seed: at least 0 is wanted");
  if (request.resume && !trainer->can_resume()) {
    throw UsageError(concat("--resume: a training of --kind ", request.kind, " begins anew; leave it out"));
  }
  request.options = hash_of(args);
  (void)choose<bool>("--analysis", request.analysis, {{"full", true}, {"corpus", false}});
  run(request, *trainer, log, *common, io);
}

}  // namespace malmoi::apps
