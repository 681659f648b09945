#include "corpus/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

#include "corpus/base/error.h"

namespace malmoi {
namespace {

TEST(ParallelFor, VisitsEveryItemOnceInChunksOfTheGrain) {
  for (const int threads : {1, 2, 8}) {
    std::vector<int> visits(1003, 0);
    std::vector<std::size_t> sizes(chunk_count(1003, 10));
    parallel_for(1003, 10, {.threads = threads}, [&](const Chunk& chunk) {
      sizes[chunk.index] = chunk.end - chunk.begin;
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) ++visits[i];
    });
    EXPECT_EQ(visits, std::vector<int>(1003, 1));
    EXPECT_EQ(sizes.front(), 10U);
    EXPECT_EQ(sizes.back(), 3U);
  }
}

TEST(ParallelFor, DoesNothingForNoItems) {
  parallel_for(0, 1, {.threads = 4}, [](const Chunk&) { FAIL() << "there is nothing to visit"; });
}

TEST(ParallelFor, HandsOnWhatABodyThrows) {
  const auto body = [](const Chunk& chunk) {
    if (chunk.index == 5) throw Error(ErrorCode::io, "five");
  };
  EXPECT_THROW(parallel_for(10, 1, {.threads = 1}, body), Error);
  EXPECT_THROW(parallel_for(10, 1, {.threads = 4}, body), Error);
  EXPECT_THROW(parallel_for(10, 0, {}, body), Error);
}

TEST(ParallelFor, EndsWithCanceledWhenAskedToStop) {
  std::stop_source stop;
  for (const int threads : {1, 4}) {
    try {
      parallel_for(1000, 1, {.threads = threads, .stop = stop.get_token()}, [&](const Chunk& chunk) {
        if (chunk.index == 3) stop.request_stop();
      });
      FAIL() << "went on to the end";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::canceled);
    }
  }
}

// Numbers 0 … count - 1 squared in parallel; returns what consume saw, in its order.
std::vector<std::size_t> squares_by_pipeline(std::size_t count, int threads) {
  const RunContext context{.threads = threads};
  std::vector<std::size_t> slots(pipeline_slots(context));
  std::size_t next = 0;
  std::vector<std::size_t> out;
  ordered_pipeline({.produce =
                        [&](std::size_t slot) {
                          if (next == count) return false;
                          slots[slot] = next++;
                          return true;
                        },
                    .work = [&](std::size_t slot) { slots[slot] *= slots[slot]; },
                    .consume = [&](std::size_t slot) { out.push_back(slots[slot]); }},
                   context);
  return out;
}

TEST(OrderedPipeline, KeepsTheOrderForEveryThreadCount) {
  std::vector<std::size_t> expected(5000);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = i * i;
  for (const int threads : {1, 2, 8}) EXPECT_EQ(squares_by_pipeline(5000, threads), expected);
  EXPECT_TRUE(squares_by_pipeline(0, 4).empty());
}

TEST(OrderedPipeline, HandsOnWhatAStageThrows) {
  for (const int threads : {1, 4}) {
    int produced = 0;
    const PipelineStages stages{.produce = [&](std::size_t) { return ++produced < 100; },
                                .work = [](std::size_t) {},
                                .consume = [](std::size_t) { throw Error(ErrorCode::io, "full"); }};
    EXPECT_THROW(ordered_pipeline(stages, {.threads = threads}), Error);
  }
}

}  // namespace
}  // namespace malmoi
