#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/topics.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class TopicReport : public Topics {};

TEST_F(TopicReport, TheReportIsOnePage) {
  fit("lda");
  ASSERT_EQ(run_malmoi({"topics", corpus_, "--name", "2=<b>war & peace</b>"}).status, 0);
  const std::string page = (folder_ / "page.html").string();
  const json written = report_of({"report", corpus_, "-o", page, "--by", "date:decade"});
  EXPECT_EQ(written["metrics"]["topics"], 8);
  EXPECT_EQ(written["metrics"]["documents_shown"], 59);
  std::ifstream file(page);
  const std::string html((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(written["metrics"]["bytes"], html.size());
  EXPECT_LT(html.size(), 3'000'000U);
  EXPECT_THAT(html, HasSubstr("1865-Lincoln"));
  EXPECT_THAT(html, HasSubstr("war \\u0026 peace"));
  EXPECT_THAT(html, Not(HasSubstr("<b>war")));
  EXPECT_EQ(run_malmoi({"report", corpus_, "-o", page}).status, 1);
  EXPECT_EQ(run_malmoi({"report", corpus_, "-o", page, "--force", "--model", "none"}).status, 1);
}

TEST_F(TopicReport, AReportIsRefusedBeforeTheWorkAndLeavesNothing) {
  fit("lda");
  const std::filesystem::path page = folder_ / "page.html";
  const std::string plots = (folder_ / "plots").string();
  const auto expect = [&](const std::vector<std::string>& more, int status, const std::string& message) {
    const Outcome run = run_malmoi(std::vector<std::string>{"report", corpus_, "-o", page.string()} + more);
    EXPECT_EQ(run.status, status) << message;
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(page)) << message;
  };
  expect({"--by", "meta.nope"}, 1, "--by meta.nope: no document of the model \"lda\" has this field");
  expect({"--seed", "-1"}, 2, "--seed -1: at least 0 is wanted");
  std::filesystem::create_directories(plots);
  std::ofstream(std::filesystem::path(plots) / "terms-0.svg") << "kept";
  expect({"--svg", plots}, 1, "terms-0.svg exists already; --force overwrites it");
  const json written = report_of({"report", corpus_, "-o", page.string(), "--by", "date", "--by", "date"});
  EXPECT_EQ(written["metrics"]["topics"], 8);
  EXPECT_EQ(page_data(page)["trends"].size(), 1U);
  const Outcome again = run_malmoi({"report", corpus_, "-o", page.string()});
  EXPECT_THAT(again.err, HasSubstr("page.html exists already; --force overwrites it"));
}

TEST_F(TopicReport, AReportTellsHowItWasMade) {
  fit("lda");
  ASSERT_EQ(run_malmoi({"lda", corpus_, "--continue", "--iterations", "4"}).status, 0);
  const std::filesystem::path page = folder_ / "page.html";
  report_of({"report", corpus_, "-o", page.string(), "--by", "date:decade", "--seed", "7"});
  const json head = page_data(page)["head"];
  const std::string command = head["command"];
  EXPECT_THAT(command, MatchesRegex("malmoi index .*\nmalmoi lda .*--topics 8.*\nmalmoi lda .*--continue "
                                    "--iterations 4.*\nmalmoi report .*--seed 7.*"));
  EXPECT_THAT(std::string(head["data"]), MatchesRegex("[0-9a-f]{16}"));
  const auto option = [&](const std::string& name) {
    for (const json& one : head["options"]) {
      if (one[0] == name) return std::string(one[1]);
    }
    return std::string("none");
  };
  EXPECT_EQ(option("anneal"), "0");  // --continue has none
  EXPECT_EQ(option("anneal_sweeps"), "none");
  EXPECT_EQ(option("stem"), "none");
  EXPECT_EQ(option("stop-words"), "built-in");
  EXPECT_EQ(option("report --seed"), "7");
  EXPECT_EQ(option("report --by"), "date");
}

}  // namespace
}  // namespace malmoi::testing
