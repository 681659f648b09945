#include <algorithm>
#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "apps/classifier_model.h"
#include "apps/corpus_flags.h"
#include "apps/document_stream.h"
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

class Predictor {
 public:
  Predictor(const Request& request, std::span<const ClassifierModel> models, Format format)
      : request_(request), models_(models), format_(format) {}

  [[nodiscard]] std::string head() const {
    if (format_ == Format::json) return {};
    return concat(models_.size() > 1 ? "id\tmodel" : "id", "\tlabel\tprobability",
                  request_.words > 0 ? "\twords\n" : "\n");
  }

  // What is written for the documents.
  [[nodiscard]] std::string answer(std::span<const Document> documents, bool of_corpus,
                                   const RunContext& context) const {
    std::vector<std::string_view> texts;
    for (const Document& document : documents) texts.emplace_back(document.text);
    std::vector<std::vector<float>> found;
    for (const ClassifierModel& model : models_) found.push_back(probabilities(model, texts, context));
    std::string text;
    for (std::size_t d = 0; d < documents.size(); ++d) {
      const Document& document = documents[d];
      std::vector<Prediction> predictions;
      for (std::size_t m = 0; m < models_.size(); ++m) {
        const std::size_t labels = models_[m].labels.size();
        predictions.push_back({models_[m], document.text, std::span(found[m]).subspan(d * labels, labels)});
      }
      write(of_corpus ? name_of(document) : name_of_input(document), predictions, text);
    }
    return text;
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
        const std::string shown = fixed(one.found[label], format_ == Format::text ? 4 : 6);
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
                     one.weight >= 0 ? " +" : " ", fixed(one.weight, 2));
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

std::int64_t predict_stored(const Request& request, const DocumentWork& work, const RunContext& context) {
  const corpus::Store store = corpus::Store::open(request.path);
  const corpus::Filter where = request.where.filter();
  const auto total = static_cast<std::int64_t>(store.matching(where).size());
  corpus::DocumentCursor cursor = store.documents(where);
  std::int64_t done = 0;
  const DocumentSource source{[&](Document& document) {
                                const bool more = cursor.next(document);
                                done += more ? 1 : 0;
                                return more;
                              },
                              [] { return true; },
                              [&] {
                                return Progress{"predicting", done, total};
                              }};
  return stream_documents(source, work, context);
}

// Returns how many documents there were.
std::int64_t predict(const Request& request, const Predictor& predictor, const CommonOptions& common, Streams& io) {
  const bool of_corpus = request.inputs.empty();
  const RunContext context = common.run_context(io);
  std::vector<std::string> answers(pipeline_slots(context));
  const DocumentWork work{
      .work = [&](std::size_t place, std::span<const Document> documents,
                  const RunContext& inner) { answers[place] = predictor.answer(documents, of_corpus, inner); },
      .consume = [&](std::size_t place) { io.out << answers[place] << std::flush; }};
  if (of_corpus) return predict_stored(request, work, context);
  corpus::ReaderOptions reader = request.reader.options();
  reader.live = true;
  return stream_inputs({request.inputs, reader, "predicting"}, work, common, io);
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
  const std::int64_t documents = predict(request, predictor, common, io);
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
