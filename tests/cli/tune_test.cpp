#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// All but the seconds, which are never the same.
json trials_of(const json& report) {
  json trials = report["tables"]["trials"];
  for (json& trial : trials) trial.erase("seconds");
  return trials;
}

Words words_of(const std::string& command) {
  std::istringstream in(command);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// "red green" and "green red": only pairs of words tell the labels apart. A fifth of the documents is for validation, a
// fifth the test.
class Tune : public ::testing::Test {
 protected:
  void SetUp() override { make_corpus(corpus_, /*spoiled_test=*/false); }

  void make_corpus(const std::string& corpus, bool spoiled_test) {
    const std::vector<std::string> fillers = {"sun", "moon", "star", "sea", "hill", "tree", "bird"};
    std::string text = "id\ttext\tlabel\tpart\n";
    for (std::size_t i = 0; i < 400; ++i) {
      const bool test = i % 5 == 1;
      const bool label = i / 5 % 2 == 0;
      const std::string words = label ? " red green " : " green red ";
      text += std::to_string(i) + '\t' + fillers[i % 7] + (spoiled_test && test ? " nothing " : words) +
              fillers[i % 6] + '\t' + (label != (spoiled_test && test) ? "up" : "down") + '\t' +
              (test         ? "test"
               : i % 5 == 0 ? "valid"
                            : "train") +
              '\n';
    }
    const std::string path = folder_.write("texts.tsv", text);
    ASSERT_EQ(run_malmoi({"index", corpus, path, "--analyzer", "word", "--meta-field", "part"}).status, 0);
  }

  [[nodiscard]] Words tune(const Words& more) const {
    return Words{"tune", corpus_, "--split-field", "meta.part"} + more;
  }

  TemporaryFolder folder_;
  std::string corpus_ = (folder_ / "texts.malmoi").string();
};

const Words kBayes = {"--kind", "bayes", "--chars", "none", "--trials", "8"};
const Words kMlp = {"--kind", "mlp", "--hidden", "8", "--layers", "1", "--epochs", "9", "--patience", "9"};

TEST_F(Tune, FindsTheGoodValueWhereOneIsClearlyBad) {
  const json report = report_of(tune(kBayes + Words{"--metric", "accuracy"}));
  const json trials = trials_of(report);
  ASSERT_EQ(trials.size(), 8U);
  std::size_t bad = 0;
  for (const json& trial : trials) {
    const bool one_word = trial["options"].get<std::string>().find("--words 1 ") != std::string::npos;
    bad += one_word ? 1 : 0;
    EXPECT_EQ(trial["accuracy"] < 0.9, one_word) << trial;
  }
  EXPECT_GE(bad, 1U);
  EXPECT_EQ(trials[0]["rank"], 1);
  const Words command = words_of(report["metrics"]["command"]);
  EXPECT_EQ(command[0], "malmoi");
  const json trained = report_of(Words(command.begin() + 1, command.end()));
  EXPECT_EQ(trained["metrics"]["test"], 80);
  EXPECT_EQ(figure(trained, "accuracy"), 1);
}

TEST_F(Tune, FlagsThatAreGivenStayAsTheyAre) {
  const json report = report_of(tune(kBayes + Words{"--words=1", "--model", "bernoulli", "--min-df", "2"}));
  for (const json& trial : report["tables"]["trials"]) {
    const std::string options = trial["options"];
    EXPECT_THAT(options, AnyOf("(as they are)", HasSubstr("--smoothing")));
    EXPECT_THAT(options, Not(AnyOf(HasSubstr("--words"), HasSubstr("--model"), HasSubstr("--min-df"))));
    EXPECT_LT(trial["accuracy"], 0.8);
  }
  EXPECT_THAT(report["metrics"]["command"].get<std::string>(),
              StartsWith("malmoi train " + corpus_ +
                         " --kind bayes --split-field meta.part --chars none --words=1 --model bernoulli --min-df 2"));
}

TEST_F(Tune, NeverLooksAtTheTestDocuments) {
  const std::string spoiled = (folder_ / "spoiled.malmoi").string();
  make_corpus(spoiled, /*spoiled_test=*/true);
  for (const Words& kind : {kBayes, kMlp + Words{"--trials", "3", "--dim", "8"}}) {
    Words args = tune(kind);
    const json trials = trials_of(report_of(args));
    args[1] = spoiled;
    EXPECT_EQ(trials_of(report_of(args)), trials) << kind[1];
  }
}

TEST_F(Tune, GivesTheSameForEveryNumberOfThreads) {
  for (const Words& kind : {Words{"--trials", "5"}, kMlp + Words{"--trials", "3", "--dim", "8"}}) {
    const json one = trials_of(report_of(tune(kind + Words{"--threads", "1"})));
    EXPECT_EQ(trials_of(report_of(tune(kind + Words{"--threads", "2"}))), one);
    EXPECT_NE(trials_of(report_of(tune(kind + Words{"--seed", "2"}))), one);
  }
}

TEST_F(Tune, OnlyTheBestTrialsGetMoreEpochs) {
  const auto epochs_of = [](const json& trials) {
    std::map<int, int> counts;
    for (const json& trial : trials) ++counts[trial["epochs"].get<int>()];
    return counts;
  };
  const Words more = kMlp + Words{"--dim", "8", "--trials", "9"};
  const json slow = trials_of(report_of(tune(more)));
  EXPECT_EQ(epochs_of(slow), (std::map<int, int>{{1, 5}, {3, 2}, {9, 2}}));
  const json fast = trials_of(report_of(tune(more + Words{"--factor", "9"})));
  EXPECT_EQ(epochs_of(fast), (std::map<int, int>{{1, 7}, {9, 2}}));
  // Of those that went on, some have their loss after the first epoch in the other search: no dropped one is better.
  double best_dropped = std::numeric_limits<double>::infinity();
  for (std::size_t i = 4; i < 9; ++i) best_dropped = std::min(best_dropped, slow[i]["log_loss"].get<double>());
  for (std::size_t i = 0; i < 4; ++i) {
    const auto same = std::ranges::find_if(fast, [&](const json& trial) { return trial["trial"] == slow[i]["trial"]; });
    const bool dropped = (*same)["epochs"] == 1;
    EXPECT_TRUE(!dropped || slow[i]["trial"] == 1 || (*same)["log_loss"] <= best_dropped) << *same;
  }
}

TEST_F(Tune, WithoutEpochsAWholeTrainingHasTheMoreTheFewerStepsOneTakes) {
  const Words mlp = {"--kind", "mlp", "--dim", "4", "--hidden", "4", "--patience", "99", "--trials", "1"};
  EXPECT_EQ(trials_of(report_of(tune(mlp)))[0]["epochs"], 40);                                  // 4 steps each
  EXPECT_EQ(trials_of(report_of(tune(mlp + Words{"--batch", "1"})))[0]["epochs"], 6000 / 240);  // of 240 documents
  EXPECT_EQ(trials_of(report_of(tune(mlp + Words{"--batch", "1", "--epochs", "3"})))[0]["epochs"], 3);
}

TEST_F(Tune, OnlyTheBestTrialsGetMoreDocuments) {
  const std::string reviews = (folder_ / "reviews.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", reviews, kReviews, "--analyzer", "word"}).status, 0);
  const json report = report_of({"tune", reviews, "--kind", "bayes", "--trials", "6", "--factor", "2"});
  const json& trials = report["tables"]["trials"];
  std::map<int, int> counts;
  for (const json& trial : trials) ++counts[trial["documents"].get<int>()];
  EXPECT_EQ(report["metrics"]["train"], 2400);
  EXPECT_EQ(counts[600] + counts[1200] + counts[2400], 6);
  EXPECT_LE(counts[2400], 2);
  EXPECT_GE(counts[600], 2);
  for (std::size_t i = 1; i < trials.size(); ++i) {
    EXPECT_LE(trials[i]["documents"], trials[i - 1]["documents"]);
    if (trials[i]["documents"] == trials[i - 1]["documents"]) {
      EXPECT_GE(trials[i]["log_loss"], trials[i - 1]["log_loss"]);
    }
  }
}

