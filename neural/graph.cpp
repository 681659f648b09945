#include "neural/graph.h"

#include <algorithm>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::neural {

// Shared by the tape, by handles outside and by the backward functions of later nodes, whichever lives longest: a
// handle that is kept beyond its graph must not dangle.
struct Node {
  Graph* graph = nullptr;
  Tensor own = {};
  Parameter* parameter = nullptr;  // its value is used instead of `own`
  Tensor grad = {};
  Backward backward = {};
  Tensor seen = {};  // of a watched node on the tape: the gradients that have passed
  bool needs_grad = false;
  bool watched = false;
  bool has_grad = false;
  bool on_tape = false;
};

namespace {

void add_to(Tensor& sum, const Tensor& term) {
  if (sum.empty()) {
    sum = term;
  } else {
    sum.array() += term.array();
  }
}

}  // namespace

const Tensor& Variable::value() const {
  return node_->parameter != nullptr ? node_->parameter->value : node_->own;
}
Graph& Variable::graph() const {
  return *node_->graph;
}
bool Variable::needs_grad() const noexcept {
  return node_->needs_grad;
}
Parameter* Variable::parameter() const noexcept {
  return node_->parameter;
}

Tensor& Variable::grad() const {
  const GradientTarget target = grad_target();
  if (target.beta == 0) target.tensor.fill(0);
  return target.tensor;
}

GradientTarget Variable::grad_target() const {
  if (Parameter* const parameter = node_->parameter; parameter != nullptr) {
    if (parameter->form == GradientForm::none) {
      parameter->grad.resize(parameter->value.shape());
      parameter->form = GradientForm::dense;
      return {parameter->grad, 0};
    }
    return {parameter->dense_gradient(), 1};
  }
  if (node_->has_grad) return {node_->grad, 1};
  node_->grad = graph().tensor(shape());
  node_->has_grad = true;
  return {node_->grad, 0};
}

void Variable::add_grad(Tensor&& contribution) const {
  if (node_->parameter == nullptr && !node_->has_grad) {
    node_->grad = std::move(contribution);
    node_->grad.reshape(shape());
    node_->has_grad = true;
    return;
  }
  const GradientTarget target = grad_target();
  if (target.beta == 0) {
    std::copy_n(contribution.data(), contribution.size(), target.tensor.data());
  } else {
    target.tensor.array() += std::as_const(contribution).array();
  }
}

Graph::Graph(Mode mode, Rng rng, RunContext context)
    : pool_(std::make_shared<BufferPool>()), mode_(mode), rng_(rng), context_(std::move(context)) {}

Graph::~Graph() {
  restart(rng_);
}

void Graph::restart(Rng rng) {
  // From the end: what a node refers to is still held by the tape, so that nothing is freed by recursion.
  while (!tape_.empty()) {
    tape_.back()->on_tape = false;
    tape_.back()->backward = nullptr;
    tape_.pop_back();
  }
  rng_ = rng;
  draws_ = 0;
}

Variable Graph::input(Tensor value) {
  auto node = std::make_shared<Node>();
  node->graph = this;
  node->own = std::move(value);
  return Variable(std::move(node));
}

Variable Graph::parameter(Parameter& parameter) {
  auto node = std::make_shared<Node>();
  node->graph = this;
  node->parameter = &parameter;
  node->needs_grad = mode_ == Mode::train && !parameter.frozen;
  return Variable(std::move(node));
}

void Graph::watch(const Variable& variable) {
  variable.node_->watched = true;
  variable.node_->needs_grad = mode_ == Mode::train;
}

Variable Graph::record(Tensor value, std::span<const Variable> inputs, Backward backward) {
  Variable out = input(std::move(value));
  const bool wanted = std::any_of(inputs.begin(), inputs.end(), [](const Variable& v) { return v.needs_grad(); });
  if (mode_ == Mode::evaluate || !wanted) return out;
  out.node_->needs_grad = true;
  out.node_->on_tape = true;
  out.node_->backward = std::move(backward);
  tape_.push_back(out.node_);
  return out;
}

void Graph::backward(const Variable& loss, Tape tape) {
  if (loss.value().size() != 1 || !loss.node_->on_tape) {
    throw Error(ErrorCode::invalid_argument,
                concat("Graph::backward: ", loss.value().size() != 1
                                                ? concat("a loss of shape ", loss.shape(), ", wanted one number")
                                                : "the loss depends on no parameter, or its tape was released"));
  }
  loss.grad().fill(1);
  for (std::size_t i = tape_.size(); i-- > 0;) {
    Node& node = *tape_[i];
    if (node.has_grad) {
      throw_if_stopped(context_);
      if (node.watched) add_to(node.seen, node.grad);
      node.backward(node.grad, node.own);
      node.grad = Tensor();
      node.has_grad = false;
    }
    if (tape == Tape::keep) continue;
    node.backward = nullptr;
    node.on_tape = false;
    tape_.pop_back();
  }
}

Tensor Graph::gradient(const Variable& watched) const {
  const Node& node = *watched.node_;
  if (!node.seen.empty()) return node.seen;
  return node.has_grad ? node.grad : Tensor(watched.shape());
}

Tensor Graph::zeros(const Shape& shape) const {
  Tensor zeros = tensor(shape);
  zeros.fill(0);
  return zeros;
}

}  // namespace malmoi::neural
