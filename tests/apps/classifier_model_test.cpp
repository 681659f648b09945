#include "apps/classifier_model.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "apps/classifiers.h"
#include "corpus/base/string_table.h"
#include "neural/text_units.h"
#include "tests/support/stored_models.h"

namespace malmoi::apps {
namespace {

constexpr std::array<std::string_view, 8> kTexts = {
    "a good film, warm and funny", "정말 좋은 영화", "good fun", "좋은 배우, 좋은 영화",
    "a bad film, cold and slow",   "정말 나쁜 영화", "bad cut",  "나쁜 배우, 나쁜 영화"};
constexpr std::array<std::int32_t, 8> kClasses = {1, 1, 1, 1, 0, 0, 0, 0};
constexpr std::array<std::uint8_t, 16> kTable = {0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0};

struct KindCase {
  std::string_view kind;
  std::vector<std::string> flags;
  bool several = false;
};

// As small as the kinds can be made.
const std::vector<KindCase> kKinds = {
    {"softmax", {"--words", "1-2", "--chars", "1-2", "--min-df", "1"}},
    {"softmax", {"--words", "1", "--chars", "none", "--min-df", "1"}, true},
    {"bayes", {"--words", "1-2", "--chars", "none", "--min-df", "1"}},
    {"fasttext", {"--dim", "3", "--buckets", "64", "--epochs", "2"}},
    {"fasttext", {"--dim", "3", "--buckets", "64", "--epochs", "2", "--loss", "hierarchical"}},
    {"mlp", {"--dim", "4", "--hidden", "4", "--epochs", "1", "--min-count", "1"}},
    {"cnn", {"--dim", "4", "--filters", "2", "--windows", "2,3", "--epochs", "1", "--min-count", "1"}},
    {"rnn", {"--dim", "4", "--hidden", "4", "--epochs", "1", "--min-count", "1"}},
    {"gru", {"--dim", "4", "--hidden", "4", "--epochs", "1", "--min-count", "1"}, true},
    {"lstm", {"--dim", "4", "--hidden", "4", "--layers", "2", "--epochs", "1", "--min-count", "1"}},
    {"transformer", {"--dim", "4", "--hidden", "8", "--heads", "2", "--epochs", "1", "--min-count", "1"}},
    {"ensemble", {"--member", "softmax --chars none --min-df 1", "--member", "mlp --dim 4 --hidden 4 --epochs 1"}},
};

ClassifierModel trained(const KindCase& one) {
  TrainingTask task;
  task.train = {kTexts, kClasses, {}};
  if (one.several) task.train = {kTexts, {}, kTable};
  task.validation = task.train;
  task.labels = 2;
  task.analysis = neural::classification_analysis();
  task.analysis.korean = tokenize::KoreanUnit::word;
  ClassifierModel model;
  model.kind = one.kind;
  model.labels = {"나쁨", "좋음"};
  model.where = "source='a\"b'";
  model.trained_on = 8;
  model.seed = 18446744073709551615U;
  model.temperature = {.value = 1.25, .log_loss_before = 0.5, .log_loss = 0.25};
  model.epochs = {{.epoch = 1, .training_loss = 0.75, .validation_loss = 0.5, .validation_accuracy = {}}};
  model.validation = {{3, 7}, {1, 2}};
  model.test = {{4, 70000}, {9223372036854775807, 0}};
  if (one.several) {
    model.source.separator = ",";
    model.thresholds = {0.25F, 0.5F};
  }
  for (const ClassifierKind& kind : classifier_kinds()) {
    if (kind.name == one.kind) model.classifier = make_trainer(kind, one.flags)->train(task, {}).classifier;
  }
  return model;
}

TEST(ClassifierModel, EveryKindComesBackAsItWasStored) {
  for (const KindCase& one : kKinds) {
    const ClassifierModel model = trained(one);
    const corpus::StoredModel stored = to_stored(model);
    const ClassifierModel back = classifier_from_stored(stored, "test", {});
    EXPECT_EQ(back.kind, one.kind);
    EXPECT_EQ(back.labels, model.labels);
    EXPECT_EQ(back.where, model.where);
    EXPECT_EQ(back.seed, model.seed);
    EXPECT_EQ(back.temperature.value, 1.25);
    EXPECT_EQ(back.temperature.log_loss_before, 0.5);
    EXPECT_EQ(back.temperature.log_loss, 0.25);
    ASSERT_EQ(back.epochs.size(), 1U);
    EXPECT_EQ(back.epochs[0].validation_loss, 0.5);
    EXPECT_FALSE(back.epochs[0].validation_accuracy);
    EXPECT_EQ(back.thresholds, model.thresholds);
    EXPECT_EQ(back.validation.row_ids, model.validation.row_ids);
    EXPECT_EQ(back.test.hashes, model.test.hashes);
    EXPECT_EQ(probabilities(back, kTexts, {}), probabilities(model, kTexts, {})) << one.kind;
    const corpus::StoredModel again = to_stored(back);
    EXPECT_EQ(nlohmann::json::parse(again.options), nlohmann::json::parse(stored.options)) << one.kind;
    EXPECT_EQ(again.tensors, stored.tensors) << one.kind;
  }
}

TEST(ClassifierModel, VersionOneHasTheTemperatureAlone) {
  corpus::StoredModel stored = to_stored(trained(kKinds[0]));
  const std::string now = R"("temperature":{"value":1.25,"log_loss_before":0.5,"log_loss":0.25})";
  const std::size_t place = stored.options.find(now);
  ASSERT_NE(place, std::string::npos);
  stored.options.replace(place, now.size(), R"("temperature":1.5)");
  stored.version = 1;
  EXPECT_EQ(classifier_from_stored(stored, "test", {}).temperature.value, 1.5);
}

// Up to version 3 networks have the settings of all kinds.
TEST(ClassifierModel, VersionThreeHasSettingsThatMeanNothing) {
  const auto transformer = std::ranges::find(kKinds, "transformer", &KindCase::kind);
  const ClassifierModel model = trained(*transformer);
  corpus::StoredModel stored = to_stored(model);
  nlohmann::ordered_json options = nlohmann::ordered_json::parse(stored.options);
  EXPECT_EQ(options["network"]["heads"], 2);
  EXPECT_FALSE(options["network"].contains("windows"));
  options["network"].update({{"windows", {3, 4, 5}}, {"filters", 100}, {"bidirectional", true}});
  stored.options = options.dump();
  stored.version = 3;
  const ClassifierModel back = classifier_from_stored(stored, "test", {});
  EXPECT_EQ(probabilities(back, kTexts, {}), probabilities(model, kTexts, {}));
}

TEST(GivenLabels, AreTheMostProbableOneOrThoseThatReachTheirThresholds) {
  ClassifierModel model;
  const std::vector<float> found = {0.3F, 0.5F, 0.5F};
  EXPECT_EQ(ranked_labels(found), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(given_labels(model, found), (std::vector<std::size_t>{1}));
  model.source.separator = ",";
  model.thresholds = {0.25F, 0.6F, 0.5F};
  EXPECT_EQ(given_labels(model, found), (std::vector<std::size_t>{2, 0}));
  model.thresholds = {0.9F, 0.9F, 0.9F};
  EXPECT_TRUE(given_labels(model, found).empty());
}

// Of the texts "a", "b" and "c" with the numbers 5, 7 and 9.
TEST(HeldOut, IsFoundAgainByNumberAndTextWhateverItsLabels) {
  LabelledTexts texts;
  texts.row_ids = {5, 7, 9};
  texts.names = {"5", "7", "9"};
  texts.texts = {"a", "b", "c"};
  texts.labels = {std::vector<std::string>{"x"}, std::vector<std::string>{"x", "y"}, std::vector<std::string>{}};
  const std::vector<std::size_t> all = {0, 1, 2};
  const HeldOut documents = held_out(texts, all);
  EXPECT_EQ(find_held_out(texts, documents), all);
  texts.labels = {std::vector<std::string>{"z"}, std::nullopt, std::vector<std::string>{"x"}};
  EXPECT_EQ(find_held_out(texts, documents), all);
  texts.texts[1] = "other";
  EXPECT_EQ(find_held_out(texts, documents), (std::vector<std::size_t>{0, 2}));
  texts.row_ids = {4, 7, 9};
  EXPECT_EQ(find_held_out(texts, documents), (std::vector<std::size_t>{2}));
}

// Models up to version 2 have hashes of text and labels: h(text) · 31 + h(label) for each label, halved.
TEST(HeldOut, OfOlderModelsIsFoundWithItsLabels) {
  LabelledTexts texts;
  texts.row_ids = {5};
  texts.names = {"5"};
  texts.texts = {"a good film"};
  texts.labels = {std::vector<std::string>{"x", "y"}};
  const std::uint64_t hash = (hash_bytes("a good film") * 31 + hash_bytes("x")) * 31 + hash_bytes("y");
  const HeldOut old{{5}, {static_cast<std::int64_t>(hash >> 1U)}};
  EXPECT_EQ(find_held_out(texts, old).size(), 1U);
  texts.labels = {std::vector<std::string>{"x"}};
  EXPECT_TRUE(find_held_out(texts, old).empty());
}

// What is read in spite of the damage gives probabilities, right or wrong.
TEST(ClassifierModel, DamageIsFoundOrHarmless) {
  for (const KindCase& one : kKinds) {
    const corpus::StoredModel right = to_stored(trained(one));
    const auto use = [&](const corpus::StoredModel& stored) {
      const ClassifierModel model = classifier_from_stored(stored, "test", {});
      EXPECT_EQ(probabilities(model, kTexts, {}).size(), kTexts.size() * model.labels.size()) << one.kind;
      (void)model.classifier->explain(kTexts[3], 1);
    };
    const testing::DamageSteps steps = {.options = 5, .tensors = std::max<std::size_t>(right.tensors.size() / 300, 1)};
    EXPECT_GT(testing::expect_damage_is_found(right, steps, use), 50) << one.kind;
  }
}

}  // namespace
}  // namespace malmoi::apps
