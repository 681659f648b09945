#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "corpus/base/error.h"
#include "neural/tensor.h"

namespace malmoi::neural {

/// Throws invalid_argument unless there is a length of 0 .. steps for every row of [batch × steps × …], or none at all.
inline void require_lengths(std::string_view operation, std::span<const int> lengths, const Shape& shape) {
  if (lengths.empty()) return;
  if (lengths.size() != shape[0]) throw_shape_error(operation, shape, {lengths.size()}, "a length for each row");
  for (const int length : lengths) {
    if (length >= 0 && static_cast<std::size_t>(length) <= shape[1]) continue;
    throw Error(ErrorCode::invalid_argument, concat(operation, ": length ", length, ", wanted 0 .. ", shape[1]));
  }
}

}  // namespace malmoi::neural
