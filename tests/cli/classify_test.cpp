#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/classifier_model.h"
#include "corpus/base/error.h"
#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kReviews = MALMOI_SOURCE_DIR "/tests/data/nsmc_sample.tsv";

double figure(const json& report, std::string_view name) {
  for (const json& row : report["tables"]["figures"]) {
    if (row["figure"] == name) return row["value"];
  }
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Film reviews, analysed by words, so that no dictionary is needed.
class Classify : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(run_malmoi({"index", corpus_, kReviews, "--analyzer", "word"}).status, 0); }

  json train(const Words& more = {}) { return report_of(Words{"train", corpus_} + more); }
  static std::string fingerprint(const json& report) { return report["metrics"]["fingerprint"]; }
  // Kills a training behind an epoch, however fast the machine is: a run that ended before is done again, and killed
  // sooner.
  void stop_between_epochs(const Words& training, const std::string& model) {
    double milliseconds = 200;
    for (int attempt = 0; attempt < 60; ++attempt) {
      const Outcome killed = kill_malmoi(training, static_cast<int>(1000 * milliseconds), attempt % 3 == 0 ? 2 : 9);
      if (run_malmoi({"models", corpus_}).out.find(model + ".training.checkpoint") != std::string::npos) return;
      if (killed.status == 0) {
        ASSERT_EQ(run_malmoi({"models", corpus_, "--delete", model}).status, 0);
      }
      milliseconds *= killed.status == 0 ? 0.7 : 1.3;
    }
    FAIL() << "it was never stopped between two epochs";
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  TemporaryFolder folder_;
  std::string corpus_ = (folder_ / "reviews.malmoi").string();
};

TEST_F(Classify, TrainingHoldsDocumentsOutAndEvaluateMeasuresOnThem) {
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
TEST_F(Classify, WithoutATestPartTheFiguresAreOfDocumentsThatWereNotLearnedFrom) {
  std::string lines;
  for (int i = 0; i < 400; ++i) lines += concat("id", i, "\tword", i, " other", i, '\t', i % 2, '\n');
  const std::string corpus = (folder_ / "words.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", corpus, write("words.tsv", lines), "--analyzer", "word", "--id-field", "1",
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

TEST_F(Classify, AModelIsReplacedOnlyWithForce) {
  const std::string first = fingerprint(train());
  const Outcome again = run_malmoi({"train", corpus_});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("there is a model \"softmax\" already"));
  EXPECT_EQ(fingerprint(train({"--force"})), first);
}

TEST_F(Classify, EveryKindGivesTheSameModelForEveryNumberOfThreads) {
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

TEST_F(Classify, AStoppedTrainingGoesOnToTheSameModel) {
  const Words kind = {"--kind", "gru", "--dim", "32", "--hidden", "32", "--epochs", "6", "--patience", "6"};
  const std::string whole = fingerprint(train(kind + Words{"--save", "whole"}));
  const Words stopped = Words{"train", corpus_} + kind + Words{"--save", "stopped", "--threads", "1"};
  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, "stopped"));
  const Outcome other = run_malmoi({"train", corpus_, "--kind", "gru", "--save", "stopped", "--resume"});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("had other options"));
  const json resumed = report_of(stopped + Words{"--resume"});
  EXPECT_EQ(fingerprint(resumed), whole);
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, ::testing::Not(HasSubstr("checkpoint")));
  EXPECT_THAT(run_malmoi(stopped + Words{"--resume", "--force"}).err, HasSubstr("no unfinished training"));
}

TEST_F(Classify, PredictWritesALineADocument) {
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

TEST_F(Classify, ExplainNamesTheWordsThatDecided) {
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

TEST_F(Classify, PredictionsOfTheCorpusAreThoseOfItsTexts) {
  train();
  const Outcome stored = run_malmoi({"predict", corpus_, "--where", "id<=200", "--format", "tsv", "--threads", "1"});
  const Outcome threads = run_malmoi({"predict", corpus_, "--where", "id<=200", "--format", "tsv", "--threads", "8"});
  EXPECT_EQ(stored.out, threads.out);
  EXPECT_EQ(lines_of(stored.out).size(), 201U);
}

TEST_F(Classify, AnExportedModelPredictsWithoutTheCorpus) {
  train();
  const std::string file = (folder_ / "softmax.model").string();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "softmax", "-o", file}).status, 0);
  const std::string text = "재미있다\n지루하다\n";
  const Outcome exported = run_malmoi({"predict", file, "-"}, text);
  ASSERT_EQ(exported.status, 0) << exported.err;
  EXPECT_EQ(exported.out, run_malmoi({"predict", corpus_, "-"}, text).out);
}

TEST_F(Classify, EvaluateReadsNewDocuments) {
  train({"--test", "0"});
  const std::string input = write("new.tsv", "id\tdocument\tlabel\na\t최고의 영화\t1\nb\t쓰레기\t0\nc\t감동\t1\n");
  const json measured = report_of({"evaluate", corpus_, input, "--draws", "0"});
  EXPECT_EQ(measured["metrics"]["documents"], 3);
  EXPECT_EQ(measured["metrics"]["of"], "input");
  const std::string unknown = write("unknown.tsv", "id\tdocument\tlabel\na\t최고의 영화\t좋음\n");
  const Outcome refused = run_malmoi({"evaluate", corpus_, unknown});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err,
              HasSubstr("document a has the label \"좋음\", which the model does not know; it knows 0, 1"));
}

