#include "corpus/base/parallel.h"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <vector>

#include "corpus/base/error.h"

namespace malmoi {
namespace {

Chunk chunk_at(std::size_t index, std::size_t n, std::size_t grain) {
  return {index, index * grain, std::min(n, (index + 1) * grain)};
}

// oneTBB orders its tasks inside its own library, where ThreadSanitizer cannot see it; these atomics state the same
// order in our code.
class Handover {
 public:
  void give() { turn_.fetch_add(1, std::memory_order_release); }
  void take() const { (void)turn_.load(std::memory_order_acquire); }

 private:
  std::atomic<unsigned> turn_ = 0;
};

// What lies before and behind the work of all threads.
struct Borders {
  Handover start;
  Handover finish;
};

// A task's stay between the borders, also when it ends by an exception.
class Stay {
 public:
  explicit Stay(Borders& borders) : finish_(&borders.finish) { borders.start.take(); }
  ~Stay() { finish_->give(); }
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;

 private:
  Handover* finish_;
};

// The calling thread's arena of this size. It is kept: to make one at every call would send oneTBB's workers to sleep
// behind it, and to wake them costs more than many a loop.
tbb::task_arena& arena(int threads) {
  thread_local std::map<int, tbb::task_arena> kept;
  return kept.try_emplace(threads, threads).first->second;
}

// Runs the work with this many threads, more than the machine has cores if so wished: without the control oneTBB would
// print a warning and use fewer.
void run_on(int threads, Borders& borders, const std::function<void()>& work) {
  struct TakeAtExit {
    const Handover* finish;
    ~TakeAtExit() { finish->take(); }
  };
  using tbb::global_control;
  std::optional<global_control> allow;
  const auto wanted = static_cast<std::size_t>(threads);
  if (global_control::active_value(global_control::max_allowed_parallelism) < wanted) {
    allow.emplace(global_control::max_allowed_parallelism, wanted);
  }
  const TakeAtExit behind{&borders.finish};
  borders.start.give();
  arena(threads).execute(work);
}

void run_serial_pipeline(const PipelineStages& stages, const RunContext& context) {
  while (true) {
    throw_if_stopped(context);
    if (!stages.produce(0)) return;
    stages.work(0);
    stages.consume(0);
  }
}

}  // namespace

void throw_if_stopped(const RunContext& context) {
  if (context.stop.stop_requested()) throw Error(ErrorCode::canceled, "stopped on request");
}

void parallel_for(std::size_t n, std::size_t grain, const RunContext& context,
                  const std::function<void(const Chunk&)>& body) {
  if (grain == 0) throw Error(ErrorCode::invalid_argument, "parallel_for: grain must be at least 1");
  const std::size_t chunks = chunk_count(n, grain);
  if (context.threads <= 1 || chunks <= 1) {
    for (std::size_t index = 0; index < chunks; ++index) {
      throw_if_stopped(context);
      body(chunk_at(index, n, grain));
    }
    return;
  }
  Borders borders;
  run_on(context.threads, borders, [&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, chunks, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
          const Stay stay(borders);
          for (std::size_t index = range.begin(); index != range.end(); ++index) {
            throw_if_stopped(context);
            body(chunk_at(index, n, grain));
          }
        },
        tbb::simple_partitioner());
  });
}

std::size_t pipeline_slots(const RunContext& context) {
  return context.threads <= 1 ? 1 : static_cast<std::size_t>(context.threads) * 3;
}

void ordered_pipeline(const PipelineStages& stages, const RunContext& context) {
  if (context.threads <= 1) return run_serial_pipeline(stages, context);
  const std::size_t slots = pipeline_slots(context);
  Borders borders;
  std::vector<Handover> handovers(slots);
  Handover produced;
  Handover consumed;
  std::size_t next_slot = 0;
  // A slot is free again once consumed: tokens in flight never exceed `slots`, and both serial stages keep the order.
  const auto produce = [&](tbb::flow_control& control) -> std::size_t {
    const Stay stay(borders);
    consumed.take();
    produced.take();
    throw_if_stopped(context);
    const std::size_t slot = next_slot++ % slots;
    if (!stages.produce(slot)) control.stop();
    handovers[slot].give();
    produced.give();
    return slot;
  };
  const auto work = [&](std::size_t slot) {
    const Stay stay(borders);
    handovers[slot].take();
    stages.work(slot);
    handovers[slot].give();
    return slot;
  };
  const auto consume = [&](std::size_t slot) {
    const Stay stay(borders);
    handovers[slot].take();
    consumed.take();
    stages.consume(slot);
    consumed.give();
  };
  run_on(context.threads, borders, [&] {
    tbb::parallel_pipeline(slots, tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, produce) &
                                      tbb::make_filter<std::size_t, std::size_t>(tbb::filter_mode::parallel, work) &
                                      tbb::make_filter<std::size_t, void>(tbb::filter_mode::serial_in_order, consume));
  });
}

}  // namespace malmoi
