#include "topics/lsa.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::topics {
namespace {

using vectorize::DocTermMatrix;
using vectorize::Neighbor;
using vectorize::SparseMatrix;

DocTermMatrix matrix_of(const std::vector<std::vector<float>>& rows) {
  DocTermMatrix matrix;
  matrix.values.resize(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.front().size()));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (rows[r][c] == 0.0F) continue;
      matrix.values.insert(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = rows[r][c];
    }
    matrix.row_ids.push_back(static_cast<std::int64_t>(r) + 1);
  }
  matrix.values.makeCompressed();
  return matrix;
}

DocTermMatrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::vector<float>> cells(rows, std::vector<float>(columns));
  for (std::vector<float>& row : cells) {
    for (float& cell : row) cell = rng.uniform() < 0.1 ? static_cast<float>(rng.uniform()) : 0.0F;
  }
  return matrix_of(cells);
}

std::vector<float> row_of(const DenseMatrix& matrix, Eigen::Index row) {
  return {matrix.data() + row * matrix.cols(), matrix.data() + (row + 1) * matrix.cols()};
}

// Two subjects that share no term: documents 0 and 1 speak of terms 0 and 1, documents 2 to 4 of terms 2 and 3.
//   1 1 0 0        the first block has AᵀA = (2 2; 2 2): σ² = 4, v = (1, 1)/√2, u = (1, 1)/√2
//   1 1 0 0        the second has (5 4; 4 5): σ² = 9 with v = (1, 1)/√2 and σ² = 1 with v = (1, -1)/√2
//   0 0 2 1
//   0 0 1 2
//   0 0 0 0
Lsa two_subjects(std::int32_t rank) {
  return fit_lsa(matrix_of({{1, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 2, 1}, {0, 0, 1, 2}, {0, 0, 0, 0}}), {.rank = rank});
}

TEST(Lsa, FindsTheSubjectsOfAHandWorkedExample) {
  const Lsa model = two_subjects(3);
  ASSERT_EQ(model.singular_values.size(), 3U);
  EXPECT_NEAR(model.singular_values[0], 3.0, 1e-14);
  EXPECT_NEAR(model.singular_values[1], 2.0, 1e-14);
  EXPECT_NEAR(model.singular_values[2], 1.0, 1e-14);
  EXPECT_EQ(model.total_variance, 14.0);
  EXPECT_NEAR(model.explained[0], 9.0 / 14.0, 1e-14);
  EXPECT_NEAR(model.explained[1], 4.0 / 14.0, 1e-14);
  EXPECT_NEAR(model.explained[2], 1.0 / 14.0, 1e-14);
  const float half = std::sqrt(0.5F);
  const DenseMatrix terms = (DenseMatrix(4, 3) << 0, half, 0, 0, half, 0, half, 0, half, half, 0, -half).finished();
  EXPECT_LT((model.terms - terms).cwiseAbs().maxCoeff(), 1e-6F);
  const DenseMatrix documents =
      (DenseMatrix(5, 3) << 0, 2 * half, 0, 0, 2 * half, 0, 3 * half, 0, half, 3 * half, 0, -half, 0, 0, 0).finished();
  EXPECT_LT((model.documents - documents).cwiseAbs().maxCoeff(), 1e-6F);
  EXPECT_TRUE(model.converged);
  for (const double residual : model.residuals) EXPECT_LT(residual, 1e-13);
}

TEST(Lsa, ComparesDocumentsTermsAndQueriesInTheReducedSpace) {
  const Lsa model = two_subjects(2);
  // Documents 2 and 3 differ in words but are one in the two leading dimensions; document 4 is empty.
  const std::vector<Neighbor> documents = nearest(model.documents, row_of(model.documents, 3), 3);
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[0].row, 2);
  EXPECT_EQ(documents[1].row, 3);
  EXPECT_EQ(documents[2].row, 0);
  EXPECT_NEAR(documents[0].score, 1.0F, 1e-6F);
  EXPECT_NEAR(documents[2].score, 0.0F, 1e-6F);
  const DenseMatrix places = term_places(model);
  EXPECT_NEAR(places(0, 1), 2.0F * std::sqrt(0.5F), 1e-6F);
  const std::vector<Neighbor> terms = nearest(places, row_of(places, 1), 2);
  EXPECT_EQ(terms[0].row, 0);
  EXPECT_EQ(terms[1].row, 1);
  const DenseMatrix query = fold_in(model, matrix_of({{0, 0, 0, 1}}).values);
  const std::vector<Neighbor> found = nearest(model.documents, row_of(query, 0), 9);
  ASSERT_EQ(found.size(), 5U);
  EXPECT_NEAR(found[0].score, 1.0F, 1e-6F);
  EXPECT_NEAR(found[1].score, 1.0F, 1e-6F);
  EXPECT_EQ(found[0].row + found[1].row, 5);
}

