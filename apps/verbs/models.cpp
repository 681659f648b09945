#include "corpus/models.h"

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include "apps/classifier_evaluation.h"
#include "apps/corpus_flags.h"
#include "apps/lda_model.h"
#include "apps/model_parts.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/train_checkpoint.h"
#include "apps/verbs.h"
#include "corpus/store.h"
#include "corpus/tensors.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "models",
    .summary =
        "The models in a corpus file: a list; one with all its options (--show); a model as a file of its own\n"
        "(--export), such a file into another corpus (--import), removing and renaming. Every model has a checksum,\n"
        "which is checked whenever it is read. --int8 exports large arrays of floats (weights, vectors, networks) in "
        "a\n"
        "byte a value, and measures a classifier before and after on the documents held out when it was trained.\n"
        "--delete also removes the checkpoint of an unfinished training of that name, or that alone.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi models reviews.malmoi\n"
        "malmoi models reviews.malmoi --show lda\n"
        "malmoi models reviews.malmoi --export lda -o reviews20.model\n"
        "malmoi models reviews.malmoi --export gru -o gru.model --int8\n"
        "malmoi models news.malmoi --import reviews20.model --save reviews20\n"
        "malmoi models news.malmoi --rename reviews20=old --delete lda\n"};

struct Request {
  std::string path;
  std::string shown;
  std::string exported;
  std::string output;
  std::string imported;
  std::string save;
  std::string renamed;
  std::vector<std::string> deleted;
  bool int8 = false;
  DictionaryFlag dictionary;
};

Table list(const corpus::Store& store) {
  Table table{"models", {"name", "kind", "version", "bytes", "fingerprint", "made", "run"}, {}};
  if (store.models().empty()) return table;
  corpus::Statement select = store.database().prepare(
      "SELECT name, kind, models.version, length(tensors) + coalesce((SELECT sum(length(data)) FROM model_parts WHERE "
      "model = name), 0), checksum, started, run FROM models LEFT JOIN runs ON runs.id = run ORDER BY name");
  while (select.step()) {
    table.rows.push_back({select.text(0), select.text(1), select.integer(2), select.integer(3), select.text(4),
                          select.text(5), select.is_null(6) ? Cell("") : Cell(select.integer(6))});
  }
  return table;
}

