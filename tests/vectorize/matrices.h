#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/string_table.h"
#include "vectorize/doc_term_matrix.h"
#include "vectorize/vocabulary.h"

namespace malmoi::vectorize {

/// A sparse matrix from its rows; zeros are not stored.
inline SparseMatrix sparse(const std::vector<std::vector<float>>& rows) {
  const auto columns = static_cast<Eigen::Index>(rows.empty() ? 0 : rows.front().size());
  SparseMatrix matrix(static_cast<Eigen::Index>(rows.size()), columns);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (rows[r][c] != 0.0F) matrix.insert(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = rows[r][c];
    }
  }
  matrix.makeCompressed();
  return matrix;
}

inline DocTermMatrix counts(const std::vector<std::vector<float>>& rows) {
  DocTermMatrix matrix{sparse(rows), Weighting::count, {}};
  for (std::size_t r = 0; r < rows.size(); ++r) matrix.row_ids.push_back(static_cast<std::int64_t>(r) + 1);
  return matrix;
}

inline Eigen::MatrixXf dense(const SparseMatrix& matrix) {
  return Eigen::MatrixXf(matrix);
}

/// Documents of blank-separated tokens, numbered from 1.
struct TokenizedCorpus {
  StringTable terms;
  TokenSequences tokens;

  void add(std::string_view document) {
    for (std::size_t begin = 0; begin < document.size();) {
      const std::size_t end = std::min(document.find(' ', begin), document.size());
      if (end > begin) tokens.terms.push_back(terms.intern(document.substr(begin, end - begin)));
      begin = end + 1;
    }
    tokens.offsets.push_back(tokens.terms.size());
    tokens.row_ids.push_back(static_cast<std::int64_t>(tokens.offsets.size()) - 1);
  }

  Vocabulary vocabulary() && {
    std::vector<TermCounts> counted = count_documents(tokens, terms.size());
    return {std::move(terms), std::move(counted)};
  }
};

inline TokenizedCorpus corpus_of(std::initializer_list<std::string_view> documents) {
  TokenizedCorpus corpus;
  for (const std::string_view document : documents) corpus.add(document);
  return corpus;
}

/// Documents of 0 to `longest` tokens; low term numbers are frequent, as in language.
inline TokenSequences random_tokens(std::uint64_t seed, std::size_t rows, TermId terms, std::size_t longest) {
  Rng rng(seed);
  TokenSequences tokens;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t length = rng.uniform_index(longest + 1);
    for (std::size_t i = 0; i < length; ++i) {
      const double u = rng.uniform();
      tokens.terms.push_back(static_cast<TermId>(u * u * u * terms));
    }
    tokens.offsets.push_back(tokens.terms.size());
    tokens.row_ids.push_back(static_cast<std::int64_t>(r) + 1);
  }
  return tokens;
}

}  // namespace malmoi::vectorize
