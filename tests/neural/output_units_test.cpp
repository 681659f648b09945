#include "neural/output_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

namespace malmoi::neural {
namespace {

using ::testing::ElementsAre;

TEST(Huffman, PathsOfAHandWorkedTree) {
  // 5 2 1 1: the ones are joined to a 2 (node 4 of the tree, inner node 0; leaf 3 first), that with leaf 1 to a 4
  // (inner node 1; the leaf first: it is older), that with leaf 0 to the root (inner node 2; the 4 first).
  const std::array<std::int64_t, 4> counts = {5, 2, 1, 1};
  const HuffmanPaths paths = huffman_paths(counts);
  EXPECT_THAT(paths.nodes_of(0), ElementsAre(2));
  EXPECT_THAT(paths.nodes_of(1), ElementsAre(2, 1));
  EXPECT_THAT(paths.nodes_of(2), ElementsAre(2, 1, 0));
  EXPECT_THAT(paths.nodes_of(3), ElementsAre(2, 1, 0));
  EXPECT_THAT(paths.labels_of(0), ElementsAre(0.0F));
  EXPECT_THAT(paths.labels_of(1), ElementsAre(1.0F, 1.0F));
  EXPECT_THAT(paths.labels_of(2), ElementsAre(1.0F, 0.0F, 0.0F));
  EXPECT_THAT(paths.labels_of(3), ElementsAre(1.0F, 0.0F, 1.0F));
}

TEST(Huffman, PathsAreAPrefixCodeAndAsShortAsEntropyAllows) {
  std::vector<std::int64_t> counts;
  Rng rng(3);
  for (int i = 0; i < 1000; ++i) counts.push_back(1 + static_cast<std::int64_t>(1e6 / (1 + 999 * rng.uniform())));
  const HuffmanPaths paths = huffman_paths(counts);
  double total = 0.0;
  for (const std::int64_t count : counts) total += static_cast<double>(count);
  double kraft = 0.0;
  double length = 0.0;
  double entropy = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto steps = static_cast<double>(paths.nodes_of(i).size());
    const double p = static_cast<double>(counts[i]) / total;
    kraft += std::exp2(-steps);
    length += p * steps;
    entropy -= p * std::log2(p);
    EXPECT_EQ(paths.nodes_of(i)[0], 998);  // the root
  }
  EXPECT_DOUBLE_EQ(kraft, 1.0);
  EXPECT_GE(length, entropy);
  EXPECT_LT(length, entropy + 1);
}

TEST(AliasTable, DrawsByWeight) {
  const std::array<double, 5> weights = {1, 0, 6, 2, 1};
  const AliasTable table(weights);
  std::array<int, 5> drawn = {};
  Rng rng(1);
  for (int i = 0; i < 100'000; ++i) ++drawn[static_cast<std::size_t>(table.draw(rng))];
  EXPECT_EQ(drawn[1], 0);
  EXPECT_NEAR(drawn[0], 10'000, 400);  // four standard deviations
  EXPECT_NEAR(drawn[2], 60'000, 620);
  EXPECT_NEAR(drawn[3], 20'000, 510);
  EXPECT_NEAR(drawn[4], 10'000, 400);
}

}  // namespace
}  // namespace malmoi::neural
