#include "apps/dictionary.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace malmoi::apps {
namespace {

namespace fs = std::filesystem;

class FindDictionary : public ::testing::Test {
 protected:
  FindDictionary() { fs::create_directories(root_ / "build" / "release" / "bin"); }

  static void place(const fs::path& folder) {
    fs::create_directories(folder);
    std::ofstream(folder / "sys.dic") << "x";
  }

  malmoi::testing::TemporaryFolder folder_;
  const fs::path& root_ = folder_.path();
};

TEST_F(FindDictionary, LooksBesideTheProgramInABuildTree) {
  EXPECT_EQ(find_dictionary(std::nullopt, root_ / "build/release/bin"), "");
  place(root_ / "build/share/mecab-ko-dic");
  EXPECT_EQ(find_dictionary(std::nullopt, root_ / "build/release/bin"), root_ / "build/share/mecab-ko-dic");
}

TEST_F(FindDictionary, PrefersTheInstalledOne) {
  place(root_ / "build/share/mecab-ko-dic");
  place(root_ / "build/release/share/malmoi/mecab-ko-dic");
  EXPECT_EQ(find_dictionary(std::nullopt, root_ / "build/release/bin"),
            root_ / "build/release/share/malmoi/mecab-ko-dic");
}

TEST_F(FindDictionary, TakesTheOptionAsItIs) {
  place(root_ / "build/share/mecab-ko-dic");
  EXPECT_EQ(find_dictionary("elsewhere", root_ / "build/release/bin"), "elsewhere");
}

TEST(ProgramFolder, HoldsTheRunningProgram) {
  EXPECT_TRUE(fs::exists(program_folder() / "apps_test"));
}

}  // namespace
}  // namespace malmoi::apps
