#include "neural/sequential_layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "neural/attention.h"
#include "neural/convolution.h"
#include "neural/layers.h"
#include "neural/ops.h"
#include "neural/recurrent.h"

namespace malmoi::neural {
namespace {

using Axes = LayerShape::Axes;

constexpr double kGreatestSize = 1 << 24;  // of an axis: floats count exactly so far

// A layer where it stands: what its plan is made of.
class LayerSite {
 public:
  LayerSite(const std::vector<Layer>& layers, std::size_t index, LayerShape in)
      : layers_(layers), index_(index), in_(in) {}

  [[nodiscard]] const Layer& layer() const { return layers_[index_]; }
  [[nodiscard]] const LayerShape& in() const { return in_; }
  [[nodiscard]] double columns() const { return static_cast<double>(in_.columns); }
  [[nodiscard]] LayerShape with_columns(std::size_t columns) const { return {in_.axes, columns}; }

  [[nodiscard]] std::size_t size(std::size_t argument, std::string_view name) const {
    const double value = layer().arguments[argument];
    if (!(value >= 1 && value <= kGreatestSize && value == std::floor(value))) {
      fail(concat(name, " is ", value, ", wanted is 1 to ", static_cast<int>(kGreatestSize)));
    }
    return static_cast<std::size_t>(value);
  }
  [[nodiscard]] double rate(std::size_t argument) const {
    const double value = layer().arguments[argument];
    if (!(value >= 0 && value < 1)) fail(concat("dropout is ", value, ", wanted is 0 to below 1"));
    return value;
  }
  [[nodiscard]] bool flag(std::size_t argument) const { return layer().arguments[argument] != 0; }

  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorCode::invalid_argument, concat("Sequential: ", layer_name(layers_, index_), ": ", problem));
  }

 private:
  const std::vector<Layer>& layers_;
  std::size_t index_;
  LayerShape in_;
};

// What has parameters() and what has not, with the function that reads it.
template <typename Held, typename Forward>
class HeldLayer : public BuiltLayer {
 public:
  HeldLayer(Held held, Forward forward) : held_(std::move(held)), forward_(std::move(forward)) {}
  Variable forward(const LayerInput& in) override { return forward_(held_, in); }
  std::vector<Parameter*> parameters(const std::string& prefix) override {
    if constexpr (requires { held_.parameters(prefix); }) {
      return held_.parameters(prefix);
    } else {
      return {};
    }
  }

 private:
  Held held_;
  Forward forward_;
};

template <typename Held, typename Forward>
std::unique_ptr<BuiltLayer> hold(Held held, Forward forward) {
  return std::make_unique<HeldLayer<Held, Forward>>(std::move(held), std::move(forward));
}

struct Nothing {};

// A layer without parameters.
template <typename Forward>
LayerPlan plan_function(const LayerShape& out, Forward forward) {
  return {.out = out, .values = 0, .build = [forward](Rng&) {
            return hold(Nothing(), [forward](Nothing&, const LayerInput& in) { return forward(in); });
          }};
}

LayerPlan plan_input(const LayerSite& site) {
  return plan_function({Axes::rows, site.size(0, "columns")}, [](const LayerInput& in) { return in.x; });
}

LayerPlan plan_embedding(const LayerSite& site) {
  const std::size_t ids = site.size(0, "ids");
  const std::size_t columns = site.size(1, "columns");
  return {.out = {Axes::steps, columns},
          .values = static_cast<double>(ids) * static_cast<double>(columns),
          .build = [=](Rng& rng) {
            return hold(Embedding(ids, columns, rng), [](Embedding& held, const LayerInput& in) {
              return held.forward(in.graph, in.batch.ids, in.batch.rows);
            });
          }};
}

LayerPlan plan_dense(const LayerSite& site) {
  const std::size_t units = site.size(0, "units");
  return {.out = site.with_columns(units),
          .values = (site.columns() + 1) * static_cast<double>(units),
          .build = [columns = site.in().columns, units](Rng& rng) {
            return hold(Linear(columns, units, rng),
                        [](Linear& held, const LayerInput& in) { return held.forward(in.x); });
          }};
}

template <Variable (*op)(const Variable&)>
LayerPlan plan_activation(const LayerSite& site) {
  return plan_function(site.in(), [](const LayerInput& in) { return op(in.x); });
}

LayerPlan plan_dropout(const LayerSite& site) {
  return plan_function(site.in(), [rate = site.rate(0)](const LayerInput& in) { return dropout(in.x, rate); });
}

template <typename Norm>
LayerPlan plan_norm(const LayerSite& site, double values_of_a_column) {
  return {
      .out = site.in(), .values = values_of_a_column * site.columns(), .build = [columns = site.in().columns](Rng&) {
        return hold(Norm(columns), [](Norm& held, const LayerInput& in) { return held.forward(in.x); });
      }};
}

LayerPlan plan_layer_norm(const LayerSite& site) {
  return plan_norm<LayerNorm>(site, 2);
}

LayerPlan plan_batch_norm(const LayerSite& site) {
  return plan_norm<BatchNorm>(site, 4);  // with the running figures
}

