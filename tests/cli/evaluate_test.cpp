#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/labelled_corpora.h"
#include "tests/cli/program.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Evaluate : public ReviewCorpus {};

TEST_F(Evaluate, ReadsNewDocuments) {
  train({"--test", "0"});
  const std::string input =
      folder_.write("new.tsv", "id\tdocument\tlabel\na\t최고의 영화\t1\nb\t쓰레기\t0\nc\t감동\t1\n");
  const json measured = report_of({"evaluate", corpus_, input, "--draws", "0"});
  EXPECT_EQ(measured["metrics"]["documents"], 3);
  EXPECT_EQ(measured["metrics"]["of"], "input");
  const std::string unknown = folder_.write("unknown.tsv", "id\tdocument\tlabel\na\t최고의 영화\t좋음\n");
  const Outcome refused = run_malmoi({"evaluate", corpus_, unknown});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err,
              HasSubstr("document a has the label \"좋음\", which the model does not know; it knows 0, 1"));
}

TEST_F(Evaluate, ThePageMarksTheBestEpochAndSaysHowItWasCalibrated) {
  train({"--kind", "mlp", "--dim", "8", "--hidden", "8", "--epochs", "3"});
  const std::string page = (folder_ / "page.html").string();
  ASSERT_EQ(run_malmoi({"evaluate", corpus_, "-o", page, "--draws", "0"}).status, 0);
  std::ifstream file(page);
  const std::string html{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(html.find("\"best_epoch\":"), std::string::npos);
  EXPECT_EQ(html.find("\"best_epoch\":null"), std::string::npos);
  const std::size_t begin = html.find('{', html.find("\"temperature\":"));
  const json temperature = json::parse(html.substr(begin, html.find('}', begin) + 1 - begin));
  EXPECT_GT(temperature["before"], temperature["after"]);
  EXPECT_GT(temperature["after"], 0);
}

}  // namespace
}  // namespace malmoi::testing
