#pragma once

#include <vector>

#include "neural/network.h"

namespace malmoi::neural {

/// Of all parameters, in their order.
inline std::vector<Real> all_values(Network& network) {
  std::vector<Real> values;
  for (const Parameter* parameter : network.parameters()) {
    values.insert(values.end(), parameter->value.values().begin(), parameter->value.values().end());
  }
  return values;
}

}  // namespace malmoi::neural
