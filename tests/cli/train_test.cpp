#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/classifier_model.h"
#include "corpus/base/error.h"
#include "tests/cli/labelled_corpora.h"
#include "tests/cli/program.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Train : public ReviewCorpus {};
class TrainOnFields : public NewsCorpus {};
class TrainOnTags : public TagCorpus {};

TEST_F(Train, TrainingHoldsDocumentsOutAndEvaluateMeasuresOnThem) {
  const json trained = train();
  EXPECT_EQ(trained["metrics"]["model"], "softmax");
  EXPECT_EQ(trained["metrics"]["trained_on"], 2700);
  EXPECT_EQ(trained["metrics"]["test"], 300);
  EXPECT_GT(figure(trained, "accuracy"), 0.75);
  const json measured = report_of({"evaluate", corpus_});
  EXPECT_EQ(measured["metrics"]["of"], "test");
  EXPECT_EQ(measured["metrics"]["documents"], 300);
  EXPECT_EQ(measured["metrics"]["fingerprint"], fingerprint(trained));
  EXPECT_EQ(figure(measured, "accuracy"), figure(trained, "accuracy"));
  const json& accuracy = measured["tables"]["figures"][0];
  EXPECT_LT(accuracy["low"], accuracy["value"]);
  EXPECT_GT(accuracy["high"], accuracy["value"]);
  const json& confusion = measured["tables"]["confusion"];
  const auto sum = confusion[0]["as 0"].get<int>() + confusion[0]["as 1"].get<int>() + confusion[1]["as 0"].get<int>() +
                   confusion[1]["as 1"].get<int>();
  EXPECT_EQ(sum, 300);
  EXPECT_EQ(confusion[0]["as 0"].get<int>() + confusion[1]["as 1"].get<int>(),
            std::lround(300 * figure(measured, "accuracy")));
}

// Words that stand in one document each say something of documents that were learned from, and nothing of others.
TEST_F(Train, WithoutATestPartTheFiguresAreOfDocumentsThatWereNotLearnedFrom) {
  std::string lines;
  for (int i = 0; i < 400; ++i) lines += concat("id", i, "\tword", i, " other", i, '\t', i % 2, '\n');
  const std::string corpus = (folder_ / "words.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", corpus, folder_.write("words.tsv", lines), "--analyzer", "word", "--id-field", "1",
                        "--text-field", "2", "--label-field", "3"})
                .status,
            0);
  for (const std::string kind : {"softmax", "bayes"}) {
    const Words training = {"train", corpus, "--kind", kind, "--words", "1", "--chars", "none", "--min-df", "1"};
    const json trained = report_of(training + Words{"--test", "0", "--validation", "25%"});
    EXPECT_EQ(trained["metrics"]["trained_on"], 300) << kind;
    EXPECT_EQ(figure(trained, "accuracy"), 0.5) << kind;
    EXPECT_EQ(figure(report_of({"evaluate", corpus, "--model", kind}), "accuracy"), 0.5) << kind;
  }
}

TEST_F(Train, AModelIsReplacedOnlyWithForce) {
  const std::string first = fingerprint(train());
  const Outcome again = run_malmoi({"train", corpus_});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("there is a model \"softmax\" already"));
  EXPECT_EQ(fingerprint(train({"--force"})), first);
}

TEST_F(Train, EveryKindGivesTheSameModelForEveryNumberOfThreads) {
  const std::vector<Words> kinds = {
      {"--kind", "softmax", "--loss", "hinge"},
      {"--kind", "bayes", "--model", "complement"},
      {"--kind", "fasttext"},
      {"--kind", "mlp", "--dim", "16", "--hidden", "16", "--epochs", "2"},
      {"--kind", "cnn", "--dim", "16", "--filters", "8", "--epochs", "2"},
      {"--kind", "rnn", "--dim", "16", "--hidden", "16", "--epochs", "2"},
      {"--kind", "gru", "--dim", "16", "--hidden", "16", "--epochs", "2"},
      {"--kind", "lstm", "--dim", "16", "--hidden", "16", "--epochs", "2", "--layers", "2"},
      {"--kind", "transformer", "--dim", "16", "--hidden", "32", "--heads", "2", "--epochs", "2"}};
  for (const Words& kind : kinds) {
    const json one = train(kind + Words{"--save", "one", "--threads", "1", "--force"});
    const json four = train(kind + Words{"--save", "four", "--threads", "4", "--force"});
    EXPECT_EQ(fingerprint(one), fingerprint(four)) << kind[1];
    const json measured = report_of({"evaluate", corpus_, "--model", "one", "--draws", "0"});
    EXPECT_EQ(figure(measured, "accuracy"), figure(one, "accuracy")) << kind[1];
  }
}