TEST(Lsa, FoldingInTheDocumentsThemselvesGivesTheirPlaces) {
  for (const SvdMethod method : {SvdMethod::lanczos, SvdMethod::randomized, SvdMethod::full}) {
    const DocTermMatrix matrix = random_matrix(150, 110, 1);
    const Lsa model = fit_lsa(matrix, {.rank = 12, .method = method, .power_iterations = 40});
    const DenseMatrix places = fold_in(model, matrix.values);
    EXPECT_LT((places - model.documents).cwiseAbs().maxCoeff(), method == SvdMethod::randomized ? 1e-2F : 1e-5F);
  }
}

TEST(Lsa, ExplainsAllVarianceAtFullRank) {
  const Lsa model = fit_lsa(random_matrix(60, 40, 2), {.rank = 40});
  double sum = 0.0;
  for (const double share : model.explained) sum += share;
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

TEST(Lsa, GivesTheSameBytesForAnyNumberOfThreads) {
  const DocTermMatrix matrix = random_matrix(2500, 120, 3);
  const Lsa one = fit_lsa(matrix, {.rank = 10}, {.threads = 1});
  const Lsa eight = fit_lsa(matrix, {.rank = 10}, {.threads = 8});
  EXPECT_EQ(one.singular_values, eight.singular_values);
  EXPECT_EQ(one.terms, eight.terms);
  EXPECT_EQ(one.documents, eight.documents);
  EXPECT_EQ(fold_in(one, matrix.values, {.threads = 1}), fold_in(one, matrix.values, {.threads = 8}));
  EXPECT_EQ(nearest(one.documents, row_of(one.documents, 7), 20, {.threads = 1}),
            nearest(one.documents, row_of(one.documents, 7), 20, {.threads = 8}));
}

TEST(Lsa, BreaksTiesByRowAndGivesZeroToZeroVectors) {
  const DenseMatrix rows = (DenseMatrix(4, 2) << 0, 0, 2, 0, 1, 0, 0, 5).finished();
  const std::vector<Neighbor> expected = {{1, 1.0F}, {2, 1.0F}, {0, 0.0F}, {3, 0.0F}};
  EXPECT_EQ(nearest(rows, std::vector<float>{3, 0}, 4), expected);
  const std::vector<Neighbor> nothing = {{0, 0.0F}, {1, 0.0F}};
  EXPECT_EQ(nearest(rows, std::vector<float>{0, 0}, 2), nothing);
}

TEST(Lsa, RefusesWhatDoesNotFit) {
  const Lsa model = two_subjects(2);
  EXPECT_THROW(static_cast<void>(fold_in(model, SparseMatrix(1, 5))), Error);
  SparseMatrix broken(1, 4);
  broken.insert(0, 2) = std::numeric_limits<float>::infinity();
  EXPECT_THROW(static_cast<void>(fold_in(model, broken)), Error);
  EXPECT_THROW(static_cast<void>(nearest(model.documents, std::vector<float>{1}, 3)), Error);
  EXPECT_THROW(static_cast<void>(nearest(model.documents, std::vector<float>{1, 1}, 0)), Error);
  EXPECT_THROW(static_cast<void>(nearest(model.documents, std::vector<float>{1, std::nanf("")}, 3)), Error);
  EXPECT_THROW(static_cast<void>(two_subjects(5)), Error);
}

}  // namespace
}  // namespace malmoi::topics
