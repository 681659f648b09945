#include "apps/page/classifier_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/page/fill_page.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// true 0 0 1 1, predicted 0 1 1 1
const std::vector<float> kProbabilities = {.9F, .1F, .3F, .7F, .2F, .8F, .4F, .6F};
const std::vector<std::int32_t> kTruth = {0, 0, 1, 1};

ClassifierPage two_classes() {
  ClassifierPage page;
  page.head = {.corpus = "reviews.malmoi", .model = "linear", .seed = 7, .options = {{"kind", "softmax"}}};
  page.labels = {"neg", "pos"};
  page.classes = neural::score_classes({kProbabilities, 2}, kTruth);
  page.class_intervals = neural::class_intervals({kProbabilities, 2}, kTruth, {.draws = 50});
  page.epochs = {{.epoch = 1, .training_loss = 0.7, .validation_accuracy = 0.5}, {.epoch = 2, .training_loss = 0.6}};
  page.best_epoch = 1;
  page.temperature = neural::Temperature{.value = 1.5, .log_loss_before = 0.5, .log_loss = 0.4, .steps = 3};
  page.documents = {
      {.id = "a", .text = "텍스트", .truth = {0}, .predicted = {1}, .probability = 0.7, .true_probability = 0.3}};
  return page;
}

TEST(ClassifierPage, HoldsTheFiguresWithTheirIntervals) {
  const json data = json::parse(to_json(two_classes()));
  EXPECT_EQ(data["kind"], "classifier");
  EXPECT_EQ(data["documents_measured"], 4);
  EXPECT_EQ(data["head"]["documents_shown"], 1);
  EXPECT_EQ(data["head"]["options"], json::parse(R"([["kind","softmax"]])"));
  EXPECT_EQ(data["figures"][0][0], "accuracy");
  EXPECT_EQ(data["figures"][0][1], 0.75);
  EXPECT_LE(data["figures"][0][2], 0.75);
  EXPECT_EQ(data["confusion"], json::parse("[[1,1],[0,2]]"));
  EXPECT_EQ(data["classes"][1]["support"], 2);
  EXPECT_EQ(data["classes"][1]["predicted"], 3);
  EXPECT_EQ(data["classes"][1]["precision"][0], 0.666667);
  EXPECT_EQ(data["bins"].size(), 15U);
  EXPECT_EQ(data["bins"][10], json::parse("[1,0.7,0.0]"));  // .7 is in (10/15, 11/15]
  EXPECT_TRUE(data["epochs"][1]["validation_accuracy"].is_null());
  EXPECT_EQ(data["temperature"]["value"], 1.5);
  EXPECT_EQ(data["documents"][0]["truth"], json::parse("[0]"));
}

TEST(ClassifierPage, WorksWithoutWhatMayBeMissing) {
  ClassifierPage page;
  page.labels = {"neg", "pos"};
  page.classes = neural::score_classes({kProbabilities, 2}, kTruth);
  const json data = json::parse(to_json(page));
  EXPECT_TRUE(data["figures"][0][2].is_null());
  EXPECT_TRUE(data["classes"][0]["f1"][1].is_null());
  EXPECT_TRUE(data["best_epoch"].is_null());
  EXPECT_TRUE(data["head"]["seed"].is_null());
  EXPECT_TRUE(data["documents"].empty());
}

TEST(ClassifierPage, HoldsThresholdsOfSeveralLabels) {
  ClassifierPage page;
  page.labels = {"sport", "news"};
  page.thresholds = {0.25F, 0.5F};
  const std::vector<std::uint8_t> truth = {1, 0, 0, 1, 1, 1, 0, 0};
  page.multi_label = neural::score_labels({kProbabilities, 2}, truth, page.thresholds);
  page.label_intervals = neural::label_intervals({kProbabilities, 2}, truth, page.thresholds, {.draws = 20});
  page.documents = {{.id = "a", .truth = {0, 1}}};
  const json data = json::parse(to_json(page));
  EXPECT_EQ(data["figures"][0][0], "subset_accuracy");
  EXPECT_EQ(data["classes"][0]["threshold"], 0.25);
  EXPECT_TRUE(data["confusion"].empty());
  EXPECT_TRUE(data["documents"][0]["probability"].is_null());
}

