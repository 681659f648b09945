#include "tests/cli/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Topics, TheirNumberIsChosenByMeasuring) {
  const std::vector<std::string> sweep = {"choose-topics", corpus_,
                                          "--try",         "3,6",
                                          "--seeds",       "2",
                                          "--iterations",  "20",
                                          "--svg",         (folder_ / "plots").string()};
  const json rows = report_of(sweep)["tables"]["choose_topics"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["topics"], 3);
  EXPECT_EQ(rows[1]["topics"], 6);
  for (const json& row : rows) {
    EXPECT_LT(row["held_out"], -5.0);
    EXPECT_GT(row["held_out"], -10.0);
    EXPECT_LE(row["coherence_low"], row["coherence_high"]);
    EXPECT_NEAR(row["perplexity"].get<double>(), std::exp(-row["held_out"].get<double>()), 1e-9);
    EXPECT_GT(row["stability"], 0.0);
  }
  for (const char* name : {"held_out", "coherence", "exclusivity", "stability"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "plots" / concat(name, ".svg"))) << name;
  }
  const Outcome again = run_malmoi(sweep);
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("exists; --force overwrites it"));
  EXPECT_EQ(run_malmoi({"choose-topics", corpus_, "--try", "3,x"}).status, 2);
  const std::string one_seed = (folder_ / "one_seed").string();
  const json alone = report_of({"choose-topics", corpus_, "--try", "3,3", "--seeds", "1", "--iterations", "5", "--svg",
                                one_seed})["tables"]["choose_topics"];
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_FALSE(alone[0].contains("stability"));
  EXPECT_EQ(alone[0]["best"], "held_out coherence exclusivity");
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(one_seed) / "stability.svg"));
  EXPECT_EQ(run_malmoi({"choose-topics", corpus_, "--topics", "3"}).status, 2);
}

TEST_F(Topics, AreLearnedStoredAndShown) {
  const json fitted = fit("lda");
  const json& figures = fitted["metrics"];
  EXPECT_EQ(figures["topics"], 8);
  EXPECT_EQ(figures["documents"], 59);
  EXPECT_EQ(figures["empty_documents"], 0);
  EXPECT_EQ(figures["sweeps"], 30);
  EXPECT_GT(figures["tokens"], 30000);
  EXPECT_GT(figures["tokens_per_second"], 10000.0);
  EXPECT_LT(figures["log_likelihood"], -5.0);
  EXPECT_GT(figures["log_likelihood"], -9.0);
  ASSERT_EQ(fitted["tables"]["topics"].size(), 8U);
  double shares = 0;
  double alpha = 0;
  for (const json& topic : fitted["tables"]["topics"]) {
    shares += topic["share"].get<double>();
    alpha += topic["alpha"].get<double>();
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  EXPECT_NEAR(alpha, figures["alpha_sum"], 1e-9);

  const json shown = report_of({"topics", corpus_, "--model", "lda"});
  EXPECT_EQ(shown["tables"]["topics"], fitted["tables"]["topics"]);
  const json info = report_of({"info", corpus_});
  EXPECT_EQ(info["tables"]["models"][0]["kind"], "lda");
  const json runs = info["tables"]["runs"];
  ASSERT_EQ(runs[1]["command"], "lda");
  EXPECT_EQ(json::parse(runs[1]["results"].get<std::string>())["fingerprint"], figures["fingerprint"]);
  EXPECT_EQ(fit("again")["metrics"]["model"], "again");
}

TEST_F(Topics, EveryNumberOfThreadsGivesTheSameModel) {
  const std::string one = fingerprint(fit("one", {"--threads", "1"}));
  EXPECT_EQ(fingerprint(fit("two", {"--threads", "2"})), one);
  EXPECT_EQ(fingerprint(fit("eight", {"--threads", "8"})), one);
  EXPECT_NE(fingerprint(fit("other", {"--seed", "2"})), one);
  const json list = report_of({"models", corpus_})["tables"]["models"];
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[0]["name"], "eight");
  EXPECT_EQ(list[0]["fingerprint"], one);
}

