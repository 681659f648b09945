#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "neural/kernels.h"
#include "neural/ops.h"
#include "neural/parameter.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kAhead = 8;  // rows that are asked for before they are read

void require_rows(std::string_view operation, const Shape& table, std::span<const std::int32_t> ids) {
  if (table.rank() != 2) throw_shape_error(operation, table, Shape({ids.size()}), "a table of two axes");
  std::int32_t least = 0;
  std::int32_t greatest = -1;
  for (const std::int32_t id : ids) {
    least = std::min(least, id);
    greatest = std::max(greatest, id);
  }
  if (least >= -1 && std::cmp_less(greatest, table[0])) return;
  throw Error(ErrorCode::invalid_argument, concat(operation, ": ids from ", least, " to ", greatest,
                                                  " for a table of shape ", table, ", wanted -1 or a row"));
}

// Rows of a gradient that positions of the ids share: Σ over the positions of a row of scale · grad_out's row.
// row_of: the row of grad_out that a position has its gradient from; scale: of a row of grad_out; empty: as they
// are, 1.
struct Scatter {
  std::span<const std::int32_t> ids;
  std::span<const std::uint32_t> row_of;
  std::span<const Real> scale;
};

void sum_places(const Scatter& scatter, std::span<const std::uint32_t> places, const Tensor& grad_out, Real beta,
                Real* to) {
  const std::size_t columns = grad_out.shape().cols();
  for (const std::uint32_t place : places) {
    const std::size_t row = scatter.row_of.empty() ? place : scatter.row_of[place];
    const Real* const from = grad_out.data() + row * columns;
    const Real scale = scatter.scale.empty() ? Real{1} : scatter.scale[row];
    if (beta == 0) {
      for (std::size_t c = 0; c < columns; ++c) to[c] = scale * from[c];
    } else {
      for (std::size_t c = 0; c < columns; ++c) to[c] += scale * from[c];
    }
    beta = 1;
  }
}

void pass_to_table(const Variable& table, const Scatter& scatter, const Tensor& grad_out) {
  const RowGroups groups = group_rows(scatter.ids);
  const std::size_t columns = table.shape().cols();
  const std::span<const std::uint32_t> places = groups.places;
  RowTarget target;
  Real* base = nullptr;
  if (Parameter* const parameter = table.parameter(); parameter != nullptr) {
    target = open_rows(*parameter, groups.rows);
    base = parameter->grad.data();
  } else {
    target = {.slots = std::vector<std::size_t>(groups.rows.begin(), groups.rows.end()), .beta = 1};
    base = table.grad().data();
  }
  for_blocks(groups.rows.size(), row_grain(columns), table.graph().context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t first = groups.starts[i];
      sum_places(scatter, places.subspan(first, groups.starts[i + 1] - first), grad_out, target.beta,
                 base + target.slots[i] * columns);
    }
  });
}

void require_starts(std::span<const std::int32_t> ids, std::span<const std::size_t> starts) {
  if (!starts.empty() && starts.front() == 0 && starts.back() == ids.size() &&
      std::is_sorted(starts.begin(), starts.end())) {
    return;
  }
  throw Error(ErrorCode::invalid_argument, concat("embedding_bag: ", starts.size(), " starts for ", ids.size(),
                                                  " ids, wanted from 0 to that number without falling"));
}

std::vector<Real> bag_scales(std::span<const std::int32_t> ids, std::span<const std::size_t> starts, BagMode mode) {
  std::vector<Real> scales(starts.size() - 1, Real{1});
  for (std::size_t b = 0; mode == BagMode::mean && b < scales.size(); ++b) {
    std::size_t count = 0;
    for (std::size_t i = starts[b]; i < starts[b + 1]; ++i) count += ids[i] >= 0 ? 1 : 0;
    if (count > 0) scales[b] = 1 / static_cast<Real>(count);
  }
  return scales;
}

