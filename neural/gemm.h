#pragma once

#include <cstddef>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/buffer_pool.h"
#include "neural/real.h"

namespace malmoi::neural {

/// The size of a tensor as that of a product.
constexpr std::ptrdiff_t signed_size(std::size_t size) noexcept {
  return static_cast<std::ptrdiff_t>(size);
}

/// Which form of a stored matrix is meant.
enum class MatrixOp { none, transposed };

/// A stored row-major matrix as a factor: op(values). `stride` is the distance of two stored rows, ≥ their length.
struct Factor {
  const Real* values = nullptr;
  std::ptrdiff_t stride = 0;
  MatrixOp op = MatrixOp::none;
};

struct ProductShape {
  std::ptrdiff_t m = 0;  ///< rows of op(A) and C
  std::ptrdiff_t n = 0;  ///< columns of op(B) and C
  std::ptrdiff_t k = 0;  ///< columns of op(A), rows of op(B)
};

/// A row-major result. beta = 0: overwritten, what was there is not read; otherwise C = beta · C + the product.
struct Target {
  Real* values = nullptr;
  std::ptrdiff_t stride = 0;
  Real beta = 0;
  const Real* bias = nullptr;  ///< [n] where beta = 0: added to every row; null: zeros
};

/// C = op(A) · op(B) + beta · C, or + a row of biases. C overlaps neither factor.
///
/// The same bytes for every number of threads: work is split by rows and columns of C, and every sum runs over k in
/// ascending order within blocks that depend on the shape alone.
/// Throws  canceled when stopped
void gemm(const ProductShape& shape, const Factor& a, const Factor& b, const Target& c, const RunContext& context = {});

/// The same in plain arguments: what BLAS calls gemm with alpha = 1.
inline void gemm(MatrixOp a_op, MatrixOp b_op, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t k, const Real* a,
                 std::ptrdiff_t lda, const Real* b, std::ptrdiff_t ldb, Real beta, Real* c, std::ptrdiff_t ldc,
                 const RunContext& context) {
  gemm({m, n, k}, {a, lda, a_op}, {b, ldb, b_op}, {c, ldc, beta}, context);
}

/// A right-hand factor in the order in which the product reads it: for factors that are used many times.
class PackedFactor {
 public:
  /// With whole vectors n is rounded up to a multiple of kLanes by columns of zeros: a product of these is a tenth
  /// faster than one whose last columns fill a part of a vector.
  enum class Columns { given, whole_vectors };
  /// b: op(values) is [k × n]; it is copied.
  PackedFactor(const Factor& b, std::ptrdiff_t k, std::ptrdiff_t n, Columns columns = Columns::given);
  [[nodiscard]] std::ptrdiff_t k() const noexcept { return k_; }
  [[nodiscard]] std::ptrdiff_t n() const noexcept { return n_; }

 private:
  friend void gemm(std::ptrdiff_t m, const Factor& a, const PackedFactor& b, const Target& c);
  std::ptrdiff_t k_;
  std::ptrdiff_t n_;
  std::vector<Real, BufferAllocator> panels_;
};

/// C [m × b.n()] = op(A) · B + beta · C on the calling thread.
void gemm(std::ptrdiff_t m, const Factor& a, const PackedFactor& b, const Target& c);

}  // namespace malmoi::neural