TEST_F(Topics, GetNamesFiguresAndDocuments) {
  const json fitted = fit("lda");
  const json report = report_of({"topics", corpus_, "--name", "3=전쟁과 평화", "--name", "0=law", "--documents", "2",
                                 "--diagnostics", "--coherence", "npmi", "--terms", "5", "--relevance", "0.6"});
  const json& topics = report["tables"]["topics"];
  EXPECT_EQ(topics[3]["name"], "전쟁과 평화");
  EXPECT_EQ(topics[0]["name"], "law");
  EXPECT_THAT(topics[1]["name"].get<std::string>(), HasSubstr(" · "));
  const std::string terms = topics[2]["terms"];
  EXPECT_EQ(std::count(terms.begin(), terms.end(), ','), 4);
  double mean = 0;
  for (const json& topic : topics) mean += topic["npmi"].get<double>() / 8;
  EXPECT_NEAR(report["metrics"]["coherence_npmi"], mean, 1e-9);
  EXPECT_EQ(report["tables"]["documents"].size(), 16U);
  double tokens = 0;
  for (const json& topic : report["tables"]["diagnostics"]) tokens += topic["tokens"].get<double>();
  EXPECT_NEAR(tokens, fitted["metrics"]["tokens"].get<double>(), 1e-6);

  EXPECT_EQ(report_of({"topics", corpus_, "--name", "0="})["tables"]["topics"][3]["name"], "전쟁과 평화");
  EXPECT_NE(report_of({"topics", corpus_})["tables"]["topics"][0]["name"], "law");
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--name", "8=x"}).status, 1);
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--name", "x"}).status, 2);
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--coherence", "x"}).status, 2);
}

TEST_F(Topics, ModelsGoOutAndInAgain) {
  const std::string print = fingerprint(fit("lda"));
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--name", "1=law"}).status, 0);
  const std::string file = (folder_ / "m.model").string();
  report_of({"models", corpus_, "--export", "lda", "-o", file});
  EXPECT_EQ(run_malmoi({"models", corpus_, "--export", "lda", "-o", file}).status, 1);
  EXPECT_EQ(run_malmoi({"models", corpus_, "--export", "lda", "-o", file, "--force"}).status, 0);

  const std::string other = (folder_ / "other").string();
  ASSERT_EQ(run_malmoi({"index", other, kReviews, "--analyzer", "word"}).status, 0);
  EXPECT_EQ(fingerprint(report_of({"models", other, "--import", file, "--save", "speeches"})), print);
  EXPECT_EQ(run_malmoi({"models", other, "--import", file, "--save", "speeches"}).status, 1);
  const json topics = report_of({"topics", other, "--model", "speeches"});
  EXPECT_EQ(topics["tables"]["topics"], report_of({"topics", corpus_})["tables"]["topics"]);
  EXPECT_EQ(topics["tables"]["topics"][1]["name"], "law");
  EXPECT_EQ(inferred({other, "--model", "speeches", "--where", "id=1"}).size(), 1U);

  const json shown = report_of({"models", other, "--show", "speeches"});
  EXPECT_EQ(fingerprint(shown), print);
  EXPECT_THAT(shown["tables"]["options"].dump(), HasSubstr(R"({"option":"options.topics","value":"8"})"));
  EXPECT_THAT(shown["tables"]["options"].dump(), HasSubstr(R"({"option":"selection.min_df","value":"3"})"));
  report_of({"models", other, "--rename", "speeches=s2"});
  EXPECT_EQ(report_of({"topics", other, "--model", "s2"})["tables"]["topics"][1]["name"], "law");
  EXPECT_TRUE(report_of({"models", other, "--delete", "s2"})["tables"]["models"].empty());
  const Outcome gone = run_malmoi({"topics", other, "--model", "s2"});
  EXPECT_EQ(gone.status, 1);
  EXPECT_THAT(gone.err, HasSubstr("there is no model \"s2\""));
}

