#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace malmoi::topics {

using DenseMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What one token adds to the counts, as tomotopy's TermWeight.
enum class TermWeight {
  one,
  idf,  ///< ln(documents / documents with the term)
  pmi,  ///< max(0, ln(p(term | document) / p(term)))
};

/// What the tokens of any document weigh. Counts are kept in units, whole parts of a token of weight 1, so that sums
/// stay exact in any order.
struct TokenWeights {
  TermWeight kind = TermWeight::one;
  /// Of each term: its idf, or for pmi 1 / p(term). Empty for one.
  std::vector<double> figures = {};

  /// Units of a token of weight 1.
  [[nodiscard]] std::int32_t unit() const noexcept { return kind == TermWeight::one ? 1 : 64; }
  /// Units of each of the `count` tokens that a document of `tokens` tokens has of a term.
  [[nodiscard]] std::int32_t units(std::size_t term, std::int64_t count, std::int64_t tokens) const {
    if (kind == TermWeight::one) return 1;
    double weight = figures[term];
    if (kind == TermWeight::pmi) {
      weight = std::log(weight * static_cast<double>(count) / static_cast<double>(tokens));
    }
    return static_cast<std::int32_t>(std::lround(std::max(0.0, weight) * unit()));
  }
};

/// What is needed of a fitted topic model to read other documents with it. Topic k is row k or column k everywhere, in
/// models, tables and pages, and never gets another number.
struct TopicModel {
  DenseMatrix term_given_topic;  ///< φ [terms × topics]; every column is a distribution: it sums to 1
  std::vector<double> alpha;     ///< [topics] Dirichlet parameters of the documents' shares, > 0
  TokenWeights weights = {};     ///< what tokens weighed when it was fitted

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
