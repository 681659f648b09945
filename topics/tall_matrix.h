#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "corpus/base/run_context.h"
#include "topics/panels.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

/// A sparse matrix with its longer side as rows, ready for products with panels. Rows and columns are renumbered by
/// falling number of entries, so that the few that most entries belong to lie together in the caches.
class TallMatrix {
 public:
  /// matrix  [rows × cols], compressed or not; its values are finite
  explicit TallMatrix(const vectorize::SparseMatrix& matrix);

  [[nodiscard]] Eigen::Index rows() const noexcept { return static_cast<Eigen::Index>(by_rows_.order.size()); }
  [[nodiscard]] Eigen::Index cols() const noexcept { return static_cast<Eigen::Index>(by_columns_.order.size()); }
  [[nodiscard]] bool transposed() const noexcept { return transposed_; }  ///< rows() are the columns of the matrix

  /// y = M x; x [cols × 8], y [rows × 8]
  void multiply(const Panel& x, Panel& y, const RunContext& context) const;
  /// x = Mᵀ y
  void multiply_transposed(const Panel& y, Panel& x, const RunContext& context) const;

  /// row_order()[r] is the number that row r of M has in the matrix (its column there, where transposed).
  [[nodiscard]] const std::vector<std::int32_t>& row_order() const noexcept { return by_rows_.order; }
  [[nodiscard]] const std::vector<std::int32_t>& column_order() const noexcept { return by_columns_.order; }

 private:
  /// Compressed lines (rows or columns) in their new order, cut into chunks of like work.
  struct Lines {
    std::vector<std::int32_t> order;   ///< the old number of each line
    std::vector<std::size_t> begins;   ///< [lines + 1]
    std::vector<std::int32_t> places;  ///< of the entries across the lines; a few zeros follow the last
    std::vector<float> values;
    std::vector<std::size_t> chunks;  ///< first line of each, and the number of lines
  };
  static void cut(Lines& lines);
  static void multiply(const Lines& lines, const double* in, double* out, const RunContext& context);

  Lines by_rows_;
  Lines by_columns_;
  bool transposed_ = false;
};

}  // namespace malmoi::topics
