#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace malmoi {

/// Number of a term in a corpus; numbers follow first occurrence and never change. = Eigen's StorageIndex.
using TermId = std::int32_t;

/// The kept tokens of many documents in text order, rows joined end to end.
struct TokenSequences {
  std::vector<std::int64_t> row_ids;       ///< row_ids[r] is the Document::id of row r, ascending
  std::vector<std::size_t> offsets = {0};  ///< [rows + 1]; row r is terms[offsets[r] .. offsets[r + 1])
  std::vector<TermId> terms;

  [[nodiscard]] std::size_t rows() const noexcept { return row_ids.size(); }
  [[nodiscard]] std::span<const TermId> row(std::size_t r) const {
    return std::span(terms).subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
};

}  // namespace malmoi