TEST_F(Topics, GoOnWhenDocumentsAreAdded) {
  const std::string extra = folder_.write("extra.txt", "war and peace among all nations\nliberty and union\n").string();
  fit("lda");
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--name", "1=law"}).status, 0);
  ASSERT_EQ(run_malmoi({"index", corpus_, extra, "--from", "lines"}).status, 0);
  const json more = report_of({"lda", corpus_, "--continue", "--iterations", "5"});
  EXPECT_EQ(more["metrics"]["documents"], 61);
  EXPECT_EQ(more["metrics"]["sweeps"], 5);
  EXPECT_EQ(more["tables"]["topics"][1]["name"], "law");
  EXPECT_EQ(run_malmoi({"lda", corpus_, "--continue", "--topics", "5"}).status, 2);
  EXPECT_EQ(run_malmoi({"lda", corpus_, "--continue", "--save", "none"}).status, 1);
}

// Stops fits at several moments, goes on, and compares with a fit that was never stopped.
class StoppedTopics : public Topics {
 protected:
  std::vector<std::string> args(const std::string& name, const std::string& every) const {
    return {"lda",
            corpus_,
            "--save",
            name,
            "--topics",
            "40",
            "--iterations",
            "150",
            "--min-df",
            "2",
            "--checkpoint-seconds",
            every};
  }
  // every: seconds between checkpoints, besides the one that a signal asks for
  void stop_and_resume(int signal, int status, const std::string& every) {
    const std::string expected = fingerprint(report_of(args("whole", every)));
    int resumed = 0;
    for (const int milliseconds : {80, 200, 400, 1000}) {
      const std::string name = concat("m", milliseconds);
      const Outcome stopped = kill_malmoi(args(name, every), milliseconds * 1000, signal);
      if (stopped.status == 0) break;  // it was faster
      ASSERT_EQ(stopped.status, status) << stopped.err;
      if (!has_model(name + ".checkpoint")) continue;  // it had not begun
      if (signal == SIGINT) {
        EXPECT_THAT(stopped.err, HasSubstr(concat("--save ", name, " --resume")));
      }
      EXPECT_FALSE(has_model(name));
      EXPECT_EQ(run_malmoi(args(name, every)).status, 1) << "a checkpoint was to be overwritten";
      EXPECT_THAT(run_malmoi({"topics", corpus_, "--model", name + ".checkpoint"}).err,
                  HasSubstr(concat("--save ", name, " --resume` goes on")));
      EXPECT_EQ(fingerprint(report_of({"lda", corpus_, "--save", name, "--resume", "--threads", "1"})), expected);
      EXPECT_FALSE(has_model(name + ".checkpoint"));
      const std::filesystem::path page = folder_ / concat(name, ".html");
      report_of({"report", corpus_, "--model", name, "-o", page.string()});
      const std::string command = page_data(page)["head"]["command"];
      EXPECT_THAT(command, HasSubstr("--topics 40"));  // what began it, not the --resume
      EXPECT_THAT(command, Not(HasSubstr("--resume")));
      ++resumed;
    }
    EXPECT_GE(resumed, 1) << "the moments were too early or too late";
  }
};

TEST_F(StoppedTopics, CtrlCKeepsACheckpointThatGivesTheSameModel) {
  stop_and_resume(SIGINT, 130, "60");
}

TEST_F(StoppedTopics, AKilledFitGoesOnFromItsLastCheckpoint) {
  stop_and_resume(SIGKILL, 128 + SIGKILL, "0.05");
}