// The state after the last step of a text, that of the other direction after its first one.
Variable last_states(const RecurrentResult& result) {
  if (result.ends.size() == 1) return result.ends[0].hidden;
  return concatenate({result.ends[0].hidden, result.ends[1].hidden}, 1);
}

template <CellKind kind>
LayerPlan plan_recurrent(const LayerSite& site) {
  const RecurrentOptions options{.kind = kind,
                                 .inputs = site.in().columns,
                                 .hidden = site.size(0, "units"),
                                 .layers = 1,
                                 .bidirectional = site.flag(1),
                                 .dropout = 0};
  const bool every_step = site.flag(2);
  const std::size_t sides = options.bidirectional ? 2 : 1;
  const auto hidden = static_cast<double>(options.hidden);
  const double gates = static_cast<double>(gate_count(kind)) * (site.columns() + hidden + 1);
  return {.out = {every_step ? Axes::steps : Axes::rows, sides * options.hidden},
          .values = static_cast<double>(sides) * hidden * (gates + (kind == CellKind::gru ? 1 : 0)),
          .build = [options, every_step](Rng& rng) {
            return hold(Recurrent(options, rng), [every_step](Recurrent& held, const LayerInput& in) {
              const RecurrentResult result = held.forward(in.x, in.batch.lengths);
              return every_step ? result.output : last_states(result);
            });
          }};
}

template <Variable (*op)(const Variable&, std::span<const int>)>
LayerPlan plan_pooling(const LayerSite& site) {
  return plan_function({Axes::rows, site.in().columns},
                       [](const LayerInput& in) { return op(in.x, in.batch.lengths); });
}

LayerPlan plan_attention_pooling(const LayerSite& site) {
  const double width = site.columns();
  return {.out = {Axes::rows, site.in().columns},
          .values = width * width + 2 * width,
          .build = [columns = site.in().columns](Rng& rng) {
            return hold(AttentionPooling(columns, rng), [](AttentionPooling& held, const LayerInput& in) {
              return held.forward(in.x, in.batch.lengths);
            });
          }};
}

// Zeros behind the end of each text, so that a window there sees the same whatever stands beside the text.
Variable cut_at_lengths(const LayerInput& in) {
  Tensor mask = length_mask(in.batch.lengths, in.batch.steps);
  mask.reshape({in.batch.rows, in.batch.steps, 1});
  return mask_fill(in.x, mask, 0);
}

LayerPlan plan_conv1d(const LayerSite& site) {
  const std::size_t filters = site.size(0, "filters");
  const std::size_t window = site.size(1, "window");
  return {.out = {Axes::steps, filters},
          .values = (static_cast<double>(window) * site.columns() + 1) * static_cast<double>(filters),
          .build = [=, columns = site.in().columns](Rng& rng) {
            return hold(Conv1d(window, columns, filters, rng), [](Conv1d& held, const LayerInput& in) {
              return held.forward(cut_at_lengths(in), Padding::same);
            });
          }};
}

LayerPlan plan_positions(const LayerSite& site) {
  return plan_function(site.in(), [columns = site.in().columns](const LayerInput& in) {
    return in.x + in.graph.input(sinusoidal_positions(in.batch.steps, columns));
  });
}

LayerPlan plan_transformer(const LayerSite& site) {
  const TransformerOptions options{.width = site.in().columns,
                                   .heads = site.size(0, "heads"),
                                   .inner = site.size(1, "inner"),
                                   .dropout = site.rate(2),
                                   .causal = false};
  if (options.width % options.heads != 0) {
    site.fail(concat("heads is ", options.heads, ", wanted is a divisor of the columns of ", site.in()));
  }
  const double width = site.columns();
  const auto inner = static_cast<double>(options.inner);
  return {.out = site.in(), .values = width * (4 * width + 9) + inner * (2 * width + 1), .build = [options](Rng& rng) {
            return hold(TransformerBlock(options, rng), [](TransformerBlock& held, const LayerInput& in) {
              return held.forward(in.x, in.batch.lengths);
            });
          }};
}

// ---- the table -----------------------------------------------------------------------------------------------------

enum class Reads { nothing, rows, steps, both };

struct LayerKind {
  std::string_view name;
  std::size_t arguments;
  Reads reads;
  LayerPlan (*plan)(const LayerSite& site);
};

constexpr std::array kKinds = {
    LayerKind{"input", 1, Reads::nothing, plan_input},
    LayerKind{"embedding", 2, Reads::nothing, plan_embedding},
    LayerKind{"dense", 1, Reads::both, plan_dense},
    LayerKind{"relu", 0, Reads::both, plan_activation<relu>},
    LayerKind{"gelu", 0, Reads::both, plan_activation<gelu>},
    LayerKind{"tanh", 0, Reads::both, plan_activation<tanh>},
    LayerKind{"sigmoid", 0, Reads::both, plan_activation<sigmoid>},
    LayerKind{"dropout", 1, Reads::both, plan_dropout},
    LayerKind{"layer_norm", 0, Reads::both, plan_layer_norm},
    LayerKind{"batch_norm", 0, Reads::rows, plan_batch_norm},
    LayerKind{"rnn", 3, Reads::steps, plan_recurrent<CellKind::rnn>},
    LayerKind{"gru", 3, Reads::steps, plan_recurrent<CellKind::gru>},
    LayerKind{"lstm", 3, Reads::steps, plan_recurrent<CellKind::lstm>},
    LayerKind{"max_over_time", 0, Reads::steps, plan_pooling<max_over_time>},
    LayerKind{"mean_over_time", 0, Reads::steps, plan_pooling<mean_over_time>},
    LayerKind{"attention_pooling", 0, Reads::steps, plan_attention_pooling},
    LayerKind{"conv1d", 2, Reads::steps, plan_conv1d},
    LayerKind{"positions", 0, Reads::steps, plan_positions},
    LayerKind{"transformer", 3, Reads::steps, plan_transformer},
};

