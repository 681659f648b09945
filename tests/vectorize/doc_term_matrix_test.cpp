#include "vectorize/doc_term_matrix.h"

#include <gtest/gtest.h>

#include <map>

#include "corpus/base/error.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::vectorize {
namespace {

TEST(CountTerms, CountsEachTermOfEachDocument) {
  const DocTermMatrix matrix = count_terms(corpus_of({"b a b", "", "c"}).tokens, 3);
  const Eigen::MatrixXf expected{{2, 1, 0}, {0, 0, 0}, {0, 0, 1}};
  EXPECT_EQ(dense(matrix.values), expected);
  EXPECT_EQ(matrix.weighting, Weighting::count);
  EXPECT_EQ(matrix.row_ids, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(CountTerms, GivesAnEmptyMatrixForAnEmptyCorpus) {
  const DocTermMatrix matrix = count_terms({}, 7);
  EXPECT_EQ(matrix.values.rows(), 0);
  EXPECT_EQ(matrix.values.cols(), 7);
}

TEST(CountTerms, RefusesTermsOutsideTheVocabulary) {
  EXPECT_THROW((void)count_terms({{1}, {0, 1}, {3}}, 3), Error);
  EXPECT_THROW((void)count_terms({{1}, {0, 1}, {-1}}, 3), Error);
}

// Short and long documents take different ways; a vocabulary above 4096 uses more than one word of the upper level.
TEST(CountTerms, AgreesWithAMapForShortAndLongDocuments) {
  const TokenSequences tokens = random_tokens(/*seed=*/1, 9000, 10000, 60);
  const DocTermMatrix matrix = count_terms(tokens, 10000);
  for (std::size_t r = 0; r < tokens.rows(); ++r) {
    std::map<Eigen::Index, float> expected;
    for (const TermId term : tokens.row(r)) ++expected[term];
    std::vector<std::pair<const Eigen::Index, float>> found;  // in stored order: columns must ascend
    for (SparseMatrix::InnerIterator entry(matrix.values, static_cast<Eigen::Index>(r)); entry; ++entry) {
      found.emplace_back(entry.col(), entry.value());
    }
    ASSERT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end())) << "row " << r;
  }
}

TEST(CountTerms, IsTheSameOnAnyNumberOfThreads) {
  const TokenSequences tokens = random_tokens(/*seed=*/2, 20000, 5000, 50);
  const SparseMatrix one = count_terms(tokens, 5000, {.threads = 1}).values;
  const SparseMatrix eight = count_terms(tokens, 5000, {.threads = 8}).values;
  ASSERT_EQ(one.nonZeros(), eight.nonZeros());
  const auto entries = static_cast<std::size_t>(one.nonZeros());
  EXPECT_EQ(std::vector(one.innerIndexPtr(), one.innerIndexPtr() + entries),
            std::vector(eight.innerIndexPtr(), eight.innerIndexPtr() + entries));
  EXPECT_EQ(std::vector(one.valuePtr(), one.valuePtr() + entries),
            std::vector(eight.valuePtr(), eight.valuePtr() + entries));
}

TEST(KeepTerms, EmptiesTheOtherColumns) {
  const std::vector<TermId> selection = {0, 2};
  const DocTermMatrix matrix = keep_terms(counts({{1, 2, 3}, {0, 4, 0}}), selection);
  const Eigen::MatrixXf expected{{1, 0, 3}, {0, 0, 0}};
  EXPECT_EQ(dense(matrix.values), expected);
  EXPECT_EQ(matrix.values.nonZeros(), 2);
}

TEST(CompactColumns, NumbersTheSelectedColumnsAnew) {
  const Eigen::MatrixXf expected{{2, 3}, {4, 0}};
  EXPECT_EQ(dense(compact_columns(sparse({{1, 2, 3}, {0, 4, 0}}), std::vector<TermId>{1, 2})), expected);
}

TEST(CompactColumns, RefusesASelectionThatDoesNotAscend) {
  const SparseMatrix matrix = sparse({{1, 2, 3}});
  EXPECT_THROW((void)compact_columns(matrix, std::vector<TermId>{1, 1}), Error);
  EXPECT_THROW((void)compact_columns(matrix, std::vector<TermId>{3}), Error);
  EXPECT_THROW((void)compact_columns(matrix, std::vector<TermId>{-1}), Error);
}

}  // namespace
}  // namespace malmoi::vectorize
