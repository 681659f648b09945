#include "vectorize/matrix_io.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <string_view>

#include "corpus/base/error.h"
#include "vectorize/npz.h"
#include "vectorize/output_file.h"

namespace malmoi::vectorize {
namespace {

constexpr double kMostDenseCells = 2e8;

// A matrix ready for writing: its columns are the selected terms.
struct Table {
  SparseMatrix values;
  Weighting weighting;
  std::vector<std::string_view> terms;  // of the columns
  std::vector<std::string> keys;        // of the rows
  std::vector<std::string> classes;     // of the rows; empty without labels

  [[nodiscard]] bool counts() const { return weighting == Weighting::count; }
};

bool has_ending(const std::filesystem::path& path, std::string_view ending) {
  return std::string_view(path.native()).ends_with(ending);
}

// "a.mtx.gz" to "a.mtx".
std::filesystem::path without_gz(std::filesystem::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path;
}

void validate(const std::filesystem::path& path, const DocTermMatrix& matrix, const Vocabulary& vocabulary,
              const MatrixExport& options) {
  const auto refuse = [&](const auto&... problem) {
    throw Error(ErrorCode::invalid_argument, concat("write_matrix ", path.string(), ": ", problem...));
  };
  const auto rows = static_cast<std::size_t>(matrix.values.rows());
  if (matrix.values.cols() != vocabulary.size()) {
    refuse("the matrix has ", matrix.values.cols(), " columns, the vocabulary ", vocabulary.size(), " terms");
  }
  if (matrix.row_ids.size() != rows) refuse(rows, " rows but ", matrix.row_ids.size(), " row ids");
  if (!options.keys.empty() && options.keys.size() != rows) refuse(rows, " rows but ", options.keys.size(), " keys");
  if (!options.labels.empty() && options.labels.size() != rows) {
    refuse(rows, " rows but ", options.labels.size(), " labels");
  }
  if (options.format == MatrixFormat::lda_c && matrix.weighting != Weighting::count) {
    refuse("the LDA-C form holds counts, this matrix is weighted");
  }
  if (options.format == MatrixFormat::svmlight && options.labels.empty() && rows > 0) {
    refuse("the svmlight form needs a label for each row");
  }
  if (options.format == MatrixFormat::npz && path.extension() == ".gz") {
    refuse("an .npz file is compressed by itself; leave out .gz");
  }
  const bool dense = options.format == MatrixFormat::csv || options.format == MatrixFormat::tsv;
  const auto columns = options.columns ? options.columns->size() : static_cast<std::size_t>(vocabulary.size());
  if (dense && static_cast<double>(rows) * static_cast<double>(columns) > kMostDenseCells) {
    refuse("a dense table of ", rows, " rows and ", columns, " columns is too large (at most ", kMostDenseCells,
           " cells); select fewer terms or write triplets or .npz");
  }
}

bool is_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

std::vector<std::string> classes_of(const std::vector<std::string>& labels) {
  if (std::all_of(labels.begin(), labels.end(), is_whole_number)) return labels;
  std::map<std::string_view, std::size_t> numbers;
  for (const std::string& label : labels) numbers.emplace(label, 0);
  std::size_t next = 0;
  for (auto& [label, number] : numbers) number = next++;
  std::vector<std::string> classes;
  classes.reserve(labels.size());
  for (const std::string& label : labels) classes.push_back(std::to_string(numbers.at(label)));
  return classes;
}

template <typename Visit>
void for_each_entry(const Table& table, Eigen::Index row, const Visit& visit) {
  for (SparseMatrix::InnerIterator entry(table.values, row); entry; ++entry) visit(entry.col(), entry.value());
}

void write_matrix_market(OutputFile& out, const Table& table) {
  out.write(table.counts() ? "%%MatrixMarket matrix coordinate integer general\n"
                           : "%%MatrixMarket matrix coordinate real general\n");
  out.number(table.values.rows());
  out.write(" ");
  out.number(table.values.cols());
  out.write(" ");
  out.number(table.values.nonZeros());
  out.write("\n");
  for (Eigen::Index row = 0; row < table.values.rows(); ++row) {
    for_each_entry(table, row, [&](Eigen::Index column, float value) {
      out.number(row + 1);
      out.write(" ");
      out.number(column + 1);
      out.write(" ");
      out.number(value);
      out.write("\n");
    });
  }
}

// svmlight counts columns from 1, LDA-C from 0.
void write_pairs(OutputFile& out, const Table& table, MatrixFormat format) {
  const bool svmlight = format == MatrixFormat::svmlight;
  const std::int32_t* offsets = table.values.outerIndexPtr();
  for (Eigen::Index row = 0; row < table.values.rows(); ++row) {
    if (svmlight) {
      out.write(table.classes[static_cast<std::size_t>(row)]);
    } else {
      out.number(offsets[row + 1] - offsets[row]);
    }
    for_each_entry(table, row, [&](Eigen::Index column, float value) {
      out.write(" ");
      out.number(svmlight ? column + 1 : column);
      out.write(":");
      out.number(value);
    });
    out.write("\n");
  }
}

void write_csv_text(OutputFile& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return out.write(text);
  out.write("\"");
  for (const char c : text) out.write(c == '"' ? std::string_view("\"\"") : std::string_view(&c, 1));
  out.write("\"");
}

void write_tsv_text(OutputFile& out, std::string_view text) {
  if (text.find_first_of("\t\r\n\\") == std::string_view::npos) return out.write(text);
  for (const char c : text) {
    switch (c) {
      case '\t':
        out.write("\\t");
        break;
      case '\r':
        out.write("\\r");
        break;
      case '\n':
        out.write("\\n");
        break;
      case '\\':
        out.write("\\\\");
        break;
      default:
        out.write({&c, 1});
    }
  }
}

void write_dense(OutputFile& out, const Table& table, MatrixFormat format) {
  const bool csv = format == MatrixFormat::csv;
  const std::string_view separator = csv ? "," : "\t";
  const auto write_text = csv ? write_csv_text : write_tsv_text;
  out.write("document");
  for (const std::string_view term : table.terms) {
    out.write(separator);
    write_text(out, term);
  }
  out.write("\n");
  for (Eigen::Index row = 0; row < table.values.rows(); ++row) {
    write_text(out, table.keys[static_cast<std::size_t>(row)]);
    Eigen::Index written = 0;
    const auto write_zeros_before = [&](Eigen::Index column) {
      for (; written < column; ++written) {
        out.write(separator);
        out.write("0");
      }
    };
    for_each_entry(table, row, [&](Eigen::Index column, float value) {
      write_zeros_before(column);
      out.write(separator);
      out.number(value);
      ++written;
    });
    write_zeros_before(table.values.cols());
    out.write("\n");
  }
}

void write_triplets(OutputFile& out, const Table& table) {
  out.write("document\tterm\tvalue\n");
  for (Eigen::Index row = 0; row < table.values.rows(); ++row) {
    for_each_entry(table, row, [&](Eigen::Index column, float value) {
      write_tsv_text(out, table.keys[static_cast<std::size_t>(row)]);
      out.write("\t");
      write_tsv_text(out, table.terms[static_cast<std::size_t>(column)]);
      out.write("\t");
      out.number(value);
      out.write("\n");
    });
  }
}

void write_values(OutputFile& out, const Table& table, MatrixFormat format) {
  switch (format) {
    case MatrixFormat::matrix_market:
      return write_matrix_market(out, table);
    case MatrixFormat::npz:
      return write_npz(out, table.values, table.weighting);
    case MatrixFormat::svmlight:
    case MatrixFormat::lda_c:
      return write_pairs(out, table, format);
    case MatrixFormat::csv:
    case MatrixFormat::tsv:
      return write_dense(out, table, format);
    case MatrixFormat::triplets:
      return write_triplets(out, table);
  }
}

void write_terms(OutputFile& out, const Vocabulary& vocabulary, const std::vector<TermId>& columns) {
  out.write("column\tterm\tterm_id\tdocuments\toccurrences\n");
  for (std::size_t column = 0; column < columns.size(); ++column) {
    out.number(column);
    out.write("\t");
    write_tsv_text(out, vocabulary.term(columns[column]));
    out.write("\t");
    out.number(columns[column]);
    out.write("\t");
    out.number(vocabulary.documents(columns[column]));
    out.write("\t");
    out.number(vocabulary.occurrences(columns[column]));
    out.write("\n");
  }
}

void write_rows(OutputFile& out, const Table& table, const DocTermMatrix& matrix, const MatrixExport& options) {
  out.write("row\tid\tkey\tlabel\tclass\n");
  for (std::size_t row = 0; row < matrix.row_ids.size(); ++row) {
    out.number(row);
    out.write("\t");
    out.number(matrix.row_ids[row]);
    out.write("\t");
    write_tsv_text(out, table.keys[row]);
    out.write("\t");
    if (!options.labels.empty()) write_tsv_text(out, options.labels[row]);
    out.write("\t");
    if (!options.labels.empty()) out.write(table.classes[row]);
    out.write("\n");
  }
}

Table make_table(const DocTermMatrix& matrix, const Vocabulary& vocabulary, const std::vector<TermId>& columns,
                 const MatrixExport& options) {
  Table table{compact_columns(matrix.values, columns), matrix.weighting, {}, options.keys, classes_of(options.labels)};
  table.terms.reserve(columns.size());
  for (const TermId term : columns) table.terms.push_back(vocabulary.term(term));
  if (table.keys.empty()) {
    for (const std::int64_t id : matrix.row_ids) table.keys.push_back(std::to_string(id));
  }
  return table;
}

}  // namespace

std::optional<MatrixFormat> guess_format(const std::filesystem::path& path) {
  struct Ending {
    std::string_view text;
    MatrixFormat format;
  };
  constexpr Ending kEndings[] = {{".mtx", MatrixFormat::matrix_market}, {".npz", MatrixFormat::npz},
                                 {".svm", MatrixFormat::svmlight},      {".svmlight", MatrixFormat::svmlight},
                                 {".libsvm", MatrixFormat::svmlight},   {".ldac", MatrixFormat::lda_c},
                                 {".csv", MatrixFormat::csv},           {".tsv", MatrixFormat::tsv},
                                 {".triplets", MatrixFormat::triplets}};
  const std::filesystem::path name = without_gz(path);
  for (const Ending& ending : kEndings) {
    if (has_ending(name, ending.text)) return ending.format;
  }
  return std::nullopt;
}

MatrixFiles write_matrix(const std::filesystem::path& path, const DocTermMatrix& matrix, const Vocabulary& vocabulary,
                         const MatrixExport& options) {
  validate(path, matrix, vocabulary, options);
  std::vector<TermId> columns(static_cast<std::size_t>(vocabulary.size()));
  std::iota(columns.begin(), columns.end(), 0);
  if (options.columns) columns = *options.columns;
  const Table table = make_table(matrix, vocabulary, columns, options);

  const std::string base = without_gz(path).string();
  MatrixFiles files{path, base + ".terms.tsv", base + ".rows.tsv"};
  OutputFile values_out(files.matrix, options.overwrite);
  OutputFile terms_out(files.terms, options.overwrite);
  OutputFile rows_out(files.rows, options.overwrite);
  write_values(values_out, table, options.format);
  write_terms(terms_out, vocabulary, columns);
  write_rows(rows_out, table, matrix, options);
  terms_out.commit();  // the matrix last: when it is there, all is there
  rows_out.commit();
  values_out.commit();
  return files;
}

}  // namespace malmoi::vectorize
