#include "corpus/base/string_table.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_map>

#include "tests/support/random_text.h"

namespace malmoi {
namespace {

TEST(StringTable, NumbersStringsInTheOrderTheyCome) {
  StringTable table;
  EXPECT_EQ(table.intern("말"), 0);
  EXPECT_EQ(table.intern("모이"), 1);
  EXPECT_EQ(table.intern("말"), 0);
  EXPECT_EQ(table.intern(""), 2);
  EXPECT_EQ(table.size(), 3);
  EXPECT_EQ(table.at(1), "모이");
  EXPECT_EQ(table.find("모이"), 1);
  EXPECT_EQ(table.find("모"), std::nullopt);
}

TEST(StringTable, AgreesWithAStandardMapOnManyStrings) {
  Rng rng(3);
  StringTable table;
  std::unordered_map<std::string, std::int32_t> twin;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = testing::random_text(rng, rng.uniform_index(4));
    const auto id = static_cast<std::int32_t>(twin.size());
    EXPECT_EQ(table.intern(text), twin.try_emplace(text, id).first->second);
  }
  for (const auto& [text, id] : twin) {
    EXPECT_EQ(table.at(id), text);
    EXPECT_EQ(table.hash(id), hash_bytes(text));
  }
}

TEST(StringTable, FindsAllStringsOfAnother) {
  Rng rng(4);
  StringTable ours;
  StringTable others;
  for (int i = 0; i < 3000; ++i) {
    ours.intern(testing::random_word(rng));
    others.intern(testing::random_word(rng));
  }
  std::vector<std::int32_t> ids;
  ours.find_all(others, ids);
  ASSERT_EQ(ids.size(), static_cast<std::size_t>(others.size()));
  for (std::int32_t i = 0; i < others.size(); ++i) {
    EXPECT_EQ(ids[static_cast<std::size_t>(i)], ours.find(others.at(i)).value_or(-1));
  }
}

TEST(StringTable, IsEmptyAfterClear) {
  StringTable table;
  for (int i = 0; i < 1000; ++i) table.intern(std::to_string(i));
  table.clear();
  EXPECT_EQ(table.size(), 0);
  EXPECT_EQ(table.find("7"), std::nullopt);
  EXPECT_EQ(table.intern("8"), 0);
}

// The hash decides where a term lies in a corpus file: it must never change.
TEST(HashBytes, IsFixedForGood) {
  EXPECT_EQ(hash_bytes(""), 9453038937549525072ULL);
  EXPECT_EQ(hash_bytes("영화"), 8092585584067336384ULL);
  EXPECT_EQ(hash_bytes("a longer string of bytes"), 6677375524961818737ULL);
}

TEST(TextArena, KeepsStringsWhereTheyAre) {
  TextArena arena;
  std::vector<std::string_view> views;
  views.reserve(20000);
  for (int i = 0; i < 20000; ++i) views.push_back(arena.keep(std::to_string(i)));
  const std::string_view large = arena.keep(std::string(200000, 'x'));
  for (int i = 0; i < 20000; ++i) EXPECT_EQ(views[static_cast<std::size_t>(i)], std::to_string(i));
  EXPECT_EQ(large, std::string(200000, 'x'));
  arena.clear();
  EXPECT_EQ(arena.keep("again"), "again");
}

}  // namespace
}  // namespace malmoi
