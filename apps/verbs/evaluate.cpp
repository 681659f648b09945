#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/classifier_evaluation.h"
#include "apps/classifier_model.h"
#include "apps/classifier_report.h"
#include "apps/corpus_flags.h"
#include "apps/document_stream.h"
#include "apps/page/classifier_page.h"
#include "apps/page/topic_page.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "corpus/filter.h"
#include "vectorize/output_file.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "evaluate",
    .summary =
        "Measures a classifier: on the documents that were held out when it was trained, on documents of the corpus\n"
        "that --where picks, or on new ones (INPUT). CORPUS may be a file that `models --export` wrote, with INPUT.\n"
        "Held-out documents are found again by number and text, with the labels that they have now. Intervals are by\n"
        "the bootstrap over documents. Macro figures are means over the labels that documents have or are given; "
        "where\n"
        "documents may have several, over all, a label that occurs nowhere with 0. Micro figures are of all decisions\n"
        "together: of one label a document all three are the accuracy. mean_roc_auc is the mean over the labels.\n",
    .arguments = {"corpus", "input..."},
    .examples =
        "malmoi evaluate reviews.malmoi -o figures.html\n"
        "malmoi evaluate reviews.malmoi ratings_test.txt --model softmax\n"
        "malmoi evaluate softmax.model ratings_test.txt\n"
        "malmoi evaluate news.malmoi --model bayes --where 'date>=2019-07' --format json\n"};

constexpr std::size_t kPageDocuments = 1000;
constexpr std::size_t kPageTextBytes = 2000;

struct Request {
  std::string path;
  std::vector<std::string> inputs;
  std::string model;
  std::string label_field;
  std::string page;
  std::string language = "ko";
  std::string command;  // as typed
  neural::BootstrapOptions bootstrap;
  std::int64_t seed = 1;
  ReaderFlags reader;
  WhereFlag where;
  DictionaryFlag dictionary;
};

LabelledTexts read_inputs(const Request& request, const LabelSource& source, const CommonOptions& common, Streams& io) {
  const auto reader = corpus::open_reader(request.inputs, request.reader.options());
  LabelledTexts texts = read_labelled(*reader, source);
  tell_reading(*reader, common, io);
  return texts;
}

EvaluationTexts choose_stored(const Request& request, const ClassifierModel& model, const LabelSource& source) {
  const corpus::Store store = corpus::Store::open(request.path);
  const corpus::Filter where = request.where.filter();
  if (!where.sql.empty()) {
    if (store.matching(where).empty()) {
      throw Error(ErrorCode::invalid_argument,
                  concat("--where ", request.where.text(), ": no document of the corpus meets this"));
    }
    return {read_labelled(store, where, source), "chosen"};
  }
  EvaluationTexts chosen = held_out_texts(store, model, source);
  if (chosen.texts.size() > 0) return chosen;
  throw Error(ErrorCode::invalid_argument,
              concat(request.path, " has none of the ", chosen.of, " documents that were held out when the model \"",
                     model.name, "\" was trained, or none with a label in the field ", source.field,
                     "; give INPUT, or --where to choose documents"));
}

// ---- the page ------------------------------------------------------------------------------------------------------

// At most so many bytes of a text, whole code points.
std::string_view beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

ScoredDocument scored(const Measured& measured, const ClassifierModel& model, std::size_t row) {
  const std::size_t labels = model.labels.size();
  const auto found = std::span(measured.probabilities).subspan(row * labels, labels);
  const std::string_view text = beginning(measured.texts.texts[row], kPageTextBytes);
  ScoredDocument document{.id = measured.texts.names[row],
                          .text = std::string(text),
                          .cut = text.size() < measured.texts.texts[row].size()};
  for (const std::size_t label : given_labels(model, found)) {
    document.predicted.push_back(static_cast<std::int32_t>(label));
  }
  if (model.several()) {
    std::ranges::sort(document.predicted);
    for (std::size_t label = 0; label < labels; ++label) {
      if (measured.table[row * labels + label] != 0) document.truth.push_back(static_cast<std::int32_t>(label));
    }
    return document;
  }
  document.truth = {measured.classes[row]};
  document.probability = static_cast<double>(found[static_cast<std::size_t>(document.predicted.front())]);
  document.true_probability = static_cast<double>(found[static_cast<std::size_t>(measured.classes[row])]);
  return document;
}

