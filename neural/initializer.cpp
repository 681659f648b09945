#include "neural/initializer.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "corpus/base/error.h"

namespace malmoi::neural {
namespace {

// Box and Muller 1958; of the two numbers, one.
double normal_number(Rng& rng) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - rng.uniform()));  // 1 - u is never 0
  return radius * std::cos(2.0 * std::numbers::pi * rng.uniform());
}

struct Fan {
  double in;
  double out;
};

Fan fan_of(const Shape& shape) {
  const std::size_t rank = shape.rank();
  const std::size_t outputs = shape.cols();
  const std::size_t inputs = rank < 2 ? 1 : shape[rank - 2];
  std::size_t positions = 1;
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) positions *= shape[axis];
  return {static_cast<double>(positions * inputs), static_cast<double>(positions * outputs)};
}

void draw_normal(Tensor& tensor, double deviation, Rng& rng) {
  for (Real& value : tensor.values()) value = static_cast<Real>(deviation * normal_number(rng));
}

void draw_uniform(Tensor& tensor, double bound, Rng& rng) {
  for (Real& value : tensor.values()) value = static_cast<Real>(bound * (2.0 * rng.uniform() - 1.0));
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Orthonormal vectors by Gram and Schmidt, twice over so that rounding does not matter. The diagonal of R is positive,
// which makes Q uniform over all of them (Mezzadri 2007).
void orthonormalize(std::vector<double>& vectors, std::size_t count, std::size_t length) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<double> own(vectors.data() + i * length, length);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t j = 0; j < i; ++j) {
        const std::span<const double> other(vectors.data() + j * length, length);
        const double share = dot(own, other);
        for (std::size_t k = 0; k < length; ++k) own[k] -= share * other[k];
      }
    }
    const double norm = std::sqrt(dot(own, own));
    for (double& value : own) value /= norm;
  }
}

void draw_orthogonal(Tensor& tensor, double scale, Rng& rng) {
  const std::size_t rows = tensor.shape().rows();
  const std::size_t columns = tensor.shape().cols();
  const std::size_t count = std::min(rows, columns);
  const std::size_t length = std::max(rows, columns);
  std::vector<double> vectors(count * length);
  for (double& value : vectors) value = normal_number(rng);
  orthonormalize(vectors, count, length);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double value = rows < columns ? vectors[r * length + c] : vectors[c * length + r];
      tensor[r * columns + c] = static_cast<Real>(scale * value);
    }
  }
}

}  // namespace

Tensor initial_tensor(const Shape& shape, InitialValues values, Rng& rng, double scale) {
  if (!(scale >= 0.0) || !std::isfinite(scale) || (values == InitialValues::orthogonal && shape.rank() < 2)) {
    throw Error(ErrorCode::invalid_argument, concat("initial_tensor: scale ", scale, " for shape ", shape,
                                                    ", wanted ≥ 0, and two axes for orthogonal ones"));
  }
  const Fan fan = fan_of(shape);
  Tensor tensor(shape);
  switch (values) {
    case InitialValues::zero:
      break;
    case InitialValues::one:
      tensor.fill(1);
      break;
    case InitialValues::normal:
      draw_normal(tensor, scale, rng);
      break;
    case InitialValues::uniform:
      draw_uniform(tensor, scale, rng);
      break;
    case InitialValues::xavier_normal:
      draw_normal(tensor, scale * std::sqrt(2.0 / (fan.in + fan.out)), rng);
      break;
    case InitialValues::xavier_uniform:
      draw_uniform(tensor, scale * std::sqrt(6.0 / (fan.in + fan.out)), rng);
      break;
    case InitialValues::he_normal:
      draw_normal(tensor, scale * std::sqrt(2.0 / fan.in), rng);
      break;
    case InitialValues::he_uniform:
      draw_uniform(tensor, scale * std::sqrt(6.0 / fan.in), rng);
      break;
    case InitialValues::orthogonal:
      draw_orthogonal(tensor, scale, rng);
      break;
  }
  return tensor;
}

}  // namespace malmoi::neural
