#include "neural/network.h"

#include <algorithm>
#include <array>

#include "corpus/base/error.h"

namespace malmoi::neural {

// A kind of network is a file in neural/networks with a function that makes its NetworkKind, and its name here.
#define MALMOI_NETWORK_KINDS(kind) kind(mlp) kind(cnn) kind(rnn) kind(gru) kind(lstm) kind(transformer)

#define MALMOI_DECLARE(name) NetworkKind name();
MALMOI_NETWORK_KINDS(MALMOI_DECLARE)
#undef MALMOI_DECLARE

namespace {

void require(bool holds, std::string_view name, const auto& value, std::string_view wanted) {
  if (holds) return;
  throw Error(ErrorCode::invalid_argument, concat("make_network: ", name, " is ", value, ", wanted is ", wanted));
}

void validate(const NetworkOptions& options, const NetworkKind& kind) {
  const auto require_size = [](std::string_view name, std::size_t value) {
    require(value >= 1, name, value, "at least 1");
  };
  require_size("vocabulary", options.vocabulary);
  require_size("labels", options.labels);
  require_size("embedding", options.embedding);
  require(options.dropout >= 0 && options.dropout < 1, "dropout", options.dropout, "0 to below 1");
  for (const NetworkSetting& setting : kind.settings) {
    if (const auto* size = std::get_if<std::size_t NetworkOptions::*>(&setting.member)) {
      require_size(setting.name, options.*(*size));
    } else if (const auto* list = std::get_if<std::vector<std::size_t> NetworkOptions::*>(&setting.member)) {
      require(!(options.*(*list)).empty(), setting.name, "empty", "at least one number");
      for (const std::size_t value : options.*(*list)) require_size(setting.name, value);
    }
  }
}

}  // namespace

Variable Network::contexts(Graph& /*graph*/, const Batch& /*batch*/) {
  throw Error(ErrorCode::invalid_argument, "network: it has no contexts, for it reads all words at once");
}

std::span<const NetworkKind> network_kinds() {
#define MALMOI_CALL(name) name(),
  static const std::array kKinds = {MALMOI_NETWORK_KINDS(MALMOI_CALL)};
#undef MALMOI_CALL
  return kKinds;
}

const NetworkKind& network_kind(std::string_view name) {
  const auto kinds = network_kinds();
  const auto found = std::ranges::find(kinds, name, &NetworkKind::name);
  if (found == kinds.end()) {
    throw Error(ErrorCode::invalid_argument, concat("make_network: there is no kind \"", name, '"'));
  }
  return *found;
}

std::unique_ptr<Network> make_network(const NetworkOptions& options, Rng rng) {
  const NetworkKind& kind = network_kind(options.kind);
  validate(options, kind);
  return kind.make(options, rng);
}

}  // namespace malmoi::neural
