#include "vectorize/doc_term_matrix.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::vectorize {
namespace {

constexpr std::size_t kRowsPerChunk = 4096;
constexpr std::size_t kShortRow = 24;  // up to here insertion sort beats counting (measured)

// The non-zeros of a run of rows, before their place in the whole matrix is known.
struct RowBlock {
  std::vector<TermId> columns;
  std::vector<float> values;
  std::vector<std::int32_t> sizes;  // entries of each row

  void append(TermId column, float value) {
    columns.push_back(column);
    values.push_back(value);
  }
};

// Counts the terms of one long row at a time. Two levels of bits give the distinct terms back in ascending order
// without sorting: bit t of level 0 says "term t is there", bit w of level 1 "word w of level 0 is not zero".
class TermCounter {
 public:
  explicit TermCounter(TermId terms)
      : counts_(static_cast<std::size_t>(terms)),
        present_((counts_.size() + 63) / 64),
        words_((present_.size() + 63) / 64) {}

  void add(TermId term) {
    const auto place = static_cast<std::size_t>(term);
    ++counts_[place];
    present_[place / 64] |= std::uint64_t{1} << (place % 64);
    words_[place / 4096] |= std::uint64_t{1} << (place / 64 % 64);
  }

  void move_to(RowBlock& block) {
    for (std::size_t top = 0; top < words_.size(); ++top) {
      for (std::uint64_t words = std::exchange(words_[top], 0); words != 0; words &= words - 1) {
        const std::size_t word = top * 64 + static_cast<std::size_t>(std::countr_zero(words));
        for (std::uint64_t bits = std::exchange(present_[word], 0); bits != 0; bits &= bits - 1) {
          const std::size_t term = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
          block.append(static_cast<TermId>(term), static_cast<float>(std::exchange(counts_[term], 0)));
        }
      }
    }
  }

 private:
  std::vector<std::int32_t> counts_;
  std::vector<std::uint64_t> present_;
  std::vector<std::uint64_t> words_;
};

void count_short_row(std::span<const TermId> row, RowBlock& block) {
  std::array<TermId, kShortRow> sorted;
  std::size_t size = 0;
  for (const TermId term : row) {
    std::size_t place = size++;
    for (; place > 0 && sorted[place - 1] > term; --place) sorted[place] = sorted[place - 1];
    sorted[place] = term;
  }
  for (std::size_t i = 0; i < size;) {
    std::size_t end = i + 1;
    while (end < size && sorted[end] == sorted[i]) ++end;
    block.append(sorted[i], static_cast<float>(end - i));
    i = end;
  }
}

RowBlock count_rows(const TokenSequences& tokens, TermId terms, const Chunk& chunk) {
  RowBlock block;
  const std::size_t most = tokens.offsets[chunk.end] - tokens.offsets[chunk.begin];
  block.columns.reserve(most);
  block.values.reserve(most);
  block.sizes.reserve(chunk.end - chunk.begin);
  std::optional<TermCounter> counter;  // made when the first long row comes
  for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
    const std::span<const TermId> row = tokens.row(r);
    const std::size_t before = block.columns.size();
    for (const TermId term : row) {
      if (term >= 0 && term < terms) continue;
      throw Error(ErrorCode::invalid_argument,
                  concat("count_terms: row ", r, " holds term ", term, " of a vocabulary of ", terms));
    }
    if (row.size() <= kShortRow) {
      count_short_row(row, block);
    } else {
      if (!counter) counter.emplace(terms);
      for (const TermId term : row) counter->add(term);
      counter->move_to(block);
    }
    block.sizes.push_back(static_cast<std::int32_t>(block.columns.size() - before));
  }
  return block;
}

// place[c] is the new number of column c, or -1 to leave it out.
RowBlock filter_rows(const SparseMatrix& matrix, std::span<const TermId> place, const Chunk& chunk) {
  RowBlock block;
  for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
    const std::size_t before = block.columns.size();
    for (SparseMatrix::InnerIterator entry(matrix, static_cast<Eigen::Index>(r)); entry; ++entry) {
      const TermId column = place[static_cast<std::size_t>(entry.col())];
      if (column >= 0) block.append(column, entry.value());
    }
    block.sizes.push_back(static_cast<std::int32_t>(block.columns.size() - before));
  }
  return block;
}

