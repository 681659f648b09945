#pragma once

#include <cstdint>
#include <vector>

#include "corpus/base/token_sequences.h"

namespace malmoi {

/// Rows of term numbers; their ids count from 0.
inline TokenSequences sequences(const std::vector<std::vector<TermId>>& rows) {
  TokenSequences tokens;
  for (const std::vector<TermId>& row : rows) {
    tokens.terms.insert(tokens.terms.end(), row.begin(), row.end());
    tokens.offsets.push_back(tokens.terms.size());
    tokens.row_ids.push_back(static_cast<std::int64_t>(tokens.row_ids.size()));
  }
  return tokens;
}

}  // namespace malmoi
