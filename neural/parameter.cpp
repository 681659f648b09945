#include "neural/parameter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace malmoi::neural {
namespace {

constexpr std::uint32_t kDigitBits = 11;
constexpr std::uint32_t kDigits = 1U << kDigitBits;

struct Place {
  std::int32_t id;
  std::uint32_t position;
};

// Stable, so that positions of an id stay ascending. Ids are ≥ 0 and below 2^bits.
void sort_by_id(std::vector<Place>& places, std::uint32_t bits) {
  std::vector<Place> other(places.size());
  for (std::uint32_t shift = 0; shift < bits; shift += kDigitBits) {
    const auto digit = [shift](const Place& place) {
      return (static_cast<std::uint32_t>(place.id) >> shift) & (kDigits - 1);
    };
    std::array<std::uint32_t, kDigits + 1> starts = {};
    for (const Place& place : places) ++starts[digit(place) + 1];
    for (std::size_t d = 0; d < kDigits; ++d) starts[d + 1] += starts[d];
    for (const Place& place : places) other[starts[digit(place)]++] = place;
    places.swap(other);
  }
}

std::vector<Place> places_of(std::span<const std::int32_t> ids) {
  std::vector<Place> places;
  places.reserve(ids.size());
  std::int32_t greatest = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0) continue;
    greatest = std::max(greatest, ids[i]);
    places.push_back({ids[i], static_cast<std::uint32_t>(i)});
  }
  std::uint32_t bits = 1;
  while (bits < 31 && (greatest >> bits) != 0) ++bits;
  sort_by_id(places, bits);
  return places;
}

// The rows of both sets in order, with their gradients so far; 0 for those that are new.
void merge_rows(Parameter& parameter, std::span<const std::int32_t> rows) {
  std::vector<std::int32_t> all;
  all.reserve(parameter.grad_rows.size() + rows.size());
  std::set_union(parameter.grad_rows.begin(), parameter.grad_rows.end(), rows.begin(), rows.end(),
                 std::back_inserter(all));
  if (all.size() == parameter.grad_rows.size()) return;
  const std::size_t columns = parameter.value.shape().cols();
  Tensor merged({all.size(), columns});
  std::size_t to = 0;
  for (std::size_t from = 0; from < parameter.grad_rows.size(); ++from) {
    while (all[to] != parameter.grad_rows[from]) ++to;
    std::copy_n(parameter.grad.data() + from * columns, columns, merged.data() + to * columns);
  }
  parameter.grad = std::move(merged);
  parameter.grad_rows = std::move(all);
}

}  // namespace

Tensor& Parameter::dense_gradient() {
  if (form == GradientForm::dense) return grad;
  Tensor dense(value.shape());
  if (form == GradientForm::rows) {
    const std::size_t columns = value.shape().cols();
    for (std::size_t i = 0; i < grad_rows.size(); ++i) {
      std::copy_n(grad.data() + i * columns, columns, dense.data() + static_cast<std::size_t>(grad_rows[i]) * columns);
    }
  }
  grad = std::move(dense);
  grad_rows.clear();
  form = GradientForm::dense;
  return grad;
}

RowGroups group_rows(std::span<const std::int32_t> ids) {
  const std::vector<Place> places = places_of(ids);
  RowGroups groups;
  groups.rows.reserve(places.size());
  groups.starts.reserve(places.size() + 1);
  groups.places.reserve(places.size());
  for (const Place& place : places) {
    if (groups.rows.empty() || groups.rows.back() != place.id) {
      groups.rows.push_back(place.id);
      groups.starts.push_back(static_cast<std::uint32_t>(groups.places.size()));
    }
    groups.places.push_back(place.position);
  }
  groups.starts.push_back(static_cast<std::uint32_t>(groups.places.size()));
  return groups;
}

RowTarget open_rows(Parameter& parameter, std::span<const std::int32_t> rows) {
  RowTarget target{.slots = std::vector<std::size_t>(rows.size()), .beta = 1};
  if (parameter.form == GradientForm::dense) {
    for (std::size_t i = 0; i < rows.size(); ++i) target.slots[i] = static_cast<std::size_t>(rows[i]);
    return target;
  }
  if (parameter.form == GradientForm::none) {
    parameter.grad_rows.assign(rows.begin(), rows.end());
    parameter.grad.resize({rows.size(), parameter.value.shape().cols()});
    parameter.form = GradientForm::rows;
    target.beta = 0;
  } else {
    merge_rows(parameter, rows);
  }
  std::size_t slot = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    while (parameter.grad_rows[slot] != rows[i]) ++slot;
    target.slots[i] = slot;
  }
  return target;
}

}  // namespace malmoi::neural
