#include "topics/panels.h"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"

namespace malmoi::topics {
namespace {

constexpr std::size_t kColumns = kPanelColumns;
constexpr std::size_t kBlockRows = 256;  // a panel's part of 16 KiB: two of them stay in the first cache

// Eight doubles: one register with AVX-512, two with AVX2.
using Lane [[gnu::vector_size(kColumns * sizeof(double))]] = double;

inline void load(const double* from, Lane& lane) {
  std::memcpy(&lane, from, sizeof lane);
}
inline void store(const Lane& lane, double* to) {
  std::memcpy(to, &lane, sizeof lane);
}

// sums [8 × 8] += aᵀb over so many rows.
void add_inner(const double* a, const double* b, std::size_t rows, double* sums) {
  Lane sum[kColumns];
  for (std::size_t r = 0; r < kColumns; ++r) load(sums + r * kColumns, sum[r]);
  for (std::size_t i = 0; i < rows; ++i) {
    Lane right;
    load(b + i * kColumns, right);
    for (std::size_t r = 0; r < kColumns; ++r) sum[r] += a[i * kColumns + r] * right;
  }
  for (std::size_t r = 0; r < kColumns; ++r) store(sum[r], sums + r * kColumns);
}

// out += a · factors [8 × 8] + b · more [8 × 8] over so many rows.
void add_products(const double* a, const double* factors, const double* b, const double* more, std::size_t rows,
                  double* out) {
  Lane factor[2 * kColumns];
  for (std::size_t r = 0; r < kColumns; ++r) {
    load(factors + r * kColumns, factor[r]);
    load(more + r * kColumns, factor[kColumns + r]);
  }
  for (std::size_t at = 0; at < rows * kColumns; at += kColumns) {
    Lane left;
    load(out + at, left);
    Lane right = b[at] * factor[kColumns];
    left += a[at] * factor[0];
    for (std::size_t r = 1; r < kColumns; ++r) {
      left += a[at + r] * factor[r];
      right += b[at + r] * factor[kColumns + r];
    }
    store(left + right, out + at);
  }
}

// out += Σ over p of panel p's rows from `first` on · the p-th block of factors; an odd last panel meets a zero block.
void add_panels(std::span<const Panel> a, std::size_t first, const double* blocks, std::size_t rows, double* out) {
  static constexpr double kZeros[kColumns * kColumns] = {};
  constexpr std::size_t kBlock = kColumns * kColumns;
  for (std::size_t p = 0; p < a.size(); p += 2) {
    const bool last = p + 1 == a.size();
    add_products(a[p].data() + first, blocks + p * kBlock, a[last ? p : p + 1].data() + first,
                 last ? kZeros : blocks + (p + 1) * kBlock, rows, out);
  }
}

std::size_t rows_of(std::span<const Panel> a) {
  return a.empty() ? 0 : static_cast<std::size_t>(a.front().rows());
}

// Rows of a chunk that sums inner products: few enough chunks that their slots stay small.
std::size_t inner_grain(std::size_t rows) {
  const std::size_t blocks = chunk_count(rows, kBlockRows);
  return kBlockRows * std::max<std::size_t>(4, chunk_count(blocks, 64));
}

// The 8 × 8 blocks of aᵀb, row of blocks by row of blocks; only those on and above the diagonal where `half`.
std::vector<double> inner_blocks(std::span<const Panel> a, std::span<const Panel> b, bool half,
                                 const RunContext& context) {
  const std::size_t rows = rows_of(a);
  const std::size_t size = a.size() * b.size() * kColumns * kColumns;
  const std::size_t grain = inner_grain(rows);
  std::vector<double> slots(size * chunk_count(rows, grain));
  parallel_for(rows, grain, context, [&](const Chunk& chunk) {
    double* const slot = slots.data() + chunk.index * size;
    for (std::size_t begin = chunk.begin; begin < chunk.end; begin += kBlockRows) {
      const std::size_t count = std::min(kBlockRows, chunk.end - begin);
      for (std::size_t p = 0; p < a.size(); ++p) {
        for (std::size_t q = half ? p : 0; q < b.size(); ++q) {
          add_inner(a[p].data() + begin * kColumns, b[q].data() + begin * kColumns, count,
                    slot + (p * b.size() + q) * kColumns * kColumns);
        }
      }
    }
  });
  std::vector<double> sums(size);
  for (std::size_t at = 0; at < slots.size(); ++at) sums[at % size] += slots[at];
  return sums;
}

Eigen::MatrixXd from_blocks(const std::vector<double>& blocks, std::size_t block_rows, std::size_t block_columns) {
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(block_rows * kColumns),
                         static_cast<Eigen::Index>(block_columns * kColumns));
  for (std::size_t at = 0; at < blocks.size(); ++at) {
    const std::size_t block = at / (kColumns * kColumns);
    const std::size_t row = block / block_columns * kColumns + at / kColumns % kColumns;
    const std::size_t column = block % block_columns * kColumns + at % kColumns;
    matrix(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) = blocks[at];
  }
  return matrix;
}

// The factors as 8 × 8 blocks for add_product, a column of blocks after the other; filled up with zeros.
std::vector<double> factor_blocks(const Eigen::MatrixXd& factors, std::size_t block_rows, double sign) {
  const std::size_t block_columns = panel_count(factors.cols());
  std::vector<double> blocks(block_rows * block_columns * kColumns * kColumns);
  for (Eigen::Index c = 0; c < factors.cols(); ++c) {
    for (Eigen::Index r = 0; r < factors.rows(); ++r) {
      const auto row = static_cast<std::size_t>(r);
      const auto column = static_cast<std::size_t>(c);
      const std::size_t block = column / kColumns * block_rows + row / kColumns;
      blocks[(block * kColumns + row % kColumns) * kColumns + column % kColumns] = sign * factors(r, c);
    }
  }
  return blocks;
}

// to_q and r for columns whose inner products are `gram`; false where Cholesky's method cannot tell them apart.
bool cholesky_qr(const Eigen::MatrixXd& gram, ThinQr& qr, double& least_pivot) {
  const Eigen::VectorXd norms = gram.diagonal().cwiseMax(0.0).cwiseSqrt();
  if (!(norms.minCoeff() > 0.0)) return false;
  const Eigen::VectorXd inverse_norms = norms.cwiseInverse();
  const Eigen::MatrixXd scaled = inverse_norms.asDiagonal() * gram * inverse_norms.asDiagonal();
  const Eigen::LLT<Eigen::MatrixXd> factor(scaled);
  if (factor.info() != Eigen::Success) return false;
  const Eigen::MatrixXd upper = factor.matrixU();
  least_pivot = upper.diagonal().minCoeff();
  if (!(least_pivot > 1e-6)) return false;
  qr.r = upper * norms.asDiagonal();
  qr.to_q = inverse_norms.asDiagonal() *
            upper.triangularView<Eigen::Upper>().solve(Eigen::MatrixXd::Identity(gram.rows(), gram.cols())).eval();
  return true;
}

ThinQr householder_qr(Panels& y, Eigen::Index columns) {
  Eigen::MatrixXd dense(y.front().rows(), columns);
  for (Eigen::Index c = 0; c < columns; ++c) {
    dense.col(c) = y[static_cast<std::size_t>(c / kPanelColumns)].col(c % kPanelColumns);
  }
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(dense);
  const Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(dense.rows(), columns);
  for (Eigen::Index c = 0; c < columns; ++c) {
    y[static_cast<std::size_t>(c / kPanelColumns)].col(c % kPanelColumns) = q.col(c);
  }
  const Eigen::MatrixXd r = qr.matrixQR().topRows(columns).triangularView<Eigen::Upper>();
  return {Eigen::MatrixXd::Identity(columns, columns), r};
}

}  // namespace

