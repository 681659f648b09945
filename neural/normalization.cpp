#include "neural/normalization.h"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "neural/kernels.h"

namespace malmoi::neural {
namespace {

void require_columns(std::string_view operation, const Shape& x, const Shape& gain, const Shape& bias) {
  if (x.rank() == 0 || x.cols() == 0) throw_shape_error(operation, x, gain, "a last axis of at least 1 number");
  const Shape wanted({x.cols()});
  if (gain != wanted || bias != wanted) {
    throw_shape_error(operation, x, gain == wanted ? bias : gain, "a gain and a bias for each number of the last axis");
  }
}

// ---- over rows ---------------------------------------------------------------------------------------------------

// What the way back needs of a row.
struct RowFigures {
  Real mean;
  Real scale;  // 1 / √(variance + ε)
};

RowFigures figures_of(const Real* x, std::size_t n, double epsilon) {
  const Real mean = row_sum(x, n) / static_cast<Real>(n);
  const auto squares = static_cast<double>(row_squares(x, mean, n));
  return {mean, static_cast<Real>(1.0 / std::sqrt(squares / static_cast<double>(n) + epsilon))};
}

// What the way back of layer_norm reads and writes.
struct RowsBack {
  const Real* x;
  const Real* grad_out;
  const Real* gain;
  Real* to_x;  // null: not wanted
  Real beta;   // as in GradientTarget
};

// With h = g · gain and z = (x - mean) · scale:  dx = scale (h - mean(h) - z mean(h z)).
// sums [3 × columns]: Σ g z and Σ g, to which the row is added, and room for g z.
void pass_row(const RowsBack& rows, std::size_t row, const RowFigures& figures, std::span<Real> sums) {
  const std::size_t n = sums.size() / 3;
  const Real* const x = rows.x + row * n;
  const Real* const g = rows.grad_out + row * n;
  Real* const gain_sums = sums.data();
  Real* const bias_sums = gain_sums + n;
  Real* const products = bias_sums + n;
#pragma GCC ivdep
  for (std::size_t c = 0; c < n; ++c) {
    products[c] = g[c] * (x[c] - figures.mean) * figures.scale;
    gain_sums[c] += products[c];
    bias_sums[c] += g[c];
  }
  if (rows.to_x == nullptr) return;
  const Real* const gain = rows.gain;
  Real* const to = rows.to_x + row * n;
  const Real mean = row_dot(g, gain, n) / static_cast<Real>(n);
  const Real slope = row_dot(products, gain, n) / static_cast<Real>(n) * figures.scale;
#pragma GCC ivdep
  for (std::size_t c = 0; c < n; ++c) {
    const Real grad = figures.scale * (g[c] * gain[c] - mean - (x[c] - figures.mean) * slope);
    to[c] = (rows.beta == 0 ? 0 : to[c]) + grad;
  }
}

// ---- over columns ------------------------------------------------------------------------------------------------

// z = (x - mean) · scale of a column.
struct ColumnFigures {
  std::vector<Real> mean;
  std::vector<Real> variance;
  std::vector<Real> scale;
};

ColumnFigures batch_figures(const Tensor& x, const BatchNormOptions& options, const Graph& graph) {
  const std::size_t rows = x.shape().rows();
  const std::size_t n = x.shape().cols();
  ColumnFigures figures{std::vector<Real>(n), std::vector<Real>(n), std::vector<Real>(n)};
  column_sums(x.data(), rows, n, 0, figures.mean.data(), graph.context());
  for (Real& mean : figures.mean) mean /= static_cast<Real>(rows);
  Tensor squares = graph.tensor(x.shape());
  for_blocks(rows, row_grain(n), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      for (std::size_t c = 0; c < n; ++c) {
        const Real d = x[row * n + c] - figures.mean[c];
        squares[row * n + c] = d * d;
      }
    }
  });
  column_sums(squares.data(), rows, n, 0, figures.variance.data(), graph.context());
  for (std::size_t c = 0; c < n; ++c) {
    figures.variance[c] /= static_cast<Real>(rows);
    figures.scale[c] = static_cast<Real>(1.0 / std::sqrt(static_cast<double>(figures.variance[c]) + options.epsilon));
  }
  return figures;
}

