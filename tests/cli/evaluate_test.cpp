#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/classifier_model.h"
#include "corpus/base/error.h"
#include "corpus/sqlite.h"
#include "tests/cli/labelled_corpora.h"
#include "tests/cli/program.h"

namespace malmoi::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Evaluate : public ReviewCorpus {};
class EvaluateTags : public TagCorpus {};

// Results of the last run of a verb.
json last_run(const std::string& corpus, const std::string& verb) {
  const json info = report_of({"info", corpus, "--runs", "50"});
  json results;
  for (const json& run : info["tables"]["runs"]) {
    if (run["command"] == verb) results = json::parse(run["results"].get<std::string>());
  }
  return results;
}

TEST_F(Evaluate, FindsDocumentsThatHaveAnotherLabelNow) {
  const json trained = train();
  {
    auto database = corpus::Database::open(corpus_, {.access = corpus::Access::write});
    database.execute("UPDATE documents SET label = 1 - label");
  }
  const json measured = report_of({"evaluate", corpus_, "--draws", "0"});
  EXPECT_EQ(measured["metrics"]["documents"], 300);
  EXPECT_NEAR(figure(measured, "accuracy"), 1 - figure(trained, "accuracy"), 1e-12);
}

TEST_F(Evaluate, SaysHowManyHeldOutDocumentsAreLeft) {
  train();
  ASSERT_EQ(run_malmoi({"remove", corpus_, "--where", "id<=1000"}).status, 0);
  const apps::ClassifierModel model = apps::load_classifier(corpus_, "softmax", {});
  const auto left = std::ranges::count_if(model.test.row_ids, [](std::int64_t id) { return id > 1000; });
  ASSERT_GT(left, 100);
  const Outcome run = run_malmoi({"evaluate", corpus_, "--draws", "0", "--format", "json"});
  EXPECT_THAT(run.err, HasSubstr(concat(left, " of 300 held-out documents are still there")));
  const json measured = json::parse(run.out);
  EXPECT_EQ(measured["metrics"]["documents"], left);
  EXPECT_EQ(measured["metrics"]["held_out"], 300);
  ASSERT_EQ(run_malmoi({"remove", corpus_, "--where", "id<=2999"}).status, 0);
  const Outcome none = run_malmoi({"evaluate", corpus_, "--true-field", "meta.other"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("has none of the 300 documents that were held out"));
  EXPECT_THAT(none.err, HasSubstr("in the field meta.other"));
}

TEST_F(Evaluate, ItsMainFiguresAndThoseOfTrainingStayInTheRuns) {
  const json trained = train();
  const json measured = report_of({"evaluate", corpus_, "--where", "label=1", "--draws", "0"});
  for (const std::string name : {"accuracy", "macro_f1", "log_loss"}) {
    EXPECT_EQ(last_run(corpus_, "train")[name], figure(trained, name)) << name;
    EXPECT_EQ(last_run(corpus_, "evaluate")[name], figure(measured, name)) << name;
  }
}

// Labels that the texts do not tell: mistakes are sure.
TEST_F(Evaluate, ManyClassesShowTheMostFrequentMistakes) {
  std::string text = "id\ttext\tlabel\n";
  for (int i = 0; i < 180; ++i) text += concat(i, "\tword", i % 7, "\tclass", i % 9, '\n');
  const std::string corpus = (folder_ / "many.malmoi").string();
  ASSERT_EQ(run_malmoi({"index", corpus, folder_.write("many.tsv", text), "--analyzer", "word"}).status, 0);
  ASSERT_EQ(run_malmoi({"train", corpus, "--test", "30%"}).status, 0);
  const Outcome run = run_malmoi({"evaluate", corpus, "--draws", "0"});
  EXPECT_THAT(run.out, HasSubstr("# confusions"));
  EXPECT_THAT(run.out, Not(HasSubstr("as class1")));
  EXPECT_THAT(run.out, HasSubstr("mean_roc_auc"));
  const json whole = report_of({"evaluate", corpus, "--draws", "0"});
  ASSERT_EQ(whole["tables"]["confusion"].size(), 9U);
  int most = 0;
  for (int truth = 0; truth < 9; ++truth) {
    for (int given = 0; given < 9; ++given) {
      const int count = whole["tables"]["confusion"][truth][concat("as class", given)];
      if (truth != given) most = std::max(most, count);
    }
  }
  const Words lines = lines_of(run.out.substr(run.out.find("# confusions")));
  ASSERT_GT(lines.size(), 3U);
  EXPECT_TRUE(lines[2].ends_with(concat(' ', most))) << lines[2];
  EXPECT_EQ(figure(whole, "micro_f1"), figure(whole, "accuracy"));
}

// Of 27 documents about an eighth has no label: they count, and are right.
TEST_F(EvaluateTags, DocumentsWithoutALabelCount) {
  const json trained = train(tags_);
  const json measured = report_of({"evaluate", corpus_, "--draws", "0"});
  EXPECT_EQ(measured["metrics"]["documents"], 27);
  EXPECT_EQ(figure(measured, "subset_accuracy"), 1);
  EXPECT_EQ(figure(measured, "macro_f1"), 1);
  EXPECT_FALSE(trained["metrics"].contains("temperature"));
  for (const json& row : measured["tables"]["classes"]) {
    EXPECT_GT(row["threshold"], 0);
    EXPECT_LT(row["threshold"], 1);
    EXPECT_LT(row["support"], 27);
  }
  const json shown = report_of({"models", corpus_, "--show", "softmax"});
  ASSERT_EQ(shown["tables"]["thresholds"].size(), 3U);
  EXPECT_EQ(shown["tables"]["thresholds"][1]["label"], "film");
  EXPECT_EQ(shown["tables"]["thresholds"][1]["threshold"], measured["tables"]["classes"][1]["threshold"]);
  // Every document at once: 270 have the field, 38 of them empty.
  const json all = report_of({"evaluate", corpus_, "--where", "id>=1", "--draws", "0"});
  EXPECT_EQ(all["metrics"]["documents"], 270);
  EXPECT_EQ(all["metrics"]["without_label"], 30);
  EXPECT_EQ(figure(all, "subset_accuracy"), 1);
}

TEST_F(Evaluate, AnExportedModelIsMeasuredOnNewDocuments) {
  train();
  const std::string file = (folder_ / "softmax.model").string();
  ASSERT_EQ(run_malmoi({"models", corpus_, "--export", "softmax", "-o", file}).status, 0);
  EXPECT_EQ(report_of({"evaluate", file, kReviews, "--draws", "0"})["metrics"]["documents"], 3000);
  const Outcome alone = run_malmoi({"evaluate", file});
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("holds a model and no documents: give INPUT"));
}

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
  const json data = page_data(page);
  EXPECT_GE(data["best_epoch"], 1);
  const json& temperature = data["temperature"];
  EXPECT_GT(temperature["before"], temperature["after"]);
  EXPECT_GT(temperature["after"], 0);
}

