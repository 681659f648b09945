#include "topics/lsa.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::topics {
namespace {

using vectorize::Neighbor;
using vectorize::SparseMatrix;

constexpr std::size_t kGrain = 1024;  // rows of a chunk

double squared_norm(const SparseMatrix& matrix) {
  double sum = 0.0;
  for (Eigen::Index row = 0; row < matrix.outerSize(); ++row) {
    for (SparseMatrix::InnerIterator entry(matrix, row); entry; ++entry) {
      sum += static_cast<double>(entry.value()) * static_cast<double>(entry.value());
    }
  }
  return sum;
}

// The matrix in float, its columns times `factors` (ones where empty).
DenseMatrix scaled(const RealMatrix& matrix, std::span<const double> factors) {
  DenseMatrix result(matrix.rows(), matrix.cols());
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    for (Eigen::Index k = 0; k < matrix.cols(); ++k) {
      const double factor = factors.empty() ? 1.0 : factors[static_cast<std::size_t>(k)];
      result(row, k) = static_cast<float>(matrix(row, k) * factor);
    }
  }
  return result;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

float cosine(std::span<const float> a, std::span<const float> b, double b_norm) {
  const double norms = std::sqrt(dot(a, a)) * b_norm;
  return norms > 0.0 ? static_cast<float>(dot(a, b) / norms) : 0.0F;
}

void require_query(const DenseMatrix& rows, std::span<const float> query, std::int32_t k) {
  if (k < 1 || static_cast<Eigen::Index>(query.size()) != rows.cols()) {
    throw Error(ErrorCode::invalid_argument, concat("nearest: k = ", k, " (at least 1), the query has ", query.size(),
                                                    " dimensions and the rows ", rows.cols()));
  }
  for (const float value : query) {
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::invalid_argument, concat("nearest: the query holds ", value, ", not a finite number"));
    }
  }
}

}  // namespace

Lsa fit_lsa(const vectorize::DocTermMatrix& matrix, const LsaOptions& options, const RunContext& context) {
  const Svd svd = truncated_svd(matrix.values, options, context);
  Lsa model;
  model.options = options;
  model.singular_values.assign(svd.sigma.begin(), svd.sigma.end());
  model.residuals.assign(svd.residuals.begin(), svd.residuals.end());
  model.converged = svd.converged;
  model.total_variance = squared_norm(matrix.values);
  for (const double value : model.singular_values) {
    model.explained.push_back(model.total_variance > 0.0 ? value * value / model.total_variance : 0.0);
  }
  model.terms = scaled(svd.v, {});
  model.documents = scaled(svd.u, model.singular_values);
  return model;
}

DenseMatrix fold_in(const Lsa& model, const SparseMatrix& rows, const RunContext& context) {
  if (rows.cols() != model.terms.rows()) {
    throw Error(ErrorCode::invalid_argument,
                concat("fold_in: rows over ", rows.cols(), " terms, the model has ", model.terms.rows()));
  }
  const Eigen::Index rank = model.terms.cols();
  DenseMatrix places(rows.rows(), rank);
  parallel_for(static_cast<std::size_t>(rows.rows()), kGrain, context, [&](const Chunk& chunk) {
    std::vector<double> sums(static_cast<std::size_t>(rank));
    for (auto row = static_cast<Eigen::Index>(chunk.begin); row < static_cast<Eigen::Index>(chunk.end); ++row) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (SparseMatrix::InnerIterator entry(rows, row); entry; ++entry) {
        if (!std::isfinite(entry.value())) {
          throw Error(ErrorCode::invalid_argument, concat("fold_in: the value in row ", row, ", column ", entry.col(),
                                                          " is ", entry.value(), ", not a finite number"));
        }
        const float* const term = model.terms.data() + entry.col() * rank;
        const auto weight = static_cast<double>(entry.value());
        for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += weight * static_cast<double>(term[k]);
      }
      for (std::size_t k = 0; k < sums.size(); ++k) {
        places(row, static_cast<Eigen::Index>(k)) = static_cast<float>(sums[k]);
      }
    }
  });
  return places;
}

DenseMatrix term_places(const Lsa& model) {
  DenseMatrix places = model.terms;
  for (Eigen::Index row = 0; row < places.rows(); ++row) {
    for (Eigen::Index k = 0; k < places.cols(); ++k) {
      const double value = static_cast<double>(places(row, k)) * model.singular_values[static_cast<std::size_t>(k)];
      places(row, k) = static_cast<float>(value);
    }
  }
  return places;
}

std::vector<Neighbor> nearest(const DenseMatrix& rows, std::span<const float> query, std::int32_t k,
                              const RunContext& context) {
  require_query(rows, query, k);
  const double norm = std::sqrt(dot(query, query));
  std::vector<Neighbor> neighbors(static_cast<std::size_t>(rows.rows()));
  parallel_for(neighbors.size(), kGrain, context, [&](const Chunk& chunk) {
    for (std::size_t row = chunk.begin; row < chunk.end; ++row) {
      const std::span<const float> place(rows.data() + row * query.size(), query.size());
      neighbors[row] = {static_cast<std::int32_t>(row), cosine(place, query, norm)};
    }
  });
  const auto kept = std::min(static_cast<std::size_t>(k), neighbors.size());
  std::partial_sort(
      neighbors.begin(), neighbors.begin() + static_cast<std::ptrdiff_t>(kept), neighbors.end(),
      [](const Neighbor& a, const Neighbor& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; });
  neighbors.resize(kept);
  return neighbors;
}

}  // namespace malmoi::topics
