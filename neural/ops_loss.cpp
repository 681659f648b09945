#include "neural/ops_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "neural/kernels.h"

namespace malmoi::neural {
namespace {

// The loss as the sum of what the rows have added, and the gradient that was found beside it: grad_out times `slopes`.
Variable record_loss(const Variable& x, std::span<const double> parts, Tensor slopes) {
  double loss = 0.0;
  for (const double part : parts) loss += part;
  Graph& graph = x.graph();
  Tensor value = graph.tensor({});
  value[0] = static_cast<Real>(loss);
  return graph.record(std::move(value), {x}, [x, slopes = std::move(slopes)](const Tensor& grad_out, const Tensor&) {
    const GradientTarget target = x.grad_target();
    const Real scale = grad_out[0];
    const bool fresh = target.beta == 0;
    const Real* const from = slopes.data();
    Real* const to = target.tensor.data();
    for_blocks(slopes.size(), kBlock, x.graph().context(), [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) to[i] = (fresh ? 0 : to[i]) + scale * from[i];
    });
  });
}

// part(begin, end) is the loss of a block of numbers; it writes their slopes.
template <typename Part>
Variable sum_blocks(const Variable& x, Tensor slopes, std::size_t n, std::size_t grain, const Part& part) {
  std::vector<double> parts(chunk_count(n, grain));
  for_blocks(n, grain, x.graph().context(),
             [&](std::size_t begin, std::size_t end) { parts[begin / grain] = part(begin, end); });
  return record_loss(x, parts, std::move(slopes));
}

// What an example adds: weights of -ln p(c), the same for all classes but the label's, times class weights.
struct LabelTerms {
  std::span<const std::int32_t> labels;
  std::span<const Real> class_weights;
  Real on_label;    // (1 - ε) / Σ w(y)
  Real everywhere;  // ε / classes / Σ w(y)

  [[nodiscard]] Real class_weight(std::size_t c) const { return class_weights.empty() ? Real{1} : class_weights[c]; }
};

void require_labels(const Shape& logits, std::span<const std::int32_t> labels, const CrossEntropyOptions& options) {
  if (logits.rank() != 2 || logits[0] != labels.size() || logits[1] == 0) {
    throw_shape_error("softmax_cross_entropy", logits, Shape({labels.size()}), "[examples × classes] and [examples]");
  }
  if (!options.class_weights.empty() && options.class_weights.size() != logits[1]) {
    throw_shape_error("softmax_cross_entropy", logits, Shape({options.class_weights.size()}),
                      "a weight for each class");
  }
  if (!(options.label_smoothing >= 0.0 && options.label_smoothing < 1.0)) {
    throw Error(ErrorCode::invalid_argument, concat("softmax_cross_entropy: label smoothing ", options.label_smoothing,
                                                    ", wanted 0 ≤ smoothing < 1"));
  }
  for (const std::int32_t label : labels) {
    if (label >= -1 && std::cmp_less(label, logits[1])) continue;
    throw Error(ErrorCode::invalid_argument,
                concat("softmax_cross_entropy: label ", label, " of ", logits[1], " classes"));
  }
}

LabelTerms terms_of(std::span<const std::int32_t> labels, const CrossEntropyOptions& options, std::size_t classes) {
  double total = 0.0;
  for (const std::int32_t label : labels) {
    if (label < 0) continue;
    total += options.class_weights.empty()
                 ? 1.0
                 : static_cast<double>(options.class_weights[static_cast<std::size_t>(label)]);
  }
  const double scale = total > 0.0 ? 1.0 / total : 0.0;
  return {.labels = labels,
          .class_weights = options.class_weights,
          .on_label = static_cast<Real>((1.0 - options.label_smoothing) * scale),
          .everywhere = static_cast<Real>(options.label_smoothing / static_cast<double>(classes) * scale)};
}

// p = softmax(x); returns ln Σ e^x.
double row_softmax(const Real* x, Real* p, std::size_t n) {
  const Real shift = row_max(x, n);
  const Real sum = row_exp(x, shift, p, n);
  const Real scale = 1 / sum;
  for (std::size_t c = 0; c < n; ++c) p[c] *= scale;
  return static_cast<double>(shift) + std::log(static_cast<double>(sum));
}

double label_row(const LabelTerms& terms, std::size_t row, const Real* x, Real* slopes, std::size_t n) {
  const std::int32_t label = terms.labels[row];
  if (label < 0) {
    std::fill_n(slopes, n, Real{0});
    return 0.0;
  }
  const auto y = static_cast<std::size_t>(label);
  const double log_sum = row_softmax(x, slopes, n);
  const Real own = terms.on_label * terms.class_weight(y);
  double loss = static_cast<double>(own) * (log_sum - static_cast<double>(x[y]));
  Real weight_sum = own;  // Σ over classes of their term's weight: what p is multiplied by
  if (terms.everywhere > 0) {
    for (std::size_t c = 0; c < n; ++c) {
      const Real weight = terms.everywhere * terms.class_weight(c);
      weight_sum += weight;
      loss += static_cast<double>(weight) * (log_sum - static_cast<double>(x[c]));
    }
  }
  for (std::size_t c = 0; c < n; ++c) slopes[c] *= weight_sum;
  if (terms.everywhere > 0) {
    for (std::size_t c = 0; c < n; ++c) slopes[c] -= terms.everywhere * terms.class_weight(c);
  }
  slopes[y] -= own;
  return loss;
}

}  // namespace

