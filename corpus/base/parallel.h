#pragma once

#include <cstddef>
#include <functional>

#include "corpus/base/run_context.h"

namespace malmoi {

/// The index-th part [begin, end) of a loop; parts depend on (n, grain) alone, never on the thread count.
struct Chunk {
  std::size_t index = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// How many chunks parallel_for makes of n items: for slots that hold one result a chunk.
[[nodiscard]] constexpr std::size_t chunk_count(std::size_t n, std::size_t grain) {
  return grain == 0 ? 0 : (n + grain - 1) / grain;
}

/// Calls body once for every chunk of `grain` items (the last may be shorter), on context.threads threads.
/// A body writes only to places of its own chunk; the caller combines them in index order.
/// Throws what a body throws (the first), invalid_argument for grain = 0, canceled when stopped.
void parallel_for(std::size_t n, std::size_t grain, const RunContext& context,
                  const std::function<void(const Chunk&)>& body);

/// Three stages over a stream of unknown length. `slot` is an index into buffers that the caller holds.
struct PipelineStages {
  std::function<bool(std::size_t slot)> produce;  ///< serial: fills the slot; false when nothing is left
  std::function<void(std::size_t slot)> work;     ///< parallel
  std::function<void(std::size_t slot)> consume;  ///< serial, in the order of produce
};

/// Slots an ordered pipeline needs to keep its threads busy.
[[nodiscard]] std::size_t pipeline_slots(const RunContext& context);

/// Runs the stages on pipeline_slots(context) slots until produce returns false. The order of produce and of consume
/// is the same for every thread count. Throws what a stage throws, canceled when stopped.
void ordered_pipeline(const PipelineStages& stages, const RunContext& context);

}  // namespace malmoi
