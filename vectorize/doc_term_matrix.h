#pragma once

#include <Eigen/SparseCore>
#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"

namespace malmoi::vectorize {

using SparseMatrix = Eigen::SparseMatrix<float, Eigen::RowMajor>;

/// What the values of a matrix are: lets users of counts (LDA, LDA-C files) refuse anything else.
enum class Weighting {
  count,   ///< raw term counts
  tf_idf,  ///< any other local × global × normalisation weighting
  bm25
};

struct DocTermMatrix {
  SparseMatrix values;  ///< [documents × terms], compressed, columns ascending in a row; column = TermId
  Weighting weighting = Weighting::count;
  std::vector<std::int64_t> row_ids;  ///< row_ids[r] is the Document::id of row r
};

/// Counts the terms of every document. An empty document is an empty row.
///
/// terms   size of the vocabulary = columns of the result
/// Throws  invalid_argument: a term outside [0, terms), or more than 2^31 - 1 non-zeros
/// Cost    O(tokens) time, about 16 bytes a token on the way
[[nodiscard]] DocTermMatrix count_terms(const TokenSequences& tokens, TermId terms, const RunContext& context = {});

/// The matrix with the entries of all other columns left out; shape and numbers of the columns stay.
/// selection  ascending, e.g. from select_terms
[[nodiscard]] DocTermMatrix keep_terms(const DocTermMatrix& matrix, std::span<const TermId> selection,
                                       const RunContext& context = {});

/// The selected columns alone, numbered anew 0, 1, ... in the order of the selection.
/// selection  ascending without repeats; throws invalid_argument otherwise
[[nodiscard]] SparseMatrix compact_columns(const SparseMatrix& matrix, std::span<const TermId> selection,
                                           const RunContext& context = {});

}  // namespace malmoi::vectorize
