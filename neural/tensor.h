#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "neural/buffer_pool.h"
#include "neural/real.h"

namespace malmoi::neural {

/// Sizes of 0 to 4 axes, outermost first. No axes: one number.
class Shape {
 public:
  static constexpr std::size_t kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<std::size_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  /// Throws invalid_argument for more than 4 axes.
  explicit Shape(std::span<const std::size_t> sizes);

  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] std::size_t operator[](std::size_t axis) const noexcept { return sizes_[axis]; }
  [[nodiscard]] std::size_t size() const noexcept;  ///< numbers in all
  /// As a matrix: the last axis are the columns, all others the rows. No axes: 1 × 1.
  [[nodiscard]] std::size_t rows() const noexcept;
  [[nodiscard]] std::size_t cols() const noexcept { return rank_ == 0 ? 1 : sizes_[rank_ - 1]; }
  /// The same but for the size of the last axis, which there is.
  [[nodiscard]] Shape with_cols(std::size_t cols) const noexcept;
  [[nodiscard]] std::span<const std::size_t> sizes() const noexcept { return {sizes_.data(), rank_}; }
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::array<std::size_t, kMaxRank> sizes_ = {};  // 0 beyond the rank, so that comparing is plain
  std::size_t rank_ = 0;
};

/// "[64 × 40]", for messages.
std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// Throws invalid_argument: "matmul: shapes [2 × 3] and [4 × 5], wanted equal inner sizes".
[[noreturn]] void throw_shape_error(std::string_view operation, const Shape& a, const Shape& b,
                                    std::string_view wanted);
/// The same where one shape alone is wrong: "transpose: shape [3], wanted two axes or more".
[[noreturn]] void throw_shape_error(std::string_view operation, const Shape& shape, std::string_view wanted);

/// Numbers in row-major order, one after another without holes, beginning at a multiple of 64 bytes. Copying copies.
class Tensor {
 public:
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using MatrixMap = Eigen::Map<Matrix, Eigen::Aligned64>;
  using ConstMatrixMap = Eigen::Map<const Matrix, Eigen::Aligned64>;
  using Array = Eigen::Array<Real, Eigen::Dynamic, 1>;
  using ArrayMap = Eigen::Map<Array, Eigen::Aligned64>;
  using ConstArrayMap = Eigen::Map<const Array, Eigen::Aligned64>;

  Tensor() : shape_({0}) {}  ///< nothing: one axis of size 0
  explicit Tensor(const Shape& shape, Real value = 0);
  /// Throws invalid_argument unless there are as many values as the shape has.
  Tensor(const Shape& shape, std::span<const Real> values);
  Tensor(const Shape& shape, std::initializer_list<Real> values) : Tensor(shape, std::span(values)) {}
  /// From a pool, not initialised; Graph::tensor makes these.
  Tensor(const Shape& shape, const std::shared_ptr<BufferPool>& pool);

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] Real* data() noexcept { return empty() ? nullptr : values_.data(); }  ///< null of an empty tensor
  [[nodiscard]] const Real* data() const noexcept { return empty() ? nullptr : values_.data(); }
  [[nodiscard]] std::span<Real> values() noexcept { return values_; }
  [[nodiscard]] std::span<const Real> values() const noexcept { return values_; }
  [[nodiscard]] Real& operator[](std::size_t i) noexcept { return values_[i]; }
  [[nodiscard]] Real operator[](std::size_t i) const noexcept { return values_[i]; }

  [[nodiscard]] MatrixMap matrix() noexcept;  ///< [all axes but the last × last axis]
  [[nodiscard]] ConstMatrixMap matrix() const noexcept;
  [[nodiscard]] ArrayMap array() noexcept;
  [[nodiscard]] ConstArrayMap array() const noexcept;

  void fill(Real value) noexcept;
  /// Other axes over the same numbers. Throws invalid_argument where their number differs.
  void reshape(const Shape& shape);
  /// Other axes over other numbers, which are not initialised; memory is kept.
  void resize(const Shape& shape);
  friend bool operator==(const Tensor&, const Tensor&) = default;

 private:
  Shape shape_;
  std::vector<Real, BufferAllocator> values_;
};

}  // namespace malmoi::neural
