#include "topics/tall_matrix.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <utility>

#include "corpus/base/parallel.h"

namespace malmoi::topics {
namespace {

using vectorize::SparseMatrix;

constexpr std::size_t kColumns = kPanelColumns;
constexpr std::size_t kAhead = 16;  // entries between the fetch of a row of the panel and its use

using Lane [[gnu::vector_size(kColumns * sizeof(double))]] = double;

// Sum of values[k] × row places[k] of `in` over k in [begin, end).
inline void gather(const std::int32_t* places, const float* values, std::size_t count, const double* in, double* out) {
  Lane even = {};
  Lane odd = {};
  Lane row;
  std::size_t k = 0;
  for (; k + 2 <= count; k += 2) {
    __builtin_prefetch(in + static_cast<std::size_t>(places[k + kAhead]) * kColumns);
    __builtin_prefetch(in + static_cast<std::size_t>(places[k + kAhead + 1]) * kColumns);
    std::memcpy(&row, in + static_cast<std::size_t>(places[k]) * kColumns, sizeof row);
    even += static_cast<double>(values[k]) * row;
    std::memcpy(&row, in + static_cast<std::size_t>(places[k + 1]) * kColumns, sizeof row);
    odd += static_cast<double>(values[k + 1]) * row;
  }
  if (k < count) {
    __builtin_prefetch(in + static_cast<std::size_t>(places[k + kAhead]) * kColumns);
    std::memcpy(&row, in + static_cast<std::size_t>(places[k]) * kColumns, sizeof row);
    even += static_cast<double>(values[k]) * row;
  }
  even += odd;
  std::memcpy(out, &even, sizeof even);
}

// Numbers by falling count, equal counts in ascending order.
std::vector<std::int32_t> order_by_count(const std::vector<std::size_t>& counts) {
  std::vector<std::int32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return counts[static_cast<std::size_t>(a)] > counts[static_cast<std::size_t>(b)];
  });
  return order;
}

std::vector<std::size_t> begins_of(const std::vector<std::int32_t>& order, const std::vector<std::size_t>& counts) {
  std::vector<std::size_t> begins = {0};
  begins.reserve(order.size() + 1);
  for (const std::int32_t old : order) begins.push_back(begins.back() + counts[static_cast<std::size_t>(old)]);
  return begins;
}

}  // namespace

TallMatrix::TallMatrix(const SparseMatrix& matrix) : transposed_(matrix.rows() < matrix.cols()) {
  std::vector<std::size_t> row_counts(static_cast<std::size_t>(matrix.rows()));
  std::vector<std::size_t> column_counts(static_cast<std::size_t>(matrix.cols()));
  for (Eigen::Index r = 0; r < matrix.outerSize(); ++r) {
    for (SparseMatrix::InnerIterator entry(matrix, r); entry; ++entry) {
      ++row_counts[static_cast<std::size_t>(r)];
      ++column_counts[static_cast<std::size_t>(entry.col())];
    }
  }
  by_rows_.order = order_by_count(row_counts);
  by_rows_.begins = begins_of(by_rows_.order, row_counts);
  by_columns_.order = order_by_count(column_counts);
  by_columns_.begins = begins_of(by_columns_.order, column_counts);
  std::vector<std::int32_t> column_place(column_counts.size());
  for (std::size_t c = 0; c < column_place.size(); ++c) {
    column_place[static_cast<std::size_t>(by_columns_.order[c])] = static_cast<std::int32_t>(c);
  }
  for (Lines* const lines : {&by_rows_, &by_columns_}) {
    lines->places.resize(lines->begins.back() + kAhead + 2);  // so that fetching ahead needs no test for the end
    lines->values.resize(lines->begins.back());
    cut(*lines);
  }
  std::vector<std::size_t> next(by_columns_.begins.begin(), by_columns_.begins.end() - 1);
  std::size_t at = 0;
  for (std::size_t r = 0; r < by_rows_.order.size(); ++r) {
    for (SparseMatrix::InnerIterator entry(matrix, by_rows_.order[r]); entry; ++entry) {
      const std::int32_t column = column_place[static_cast<std::size_t>(entry.col())];
      const std::size_t place = next[static_cast<std::size_t>(column)]++;
      by_rows_.places[at] = column;
      by_rows_.values[at++] = entry.value();
      by_columns_.places[place] = static_cast<std::int32_t>(r);
      by_columns_.values[place] = entry.value();
    }
  }
  if (transposed_) std::swap(by_rows_, by_columns_);
}

void TallMatrix::cut(Lines& lines) {
  constexpr std::size_t kWork = 16384;  // entries, and as many lines, in a chunk
  lines.chunks = {0};
  std::size_t work = 0;
  for (std::size_t line = 0; line + 1 < lines.begins.size(); ++line) {
    work += lines.begins[line + 1] - lines.begins[line] + 1;
    if (work < kWork) continue;
    lines.chunks.push_back(line + 1);
    work = 0;
  }
  if (lines.chunks.back() + 1 != lines.begins.size()) lines.chunks.push_back(lines.begins.size() - 1);
}

void TallMatrix::multiply(const Lines& lines, const double* in, double* out, const RunContext& context) {
  parallel_for(lines.chunks.size() - 1, 1, context, [&](const Chunk& chunk) {
    for (std::size_t line = lines.chunks[chunk.index]; line < lines.chunks[chunk.index + 1]; ++line) {
      const std::size_t begin = lines.begins[line];
      gather(lines.places.data() + begin, lines.values.data() + begin, lines.begins[line + 1] - begin, in,
             out + line * kColumns);
    }
  });
}

void TallMatrix::multiply(const Panel& x, Panel& y, const RunContext& context) const {
  y.resize(rows(), kPanelColumns);
  multiply(by_rows_, x.data(), y.data(), context);
}

void TallMatrix::multiply_transposed(const Panel& y, Panel& x, const RunContext& context) const {
  x.resize(cols(), kPanelColumns);
  multiply(by_columns_, y.data(), x.data(), context);
}

}  // namespace malmoi::topics
