#include "neural/convolution.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/gemm.h"
#include "neural/initializer.h"
#include "neural/kernels.h"

namespace malmoi::neural {
namespace {

// Pictures and windows; a text is a picture of height 1. Rows of a picture lie one after another, so that the windows
// of one row are a matrix [windows × window_width · channels] whose rows overlap: products read it where it is.
struct Grid {
  std::size_t batch;
  std::size_t height;
  std::size_t width;
  std::size_t channels;
  std::size_t window_height;
  std::size_t window_width;
  std::size_t filters;

  [[nodiscard]] std::size_t out_height() const { return height - window_height + 1; }
  [[nodiscard]] std::size_t out_width() const { return width - window_width + 1; }
  [[nodiscard]] std::size_t window_size() const { return window_width * channels; }  // of one row of a window
  [[nodiscard]] std::size_t row(std::size_t sample, std::size_t y, std::size_t x = 0) const {
    return ((sample * height + y) * width + x) * channels;
  }
  [[nodiscard]] std::size_t out_row(std::size_t sample, std::size_t y) const {
    return (sample * out_height() + y) * out_width() * filters;
  }
};

std::vector<PackedFactor> pack_rows(const Grid& grid, const Real* weight) {
  std::vector<PackedFactor> packed;
  const std::ptrdiff_t filters = signed_size(grid.filters);
  for (std::size_t y = 0; y < grid.window_height; ++y) {
    packed.emplace_back(Factor{weight + y * grid.window_size() * grid.filters, filters},
                        signed_size(grid.window_size()), filters);
  }
  return packed;
}

void convolve(const Grid& grid, const Real* x, const Real* weight, const Real* bias, Real* out,
              const RunContext& context) {
  const std::vector<PackedFactor> packed = pack_rows(grid, weight);
  const std::size_t work = grid.out_width() * grid.window_height * grid.window_size() * grid.filters;
  const std::size_t grain = std::max<std::size_t>(1, (std::size_t{1} << 21U) / std::max<std::size_t>(1, work));
  parallel_for(grid.batch * grid.out_height(), grain, context, [&](const Chunk& rows) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t sample = row / grid.out_height();
      const std::size_t y = row % grid.out_height();
      Real* const to = out + grid.out_row(sample, y);
      for (std::size_t i = 0; i < grid.out_width(); ++i) std::copy_n(bias, grid.filters, to + i * grid.filters);
      for (std::size_t dy = 0; dy < grid.window_height; ++dy) {
        gemm(signed_size(grid.out_width()), {x + grid.row(sample, y + dy), signed_size(grid.channels)}, packed[dy],
             {to, signed_size(grid.filters), Real{1}});
      }
    }
  });
}

// Every place of a window adds grad · weightᵀ to the numbers that it was read from.
void add_input_gradient(const Grid& grid, const Real* weight, const Real* grad_out, const GradientTarget& target,
                        const RunContext& context) {
  const std::ptrdiff_t filters = signed_size(grid.filters);
  const std::ptrdiff_t channels = signed_size(grid.channels);
  std::vector<PackedFactor> packed;
  for (std::size_t place = 0; place < grid.window_height * grid.window_width; ++place) {
    const Factor part = {weight + place * grid.channels * grid.filters, filters, MatrixOp::transposed};
    packed.emplace_back(part, filters, channels);
  }
  Real* const to = target.tensor.data();
  parallel_for(grid.batch, 1, context, [&](const Chunk& samples) {
    const std::size_t sample = samples.begin;
    if (target.beta == 0) std::fill_n(to + grid.row(sample, 0), grid.row(1, 0), Real{0});
    for (std::size_t y = 0; y < grid.out_height(); ++y) {
      for (std::size_t place = 0; place < packed.size(); ++place) {
        const std::size_t first = grid.row(sample, y + place / grid.window_width, place % grid.window_width);
        gemm(signed_size(grid.out_width()), {grad_out + grid.out_row(sample, y), filters}, packed[place],
             {to + first, channels, Real{1}});
      }
    }
  });
}

