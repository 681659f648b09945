#include "neural/tensor.h"

#include <algorithm>
#include <ostream>

#include "corpus/base/error.h"

namespace malmoi::neural {

Shape::Shape(std::span<const std::size_t> sizes) : rank_(sizes.size()) {
  if (rank_ > kMaxRank) {
    throw Error(ErrorCode::invalid_argument, concat("Shape: ", rank_, " axes, wanted at most ", kMaxRank));
  }
  std::copy(sizes.begin(), sizes.end(), sizes_.begin());
}

std::size_t Shape::size() const noexcept {
  std::size_t product = 1;
  for (const std::size_t n : sizes()) product *= n;
  return product;
}

std::size_t Shape::rows() const noexcept {
  std::size_t product = 1;
  for (std::size_t axis = 0; axis + 1 < rank_; ++axis) product *= sizes_[axis];
  return product;
}

Shape Shape::with_cols(std::size_t cols) const noexcept {
  Shape shape = *this;
  shape.sizes_[rank_ - 1] = cols;
  return shape;
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) out << (axis == 0 ? "" : " × ") << shape[axis];
  return out << ']';
}

void throw_shape_error(std::string_view operation, const Shape& a, const Shape& b, std::string_view wanted) {
  throw Error(ErrorCode::invalid_argument, concat(operation, ": shapes ", a, " and ", b, ", wanted ", wanted));
}

void throw_shape_error(std::string_view operation, const Shape& shape, std::string_view wanted) {
  throw Error(ErrorCode::invalid_argument, concat(operation, ": shape ", shape, ", wanted ", wanted));
}

Tensor::Tensor(const Shape& shape, Real value) : shape_(shape), values_(shape.size(), value) {}

Tensor::Tensor(const Shape& shape, std::span<const Real> values)
    : shape_(shape), values_(values.begin(), values.end()) {
  if (values.size() != shape.size()) {
    throw Error(ErrorCode::invalid_argument, concat("Tensor: ", values.size(), " values for the shape ", shape));
  }
}

Tensor::Tensor(const Shape& shape, const std::shared_ptr<BufferPool>& pool)
    : shape_(shape), values_(shape.size(), BufferAllocator(pool)) {}

Tensor::MatrixMap Tensor::matrix() noexcept {
  return {data(), static_cast<Eigen::Index>(shape_.rows()), static_cast<Eigen::Index>(shape_.cols())};
}
Tensor::ConstMatrixMap Tensor::matrix() const noexcept {
  return {data(), static_cast<Eigen::Index>(shape_.rows()), static_cast<Eigen::Index>(shape_.cols())};
}
Tensor::ArrayMap Tensor::array() noexcept {
  return {data(), static_cast<Eigen::Index>(size())};
}
Tensor::ConstArrayMap Tensor::array() const noexcept {
  return {data(), static_cast<Eigen::Index>(size())};
}

void Tensor::fill(Real value) noexcept {
  std::fill(values_.begin(), values_.end(), value);
}

void Tensor::reshape(const Shape& shape) {
  if (shape.size() != size()) {
    throw Error(ErrorCode::invalid_argument, concat("Tensor::reshape: ", shape_, " to ", shape));
  }
  shape_ = shape;
}

void Tensor::resize(const Shape& shape) {
  if (shape.size() > values_.capacity()) values_.clear();  // so that growing copies nothing
  values_.resize(shape.size());
  shape_ = shape;
}

}  // namespace malmoi::neural
