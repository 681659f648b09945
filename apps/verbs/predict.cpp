#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>
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
        "line a document with its id, label and probability (json: an object a line). CORPUS may be a file that\n"
        "`models --export` wrote. --explain adds the words that spoke most for the label (+) and against it (-).\n",
    .arguments = {"corpus", "input..."},
    .examples =
        "echo '정말 재미있게 봤어요' | malmoi predict reviews.malmoi -\n"
        "malmoi predict reviews.malmoi new.tsv --top 2 --format tsv > labels.tsv\n"
        "malmoi predict softmax.model new.jsonl --explain 5 --format json\n"
        "malmoi predict reviews.malmoi --where 'label=\"\"'\n"};

struct Request {
  std::string path;
  std::vector<std::string> inputs;
  std::string model;
  std::int32_t top = 1;
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
  std::function<Progress()> progress;
};

bool fill(Slot& slot, const Source& source) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < kBatchDocuments && bytes < kBatchBytes) {
    if (count == slot.documents.size()) slot.documents.emplace_back();
    if (!source.next(slot.documents[count])) break;
    bytes += slot.documents[count].text.size();
    ++count;
  }
  slot.documents.resize(count);
  slot.progress = source.progress();
  return count > 0;
}

// Labels of a document, the most probable first: those above their thresholds where it may have several (the first one
// if none is), else so many.
std::vector<std::size_t> chosen_labels(const ClassifierModel& model, std::span<const float> probabilities,
                                       std::int32_t top) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  if (model.several() && top <= 1) {
    std::erase_if(order, [&](std::size_t k) { return k != order.front() && probabilities[k] < model.thresholds[k]; });
  } else {
    order.resize(std::min(order.size(), static_cast<std::size_t>(top)));
  }
  return order;
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
  Predictor(const Request& request, const ClassifierModel& model, Format format)
      : request_(request), model_(model), format_(format) {}

  [[nodiscard]] std::string head() const {
    if (format_ == Format::json) return {};
    return request_.words > 0 ? "id\tlabel\tprobability\twords\n" : "id\tlabel\tprobability\n";
  }

  void work(Slot& slot, bool of_corpus, const RunContext& context) const {
    std::vector<std::string_view> texts;
    for (const Document& document : slot.documents) texts.emplace_back(document.text);
    const std::vector<float> found = probabilities(model_, texts, context);
    const std::size_t labels = model_.labels.size();
    slot.text.clear();
    for (std::size_t d = 0; d < slot.documents.size(); ++d) {
      const Document& document = slot.documents[d];
      const std::string name = of_corpus ? name_of(document) : name_of_input(document);
      write(name, document.text, std::span(found).subspan(d * labels, labels), slot.text);
    }
  }

 private:
  void write(const std::string& name, std::string_view text, std::span<const float> found, std::string& out) const {
    if (format_ == Format::json) return write_json(name, text, found, out);
    for (const std::size_t label : chosen_labels(model_, found, request_.top)) {
      const std::string shown = format_ == Format::text ? number(found[label], 4) : number(found[label], 6);
      out += concat(escaped(name), '\t', escaped(model_.labels[label]), '\t', shown);
      if (request_.words > 0) out += concat('\t', words(text, label));
      out += '\n';
    }
  }

  [[nodiscard]] std::string escaped(std::string_view text) const {
    return format_ == Format::text ? printable(text) : tsv_text(text);
  }

  [[nodiscard]] std::string words(std::string_view text, std::size_t label) const {
    std::string list;
    for (const Evidence& one : evidence(text, label)) {
      list += concat(list.empty() ? "" : ", ", escaped(text.substr(one.begin, one.end - one.begin)),
                     one.weight >= 0 ? " +" : " ", number(one.weight, 2));
    }
    return list;
  }

  [[nodiscard]] std::vector<Evidence> evidence(std::string_view text, std::size_t label) const {
    return heaviest(model_.classifier->explain(text, static_cast<std::int32_t>(label)), request_.words);
  }

  void write_json(const std::string& name, std::string_view text, std::span<const float> found,
                  std::string& out) const {
    ordered_json object = {{"id", name}, {"labels", ordered_json::array()}};
    for (const std::size_t label : chosen_labels(model_, found, request_.top)) {
      ordered_json one = {{"label", model_.labels[label]}, {"probability", found[label]}};
      if (request_.words > 0) {
        one["words"] = ordered_json::array();
        for (const Evidence& word : evidence(text, label)) {
          one["words"].push_back({{"text", text.substr(word.begin, word.end - word.begin)},
                                  {"begin", word.begin},
                                  {"end", word.end},
                                  {"weight", word.weight}});
        }
      }
      object["labels"].push_back(std::move(one));
    }
    out += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out += '\n';
  }

  const Request& request_;
  const ClassifierModel& model_;
  Format format_;
};

// Returns how many documents there were.
std::int64_t stream(const Source& source, const Predictor& predictor, bool of_corpus, const RunContext& context,
                    std::ostream& out) {
  std::vector<Slot> slots(pipeline_slots(context));
  const RunContext one_thread{.threads = 1, .on_progress = {}, .stop = context.stop};
  std::int64_t documents = 0;
  ordered_pipeline({.produce = [&](std::size_t i) { return fill(slots[i], source); },
                    .work = [&](std::size_t i) { predictor.work(slots[i], of_corpus, one_thread); },
                    .consume =
                        [&](std::size_t i) {
                          out << slots[i].text << std::flush;
                          documents += static_cast<std::int64_t>(slots[i].documents.size());
                          context.report(slots[i].progress);
                        }},
                   context);
  return documents;
}

std::int64_t predict_inputs(const Request& request, const Predictor& predictor, const CommonOptions& common,
                            Streams& io) {
  const auto reader = corpus::open_reader(request.inputs, request.reader.options());
  const Source source{[&](Document& document) { return reader->read(document); },
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
                      [&] {
                        return Progress{"predicting", done, total};
                      }};
  return stream(source, predictor, /*of_corpus=*/true, common.run_context(io), io.out);
}

void run(const Request& request, const RunLog& log, const CommonOptions& common, Streams& io) {
  const ClassifierModel model = load_classifier(request.path, request.model, request.dictionary.folder());
  const Predictor predictor(request, model, common.format);
  io.out << predictor.head();
  const std::int64_t documents = request.inputs.empty() ? predict_stored(request, predictor, common, io)
                                                        : predict_inputs(request, predictor, common, io);
  if (corpus::is_exported_model(request.path)) return;  // it has no table of runs
  log.save(request.path, {{{"model", model.name}, {"documents", documents}}, {}});
}

}  // namespace

void run_predict(std::span<const std::string> args, Streams& io) {
  const RunLog log("predict", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file, or a file that models --export wrote");
  add("input", po::value(&request.inputs), "files, folders, or - for standard input");
  add("model", po::value(&request.model), "name of the classifier, if there are several");
  add("top", po::value(&request.top)->default_value(request.top), "labels of each document, the most probable first");
  add("explain", po::value(&request.words)->default_value(request.words)->value_name("N"),
      "the N words that weighed most");
  request.where.add_to(flags);
  request.reader.add_to(flags);
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (request.top < 1) throw UsageError("--top: at least 1 is wanted");
  if (request.words < 0) throw UsageError("--explain: at least 0 is wanted");
  if (!request.inputs.empty() && !request.where.filter().sql.empty()) {
    throw UsageError("predict: --where is for documents of the corpus");
  }
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
