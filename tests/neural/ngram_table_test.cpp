#include "neural/ngram_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "neural/ngram_index.h"

namespace malmoi::neural {
namespace {

// A tree whose nodes hang from random earlier ones; every third leads on, as far as the table is told.
NgramTree random_tree(std::uint64_t seed, std::int32_t nodes, std::int32_t units) {
  Rng rng(seed);
  NgramTree tree{{-1}, {0}, 1};
  std::map<std::pair<std::int32_t, std::int32_t>, bool> used;
  while (static_cast<std::int32_t>(tree.parents.size()) < nodes) {
    const auto parent = static_cast<std::int32_t>(rng.uniform_index(tree.parents.size()));
    const auto unit = static_cast<std::int32_t>(rng.uniform_index(static_cast<std::size_t>(units)));
    if (std::exchange(used[{parent, unit}], true)) continue;
    tree.parents.push_back(parent);
    tree.units.push_back(unit);
  }
  return tree;
}

std::vector<bool> every_third(std::size_t nodes) {
  std::vector<bool> marks(nodes);
  for (std::size_t node = 0; node < nodes; node += 3) marks[node] = true;
  return marks;
}

TEST(NgramTable, AgreesWithAPlainMap) {
  // Few units make n-grams with many children, many units make wide keys.
  for (const std::int32_t units : {200, 70000, std::numeric_limits<std::int32_t>::max()}) {
    const NgramTree tree = random_tree(3, 5000, units);
    const NgramTable table(tree, every_third(tree.parents.size()));
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> plain;
    for (std::int32_t node = 1; node < 5000; ++node) {
      plain[{tree.parents[static_cast<std::size_t>(node)], tree.units[static_cast<std::size_t>(node)]}] = node;
    }
    Rng rng(4);
    for (int look = 0; look < 50000; ++look) {
      const std::size_t node = rng.uniform_index(tree.parents.size());
      const bool other = rng.uniform_index(2) == 0;  // else one that is there
      const auto parent =
          other ? static_cast<std::int32_t>(rng.uniform_index(tree.parents.size())) : tree.parents[node];
      const std::int32_t unit = tree.units[node];
      if (parent < 0) continue;
      ASSERT_TRUE(table.knows(unit));
      const NgramChild child = table.child(table.place(parent, unit));
      const auto expected = plain.find({parent, unit});
      ASSERT_EQ(child.node(), expected == plain.end() ? -1 : expected->second);
      ASSERT_EQ(child.leads_on(), child.node() >= 0 && child.node() % 3 == 0);
    }
  }
}

TEST(NgramTable, KnowsUnitsUpToTheLargest) {
  const NgramTable table({.parents = {-1, 0}, .units = {2, 9}, .features = 2}, {true, false});
  EXPECT_TRUE(table.knows(9));
  EXPECT_FALSE(table.knows(10));
  EXPECT_FALSE(table.knows(-1));
  EXPECT_EQ(table.child(table.place(0, 9)).node(), 1);
  EXPECT_EQ(table.child(table.place(0, 8)).node(), -1);
  EXPECT_EQ(table.child(table.place(1, 9)).node(), -1);
}

TEST(NgramTable, HasNothingOfNoNodes) {
  const NgramTable table(NgramTree{}, {});
  EXPECT_EQ(table.child(table.place(0, 0)).node(), -1);
}

TEST(NgramTable, RefusesTheSameNgramTwice) {
  EXPECT_THROW(NgramTable({.parents = {-1, 0, 0}, .units = {3, 1, 1}, .features = 3}, {true, false, false}), Error);
}

}  // namespace
}  // namespace malmoi::neural
