#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "corpus/base/rng.h"
#include "corpus/base/run_context.h"
#include "neural/parameter.h"
#include "neural/tensor.h"

namespace malmoi::neural {

class Graph;
struct Node;

/// train records what the gradient needs; evaluate keeps nothing: a value is freed with its last Variable.
enum class Mode { train, evaluate };

/// What a backward pass does with the tape behind it.
enum class Tape {
  release,  ///< frees every node as soon as it has been passed
  keep      ///< leaves all in place for the backward pass of another loss
};

/// Where a gradient goes. beta = 0: nothing is there yet, what `tensor` holds is not to be read; 1: add to it.
struct GradientTarget {
  Tensor& tensor;
  Real beta;
};

/// A handle of a value in a Graph. Copies refer to the same value.
class Variable {
 public:
  Variable() = default;
  explicit Variable(std::shared_ptr<Node> node) : node_(std::move(node)) {}

  [[nodiscard]] const Tensor& value() const;
  [[nodiscard]] const Shape& shape() const { return value().shape(); }
  [[nodiscard]] Graph& graph() const;
  [[nodiscard]] bool needs_grad() const noexcept;       ///< false: backward functions leave this one out
  [[nodiscard]] Parameter* parameter() const noexcept;  ///< none: nullptr

  // For backward functions, and only where needs_grad():
  [[nodiscard]] Tensor& grad() const;                ///< zeros at first; add to it
  [[nodiscard]] GradientTarget grad_target() const;  ///< saves the zeros
  void add_grad(Tensor&& contribution) const;        ///< of the same size; saves the sum where it is the first

 private:
  friend class Graph;
  std::shared_ptr<Node> node_;
};

/// Adds the gradient of the inputs. grad_out: of the output; it may be used up. out: the output's value.
/// It is called again for the next loss with Tape::keep, so it must leave what it captured as it was.
using Backward = std::function<void(Tensor& grad_out, const Tensor& out)>;

/// The tape of one training step, or of one evaluation. restart() makes it ready for the next one, which then runs in
/// the memory of the one before. To be used from one thread; the operations themselves run on context.threads.
class Graph {
 public:
  Graph(Mode mode, Rng rng, RunContext context = {});
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph();

  /// Forgets the tape. The random numbers of the next step come from rng: a step's result depends on it alone.
  void restart(Rng rng);

  Variable input(Tensor value);              ///< a constant, unless watched
  Variable parameter(Parameter& parameter);  ///< refers to it; gradients are added to parameter.grad
  /// Asks for a gradient that can be read after backward(): of an input, before it is used, or of any later variable.
  void watch(const Variable& variable);

  /// Puts the result of an operation on the tape, if the gradient of any of its inputs is wanted.
  Variable record(Tensor value, std::span<const Variable> inputs, Backward backward);
  Variable record(Tensor value, std::initializer_list<Variable> inputs, Backward backward) {
    return record(std::move(value), std::span(inputs.begin(), inputs.size()), std::move(backward));
  }

  /// Adds the gradient of a loss (one number) to all parameters that it depends on.
  /// Throws invalid_argument: more than one number, depends on no parameter, or its tape was released; canceled
  void backward(const Variable& loss, Tape tape = Tape::release);

  /// The gradient of a watched variable; zeros when the loss does not depend on it.
  [[nodiscard]] Tensor gradient(const Variable& watched) const;

  [[nodiscard]] Mode mode() const noexcept { return mode_; }
  [[nodiscard]] const RunContext& context() const noexcept { return context_; }
  [[nodiscard]] const BufferPool& pool() const noexcept { return *pool_; }
  [[nodiscard]] Tensor tensor(const Shape& shape) const { return {shape, pool_}; }  ///< not initialised
  [[nodiscard]] Tensor zeros(const Shape& shape) const;
  [[nodiscard]] Rng next_rng() noexcept { return rng_.split(draws_++); }  ///< for one random operation

 private:
  std::shared_ptr<BufferPool> pool_;
  std::vector<std::shared_ptr<Node>> tape_;  // topological, as recorded
  Mode mode_;
  Rng rng_;
  std::uint64_t draws_ = 0;
  RunContext context_;
};

}  // namespace malmoi::neural