TEST_F(Train, AStoppedTrainingGoesOnToTheSameModel) {
  const Words kind = {"--kind",   "gru", "--dim",      "32", "--hidden",   "32",
                      "--epochs", "6",   "--patience", "6",  "--pretrain", "1"};
  const std::string whole = fingerprint(train(kind + Words{"--save", "whole"}));
  const Words stopped = Words{"train", corpus_} + kind + Words{"--save", "stopped", "--threads", "1"};
  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, corpus_, "stopped"));
  const Outcome other = run_malmoi({"train", corpus_, "--kind", "gru", "--save", "stopped", "--resume"});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("had other options"));
  const json resumed = report_of(stopped + Words{"--resume"});
  EXPECT_EQ(fingerprint(resumed), whole);
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, Not(HasSubstr("checkpoint")));
  EXPECT_THAT(run_malmoi(stopped + Words{"--resume", "--force"}).err, HasSubstr("no unfinished training"));
}

// Stopped within the second of its networks; the first one is not trained again.
TEST_F(Train, AStoppedEnsembleGoesOnToTheSameModel) {
  const std::string network = "gru --dim 32 --hidden 32 --epochs 6 --patience 6";
  const Words kind = {"--kind", "ensemble", "--member", "bayes", "--member", network, "--member", network};
  const std::string whole = fingerprint(train(kind + Words{"--save", "whole"}));
  const Words stopped = Words{"train", corpus_} + kind + Words{"--save", "stopped", "--threads", "1"};
  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, corpus_, "stopped", ".training.3.checkpoint"));
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, HasSubstr("stopped.training.2.checkpoint"));
  const Outcome resumed = run_malmoi(stopped + Words{"--resume"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("of member 3"));
  EXPECT_EQ(fingerprint(report_of({"models", corpus_, "--show", "stopped"})), whole);
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, Not(HasSubstr("checkpoint")));
}

TEST_F(Train, StoppedByCtrlCItSaysHowToGoOn) {
  const Words training = {"train",    corpus_, "--kind",     "gru", "--dim",    "32",
                          "--hidden", "32",    "--patience", "99",  "--epochs", "99"};
  for (int milliseconds = 200; milliseconds < 60'000; milliseconds += milliseconds / 2) {
    const Outcome stopped = kill_malmoi(training, 1000 * milliseconds, 2);
    ASSERT_EQ(stopped.status, 130) << stopped.err;
    if (run_malmoi({"models", corpus_}).out.find("gru.training.checkpoint") == std::string::npos) continue;
    EXPECT_THAT(stopped.err, HasSubstr("a checkpoint of the training is kept; to go on: malmoi train " + corpus_ +
                                       " --kind gru --dim 32 --hidden 32 --patience 99 --epochs 99 --resume\n"));
    const Outcome missing = run_malmoi({"predict", corpus_, "-", "--model", "other"});
    EXPECT_THAT(missing.err, Not(HasSubstr("checkpoint")));
    ASSERT_EQ(run_malmoi({"models", corpus_, "--delete", "gru"}).status, 0);
    EXPECT_THAT(run_malmoi({"models", corpus_}).out, Not(HasSubstr("checkpoint")));
    EXPECT_EQ(run_malmoi({"models", corpus_, "--delete", "gru"}).status, 1);
    return;
  }
  FAIL() << "it was never stopped between two epochs";
}

TEST_F(Train, AModelOfNoFeaturesIsRefused) {
  const auto error_of = [&](const Words& flags) {
    const Outcome run = run_malmoi(Words{"train", corpus_} + flags);
    EXPECT_EQ(run.status, 1);
    return run.err;
  };
  EXPECT_THAT(error_of({"--min-df", "100000"}), HasSubstr("--min-df 100000 "));
  EXPECT_THAT(error_of({"--kind", "gru", "--min-count", "100000"}), HasSubstr("--min-count 100000: no word"));
  EXPECT_THAT(error_of({"--kind", "fasttext", "--min-count", "100000"}), HasSubstr("--min-count 100000: no feature"));
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, Not(HasSubstr("classifier")));
}

