#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "neural/convolution.h"
#include "neural/kernels.h"
#include "neural/sequence_lengths.h"

namespace malmoi::neural {
namespace {

enum class Pool { max, average };

// Windows over pictures; a text is a picture of height 1 whose windows are 1 high.
struct Windows {
  std::size_t batch;
  std::size_t height;
  std::size_t width;
  std::size_t channels;
  std::size_t window_height;
  std::size_t window_width;
  std::size_t stride_y;
  std::size_t stride_x;

  [[nodiscard]] std::size_t out_height() const { return (height - window_height) / stride_y + 1; }
  [[nodiscard]] std::size_t out_width() const { return (width - window_width) / stride_x + 1; }
  [[nodiscard]] std::size_t size() const { return window_height * window_width; }
  // The numbers of window `index` (of all of the batch) at place `i` of it.
  [[nodiscard]] std::size_t place(std::size_t index, std::size_t i) const {
    const std::size_t x = index % out_width() * stride_x + i % window_width;
    const std::size_t rest = index / out_width();
    const std::size_t y = rest % out_height() * stride_y + i / window_width;
    return ((rest / out_height() * height + y) * width + x) * channels;
  }
};

// out = the greatest of each channel, winners = the places in the window where they stand.
void take_max(const Windows& windows, const Real* x, std::size_t index, Real* out, std::int32_t* winners) {
  std::copy_n(x + windows.place(index, 0), windows.channels, out);
  std::fill_n(winners, windows.channels, 0);
  for (std::size_t i = 1; i < windows.size(); ++i) {
    const Real* const from = x + windows.place(index, i);
    for (std::size_t c = 0; c < windows.channels; ++c) {
      if (!(from[c] > out[c])) continue;
      out[c] = from[c];
      winners[c] = static_cast<std::int32_t>(i);
    }
  }
}

void take_average(const Windows& windows, const Real* x, std::size_t index, Real* out) {
  std::fill_n(out, windows.channels, Real{0});
  const Real share = Real{1} / static_cast<Real>(windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Real* const from = x + windows.place(index, i);
    for (std::size_t c = 0; c < windows.channels; ++c) out[c] += share * from[c];
  }
}

void add_pool_gradient(const Windows& windows, const std::vector<std::int32_t>& winners, const Tensor& grad_out,
                       const Variable& x) {
  Tensor& grad = x.grad();
  const std::size_t per_sample = windows.out_height() * windows.out_width();
  const Real share = Real{1} / static_cast<Real>(windows.size());
  parallel_for(windows.batch, 4, x.graph().context(), [&](const Chunk& samples) {
    for (std::size_t index = samples.begin * per_sample; index < samples.end * per_sample; ++index) {
      const Real* const from = grad_out.data() + index * windows.channels;
      for (std::size_t c = 0; c < windows.channels; ++c) {
        if (!winners.empty()) {
          const auto i = static_cast<std::size_t>(winners[index * windows.channels + c]);
          grad[windows.place(index, i) + c] += from[c];
          continue;
        }
        for (std::size_t i = 0; i < windows.size(); ++i) grad[windows.place(index, i) + c] += share * from[c];
      }
    }
  });
}

Variable pool(Pool kind, const Variable& x, const Windows& windows, const Shape& shape) {
  Graph& graph = x.graph();
  Tensor out = graph.tensor(shape);
  std::vector<std::int32_t> winners(kind == Pool::max ? out.size() : 0);
  const std::size_t count = windows.batch * windows.out_height() * windows.out_width();
  for_blocks(count, row_grain(windows.size() * windows.channels), graph.context(),
             [&](std::size_t begin, std::size_t end) {
               for (std::size_t index = begin; index < end; ++index) {
                 Real* const to = out.data() + index * windows.channels;
                 if (kind == Pool::max) {
                   take_max(windows, x.value().data(), index, to, winners.data() + index * windows.channels);
                 } else {
                   take_average(windows, x.value().data(), index, to);
                 }
               }
             });
  return graph.record(std::move(out), {x},
                      [x, windows, winners = std::move(winners)](const Tensor& grad_out, const Tensor&) {
                        add_pool_gradient(windows, winners, grad_out, x);
                      });
}

Variable pool1d(const char* operation, Pool kind, const Variable& x, const PoolOptions& options) {
  const Shape& in = x.shape();
  if (in.rank() != 3 || options.window == 0 || in[1] < options.window) {
    throw_shape_error(operation, in, {options.window}, "[batch × steps × channels] and a window of at most the steps");
  }
  const std::size_t stride = options.stride == 0 ? options.window : options.stride;
  const Windows windows = {in[0], 1, in[1], in[2], 1, options.window, 1, stride};
  return pool(kind, x, windows, {in[0], windows.out_width(), in[2]});
}

Variable pool2d(const char* operation, Pool kind, const Variable& x, const PoolOptions& options) {
  const Shape& in = x.shape();
  if (in.rank() != 4 || options.window == 0 || in[1] < options.window || in[2] < options.window) {
    throw_shape_error(operation, in, {options.window},
                      "[batch × height × width × channels] and a window of at most height and width");
  }
  const std::size_t stride = options.stride == 0 ? options.window : options.stride;
  const Windows windows = {in[0], in[1], in[2], in[3], options.window, options.window, stride, stride};
  return pool(kind, x, windows, {in[0], windows.out_height(), windows.out_width(), in[3]});
}

std::size_t length_of(const std::vector<int>& lengths, std::size_t text, std::size_t steps) {
  return lengths.empty() ? steps : static_cast<std::size_t>(lengths[text]);
}

void require_texts(const char* operation, const Variable& x, std::span<const int> lengths) {
  if (x.shape().rank() != 3) throw_shape_error(operation, x.shape(), "[batch × steps × channels]");
  require_lengths(operation, lengths, x.shape());
}

}  // namespace

Variable max_pool1d(const Variable& x, const PoolOptions& options) {
  return pool1d("max_pool1d", Pool::max, x, options);
}
Variable average_pool1d(const Variable& x, const PoolOptions& options) {
  return pool1d("average_pool1d", Pool::average, x, options);
}
Variable max_pool2d(const Variable& x, const PoolOptions& options) {
  return pool2d("max_pool2d", Pool::max, x, options);
}
Variable average_pool2d(const Variable& x, const PoolOptions& options) {
  return pool2d("average_pool2d", Pool::average, x, options);
}

Variable max_over_time(const Variable& x, std::span<const int> lengths) {
  require_texts("max_over_time", x, lengths);
  const Shape in = x.shape();
  const std::vector<int> own(lengths.begin(), lengths.end());
  Graph& graph = x.graph();
  Tensor out = graph.zeros({in[0], in[2]});
  std::vector<std::int32_t> winners(out.size(), -1);  // -1: a text of no steps
  for_blocks(in[0], row_grain(in[1] * in[2]), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t text = begin; text < end; ++text) {
      const std::size_t length = length_of(own, text, in[1]);
      if (length == 0) continue;
      const Windows whole = {1, 1, length, in[2], 1, length, 1, 1};
      take_max(whole, x.value().data() + text * in[1] * in[2], 0, out.data() + text * in[2],
               winners.data() + text * in[2]);
    }
  });
  return graph.record(
      std::move(out), {x}, [x, in, winners = std::move(winners)](const Tensor& grad_out, const Tensor&) {
        Tensor& grad = x.grad();
        for (std::size_t i = 0; i < winners.size(); ++i) {
          if (winners[i] < 0) continue;
          grad[(i / in[2] * in[1] + static_cast<std::size_t>(winners[i])) * in[2] + i % in[2]] += grad_out[i];
        }
      });
}

