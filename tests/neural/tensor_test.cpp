#include "neural/tensor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "neural/buffer_pool.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

TEST(Shape, CountsNumbersRowsAndColumns) {
  const Shape shape({2, 3, 4});
  EXPECT_EQ(shape.rank(), 3U);
  EXPECT_EQ(shape.size(), 24U);
  EXPECT_EQ(shape.rows(), 6U);
  EXPECT_EQ(shape.cols(), 4U);
  EXPECT_EQ(Shape().size(), 1U);
  EXPECT_EQ(Shape({0, 3}).size(), 0U);
  EXPECT_EQ(concat(shape, Shape()), "[2 × 3 × 4][]");
  EXPECT_NE(Shape({2}), Shape({2, 1}));
}

TEST(Shape, RefusesAFifthAxis) {
  EXPECT_EQ(error_of([] { Shape({1, 1, 1, 1, 1}); }), "Shape: 5 axes, wanted at most 4");
}

TEST(Tensor, HoldsNumbersRowByRow) {
  const Tensor tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(tensor.matrix()(1, 0), Real{4});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0U);
  EXPECT_TRUE(Tensor().empty());
  EXPECT_EQ(error_of([] { Tensor({2, 2}, {1, 2, 3}); }), "Tensor: 3 values for the shape [2 × 2]");
  Tensor other = tensor;
  EXPECT_EQ(error_of([&] { other.reshape({4}); }), "Tensor::reshape: [2 × 3] to [4]");
  other.reshape({3, 2});
  EXPECT_EQ(other.matrix()(1, 0), Real{3});
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
}

TEST(BufferPool, GivesTheSameMemoryAgain) {
  const auto pool = std::make_shared<BufferPool>();
  const Real* first = nullptr;
  {
    const Tensor tensor({100}, pool);
    first = tensor.data();
  }
  const Tensor again({97}, pool);  // of the same size class
  EXPECT_EQ(again.data(), first);
  const Tensor beside({100}, pool);
  EXPECT_NE(beside.data(), first);
  EXPECT_EQ(pool->allocations(), 2U);
}

TEST(BufferPool, DoesNotWasteALargeBufferOnASmallTensor) {
  const auto pool = std::make_shared<BufferPool>();
  { const Tensor large({100000}, pool); }
  const Tensor small({1000}, pool);
  EXPECT_EQ(pool->allocations(), 2U);
}

TEST(BufferPool, CopiesLeaveItAloneAndTensorsMayOutliveIt) {
  auto pool = std::make_shared<BufferPool>();
  Tensor moved;
  {
    Tensor tensor({3}, pool);
    tensor.fill(7);
    const Tensor copy = tensor;
    EXPECT_EQ(pool->allocations(), 1U);
    moved = std::move(tensor);
  }
  pool.reset();
  EXPECT_EQ(moved, Tensor({3}, {7, 7, 7}));
}

TEST(BufferPool, HoldsLargeTablesToo) {
  Tensor table({3000, 1000});  // on large pages where there are some
  table[2999999] = 1;
  EXPECT_EQ(table[0], Real{0});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table.data()) % 64, 0U);
}

}  // namespace
}  // namespace malmoi::neural
