#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"
#include "vectorize/vocabulary.h"

namespace malmoi::vectorize {

/// File forms of a document-term matrix. Rows and columns count from 0 except where the form itself counts from 1.
enum class MatrixFormat {
  matrix_market,  ///< .mtx: coordinate form, from 1; "integer" for counts, otherwise "real"
  npz,            ///< .npz: scipy.sparse.load_npz reads it
  svmlight,       ///< .svm, .svmlight, .libsvm: "class column:value ...", columns from 1; needs labels
  lda_c,          ///< .ldac: "terms column:count ..." (Blei's lda-c, gensim); counts only
  csv,            ///< .csv: dense, a column for each term; RFC 4180
  tsv,            ///< .tsv: as csv with tabs; tab, line ends and backslash in texts become \t \n \r and two backslashes
  triplets        ///< .triplets: tab-separated document, term, value for each non-zero, with a header
};

/// The form that a file name stands for (".gz" at its end passed over), if any.
[[nodiscard]] std::optional<MatrixFormat> guess_format(const std::filesystem::path& path);

struct MatrixExport {
  MatrixFormat format = MatrixFormat::npz;
  std::optional<std::vector<TermId>> columns = {};  ///< ascending, e.g. from select_terms; absent: all terms
  std::vector<std::string> keys = {};               ///< the user's name of each row; empty: the row ids
  std::vector<std::string> labels = {};             ///< of each row; empty: none
  bool overwrite = false;                           ///< replace files that exist
};

/// What write_matrix made. The side files bear the matrix' name without ".gz" and an ending of their own.
struct MatrixFiles {
  std::filesystem::path matrix;
  std::filesystem::path terms;  ///< .terms.tsv: column, term, term_id, documents, occurrences in the whole corpus
  std::filesystem::path rows;   ///< .rows.tsv: row, id, key, label, class (its number in svmlight files)
};

/// Writes a matrix with its terms and rows. Selected columns are numbered anew, 0, 1, ... in ascending TermId. Classes
/// of svmlight files are the labels themselves where all are whole numbers, otherwise 0, 1, ... in byte order of
/// labels.
///
/// path    ends in ".gz": compressed by gzip (not for npz, which is compressed by itself)
/// Throws  invalid_argument: sizes that do not fit, lda_c of anything but counts, svmlight without labels, a dense
///         table of more than 2e8 cells, a file that exists; io. On any error no file is left.
MatrixFiles write_matrix(const std::filesystem::path& path, const DocTermMatrix& matrix, const Vocabulary& vocabulary,
                         const MatrixExport& options);

}  // namespace malmoi::vectorize