void update_running(RunningFigures& running, const ColumnFigures& batch, std::size_t rows, double momentum) {
  const auto keep = static_cast<Real>(1.0 - momentum);
  const auto take = static_cast<Real>(momentum);
  const Real unbiased = rows > 1 ? static_cast<Real>(rows) / static_cast<Real>(rows - 1) : Real{1};
  for (std::size_t c = 0; c < batch.mean.size(); ++c) {
    running.mean.value[c] = keep * running.mean.value[c] + take * batch.mean[c];
    running.variance.value[c] = keep * running.variance.value[c] + take * unbiased * batch.variance[c];
  }
}

ColumnFigures running_figures(const RunningFigures& running, double epsilon) {
  const auto mean = running.mean.value.values();
  const auto variance = running.variance.value.values();
  ColumnFigures figures{{mean.begin(), mean.end()}, {variance.begin(), variance.end()}, std::vector<Real>(mean.size())};
  for (std::size_t c = 0; c < mean.size(); ++c) {
    figures.scale[c] = static_cast<Real>(1.0 / std::sqrt(static_cast<double>(variance[c]) + epsilon));
  }
  return figures;
}

// out = z · gain + bias
void normalize_columns(const Tensor& x, const ColumnFigures& figures, const Real* gain, const Real* bias, Tensor& out,
                       const RunContext& context) {
  const std::size_t n = x.shape().cols();
  for_blocks(x.shape().rows(), row_grain(n), context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const Real* const from = x.data() + row * n;
      Real* const to = out.data() + row * n;
      for (std::size_t c = 0; c < n; ++c) to[c] = (from[c] - figures.mean[c]) * figures.scale[c] * gain[c] + bias[c];
    }
  });
}

// grad_out · z, whose column sums are the gradient of the gain.
Tensor grad_times_z(const Tensor& grad_out, const Tensor& x, const ColumnFigures& figures, const Graph& graph) {
  const std::size_t n = x.shape().cols();
  Tensor product = graph.tensor(x.shape());
  for_blocks(x.shape().rows(), row_grain(n), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      for (std::size_t c = 0; c < n; ++c) {
        const std::size_t i = row * n + c;
        product[i] = grad_out[i] * (x[i] - figures.mean[c]) * figures.scale[c];
      }
    }
  });
  return product;
}

// dx = gain · scale (g - mean(g) - z mean(g z)) by columns; sums: Σ g and Σ g z.
void pass_columns(const Variable& x, const Tensor& grad_out, const ColumnFigures& figures, const Real* gain,
                  const std::vector<Real>& sums, const std::vector<Real>& dots) {
  const GradientTarget target = x.grad_target();
  const std::size_t n = x.shape().cols();
  const Real share = 1 / static_cast<Real>(x.shape().rows());
  for_blocks(x.shape().rows(), row_grain(n), x.graph().context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const Real* const from = x.value().data() + row * n;
      const Real* const g = grad_out.data() + row * n;
      Real* const to = target.tensor.data() + row * n;
      for (std::size_t c = 0; c < n; ++c) {
        const Real z = (from[c] - figures.mean[c]) * figures.scale[c];
        const Real slope = gain[c] * figures.scale[c] * (g[c] - share * (sums[c] + z * dots[c]));
        to[c] = (target.beta == 0 ? 0 : to[c]) + slope;
      }
    }
  });
}

void add_to(const Variable& to, const std::vector<Real>& sums) {
  if (!to.needs_grad()) return;
  const GradientTarget target = to.grad_target();
  for (std::size_t c = 0; c < sums.size(); ++c) {
    target.tensor[c] = (target.beta == 0 ? 0 : target.tensor[c]) + sums[c];
  }
}

