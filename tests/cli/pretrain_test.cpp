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

class Pretrain : public ReviewCorpus {};
class PretrainOnFewLabels : public FewLabelsCorpus {
 protected:
  const Words kind_ = {"--split-field", "meta.split", "--validation", "0",    "--kind",  "gru", "--dim", "16",
                       "--hidden",      "16",         "--rate",       "0.01", "--batch", "16"};
};

TEST_F(Pretrain, RecurrentNetworksMayLearnToGuessWordsBeforehand) {
  const Words kind = {"--kind", "gru", "--dim", "8", "--hidden", "8", "--epochs", "1"};
  const std::string plain = fingerprint(train(kind));
  const Words pretrained = kind + Words{"--pretrain", "2", "--force"};
  const std::string one = fingerprint(train(pretrained + Words{"--threads", "1"}));
  EXPECT_NE(one, plain);
  EXPECT_EQ(fingerprint(train(pretrained + Words{"--threads", "3"})), one);
  const json options = report_of({"models", corpus_, "--show", "gru"})["tables"]["options"];
  EXPECT_THAT(options.dump(), HasSubstr(R"({"option":"options.pretrain","value":"2"})"));

  const Outcome deep = run_malmoi({"train", corpus_, "--kind", "gru", "--pretrain", "1", "--layers", "2"});
  EXPECT_EQ(deep.status, 2);
  EXPECT_THAT(deep.err, HasSubstr("--pretrain 1: --layers 1 or --one-direction is wanted"));
  const Outcome negative = run_malmoi({"train", corpus_, "--kind", "gru", "--pretrain", "-1"});
  EXPECT_THAT(negative.err, HasSubstr("--pretrain -1: at least 0 is wanted"));
  EXPECT_EQ(run_malmoi({"train", corpus_, "--kind", "cnn", "--pretrain", "1"}).status, 2);
}

TEST_F(PretrainOnFewLabels, PretrainingReadsDocumentsWithoutOne) {
  const Words pretraining = {"--pretrain", "20", "--epochs", "20"};
  const Outcome told = run_malmoi(Words{"train", corpus_, "--save", "told"} + kind_ + pretraining);
  EXPECT_THAT(told.err, HasSubstr("40 documents to train on, 0 for validation, 100 held out"));
  EXPECT_THAT(told.err, HasSubstr("650 documents without a label left out; pretraining reads 600 of them"));
  const json all = train(kind_ + pretraining);
  EXPECT_EQ(all["metrics"]["trained_on"], 40);
  EXPECT_GT(figure(all, "accuracy"), 0.95);
  const json labelled = train(kind_ + pretraining + Words{"--where", "label>\"\"", "--save", "labelled"});
  EXPECT_LT(figure(labelled, "accuracy"), 0.7);
}

TEST_F(PretrainOnFewLabels, WhatDoesNotPretrainLeavesDocumentsWithoutOneOut) {
  const Outcome plain = run_malmoi(Words{"train", corpus_, "--save", "plain", "--epochs", "1"} + kind_);
  EXPECT_THAT(plain.err, HasSubstr("650 documents without a label left out\n"));
  const Words split = {"train", corpus_, "--split-field", "meta.split", "--kind", "ensemble", "--member", "bayes"};
  EXPECT_THAT(run_malmoi(split + Words{"--member", "gru --epochs 1", "--save", "one"}).err,
              HasSubstr("650 documents without a label left out\n"));
  EXPECT_THAT(run_malmoi(split + Words{"--member", "gru --epochs 1 --pretrain 1", "--save", "two"}).err,
              HasSubstr("pretraining reads 600 of them"));
}

TEST_F(PretrainOnFewLabels, AStoppedTrainingGoesOnWithTheSameDocumentsAlone) {
  const Words flags = kind_ + Words{"--pretrain", "1", "--epochs", "300", "--threads", "1", "--force"};
  const std::string whole = fingerprint(train(flags + Words{"--save", "whole"}));
  const Words stopped = Words{"train", corpus_, "--save", "stopped"} + flags;
  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, corpus_, "stopped"));
  EXPECT_EQ(fingerprint(report_of(stopped + Words{"--resume"})), whole);

  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, corpus_, "stopped"));
  const std::string more = folder_.write("more.tsv", "id\ttext\tlabel\tsplit\n900\tg1 g2\t\t\n");
  ASSERT_EQ(run_malmoi({"index", corpus_, more, "--meta-field", "split"}).status, 0);
  EXPECT_THAT(run_malmoi(stopped + Words{"--resume"}).err, HasSubstr("other documents"));
}

}  // namespace
}  // namespace malmoi::testing