// Shards of samples, each with a sum of its own, added up in their order.
void add_weight_gradient(const Grid& grid, const Real* x, const Real* grad_out, const GradientTarget& target,
                         const RunContext& context) {
  constexpr std::size_t kShards = 8;
  const std::ptrdiff_t filters = signed_size(grid.filters);
  const std::size_t size = target.tensor.size();
  const std::size_t grain = std::max<std::size_t>(1, (grid.batch + kShards - 1) / kShards);
  std::vector<Real, BufferAllocator> sums(chunk_count(grid.batch, grain) * size, Real{0});
  parallel_for(grid.batch, grain, context, [&](const Chunk& samples) {
    for (std::size_t row = samples.begin * grid.out_height(); row < samples.end * grid.out_height(); ++row) {
      const std::size_t sample = row / grid.out_height();
      const std::size_t y = row % grid.out_height();
      for (std::size_t dy = 0; dy < grid.window_height; ++dy) {
        Real* const to = sums.data() + samples.index * size + dy * grid.window_size() * grid.filters;
        gemm({signed_size(grid.window_size()), filters, signed_size(grid.out_width())},
             {x + grid.row(sample, y + dy), signed_size(grid.channels), MatrixOp::transposed},
             {grad_out + grid.out_row(sample, y), filters}, {to, filters, Real{1}});
      }
    }
  });
  Real* const to = target.tensor.data();
  for (std::size_t i = 0; i < size; ++i) {
    Real sum = target.beta == 0 ? Real{0} : to[i];
    for (std::size_t shard = 0; shard * size < sums.size(); ++shard) sum += sums[shard * size + i];
    to[i] = sum;
  }
}

// Zeros around pictures; `out` has room for both.
struct Frame {
  std::size_t batch;
  std::size_t height;
  std::size_t row;    // numbers of a row
  std::size_t above;  // rows
  std::size_t below;
  std::size_t before;  // numbers
  std::size_t behind;

  [[nodiscard]] std::size_t framed_row() const { return before + row + behind; }
  [[nodiscard]] std::size_t place(std::size_t sample, std::size_t y) const {
    return (sample * (above + height + below) + above + y) * framed_row() + before;
  }
};

Variable framed(const Variable& x, const Frame& frame, const Shape& shape) {
  Tensor out = x.graph().zeros(shape);
  for (std::size_t i = 0; i < frame.batch * frame.height; ++i) {
    std::copy_n(x.value().data() + i * frame.row, frame.row,
                out.data() + frame.place(i / frame.height, i % frame.height));
  }
  return x.graph().record(std::move(out), {x}, [x, frame](const Tensor& grad_out, const Tensor&) {
    const GradientTarget target = x.grad_target();
    for (std::size_t i = 0; i < frame.batch * frame.height; ++i) {
      const Real* const from = grad_out.data() + frame.place(i / frame.height, i % frame.height);
      Real* const to = target.tensor.data() + i * frame.row;
      for (std::size_t j = 0; j < frame.row; ++j) to[j] = from[j] + (target.beta == 0 ? Real{0} : to[j]);
    }
  });
}

Variable record_convolution(const Grid& grid, const Variable& x, const Variable& weight, const Variable& bias,
                            const Shape& shape) {
  Graph& graph = x.graph();
  Tensor out = graph.tensor(shape);
  convolve(grid, x.value().data(), weight.value().data(), bias.value().data(), out.data(), graph.context());
  return graph.record(std::move(out), {x, weight, bias}, [=](const Tensor& grad_out, const Tensor&) {
    const RunContext& context = x.graph().context();
    if (x.needs_grad()) {
      add_input_gradient(grid, weight.value().data(), grad_out.data(), x.grad_target(), context);
    }
    if (weight.needs_grad()) {
      add_weight_gradient(grid, x.value().data(), grad_out.data(), weight.grad_target(), context);
    }
    if (bias.needs_grad()) {
      const GradientTarget target = bias.grad_target();
      column_sums(grad_out.data(), grad_out.shape().rows(), grid.filters, target.beta, target.tensor.data(), context);
    }
  });
}

void require_bias(const char* operation, const Shape& weight, const Shape& bias) {
  if (bias == Shape{weight.cols()}) return;
  throw_shape_error(operation, weight, bias, "a bias of as many numbers as filters");
}

