#include "vectorize/matrix_io.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <iterator>

#include "corpus/base/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::vectorize {
namespace {

namespace fs = std::filesystem;

class WriteMatrix : public ::testing::Test {
 protected:
  MatrixFiles write(const std::string& name, const MatrixExport& options) const {
    return write_matrix(folder_ / name, matrix_, vocabulary_, options);
  }

  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  const malmoi::testing::TemporaryFolder folder_;
  const Vocabulary vocabulary_ = corpus_of({"영화 a,b 영화", "", "c"}).vocabulary();
  DocTermMatrix matrix_ = counts({{2, 1, 0}, {0, 0, 0}, {0, 0, 1}});
};

TEST_F(WriteMatrix, WritesMatrixMarket) {
  const MatrixFiles files = write("m.mtx", {.format = MatrixFormat::matrix_market});
  EXPECT_EQ(read(files.matrix), "%%MatrixMarket matrix coordinate integer general\n3 3 3\n1 1 2\n1 2 1\n3 3 1\n");
  EXPECT_EQ(read(files.terms),
            "column\tterm\tterm_id\tdocuments\toccurrences\n0\t영화\t0\t1\t2\n1\ta,b\t1\t1\t1\n2\tc\t2\t1\t1\n");
  EXPECT_EQ(read(files.rows), "row\tid\tkey\tlabel\tclass\n0\t1\t1\t\t\n1\t2\t2\t\t\n2\t3\t3\t\t\n");
}

TEST_F(WriteMatrix, WritesTheShortestDigitsThatReadBackEqual) {
  matrix_.values.coeffRef(0, 0) = 0.1F;
  matrix_.weighting = Weighting::tf_idf;
  const std::string text = read(write("m.mtx", {.format = MatrixFormat::matrix_market}).matrix);
  EXPECT_NE(text.find("coordinate real general"), std::string::npos);
  EXPECT_NE(text.find("\n1 1 0.1\n"), std::string::npos);
}

TEST_F(WriteMatrix, NumbersSelectedColumnsAnew) {
  const MatrixFiles files = write("m.mtx", {.format = MatrixFormat::matrix_market, .columns = {{0, 2}}});
  EXPECT_EQ(read(files.matrix), "%%MatrixMarket matrix coordinate integer general\n3 2 2\n1 1 2\n3 2 1\n");
  EXPECT_EQ(read(files.terms), "column\tterm\tterm_id\tdocuments\toccurrences\n0\t영화\t0\t1\t2\n1\tc\t2\t1\t1\n");
}

TEST_F(WriteMatrix, WritesSvmlightWithClassesAndKeepsTheLabels) {
  const MatrixExport options{.format = MatrixFormat::svmlight, .labels = {"pos", "neg", "pos"}};
  const MatrixFiles files = write("m.svm", options);
  EXPECT_EQ(read(files.matrix), "1 1:2 2:1\n0\n1 3:1\n");
  EXPECT_EQ(read(files.rows), "row\tid\tkey\tlabel\tclass\n0\t1\t1\tpos\t1\n1\t2\t2\tneg\t0\n2\t3\t3\tpos\t1\n");
}

TEST_F(WriteMatrix, TakesWholeNumbersAsClasses) {
  const MatrixExport options{.format = MatrixFormat::svmlight, .labels = {"1", "-1", "1"}};
  EXPECT_EQ(read(write("m.svm", options).matrix), "1 1:2 2:1\n-1\n1 3:1\n");
}

TEST_F(WriteMatrix, WritesLdaC) {
  EXPECT_EQ(read(write("m.ldac", {.format = MatrixFormat::lda_c}).matrix), "2 0:2 1:1\n0\n1 2:1\n");
}

TEST_F(WriteMatrix, WritesDenseTablesWithQuotedTerms) {
  const MatrixExport csv{.format = MatrixFormat::csv, .keys = {"x", "say \"y\"", "z"}};
  EXPECT_EQ(read(write("m.csv", csv).matrix), "document,영화,\"a,b\",c\nx,2,1,0\n\"say \"\"y\"\"\",0,0,0\nz,0,0,1\n");
  const MatrixExport tsv{.format = MatrixFormat::tsv, .keys = {"x", "tab\t\\", "z"}};
  EXPECT_EQ(read(write("m.tsv", tsv).matrix), "document\t영화\ta,b\tc\nx\t2\t1\t0\ntab\\t\\\\\t0\t0\t0\nz\t0\t0\t1\n");
}

TEST_F(WriteMatrix, WritesTriplets) {
  EXPECT_EQ(read(write("m.triplets", {.format = MatrixFormat::triplets, .keys = {"x", "y", "z"}}).matrix),
            "document\tterm\tvalue\nx\t영화\t2\nx\ta,b\t1\nz\tc\t1\n");
}

TEST_F(WriteMatrix, CompressesWhenTheNameEndsInGz) {
  const MatrixFiles files = write("m.ldac.gz", {.format = MatrixFormat::lda_c});
  EXPECT_EQ(files.terms, folder_ / "m.ldac.terms.tsv");
  EXPECT_EQ(read(files.matrix).substr(0, 2), "\x1f\x8b");
  gzFile in = gzopen(files.matrix.c_str(), "rb");
  std::string text(100, '\0');
  const int size = gzread(in, text.data(), 100);
  gzclose(in);
  ASSERT_GT(size, 0);
  EXPECT_EQ(text.substr(0, static_cast<std::size_t>(size)), "2 0:2 1:1\n0\n1 2:1\n");
}

TEST_F(WriteMatrix, WritesEqualNpzFilesForEqualMatrices) {
  const std::string first = read(write("a.npz", {}).matrix);
  EXPECT_EQ(first.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(first, read(write("b.npz", {}).matrix));
}

TEST_F(WriteMatrix, OverwritesOnlyWhenAsked) {
  write("m.ldac", {.format = MatrixFormat::lda_c});
  EXPECT_THROW(write("m.ldac", {.format = MatrixFormat::lda_c}), Error);
  write("m.ldac", {.format = MatrixFormat::lda_c, .columns = {{2}}, .overwrite = true});
  EXPECT_EQ(read(folder_ / "m.ldac"), "0\n0\n1 0:1\n");
  EXPECT_EQ(files(), 3U);
}

TEST_F(WriteMatrix, RefusesWhatTheFormCannotHoldAndLeavesNothing) {
  EXPECT_THROW(write("m.svm", {.format = MatrixFormat::svmlight}), Error);
  EXPECT_THROW(write("m.npz.gz", {.format = MatrixFormat::npz}), Error);
  EXPECT_THROW(write("m.csv", {.format = MatrixFormat::csv, .keys = {"only one"}}), Error);
  EXPECT_THROW(write("nowhere/m.csv", {.format = MatrixFormat::csv}), Error);
  matrix_.weighting = Weighting::tf_idf;
  EXPECT_THROW(write("m.ldac", {.format = MatrixFormat::lda_c}), Error);
  EXPECT_EQ(files(), 0U);
}

TEST_F(WriteMatrix, RefusesDenseTablesTooLargeForAnyone) {
  StringTable terms;
  for (int i = 0; i < 3000; ++i) terms.intern(std::to_string(i));
  const Vocabulary vocabulary(std::move(terms), std::vector<TermCounts>(3000));
  DocTermMatrix matrix{SparseMatrix(100000, 3000), Weighting::count, std::vector<std::int64_t>(100000)};
  EXPECT_THROW(write_matrix(folder_ / "m.csv", matrix, vocabulary, {.format = MatrixFormat::csv}), Error);
  EXPECT_EQ(files(), 0U);
}

TEST(GuessFormat, GoesByTheEnding) {
  EXPECT_EQ(guess_format("a.mtx"), MatrixFormat::matrix_market);
  EXPECT_EQ(guess_format("dir.csv/a.svm.gz"), MatrixFormat::svmlight);
  EXPECT_EQ(guess_format("a.npz"), MatrixFormat::npz);
  EXPECT_EQ(guess_format("a.xlsx"), std::nullopt);
}

}  // namespace
}  // namespace malmoi::vectorize
