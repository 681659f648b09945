#include "apps/train_checkpoint.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "apps/classifiers/ensemble.h"
#include "apps/model_parts.h"
#include "corpus/base/error.h"
#include "corpus/store.h"

namespace malmoi::apps {
namespace {

using neural::Tensor;
using neural::TrainState;
using nlohmann::ordered_json;

constexpr corpus::ModelKind kTrainingKind{.kind = "training", .newest = 1};

void add(ModelWriter& writer, const std::string& name, const Tensor& tensor) {
  const auto sizes = tensor.shape().sizes();
  writer.tensors().add(name, tensor.values(), std::vector<std::int64_t>(sizes.begin(), sizes.end()));
}

void add(ModelWriter& writer, const std::string& name, const std::vector<Tensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) add(writer, concat(name, '.', i), tensors[i]);
}

Tensor read(const ModelReader& reader, const std::string& name) {
  std::vector<std::size_t> sizes;
  for (const std::int64_t size : reader.tensors().at(name).shape) sizes.push_back(static_cast<std::size_t>(size));
  reader.require(sizes.size() <= neural::Shape::kMaxRank, name);
  return {neural::Shape(std::span<const std::size_t>(sizes)), reader.tensors().read<float>(name)};
}

std::vector<Tensor> read_all(const ModelReader& reader, const std::string& name) {
  std::vector<Tensor> tensors;
  while (reader.tensors().has(concat(name, '.', tensors.size()))) {
    tensors.push_back(read(reader, concat(name, '.', tensors.size())));
  }
  return tensors;
}

ordered_json figure(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

std::optional<double> read_figure(const ModelFields& fields, std::string_view name) {
  if (fields.json(name).is_null()) return std::nullopt;
  double value = 0;
  fields.take(name, value);
  return value;
}

std::vector<neural::EpochResult> read_epochs(const ModelReader& reader) {
  std::vector<neural::EpochResult> epochs;
  const nlohmann::json& list = reader.fields().json("epochs");
  reader.require(list.is_array(), "epochs");
  for (const nlohmann::json& one : list) {
    reader.require(one.is_object(), "epochs");
    const ModelFields fields(one, "checkpoint: damaged: epochs");
    neural::EpochResult& epoch = epochs.emplace_back();
    fields.take("training_loss", epoch.training_loss);
    epoch.validation_loss = read_figure(fields, "validation_loss");
    epoch.validation_accuracy = read_figure(fields, "validation_accuracy");
  }
  return epochs;
}

std::string checkpoint_of(const std::string& model, std::size_t member) {
  const std::string number = member == 0 ? "" : concat('.', member + 1);
  return concat(model, ".training", number, corpus::kCheckpointSuffix);  // `lda` has no ".training"
}

TrainState state_from(const corpus::StoredModel& stored, const std::string& name, std::uint64_t task) {
  const ModelReader reader(stored, concat("model \"", name, '"'));
  std::uint64_t of = 0;
  reader.fields().take("task", of);
  if (of != task) {
    throw Error(ErrorCode::invalid_argument,
                concat("--resume: the unfinished training \"", name,
                       "\" had other options or other documents; give the same ones, or leave --resume out"));
  }
  TrainState state;
  state.epochs = read_epochs(reader);
  state.parameters = read_all(reader, "parameters");
  state.best = read_all(reader, "best");
  reader.fields().take("steps", state.optimizer.steps);
  reader.fields().take("rate_scale", state.rate_scale);
  reader.fields().take("best_epoch", state.best_epoch);
  const bool best_fits = state.best_epoch >= -1 && std::cmp_less(state.best_epoch, state.epochs.size()) &&
                         (state.best_epoch < 0) == state.best.empty();
  reader.require(best_fits, "best_epoch");
  const nlohmann::json& moments = reader.fields().json("moments");
  reader.require(moments.is_array(), "moments");
  for (const nlohmann::json& moment : moments) {
    reader.require(moment.is_string(), "moments");
    const std::string place = concat("moments.", state.optimizer.moments.size());
    state.optimizer.moments.push_back({moment.get<std::string>(), read(reader, place)});
  }
  return state;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& corpus, const std::string& model, std::uint64_t task,
                     std::size_t member, const TrainState& state) {
  ordered_json epochs = ordered_json::array();
  for (const neural::EpochResult& epoch : state.epochs) {
    epochs.push_back({{"training_loss", epoch.training_loss},
                      {"validation_loss", figure(epoch.validation_loss)},
                      {"validation_accuracy", figure(epoch.validation_accuracy)}});
  }
  ordered_json moments = ordered_json::array();
  ModelWriter writer;
  add(writer, "parameters", state.parameters);
  add(writer, "best", state.best);
  for (std::size_t i = 0; i < state.optimizer.moments.size(); ++i) {
    moments.push_back(state.optimizer.moments[i].name);
    add(writer, concat("moments.", i), state.optimizer.moments[i].value);
  }
  const corpus::StoredModel stored = writer.stored(kTrainingKind, {{"task", task},
                                                                   {"epochs", epochs},
                                                                   {"steps", state.optimizer.steps},
                                                                   {"rate_scale", state.rate_scale},
                                                                   {"best_epoch", state.best_epoch},
                                                                   {"moments", moments}});
  corpus::Store store = corpus::Store::open(corpus, corpus::Access::write);
  corpus::Transaction transaction(store.database());
  corpus::save_model(store.database(), checkpoint_of(model, member), stored, {.overwrite = true});
  transaction.commit();
}

std::vector<TrainState> load_checkpoints(const std::filesystem::path& corpus, const std::string& model,
                                         std::uint64_t task) {
  const corpus::Store store = corpus::Store::open(corpus);
  std::vector<TrainState> states;
  for (const std::string& name : training_checkpoints(store.database(), model)) {
    while (checkpoint_of(model, states.size()) != name) states.emplace_back();
    states.push_back(state_from(corpus::load_model(store.database(), name, kTrainingKind), name, task));
  }
  if (states.empty()) {
    throw Error(ErrorCode::not_found,
                concat("--resume: ", corpus.string(), " has no unfinished training of the model \"", model, '"'));
  }
  return states;
}

std::vector<std::string> training_checkpoints(const corpus::Database& database, const std::string& model) {
  std::vector<std::string> names;
  for (std::size_t member = 0; member < kMostMembers; ++member) {
    std::string name = checkpoint_of(model, member);
    if (corpus::has_model(database, name)) names.push_back(std::move(name));
  }
  return names;
}

bool has_checkpoint(const std::filesystem::path& corpus, const std::string& model) {
  return !training_checkpoints(corpus::Store::open(corpus).database(), model).empty();
}

void remove_checkpoints(const std::filesystem::path& corpus, const std::string& model) {
  if (!has_checkpoint(corpus, model)) return;
  corpus::Store store = corpus::Store::open(corpus, corpus::Access::write);
  corpus::Transaction transaction(store.database());
  for (const std::string& name : training_checkpoints(store.database(), model)) {
    corpus::remove_model(store.database(), name);
  }
  transaction.commit();
}

}  // namespace malmoi::apps
