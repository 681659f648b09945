#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "apps/classifier_model.h"
#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "corpus/base/parallel.h"
#include "corpus/filter.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using corpus::Document;
using nlohmann::ordered_json;

constexpr std::size_t kBatchBytes = std::size_t{1} << 18U;
constexpr std::size_t kBatchDocuments = 1024;

constexpr Usage kUsage{
    .verb = "predict",
    .summary =
        "The labels of new documents, or without INPUT of the documents of the corpus, written as they are read: a\n"
        "line a document with its id, label and probability (json: an object a line). Where documents have several\n"
        "labels there is a line for each that reaches its threshold, and one with an empty label where none does.\n"
        "CORPUS may be a file that `models --export` wrote. --explain adds the words that spoke most for the label "
        "(+)\n"
        "and against it (-). Several --model give a line each, with the name of the model behind the id.\n"
        "Input that comes slowly (-) is answered line by line; its form and encoding are guessed from what is there\n"
        "when it first pauses.\n",
    .arguments = {"corpus", "input..."},
    .examples =
        "echo '정말 재미있게 봤어요' | malmoi predict reviews.malmoi -\n"
        "malmoi predict reviews.malmoi new.tsv --top 2 --format tsv > labels.tsv\n"
        "malmoi predict softmax.model new.jsonl --explain 5 --format json\n"
        "malmoi predict news.malmoi - --model news.topic --model news.tone\n"
        "malmoi predict reviews.malmoi --where 'label=\"\"'\n"};

struct Request {
  std::string path;
  std::vector<std::string> inputs;
  std::vector<std::string> models;
  std::optional<std::int32_t> top = {};  // none: the labels that the model gives
  std::int32_t words = 0;
  ReaderFlags reader;
  WhereFlag where;
  DictionaryFlag dictionary;
};

// One place of the pipeline: documents on their way from the reader to the output.
struct Slot {
  std::vector<Document> documents;
  std::string text;  // what is written for them
  Progress progress;
};

struct Source {
  std::function<bool(Document&)> next;
  std::function<bool()> ready;  // whether next need not wait
  std::function<Progress()> progress;
};

// Documents that are there do not wait for those that are still to come.
bool fill(Slot& slot, const Source& source) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < kBatchDocuments && bytes < kBatchBytes && (count == 0 || source.ready())) {
    if (count == slot.documents.size()) slot.documents.emplace_back();
    if (!source.next(slot.documents[count])) break;
    bytes += slot.documents[count].text.size();
    ++count;
  }
  slot.documents.resize(count);
  slot.progress = source.progress();
  return count > 0;
}

// Labels to be written, the most probable first.
std::vector<std::size_t> chosen_labels(const ClassifierModel& model, std::span<const float> probabilities,
                                       std::optional<std::int32_t> top) {
  if (!top) return given_labels(model, probabilities);
  std::vector<std::size_t> labels = ranked_labels(probabilities);
  labels.resize(std::min(labels.size(), static_cast<std::size_t>(*top)));
  return labels;
}

// The words that weigh most, the heaviest first.
std::vector<Evidence> heaviest(std::vector<Evidence> words, std::int32_t most) {
  std::ranges::stable_sort(
      words, [](const Evidence& a, const Evidence& b) { return std::abs(a.weight) > std::abs(b.weight); });
  words.resize(std::min(words.size(), static_cast<std::size_t>(most)));
  return words;
}

std::string number(double value, int digits) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
  return {buffer.data(), end.ptr};
}

std::string name_of_input(const Document& document) {
  return document.key.empty() ? concat(document.source, ':', document.line) : document.key;
}

class Predictor {
 public:
  Predictor(const Request& request, std::span<const ClassifierModel> models, Format format)
      : request_(request), models_(models), format_(format) {}

  [[nodiscard]] std::string head() const {
    if (format_ == Format::json) return {};
    return concat(models_.size() > 1 ? "id\tmodel" : "id", "\tlabel\tprobability",
                  request_.words > 0 ? "\twords\n" : "\n");
  }

