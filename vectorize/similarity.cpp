#include "vectorize/similarity.h"

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "vectorize/metric.h"

namespace malmoi::vectorize {
namespace {

constexpr std::size_t kRowsPerChunk = 8192;

// Overlap of every row with the query, whose values are spread over all columns.
void add_overlaps(const SimilarityOptions& options, std::span<const SparseRow> rows, std::span<const float> query,
                  std::span<double> overlaps) {
  with_overlap(options, [&](const auto& overlap) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      double sum = 0.0;
      for (std::size_t i = 0; i < rows[r].columns.size(); ++i) {
        const float value = query[static_cast<std::size_t>(rows[r].columns[i])];
        if (value != 0.0F) sum += overlap(value, rows[r].values[i]);
      }
      overlaps[r] = sum;
    }
  });
}

}  // namespace

std::vector<Neighbor> nearest_rows(const SparseMatrix& matrix, const SparseVector& query,
                                   const SimilarityOptions& options, const RunContext& context) {
  if (query.size() != matrix.cols()) {
    throw Error(ErrorCode::invalid_argument,
                concat("nearest_rows: the query has ", query.size(), " terms, the matrix ", matrix.cols()));
  }
  const auto query_size = static_cast<std::size_t>(query.nonZeros());
  const std::span<const float> query_values(query.valuePtr(), query_size);
  validate(options, {matrix.valuePtr(), static_cast<std::size_t>(matrix.nonZeros())});
  validate(options, query_values);

  const SparseRow query_row = make_row({query.innerIndexPtr(), query_size}, query_values, options);
  std::vector<float> spread(static_cast<std::size_t>(query.size()), 0.0F);
  for (std::size_t i = 0; i < query_size; ++i) spread[static_cast<std::size_t>(query_row.columns[i])] = query_values[i];

  const std::vector<SparseRow> rows = make_rows(matrix, options);
  std::vector<double> overlaps(rows.size());
  parallel_for(rows.size(), kRowsPerChunk, context, [&](const Chunk& chunk) {
    const std::size_t size = chunk.end - chunk.begin;
    add_overlaps(options, std::span(rows).subspan(chunk.begin, size), spread,
                 std::span(overlaps).subspan(chunk.begin, size));
  });
  BestNeighbors best(options, query_row);
  for (std::size_t r = 0; r < rows.size(); ++r) best.offer(static_cast<std::int32_t>(r), rows[r], overlaps[r]);
  return std::move(best).take();
}

}  // namespace malmoi::vectorize
