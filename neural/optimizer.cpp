#include "neural/optimizer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "corpus/base/error.h"
#include "neural/kernels.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kGrain = kBlock / 4;  // an update does more with a number than most loops
constexpr std::size_t kAhead = 4;           // rows that are asked for before they are updated

bool has_first(UpdateRule rule) {
  return rule == UpdateRule::momentum || rule == UpdateRule::nesterov || rule == UpdateRule::adam ||
         rule == UpdateRule::adamw;
}
bool has_second(UpdateRule rule) {
  return rule == UpdateRule::adagrad || rule == UpdateRule::rmsprop || rule == UpdateRule::adam ||
         rule == UpdateRule::adamw;
}

void validate(const OptimizerOptions& o) {
  const auto is_share = [](double x) { return x >= 0.0 && x < 1.0; };
  const auto is_amount = [](double x) { return x >= 0.0 && std::isfinite(x); };
  if (is_share(o.momentum) && is_share(o.decay) && is_share(o.beta1) && is_share(o.beta2) && is_amount(o.epsilon) &&
      is_amount(o.l1) && is_amount(o.l2) && is_amount(o.clip_norm)) {
    return;
  }
  throw Error(ErrorCode::invalid_argument,
              concat("Optimizer: momentum ", o.momentum, ", decay ", o.decay, ", beta1 ", o.beta1, ", beta2 ", o.beta2,
                     ", epsilon ", o.epsilon, ", l1 ", o.l1, ", l2 ", o.l2, ", clip_norm ", o.clip_norm,
                     ", wanted shares in [0, 1) and amounts ≥ 0"));
}

// Numbers of a step that are the same for all weights.
struct Step {
  UpdateRule rule;
  Real rate;
  Real scale;  // of the gradient, from clipping
  Real l1;
  Real l2;
  Real shrink;  // w is multiplied by this first: the decay of adamw
  Real keep_first;
  Real take_first;
  Real keep_second;
  Real take_second;
  Real root_scale;  // of √s: the correction of adam
  Real epsilon;
};

Step plan(const OptimizerOptions& o, double rate, double scale, std::int64_t step) {
  const bool decays = o.rule == UpdateRule::adamw;
  Step plan{.rule = o.rule,
            .rate = static_cast<Real>(rate),
            .scale = static_cast<Real>(scale),
            .l1 = static_cast<Real>(o.l1),
            .l2 = static_cast<Real>(decays ? 0.0 : o.l2),
            .shrink = static_cast<Real>(decays ? 1.0 - rate * o.l2 : 1.0),
            .keep_first = static_cast<Real>(o.momentum),
            .take_first = 1,
            .keep_second = 1,
            .take_second = 1,
            .root_scale = 1,
            .epsilon = static_cast<Real>(o.epsilon)};
  if (o.rule == UpdateRule::rmsprop) {
    plan.keep_second = static_cast<Real>(o.decay);
    plan.take_second = static_cast<Real>(1.0 - o.decay);
  } else if (has_first(o.rule) && has_second(o.rule)) {
    const auto t = static_cast<double>(step);
    plan.rate = static_cast<Real>(rate / (1.0 - std::pow(o.beta1, t)));
    plan.root_scale = static_cast<Real>(1.0 / std::sqrt(1.0 - std::pow(o.beta2, t)));
    plan.keep_first = static_cast<Real>(o.beta1);
    plan.take_first = static_cast<Real>(1.0 - o.beta1);
    plan.keep_second = static_cast<Real>(o.beta2);
    plan.take_second = static_cast<Real>(1.0 - o.beta2);
  }
  return plan;
}

// The gradient with clipping and penalties.
inline Real whole_gradient(const Step& step, Real g, Real w) {
  const Real sign = w > 0 ? Real{1} : w < 0 ? Real{-1} : Real{0};
  return step.scale * g + step.l2 * w + step.l1 * sign;
}

void update_sgd(const Step& step, const Real* g, Real* w, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) w[i] -= step.rate * whole_gradient(step, g[i], w[i]);
}

void update_momentum(const Step& step, const Real* __restrict g, Real* __restrict w, Real* __restrict v,
                     std::size_t n) {
  const Real own = step.rule == UpdateRule::nesterov ? Real{1} : Real{0};  // shares of g and v in the step
  const Real of_v = step.rule == UpdateRule::nesterov ? step.keep_first : Real{1};
  for (std::size_t i = 0; i < n; ++i) {
    const Real whole = whole_gradient(step, g[i], w[i]);
    v[i] = step.keep_first * v[i] + whole;
    w[i] -= step.rate * (own * whole + of_v * v[i]);
  }
}

void update_scaled(const Step& step, const Real* __restrict g, Real* __restrict w, Real* __restrict s, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real whole = whole_gradient(step, g[i], w[i]);
    s[i] = step.keep_second * s[i] + step.take_second * whole * whole;
    w[i] -= step.rate * whole / (std::sqrt(s[i]) + step.epsilon);
  }
}

void update_adam(const Step& step, const Real* __restrict g, Real* __restrict w, Real* __restrict m, Real* __restrict s,
                 std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real whole = whole_gradient(step, g[i], w[i]);
    m[i] = step.keep_first * m[i] + step.take_first * whole;
    s[i] = step.keep_second * s[i] + step.take_second * whole * whole;
    w[i] = step.shrink * w[i] - step.rate * m[i] / (std::sqrt(s[i]) * step.root_scale + step.epsilon);
  }
}