TEST(ClassifierPage, HasNothingThatEndsAScriptElement) {
  for (const char* text : {"</script><script>alert(1)</script>", "<!--<script>", "@DATA@ @TITLE@ @LANG@", "\"'`${x}",
                           "\xE2\x80\xA8 \xE2\x80\xA9 \xE2\x80\x9C", "&lt;b&gt;", "\x01\x1B\x7F\r\n\t"}) {
    ClassifierPage page = two_classes();
    page.head.corpus = text;
    page.head.options = {{text, text}};
    page.labels = {text, text};
    page.documents[0].id = text;
    page.documents[0].text = text;
    const std::string data = to_json(page);
    EXPECT_EQ(data.find_first_of("<>&"), std::string::npos) << data;
    EXPECT_THAT(data, Not(HasSubstr("\xE2\x80\xA8")));
    EXPECT_THAT(data, Not(HasSubstr("\xE2\x80\xA9")));
    EXPECT_EQ(json::parse(data)["documents"][0]["text"], text);
    EXPECT_EQ(json::parse(data)["labels"][0], text);
    const std::string html = classifier_page(page);
    EXPECT_THAT(html, HasSubstr(data));
    EXPECT_THAT(html, HasSubstr("<html lang=\"ko\""));
  }
}

TEST(ClassifierPage, PutsTheReplacementCharacterForBytesThatAreNotUtf8) {
  ClassifierPage page = two_classes();
  page.documents[0].text =
      "a\xFF"
      "b";
  EXPECT_EQ(json::parse(to_json(page))["documents"][0]["text"],
            "a\uFFFD"
            "b");
}

TEST(ClassifierPage, RefusesLabelsThatDoNotFitTheFigures) {
  ClassifierPage page = two_classes();
  page.labels = {"just one"};
  EXPECT_THROW((void)to_json(page), Error);
  EXPECT_THROW((void)to_json(ClassifierPage{}), Error);
  ClassifierPage several = two_classes();
  several.classes.reset();
  const std::vector<std::uint8_t> truth = {1, 0, 0, 1, 1, 1, 0, 0};
  several.multi_label = neural::score_labels({kProbabilities, 2}, truth, std::vector<float>(2, .5F));
  EXPECT_THROW((void)to_json(several), Error);  // no thresholds
}

TEST(SafeInScript, ChangesNothingButWhatCouldEndTheScript) {
  EXPECT_EQ(safe_in_script("\"a<b>\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\x9C&\""),
            "\"a\\u003cb\\u003e\\u2028\\u2029\xE2\x80\x9C\\u0026\"");
  EXPECT_EQ(safe_in_script("\xE2"), "\xE2");
  EXPECT_EQ(safe_in_script(""), "");
}

// p(true): .9 .3 .8 .6 in cells 0-0, 0-1, 1-1, 1-1.
TEST(ChooseDocuments, TakesTheWorstOfEveryCellBeforeTheSecondOnes) {
  const neural::ClassRows rows{kProbabilities, 2};
  EXPECT_THAT(choose_documents(rows, kTruth, 1), ElementsAre(1));
  EXPECT_THAT(choose_documents(rows, kTruth, 3), ElementsAre(1, 3, 0));
  EXPECT_THAT(choose_documents(rows, kTruth, 9), ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(choose_documents(rows, kTruth, 0), ElementsAre());
}

TEST(ChooseDocuments, KeepsTheHundredWorstMistakes) {
  std::vector<float> probabilities;
  std::vector<std::int32_t> truth;
  for (int d = 0; d < 300; ++d) {  // all in one cell but for the last, which is right
    const float p = 0.001F * static_cast<float>(d);
    probabilities.insert(probabilities.end(), {p, 1.0F - p});
    truth.push_back(d == 299 ? 1 : 0);
  }
  const std::vector<std::size_t> chosen = choose_documents({probabilities, 2}, truth, 101);
  ASSERT_EQ(chosen.size(), 101U);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(chosen[i], i);
  EXPECT_EQ(chosen.back(), 299U);
}

}  // namespace
}  // namespace malmoi::apps
