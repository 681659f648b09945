#include "neural/sequential.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/hex.h"
#include "corpus/base/string_table.h"
#include "corpus/tensors.h"
#include "neural/sequential_layers.h"
#include "vectorize/output_file.h"

namespace malmoi::neural {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kLosses = {"softmax_cross_entropy", "binary_cross_entropy",
                                                     "mean_squared_error"};
constexpr std::string_view kFormat = "malmoi.sequential";
constexpr int kVersion = 1;

[[noreturn]] void fail(std::string_view place, std::string_view problem) {
  throw Error(ErrorCode::invalid_argument, concat("Sequential: ", place, ": ", problem));
}

// ---- data ----------------------------------------------------------------------------------------------------------

// What data must fit.
struct ModelShape {
  const std::vector<Layer>& layers;
  Loss loss;
  std::size_t inputs;  // columns, or ids of the embedding
  std::size_t outputs;

  [[nodiscard]] bool reads_texts() const { return layers.front().name == "embedding"; }
  [[nodiscard]] std::string first() const { return layer_name(layers, 0); }
  [[nodiscard]] std::string last() const { return layer_name(layers, layers.size() - 1); }
};

std::size_t rows_of(const Tensor& table) {
  return table.empty() ? 0 : table.shape().rows();
}

// Inputs as trainer.h reads them: a row of numbers is a text of one token, the row's number.
class Rows {
 public:
  // first: the number of the first row
  Rows(const ModelShape& model, const Inputs& inputs, std::string_view name, std::size_t first = 0) {
    if (const auto* const texts = std::get_if<TokenSequences>(&inputs)) {
      require_texts(model, *texts, name);
      tokens_ = texts;
      return;
    }
    const auto& table = std::get<Tensor>(inputs);
    const std::size_t rows = rows_of(table);
    if (rows > 0) require_table(model, table, name);
    if (!std::in_range<TermId>(first + rows)) fail(name, "more than 2^31 - 1 rows");
    for (std::size_t row = 0; row < rows; ++row) {
      numbers_.row_ids.push_back(static_cast<std::int64_t>(row));
      numbers_.terms.push_back(static_cast<TermId>(first + row));
      numbers_.offsets.push_back(row + 1);
    }
  }

  [[nodiscard]] const TokenSequences& tokens() const { return tokens_ != nullptr ? *tokens_ : numbers_; }

 private:
  static void require_texts(const ModelShape& model, const TokenSequences& texts, std::string_view name) {
    if (!model.reads_texts()) {
      fail(name, concat("texts, but ", model.first(), " wants [rows × ", model.inputs, "]"));
    }
    const auto unfit = std::ranges::find_if(
        texts.terms, [&](TermId id) { return id < -1 || (id >= 0 && std::cmp_greater_equal(id, model.inputs)); });
    if (unfit == texts.terms.end()) return;
    const auto place = static_cast<std::size_t>(unfit - texts.terms.begin());
    const auto row = std::ranges::upper_bound(texts.offsets, place) - texts.offsets.begin() - 1;
    fail(name, concat("text ", row, " has the id ", *unfit, ", but ", model.first(), " wants ids from 0 to ",
                      model.inputs - 1, ", or -1"));
  }

  static void require_table(const ModelShape& model, const Tensor& table, std::string_view name) {
    if (!model.reads_texts() && table.shape().rank() == 2 && table.shape()[1] == model.inputs) return;
    fail(name, concat("inputs ", table.shape(), ", but ", model.first(), " wants ",
                      model.reads_texts() ? std::string("texts") : concat("[rows × ", model.inputs, "]")));
  }

  const TokenSequences* tokens_ = nullptr;
  TokenSequences numbers_;
};

// A data set as trainer.h reads it.
class CheckedData {
 public:
  CheckedData(const ModelShape& model, const Dataset& data, std::string_view name, std::size_t first = 0)
      : rows_(model, data.inputs, name, first), examples_{rows_.tokens(), {}, {}} {
    const std::size_t rows = rows_.tokens().rows();
    const auto* const classes = std::get_if<Classes>(&data.targets);
    const auto* const table = std::get_if<Tensor>(&data.targets);
    const std::size_t targets = classes != nullptr ? classes->size() : rows_of(*table);
    if (targets != rows) fail(name, concat("targets of ", targets, " rows for inputs of ", rows));
    if (rows == 0) return;
    if ((classes != nullptr) != (model.loss == Loss::softmax_cross_entropy)) {
      fail(name, concat("the targets are ", classes != nullptr ? "classes" : "a tensor", ", but ",
                        kLosses[static_cast<std::size_t>(model.loss)], " wants ",
                        classes != nullptr ? "a tensor" : "classes"));
    }
    if (classes != nullptr) {
      take_classes(model, *classes, name);
    } else {
      take_table(model, *table, name);
    }
  }
  CheckedData(const CheckedData&) = delete;
  CheckedData& operator=(const CheckedData&) = delete;

  [[nodiscard]] const Examples& examples() const { return examples_; }