TEST_F(Classify, TheSplitCanComeFromAField) {
  std::string text = "id\ttext\tlabel\tpart\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i) + (i % 2 == 0 ? "\tgood film\tpos\t" : "\tbad film\tneg\t") +
            (i < 40   ? "train"
             : i < 50 ? "valid"
                      : "test") +
            "\n";
  }
  const std::string corpus = (folder_ / "split.malmoi").string();
  ASSERT_EQ(
      run_malmoi({"index", corpus, write("split.tsv", text), "--analyzer", "word", "--meta-field", "part"}).status, 0);
  const json trained = report_of({"train", corpus, "--split-field", "meta.part", "--kind", "bayes"});
  EXPECT_EQ(trained["metrics"]["test"], 10);
  EXPECT_EQ(trained["metrics"]["validation"], 10);
  EXPECT_EQ(figure(trained, "accuracy"), 1);
}

TEST_F(Classify, DocumentsMayHaveSeveralLabels) {
  std::string text = "id\ttext\tlabel\n";
  const std::vector<std::string> words = {"ball", "film", "vote"};
  for (int i = 0; i < 210; ++i) {
    const std::string& first = words[static_cast<std::size_t>(i) % 3];
    const std::string& second = words[static_cast<std::size_t>(i / 3) % 3];
    text += std::to_string(i) + "\tthe " + first + " and a " + second + "\t" + first +
            (first == second ? "" : "|" + second) + "\n";
  }
  const std::string corpus = (folder_ / "several.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", corpus, write("several.tsv", text), "--analyzer", "word"}).status, 0);
  for (const std::string kind : {"softmax", "fasttext", "gru", "ensemble"}) {
    const json trained = report_of({"train", corpus, "--label-separator", "|", "--kind", kind});
    EXPECT_EQ(trained["metrics"]["labels"], 3);
    EXPECT_GT(figure(trained, "micro_f1"), 0.9) << kind;
  }
  const Outcome run = run_malmoi({"predict", corpus, "-", "--model", "softmax"}, "the ball and a vote\n");
  EXPECT_EQ(lines_of(run.out).size(), 3U) << run.out;
}

// Topic and tone of news, told by a word each; every seventh document has no tone.
class ClassifyColumns : public Classify {
 protected:
  void SetUp() override {
    std::string text = "id\ttext\ttopic\ttone\n";
    const std::vector<std::string> words = {"ball", "film", "vote"};
    for (std::size_t i = 0; i < 210; ++i) {
      const std::string tone = i / 3 % 2 == 0 ? "good" : "bad";
      text += std::to_string(i) + "\tthe " + words[i % 3] + " was " + tone + '\t' + words[i % 3] + '\t' +
              (i % 7 == 0 ? "" : tone) + '\n';
    }
    ASSERT_EQ(run_malmoi({"index", corpus_, write("news.tsv", text), "--analyzer", "word", "--meta-field", "topic",
                          "--meta-field", "tone"})
                  .status,
              0);
  }

  const Words fields_ = {"--label-field", "meta.topic", "--label-field", "meta.tone", "--save", "news"};
};