void pass_rows(const Variable& x, const Variable& gain, const Variable& bias, const Tensor& grad_out,
               const std::vector<RowFigures>& figures) {
  constexpr std::size_t kBlockRows = 128;  // whose sums are added up before those of other blocks
  const std::size_t n = x.shape().cols();
  RowsBack rows = {x.value().data(), grad_out.data(), gain.value().data(), nullptr, 0};
  if (x.needs_grad()) {
    const GradientTarget target = x.grad_target();
    rows.to_x = target.tensor.data();
    rows.beta = target.beta;
  }
  const std::size_t blocks = chunk_count(figures.size(), kBlockRows);
  std::vector<Real> sums(blocks * 3 * n);
  for_blocks(figures.size(), kBlockRows, x.graph().context(), [&](std::size_t begin, std::size_t end) {
    const std::span<Real> own(sums.data() + begin / kBlockRows * 3 * n, 3 * n);
    for (std::size_t row = begin; row < end; ++row) pass_row(rows, row, figures[row], own);
  });
  std::vector<Real> all(3 * n);
  column_sums(sums.data(), blocks, 3 * n, 0, all.data(), {});
  add_to(gain, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)});
  add_to(bias, {all.begin() + static_cast<std::ptrdiff_t>(n), all.begin() + static_cast<std::ptrdiff_t>(2 * n)});
}

}  // namespace

Variable layer_norm(const Variable& x, const Variable& gain, const Variable& bias, double epsilon) {
  require_columns("layer_norm", x.shape(), gain.shape(), bias.shape());
  Graph& graph = x.graph();
  const std::size_t n = x.shape().cols();
  Tensor out = graph.tensor(x.shape());
  std::vector<RowFigures> figures(x.shape().rows());
  const Real* const first = x.value().data();
  const Real* const times = gain.value().data();
  const Real* const plus = bias.value().data();
  for_blocks(figures.size(), row_grain(n), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const Real* const from = first + row * n;
      const RowFigures f = figures[row] = figures_of(from, n, epsilon);
      Real* const to = out.data() + row * n;
      for (std::size_t c = 0; c < n; ++c) to[c] = (from[c] - f.mean) * f.scale * times[c] + plus[c];
    }
  });
  return graph.record(std::move(out), {x, gain, bias},
                      [=, figures = std::move(figures)](const Tensor& grad_out, const Tensor&) {
                        pass_rows(x, gain, bias, grad_out, figures);
                      });
}

Variable batch_norm(const Variable& x, const Variable& gain, const Variable& bias, RunningFigures& running,
                    const BatchNormOptions& options) {
  require_columns("batch_norm", x.shape(), gain.shape(), bias.shape());
  require_columns("batch_norm", x.shape(), running.mean.value.shape(), running.variance.value.shape());
  Graph& graph = x.graph();
  const std::size_t rows = x.shape().rows();
  if (rows == 0) throw_shape_error("batch_norm", x.shape(), gain.shape(), "a row or more");
  const bool training = graph.mode() == Mode::train;
  ColumnFigures figures =
      training ? batch_figures(x.value(), options, graph) : running_figures(running, options.epsilon);
  if (training) update_running(running, figures, rows, options.momentum);
  Tensor out = graph.tensor(x.shape());
  normalize_columns(x.value(), figures, gain.value().data(), bias.value().data(), out, graph.context());
  return graph.record(std::move(out), {x, gain, bias},
                      [=, figures = std::move(figures)](const Tensor& grad_out, const Tensor&) {
                        std::vector<Real> sums(figures.mean.size());
                        std::vector<Real> dots(figures.mean.size());
                        const Tensor products = grad_times_z(grad_out, x.value(), figures, x.graph());
                        column_sums(grad_out.data(), rows, sums.size(), 0, sums.data(), x.graph().context());
                        column_sums(products.data(), rows, dots.size(), 0, dots.data(), x.graph().context());
                        add_to(gain, dots);
                        add_to(bias, sums);
                        if (x.needs_grad()) pass_columns(x, grad_out, figures, gain.value().data(), sums, dots);
                      });
}

}  // namespace malmoi::neural
