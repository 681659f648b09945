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
class PredictTags : public TagCorpus {};

TEST_F(Predict, AnswersWhileTheInputIsStillOpen) {
  train();
  const std::string first = "최고의 영화\n쓰레기 영화\n감동\n";
  for (const std::string threads : {"1", "4"}) {
    const Words args = {"predict", corpus_, "-", "--threads", threads};
    const Conversation talk = talk_to_malmoi(args, first, 4, "지루하다\n끝");
    const Outcome whole = run_malmoi(args, first + "지루하다\n끝");
    ASSERT_EQ(talk.rest.status, 0) << talk.rest.err;
    ASSERT_EQ(talk.first.size(), 4U);
    EXPECT_EQ(talk.first[0], "id\tlabel\tprobability");
    EXPECT_THAT(talk.first[3], StartsWith("-:3\t1\t0."));
    Words lines = talk.first;
    for (const std::string& line : lines_of(talk.rest.out)) lines.push_back(line);
    EXPECT_EQ(lines, lines_of(whole.out));
  }
}

TEST_F(Predict, AnswersObjectsOfAnOpenInput) {
  train();
  const Words args = {"predict", corpus_, "-", "--format", "json"};
  const Conversation talk =
      talk_to_malmoi(args, "{\"id\": \"a\", \"text\": \"쓰레기\"}\n", 1, "{\"id\": \"b\", \"text\": \"감동\"}\n");
  ASSERT_EQ(talk.first.size(), 1U);
  EXPECT_EQ(json::parse(talk.first[0])["id"], "a");
  EXPECT_EQ(json::parse(talk.first[0])["labels"][0]["label"], "0");
  EXPECT_EQ(json::parse(talk.rest.out)["id"], "b");
}

// As evaluate counts it: what reaches no threshold is given no label.
TEST_F(PredictTags, ADocumentMayHaveNoLabel) {
  train(tags_);
  const std::string texts = "the ball and the film\nthe\nthe vote\n";
  const std::vector<std::string> lines = lines_of(run_malmoi({"predict", corpus_, "-"}, texts).out);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[1], StartsWith("-:1\t"));
  EXPECT_THAT(lines[2], StartsWith("-:1\t"));
  EXPECT_EQ(lines[3], "-:2\t\t");
  EXPECT_THAT(lines[4], StartsWith("-:3\tvote\t0."));
  const Outcome objects = run_malmoi({"predict", corpus_, "-", "--format", "json", "--explain", "1"}, "the\n");
  EXPECT_EQ(json::parse(objects.out), (json{{"id", "-:1"}, {"labels", json::array()}}));
  const Outcome top = run_malmoi({"predict", corpus_, "-", "--top", "2"}, "the\n");
  EXPECT_EQ(lines_of(top.out).size(), 3U);
}

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
  EXPECT_THAT(lines[1], StartsWith("-:1\tnews.tone\tbad\t0.9"));
  EXPECT_THAT(lines[2], StartsWith("-:1\tnews.topic\tball\t0.9"));
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