TEST_F(Tune, TheCommandTrainsWhatWasMeasured) {
  const json report = report_of(tune(kMlp + Words{"--dim", "8", "--trials", "9", "--seed", "3"}));
  const Words command = words_of(report["metrics"]["command"]);
  report_of(Words(command.begin() + 1, command.end()) + Words{"--save", "best"});
  const json measured =
      report_of({"evaluate", corpus_, "--model", "best", "--where", "meta.part=valid", "--draws", "0"});
  EXPECT_EQ(measured["metrics"]["documents"], 80);
  const json& best = report["tables"]["trials"][0];
  for (const std::string name : {"accuracy", "macro_f1", "log_loss"}) {
    EXPECT_EQ(figure(measured, name), best[name]) << name;
  }
}

TEST_F(Tune, ATrialThatFailsIsTheLast) {
  const Words transformer = {"--kind", "transformer", "--hidden", "8", "--epochs", "1", "--trials", "5"};
  const Outcome run = run_malmoi(tune(transformer + Words{"--dim", "6", "--format", "json"}));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("trial 1 failed: "));  // 4 heads do not divide 6
  const json report = json::parse(run.out);
  EXPECT_THAT(report["tables"]["trials"][0]["options"].get<std::string>(), HasSubstr("--heads 2"));
  EXPECT_TRUE(report["tables"]["trials"][4]["log_loss"].is_null());
  const Outcome all = run_malmoi(tune(transformer + Words{"--dim", "7"}));
  EXPECT_EQ(all.status, 1);
  EXPECT_THAT(all.err, HasSubstr("heads is 8, wanted is a divisor of the embedding's 7"));
}