 private:
  void take_classes(const ModelShape& model, const Classes& classes, std::string_view name) {
    const auto unfit =
        std::ranges::find_if(classes, [&](auto c) { return c < 0 || std::cmp_greater_equal(c, model.outputs); });
    if (unfit != classes.end()) {
      fail(name, concat("row ", unfit - classes.begin(), " has the class ", *unfit, ", but ", model.last(),
                        " gives [rows × ", model.outputs, "]"));
    }
    examples_.classes = classes;
  }

  void take_table(const ModelShape& model, const Tensor& table, std::string_view name) {
    if (table.shape().cols() != model.outputs) {
      fail(name, concat("targets ", table.shape(), ", but ", model.last(), " gives [rows × ", model.outputs, "]"));
    }
    if (model.loss == Loss::mean_squared_error) {
      examples_.numbers = table.values();
      return;
    }
    for (const Real value : table.values()) {
      if (value != 0 && value != 1) fail(name, concat("a label of ", value, ", wanted are 0 and 1"));
      labels_.push_back(value == 1 ? 1 : 0);
    }
    examples_.table = labels_;
  }

  Rows rows_;
  std::vector<std::uint8_t> labels_;
  Examples examples_;
};

// The layers as trainer.h runs them.
class LayerNetwork : public Network {
 public:
  // tables: the rows of numbers, counted through; empty for texts
  LayerNetwork(const std::vector<std::unique_ptr<BuiltLayer>>& layers, const std::vector<Parameter*>& parameters,
               std::vector<const Tensor*> tables)
      : layers_(layers), parameters_(parameters), tables_(std::move(tables)) {}

  Variable logits(Graph& graph, const Batch& batch) override {
    Variable x = tables_.empty() ? Variable() : graph.input(rows_of_batch(graph, batch));
    for (const auto& layer : layers_) x = layer->forward({graph, batch, x});
    return x;
  }
  std::vector<Parameter*> parameters() override { return parameters_; }

 private:
  [[nodiscard]] Tensor rows_of_batch(const Graph& graph, const Batch& batch) const {
    const std::size_t columns = tables_.front()->shape().cols();
    Tensor rows = graph.tensor({batch.rows, columns});
    for (std::size_t r = 0; r < batch.rows; ++r) {
      auto row = static_cast<std::size_t>(batch.ids[r]);
      auto table = tables_.begin();
      for (; row >= rows_of(**table); ++table) row -= rows_of(**table);
      std::copy_n((*table)->data() + row * columns, columns, rows.data() + r * columns);
    }
    return rows;
  }

  const std::vector<std::unique_ptr<BuiltLayer>>& layers_;
  const std::vector<Parameter*>& parameters_;
  std::vector<const Tensor*> tables_;
};

std::vector<const Tensor*> tables_of(std::initializer_list<const Inputs*> inputs) {
  std::vector<const Tensor*> tables;
  for (const Inputs* const one : inputs) {
    if (const auto* const table = std::get_if<Tensor>(one); table != nullptr && !table->empty())
      tables.push_back(table);
  }
  return tables;
}

// ---- files ---------------------------------------------------------------------------------------------------------

std::string read_bytes(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) {
    throw Error(ErrorCode::not_found, concat(path.string(), ": there is no such file"));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error(ErrorCode::io, concat(path.string(), ": cannot be read"));
  return bytes;
}

[[noreturn]] void fail_damaged(const std::string& path, std::string_view problem) {
  throw Error(ErrorCode::corrupt_data, concat(path, ": damaged: ", problem));
}

// Format, version and checksum, which is that of the layout without it.
void require_format(const std::string& path, const corpus::TensorReader& reader) {
  corpus::TensorNotes notes = reader.notes();
  if (notes["format"] != kFormat) throw Error(ErrorCode::corrupt_data, concat(path, ": is no model of a Sequential"));
  const std::string& version = notes["version"];
  if (version != std::to_string(kVersion)) {
    throw Error(ErrorCode::unsupported_version,
                concat(path, ": has version ", version, ", this program reads ", kVersion));
  }
  const auto checksum = notes.extract("checksum");
  corpus::TensorWriter writer;
  for (const corpus::TensorView& tensor : reader.all()) writer.add(tensor);
  if (checksum.empty() || checksum.mapped() != hex(hash_bytes(writer.bytes(notes)))) {
    fail_damaged(path, "its checksum is not that of its content");
  }
}

json layers_to_json(const std::vector<Layer>& layers) {
  json list = json::array();
  for (const Layer& layer : layers) list.push_back({{"layer", layer.name}, {"arguments", layer.arguments}});
  return list;
}

std::vector<Layer> layers_from_json(const json& list) {
  std::vector<Layer> layers;
  for (const json& layer : list) {
    layers.push_back({layer.at("layer").get<std::string>(), layer.at("arguments").get<std::vector<double>>()});
  }
  return layers;
}

// Each layer has as many numbers as its arguments want: checked before memory is taken for them.
void require_values(const std::string& path, const std::vector<Layer>& layers, const corpus::TensorReader& reader) {
  const std::vector<LayerPlan> plans = plan_layers(layers);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    std::size_t stored = 0;
    for (const corpus::TensorView& tensor : reader.all()) {
      if (tensor.name.starts_with(concat(i + 1, '.'))) stored += tensor.bytes.size() / sizeof(Real);
    }
    if (static_cast<double>(stored) != plans[i].values) {
      fail_damaged(path, concat(layer_name(layers, i), " has ", stored, " numbers, wanted are ", plans[i].values));
    }
  }
}

}  // namespace

