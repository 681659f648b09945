#pragma once

#include "corpus/base/rng.h"
#include "neural/tensor.h"

namespace malmoi::neural {

/// How the numbers of a new parameter are drawn. Weights are [inputs × outputs], those of convolutions
/// [positions … × inputs × outputs]: fan in = positions · inputs, fan out = positions · outputs.
enum class InitialValues {
  zero,
  one,
  normal,          ///< N(0, scale²)
  uniform,         ///< U(-scale, scale)
  xavier_normal,   ///< N(0, scale² · 2 / (fan in + fan out))        Glorot and Bengio 2010
  xavier_uniform,  ///< U(-a, a), a = scale · √(6 / (fan in + fan out))
  he_normal,       ///< N(0, scale² · 2 / fan in)                    He et al. 2015
  he_uniform,      ///< U(-a, a), a = scale · √(6 / fan in)
  orthogonal       ///< scale · Q of a QR of normal numbers, as a matrix [all axes but the last × last]: orthonormal
                   ///< columns, or rows where there are more columns         Saxe, McClelland and Ganguli 2013
};

/// Throws invalid_argument: scale negative or not finite, orthogonal without two axes.
[[nodiscard]] Tensor initial_tensor(const Shape& shape, InitialValues values, Rng& rng, double scale = 1.0);

}  // namespace malmoi::neural
