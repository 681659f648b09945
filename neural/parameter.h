#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "neural/tensor.h"

namespace malmoi::neural {

/// What a backward pass left in Parameter::grad.
enum class GradientForm {
  none,   ///< nothing yet: what grad holds is not read
  dense,  ///< grad has the shape of value
  rows    ///< grad [grad_rows.size() × columns]: the gradient of these rows of value, all others are 0
};

/// A tensor that is learned. Gradients of backward passes add up until clear_gradient().
struct Parameter {
  std::string name;  ///< "encoder.0.query.weight"
  Tensor value;
  Tensor grad = {};
  std::vector<std::int32_t> grad_rows = {};  ///< ascending, no row twice
  GradientForm form = GradientForm::none;
  bool frozen = false;  ///< gets no gradient and no update

  void clear_gradient() noexcept { form = GradientForm::none; }
  /// The gradient in the shape of value, zeros where none came; rows are spread out for good.
  Tensor& dense_gradient();
};

/// Rows of a table and the places that gathered them: what a backward pass scatters.
struct RowGroups {
  std::vector<std::int32_t> rows;     ///< ascending, no row twice
  std::vector<std::uint32_t> starts;  ///< [rows + 1] into places
  std::vector<std::uint32_t> places;  ///< positions in the ids, ascending within a row
};

/// Groups positions by their id; ids of -1 (padding) are left out. Every other id must be ≥ 0.
[[nodiscard]] RowGroups group_rows(std::span<const std::int32_t> ids);

/// Where the gradients of a set of rows go.
struct RowTarget {
  std::vector<std::size_t> slots;  ///< [rows] row of grad that belongs to the i-th of them
  Real beta = 0;                   ///< 0: nothing is there yet, what grad holds is not to be read; 1: add to it
};

/// Makes room in parameter.grad for gradients of these rows (ascending, no row twice), beside what is there.
[[nodiscard]] RowTarget open_rows(Parameter& parameter, std::span<const std::int32_t> rows);

}  // namespace malmoi::neural
