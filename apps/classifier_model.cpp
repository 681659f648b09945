#include "apps/classifier_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/classifiers.h"
#include "corpus/base/error.h"
#include "corpus/base/string_table.h"
#include "neural/calibration.h"
#include "neural/label_metrics.h"

namespace malmoi::apps {
namespace {

using nlohmann::ordered_json;

// ---- writing -------------------------------------------------------------------------------------------------------

ordered_json optional_json(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json epochs_json(const std::vector<EpochFigures>& epochs) {
  ordered_json json = ordered_json::array();
  for (const EpochFigures& one : epochs) {
    json.push_back({{"epoch", one.epoch},
                    {"training_loss", one.training_loss},
                    {"validation_loss", optional_json(one.validation_loss)},
                    {"validation_accuracy", optional_json(one.validation_accuracy)}});
  }
  return json;
}

ordered_json temperature_json(const neural::Temperature& temperature) {
  return {{"value", temperature.value},
          {"log_loss_before", temperature.log_loss_before},
          {"log_loss", temperature.log_loss}};
}

void add(ModelWriter& writer, const std::string& name, const HeldOut& documents) {
  writer.tensors().add_narrow(name + ".row_ids", std::span<const std::int64_t>(documents.row_ids));
  writer.tensors().add_narrow(name + ".hashes", std::span<const std::int64_t>(documents.hashes));
}

// ---- reading -------------------------------------------------------------------------------------------------------

std::optional<double> optional_number(const ModelReader& reader, const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  reader.require(found != object.end() && (found->is_null() || found->is_number()), "epochs");
  return found->is_null() ? std::optional<double>() : found->get<double>();
}

std::vector<EpochFigures> read_epochs(const ModelReader& reader) {
  const nlohmann::json& list = reader.fields().json("epochs");
  reader.require(list.is_array(), "epochs");
  std::vector<EpochFigures> epochs;
  for (const nlohmann::json& one : list) {
    reader.require(one.is_object(), "epochs");
    EpochFigures figures;
    figures.epoch = static_cast<std::int32_t>(epochs.size()) + 1;
    figures.training_loss = optional_number(reader, one, "training_loss").value_or(0);
    figures.validation_loss = optional_number(reader, one, "validation_loss");
    figures.validation_accuracy = optional_number(reader, one, "validation_accuracy");
    epochs.push_back(figures);
  }
  return epochs;
}

neural::Temperature read_temperature(const ModelReader& reader) {
  neural::Temperature temperature;
  if (reader.fields().json("temperature").is_number()) {  // as version 1 has it
    reader.fields().take("temperature", temperature.value);
  } else {
    const ModelFields fields = reader.fields("temperature");
    fields.take("value", temperature.value);
    fields.take("log_loss_before", temperature.log_loss_before);
    fields.take("log_loss", temperature.log_loss);
  }
  reader.require(temperature.value >= neural::kLowestTemperature && temperature.value <= neural::kHighestTemperature,
                 "temperature");
  return temperature;
}

HeldOut read_held_out(const ModelReader& reader, const std::string& name) {
  HeldOut documents;
  documents.row_ids = reader.ascending(name + ".row_ids");
  documents.hashes = reader.tensors().read_narrow<std::int64_t>(name + ".hashes", ModelReader::kAnyNumber);
  reader.require(documents.hashes.size() == documents.row_ids.size(), name);
  return documents;
}

const ClassifierKind& kind_of(const ModelReader& reader, const std::string& name) {
  const auto kinds = classifier_kinds();
  const auto found = std::ranges::find_if(kinds, [&](const ClassifierKind& kind) { return kind.name == name; });
  reader.require(found != kinds.end(), "kind");
  return *found;
}

void require_classifier(const corpus::StoredModel& stored, const std::filesystem::path& file) {
  if (stored.kind == kClassifierKind.kind && stored.version <= kClassifierKind.newest) return;
  throw Error(ErrorCode::unsupported_version,
              concat(file.string(), ": holds a model of kind ", stored.kind, ", version ", stored.version,
                     "; a classifier of version ", kClassifierKind.newest, " is wanted"));
}

std::string only_classifier(const corpus::Store& store) {
  std::string names;
  std::size_t count = 0;
  for (const corpus::ModelEntry& entry : store.models()) {
    if (entry.kind != kClassifierKind.kind) continue;
    ++count;
    names += concat(names.empty() ? "" : ", ", entry.name);
  }
  if (count == 1) return names;
  throw Error(ErrorCode::not_found, concat(store.database().path().string(),
                                           count == 0 ? ": there is no classifier; `malmoi train` makes one"
                                                      : ": there are several classifiers; say which by --model: ",
                                           names));
}

std::int64_t hash_of(const LabelledTexts& texts, std::size_t row) {
  return static_cast<std::int64_t>(hash_bytes(texts.texts[row]) >> 1U);  // ≥ 0
}

// As models up to version 2 have it.
std::int64_t hash_with_labels(const LabelledTexts& texts, std::size_t row) {
  std::uint64_t hash = hash_bytes(texts.texts[row]);
  if (texts.labels[row]) {
    for (const std::string& label : *texts.labels[row]) hash = hash * 31 + hash_bytes(label);
  }
  return static_cast<std::int64_t>(hash >> 1U);
}

}  // namespace

corpus::StoredModel to_stored(const ClassifierModel& model) {
  ordered_json fields = {{"kind", model.kind},
                         {"source",
                          {{"label_field", model.source.field},
                           {"separator", model.source.separator},
                           {"split_field", model.source.split_field},
                           {"where", model.where}}},
                         {"trained_on", model.trained_on},
                         {"seed", model.seed},
                         {"temperature", temperature_json(model.temperature)},
                         {"epochs", epochs_json(model.epochs)}};
  ModelWriter writer;
  writer.add_strings("labels", model.labels);
  writer.tensors().add("thresholds", std::span<const float>(model.thresholds));
  add(writer, "validation", model.validation);
  add(writer, "test", model.test);
  model.classifier->save(writer, fields);
  return writer.stored(kClassifierKind, fields);
}

ClassifierModel classifier_from_stored(const corpus::StoredModel& stored, std::string_view what,
                                       const std::filesystem::path& dictionary) {
  const ModelReader reader(stored, what);
  ClassifierModel model;
  const ModelFields fields = reader.fields();
  fields.take("kind", model.kind);
  const ModelFields source = fields.object("source");
  source.take("label_field", model.source.field);
  source.take("separator", model.source.separator);
  source.take("split_field", model.source.split_field);
  source.take("where", model.where);
  fields.take("trained_on", model.trained_on);
  fields.take("seed", model.seed);
  model.temperature = read_temperature(reader);
  model.labels = reader.strings("labels");
  reader.require(model.labels.size() >= 2 || (model.several() && !model.labels.empty()), "labels");
  model.thresholds = reader.tensors().read<float>("thresholds");
  reader.require(model.thresholds.size() == (model.several() ? model.labels.size() : 0), "thresholds");
  model.epochs = read_epochs(reader);
  model.validation = read_held_out(reader, "validation");
  model.test = read_held_out(reader, "test");
  model.classifier =
      kind_of(reader, model.kind).read(reader, static_cast<std::int32_t>(model.labels.size()), dictionary);
  model.fingerprint = stored.checksum;
  return model;
}

ClassifierModel load_classifier(const std::filesystem::path& file, std::string_view name,
                                const std::filesystem::path& dictionary) {
  corpus::StoredModel stored;
  std::string found(name);
  if (corpus::is_exported_model(file)) {
    corpus::ImportedModel imported = corpus::read_exported_model(file);
    stored = std::move(imported.model);
    found = imported.name;
    require_classifier(stored, file);
  } else {
    const corpus::Store store = corpus::Store::open(file);
    if (name.empty()) found = only_classifier(store);
    stored = corpus::load_model(store.database(), found, kClassifierKind);
  }
  ClassifierModel model = classifier_from_stored(stored, concat("model \"", found, '"'), dictionary);
  model.name = std::move(found);
  return model;
}

std::vector<float> probabilities(const ClassifierModel& model, std::span<const std::string_view> texts,
                                 const RunContext& context) {
  std::vector<float> found = model.classifier->probabilities(texts, context);
  if (model.temperature.value == 1.0) return found;
  const std::vector<float> logits = logarithms(found);
  return neural::softmax_at({logits, static_cast<std::int32_t>(model.labels.size())}, model.temperature.value, context);
}

std::vector<std::size_t> ranked_labels(std::span<const float> found) {
  std::vector<std::size_t> order(found.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t label) { return found[label]; });
  return order;
}

std::vector<std::size_t> given_labels(const ClassifierModel& model, std::span<const float> found) {
  std::vector<std::size_t> labels = ranked_labels(found);
  if (!model.several()) {
    labels.resize(1);
  } else {
    std::erase_if(labels, [&](std::size_t label) { return !neural::is_given(found[label], model.thresholds[label]); });
  }
  return labels;
}

std::vector<float> logarithms(std::span<const float> probabilities) {
  std::vector<float> logits;
  logits.reserve(probabilities.size());
  for (const float p : probabilities) logits.push_back(std::log(std::max(p, std::numeric_limits<float>::min())));
  return logits;
}

HeldOut held_out(const LabelledTexts& texts, std::span<const std::size_t> rows) {
  HeldOut documents;
  for (const std::size_t row : rows) {
    documents.row_ids.push_back(texts.row_ids[row]);
    documents.hashes.push_back(hash_of(texts, row));
  }
  return documents;
}

std::vector<std::size_t> find_held_out(const LabelledTexts& texts, const HeldOut& held_out) {
  std::vector<std::size_t> rows;
  auto next = held_out.row_ids.begin();
  for (std::size_t row = 0; row < texts.size(); ++row) {
    next = std::lower_bound(next, held_out.row_ids.end(), texts.row_ids[row]);
    if (next == held_out.row_ids.end()) break;
    const auto place = static_cast<std::size_t>(next - held_out.row_ids.begin());
    if (*next != texts.row_ids[row]) continue;
    const std::int64_t hash = held_out.hashes[place];
    if (hash == hash_of(texts, row) || hash == hash_with_labels(texts, row)) rows.push_back(row);
  }
  return rows;
}

}  // namespace malmoi::apps
