#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/inverted_index.h"
#include "corpus/store.h"
#include "corpus/term_table.h"
#include "corpus/token_blocks.h"
#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {
namespace {

// All rows of all tables but the log of runs, as SQLite has them: for comparing files.
std::string dump(const std::filesystem::path& path) {
  const corpus::Store store = corpus::Store::open(path);
  const corpus::Database& database = store.database();
  std::string all;
  for (const std::string_view table : {"settings", "sources", "documents", "token_blocks", "term_buckets", "segments",
                                       "postings", "dropped", "models"}) {
    corpus::Statement select = database.prepare(concat("SELECT * FROM ", table));
    while (select.step()) {
      for (int column = 0; column < select.columns(); ++column) {
        all += select.blob(column);
        all += '\t';
      }
      all += '\n';
    }
  }
  return all;
}

// Part of the sample with the header, so that a corpus can be made in two steps.
std::string sample_part(bool second) {
  std::ifstream file(kReviews);
  std::string header;
  std::getline(file, header);
  std::string part = header + "\n";
  int line = 0;
  for (std::string text; std::getline(file, text); ++line) {
    if ((line < 1000) != second) part += text + "\n";
  }
  return part;
}

TEST(Durability, TheSameBytesForEveryThreadCount) {
  const TemporaryFolder folder;
  const std::string analyzer = has_korean_dictionary() ? "morph" : "word";
  for (const std::string threads : {"1", "2", "8"}) {
    const Outcome run =
        run_malmoi({"index", (folder / threads).string(), kReviews, "--analyzer", analyzer, "--threads", threads});
    ASSERT_EQ(run.status, 0) << run.err;
  }
  const std::string one = dump(folder / "1");
  EXPECT_GT(one.size(), 100000U);
  EXPECT_TRUE(dump(folder / "2") == one);
  EXPECT_TRUE(dump(folder / "8") == one);
}

// Kills the first index run at random moments, then runs it again: the result must be that of one clean run.
TEST(Durability, AKilledFirstRunLeavesNothingAndRunningAgainFinishes) {
  const TemporaryFolder folder;
  const std::vector<std::string> clean = {"index", (folder / "clean").string(), kReviews, "--analyzer", "word"};
  ASSERT_EQ(run_malmoi(clean).status, 0);
  const std::string expected = dump(folder / "clean");
  Rng rng(1);
  int killed = 0;
  for (int round = 0; round < 40; ++round) {
    const std::string corpus = (folder / concat("c", round)).string();
    const std::vector<std::string> args = {"index", corpus, kReviews, "--analyzer", "word"};
    const Outcome first = kill_malmoi(args, static_cast<int>(rng.uniform_index(60000)));
    killed += first.status == 128 + SIGKILL;
    if (!std::filesystem::exists(corpus)) {
      ASSERT_EQ(run_malmoi(args).status, 0);
    }
    EXPECT_TRUE(dump(corpus) == expected) << "round " << round;
  }
  EXPECT_GE(killed, 5) << "the moments were too late to kill anything";
}

TEST(Durability, AKilledAdditionLeavesTheOldStateOrTheNew) {
  const TemporaryFolder folder;
  const std::string first = folder.write("first.tsv", sample_part(false)).string();
  const std::string second = folder.write("second.tsv", sample_part(true)).string();
  const std::string base = (folder / "base").string();
  ASSERT_EQ(run_malmoi({"index", base, first, "--analyzer", "word"}).status, 0);
  const std::string before = dump(base);
  const std::string both = (folder / "both").string();
  std::filesystem::copy_file(base, both);
  ASSERT_EQ(run_malmoi({"index", both, second}).status, 0);
  const std::string after = dump(both);
  ASSERT_NE(before, after);

  Rng rng(2);
  int killed = 0;
  for (int round = 0; round < 40; ++round) {
    const std::string corpus = (folder / concat("c", round)).string();
    std::filesystem::copy_file(base, corpus);
    const Outcome cut = kill_malmoi({"index", corpus, second}, static_cast<int>(rng.uniform_index(80000)));
    killed += cut.status == 128 + SIGKILL;
    const std::string state = dump(corpus);
    ASSERT_TRUE(state == before || state == after) << "round " << round;
    if (state == before) {
      ASSERT_EQ(run_malmoi({"index", corpus, second}).status, 0);
    }
    EXPECT_TRUE(dump(corpus) == after) << "round " << round;
  }
  EXPECT_GE(killed, 5) << "the moments were too late to kill anything";
}

TEST(Durability, CtrlCEndsCleanlyWithNothingStored) {
  const TemporaryFolder folder;
  std::string many = "id\tdocument\n";
  for (int i = 0; i < 400000; ++i) many += concat(i, "\t아주 긴 입력 파일의 ", i, "번째 줄\n");
  const std::string input = folder.write("many.tsv", many).string();
  const std::string corpus = (folder / "c").string();
  const Outcome run = kill_malmoi({"index", corpus, input, "--analyzer", "word"}, 100000, SIGINT);
  EXPECT_EQ(run.status, 130) << run.err;
  EXPECT_FALSE(std::filesystem::exists(corpus));
  EXPECT_FALSE(std::filesystem::exists(corpus + ".partial"));
}

}  // namespace
}  // namespace malmoi::testing