TEST_F(Train, FastTextBeginsAnewWithHalfTheRate) {
  const Outcome refused = run_malmoi({"train", corpus_, "--kind", "fasttext", "--rate", "3e38", "--epochs", "1"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("--rate 3e+38: "));
  EXPECT_THAT(refused.err, HasSubstr("not finite"));
}

TEST_F(Train, TheSplitCanComeFromAField) {
  std::string text = "id\ttext\tlabel\tpart\n";
  for (int i = 0; i < 60; ++i) {
    text += concat(i, i % 2 == 0 ? "\tgood film\tpos\t" : "\tbad film\tneg\t",
                   i < 40   ? "train"
                   : i < 50 ? "valid"
                            : "test",
                   '\n');
  }
  const std::string corpus = (folder_ / "split.malmoi").string();
  ASSERT_EQ(
      run_malmoi({"index", corpus, folder_.write("split.tsv", text), "--analyzer", "word", "--meta-field", "part"})
          .status,
      0);
  const json trained = report_of({"train", corpus, "--split-field", "meta.part", "--kind", "bayes"});
  EXPECT_EQ(trained["metrics"]["test"], 10);
  EXPECT_EQ(trained["metrics"]["validation"], 10);
  EXPECT_EQ(figure(trained, "accuracy"), 1);

  const std::string more = folder_.write("more.tsv", "id\ttext\tlabel\tpart\n60\tnew film\tnew\ttest\n");
  ASSERT_EQ(run_malmoi({"index", corpus, more, "--meta-field", "part"}).status, 0);
  const Outcome refused = run_malmoi({"train", corpus, "--split-field", "meta.part", "--kind", "bayes", "--force"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("none of the documents to train on has the label \"new\""));

  const auto error_of = [&](const Words& flags) {
    return run_malmoi(Words{"train", corpus, "--force", "--split-field"} + flags).err;
  };
  EXPECT_THAT(error_of({"meta.part", "--test", "20%"}), HasSubstr("--test 20%: the field meta.part says"));
  EXPECT_THAT(error_of({"meta.other"}), HasSubstr("--split-field meta.other: none of the 61 documents has this field"));
  const std::string odd = folder_.write("odd.tsv", "id\ttext\tlabel\tpart\nk9\tnew film\tpos\tsome\n");
  ASSERT_EQ(run_malmoi({"index", corpus, odd, "--meta-field", "part"}).status, 0);
  EXPECT_THAT(error_of({"meta.part"}), HasSubstr("--split-field meta.part: document k9 has 'some' there"));
}

TEST_F(TrainOnTags, DocumentsThatLackTheFieldAreLeftOutAndEmptyOnesCount) {
  const Outcome told = run_malmoi(Words{"train", corpus_} + tags_);
  EXPECT_THAT(told.err, HasSubstr("30 documents without a label left out"));
  EXPECT_THAT(told.err, HasSubstr("38 documents have none of the labels"));
  const json labelled = train(tags_ + Words{"--where", "meta.tags>\"\"", "--save", "labelled"});
  EXPECT_EQ(labelled["metrics"]["left_out"], 0);
  EXPECT_EQ(labelled["metrics"]["trained_on"].get<int>() + labelled["metrics"]["test"].get<int>(), 300 - 30 - 38);
  for (const std::string kind : {"softmax", "fasttext", "mlp"}) {
    const json trained = train(tags_ + Words{"--kind", kind, "--force"});
    const json& metrics = trained["metrics"];
    EXPECT_EQ(metrics["left_out"], 30);
    EXPECT_EQ(metrics["test"], 27);
    // Softmax and fastText learn from the validation documents as well.
    EXPECT_EQ(metrics["trained_on"], kind == "mlp" ? 216 : 243) << kind;
    EXPECT_EQ(trained["tables"]["classes"].size(), 3U);
  }
}

TEST_F(TrainOnTags, BalancedClassesWeighWhatALabelHas) {
  for (const Words& kind : {Words{"--kind", "softmax"}, Words{"--kind", "mlp", "--epochs", "1"}}) {
    const Words where = {"--where", "id<=150"};
    const std::string plain = fingerprint(train(tags_ + kind + where + Words{"--save", "plain", "--force"}));
    const std::string balanced = fingerprint(
        train(tags_ + kind + where + Words{"--save", "balanced", "--class-weights", "balanced", "--force"}));
    EXPECT_NE(plain, balanced) << kind[1];
  }
  const Outcome bayes = run_malmoi(Words{"train", corpus_, "--kind", "bayes"} + tags_);
  EXPECT_EQ(bayes.status, 2);
  EXPECT_THAT(bayes.err, HasSubstr("with --label-separator take --kind softmax"));
  const Outcome smooth = run_malmoi(Words{"train", corpus_, "--kind", "gru", "--label-smoothing", "0.1"} + tags_);
  EXPECT_EQ(smooth.status, 2);
  EXPECT_THAT(smooth.err, HasSubstr("--label-smoothing 0.1: 0 with --label-separator is wanted"));
}

TEST_F(Train, DocumentsMayHaveSeveralLabels) {
  std::string text = "id\ttext\tlabel\n";
  const std::vector<std::string> words = {"ball", "film", "vote"};
  for (int i = 0; i < 210; ++i) {
    const std::string& first = words[static_cast<std::size_t>(i) % 3];
    const std::string& second = words[static_cast<std::size_t>(i / 3) % 3];
    text += concat(i, "\tthe ", first, " and a ", second, '\t', first, first == second ? "" : '|' + second, '\n');
  }
  const std::string corpus = (folder_ / "several.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", corpus, folder_.write("several.tsv", text), "--analyzer", "word"}).status, 0);
  for (const std::string kind : {"softmax", "fasttext", "gru", "ensemble"}) {
    const json trained = report_of({"train", corpus, "--label-separator", "|", "--kind", kind});
    EXPECT_EQ(trained["metrics"]["labels"], 3);
    EXPECT_GT(figure(trained, "micro_f1"), 0.9) << kind;
  }
  const Outcome run = run_malmoi({"predict", corpus, "-", "--model", "softmax"}, "the ball and a vote\n");
  EXPECT_EQ(lines_of(run.out).size(), 3U) << run.out;
}

