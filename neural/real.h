#pragma once

namespace malmoi::neural {

// What the mathematics computes in. The library malmoi_neural_double is the same sources with double, for gradient
// checks only; a program links one of the two, never both.
#ifdef MALMOI_REAL_DOUBLE
using Real = double;
#else
using Real = float;
#endif

}  // namespace malmoi::neural
