#pragma once

#include "neural/graph.h"
#include "neural/parameter.h"

namespace malmoi::neural {

/// gain · (x - mean) / √(variance + epsilon) + bias over the last axis; gain and bias [that axis], the variance is that
/// of the row itself (divided by n). Source: Ba, Kiros and Hinton 2016
[[nodiscard]] Variable layer_norm(const Variable& x, const Variable& gain, const Variable& bias, double epsilon = 1e-5);

struct BatchNormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< running = (1 - momentum) running + momentum · batch, as PyTorch; the variance by n - 1
};

/// The running figures of batch_norm, [columns] each; frozen parameters, so that they are saved with a model.
struct RunningFigures {
  Parameter mean;
  Parameter variance;
};

/// gain · (x - mean) / √(variance + epsilon) + bias for every column of x [… × columns]. In Mode::train the figures are
/// those of all rows of the batch (variance divided by n) and the running ones are brought up to date; in
/// Mode::evaluate they are the running ones. Source: Ioffe and Szegedy 2015
[[nodiscard]] Variable batch_norm(const Variable& x, const Variable& gain, const Variable& bias,
                                  RunningFigures& running, const BatchNormOptions& options = {});

}  // namespace malmoi::neural