bool can_read(Reads reads, Axes axes) {
  if (axes == Axes::none) return reads == Reads::nothing;
  return reads == Reads::both || reads == (axes == Axes::rows ? Reads::rows : Reads::steps);
}

std::string_view wanted(Reads reads) {
  switch (reads) {
    case Reads::nothing:
      return "to be the first layer";
    case Reads::rows:
      return "[rows × columns]";
    case Reads::steps:
      return "[rows × steps × columns]";
    case Reads::both:
      return "[rows × columns] or [rows × steps × columns]";
  }
  return "";
}

LayerPlan plan_layer(const std::vector<Layer>& layers, std::size_t index, const LayerShape& in) {
  const Layer& layer = layers[index];
  const LayerSite site(layers, index, in);
  const auto* const kind = std::ranges::find(kKinds, layer.name, &LayerKind::name);
  if (kind == kKinds.end()) site.fail("there is no such layer");
  if (layer.arguments.size() != kind->arguments) {
    site.fail(concat(layer.arguments.size(), " arguments, wanted are ", kind->arguments));
  }
  if (!can_read(kind->reads, in.axes)) {
    site.fail(concat("wants ", wanted(kind->reads), ", but ",
                     index == 0 ? std::string("is the first: a model begins with input or embedding")
                                : concat(layer_name(layers, index - 1), " gives ", in)));
  }
  return kind->plan(site);
}

double number(std::size_t size) {
  return static_cast<double>(size);
}

Layer recurrent(std::string name, std::size_t units, const RecurrentLayerOptions& options) {
  return {std::move(name), {number(units), options.bidirectional ? 1.0 : 0.0, options.every_step ? 1.0 : 0.0}};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const LayerShape& shape) {
  if (shape.axes == Axes::none) return out << "nothing";
  return out << (shape.axes == Axes::rows ? "[rows × " : "[rows × steps × ") << shape.columns << ']';
}

std::string layer_name(const std::vector<Layer>& layers, std::size_t index) {
  return concat("layer ", index + 1, " (", layers[index].name, ")");
}

std::vector<LayerPlan> plan_layers(const std::vector<Layer>& layers) {
  std::vector<LayerPlan> plans;
  LayerShape shape;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    plans.push_back(plan_layer(layers, i, shape));
    shape = plans.back().out;
  }
  if (layers.empty()) throw Error(ErrorCode::invalid_argument, "Sequential: there are no layers");
  if (shape.axes != Axes::rows) {
    const std::size_t last = layers.size() - 1;
    LayerSite(layers, last, shape).fail(concat("gives ", shape, ", but a model's last layer gives [rows × outputs]"));
  }
  return plans;
}

Layer input(std::size_t columns) {
  return {"input", {number(columns)}};
}
Layer embedding(std::size_t ids, std::size_t columns) {
  return {"embedding", {number(ids), number(columns)}};
}
Layer dense(std::size_t units) {
  return {"dense", {number(units)}};
}
Layer relu() {
  return {"relu", {}};
}
Layer gelu() {
  return {"gelu", {}};
}
Layer tanh() {
  return {"tanh", {}};
}
Layer sigmoid() {
  return {"sigmoid", {}};
}
Layer dropout(double rate) {
  return {"dropout", {rate}};
}
Layer layer_norm() {
  return {"layer_norm", {}};
}
Layer batch_norm() {
  return {"batch_norm", {}};
}
Layer rnn(std::size_t units, const RecurrentLayerOptions& options) {
  return recurrent("rnn", units, options);
}
Layer gru(std::size_t units, const RecurrentLayerOptions& options) {
  return recurrent("gru", units, options);
}
Layer lstm(std::size_t units, const RecurrentLayerOptions& options) {
  return recurrent("lstm", units, options);
}
Layer max_over_time() {
  return {"max_over_time", {}};
}
Layer mean_over_time() {
  return {"mean_over_time", {}};
}
Layer attention_pooling() {
  return {"attention_pooling", {}};
}
Layer conv1d(std::size_t filters, std::size_t window) {
  return {"conv1d", {number(filters), number(window)}};
}
Layer positions() {
  return {"positions", {}};
}
Layer transformer(std::size_t heads, std::size_t inner, double dropout) {
  return {"transformer", {number(heads), number(inner), dropout}};
}

}  // namespace malmoi::neural
