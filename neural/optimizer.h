#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/parameter.h"
#include "neural/tensor.h"

namespace malmoi::neural {

// g: gradient; w: weight; r: learning rate of the step. The formulas are those of PyTorch.
enum class UpdateRule {
  sgd,       ///< w -= r g
  momentum,  ///< v = μ v + g;  w -= r v
  nesterov,  ///< v = μ v + g;  w -= r (g + μ v)
  adagrad,   ///< s += g²;  w -= r g / (√s + ε)                                   Duchi, Hazan and Singer 2011
  rmsprop,   ///< s = ρ s + (1 - ρ) g²;  w -= r g / (√s + ε)                      Tieleman and Hinton 2012
  adam,  ///< m = β₁ m + (1 - β₁) g;  s = β₂ s + (1 - β₂) g²;  w -= r m̂ / (√ŝ + ε), m̂ = m / (1 - β₁ᵗ),
         ///< ŝ = s / (1 - β₂ᵗ)                                                Kingma and Ba 2015
  adamw  ///< as adam, but w -= r · l2 · w instead of l2 in g                 Loshchilov and Hutter 2019
};

struct OptimizerOptions {
  UpdateRule rule = UpdateRule::adam;
  double momentum = 0.9;  ///< μ of momentum and nesterov, 0 ≤ μ < 1
  double decay = 0.99;    ///< ρ of rmsprop, 0 ≤ ρ < 1
  double beta1 = 0.9;     ///< of adam and adamw, 0 ≤ β < 1
  double beta2 = 0.999;   ///< of adam and adamw, 0 ≤ β < 1
  double epsilon = 1e-8;  ///< ≥ 0; 0 divides by 0 where a gradient was never other than 0
  double l1 = 0.0;        ///< l1 · sign(w) is added to g; ≥ 0
  double l2 = 0.0;        ///< l2 · w is added to g, with adamw the decay of weights; ≥ 0
  double clip_norm =
      0.0;  ///< gradients are scaled to this norm, over all parameters, where theirs is greater; 0: never
};

/// What an optimizer has learned, to go on with the same bytes: plain data.
struct OptimizerState {
  struct Moment {
    std::string name;  ///< of the parameter, then ".first" or ".second"
    Tensor value;
  };
  std::int64_t steps = 0;
  std::vector<Moment> moments;
};

/// Updates parameters by their gradients.
///
/// A parameter with GradientForm::rows gets its touched rows updated alone. For sgd and adagrad that is what the whole
/// gradient would do. Others do not let untouched rows move on by momentum, nor their averages decay, and l1 and l2 act
/// on touched rows alone: the lazy form, for adam that of torch.optim.SparseAdam (corrections by the step's number).
class Optimizer {
 public:
  /// parameters  with different names; frozen ones are left alone. They must outlive the optimizer.
  /// Throws invalid_argument: an option out of range, a name used twice
  Optimizer(const std::vector<Parameter*>& parameters, const OptimizerOptions& options);

  /// One step with this learning rate (of a schedule: rate_at(schedule, steps())); gradients are cleared. Parameters
  /// without a gradient stay. Returns the norm of the whole gradient as it came, before clipping and penalties; where
  /// it is not finite nothing is changed, the step does not count and gradients are cleared. The same bytes for every
  /// number of threads.
  double step(double rate, const RunContext& context = {});

  [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }  ///< taken so far
  [[nodiscard]] const OptimizerOptions& options() const noexcept { return options_; }
  [[nodiscard]] OptimizerState state() const;
  /// Throws invalid_argument where the state's moments are not those of the parameters, with the same shapes.
  void restore(const OptimizerState& state);

 private:
  struct Slot {
    Parameter* parameter;
    Tensor first;   // v, or m; empty where the rule has none
    Tensor second;  // s
  };
  double squared_norm(const RunContext& context) const;
  void update(Slot& slot, double rate, double scale, const RunContext& context);

  OptimizerOptions options_;
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
};

}  // namespace malmoi::neural
