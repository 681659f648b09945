#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/labelled_corpora.h"
#include "tests/cli/program.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Predict : public ReviewCorpus {};
class PredictFields : public NewsCorpus {};

TEST_F(Predict, WritesALineADocument) {
  train();
  const Outcome run =
      run_malmoi({"predict", corpus_, "-"}, "정말 재미있고 감동적인 최고의 영화\n쓰레기 영화 돈 아까움\n");
  ASSERT_EQ(run.status, 0) << run.err;
  const std::vector<std::string> lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "id\tlabel\tprobability");
  EXPECT_THAT(lines[1], StartsWith("-:1\t1\t0."));
  EXPECT_THAT(lines[2], StartsWith("-:2\t0\t0."));
}

TEST_F(Predict, ExplainNamesTheWordsThatDecided) {
  train();
  for (const std::string kind : {"softmax", "fasttext"}) {
    if (kind != "softmax") train({"--kind", kind});
    const Outcome run = run_malmoi({"predict", corpus_, "-", "--model", kind, "--explain", "2", "--format", "json"},
                                   "어제 본 쓰레기 영화\n");
    ASSERT_EQ(run.status, 0) << run.err;
    const json document = json::parse(run.out);
    EXPECT_EQ(document["labels"][0]["label"], "0") << kind;
    const json& words = document["labels"][0]["words"];
    ASSERT_EQ(words.size(), 2U);
    EXPECT_EQ(words[0]["text"], "쓰레기") << kind;
    EXPECT_GT(words[0]["weight"], 0) << kind;
    EXPECT_EQ(words[0]["begin"], 11) << kind;
  }
}

TEST_F(Predict, PredictionsOfTheCorpusAreThoseOfItsTexts) {
  train();
  const Outcome stored = run_malmoi({"predict", corpus_, "--where", "id<=200", "--format", "tsv", "--threads", "1"});
  const Outcome threads = run_malmoi({"predict", corpus_, "--where", "id<=200", "--format", "tsv", "--threads", "8"});
  EXPECT_EQ(stored.out, threads.out);
  EXPECT_EQ(lines_of(stored.out).size(), 201U);
}

TEST_F(Predict, AnExportedModelPredictsWithoutTheCorpus) {
  train();
  const std::string file = (folder_ / "softmax.model").string();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "softmax", "-o", file}).status, 0);
  const std::string text = "재미있다\n지루하다\n";
  const Outcome exported = run_malmoi({"predict", file, "-"}, text);
  ASSERT_EQ(exported.status, 0) << exported.err;
  EXPECT_EQ(exported.out, run_malmoi({"predict", corpus_, "-"}, text).out);
}

TEST_F(PredictFields, SeveralModelsAreAsked) {
  train(fields_);
  const std::string text = "the ball was bad\n";
  const Words predict = {"predict", corpus_, "-", "--model", "news.tone"};
  const Outcome both = run_malmoi(predict + Words{"--model", "news.topic"}, text);
  const std::vector<std::string> lines = lines_of(both.out);
  ASSERT_EQ(lines.size(), 3U) << both.err;
  EXPECT_EQ(lines[0], "id\tmodel\tlabel\tprobability");
  EXPECT_EQ(lines[1], "-:1\tnews.tone\tbad\t1.0000");
  EXPECT_EQ(lines[2], "-:1\tnews.topic\tball\t1.0000");
  const Words as_json = {"--format", "json", "--explain", "1"};
  const json one = json::parse(run_malmoi(predict + as_json, text).out);
  const json two = json::parse(run_malmoi(predict + Words{"--model", "news.topic"} + as_json, text).out);
  EXPECT_EQ(two["id"], one["id"]);
  EXPECT_EQ(two["models"][0], (json{{"model", "news.tone"}, {"labels", one["labels"]}}));
  EXPECT_EQ(two["models"][1]["labels"][0]["words"][0]["text"], "ball");
  const std::string file = (folder_ / "tone.model").string();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "news.tone", "-o", file}).status, 0);
  EXPECT_THAT(run_malmoi({"predict", file, "-", "--model", "a", "--model", "b"}).err, HasSubstr("one model only"));
}

}  // namespace
}  // namespace malmoi::testing
