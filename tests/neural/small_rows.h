#pragma once

#include <cstdint>
#include <vector>

#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// 30 rows of 5 features, a third of them 0, the others quarters up to 10/4: exact in every format, for numbers that
/// another program computed from the same formula.
inline vectorize::SparseMatrix small_rows() {
  vectorize::SparseMatrix rows(30, 5);
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < 5; ++j) {
      const int quarters = (i * 7 + j * 13 + i * j * 3) % 11;
      if ((i + 2 * j) % 3 != 0 && quarters != 0) rows.insert(i, j) = static_cast<float>(quarters) / 4.0F;
    }
  }
  rows.makeCompressed();
  return rows;
}

/// Labels in [0, 3), or for two classes whether they are 1.
inline std::vector<std::int32_t> small_labels(std::int32_t classes) {
  std::vector<std::int32_t> labels;
  for (std::int32_t i = 0; i < 30; ++i) {
    const std::int32_t label = (i * i + i / 4) % 3;
    labels.push_back(classes == 2 ? static_cast<std::int32_t>(label == 1) : label);
  }
  return labels;
}

}  // namespace malmoi::neural
