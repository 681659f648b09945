#include "neural/sequential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/base/string_table.h"
#include "corpus/tensors.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::neural {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

void expect_error(ErrorCode code, const std::string& message, const std::function<void()>& act) {
  try {
    act();
    ADD_FAILURE() << "no error; wanted " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

void expect_refused(const std::string& message, const std::function<void()>& act) {
  expect_error(ErrorCode::invalid_argument, message, act);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Real> values_of(const Sequential& model) {
  std::vector<Real> values;
  for (const Parameter* parameter : model.parameters()) {
    values.insert(values.end(), parameter->value.values().begin(), parameter->value.values().end());
  }
  return values;
}

Dataset exclusive_or() {
  return {Tensor({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1}), Classes{0, 1, 1, 0}};
}

// y = 2 a - 3 b + 1
Dataset plane(std::size_t rows, std::uint64_t seed) {
  Rng rng(seed);
  Tensor inputs({rows, 2});
  Tensor targets({rows, 1});
  for (std::size_t r = 0; r < rows; ++r) {
    const double a = rng.uniform();
    const double b = rng.uniform();
    inputs[2 * r] = static_cast<Real>(a);
    inputs[2 * r + 1] = static_cast<Real>(b);
    targets[r] = static_cast<Real>(2 * a - 3 * b + 1);
  }
  return {inputs, targets};
}

// Texts of ids 2 to 9 in which id 0 or id 1 comes last but for some others: the class is which.
Dataset texts(std::size_t rows, std::uint64_t seed) {
  Rng rng(seed);
  TokenSequences tokens;
  Classes classes;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t length = 2 + rng.uniform_index(6);
    const std::size_t place = rng.uniform_index(length);
    classes.push_back(static_cast<std::int32_t>(rng.uniform_index(2)));
    for (std::size_t i = 0; i < length; ++i) {
      tokens.terms.push_back(i == place ? classes.back() : static_cast<TermId>(2 + rng.uniform_index(8)));
    }
    tokens.offsets.push_back(tokens.terms.size());
    tokens.row_ids.push_back(static_cast<std::int64_t>(r));
  }
  return {tokens, classes};
}

TokenSequences one_text(std::vector<TermId> ids) {
  const std::size_t length = ids.size();
  return {.row_ids = {0}, .offsets = {0, length}, .terms = std::move(ids)};
}

TEST(Sequential, LearnsExclusiveOr) {
  Sequential model({input(2), dense(8), tanh(), dense(2)});
  const TrainResult history = model.fit(exclusive_or(), {}, {.epochs = 200, .rate = 0.05});
  ASSERT_EQ(history.epochs.size(), 200U);
  EXPECT_NEAR(history.epochs.front().training_loss, 0.7, 0.2);  // about ln 2: nothing is known
  EXPECT_LT(history.epochs.back().training_loss, 0.01);
  const Evaluation found = model.evaluate(exclusive_or());
  EXPECT_EQ(found.accuracy, 1.0);
  EXPECT_LT(found.loss, 0.01);
}

TEST(Sequential, LearnsAPlane) {
  Sequential model({input(2), dense(1)}, {.loss = Loss::mean_squared_error});
  model.fit(plane(200, 1), {}, {.epochs = 300, .rate = 0.1});
  const Dataset unseen = plane(50, 2);
  const Evaluation found = model.evaluate(unseen);
  EXPECT_LT(found.loss, 1e-4);
  EXPECT_FALSE(found.accuracy.has_value());
  EXPECT_NEAR(model.predict(Tensor({1, 2}, {0.5, 0.25}))[0], 1.25, 0.02);
  EXPECT_NEAR(model.parameters()[0]->value[0], 2, 0.05);
  EXPECT_NEAR(model.parameters()[0]->value[1], -3, 0.05);
  EXPECT_NEAR(model.parameters()[1]->value[0], 1, 0.05);
}

TEST(Sequential, LearnsSeveralLabels) {
  // Whether a number is above 0, and whether the other is.
  const Dataset data{Tensor({4, 2}, {1, 1, 1, -1, -1, 1, -1, -1}), Tensor({4, 2}, {1, 1, 1, 0, 0, 1, 0, 0})};
  Sequential model({input(2), dense(2)}, {.loss = Loss::binary_cross_entropy});
  model.fit(data, {}, {.epochs = 100, .rate = 0.1});
  EXPECT_EQ(model.evaluate(data).accuracy, 1.0);
  const Tensor found = model.predict(data.inputs);
  EXPECT_GT(found[0] + found[1], 1.8F);
}

TEST(Sequential, LearnsWhichWordIsInAText) {
  const Dataset training = texts(200, 1);
  const Dataset validation = texts(50, 2);
  const std::vector<std::vector<Layer>> models = {
      {embedding(10, 8), gru(8), dropout(0.1), dense(2)},
      {embedding(10, 8), lstm(8, {.bidirectional = true, .every_step = true}), attention_pooling(), dense(2)},
      {embedding(10, 8), conv1d(8, 3), relu(), max_over_time(), dense(2)},
      {embedding(10, 8), positions(), transformer(2, 16), layer_norm(), mean_over_time(), dense(2)},
      {embedding(10, 8), rnn(8, {.bidirectional = true}), dense(8), batch_norm(), gelu(), dense(2)},
  };
  for (const std::vector<Layer>& layers : models) {
    Sequential model(layers);
    const TrainResult history =
        model.fit(training, validation, {.epochs = 15, .patience = 15, .batches = {.batch_size = 20}, .rate = 0.02});
    EXPECT_GE(*model.evaluate(validation).accuracy, 0.98) << layers[1].name;
    EXPECT_LT(history.epochs.back().training_loss, history.epochs.front().training_loss / 4) << layers[1].name;
    const EpochResult& best = history.epochs[static_cast<std::size_t>(history.best_epoch)];
    EXPECT_EQ(*best.validation_loss, model.evaluate(validation).loss) << layers[1].name;
  }
}

TEST(Sequential, EvaluatesAsByHand) {
  Sequential model({input(1), dense(2)});
  ASSERT_EQ(model.parameters().size(), 2U);
  EXPECT_EQ(model.parameters()[0]->name, "2.weight");
  model.parameters()[0]->value = Tensor({1, 2}, {0, 1});
  model.parameters()[1]->value = Tensor(Shape{2});
  // The second class has p = e^x / (1 + e^x).
  const Dataset data{Tensor({4, 1}, {2, 1, -1, -3}), Classes{1, 0, 0, 0}};
  const auto p = [](double x) { return std::exp(x) / (1 + std::exp(x)); };
  const Tensor found = model.predict(data.inputs);
  EXPECT_EQ(found.shape(), Shape({4, 2}));
  EXPECT_NEAR(found[1], p(2), 1e-6);
  EXPECT_NEAR(found[6], 1 - p(-3), 1e-6);
  const Evaluation evaluation = model.evaluate(data);
  EXPECT_EQ(evaluation.accuracy, 0.75);
  EXPECT_NEAR(evaluation.loss, -(std::log(p(2)) + std::log(p(-1)) + std::log(p(1)) + std::log(p(3))) / 4, 1e-6);
}

TEST(Sequential, EvaluatesNumbersAsByHand) {
  Sequential model({input(1), dense(1)}, {.loss = Loss::mean_squared_error});
  model.parameters()[0]->value = Tensor({1, 1}, {2});
  const Evaluation found = model.evaluate({Tensor({2, 1}, {1, 3}), Tensor({2, 1}, {5, 5})});
  EXPECT_NEAR(found.loss, 5.0, 1e-6);  // ((2 - 5)² + (6 - 5)²) / 2
}

TEST(Sequential, GivesTheSameBytesForEveryNumberOfThreads) {
  const auto train = [](int threads) {
    Sequential model({embedding(10, 8), gru(8), dropout(0.2), dense(2)});
    const RunContext context{.threads = threads, .on_progress = {}, .stop = {}};
    model.fit(texts(100, 1), texts(30, 2), {.epochs = 2}, context);
    std::vector<Real> values = values_of(model);
    const Tensor found = model.predict(texts(30, 3).inputs, context);
    values.insert(values.end(), found.values().begin(), found.values().end());
    return values;
  };
  EXPECT_EQ(train(1), train(2));
}

TEST(Sequential, FollowsItsSeed) {
  const std::vector<Layer> layers = {input(2), dense(3)};
  EXPECT_EQ(values_of(Sequential(layers, {.seed = 7})), values_of(Sequential(layers, {.seed = 7})));
  EXPECT_NE(values_of(Sequential(layers, {.seed = 7})), values_of(Sequential(layers, {.seed = 8})));
}

TEST(Sequential, ReadsATextAloneAsAmongLongerOnes) {
  const TokenSequences alone = one_text({3, 4});
  TokenSequences both = alone;
  both.row_ids.push_back(1);
  both.terms.insert(both.terms.end(), {5, 6, 7, 8, 9});
  both.offsets.push_back(both.terms.size());
  const std::vector<std::vector<Layer>> models = {
      {embedding(10, 4), dense(4), conv1d(4, 3), conv1d(4, 3), max_over_time(), dense(2)},
      {embedding(10, 4), transformer(2, 4), lstm(3, {.bidirectional = true}), dense(2)}};
  for (const std::vector<Layer>& layers : models) {
    const Sequential model(layers);
    EXPECT_NEAR(model.predict(alone)[0], model.predict(both)[0], 1e-6) << layers[1].name;
  }
}

TEST(Sequential, PredictsNothingOfNothing) {
  EXPECT_EQ(Sequential({input(2), dense(3)}).predict(Tensor()).shape(), Shape({0, 3}));
}

TEST(Sequential, NamesTheLayersThatDoNotFit) {
  const auto make = [](const std::vector<Layer>& layers) { return [layers] { Sequential model(layers); }; };
  expect_refused("Sequential: there are no layers", make({}));
  expect_refused(
      "Sequential: layer 1 (dense): wants [rows × columns] or [rows × steps × columns], but is the first: a model "
      "begins "
      "with input or embedding",
      make({dense(2)}));
  expect_refused("Sequential: layer 3 (gru): wants [rows × steps × columns], but layer 2 (dense) gives [rows × 8]",
                 make({input(4), dense(8), gru(3), dense(2)}));
  expect_refused("layer 2 (batch_norm): wants [rows × columns], but layer 1 (embedding) gives [rows × steps × 4]",
                 make({embedding(9, 4), batch_norm(), gru(3)}));
  expect_refused("layer 2 (input): wants to be the first layer, but layer 1 (input) gives [rows × 4]",
                 make({input(4), input(4)}));
  expect_refused("layer 2 (gru): gives [rows × steps × 6], but a model's last layer gives [rows × outputs]",
                 make({embedding(9, 4), gru(3, {.bidirectional = true, .every_step = true})}));
  expect_refused("layer 2 (dense): units is 0, wanted is 1 to 16777216", make({input(4), dense(0)}));
  expect_refused("layer 2 (dropout): dropout is 1, wanted is 0 to below 1", make({input(4), dropout(1)}));
  expect_refused("layer 2 (transformer): heads is 3, wanted is a divisor of the columns of [rows × steps × 4]",
                 make({embedding(9, 4), transformer(3, 8), mean_over_time()}));
  expect_refused("layer 2 (densest): there is no such layer", make({input(4), {"densest", {3}}}));
  expect_refused("layer 2 (dense): 2 arguments, wanted are 1", make({input(4), {"dense", {3, 4}}}));
}

TEST(Sequential, NamesTheDataThatDoNotFit) {
  Sequential numbers({input(2), dense(3)});
  const auto fit = [&](const Dataset& data) { return [&numbers, data] { numbers.fit(data); }; };
  expect_refused("Sequential: training: inputs [4 × 3], but layer 1 (input) wants [rows × 2]",
                 fit({Tensor({4, 3}), Classes{0, 0, 0, 0}}));
  expect_refused("Sequential: training: texts, but layer 1 (input) wants [rows × 2]",
                 fit({one_text({1, 2}), Classes{0}}));
  expect_refused("training: targets of 3 rows for inputs of 4", fit({Tensor({4, 2}), Classes{0, 0, 0}}));
  expect_refused("training: row 1 has the class 3, but layer 2 (dense) gives [rows × 3]",
                 fit({Tensor({2, 2}), Classes{0, 3}}));
  expect_refused("training: the targets are a tensor, but softmax_cross_entropy wants classes",
                 fit({Tensor({2, 2}), Tensor({2, 3})}));
  expect_refused("train_network: there are no texts to train on", fit({}));
  expect_refused("validation: inputs [1 × 1], but layer 1 (input) wants [rows × 2]", [&] {
    numbers.fit({Tensor({1, 2}), Classes{0}}, {Tensor({1, 1}), Classes{0}});
  });
  expect_refused("evaluate_network: there are no texts", [&] { (void)numbers.evaluate({}); });
  expect_refused("prediction: inputs [2], but layer 1 (input) wants [rows × 2]",
                 [&] { (void)numbers.predict(Tensor(Shape{2})); });

  const Sequential words({embedding(5, 4), gru(3), dense(1)}, {.loss = Loss::mean_squared_error});
  expect_refused("prediction: text 0 has the id 5, but layer 1 (embedding) wants ids from 0 to 4, or -1", [&] {
    (void)words.predict(one_text({-1, 5}));
  });
  expect_refused("prediction: inputs [2 × 2], but layer 1 (embedding) wants texts", [&] {
    (void)words.predict(Tensor({2, 2}));
  });
  expect_refused("evaluation: targets [1 × 2], but layer 3 (dense) gives [rows × 1]", [&] {
    (void)words.evaluate({one_text({1}), Tensor({1, 2})});
  });
  expect_refused("evaluation: the targets are classes, but mean_squared_error wants a tensor", [&] {
    (void)words.evaluate({one_text({1}), Classes{0}});
  });
  const Sequential labels({input(1), dense(1)}, {.loss = Loss::binary_cross_entropy});
  expect_refused("evaluation: a label of 0.5, wanted are 0 and 1", [&] {
    (void)labels.evaluate({Tensor({1, 1}), Tensor({1, 1}, {0.5})});
  });
}

// ---- files ---------------------------------------------------------------------------------------------------------

std::vector<std::vector<Layer>> every_layer() {
  return {{input(4), dense(6), relu(), gelu(), tanh(), sigmoid(), dropout(0.5), layer_norm(), batch_norm(), dense(2)},
          {embedding(10, 4), conv1d(6, 3), positions(), transformer(2, 8), attention_pooling(), dense(2)},
          {embedding(10, 4), gru(3, {.bidirectional = true, .every_step = true}),
           lstm(3, {.bidirectional = true, .every_step = true}), rnn(3, {.every_step = true}), max_over_time()},
          {embedding(10, 4), gru(3, {.every_step = true}), lstm(2, {.every_step = true}),
           rnn(2, {.bidirectional = true}), dense(2)},
          {embedding(10, 4), mean_over_time()}};
}

TEST(Sequential, LoadsToTheSamePredictions) {
  const TemporaryFolder folder;
  const Dataset some_texts = texts(20, 1);
  for (const std::vector<Layer>& layers : every_layer()) {
    const Sequential model(layers, {.seed = 3});
    model.save(folder / "model.safetensors");
    const Sequential loaded = Sequential::load(folder / "model.safetensors");
    EXPECT_EQ(values_of(loaded), values_of(model));
    const Inputs inputs = layers[0].name == "input" ? Inputs(Tensor({3, 4}, 0.5)) : some_texts.inputs;
    EXPECT_EQ(loaded.predict(inputs), model.predict(inputs)) << layers[1].name;
    const std::string bytes = read_file(folder / "model.safetensors");
    loaded.save(folder / "again.safetensors");
    EXPECT_EQ(read_file(folder / "again.safetensors"), bytes);
  }
}

TEST(Sequential, KeepsLossAndLengthInTheFile) {
  const TemporaryFolder folder;
  Sequential model({embedding(10, 4), gru(3), dense(2)}, {.loss = Loss::binary_cross_entropy});
  const Dataset data{texts(4, 1).inputs, Tensor({4, 2}, 1)};
  model.fit(data, {}, {.epochs = 1, .batches = {.batch_size = 2, .max_length = 2}});
  model.save(folder / "model");
  const Sequential loaded = Sequential::load(folder / "model");
  EXPECT_EQ(loaded.evaluate(data).loss, model.evaluate(data).loss);
  EXPECT_EQ(loaded.predict(one_text({1, 2, 3})), loaded.predict(one_text({1, 2})));  // two tokens are read
  Sequential moved = Sequential::load(folder / "model");
  moved = std::move(model);
  EXPECT_EQ(moved.predict(data.inputs), loaded.predict(data.inputs));
}

// The file with other notes and a checksum that fits them.
std::string with_notes(const std::string& bytes, const std::function<void(corpus::TensorNotes&)>& change) {
  const corpus::TensorReader reader(bytes, "model");
  corpus::TensorWriter writer;
  for (const corpus::TensorView& tensor : reader.all()) writer.add(tensor);
  corpus::TensorNotes notes = reader.notes();
  notes.erase("checksum");
  change(notes);
  std::ostringstream checksum;
  checksum << std::hex << std::setw(16) << std::setfill('0') << hash_bytes(writer.bytes(notes));
  notes["checksum"] = checksum.str();
  return writer.bytes(notes);
}

TEST(Sequential, ReadsFilesOfVersion1) {
  const Sequential model = Sequential::load(MALMOI_SOURCE_DIR "/tests/golden/sequential_1.safetensors");
  ASSERT_EQ(model.layers().size(), 3U);
  // (3 · 1 + 4 · 2 + 0.5, -1 + 2 - 0.25)
  EXPECT_EQ(model.predict(Tensor({1, 2}, {1, 2})), Tensor({1, 2}, {11.5, 0.75}));
}

TEST(Sequential, RefusesForgedFiles) {
  const TemporaryFolder folder;
  Sequential({input(2), dense(3)}).save(folder / "model");
  const std::string bytes = read_file(folder / "model");
  const auto forge = [&](const std::string& text, const std::string& by) {
    folder.write("model", with_notes(bytes, [&](corpus::TensorNotes& notes) {
                   const std::size_t place = notes["model"].find(text);
                   ASSERT_NE(place, std::string::npos) << notes["model"];
                   notes["model"].replace(place, text.size(), by);
                 }));
    return [&folder] { (void)Sequential::load(folder / "model"); };
  };
  EXPECT_NO_THROW(forge("3.0", "3")());
  expect_error(ErrorCode::corrupt_data, "model: damaged: layer 2 (dense) has 9 numbers, wanted are 4.8e+07",
               forge("3.0", "16000000"));
  expect_error(ErrorCode::corrupt_data, "model: damaged: Sequential: layer 2 (dense): units is -3", forge("3.0", "-3"));
  expect_error(ErrorCode::corrupt_data, "model: damaged: its layers cannot be read", forge("3.0", "\"3\""));
  expect_error(ErrorCode::corrupt_data, "model: damaged: its loss is not known", forge("softmax", "hardmax"));
}

TEST(Sequential, RefusesDamagedFiles) {
  const TemporaryFolder folder;
  Sequential({input(2), dense(3)}).save(folder / "model");
  const std::string bytes = read_file(folder / "model");
  const auto load = [&] { (void)Sequential::load(folder / "model"); };
  for (std::size_t i = 0; i < bytes.size(); i += 11) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    folder.write("model", damaged);
    EXPECT_THROW(load(), Error) << "byte " << i;
  }
  for (std::size_t length = 0; length < bytes.size(); length += 29) {
    folder.write("model", bytes.substr(0, length));
    expect_error(ErrorCode::corrupt_data, "model", load);
  }
  std::string weight = bytes;
  weight.back() = static_cast<char>(weight.back() ^ 1);
  folder.write("model", weight);
  expect_error(ErrorCode::corrupt_data, "model: damaged: its checksum is not that of its content", load);
  folder.write("model", corpus::TensorWriter().bytes());
  expect_error(ErrorCode::corrupt_data, "model: is no model of a Sequential", load);
  folder.write("model", corpus::TensorWriter().bytes({{"format", "malmoi.sequential"}, {"version", "2"}}));
  expect_error(ErrorCode::unsupported_version, "model: has version 2, this program reads 1", load);
  expect_refused("model.gz: a model is not compressed, so take another name", [&] {
    Sequential({input(2), dense(3)}).save(folder / "model.gz");
  });
  expect_error(ErrorCode::not_found, "nothing: there is no such file",
               [&] { (void)Sequential::load(folder / "nothing"); });
}

}  // namespace
}  // namespace malmoi::neural
