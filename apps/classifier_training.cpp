#include "apps/classifier_training.h"

#include <algorithm>
#include <boost/program_options.hpp>

#include "apps/parse.h"
#include "neural/calibration.h"
#include "neural/label_metrics.h"
#include "neural/metrics.h"
#include "neural/text_units.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

// The documents that --where leaves.
corpus::Filter filter_of(const corpus::Store& store, const std::string& where) {
  if (where.empty()) return {};
  corpus::Filter filter = corpus::parse_filter(where);
  if (store.matching(filter).empty()) {
    throw Error(ErrorCode::invalid_argument, concat("--where ", where, ": no document of the corpus meets this"));
  }
  return filter;
}

double share(std::string_view flag, const std::string& text) {
  const vectorize::Frequency frequency = parse_frequency(flag, text);
  if (!frequency.share && frequency.value != 0) {
    throw UsageError(concat(flag, ' ', text, ": give a share such as 0.1 or 10%"));
  }
  return frequency.value;
}

// Everything in the text counts, in the units that the corpus was cut into; or as the corpus was indexed.
tokenize::AnalyzerOptions analysis_of(const corpus::Store& store, bool full_analysis) {
  tokenize::AnalyzerOptions stored = tokenize::analyzer_options_from_json(store.setting("analyzer").value_or("{}"));
  if (!full_analysis) return stored;
  tokenize::AnalyzerOptions full = neural::classification_analysis();
  full.korean = stored.korean;
  full.compounds = stored.compounds;
  full.user_words = stored.user_words;
  full.gram_min = stored.gram_min;
  full.gram_max = stored.gram_max;
  full.form = stored.form;
  return full;
}

// What a document is drawn by: its labels, each on a line. A document without the field differs from one without a
// label.
std::string joined(const LabelSet& labels) {
  if (!labels) return {};
  if (labels->empty()) return "\n";
  std::string text;
  for (const std::string& label : *labels) text += concat(text.empty() ? "" : "\n", label);
  return text;
}

void require_parts(const LabelledTexts& texts, const std::string& field) {
  const auto refuse = [&](const std::string& problem) {
    throw Error(ErrorCode::invalid_argument, concat("--split-field ", field, ": ", problem));
  };
  if (std::ranges::all_of(texts.splits, &std::string::empty)) {
    refuse(concat("none of the ", texts.size(), " documents has this field"));
  }
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (corpus::is_part_name(texts.splits[row])) continue;
    refuse(concat("document ", texts.names[row], " has '", texts.splits[row],
                  "' there; train, valid (or dev) or test is wanted"));
  }
}

// By the labels of all fields together.
corpus::Split split(const LabelColumns& columns, const TrainingOptions& options) {
  if (!options.source.split_field.empty()) require_parts(columns.texts, options.source.split_field);
  std::vector<std::string> strata(columns.texts.size());
  for (std::size_t row = 0; row < strata.size(); ++row) {
    for (std::size_t field = 0; field < columns.labels.size(); ++field) {
      strata[row] += concat(field == 0 ? "" : "\t", joined(columns.labels[field][row]));
    }
  }
  return options.source.split_field.empty() ? corpus::split_documents(strata, options.split)
                                            : corpus::split_by_column(columns.texts.splits, strata, options.split);
}

void calibrate(ClassifierModel& model, const TrainingTexts& validation, const RunContext& context) {
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
  model.temperature = neural::fit_temperature({logits, labels}, validation.classes, context);
}

}  // namespace

// ---- flags ---------------------------------------------------------------------------------------------------------

void TrainingFlags::add_to(po::options_description& flags) {
  auto add = flags.add_options();
  add("label-field", po::value(&fields_)->default_value(fields_, fields_.front())->composing(),
      "where the label stands: label, source or meta.NAME");
  add("label-separator", po::value(&source_.separator),
      "documents have several labels with this between them, such as ','");
  add("where", po::value(&where_), "only documents that meet this condition");
  add("split-field", po::value(&source_.split_field),
      "field that says train, valid or test for each document, such as meta.split");
  add("test", po::value<std::string>()->value_name("arg (=10%)")->notifier([this](const auto& text) { test_ = text; }),
      "share of the documents that is held out, drawn by label; 0: none");
  add("validation", po::value(&validation_)->default_value(validation_), "share for validation; 0: none");
  add("analysis", po::value(&analysis_)->default_value(analysis_),
      "how texts are read: full (all words and morphemes), corpus (as the corpus was indexed)");
  add("seed", po::value(&seed_)->default_value(seed_), "of the random numbers");
  dictionary_.add_to(flags);
}

TrainingOptions TrainingFlags::options() const {
  require_at_least("--seed", seed_, 0);
  for (const std::string& field : fields_) require_field("--label-field", field);
  if (!source_.split_field.empty()) require_field("--split-field", source_.split_field);
  if (test_ && !source_.split_field.empty()) {
    throw UsageError(
        concat("--test ", *test_, ": the field ", source_.split_field, " says which documents are held out"));
  }
  const std::string test = source_.split_field.empty() ? test_.value_or("10%") : "0";
  TrainingOptions options;
  options.fields = fields_;
  options.source = source_;
  options.where = where_;
  options.split = {.test_share = share("--test", test),
                   .validation_share = share("--validation", validation_),
                   .seed = static_cast<std::uint64_t>(seed_)};
  if (!(options.split.test_share + options.split.validation_share < 1)) {
    throw UsageError(
        concat("--test ", test, " --validation ", validation_, ": both shares together must be less than the whole"));
  }
  options.full_analysis = choose<bool>("--analysis", analysis_, {{"full", true}, {"corpus", false}});
  options.dictionary = dictionary_.folder();
  return options;
}

