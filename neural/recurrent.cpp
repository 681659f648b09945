#include "neural/recurrent.h"

#include <algorithm>
#include <utility>

#include "corpus/base/error.h"
#include "neural/initializer.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

void validate(const RecurrentOptions& options) {
  if (options.inputs == 0 || options.hidden == 0 || options.layers == 0) {
    throw Error(ErrorCode::invalid_argument,
                concat("Recurrent: inputs = ", options.inputs, ", hidden = ", options.hidden,
                       ", layers = ", options.layers, ", wanted at least 1 of each"));
  }
  if (!(options.dropout >= 0.0 && options.dropout < 1.0)) {
    throw Error(ErrorCode::invalid_argument, concat("Recurrent: dropout = ", options.dropout, ", wanted 0 <= it < 1"));
  }
}

// [rows × gates · hidden], drawn gate by gate: their widths are no measure of each other's.
Parameter gate_weights(CellKind kind, const Shape& of_one_gate, InitialValues values, Rng& rng) {
  const std::size_t gates = gate_count(kind);
  const std::size_t rows = of_one_gate[0];
  const std::size_t hidden = of_one_gate[1];
  Tensor all({rows, gates * hidden});
  for (std::size_t gate = 0; gate < gates; ++gate) {
    const Tensor one = initial_tensor(of_one_gate, values, rng);
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(one.data() + row * hidden, hidden, all.data() + (row * gates + gate) * hidden);
    }
  }
  return {.name = {}, .value = std::move(all)};
}

Recurrent::Direction new_direction(const RecurrentOptions& options, std::size_t inputs, Rng& rng) {
  const std::size_t hidden = options.hidden;
  Tensor bias({gate_count(options.kind) * hidden});
  if (options.kind == CellKind::lstm) std::fill_n(bias.data() + hidden, hidden, Real{1});
  return {.input = gate_weights(options.kind, {inputs, hidden}, InitialValues::xavier_uniform, rng),
          .recurrent = gate_weights(options.kind, {hidden, hidden}, InitialValues::orthogonal, rng),
          .bias = {.name = {}, .value = std::move(bias)},
          .new_bias = {.name = {}, .value = options.kind == CellKind::gru ? Tensor({hidden}) : Tensor()}};
}

CellVariables variables_of(Graph& graph, CellKind kind, Recurrent::Direction& direction) {
  CellVariables weights = {graph.parameter(direction.input), graph.parameter(direction.recurrent),
                           graph.parameter(direction.bias)};
  if (kind == CellKind::gru) weights.new_bias = graph.parameter(direction.new_bias);
  return weights;
}

// The start of one layer; shapes are checked by run_sequence.
std::optional<RecurrentState> start_of(Graph& graph, const CarriedState* carried, std::size_t layer) {
  if (carried == nullptr || carried->hidden.empty()) return std::nullopt;
  RecurrentState start = {graph.input(carried->hidden[layer])};
  if (!carried->cell.empty()) start.cell = graph.input(carried->cell[layer]);
  return start;
}

void require_carried(const RecurrentOptions& options, const CarriedState* carried) {
  if (carried == nullptr || carried->hidden.empty()) return;
  if (options.bidirectional) {
    throw Error(ErrorCode::invalid_argument, "Recurrent: a state is carried to both directions, wanted one direction");
  }
  const std::size_t cells = options.kind == CellKind::lstm ? options.layers : 0;
  if (carried->hidden.size() == options.layers && carried->cell.size() == cells) return;
  throw Error(ErrorCode::invalid_argument,
              concat("Recurrent: carried states of ", carried->hidden.size(), " layers and cells of ",
                     carried->cell.size(), ", wanted ", options.layers, " and ", cells));
}

}  // namespace

CarriedState RecurrentResult::carried() const {
  CarriedState state;
  for (const RecurrentState& end : ends) {
    state.hidden.push_back(end.hidden.value());
    if (end.cell) state.cell.push_back(end.cell->value());
  }
  return state;
}

Recurrent::Recurrent(const RecurrentOptions& with_options, Rng& rng) : options(with_options) {
  validate(options);
  const std::size_t sides = options.bidirectional ? 2 : 1;
  for (std::size_t layer = 0; layer < options.layers; ++layer) {
    const std::size_t inputs = layer == 0 ? options.inputs : options.hidden * sides;
    for (std::size_t side = 0; side < sides; ++side) directions.push_back(new_direction(options, inputs, rng));
  }
}

RecurrentResult Recurrent::forward(const Variable& x, std::span<const int> lengths, const CarriedState* carried) {
  require_carried(options, carried);
  Graph& graph = x.graph();
  RecurrentResult result = {x, {}};
  const std::size_t sides = options.bidirectional ? 2 : 1;
  for (std::size_t layer = 0; layer < options.layers; ++layer) {
    const Variable in = layer > 0 && options.dropout > 0 ? dropout(result.output, options.dropout) : result.output;
    std::vector<Variable> outputs;
    for (std::size_t side = 0; side < sides; ++side) {
      const CellVariables weights = variables_of(graph, options.kind, directions[layer * sides + side]);
      const SequenceOptions how = {lengths, start_of(graph, carried, layer), side == 1};
      SequenceResult part = run_sequence(options.kind, in, weights, how);
      outputs.push_back(std::move(part.output));
      result.ends.push_back(std::move(part.end));
    }
    result.output = sides == 1 ? outputs[0] : concatenate(outputs, 2);
  }
  return result;
}

std::vector<Parameter*> Recurrent::parameters(const std::string& prefix) {
  std::vector<Parameter*> all;
  const std::size_t sides = options.bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const std::string place = concat(prefix, prefix.empty() ? "" : ".", i / sides, i % sides == 1 ? ".backward." : ".");
    const auto add = [&](const char* name, Parameter& parameter) {
      parameter.name = place + name;
      all.push_back(&parameter);
    };
    add("input", directions[i].input);
    add("recurrent", directions[i].recurrent);
    add("bias", directions[i].bias);
    if (options.kind == CellKind::gru) add("new_bias", directions[i].new_bias);
  }
  return all;
}

}  // namespace malmoi::neural