TEST_F(Tune, PretrainingIsTriedOnlyWithNetworksThatCan) {
  const auto options_of = [&](const Words& more) {
    const Words gru = {"--kind", "gru", "--hidden", "4", "--epochs", "1", "--trials", "6", "--pretrain", "1"};
    const Outcome run = run_malmoi(tune(gru + more + Words{"--dim", "4", "--format", "json"}));
    EXPECT_THAT(run.err, Not(HasSubstr("failed")));
    const json report = json::parse(run.out);
    std::string all;
    for (const json& trial : report["tables"]["trials"]) all += trial["options"].get<std::string>();
    return all;
  };
  EXPECT_THAT(options_of({}), AllOf(HasSubstr("--rate"), Not(HasSubstr("--layers"))));
  EXPECT_THAT(options_of({"--one-direction"}), HasSubstr("--layers 2"));
}

TEST_F(Tune, DocumentsMayHaveSeveralLabels) {
  const json report =
      report_of(tune({"--label-separator", "|", "--trials", "3", "--metric", "macro-f1", "--loss", "logistic"}));
  EXPECT_GT(report["tables"]["trials"][0]["accuracy"], 0.95);
  EXPECT_LT(report["tables"]["trials"][0]["log_loss"], 0.5);
}

TEST_F(Tune, WritesAPlotAndARun) {
  const std::string plot = (folder_ / "trials.svg").string();
  const json report = report_of(tune(kBayes + Words{"--svg", plot}));
  std::ostringstream svg;
  svg << std::ifstream(plot).rdbuf();
  EXPECT_THAT(svg.str(), HasSubstr("Trials by log-loss"));
  EXPECT_THAT(svg.str(), HasSubstr("trial 8"));
  const json run = report_of({"info", corpus_})["tables"]["runs"].back();
  EXPECT_EQ(run["command"], "tune");
  const json results = json::parse(run["results"].get<std::string>());
  EXPECT_EQ(results["metric"], "log-loss");
  ASSERT_EQ(results["trials"].size(), 8U);
  EXPECT_EQ(trials_of(json{{"tables", results}}), trials_of(report));
  for (const std::string& line : lines_of(run_malmoi({"info", corpus_}).out)) EXPECT_LT(line.size(), 1000U);
  const Outcome again = run_malmoi(tune(kBayes + Words{"--svg", plot}));
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("exists"));
}

TEST_F(Tune, InterruptedItShowsWhatWasTried) {
  for (int milliseconds = 100; milliseconds < 20000; milliseconds += milliseconds / 2) {
    const Outcome killed = kill_malmoi(tune({"--trials", "2000", "--factor", "2", "--quiet"}), 1000 * milliseconds, 2);
    ASSERT_EQ(killed.status, 130) << killed.err;
    if (killed.out.empty()) continue;
    EXPECT_THAT(killed.out, HasSubstr("malmoi train "));
    EXPECT_THAT(killed.out, HasSubstr("(as they are)"));
    return;
  }
  FAIL() << "no trial was ever done";
}

TEST_F(Tune, BadInputIsNamed) {
  const auto error_of = [&](const Words& more) {
    const Outcome run = run_malmoi(tune(more));
    EXPECT_NE(run.status, 0);
    return run.err;
  };
  EXPECT_THAT(error_of({"--trials", "0"}), HasSubstr("--trials 0: at least 1"));
  EXPECT_THAT(error_of({"--factor", "1"}), HasSubstr("--factor 1: at least 2"));
  EXPECT_THAT(error_of({"--metric", "f1"}), HasSubstr("none of log-loss, accuracy, macro-f1"));
  EXPECT_THAT(error_of({"--save", "best"}), HasSubstr("unknown option '--save'"));
  EXPECT_THAT(error_of({"--words", "3-1"}), HasSubstr("--words 3-1"));
  EXPECT_THAT(error_of({"--label-field", "label", "--label-field", "source"}), HasSubstr("--label-field: give one"));
  const Outcome none = run_malmoi({"tune", corpus_, "--validation", "0"});
  EXPECT_THAT(none.err, HasSubstr("--validation 0: there are no documents for validation"));
}

}  // namespace
}  // namespace malmoi::testing