TEST_F(ClassifyColumns, SeveralLabelFieldsGiveAModelEach) {
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

TEST_F(ClassifyColumns, HoldTheSameDocumentsOutForAllFields) {
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

TEST_F(ClassifyColumns, AStoppedTrainingOfSeveralFieldsGoesOn) {
  const Words kind = {"--kind", "mlp", "--dim", "8", "--hidden", "8", "--epochs", "25", "--patience", "25"};
  const auto fingerprints = [](const json& report) {
    Words found;
    for (const json& model : report["tables"]["models"]) found.push_back(model["fingerprint"]);
    return found;
  };
  const Words whole = fingerprints(train(fields_ + kind));
  const Words stopped = Words{"train", corpus_} + fields_ + kind + Words{"--threads", "1", "--force"};
  EXPECT_THAT(run_malmoi(stopped + Words{"--resume"}).err, HasSubstr("no unfinished training"));
  ASSERT_NO_FATAL_FAILURE(stop_between_epochs(stopped, "news.topic"));
  EXPECT_EQ(fingerprints(report_of(stopped + Words{"--resume"})), whole);
  EXPECT_THAT(run_malmoi({"models", corpus_}).out, ::testing::Not(HasSubstr("checkpoint")));
}

TEST_F(ClassifyColumns, PredictAsksSeveralModels) {
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

TEST_F(ClassifyColumns, FieldsThatDoNotFitAreNamed) {
  const auto error_of = [&](const Words& fields) { return run_malmoi(Words{"train", corpus_} + fields).err; };
  EXPECT_THAT(error_of({"--label-field", "meta.topic", "--label-field", "meta.mood"}),
              HasSubstr("none of the 210 documents has a label in the field meta.mood"));
  EXPECT_THAT(error_of({"--label-field", "meta.tone", "--label-field", "meta.old.tone"}),
              HasSubstr("--label-field meta.old.tone: two models would have the name \"softmax.tone\""));
  EXPECT_THAT(error_of({"--where", "meta.tone=bad", "--label-field", "meta.topic", "--label-field", "meta.tone"}),
              HasSubstr("in the field meta.tone all documents have the label \"bad\"; two are wanted"));
}

TEST_F(Classify, BadInputIsNamed) {
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
  EXPECT_THAT(error_of({"train", corpus_, "--test", "100%"}), HasSubstr("share"));
  EXPECT_THAT(error_of({"train", corpus_, "--words", "3-1"}), HasSubstr("--words 3-1"));
  EXPECT_THAT(error_of({"train", corpus_, "--kind", "bayes", "--heads", "3"}), HasSubstr("heads"));
  EXPECT_THAT(error_of({"predict", corpus_, "-"}), HasSubstr("there is no classifier"));
  EXPECT_THAT(error_of({"evaluate", corpus_}), HasSubstr("there is no classifier"));
}

// ---- word vectors --------------------------------------------------------------------------------------------------

TEST_F(Classify, WordVectorsAreLearnedStoredAndAskedFor) {
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

TEST_F(Classify, WordVectorsGoThroughAFile) {
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
  const std::string pairs = write("pairs.tsv", "word1\tword2\tscore\n영화\t감동\t3\n영화\t없는말\t1\n연기\t감동\t9\n");
  const json scores = report_of({"wordsim", corpus_, pairs, "--model", "copy"});
  EXPECT_EQ(scores["tables"]["wordsim"][0]["pairs"], 3);
  EXPECT_EQ(scores["tables"]["wordsim"][0]["covered"], 2);
  EXPECT_EQ(run_malmoi({"nearest", corpus_, "없는말", "--model", "copy"}).status, 1);
  const Outcome again = run_malmoi({"embed", corpus_, "--dim", "10", "--write", file, "--save", "other"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr(file + " exists already"));
}

TEST_F(Classify, AnEnsembleAveragesItsMembers) {
  const json made = train({"--kind", "ensemble", "--member", "softmax", "--member", "bayes --smoothing 0.5", "--member",
                           "mlp --epochs 2 --dim 8 --hidden 8"});
  EXPECT_GT(figure(made, "accuracy"), 0.6);
  const json softmax = train({"--validation", "10%", "--save", "alone"});
  EXPECT_GT(made["metrics"]["parameters"].get<int>(), softmax["metrics"]["parameters"].get<int>());

  // A member that is alone says the same as without the ensemble, trained on the same documents.
  train({"--kind", "ensemble", "--member", "bayes", "--validation", "0", "--save", "one"});
  train({"--kind", "bayes", "--validation", "0", "--save", "plain"});
  const std::string texts = write("texts.txt", "정말 감동적인 영화\n시간이 아깝다\n");
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

TEST_F(Classify, AnEnsembleThroughAFileOfItsOwn) {
  train({"--kind", "ensemble", "--member", "softmax", "--member", "cnn --epochs 1 --dim 8 --filters 4"});
  const std::string file = (folder_ / "ensemble.malmoi").string();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "ensemble", "-o", file}).status, 0);
  const std::string texts = write("texts.txt", "정말 감동적인 영화\n시간이 아깝다\n");
  const Outcome inside = run_malmoi({"predict", corpus_, texts, "--from", "lines", "--format", "tsv"});
  const Outcome outside = run_malmoi({"predict", file, texts, "--from", "lines", "--format", "tsv"});
  EXPECT_EQ(inside.status, 0) << inside.err;
  EXPECT_EQ(outside.out, inside.out);
}

TEST_F(Classify, WrongMembersAreRefusedBeforeAnythingIsTrained) {
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

TEST_F(Classify, NetworksBeginWithVectorsThatWereLearnedBefore) {
  const std::string file = write("tiny.vec", "2 3\n영화 1 2 3\n없는말 4 5 6\n");
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

TEST_F(Classify, SizesAreWholeNumbersFromOne) {
  const auto error_of = [&](const Words& flags) {
    const Outcome run = run_malmoi(Words{"train", corpus_, "--kind", "gru"} + flags);
    EXPECT_EQ(run.status, 2);
    return run.err;
  };
  EXPECT_THAT(error_of({"--dim", "-1"}), HasSubstr("--dim -1: at least 1 is wanted"));
  EXPECT_THAT(error_of({"--batch", "0"}), HasSubstr("--batch 0: at least 1 is wanted"));
  EXPECT_THAT(error_of({"--max-length=-5"}), HasSubstr("--max-length -5: at least 1 is wanted"));
  EXPECT_EQ(run_malmoi({"train", corpus_, "--kind", "bayes", "--smoothing", "1e308"}).status, 2);
}

TEST_F(Classify, ThePageMarksTheBestEpochAndSaysHowItWasCalibrated) {
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