void update_numbers(const Step& step, const Real* g, Real* w, Real* first, Real* second, std::size_t n) {
  switch (step.rule) {
    case UpdateRule::sgd:
      return update_sgd(step, g, w, n);
    case UpdateRule::momentum:
    case UpdateRule::nesterov:
      return update_momentum(step, g, w, first, n);
    case UpdateRule::adagrad:
    case UpdateRule::rmsprop:
      return update_scaled(step, g, w, second, n);
    case UpdateRule::adam:
    case UpdateRule::adamw:
      return update_adam(step, g, w, first, second, n);
  }
}

// A part of a tensor that may be empty.
Real* at(Tensor& tensor, std::size_t offset) {
  return tensor.empty() ? nullptr : tensor.data() + offset;
}

Tensor zeros_if(bool wanted, const Shape& shape) {
  return wanted ? Tensor(shape) : Tensor();
}

}  // namespace

Optimizer::Optimizer(const std::vector<Parameter*>& parameters, const OptimizerOptions& options) : options_(options) {
  validate(options);
  std::set<std::string> names;
  for (Parameter* const parameter : parameters) {
    if (!names.insert(parameter->name).second) {
      throw Error(ErrorCode::invalid_argument, concat("Optimizer: two parameters named \"", parameter->name, "\""));
    }
    if (parameter->frozen) continue;
    const Shape& shape = parameter->value.shape();
    slots_.push_back({.parameter = parameter,
                      .first = zeros_if(has_first(options.rule), shape),
                      .second = zeros_if(has_second(options.rule), shape)});
  }
}

double Optimizer::squared_norm(const RunContext& context) const {
  double sum = 0.0;
  for (const Slot& slot : slots_) {
    if (slot.parameter->form == GradientForm::none) continue;
    const Tensor& grad = slot.parameter->grad;
    std::vector<double> parts(chunk_count(grad.size(), kBlock));
    for_blocks(grad.size(), kBlock, context, [&](std::size_t begin, std::size_t end) {
      parts[begin / kBlock] = sum_of_squares(grad.data() + begin, end - begin);
    });
    for (const double part : parts) sum += part;
  }
  return sum;
}

double Optimizer::step(double rate, const RunContext& context) {
  const double norm = std::sqrt(squared_norm(context));
  if (std::isfinite(norm)) {
    ++steps_;
    const double scale = options_.clip_norm > 0 && norm > options_.clip_norm ? options_.clip_norm / norm : 1.0;
    for (Slot& slot : slots_) update(slot, rate, scale, context);
  }
  for (Slot& slot : slots_) slot.parameter->clear_gradient();
  return norm;
}

void Optimizer::update(Slot& slot, double rate, double scale, const RunContext& context) {
  Parameter& parameter = *slot.parameter;
  const Step step = plan(options_, rate, scale, steps_);
  const auto numbers = [&](std::size_t from, std::size_t to, std::size_t n) {
    update_numbers(step, parameter.grad.data() + from, parameter.value.data() + to, at(slot.first, to),
                   at(slot.second, to), n);
  };
  if (parameter.form == GradientForm::dense) {
    for_blocks(parameter.value.size(), kGrain, context,
               [&](std::size_t begin, std::size_t end) { numbers(begin, begin, end - begin); });
  } else if (parameter.form == GradientForm::rows) {
    const std::size_t columns = parameter.value.shape().cols();
    const std::span<const std::int32_t> rows = parameter.grad_rows;
    const auto start_of = [&](std::size_t i) { return static_cast<std::size_t>(rows[i]) * columns; };
    for_blocks(rows.size(), std::max<std::size_t>(1, kGrain / columns), context,
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) {
                   if (i + kAhead < end) {
                     prefetch_row(parameter.value.data() + start_of(i + kAhead), columns);
                     prefetch_row(at(slot.first, start_of(i + kAhead)), columns);
                     prefetch_row(at(slot.second, start_of(i + kAhead)), columns);
                   }
                   numbers(i * columns, start_of(i), columns);
                 }
               });
  }
}

OptimizerState Optimizer::state() const {
  OptimizerState state{.steps = steps_, .moments = {}};
  for (const Slot& slot : slots_) {
    if (!slot.first.empty()) state.moments.push_back({slot.parameter->name + ".first", slot.first});
    if (!slot.second.empty()) state.moments.push_back({slot.parameter->name + ".second", slot.second});
  }
  return state;
}

void Optimizer::restore(const OptimizerState& state) {
  const OptimizerState own = this->state();
  bool fits = own.moments.size() == state.moments.size();
  for (std::size_t i = 0; fits && i < own.moments.size(); ++i) {
    fits =
        own.moments[i].name == state.moments[i].name && own.moments[i].value.shape() == state.moments[i].value.shape();
  }
  if (!fits) {
    throw Error(ErrorCode::invalid_argument,
                concat("Optimizer::restore: ", state.moments.size(), " moments, wanted the ", own.moments.size(),
                       " of these parameters in their order, with their shapes"));
  }
  std::size_t next = 0;
  for (Slot& slot : slots_) {
    if (!slot.first.empty()) slot.first = state.moments[next++].value;
    if (!slot.second.empty()) slot.second = state.moments[next++].value;
  }
  steps_ = state.steps;
}

}  // namespace malmoi::neural