void require_ascending(std::span<const TermId> selection, Eigen::Index columns) {
  TermId previous = -1;
  for (const TermId term : selection) {
    if (term <= previous || term >= columns) {
      throw Error(ErrorCode::invalid_argument, concat("selection of terms: ", term, " after ", previous,
                                                      ", wanted ascending numbers below ", columns));
    }
    previous = term;
  }
}

SparseMatrix join(const std::vector<RowBlock>& blocks, std::size_t rows, TermId terms, const RunContext& context) {
  std::vector<std::size_t> starts = {0};
  for (const RowBlock& block : blocks) starts.push_back(starts.back() + block.columns.size());
  if (starts.back() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::invalid_argument,
                concat("a matrix of ", starts.back(), " non-zeros is too large: at most 2147483647"));
  }
  SparseMatrix matrix(static_cast<Eigen::Index>(rows), terms);
  matrix.resizeNonZeros(static_cast<Eigen::Index>(starts.back()));
  parallel_for(blocks.size(), 1, context, [&](const Chunk& chunk) {
    const RowBlock& block = blocks[chunk.index];
    std::copy(block.columns.begin(), block.columns.end(), matrix.innerIndexPtr() + starts[chunk.index]);
    std::copy(block.values.begin(), block.values.end(), matrix.valuePtr() + starts[chunk.index]);
    std::int32_t* end = matrix.outerIndexPtr() + chunk.index * kRowsPerChunk;
    auto offset = static_cast<std::int32_t>(starts[chunk.index]);
    for (const std::int32_t size : block.sizes) *++end = offset += size;
  });
  return matrix;
}

SparseMatrix select_columns(const SparseMatrix& matrix, std::span<const TermId> place, TermId columns,
                            const RunContext& context) {
  const auto rows = static_cast<std::size_t>(matrix.rows());
  std::vector<RowBlock> blocks(chunk_count(rows, kRowsPerChunk));
  parallel_for(rows, kRowsPerChunk, context,
               [&](const Chunk& chunk) { blocks[chunk.index] = filter_rows(matrix, place, chunk); });
  return join(blocks, rows, columns, context);
}

}  // namespace

DocTermMatrix count_terms(const TokenSequences& tokens, TermId terms, const RunContext& context) {
  if (terms < 0) throw Error(ErrorCode::invalid_argument, concat("count_terms: ", terms, " terms"));
  std::vector<RowBlock> blocks(chunk_count(tokens.rows(), kRowsPerChunk));
  parallel_for(tokens.rows(), kRowsPerChunk, context,
               [&](const Chunk& chunk) { blocks[chunk.index] = count_rows(tokens, terms, chunk); });
  return {join(blocks, tokens.rows(), terms, context), Weighting::count, tokens.row_ids};
}

DocTermMatrix keep_terms(const DocTermMatrix& matrix, std::span<const TermId> selection, const RunContext& context) {
  require_ascending(selection, matrix.values.cols());
  std::vector<TermId> place(static_cast<std::size_t>(matrix.values.cols()), -1);
  for (const TermId term : selection) place[static_cast<std::size_t>(term)] = term;
  return {select_columns(matrix.values, place, static_cast<TermId>(place.size()), context), matrix.weighting,
          matrix.row_ids};
}

SparseMatrix compact_columns(const SparseMatrix& matrix, std::span<const TermId> selection, const RunContext& context) {
  require_ascending(selection, matrix.cols());
  std::vector<TermId> place(static_cast<std::size_t>(matrix.cols()), -1);
  for (std::size_t i = 0; i < selection.size(); ++i)
    place[static_cast<std::size_t>(selection[i])] = static_cast<TermId>(i);
  return select_columns(matrix, place, static_cast<TermId>(selection.size()), context);
}

}  // namespace malmoi::vectorize
