#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/labelled_corpora.h"
#include "tests/cli/program.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Embed : public ReviewCorpus {};

TEST_F(Embed, VectorsAreLearnedStoredAndAskedFor) {
  const json made = report_of({"embed", corpus_, "--subwords", "--dim", "20", "--epochs", "2", "--threads", "1"});
  EXPECT_EQ(made["metrics"]["dimensions"], 20);
  EXPECT_GT(made["metrics"]["words"], 100);
  const json threads =
      report_of({"embed", corpus_, "--subwords", "--dim", "20", "--epochs", "2", "--threads", "4", "--save", "four"});
  EXPECT_EQ(fingerprint(made), fingerprint(threads));
  const json nearest = report_of({"nearest", corpus_, "영화", "--top", "3"});
  ASSERT_EQ(nearest["tables"]["nearest"].size(), 3U);
  EXPECT_GE(nearest["tables"]["nearest"][0]["cosine"], nearest["tables"]["nearest"][1]["cosine"]);
  EXPECT_EQ(report_of({"nearest", corpus_, "영화관에서만"})["tables"]["nearest"].size(), 10U);  // by its parts
  EXPECT_EQ(report_of({"analogy", corpus_, "영화", "감동", "연기"})["tables"]["answers"].size(), 5U);
}

TEST_F(Embed, AWordIsLookedUpAsTheVectorsHaveIt) {
  const std::string vectors = folder_.write("few.vec", "3 2\nred 1 0\npink 1 0.5\nblue 0 1\n");
  ASSERT_EQ(run_malmoi({"embed", corpus_, "--read", vectors, "--save", "few"}).status, 0);
  const json nearest = report_of({"nearest", corpus_, "RED", "--model", "few", "--top", "1"})["tables"]["nearest"];
  EXPECT_EQ(nearest[0]["word"], "red");
  EXPECT_EQ(nearest[0]["neighbor"], "pink");
  EXPECT_THAT(run_malmoi({"nearest", corpus_, "RED", "--model", "few"}).err,
              HasSubstr("\"RED\" is looked up as \"red\""));
  EXPECT_EQ(report_of({"analogy", corpus_, "Red", "Pink", "Blue", "--model", "few"})["metrics"]["question"],
            "red : pink = blue : ?");
  EXPECT_THAT(run_malmoi({"nearest", corpus_, "green", "--model", "few"}).err, HasSubstr("'green' has no vector"));
}

// The corpus has neither word, so that both weigh alike: means of (1, 0) twice and (0, 1) once.
TEST_F(Embed, DocumentsAreMeansOfTheirWords) {
  const std::string vectors = folder_.write("few.vec", "3 2\nred 1 0\npink 1 0.5\nblue 0 1\n");
  ASSERT_EQ(run_malmoi({"embed", corpus_, "--read", vectors, "--save", "few"}).status, 0);
  const Words args = {"infer", corpus_, "-", "--model", "few", "--from", "lines", "--format", "json"};
  const Outcome run = run_malmoi(args + Words{"--all"}, "red red blue\ngreen\n");
  ASSERT_EQ(run.status, 0) << run.err;
  const std::vector<std::string> lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 2U);
  const json first = json::parse(lines[0]);
  EXPECT_EQ(first["tokens"], 3);
  EXPECT_NEAR(first["values"][0].get<double>(), 2.0 / 3.0, 1e-6);
  EXPECT_NEAR(first["values"][1].get<double>(), 1.0 / 3.0, 1e-6);
  EXPECT_EQ(json::parse(lines[1])["values"], json({0, 0}));
  EXPECT_THAT(run_malmoi(args, "red\n").err, HasSubstr("mean nothing one by one: give --all"));
}

TEST_F(Embed, FlagsThatWouldChangeNothingAreRefused) {
  const auto expect = [&](const std::vector<std::string>& flags, const std::string& message) {
    const Outcome run = run_malmoi(std::vector<std::string>{"embed", corpus_} + flags);
    EXPECT_EQ(run.status, 2) << message;
    EXPECT_THAT(run.err, HasSubstr(message));
  };
  expect({"--method", "glove", "--hogwild"}, "--hogwild is for skipgram and cbow");
  expect({"--method", "glove", "--loss", "hierarchical"}, "--loss is for skipgram and cbow");
  expect({"--method", "glove", "--subwords"}, "--subwords is for skipgram and cbow");
  expect({"--read", "x.vec", "--dim", "50"}, "--dim does not go with --read");
  expect({"--max-words", "5"}, "--max-words is for --read");
  expect({"--epochs", "0"}, "--epochs 0: at least 1 is wanted");
  expect({"--rate", "0"}, "--rate 0: more than 0 is wanted");
}

TEST_F(Embed, VectorsGoThroughAFile) {
  const std::string file = (folder_ / "small.vec").string();
  const json made = report_of({"embed", corpus_, "--dim", "10", "--epochs", "1", "--write", file});
  const json read = report_of({"embed", corpus_, "--read", file, "--save", "copy"});
  EXPECT_EQ(read["metrics"]["words"], made["metrics"]["words"]);
  const auto neighbors = [&](const std::string& model) {
    json words;
    const json report = report_of({"nearest", corpus_, "영화", "--model", model});
    for (const json& row : report["tables"]["nearest"]) {
      words.push_back(row["neighbor"]);
    }
    return words;
  };
  EXPECT_EQ(neighbors("vectors"), neighbors("copy"));
  const std::string pairs =
      folder_.write("pairs.tsv", "word1\tword2\tscore\n영화\t감동\t3\n영화\t없는말\t1\n연기\t감동\t9\n");
  const json scores = report_of({"wordsim", corpus_, pairs, "--model", "copy"});
  EXPECT_EQ(scores["tables"]["wordsim"][0]["pairs"], 3);
  EXPECT_EQ(scores["tables"]["wordsim"][0]["covered"], 2);
  EXPECT_EQ(run_malmoi({"nearest", corpus_, "없는말", "--model", "copy"}).status, 1);
  const Outcome again = run_malmoi({"embed", corpus_, "--dim", "10", "--write", file, "--save", "other"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr(file + " exists already"));
}

}  // namespace
}  // namespace malmoi::testing