  void work(Slot& slot, bool of_corpus, const RunContext& context) const {
    std::vector<std::string_view> texts;
    for (const Document& document : slot.documents) texts.emplace_back(document.text);
    std::vector<std::vector<float>> found;
    for (const ClassifierModel& model : models_) found.push_back(probabilities(model, texts, context));
    slot.text.clear();
    for (std::size_t d = 0; d < slot.documents.size(); ++d) {
      const Document& document = slot.documents[d];
      std::vector<Prediction> predictions;
      for (std::size_t m = 0; m < models_.size(); ++m) {
        const std::size_t labels = models_[m].labels.size();
        predictions.push_back({models_[m], document.text, std::span(found[m]).subspan(d * labels, labels)});
      }
      write(of_corpus ? name_of(document) : name_of_input(document), predictions, slot.text);
    }
  }

 private:
  // What a model says of a document.
  struct Prediction {
    const ClassifierModel& model;
    std::string_view text;
    std::span<const float> found;  // [labels] probabilities
  };

  void write(const std::string& name, std::span<const Prediction> predictions, std::string& out) const {
    if (format_ == Format::json) return write_json(name, predictions, out);
    for (const Prediction& one : predictions) {
      const std::string head =
          predictions.size() > 1 ? concat(escaped(name), '\t', escaped(one.model.name)) : escaped(name);
      const std::vector<std::size_t> labels = chosen_labels(one.model, one.found, request_.top);
      if (labels.empty()) out += concat(head, request_.words > 0 ? "\t\t\t\n" : "\t\t\n");
      for (const std::size_t label : labels) {
        const std::string shown = number(one.found[label], format_ == Format::text ? 4 : 6);
        out += concat(head, '\t', escaped(one.model.labels[label]), '\t', shown);
        if (request_.words > 0) out += concat('\t', words(one, label));
        out += '\n';
      }
    }
  }

  [[nodiscard]] std::string escaped(std::string_view text) const {
    return format_ == Format::text ? printable(text) : tsv_text(text);
  }

  [[nodiscard]] std::string words(const Prediction& of, std::size_t label) const {
    std::string list;
    for (const Evidence& one : evidence(of, label)) {
      list += concat(list.empty() ? "" : ", ", escaped(of.text.substr(one.begin, one.end - one.begin)),
                     one.weight >= 0 ? " +" : " ", number(one.weight, 2));
    }
    return list;
  }

  [[nodiscard]] std::vector<Evidence> evidence(const Prediction& of, std::size_t label) const {
    return heaviest(of.model.classifier->explain(of.text, static_cast<std::int32_t>(label)), request_.words);
  }

  [[nodiscard]] ordered_json labels_json(const Prediction& of) const {
    ordered_json labels = ordered_json::array();
    for (const std::size_t label : chosen_labels(of.model, of.found, request_.top)) {
      ordered_json one = {{"label", of.model.labels[label]}, {"probability", of.found[label]}};
      if (request_.words > 0) {
        one["words"] = ordered_json::array();
        for (const Evidence& word : evidence(of, label)) {
          one["words"].push_back({{"text", of.text.substr(word.begin, word.end - word.begin)},
                                  {"begin", word.begin},
                                  {"end", word.end},
                                  {"weight", word.weight}});
        }
      }
      labels.push_back(std::move(one));
    }
    return labels;
  }

  void write_json(const std::string& name, std::span<const Prediction> predictions, std::string& out) const {
    ordered_json object = {{"id", name}};
    if (predictions.size() == 1) {
      object["labels"] = labels_json(predictions.front());
    } else {
      object["models"] = ordered_json::array();
      for (const Prediction& one : predictions) {
        object["models"].push_back({{"model", one.model.name}, {"labels", labels_json(one)}});
      }
    }
    out += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out += '\n';
  }

  const Request& request_;
  std::span<const ClassifierModel> models_;
  Format format_;
};