TEST_F(Topics, WrongInputsAreRefusedClearly) {
  const auto expect = [&](const std::vector<std::string>& more, int status, const std::string& message) {
    const Outcome run = run_malmoi(std::vector<std::string>{"lda", corpus_} + more);
    EXPECT_EQ(run.status, status) << message;
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_FALSE(has_model("lda")) << message;
  };
  expect({"--topics", "0"}, 2, "--topics 0: at least 2 is wanted");
  expect({"--topics", "1"}, 2, "--topics 1");
  expect({"--alpha", "0"}, 2, "--alpha 0: more than 0 is wanted");
  expect({"--beta", "nan"}, 2, "--beta");
  expect({"--iterations", "0"}, 2, "--iterations 0: at least 1 is wanted");
  expect({"--iterations", "20", "--burn-in", "20"}, 2, "--burn-in 20: priors are learned behind it");
  expect({"--iterations", "20", "--samples", "3", "--sample-interval", "10"}, 2, "--samples 3: so many, 10 sweeps");
  expect({"--seed", "-1"}, 2, "--seed");
  expect({"--alpha-prior", "fix"}, 2, "fixed");
  expect({"--min-df", "60"}, 1, "no term of the 59 documents is left");
  expect({"--min-df", "x"}, 2, "--min-df");
  expect({"--remove-top", "-1"}, 2, "--remove-top");
  expect({"--where", "id=0"}, 1, "there are no documents");
  expect({"--topics", "30000", "--where", "id=1", "--min-df", "1", "--max-df", "1.0"}, 1, "more than the");
  expect({"--save", "a/b", "--iterations", "1"}, 1, "cannot be the name of a model");
  expect({"--resume"}, 1, "there is no checkpoint");
  expect({"--resume", "--topics", "5"}, 2, "--topics does not go with --resume");
  expect({"--resume", "--continue"}, 2, "either");
  expect({"--seed-words", (folder_ / "none").string()}, 1, "cannot be read");
  expect({"--seed-words", folder_.write("s1", "0: zyx\n").string()}, 1, "s1:1: \"zyx\" is not among the terms");
  expect({"--seed-words", folder_.write("s2", "# c\n\n99: war\n").string()}, 1, "s2:3: there is no topic 99");
  expect({"--seed-words", folder_.write("s3", "war\n").string()}, 1, "s3:1");
  expect({"--seed-words", folder_.write("s4", "0: war\n1: \xC0\xFA\n").string()}, 1, "s4:2: not valid UTF-8 at byte 3");
  const Outcome unknown = run_malmoi({"infer", corpus_, "--model", "none"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("there is no model \"none\""));
}

TEST_F(Topics, SeedWordsComeFirstInTheirTopic) {
  const std::string seeds = folder_.write("seeds", "5: war peace  # of nations\n2: constitution\n").string();
  const json topics = fit("lda", {"--seed-words", seeds, "--max-df", "100%"})["tables"]["topics"];
  EXPECT_THAT(topics[5]["terms"].get<std::string>(), HasSubstr("war"));
  EXPECT_THAT(topics[5]["terms"].get<std::string>(), HasSubstr("peace"));
  EXPECT_THAT(topics[2]["terms"].get<std::string>(), HasSubstr("constitution"));
  // Words as people write them: a byte order mark, commas, capitals, the same word again.
  const std::string loose = folder_
                                .write("loose",
                                       "\xEF\xBB\xBF"
                                       "5: War, peace, war\r\n2: Constitution\r\n")
                                .string();
  EXPECT_EQ(fit("loose", {"--seed-words", loose, "--max-df", "100%"})["tables"]["topics"], topics);
}

TEST_F(Topics, SaysHowMuchMemoryAFitTakes) {
  const auto metrics = [&](const char* topics) {
    return report_of(
        {"lda", corpus_, "--save", concat("of", topics), "--topics", topics, "--iterations", "2"})["metrics"];
  };
  const json small = metrics("10");
  const json large = metrics("3000");
  const double table = 3000.0 * large["terms"].get<double>() * 4e-6;  // MB, of topics and terms
  EXPECT_GT(large["memory_mb"].get<double>(), table);
  EXPECT_GT(large["memory_mb"], small["memory_mb"]);
  EXPECT_LT(large["memory_mb"].get<double>(), table + 200);
}

TEST_F(Topics, AModelIsReplacedOnlyWithForce) {
  const std::string first = fingerprint(fit("lda"));
  EXPECT_EQ(run_malmoi({"topics", corpus_, "--name", "1=law"}).status, 0);
  const Outcome again = run_malmoi({"lda", corpus_});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("there is a model \"lda\" already"));
  EXPECT_NE(fingerprint(fit("lda", {"--force", "--seed", "7"})), first);
  EXPECT_NE(report_of({"topics", corpus_})["tables"]["topics"][1]["name"], "law");
}

}  // namespace
}  // namespace malmoi::testing