Parameter zeros(std::size_t columns) {
  return {.name = {}, .value = Tensor({columns})};
}

std::vector<Parameter*> name_both(const std::string& prefix, Parameter& weight, Parameter& bias) {
  const std::string start = prefix.empty() ? prefix : prefix + '.';
  weight.name = start + "weight";
  bias.name = start + "bias";
  return {&weight, &bias};
}

}  // namespace

Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias, Padding padding) {
  const Shape& w = weight.shape();
  const Shape& in = x.shape();
  if (in.rank() != 3 || w.rank() != 3 || in[2] != w[1] || w[0] == 0 || (padding == Padding::valid && in[1] < w[0])) {
    throw_shape_error("conv1d", in, w, "[batch × steps × channels] and [window × channels × filters]");
  }
  require_bias("conv1d", w, bias.shape());
  Variable from = x;
  if (padding == Padding::same && w[0] > 1) {
    const std::size_t before = (w[0] - 1) / 2;
    const Frame frame = {in[0], 1, in[1] * in[2], 0, 0, before * in[2], (w[0] - 1 - before) * in[2]};
    from = framed(x, frame, {in[0], in[1] + w[0] - 1, in[2]});
  }
  const Grid grid = {in[0], 1, from.shape()[1], in[2], 1, w[0], w[2]};
  return record_convolution(grid, from, weight, bias, {in[0], grid.out_width(), w[2]});
}

Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias, Padding padding) {
  const Shape& w = weight.shape();
  const Shape& in = x.shape();
  if (in.rank() != 4 || w.rank() != 4 || in[3] != w[2] || w[0] == 0 || w[1] == 0 ||
      (padding == Padding::valid && (in[1] < w[0] || in[2] < w[1]))) {
    throw_shape_error("conv2d", in, w, "[batch × height × width × channels] and [height × width × channels × filters]");
  }
  require_bias("conv2d", w, bias.shape());
  Variable from = x;
  if (padding == Padding::same && w[0] * w[1] > 1) {
    const std::size_t above = (w[0] - 1) / 2;
    const std::size_t before = (w[1] - 1) / 2;
    const Frame frame = {
        in[0], in[1], in[2] * in[3], above, w[0] - 1 - above, before * in[3], (w[1] - 1 - before) * in[3]};
    from = framed(x, frame, {in[0], in[1] + w[0] - 1, in[2] + w[1] - 1, in[3]});
  }
  const Shape& framed_shape = from.shape();
  const Grid grid = {in[0], framed_shape[1], framed_shape[2], in[3], w[0], w[1], w[3]};
  return record_convolution(grid, from, weight, bias, {in[0], grid.out_height(), grid.out_width(), w[3]});
}

Conv1d::Conv1d(std::size_t window, std::size_t channels, std::size_t filters, Rng& rng)
    : weight{.name = {}, .value = initial_tensor({window, channels, filters}, InitialValues::he_uniform, rng)},
      bias(zeros(filters)) {}

Variable Conv1d::forward(const Variable& x, Padding padding) {
  return conv1d(x, x.graph().parameter(weight), x.graph().parameter(bias), padding);
}

Variable Conv1d::forward_max(const Variable& x, std::span<const int> lengths) {
  return conv1d_max(x, x.graph().parameter(weight), x.graph().parameter(bias), lengths);
}

std::vector<Parameter*> Conv1d::parameters(const std::string& prefix) {
  return name_both(prefix, weight, bias);
}

Conv2d::Conv2d(std::size_t window, std::size_t channels, std::size_t filters, Rng& rng)
    : weight{.name = {}, .value = initial_tensor({window, window, channels, filters}, InitialValues::he_uniform, rng)},
      bias(zeros(filters)) {}

Variable Conv2d::forward(const Variable& x, Padding padding) {
  return conv2d(x, x.graph().parameter(weight), x.graph().parameter(bias), padding);
}

std::vector<Parameter*> Conv2d::parameters(const std::string& prefix) {
  return name_both(prefix, weight, bias);
}

}  // namespace malmoi::neural