// Returns how many documents there were.
std::int64_t stream(const Source& source, const Predictor& predictor, bool of_corpus, const RunContext& context,
                    std::ostream& out) {
  std::vector<Slot> slots(pipeline_slots(context));
  const RunContext one_thread{.threads = 1, .on_progress = {}, .stop = context.stop};
  std::int64_t documents = 0;
  bool ended = false;
  bool waiting = false;
  // Where the input makes a pause the pipeline runs empty: nothing in it waits for what comes next.
  const auto produce = [&](std::size_t i) {
    if (waiting && !source.ready()) return false;
    waiting = true;
    ended = !fill(slots[i], source);
    return !ended;
  };
  const auto run = [&] {
    ordered_pipeline({.produce = produce,
                      .work = [&](std::size_t i) { predictor.work(slots[i], of_corpus, one_thread); },
                      .consume =
                          [&](std::size_t i) {
                            out << slots[i].text << std::flush;
                            documents += static_cast<std::int64_t>(slots[i].documents.size());
                            context.report(slots[i].progress);
                          }},
                     context);
  };
  while (!ended) {
    waiting = false;
    run();
  }
  return documents;
}

std::int64_t predict_inputs(const Request& request, const Predictor& predictor, const CommonOptions& common,
                            Streams& io) {
  corpus::ReaderOptions options = request.reader.options();
  options.live = true;
  const auto reader = corpus::open_reader(request.inputs, options);
  const Source source{[&](Document& document) { return reader->read(document); }, [&] { return reader->ready(); },
                      [&] {
                        return Progress{"predicting", reader->bytes_read(), reader->bytes_total()};
                      }};
  const std::int64_t documents = stream(source, predictor, /*of_corpus=*/false, common.run_context(io), io.out);
  for (const std::string& guessed : reader->notes()) note(guessed, common, io);
  for (const corpus::SkippedRecord& skipped : reader->skipped()) {
    note(concat("skipped ", skipped.reason), common, io);
  }
  return documents;
}

std::int64_t predict_stored(const Request& request, const Predictor& predictor, const CommonOptions& common,
                            Streams& io) {
  const corpus::Store store = corpus::Store::open(request.path);
  const corpus::Filter where = request.where.filter();
  const auto total = static_cast<std::int64_t>(store.matching(where).size());
  corpus::DocumentCursor cursor = store.documents(where);
  std::int64_t done = 0;
  const Source source{[&](Document& document) {
                        const bool more = cursor.next(document);
                        done += more ? 1 : 0;
                        return more;
                      },
                      [] { return true; },
                      [&] {
                        return Progress{"predicting", done, total};
                      }};
  return stream(source, predictor, /*of_corpus=*/true, common.run_context(io), io.out);
}

void run(const Request& request, const RunLog& log, const CommonOptions& common, Streams& io) {
  std::vector<ClassifierModel> models;
  std::string names;
  for (const std::string& name : request.models) {
    models.push_back(load_classifier(request.path, name, request.dictionary.folder()));
    names += concat(names.empty() ? "" : ", ", models.back().name);
  }
  const Predictor predictor(request, models, common.format);
  io.out << predictor.head() << std::flush;
  const std::int64_t documents = request.inputs.empty() ? predict_stored(request, predictor, common, io)
                                                        : predict_inputs(request, predictor, common, io);
  if (corpus::is_exported_model(request.path)) return;  // it has no table of runs
  log.save(request.path, {{{"model", names}, {"documents", documents}}, {}});
}

}  // namespace

void run_predict(std::span<const std::string> args, Streams& io) {
  const RunLog log("predict", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file, or a file that models --export wrote");
  add("input", po::value(&request.inputs), "files, folders, or - for standard input");
  add("model", po::value(&request.models)->composing(),
      "name of the classifier, if there are several; may be given again");
  add("top", po::value<std::int32_t>()->value_name("N")->notifier([&](std::int32_t top) { request.top = top; }),
      "the N most probable labels of each document (default: the one; of several those that reach their thresholds)");
  add("explain", po::value(&request.words)->default_value(request.words)->value_name("N"),
      "the N words that weighed most");
  request.where.add_to(flags);
  request.reader.add_to(flags);
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  require_at_least("--top", request.top.value_or(1), 1);
  require_at_least("--explain", request.words, 0);
  if (!request.inputs.empty() && !request.where.filter().sql.empty()) {
    throw UsageError("--where is for documents of the corpus");
  }
  if (request.models.size() > 1 && corpus::is_exported_model(request.path)) {
    throw UsageError(concat("--model: ", request.path, " holds one model only"));
  }
  if (request.models.empty()) request.models.emplace_back();  // the only one there is
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
