#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/graph.h"
#include "neural/ops.h"

namespace malmoi::neural {

/// Numbers in [-1, 1), fixed by the seed.
inline Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  Rng rng(seed);
  Tensor tensor(shape);
  for (Real& value : tensor.values()) value = static_cast<Real>(2.0 * rng.uniform() - 1.0);
  return tensor;
}

/// Makes one number of any shape, so that every element has a gradient of its own: Σ x · (fixed random numbers).
inline Variable weighted_sum(const Variable& x, std::uint64_t seed = 99) {
  return sum(x * x.graph().input(random_tensor(x.shape(), seed)));
}

#ifdef MALMOI_REAL_DOUBLE  // central differences of floats would show nothing

namespace gradient_check {

inline double value_of(const std::function<Variable(Graph&)>& loss) {
  Graph graph(Mode::train, Rng(5));
  return static_cast<double>(loss(graph).value()[0]);
}

// The slope by central differences of the fourth order: what is left out is h⁴ f⁽⁵⁾ / 30, rounding is about 1e-16 / h.
inline double central_difference(const std::function<Variable(Graph&)>& loss, Real& x) {
  constexpr Real kStep = 1e-3;
  const Real at = x;
  const auto f = [&](int steps) {
    x = at + static_cast<Real>(steps) * kStep;
    return value_of(loss);
  };
  const double near = f(1) - f(-1);
  const double far = f(2) - f(-2);
  x = at;
  return (8.0 * near - far) / (12.0 * static_cast<double>(kStep));
}

}  // namespace gradient_check

/// The greatest difference between the gradient of a loss and central differences, relative to the greatest slope of
/// the same parameter. The loss is worked out anew for every number, in Mode::train with the same random numbers.
inline double gradient_error(const std::function<Variable(Graph&)>& loss, const std::vector<Parameter*>& parameters) {
  for (Parameter* const parameter : parameters) parameter->clear_gradient();
  Graph graph(Mode::train, Rng(5));
  graph.backward(loss(graph));
  double worst = 0.0;
  for (Parameter* const parameter : parameters) {
    if (parameter->frozen) continue;
    const Tensor gradient = parameter->dense_gradient();
    double difference = 0.0;
    double greatest = 1e-3;  // below it, slopes are compared as they are
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double slope = gradient_check::central_difference(loss, parameter->value[i]);
      const double distance = std::abs(slope - static_cast<double>(gradient[i]));
      difference = std::isfinite(distance) ? std::max(difference, distance) : HUGE_VAL;
      greatest = std::max(greatest, std::abs(slope));
    }
    worst = std::max(worst, difference / greatest);
  }
  return worst;
}

/// The same for a function of tensors.
inline double gradient_error(const std::function<Variable(Graph&, const std::vector<Variable>&)>& loss,
                             const std::vector<Tensor>& inputs) {
  std::vector<Parameter> parameters;
  for (const Tensor& input : inputs) parameters.push_back({.name = {}, .value = input});
  std::vector<Parameter*> pointers;
  for (Parameter& parameter : parameters) pointers.push_back(&parameter);
  const auto with_variables = [&](Graph& graph) {
    std::vector<Variable> variables;
    for (Parameter& parameter : parameters) variables.push_back(graph.parameter(parameter));
    return loss(graph, variables);
  };
  return gradient_error(with_variables, pointers);
}

#endif

}  // namespace malmoi::neural