std::string text_of(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Options by name; those of an object as object.name.
Table options_table(const std::string& options) {
  Table table{"options", {"option", "value"}, {}};
  const auto fields = nlohmann::ordered_json::parse(options, nullptr, false);
  if (!fields.is_object()) return table;
  for (const auto& [name, value] : fields.items()) {
    if (!value.is_object()) {
      table.rows.push_back({name, text_of(value)});
      continue;
    }
    for (const auto& [part, inner] : value.items()) table.rows.push_back({concat(name, '.', part), text_of(inner)});
  }
  return table;
}

// Of a classifier of several labels. It has thresholds in the place of a temperature.
void add_thresholds(const corpus::StoredModel& model, const std::string& name, Report& report) {
  const ModelReader reader(model, concat("model \"", name, '"'));
  const std::vector<float> thresholds = reader.tensors().read<float>("thresholds");
  const std::vector<std::string> labels = reader.strings("labels");
  if (thresholds.empty() || thresholds.size() != labels.size()) return;
  std::erase_if(report.tables.front().rows, [](const std::vector<Cell>& row) {
    return std::get<std::string>(row.front().value()).starts_with("temperature");
  });
  Table table{"thresholds", {"label", "threshold"}, {}};
  for (std::size_t label = 0; label < labels.size(); ++label) {
    table.rows.push_back({labels[label], static_cast<double>(thresholds[label])});
  }
  report.tables.push_back(std::move(table));
}

Report show_model(const corpus::Database& database, const std::string& name) {
  const corpus::StoredModel model = corpus::load_model(database, name);
  Report report;
  report.metrics = {{"model", name},
                    {"kind", model.kind},
                    {"version", model.version},
                    {"bytes", model.tensors.size()},
                    {"fingerprint", model.checksum}};
  if (model.run) report.metrics.push_back({"run", *model.run});
  report.tables.push_back(options_table(model.options));
  if (model.kind == kClassifierKind.kind) add_thresholds(model, name, report);
  return report;
}

Report import_model(const Request& request, bool overwrite) {
  const corpus::ImportedModel imported = corpus::read_exported_model(request.imported);
  const std::string name = request.save.empty() ? imported.name : request.save;
  corpus::Store store = corpus::Store::open(request.path, corpus::Access::write);
  corpus::Transaction transaction(store.database());
  corpus::save_model(store.database(), name, imported.model, {.overwrite = overwrite});
  corpus::remove_document_topics(store.database(), name);
  corpus::set_model_note(store.database(), corpus::kTopicNames, name, imported.topic_names);
  transaction.commit();
  return {{{"imported", name}, {"kind", imported.model.kind}, {"fingerprint", imported.model.checksum}}, {}};
}

// Also what is left of work on a model of this name that was stopped; it may be all there is.
void remove_with_checkpoints(corpus::Database& database, const std::string& name) {
  std::vector<std::string> left = training_checkpoints(database, name);
  if (corpus::has_model(database, checkpoint_name(name))) left.push_back(checkpoint_name(name));
  for (const std::string& checkpoint : left) corpus::remove_model(database, checkpoint);
  if (left.empty() || corpus::has_model(database, name)) corpus::remove_model(database, name);
}

Report change(const Request& request) {
  corpus::Store store = corpus::Store::open(request.path, corpus::Access::write);
  corpus::Transaction transaction(store.database());
  for (const std::string& name : request.deleted) remove_with_checkpoints(store.database(), name);
  if (!request.renamed.empty()) {
    const std::size_t equals = request.renamed.find('=');
    if (equals == std::string::npos) throw UsageError("--rename: give OLD=NEW");
    corpus::rename_model(store.database(), request.renamed.substr(0, equals), request.renamed.substr(equals + 1));
  }
  transaction.commit();
  return {{}, {list(store)}};
}

double accuracy_of(const ClassifierModel& model, const LabelledTexts& texts, const RunContext& context) {
  const Measured measured = measure(model, texts, {.draws = 0}, context);
  return model.several() ? measured.of_labels->subset_accuracy : measured.of_classes->accuracy;
}

// Bytes before and after; of a classifier whose held-out documents are in the corpus also how well it does.
Report compare(const corpus::Store& store, const Request& request, const RunContext& context) {
  const corpus::StoredModel floats = corpus::load_model(store.database(), request.exported);
  const std::string what = concat("model \"", request.exported, '"');
  corpus::StoredModel int8 = floats;
  int8.tensors = corpus::with_int8(floats.tensors, what);
  Table table{"sizes", {"numbers", "bytes"}, {{"float", floats.tensors.size()}, {"int8", int8.tensors.size()}}};
  if (floats.kind != kClassifierKind.kind) return {{}, {std::move(table)}};
  const auto load = [&](const corpus::StoredModel& stored) {
    return classifier_from_stored(stored, what, request.dictionary.folder());
  };
  const ClassifierModel model = load(floats);
  LabelSource source = model.source;
  source.split_field.clear();
  const EvaluationTexts held_out = held_out_texts(store, model, source);
  if (held_out.texts.size() == 0) return {{}, {std::move(table)}};
  table.columns.emplace_back(model.several() ? "subset_accuracy" : "accuracy");
  table.rows[0].emplace_back(accuracy_of(model, held_out.texts, context));
  table.rows[1].emplace_back(accuracy_of(load(int8), held_out.texts, context));
  return {{{"documents", held_out.texts.size()}, {"of", held_out.documents}, {"held_out", held_out.of}},
          {std::move(table)}};
}

Report export_model(const corpus::Store& store, const Request& request, bool overwrite, const RunContext& context) {
  if (!overwrite && std::filesystem::exists(request.output)) {  // before the work, not behind it
    throw Error(ErrorCode::invalid_argument, concat(request.output, " exists already; --force overwrites it"));
  }
  Report report{{{"exported", request.exported}, {"file", request.output}}, {}};
  if (request.int8) {
    Report compared = compare(store, request, context);
    report.metrics.insert(report.metrics.end(), compared.metrics.begin(), compared.metrics.end());
    report.tables = std::move(compared.tables);
  }
  corpus::export_model(store.database(), request.exported, request.output,
                       {.overwrite = overwrite, .int8 = request.int8});
  return report;
}

Report carry_out(const Request& request, bool force, const RunContext& context) {
  if (!request.imported.empty()) return import_model(request, force);
  if (!request.deleted.empty() || !request.renamed.empty()) return change(request);
  const corpus::Store store = corpus::Store::open(request.path);
  if (!request.shown.empty()) return show_model(store.database(), request.shown);
  if (request.exported.empty()) return {{}, {list(store)}};
  return export_model(store, request, force, context);
}

void check(const Request& request) {
  const int actions = !request.shown.empty() + !request.exported.empty() + !request.imported.empty() +
                      (!request.deleted.empty() || !request.renamed.empty());
  if (actions > 1) throw UsageError("give one of --show, --export, --import, --delete with --rename");
  if (request.exported.empty() != request.output.empty()) {
    throw UsageError("--export needs the file to write, -o FILE, and -o needs --export");
  }
  if (request.int8 && request.exported.empty()) throw UsageError("--int8 goes with --export");
  if (!request.save.empty() && request.imported.empty()) throw UsageError("--save goes with --import");
}

}  // namespace

void run_models(std::span<const std::string> args, Streams& io) {
  const RunLog run("models", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("show", po::value(&request.shown), "a model with its options");
  add("export", po::value(&request.exported), "a model to be written to a file");
  add("output,o", po::value(&request.output), "the file");
  add("int8", po::bool_switch(&request.int8), "export its floats as int8: down to a quarter of the size");
  add("import", po::value(&request.imported), "a file that --export wrote");
  add("save", po::value(&request.save), "name for the imported model (default: its own)");
  add("delete", po::value(&request.deleted), "a model to be removed; may be given again");
  add("rename", po::value(&request.renamed), "OLD=NEW");
  request.dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  check(request);
  const Report report = carry_out(request, common->force, common->run_context(io));
  show(report, *common, io);
  run.save(request.path, {report.metrics, {}});
}

}  // namespace malmoi::apps