Variable mean_over_time(const Variable& x, std::span<const int> lengths) {
  require_texts("mean_over_time", x, lengths);
  const Shape in = x.shape();
  const std::vector<int> own(lengths.begin(), lengths.end());
  Graph& graph = x.graph();
  Tensor out = graph.zeros({in[0], in[2]});
  for_blocks(in[0], row_grain(in[1] * in[2]), graph.context(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t text = begin; text < end; ++text) {
      const std::size_t length = length_of(own, text, in[1]);
      if (length == 0) continue;
      const Windows whole = {1, 1, length, in[2], 1, length, 1, 1};
      take_average(whole, x.value().data() + text * in[1] * in[2], 0, out.data() + text * in[2]);
    }
  });
  return graph.record(std::move(out), {x}, [x, in, own](const Tensor& grad_out, const Tensor&) {
    const GradientTarget target = x.grad_target();
    for_blocks(in[0], row_grain(in[1] * in[2]), x.graph().context(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin * in[1]; row < end * in[1]; ++row) {
        const std::size_t text = row / in[1];
        const std::size_t length = length_of(own, text, in[1]);
        const Real share = row % in[1] < length ? Real{1} / static_cast<Real>(length) : Real{0};
        Real* const to = target.tensor.data() + row * in[2];
        for (std::size_t c = 0; c < in[2]; ++c) {
          to[c] = share * grad_out[text * in[2] + c] + (target.beta == 0 ? Real{0} : to[c]);
        }
      }
    });
  });
}

}  // namespace malmoi::neural
