#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace malmoi::topics {

using DenseMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What is needed of a fitted topic model to read other documents with it. Topic k is row k or column k everywhere, in
/// models, tables and pages, and never gets another number.
struct TopicModel {
  DenseMatrix term_given_topic;  ///< φ [terms × topics]; every column is a distribution: it sums to 1
  std::vector<double> alpha;     ///< [topics] Dirichlet parameters of the documents' shares, > 0

  [[nodiscard]] Eigen::Index terms() const noexcept { return term_given_topic.rows(); }
  [[nodiscard]] Eigen::Index topics() const noexcept { return term_given_topic.cols(); }
};

/// How often each row (a document or a term) was assigned to each topic; zeros are left out.
struct TopicCounts {
  std::vector<std::size_t> offsets = {0};  ///< [rows + 1]
  std::vector<std::uint16_t> topics;       ///< ascending within a row
  std::vector<std::int32_t> counts;        ///< > 0

  [[nodiscard]] std::size_t rows() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] std::span<const std::uint16_t> row_topics(std::size_t r) const {
    return std::span(topics).subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
  [[nodiscard]] std::span<const std::int32_t> row_counts(std::size_t r) const {
    return std::span(counts).subspan(offsets[r], offsets[r + 1] - offsets[r]);
  }
  friend bool operator==(const TopicCounts&, const TopicCounts&) = default;
};

}  // namespace malmoi::topics