void sum_bag(const Tensor& table, std::span<const std::int32_t> ids, Real scale, Real* to) {
  const std::size_t columns = table.shape().cols();
  const auto row = [&](std::int32_t id) { return table.data() + static_cast<std::size_t>(id) * columns; };
  std::fill_n(to, columns, Real{0});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + kAhead < ids.size() && ids[i + kAhead] >= 0) prefetch_row(row(ids[i + kAhead]), columns);
    if (ids[i] < 0) continue;
    const Real* const from = row(ids[i]);
    for (std::size_t c = 0; c < columns; ++c) to[c] += from[c];
  }
  for (std::size_t c = 0; c < columns; ++c) to[c] *= scale;
}

std::vector<std::uint32_t> bags_of_ids(std::span<const std::size_t> starts) {
  std::vector<std::uint32_t> bags(starts.back());
  for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
    std::fill(bags.begin() + static_cast<std::ptrdiff_t>(starts[b]),
              bags.begin() + static_cast<std::ptrdiff_t>(starts[b + 1]), static_cast<std::uint32_t>(b));
  }
  return bags;
}

}  // namespace

Variable gather(const Variable& table, std::span<const std::int32_t> ids) {
  return gather(table, ids, {ids.size()});
}

Variable gather(const Variable& table, std::span<const std::int32_t> ids, const Shape& axes) {
  require_rows("gather", table.shape(), ids);
  if (axes.rank() >= Shape::kMaxRank || axes.size() != ids.size()) {
    throw_shape_error("gather", Shape({ids.size()}), axes, "as many ids as the axes hold, which are at most 3");
  }
  Graph& graph = table.graph();
  const std::size_t columns = table.shape().cols();
  std::vector<std::size_t> sizes(axes.sizes().begin(), axes.sizes().end());
  sizes.push_back(columns);
  Tensor out = graph.tensor(Shape(std::span<const std::size_t>(sizes)));
  const Real* const rows = table.value().data();
  for_blocks(ids.size(), row_grain(columns), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (ids[i] < 0) {
        std::fill_n(out.data() + i * columns, columns, Real{0});
      } else {
        std::copy_n(rows + static_cast<std::size_t>(ids[i]) * columns, columns, out.data() + i * columns);
      }
    }
  });
  if (!table.needs_grad()) return graph.input(std::move(out));
  std::vector<std::int32_t> kept(ids.begin(), ids.end());
  return graph.record(std::move(out), {table}, [table, kept = std::move(kept)](const Tensor& grad_out, const Tensor&) {
    pass_to_table(table, {.ids = kept, .row_of = {}, .scale = {}}, grad_out);
  });
}

Variable embedding_bag(const Variable& table, std::span<const std::int32_t> ids, std::span<const std::size_t> starts,
                       BagMode mode) {
  require_rows("embedding_bag", table.shape(), ids);
  require_starts(ids, starts);
  Graph& graph = table.graph();
  const std::size_t columns = table.shape().cols();
  std::vector<Real> scales = bag_scales(ids, starts, mode);
  Tensor out = graph.tensor({scales.size(), columns});
  const std::size_t mean_length = ids.size() / std::max<std::size_t>(1, scales.size()) + 1;
  for_blocks(scales.size(), row_grain(columns * mean_length), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      sum_bag(table.value(), ids.subspan(starts[b], starts[b + 1] - starts[b]), scales[b], out.data() + b * columns);
    }
  });
  if (!table.needs_grad()) return graph.input(std::move(out));
  return graph.record(std::move(out), {table},
                      [table, kept = std::vector<std::int32_t>(ids.begin(), ids.end()), scales = std::move(scales),
                       bags = bags_of_ids(starts)](const Tensor& grad_out, const Tensor&) {
                        pass_to_table(table, {.ids = kept, .row_of = bags, .scale = scales}, grad_out);
                      });
}

}  // namespace malmoi::neural