TEST_F(Train, NetworksBeginWithVectorsThatWereLearnedBefore) {
  const std::string file = folder_.write("tiny.vec", "2 3\n영화 1 2 3\n없는말 4 5 6\n");
  const json made = train({"--kind", "mlp", "--vectors", file, "--epochs", "1", "--hidden", "4"});
  EXPECT_EQ(made["metrics"]["seed"], 1);
  const Outcome told = run_malmoi({"train", corpus_, "--kind", "mlp", "--vectors", file, "--epochs", "1", "--force"});
  EXPECT_THAT(told.err, HasSubstr("1 of "));
  EXPECT_THAT(told.err, HasSubstr(" words begin with a vector of " + file));

  ASSERT_EQ(run_malmoi({"embed", corpus_, "--dim", "10", "--epochs", "1", "--subwords"}).status, 0);
  const json learned = train({"--kind", "gru", "--vectors", "vectors", "--epochs", "1", "--hidden", "4"});
  const json random = train({"--kind", "gru", "--dim", "10", "--epochs", "1", "--hidden", "4", "--save", "random"});
  EXPECT_EQ(learned["metrics"]["parameters"], random["metrics"]["parameters"]);
  EXPECT_NE(fingerprint(learned), fingerprint(random));
  const Outcome missing = run_malmoi({"train", corpus_, "--kind", "gru", "--vectors", "none", "--save", "x"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("none"));
}

TEST_F(Train, SizesAreWholeNumbersFromOne) {
  const auto error_of = [&](const Words& flags) {
    const Outcome run = run_malmoi(Words{"train", corpus_, "--kind", "gru"} + flags);
    EXPECT_EQ(run.status, 2);
    return run.err;
  };
  EXPECT_THAT(error_of({"--dim", "-1"}), HasSubstr("--dim -1: at least 1 is wanted"));
  EXPECT_THAT(error_of({"--batch", "0"}), HasSubstr("--batch 0: at least 1 is wanted"));
  EXPECT_THAT(error_of({"--max-length=-5"}), HasSubstr("--max-length -5: at least 1 is wanted"));
  EXPECT_EQ(run_malmoi({"train", corpus_, "--kind", "bayes", "--smoothing", "1e308"}).status, 2);
  EXPECT_THAT(error_of({"--clip", "-1"}), HasSubstr("--clip -1: at least 0 is wanted"));
  EXPECT_THAT(error_of({"--rate", "0"}), HasSubstr("--rate 0: more than 0 is wanted"));
  EXPECT_THAT(error_of({"--dropout", "1"}), HasSubstr("--dropout 1: 0 to below 1 is wanted"));
}

TEST_F(Train, BadInputIsNamed) {
  const auto error_of = [](const Words& args) {
    const Outcome run = run_malmoi(args);
    EXPECT_NE(run.status, 0);
    return run.err;
  };
  EXPECT_THAT(error_of({"train", corpus_, "--kind", "sofmax"}), HasSubstr("did you mean softmax?"));
  EXPECT_THAT(error_of({"train", corpus_, "--label-field", "meta.section"}),
              HasSubstr("none of the 3000 documents has a label in the field meta.section"));
  EXPECT_THAT(error_of({"train", corpus_, "--where", "label=1"}),
              HasSubstr("in the field label all documents have the label \"1\"; two are wanted"));
  EXPECT_THAT(error_of({"train", corpus_, "--test", "100%"}), HasSubstr("--test 100% --validation 10%: both shares"));
  EXPECT_THAT(error_of({"train", corpus_, "--where", "label=9"}),
              HasSubstr("--where label=9: no document of the corpus meets this"));
  EXPECT_THAT(error_of({"train", corpus_, "--resume"}),
              HasSubstr("--resume: a training of --kind softmax begins anew"));
  EXPECT_THAT(run_malmoi({"train", "--help"}).out, Not(HasSubstr("--resume ")));
  EXPECT_THAT(run_malmoi({"train", "--kind", "gru", "--help"}).out, HasSubstr("--resume "));
  EXPECT_THAT(error_of({"train", corpus_, "--words", "3-1"}), HasSubstr("--words 3-1"));
  EXPECT_THAT(error_of({"train", corpus_, "--kind", "bayes", "--heads", "3"}), HasSubstr("heads"));
  EXPECT_THAT(error_of({"predict", corpus_, "-"}), HasSubstr("there is no classifier"));
  EXPECT_THAT(error_of({"evaluate", corpus_}), HasSubstr("there is no classifier"));
}

TEST_F(TrainOnFields, SeveralLabelFieldsGiveAModelEach) {
  const json trained = train(fields_);
  const json& models = trained["tables"]["models"];
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0]["model"], "news.topic");
  EXPECT_EQ(models[0]["labels"], 3);
  EXPECT_EQ(models[0]["test"], 21);
  EXPECT_EQ(models[1]["model"], "news.tone");
  EXPECT_EQ(models[1]["label_field"], "meta.tone");
  EXPECT_EQ(models[1]["labels"], 2);
  EXPECT_EQ(models[1]["trained_on"].get<int>() + models[1]["test"].get<int>(), 180);
  EXPECT_EQ(models[1]["accuracy"], 1);
  const json measured = report_of({"evaluate", corpus_, "--model", "news.tone", "--draws", "0"});
  EXPECT_EQ(measured["metrics"]["documents"], models[1]["test"]);
  EXPECT_EQ(figure(measured, "accuracy"), 1);
}