// Documents to be shown, the worst first: with several labels those with most cells wrong.
std::vector<std::size_t> shown_rows(const Measured& measured, const ClassifierModel& model) {
  const std::size_t labels = model.labels.size();
  if (!model.several()) {
    return choose_documents({measured.probabilities, static_cast<std::int32_t>(labels)}, measured.classes,
                            kPageDocuments);
  }
  std::vector<std::size_t> wrong(measured.texts.size(), 0);
  for (std::size_t cell = 0; cell < measured.table.size(); ++cell) {
    const bool given = neural::is_given(measured.probabilities[cell], model.thresholds[cell % labels]);
    wrong[cell / labels] += given != (measured.table[cell] != 0) ? 1 : 0;
  }
  std::vector<std::size_t> rows(measured.texts.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::ranges::stable_sort(rows, std::ranges::greater{}, [&](std::size_t row) { return wrong[row]; });
  rows.resize(std::min(rows.size(), kPageDocuments));
  return rows;
}

PageHead head_of(const Request& request, const ClassifierModel& model, const std::string& made) {
  PageHead head;
  if (!corpus::is_exported_model(request.path)) {
    const corpus::Store store = corpus::Store::open(request.path);
    PageRequest about;
    about.model = model.name;
    head = make_head(store.database(), about);
  }
  head.corpus = std::filesystem::path(request.path).filename().string();
  head.command += concat(head.command.empty() ? "" : "\n", request.command);
  head.model = model.name == model.kind ? model.name : concat(model.name, " (", model.kind, ")");
  head.made = made;
  head.seed = model.seed;
  head.fingerprint = model.fingerprint;
  return head;
}

std::string make_page(const Request& request, const ClassifierModel& model, const Measured& measured,
                      const std::string& made) {
  ClassifierPage page;
  page.language = request.language;
  page.head = head_of(request, model, made);
  page.labels = model.labels;
  page.classes = measured.of_classes;
  page.class_intervals = measured.class_intervals;
  page.multi_label = measured.of_labels;
  page.label_intervals = measured.label_intervals;
  page.thresholds = model.thresholds;
  if (model.temperature.log_loss_before > 0) page.temperature = model.temperature;
  page.level = request.bootstrap.level;
  for (const EpochFigures& one : model.epochs) {
    page.epochs.push_back({one.epoch, one.training_loss, one.validation_loss.value_or(kUndefined),
                           one.validation_accuracy.value_or(kUndefined)});
    const auto best = page.best_epoch ? model.epochs[static_cast<std::size_t>(*page.best_epoch) - 1].validation_loss
                                      : std::optional<double>();
    if (one.validation_loss && (!best || *one.validation_loss < *best)) page.best_epoch = one.epoch;
  }
  for (const std::size_t row : shown_rows(measured, model)) page.documents.push_back(scored(measured, model, row));
  return classifier_page(page);
}

void run(const Request& request, RunLog& log, const CommonOptions& common, Streams& io) {
  log.set_seed(request.seed);
  const RunContext context = common.run_context(io);
  std::optional<vectorize::OutputFile> page;
  if (!request.page.empty()) page.emplace(request.page, common.force);
  const ClassifierModel model = load_classifier(request.path, request.model, request.dictionary.folder());
  LabelSource source = model.source;
  source.split_field.clear();
  if (!request.label_field.empty()) source.field = request.label_field;
  EvaluationTexts chosen;
  if (request.inputs.empty()) {
    chosen = choose_stored(request, model, source);
    if (chosen.texts.size() < chosen.of) {
      note(concat(chosen.texts.size(), " of ", chosen.of, " held-out documents are still there"), common, io);
    }
  } else {
    chosen = {read_inputs(request, source, common, io), "input"};
    log.set_input(
        nlohmann::json{{"inputs", request.inputs}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  const auto begin = std::chrono::steady_clock::now();
  const Measured measured = measure(model, std::move(chosen.texts), request.bootstrap, context);
  Report report;
  report.tables = model.several()
                      ? label_tables(*measured.of_labels, measured.label_intervals, model.labels, model.thresholds)
                      : class_tables(*measured.of_classes, measured.class_intervals, model.labels, common.format);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  report.metrics = {{"model", model.name},
                    {"kind", model.kind},
                    {"fingerprint", model.fingerprint},
                    {"documents", measured.texts.size()},
                    {"of", chosen.documents}};
  if (chosen.of > 0) report.metrics.push_back({"held_out", chosen.of});
  report.metrics.push_back({"without_label", measured.texts.without_label});
  report.metrics.push_back({"seconds", seconds});
  if (page) {
    page->write(make_page(request, model, measured, log.started()));
    page->commit();
    report.metrics.push_back({"page", request.page});
  }
  show(report, common, io);
  if (corpus::is_exported_model(request.path)) return;
  add_figures(model.several() ? main_figures(*measured.of_labels, measured.probabilities, measured.table)
                              : main_figures(*measured.of_classes),
              "", report);
  log.save(request.path, report);
}

}  // namespace

void run_evaluate(std::span<const std::string> args, Streams& io) {
  RunLog log("evaluate", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file, or with INPUT a file that models --export wrote");
  add("input", po::value(&request.inputs), "files, folders, or - for standard input");
  add("model", po::value(&request.model), "name of the classifier, if there are several");
  add("true-field", po::value(&request.label_field),
      "where the true label stands, if not as in training: label, source or meta.NAME");
  add("output,o", po::value(&request.page), "HTML page to write: figures, confusion matrix, calibration, mistakes");
  add("language", po::value(&request.language)->default_value(request.language), "of the page at the start: ko, en");
  add("draws", po::value(&request.bootstrap.draws)->default_value(request.bootstrap.draws),
      "resamples of the bootstrap; 0: no intervals");
  add("level", po::value(&request.bootstrap.level)->default_value(request.bootstrap.level),
      "share of the resamples inside an interval");
  add("seed", po::value(&request.seed)->default_value(request.seed), "of the bootstrap");
  request.where.add_to(flags);
  request.reader.add_to(flags);
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (!request.label_field.empty()) require_field("--true-field", request.label_field);
  require_at_least("--seed", request.seed, 0);
  (void)choose<int>("--language", request.language, {{"ko", 0}, {"en", 1}});
  require_at_least("--draws", request.bootstrap.draws, 0);
  if (!(request.bootstrap.level > 0 && request.bootstrap.level < 1)) {
    throw UsageError(concat("--level ", request.bootstrap.level, ": more than 0 and less than 1 is wanted"));
  }
  if (!request.inputs.empty() && !request.where.filter().sql.empty()) {
    throw UsageError("--where is for documents of the corpus");
  }
  if (request.inputs.empty() && corpus::is_exported_model(request.path)) {
    throw UsageError(concat(request.path, " holds a model and no documents: give INPUT"));
  }
  request.bootstrap.seed = static_cast<std::uint64_t>(request.seed);
  request.command = concat("malmoi evaluate ", shell_words(args));
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