TEST_F(Evaluate, ThePageSaysHowTheModelWasMade) {
  const Words made = {"--kind", "cnn", "--dim", "8", "--filters", "4", "--windows", "2,3", "--epochs", "2"};
  const Words where = {"--where", "id<=500", "--test", "20%"};
  train(made + where);
  const std::string page = (folder_ / "page.html").string();
  ASSERT_EQ(run_malmoi({"evaluate", corpus_, "-o", page, "--draws", "0"}).status, 0);
  json head = page_data(page)["head"];
  EXPECT_THAT(std::string(head["command"]), HasSubstr("malmoi train " + corpus_ + " --kind cnn --dim 8"));
  EXPECT_THAT(std::string(head["command"]), HasSubstr("\nmalmoi evaluate " + corpus_ + " -o " + page));
  std::map<std::string, std::string> options;
  for (const json& one : head["options"]) options[one[0]] = one[1];
  EXPECT_EQ(options["label-field"], "label");
  EXPECT_EQ(options["where"], "id<=500");
  EXPECT_EQ(options["dim"], "8");
  EXPECT_EQ(options["windows"], "2,3");
  EXPECT_EQ(options["epochs"], "2");
  EXPECT_EQ(options["analyzer"], "word");
  EXPECT_EQ(options.count("heads"), 0U) << "a convolution has no attention";
  train({"--words", "1-2", "--chars", "none"});
  ASSERT_EQ(run_malmoi({"evaluate", corpus_, "--model", "softmax", "-o", page, "--draws", "0", "--force"}).status, 0);
  head = page_data(page)["head"];
  for (const json& one : head["options"]) options[one[0]] = one[1];
  EXPECT_EQ(options["words"], "1-2");
  EXPECT_EQ(options["words-min-df"], "2");
}

}  // namespace
}  // namespace malmoi::testing