TEST_F(TrainOnFields, HoldTheSameDocumentsOutForAllFields) {
  train(fields_);
  const auto topic = apps::load_classifier(corpus_, "news.topic", {});
  const auto tone = apps::load_classifier(corpus_, "news.tone", {});
  std::vector<std::int64_t> with_tone;
  for (const std::int64_t id : topic.test.row_ids) {
    if ((id - 1) % 7 != 0) with_tone.push_back(id);
  }
  EXPECT_EQ(tone.test.row_ids, with_tone);
  EXPECT_LT(with_tone.size(), topic.test.row_ids.size());
}

TEST_F(TrainOnFields, AStoppedTrainingOfSeveralFieldsGoesOn) {
  const Words kind = {"--kind", "mlp", "--dim", "8", "--hidden", "8", "--epochs", "25", "--patience", "25"};
  const auto fingerprints = [](const json& report) {
    Words found;
    for (const json& model : report["tables"]["models"]) found.push_back(model["fingerprint"]);
    return found;
  };
  const Words whole = fingerprints(train(fields_ + kind));
  const Words stopped = Words{"train", corpus_} + fields_ + kind + Words{"--threads", "1", "--force"};
  EXPECT_THAT(run_malmoi(stopped + Words{"--resume"}).err, HasSubstr("no unfinished training"));
  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, corpus_, "news.topic"));
  EXPECT_EQ(fingerprints(report_of(stopped + Words{"--resume"})), whole);
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, Not(HasSubstr("checkpoint")));
}

TEST_F(TrainOnFields, FieldsThatDoNotFitAreNamed) {
  const auto error_of = [&](const Words& fields) { return run_malmoi(Words{"train", corpus_} + fields).err; };
  EXPECT_THAT(error_of({"--label-field", "meta.topic", "--label-field", "meta.mood"}),
              HasSubstr("none of the 210 documents has a label in the field meta.mood"));
  EXPECT_THAT(error_of({"--label-field", "meta.tone", "--label-field", "meta.old.tone"}),
              HasSubstr("--label-field meta.old.tone: two models would have the name \"softmax.tone\""));
  EXPECT_THAT(error_of({"--where", "meta.tone=bad", "--label-field", "meta.topic", "--label-field", "meta.tone"}),
              HasSubstr("in the field meta.tone all documents have the label \"bad\"; two are wanted"));
}

}  // namespace
}  // namespace malmoi::testing