Variable mean_squared_error(const Variable& prediction, const Tensor& target) {
  if (prediction.shape() != target.shape() || target.empty()) {
    throw_shape_error("mean_squared_error", prediction.shape(), target.shape(), "equal shapes with a number or more");
  }
  Tensor slopes = prediction.graph().tensor(target.shape());
  const Real* const x = prediction.value().data();
  const Real scale = 1 / static_cast<Real>(target.size());
  Real* const to = slopes.data();
  return sum_blocks(prediction, std::move(slopes), target.size(), kBlock, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) to[i] = x[i] - target[i];
    const double loss = sum_of_squares(to + begin, end - begin) * static_cast<double>(scale);
    for (std::size_t i = begin; i < end; ++i) to[i] *= 2 * scale;
    return loss;
  });
}

Variable softmax_cross_entropy(const Variable& logits, std::span<const std::int32_t> labels,
                               const CrossEntropyOptions& options) {
  require_labels(logits.shape(), labels, options);
  const std::size_t classes = logits.shape()[1];
  const LabelTerms terms = terms_of(labels, options, classes);
  Tensor slopes = logits.graph().tensor(logits.shape());
  const Real* const x = logits.value().data();
  Real* const to = slopes.data();
  return sum_blocks(logits, std::move(slopes), labels.size(), row_grain(classes),
                    [&](std::size_t begin, std::size_t end) {
                      double loss = 0.0;
                      for (std::size_t row = begin; row < end; ++row) {
                        loss += label_row(terms, row, x + row * classes, to + row * classes, classes);
                      }
                      return loss;
                    });
}

Variable softmax_cross_entropy(const Variable& logits, const Tensor& targets) {
  const Shape& shape = logits.shape();
  if (shape.rank() != 2 || shape != targets.shape() || targets.empty()) {
    throw_shape_error("softmax_cross_entropy", shape, targets.shape(), "[examples × classes] both");
  }
  const std::size_t n = shape[1];
  const Real scale = 1 / static_cast<Real>(shape[0]);
  Tensor slopes = logits.graph().tensor(shape);
  const Real* const values = logits.value().data();
  Real* const to = slopes.data();
  return sum_blocks(logits, std::move(slopes), shape[0], row_grain(n), [&](std::size_t begin, std::size_t end) {
    double loss = 0.0;
    for (std::size_t row = begin; row < end; ++row) {
      const Real* const t = targets.data() + row * n;
      const Real* const x = values + row * n;
      Real* const slope = to + row * n;
      const double log_sum = row_softmax(x, slope, n);
      const Real total = row_sum(t, n);
      loss += static_cast<double>(total) * log_sum - static_cast<double>(row_dot(t, x, n));
      for (std::size_t c = 0; c < n; ++c) slope[c] = scale * (total * slope[c] - t[c]);
    }
    return loss * static_cast<double>(scale);
  });
}

Variable binary_cross_entropy(const Variable& logits, const Tensor& targets, const Tensor& weights) {
  if (logits.shape() != targets.shape() || targets.empty()) {
    throw_shape_error("binary_cross_entropy", logits.shape(), targets.shape(), "equal shapes with a number or more");
  }
  if (!weights.empty() && weights.shape() != targets.shape()) {
    throw_shape_error("binary_cross_entropy", targets.shape(), weights.shape(), "a weight for each target");
  }
  Tensor slopes = logits.graph().tensor(targets.shape());
  const Real* const x = logits.value().data();
  Real* const to = slopes.data();
  const Real scale = 1 / static_cast<Real>(targets.size());
  return sum_blocks(logits, std::move(slopes), targets.size(), kBlock, [&](std::size_t begin, std::size_t end) {
    double loss = 0.0;
    for (std::size_t i = begin; i < end; ++i) {
      const Real weight = weights.empty() ? scale : scale * weights[i];
      loss += static_cast<double>(weight * (softplus(x[i]) - targets[i] * x[i]));
      to[i] = weight * (fast_sigmoid(x[i]) - targets[i]);
    }
    return loss;
  });
}

}  // namespace malmoi::neural
