#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/real.h"

namespace malmoi::neural {

/// WindowedTexts x [batch × steps × channels] and the windows that filters [window × channels × filters] look at. A
/// text that is shorter than a window has one, with zeros behind it.
struct WindowedTexts {
  std::size_t batch;
  std::size_t steps;
  std::size_t channels;
  std::size_t window;
  std::size_t filters;
  std::vector<int> lengths;

  [[nodiscard]] std::size_t length(std::size_t text) const {
    return lengths.empty() ? steps : static_cast<std::size_t>(lengths[text]);
  }
  [[nodiscard]] std::size_t windows(std::size_t text) const { return std::max(length(text), window) - window + 1; }
  [[nodiscard]] std::size_t place(std::size_t text, std::size_t step) const { return (text * steps + step) * channels; }
  // Numbers of a window that lie inside the text.
  [[nodiscard]] std::size_t inside(std::size_t text, std::size_t step) const {
    return std::min(window, length(text) - step) * channels;
  }
};

/// Of every text and filter: [batch × filters].
struct Winners {
  Real* scores;           ///< the greatest, bias included
  std::int32_t* windows;  ///< its window, the first of equal ones
};

/// A text's result hangs on itself alone, and on no number of threads. Throws canceled when stopped.
void find_winners(const WindowedTexts& texts, const Real* x, const Real* weight, const Real* bias, const Winners& to,
                  const RunContext& context);

}  // namespace malmoi::neural