Eigen::MatrixXd inner_products(std::span<const Panel> a, std::span<const Panel> b, const RunContext& context) {
  return from_blocks(inner_blocks(a, b, /*half=*/false, context), a.size(), b.size());
}

Eigen::MatrixXd gram_matrix(std::span<const Panel> a, const RunContext& context) {
  Eigen::MatrixXd gram = from_blocks(inner_blocks(a, a, /*half=*/true, context), a.size(), a.size());
  gram.triangularView<Eigen::StrictlyLower>() = gram.transpose();
  return gram;
}

void subtract_product(std::span<const Panel> a, const Eigen::MatrixXd& factors, Panel& b, const RunContext& context) {
  const std::vector<double> blocks = factor_blocks(factors, a.size(), -1.0);
  parallel_for(rows_of(a), kBlockRows, context, [&](const Chunk& chunk) {
    const std::size_t first = chunk.begin * kColumns;
    add_panels(a, first, blocks.data(), chunk.end - chunk.begin, b.data() + first);
  });
}

void multiply_in_place(Panels& a, const Eigen::MatrixXd& factors, const RunContext& context) {
  const std::vector<double> blocks = factor_blocks(factors, a.size(), 1.0);
  const std::size_t results = panel_count(factors.cols());
  parallel_for(rows_of(a), kBlockRows, context, [&](const Chunk& chunk) {
    const std::size_t first = chunk.begin * kColumns;
    const std::size_t size = (chunk.end - chunk.begin) * kColumns;
    std::vector<double> products(results * size);
    for (std::size_t q = 0; q < results; ++q) {
      add_panels(a, first, blocks.data() + q * a.size() * kColumns * kColumns, chunk.end - chunk.begin,
                 products.data() + q * size);
    }
    for (std::size_t q = 0; q < results; ++q) std::copy_n(products.data() + q * size, size, a[q].data() + first);
  });
  a.resize(results);
}

ThinQr thin_qr(Panels& y, Eigen::Index columns, const RunContext& context) {
  constexpr double kNearlyOrthogonal = 0.7;  // one pass leaves errors of rounding / pivot²
  Eigen::MatrixXd r = Eigen::MatrixXd::Identity(columns, columns);
  for (int pass = 0; pass < 3; ++pass) {
    const Eigen::MatrixXd gram = gram_matrix(y, context).topLeftCorner(columns, columns);
    ThinQr step;
    double least_pivot = 0.0;
    if (!cholesky_qr(gram, step, least_pivot)) break;
    r = step.r * r;
    if (least_pivot > kNearlyOrthogonal) return {step.to_q, r};
    multiply_in_place(y, step.to_q, context);
  }
  ThinQr last = householder_qr(y, columns);
  last.r = last.r * r;
  return last;
}

Panels random_panels(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed, const RunContext& context) {
  Panels panels(panel_count(columns), Panel::Zero(rows, kPanelColumns));
  const Rng rng(seed);
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const Eigen::Index filled = std::min(kPanelColumns, columns - static_cast<Eigen::Index>(p) * kPanelColumns);
    parallel_for(static_cast<std::size_t>(rows), 4096, context, [&](const Chunk& chunk) {
      Rng stream = rng.split(p).split(chunk.index);
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
        for (Eigen::Index c = 0; c < filled; ++c) {
          panels[p](static_cast<Eigen::Index>(i), c) = 2.0 * stream.uniform() - 1.0;
        }
      }
    });
  }
  return panels;
}

}  // namespace malmoi::topics
