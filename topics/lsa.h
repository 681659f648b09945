#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "topics/topic_model.h"
#include "topics/truncated_svd.h"
#include "vectorize/doc_term_matrix.h"
#include "vectorize/similarity.h"

namespace malmoi::topics {

using LsaOptions = SvdOptions;

/// A latent semantic analysis: the matrix A [documents × terms] ≈ U · diag(σ) · Vᵀ, not centred. Dimension k is column
/// k of both matrices. A scree plot is `singular_values` or `explained` by dimension.
struct Lsa {
  LsaOptions options;
  std::vector<double> singular_values;  ///< [rank] σ, descending
  double total_variance = 0.0;          ///< squared Frobenius norm of A: the sum of all σ²
  std::vector<double> explained;        ///< [rank] σ² / total_variance; 0 for a matrix of zeros
  std::vector<double> residuals;        ///< [rank] the larger of ‖A v - σ u‖ and ‖Aᵀu - σ v‖
  bool converged = true;                ///< Svd::converged
  DenseMatrix terms;                    ///< V [terms × rank], columns of length 1; their greatest entries are positive
  DenseMatrix documents;                ///< U · diag(σ) = A V [documents × rank]
};

/// Latent semantic analysis of a weighted matrix.
///
/// Throws   invalid_argument: as truncated_svd; canceled
/// Source   Deerwester et al., JASIS 41(6), 1990
[[nodiscard]] Lsa fit_lsa(const vectorize::DocTermMatrix& matrix, const LsaOptions& options,
                          const RunContext& context = {});

/// Places of other documents or of queries among `documents`: rows · V [rows × rank].
///
/// rows     [rows × terms], weighted as the matrix of the model was
/// Throws   invalid_argument: another number of terms, a value that is not finite
[[nodiscard]] DenseMatrix fold_in(const Lsa& model, const vectorize::SparseMatrix& rows,
                                  const RunContext& context = {});

/// Places of the terms, to be compared with each other: V · diag(σ) [terms × rank]. Their inner products are those of
/// the columns of the reduced matrix.
[[nodiscard]] DenseMatrix term_places(const Lsa& model);

/// The rows with the highest cosine to the query, best first; among equals the lower row. A vector of zeros has the
/// cosine 0 with all others. Sums are in double.
///
/// rows     documents, term_places or folded-in rows [rows × rank]
/// query    [rank], a row of such a matrix
/// Returns  min(k, rows) neighbours
/// Throws   invalid_argument: another number of dimensions, k < 1, a value that is not finite in the query
[[nodiscard]] std::vector<vectorize::Neighbor> nearest(const DenseMatrix& rows, std::span<const float> query,
                                                       std::int32_t k, const RunContext& context = {});

}  // namespace malmoi::topics
