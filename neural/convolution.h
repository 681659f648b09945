#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/rng.h"
#include "neural/graph.h"
#include "neural/parameter.h"

namespace malmoi::neural {

// Texts are [batch × steps × channels], pictures [batch × height × width × channels]. Convolutions do not turn their
// weights round (they are correlations), and step by one. All throw invalid_argument, naming the operation and both
// shapes, for shapes that do not fit, and canceled when stopped.

/// valid: only windows that lie inside; same: zeros around, (window - 1) / 2 of them before, so that sizes are kept.
enum class Padding { valid, same };

/// weight [window × channels × filters], bias [filters] → [batch × windows × filters]
[[nodiscard]] Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias,
                              Padding padding = Padding::valid);

/// weight [window height × window width × channels × filters], bias [filters] → [batch × windows × windows × filters]
[[nodiscard]] Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                              Padding padding = Padding::valid);

/// The greatest value of each filter over all windows of a text (Kim 2014) → [batch × filters]. It is
/// max_over_time(conv1d(x)) in one operation whose gradient touches only the windows that won, the first of equal ones.
/// lengths [batch] (empty: all full): the text ends there. A text shorter than the window is one window with zeros
/// behind.
[[nodiscard]] Variable conv1d_max(const Variable& x, const Variable& weight, const Variable& bias,
                                  std::span<const int> lengths = {});

struct PoolOptions {
  std::size_t window = 2;  ///< ≥ 1, at most the size of the axis
  std::size_t stride = 0;  ///< between windows; 0: the window's size. What is left over at the end does not count
};
/// [batch × steps × channels] → [batch × windows × channels]; max: the gradient goes to the first of equal ones.
[[nodiscard]] Variable max_pool1d(const Variable& x, const PoolOptions& options = {});
[[nodiscard]] Variable average_pool1d(const Variable& x, const PoolOptions& options = {});
/// [batch × height × width × channels] → [batch × windows × windows × channels], square windows.
[[nodiscard]] Variable max_pool2d(const Variable& x, const PoolOptions& options = {});
[[nodiscard]] Variable average_pool2d(const Variable& x, const PoolOptions& options = {});

/// Over the steps of each text up to its length → [batch × channels]; 0 for a text of no steps.
[[nodiscard]] Variable max_over_time(const Variable& x, std::span<const int> lengths = {});
[[nodiscard]] Variable mean_over_time(const Variable& x, std::span<const int> lengths = {});

/// A convolution of texts with its parameters.
struct Conv1d {
  Parameter weight;  ///< [window × channels × filters], uniform He at first
  Parameter bias;    ///< [filters], 0 at first

  Conv1d(std::size_t window, std::size_t channels, std::size_t filters, Rng& rng);
  Variable forward(const Variable& x, Padding padding = Padding::valid);
  Variable forward_max(const Variable& x, std::span<const int> lengths = {});  ///< conv1d_max
  std::vector<Parameter*> parameters(const std::string& prefix);
};

struct Conv2d {
  Parameter weight;  ///< [window × window × channels × filters], uniform He at first
  Parameter bias;    ///< [filters], 0 at first

  Conv2d(std::size_t window, std::size_t channels, std::size_t filters, Rng& rng);
  Variable forward(const Variable& x, Padding padding = Padding::valid);
  std::vector<Parameter*> parameters(const std::string& prefix);
};

}  // namespace malmoi::neural