const ClassifierKind& kind_in(std::span<const std::string> args) {
  std::string given(classifier_kinds().front().name);
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--kind" && i + 1 < args.size()) given = args[i + 1];
    if (args[i].starts_with("--kind=")) given = args[i].substr(7);
  }
  std::vector<std::string_view> names;
  for (const ClassifierKind& kind : classifier_kinds()) names.push_back(kind.name);
  return classifier_kinds()[choice_index("--kind", given, names)];
}

std::string describe_kinds() {
  std::string lines;
  for (const ClassifierKind& kind : classifier_kinds()) {
    lines += concat("  ", kind.name, std::string(12 - kind.name.size(), ' '), kind.summary, '\n');
  }
  return lines;
}

// ---- documents -----------------------------------------------------------------------------------------------------

TrainingDocuments::TrainingDocuments(const corpus::Store& store, TrainingOptions options)
    : options_(std::move(options)),
      corpus_(store.database().path()),
      analysis_(analysis_of(store, options_.full_analysis)),
      columns_(read_labelled(store, filter_of(store, options_.where), options_.source, options_.fields,
                             options_.keep_unlabelled)),
      unlabelled_(columns_.texts.unlabelled.begin(), columns_.texts.unlabelled.end()),
      all_parts_(apps::split(columns_, options_)),
      source_(options_.source) {
  select(0);
}

std::int64_t TrainingDocuments::left_out() const {
  return columns_.texts.without_label +
         std::ranges::count_if(columns_.texts.labels, [](const LabelSet& labels) { return !labels; });
}

std::int64_t TrainingDocuments::without_labels() const {
  return std::ranges::count_if(columns_.texts.labels, [](const LabelSet& labels) { return labels && labels->empty(); });
}

void TrainingDocuments::select(std::size_t field) {
  source_.field = options_.fields[field];
  columns_.texts.labels = columns_.labels[field];
  labels_ = distinct_labels(columns_.texts, source_.field);
  if (source_.separator.empty()) {
    classes_ = classes_of(columns_.texts, labels_);
  } else {
    table_ = label_matrix(columns_.texts, labels_);
  }
  split_ = all_parts_;
  for (auto* rows : {&split_.train, &split_.validation, &split_.test}) {
    std::erase_if(*rows, [&](std::size_t row) { return !columns_.texts.labels[row]; });
  }
}

TrainingPart TrainingDocuments::part(std::span<const std::size_t> rows) const {
  TrainingPart part;
  part.texts = columns_.texts.views(rows);
  for (const std::size_t row : rows) {
    if (!classes_.empty()) part.classes.push_back(classes_[row]);
    for (std::size_t label = 0; !table_.empty() && label < labels_.size(); ++label) {
      part.table.push_back(table_[row * labels_.size() + label]);
    }
  }
  return part;
}

std::vector<std::size_t> TrainingDocuments::sample(std::int64_t documents) const {
  std::vector<std::string> strata;
  for (const std::size_t row : split_.train) strata.push_back(joined(columns_.texts.labels[row]));
  const double share = static_cast<double>(documents) / static_cast<double>(strata.size());
  if (share >= 1) return split_.train;
  std::vector<std::size_t> rows =
      corpus::split_documents(strata, {.test_share = 1 - share, .validation_share = 0, .seed = options_.split.seed})
          .train;
  for (std::size_t& row : rows) row = split_.train[row];
  return rows;
}

TrainingTask TrainingDocuments::task() const {
  TrainingTask task;
  task.labels = static_cast<std::int32_t>(labels_.size());
  task.names = labels_;
  task.unlabelled = unlabelled_;
  task.seed = options_.split.seed;
  task.analysis = analysis_;
  task.dictionary = options_.dictionary;
  task.corpus = corpus_;
  return task;
}

ClassifierModel TrainingDocuments::fit(const ClassifierKind& kind, const ClassifierTrainer& trainer,
                                       const TrainingTask& task, const RunContext& context) const {
  ClassifierModel model;
  model.kind = kind.name;
  model.labels = labels_;
  model.source = source_;
  model.where = options_.where;
  model.trained_on = static_cast<std::int64_t>(task.train.texts.size());
  model.seed = task.seed;
  TrainedClassifier trained = trainer.train(task, context);
  model.classifier = std::move(trained.classifier);
  model.epochs = std::move(trained.epochs);
  calibrate(model, task.validation, context);
  return model;
}

// ---- figures -------------------------------------------------------------------------------------------------------

ClassifierFigures score(const ClassifierModel& model, const TrainingPart& documents, const RunContext& context) {
  if (documents.texts.empty()) return {};
  const std::vector<float> found = probabilities(model, documents.texts, context);
  const neural::ClassRows rows{found, static_cast<std::int32_t>(model.labels.size())};
  if (model.several()) {
    return main_figures(neural::score_labels(rows, documents.table, model.thresholds, context), found, documents.table);
  }
  return main_figures(neural::score_classes(rows, documents.classes, context));
}

}  // namespace malmoi::apps
