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

class Ensemble : public ReviewCorpus {};

TEST_F(Ensemble, AveragesItsMembers) {
  const json made = train({"--kind", "ensemble", "--member", "softmax", "--member", "bayes --smoothing 0.5", "--member",
                           "mlp --epochs 2 --dim 8 --hidden 8"});
  EXPECT_GT(figure(made, "accuracy"), 0.6);
  const json softmax = train({"--validation", "10%", "--save", "alone"});
  EXPECT_GT(made["metrics"]["parameters"].get<int>(), softmax["metrics"]["parameters"].get<int>());

  // A member that is alone says the same as without the ensemble, trained on the same documents.
  train({"--kind", "ensemble", "--member", "bayes", "--validation", "0", "--save", "one"});
  train({"--kind", "bayes", "--validation", "0", "--save", "plain"});
  const std::string texts = folder_.write("texts.txt", "정말 감동적인 영화\n시간이 아깝다\n");
  const auto predict = [&](const std::string& model) {
    return run_malmoi({"predict", corpus_, texts, "--from", "lines", "--format", "tsv", "--model", model}).out;
  };
  EXPECT_EQ(predict("one"), predict("plain"));

  // Two of a kind have seeds of their own; the same command gives the same bytes on any number of threads.
  const Words two = {"--kind", "ensemble", "--member", "mlp --epochs 1 --dim 4", "--member", "mlp --epochs 1 --dim 4"};
  const std::string print = fingerprint(train(two + Words{"--save", "two", "--threads", "1"}));
  EXPECT_EQ(fingerprint(train(two + Words{"--save", "again", "--threads", "2"})), print);
  train({"--kind", "mlp", "--epochs", "1", "--dim", "4", "--save", "single"});
  EXPECT_NE(predict("two"), predict("single"));
}

TEST_F(Ensemble, GoesThroughAFileOfItsOwn) {
  train({"--kind", "ensemble", "--member", "softmax", "--member", "cnn --epochs 1 --dim 8 --filters 4"});
  const std::string file = (folder_ / "ensemble.malmoi").string();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "ensemble", "-o", file}).status, 0);
  const std::string texts = folder_.write("texts.txt", "정말 감동적인 영화\n시간이 아깝다\n");
  const Outcome inside = run_malmoi({"predict", corpus_, texts, "--from", "lines", "--format", "tsv"});
  const Outcome outside = run_malmoi({"predict", file, texts, "--from", "lines", "--format", "tsv"});
  EXPECT_EQ(inside.status, 0) << inside.err;
  EXPECT_EQ(outside.out, inside.out);
}

TEST_F(Ensemble, WrongMembersAreRefusedBeforeAnythingIsTrained) {
  const auto error_of = [&](const std::string& member) {
    const Outcome run = run_malmoi({"train", corpus_, "--kind", "ensemble", "--member", member});
    EXPECT_NE(run.status, 0);
    return run.err;
  };
  EXPECT_THAT(error_of("forest"), HasSubstr("--member 'forest': it must begin with a kind other than ensemble"));
  EXPECT_THAT(error_of("ensemble"), HasSubstr("it must begin with a kind other than ensemble"));
  EXPECT_THAT(error_of("gru --trees 3"), HasSubstr("--member 'gru --trees 3': unknown option '--trees'\n"));
  EXPECT_THAT(error_of("gru --dim many"), HasSubstr("--member 'gru --dim many': "));
  EXPECT_THAT(error_of("gru 64"), HasSubstr("--member 'gru 64': takes no arguments, options only"));
  EXPECT_THAT(error_of("gru --drop 0.1"), HasSubstr("unknown option '--drop'; did you mean --dropout?"));
  EXPECT_THAT(error_of("gru \\dim"), HasSubstr("--member 'gru \\dim': "));
}

}  // namespace
}  // namespace malmoi::testing