// ---- Sequential ----------------------------------------------------------------------------------------------------

Sequential::Sequential(std::vector<Layer> layers, const SequentialOptions& options)
    : layers_(std::move(layers)), loss_(options.loss) {
  const std::vector<LayerPlan> plans = plan_layers(layers_);
  inputs_ = static_cast<std::size_t>(layers_.front().arguments.front());
  outputs_ = plans.back().out.columns;
  Rng rng(options.seed);
  for (const LayerPlan& plan : plans) {
    built_.push_back(plan.build(rng));
    const std::vector<Parameter*> added = built_.back()->parameters(std::to_string(built_.size()));
    parameters_.insert(parameters_.end(), added.begin(), added.end());
  }
}

Sequential::Sequential(Sequential&&) noexcept = default;
Sequential& Sequential::operator=(Sequential&&) noexcept = default;
Sequential::~Sequential() = default;

TrainResult Sequential::fit(const Dataset& training, const Dataset& validation, const TrainOptions& options,
                            const RunContext& context) {
  const ModelShape shape{layers_, loss_, inputs_, outputs_};
  const CheckedData checked_training(shape, training, "training");
  const CheckedData checked_validation(shape, validation, "validation", checked_training.examples().size());
  LayerNetwork network(built_, parameters_, tables_of({&training.inputs, &validation.inputs}));
  TrainResult result =
      train_network(network, checked_training.examples(), checked_validation.examples(), options, {}, nullptr, context);
  batches_ = options.batches;
  return result;
}

Evaluation Sequential::evaluate(const Dataset& data, const RunContext& context) const {
  const CheckedData checked({layers_, loss_, inputs_, outputs_}, data, "evaluation");
  LayerNetwork network(built_, parameters_, tables_of({&data.inputs}));
  return evaluate_network(network, checked.examples(), batches_, context);
}

Tensor Sequential::predict(const Inputs& inputs, const RunContext& context) const {
  const Rows rows({layers_, loss_, inputs_, outputs_}, inputs, "prediction");
  LayerNetwork network(built_, parameters_, tables_of({&inputs}));
  return {Shape({rows.tokens().rows(), outputs_}), predict_network(network, rows.tokens(), loss_, batches_, context)};
}

void Sequential::save(const std::filesystem::path& path) const {
  if (path.extension() == ".gz") fail(path.string(), "a model is not compressed, so take another name");
  corpus::TensorWriter writer;
  for (const Parameter* const parameter : parameters_) {
    const auto sizes = parameter->value.shape().sizes();
    writer.add(parameter->name, parameter->value.values(), {sizes.begin(), sizes.end()});
  }
  const json model = {{"loss", kLosses[static_cast<std::size_t>(loss_)]},
                      {"batch_size", batches_.batch_size},
                      {"max_length", batches_.max_length},
                      {"layers", layers_to_json(layers_)}};
  corpus::TensorNotes notes = {
      {"format", std::string(kFormat)}, {"version", std::to_string(kVersion)}, {"model", model.dump()}};
  notes["checksum"] = hex(hash_bytes(writer.bytes(notes)));
  vectorize::OutputFile file(path, /*overwrite=*/true);
  file.write(writer.bytes(notes));
  file.commit();
}

Sequential Sequential::load(const std::filesystem::path& path) {
  const std::string place = path.string();
  const std::string bytes = read_bytes(path);
  const corpus::TensorReader reader(bytes, place);
  require_format(place, reader);
  try {
    const json model = json::parse(reader.notes().at("model"));
    std::vector<Layer> layers = layers_from_json(model.at("layers"));
    require_values(place, layers, reader);
    const auto loss = std::ranges::find(kLosses, model.at("loss").get<std::string_view>());
    if (loss == kLosses.end()) fail_damaged(place, "its loss is not known");
    Sequential loaded(std::move(layers), {.loss = static_cast<Loss>(loss - kLosses.begin())});
    loaded.batches_ = {model.at("batch_size").get<std::size_t>(), model.at("max_length").get<std::size_t>()};
    for (Parameter* const parameter : loaded.parameters_) {
      const std::vector<Real> values = reader.read<Real>(parameter->name);
      const auto sizes = parameter->value.shape().sizes();
      if (!std::ranges::equal(reader.at(parameter->name).shape, sizes, std::cmp_equal<std::int64_t, std::size_t>)) {
        fail_damaged(place, concat("another shape of ", parameter->name));
      }
      std::ranges::copy(values, parameter->value.data());
    }
    return loaded;
  } catch (const json::exception&) {
    fail_damaged(place, "its layers cannot be read");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    fail_damaged(place, error.what());
  }
}

}  // namespace malmoi::neural
