#include "neural/layers.h"

#include "corpus/base/error.h"

namespace malmoi::neural {
namespace {

Parameter new_parameter(const Shape& shape, InitialValues values, Rng& rng, double scale = 1.0) {
  return {.name = {}, .value = initial_tensor(shape, values, rng, scale)};
}

Parameter constant(std::size_t columns, Real value, bool frozen = false) {
  return {.name = {}, .value = Tensor({columns}, value), .frozen = frozen};
}

struct Named {
  const char* name;
  Parameter* parameter;
};

std::vector<Parameter*> name_all(const std::string& prefix, std::initializer_list<Named> all) {
  std::vector<Parameter*> list;
  for (const Named& named : all) {
    named.parameter->name = prefix.empty() ? named.name : concat(prefix, '.', named.name);
    list.push_back(named.parameter);
  }
  return list;
}

}  // namespace

std::vector<Parameter*> join(std::initializer_list<std::vector<Parameter*>> lists) {
  std::vector<Parameter*> all;
  for (const std::vector<Parameter*>& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

Linear::Linear(std::size_t inputs, std::size_t outputs, Rng& rng, InitialValues values)
    : weight(new_parameter({inputs, outputs}, values, rng)), bias(constant(outputs, 0)) {}

Variable Linear::forward(const Variable& x) {
  return linear(x, x.graph().parameter(weight), x.graph().parameter(bias));
}

std::vector<Parameter*> Linear::parameters(const std::string& prefix) {
  return name_all(prefix, {{"weight", &weight}, {"bias", &bias}});
}

Embedding::Embedding(std::size_t ids, std::size_t columns, Rng& rng, double scale)
    : weight(new_parameter({ids, columns}, InitialValues::normal, rng, scale)) {}

Variable Embedding::forward(Graph& graph, std::span<const std::int32_t> ids) {
  return gather(graph.parameter(weight), ids);
}

Variable Embedding::forward(Graph& graph, std::span<const std::int32_t> ids, std::size_t batch) {
  if (batch == 0 || ids.size() % batch != 0) {
    throw Error(ErrorCode::invalid_argument,
                concat("Embedding::forward: ", ids.size(), " ids for a batch of ", batch, ", wanted [batch × steps]"));
  }
  return gather(graph.parameter(weight), ids, {batch, ids.size() / batch});
}

std::vector<Parameter*> Embedding::parameters(const std::string& prefix) {
  return name_all(prefix, {{"weight", &weight}});
}

EmbeddingBag::EmbeddingBag(std::size_t ids, std::size_t columns, Rng& rng, BagMode bag_mode, double scale)
    : weight(new_parameter({ids, columns}, InitialValues::normal, rng, scale)), mode(bag_mode) {}

Variable EmbeddingBag::forward(Graph& graph, std::span<const std::int32_t> ids, std::span<const std::size_t> starts) {
  return embedding_bag(graph.parameter(weight), ids, starts, mode);
}

std::vector<Parameter*> EmbeddingBag::parameters(const std::string& prefix) {
  return name_all(prefix, {{"weight", &weight}});
}

LayerNorm::LayerNorm(std::size_t columns, double with_epsilon)
    : gain(constant(columns, 1)), bias(constant(columns, 0)), epsilon(with_epsilon) {}

Variable LayerNorm::forward(const Variable& x) {
  return layer_norm(x, x.graph().parameter(gain), x.graph().parameter(bias), epsilon);
}

std::vector<Parameter*> LayerNorm::parameters(const std::string& prefix) {
  return name_all(prefix, {{"gain", &gain}, {"bias", &bias}});
}

BatchNorm::BatchNorm(std::size_t columns, const BatchNormOptions& with_options)
    : gain(constant(columns, 1)),
      bias(constant(columns, 0)),
      running{constant(columns, 0, true), constant(columns, 1, true)},
      options(with_options) {}

Variable BatchNorm::forward(const Variable& x) {
  return batch_norm(x, x.graph().parameter(gain), x.graph().parameter(bias), running, options);
}

std::vector<Parameter*> BatchNorm::parameters(const std::string& prefix) {
  return name_all(
      prefix,
      {{"gain", &gain}, {"bias", &bias}, {"running.mean", &running.mean}, {"running.variance", &running.variance}});
}

}  // namespace malmoi::neural
