#include "neural/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "neural/ops.h"
#include "tests/neural/all_values.h"

namespace malmoi::neural {
namespace {

// Texts of random words in which word 1 or word 2 decides about the class.
struct Corpus {
  TokenSequences tokens;
  std::vector<std::int32_t> classes;
  std::vector<std::uint8_t> table;  // [texts × 2] word 1, word 2 is there

  [[nodiscard]] Examples single() const { return {tokens, classes, {}}; }
  [[nodiscard]] Examples several() const { return {tokens, {}, table}; }
};

Corpus make_corpus(std::size_t texts, std::uint64_t seed) {
  Rng rng(seed);
  Corpus corpus;
  for (std::size_t t = 0; t < texts; ++t) {
    const std::size_t length = 3 + rng.uniform_index(8);
    const auto decisive = static_cast<TermId>(1 + rng.uniform_index(2));
    const std::size_t place = rng.uniform_index(length);
    for (std::size_t i = 0; i < length; ++i) {
      corpus.tokens.terms.push_back(i == place ? decisive : static_cast<TermId>(3 + rng.uniform_index(17)));
    }
    corpus.tokens.offsets.push_back(corpus.tokens.terms.size());
    corpus.tokens.row_ids.push_back(static_cast<std::int64_t>(t));
    corpus.classes.push_back(decisive - 1);
    corpus.table.push_back(decisive == 1);
    corpus.table.push_back(decisive == 2);
  }
  return corpus;
}

NetworkOptions network_options(std::string_view kind) {
  return {.kind = kind, .vocabulary = 20, .labels = 2, .embedding = 16, .hidden = 16, .dropout = 0.1};
}

TrainOptions train_options() {
  TrainOptions options;
  options.epochs = 6;
  options.rate = 0.01;
  options.batches.batch_size = 16;
  return options;
}

double accuracy(Network& network, const Corpus& corpus) {
  const auto found = predict_network(network, corpus.tokens, Loss::softmax_cross_entropy, {});
  std::size_t right = 0;
  for (std::size_t t = 0; t < corpus.classes.size(); ++t) {
    right += (found[2 * t + 1] > found[2 * t]) == (corpus.classes[t] == 1) ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(corpus.classes.size());
}

TEST(TrainNetwork, LearnsWhichWordDecides) {
  const Corpus training = make_corpus(800, 1);
  const Corpus validation = make_corpus(200, 2);
  for (const char* const kind : {"mlp", "gru", "cnn", "transformer"}) {
    const auto network = make_network(network_options(kind), Rng(1));
    const TrainResult result = train_network(*network, training.single(), validation.single(), train_options());
    EXPECT_GT(accuracy(*network, validation), 0.97) << kind;
    EXPECT_LT(result.epochs.back().training_loss, result.epochs.front().training_loss);
  }
}

TEST(TrainNetwork, LearnsSeveralLabels) {
  const Corpus training = make_corpus(800, 1);
  const Corpus validation = make_corpus(200, 2);
  const auto network = make_network(network_options("gru"), Rng(1));
  const TrainResult result = train_network(*network, training.several(), validation.several(), train_options());
  EXPECT_GT(*result.epochs[static_cast<std::size_t>(result.best_epoch)].validation_accuracy, 0.97);
}

// One batch of all texts: its loss is that of the network as it began.
TEST(TrainNetwork, WeighsTheTextsThatHaveALabel) {
  const Corpus training = make_corpus(40, 1);
  NetworkOptions shape = network_options("gru");
  shape.dropout = 0;
  const auto network = make_network(shape, Rng(1));
  const auto p = predict_network(*network, training.tokens, Loss::binary_cross_entropy, {});
  TrainOptions options = train_options();
  options.epochs = 1;
  options.batches.batch_size = 40;
  options.class_weights = {5, 0.5};
  double expected = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const auto one = static_cast<double>(p[i]);
    expected -= training.table[i] != 0 ? options.class_weights[i % 2] * std::log(one) : std::log(1 - one);
  }
  const TrainResult result = train_network(*network, training.several(), {{}, {}, {}}, options);
  EXPECT_NEAR(result.epochs[0].training_loss, expected / static_cast<double>(p.size()), 1e-5);
}

TEST(TrainNetwork, GivesTheSameBytesForEveryNumberOfThreads) {
  const Corpus training = make_corpus(300, 1);
  const Corpus validation = make_corpus(50, 2);
  const auto train = [&](int threads) {
    const auto network = make_network(network_options("lstm"), Rng(1));
    train_network(*network, training.single(), validation.single(), train_options(), {}, nullptr, {.threads = threads});
    return all_values(*network);
  };
  EXPECT_EQ(train(1), train(8));
}

TEST(TrainNetwork, GoesOnFromTheStateOfAnEpochToTheSameBytes) {
  const Corpus training = make_corpus(300, 1);
  const Corpus validation = make_corpus(50, 2);
  std::vector<TrainState> states;
  const auto whole = make_network(network_options("gru"), Rng(1));
  train_network(*whole, training.single(), validation.single(), train_options(),
                {.after_epoch = [&](const TrainState& state) { states.push_back(state); }, .on_note = {}});
  ASSERT_EQ(states.size(), 6U);
  const auto resumed = make_network(network_options("gru"), Rng(99));
  train_network(*resumed, training.single(), validation.single(), train_options(), {}, &states[2]);
  EXPECT_EQ(all_values(*whole), all_values(*resumed));
}

TEST(TrainNetwork, PausesAndGoesOnAsIfItHadNot) {
  const Corpus training = make_corpus(300, 1);
  const Corpus validation = make_corpus(50, 2);
  const auto whole = make_network(network_options("gru"), Rng(1));
  train_network(*whole, training.single(), validation.single(), train_options());
  TrainOptions options = train_options();
  options.pause_after = 2;
  TrainState state;
  const auto paused = make_network(network_options("gru"), Rng(1));
  const TrainResult first = train_network(*paused, training.single(), validation.single(), options,
                                          {.after_epoch = [&](const TrainState& s) { state = s; }, .on_note = {}});
  EXPECT_EQ(first.epochs.size(), 2U);
  options.pause_after = 6;
  const TrainResult rest = train_network(*paused, training.single(), validation.single(), options, {}, &state);
  EXPECT_EQ(rest.epochs.size(), 6U);
  EXPECT_EQ(all_values(*whole), all_values(*paused));
}

TEST(TrainNetwork, StopsEarlyAndKeepsTheBestEpoch) {
  Corpus training = make_corpus(200, 1);
  const Corpus validation = make_corpus(100, 2);
  Rng rng(5);
  for (auto& label : training.classes) label = static_cast<std::int32_t>(rng.uniform_index(2));  // nothing to learn
  TrainOptions options = train_options();
  options.epochs = 50;
  options.patience = 1;
  const auto network = make_network(network_options("mlp"), Rng(1));
  const TrainResult result = train_network(*network, training.single(), validation.single(), options);
  EXPECT_LT(result.epochs.size(), 50U);
  EXPECT_EQ(static_cast<std::size_t>(result.best_epoch) + 3, result.epochs.size());
  const double best = *result.epochs[static_cast<std::size_t>(result.best_epoch)].validation_loss;
  for (const EpochResult& epoch : result.epochs) EXPECT_GE(*epoch.validation_loss, best);
}

// Its first word vector is not a number as long as the learning rate is above a bound.
class FragileNetwork : public Network {
 public:
  FragileNetwork() : inner_(make_network(network_options("mlp"), Rng(1))) {}
  Variable logits(Graph& graph, const Batch& batch) override {
    Variable logits = inner_->logits(graph, batch);
    if (graph.mode() == Mode::evaluate || failures_ == 0) return logits;
    --failures_;
    return logits * std::numeric_limits<Real>::quiet_NaN();
  }
  std::vector<Parameter*> parameters() override { return inner_->parameters(); }
  void fail(int times) { failures_ = times; }

 private:
  std::unique_ptr<Network> inner_;
  int failures_ = 0;
};

TEST(TrainNetwork, BeginsAnEpochAnewWithHalfTheRateWhenTheLossIsNotFinite) {
  const Corpus training = make_corpus(200, 1);
  const Corpus validation = make_corpus(50, 2);
  FragileNetwork network;
  network.fail(2);
  std::vector<std::string> notes;
  std::vector<double> scales;
  const TrainResult result =
      train_network(network, training.single(), validation.single(), train_options(),
                    {.after_epoch = [&](const TrainState& state) { scales.push_back(state.rate_scale); },
                     .on_note = [&](const std::string& text) { notes.push_back(text); }});
  EXPECT_EQ(result.epochs.size(), 6U);
  EXPECT_EQ(notes.size(), 2U);
  EXPECT_EQ(scales.front(), 0.25);
  for (const float value : all_values(network)) ASSERT_TRUE(std::isfinite(value));
}

TEST(TrainNetwork, GivesUpWhenTheLossIsNeverFinite) {
  const Corpus training = make_corpus(50, 1);
  FragileNetwork network;
  network.fail(1000);
  EXPECT_THAT(
      [&] {
        train_network(network, training.single(), {{}, {}, {}}, train_options());
      },
      ::testing::ThrowsMessage<Error>(::testing::StartsWith("training: the loss is not finite")));
}

TEST(TrainNetwork, EndsWhenItIsStopped) {
  const Corpus training = make_corpus(200, 1);
  const auto network = make_network(network_options("gru"), Rng(1));
  std::stop_source stop;
  const TrainHooks hooks{.after_epoch = [&](const TrainState&) { stop.request_stop(); }, .on_note = {}};
  try {
    train_network(*network, training.single(), {{}, {}, {}}, train_options(), hooks, nullptr,
                  {.threads = 1, .on_progress = {}, .stop = stop.get_token()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::canceled);
  }
}

TEST(TrainNetwork, RefusesSizesThatDoNotFit) {
  Corpus training = make_corpus(50, 1);
  const auto network = make_network(network_options("mlp"), Rng(1));
  training.classes.pop_back();
  EXPECT_THROW(train_network(*network, training.single(), {{}, {}, {}}, train_options()), Error);
  EXPECT_THROW(train_network(*network, {{}, {}, {}}, {{}, {}, {}}, train_options()), Error);
}

TEST(PredictNetwork, GivesTheRowsInTheirOrder) {
  const Corpus corpus = make_corpus(300, 1);
  const auto network = make_network(network_options("gru"), Rng(1));
  const auto all =
      predict_network(*network, corpus.tokens, Loss::softmax_cross_entropy, {.batch_size = 7}, {.threads = 4});
  TokenSequences one;
  one.row_ids = {0};
  const auto row = corpus.tokens.row(123);
  one.terms.assign(row.begin(), row.end());
  one.offsets.push_back(one.terms.size());
  const auto alone = predict_network(*network, one, Loss::softmax_cross_entropy, {});
  EXPECT_NEAR(all[246], alone[0], 1e-6);
  EXPECT_NEAR(all[246] + all[247], 1, 1e-6);
}

TEST(TrainNetwork, TellsItsProgressWithLossAndAccuracy) {
  const Corpus corpus = make_corpus(60, 1);
  const auto network = make_network(network_options("mlp"), Rng(1));
  std::vector<std::string> notes;
  std::int64_t done = 0;
  RunContext context;
  context.on_progress = [&](const Progress& progress) {
    EXPECT_GT(progress.done, done);
    EXPECT_EQ(progress.total, 120);
    done = progress.done;
    notes.emplace_back(progress.note);
  };
  TrainOptions options = train_options();
  options.epochs = 2;
  options.batches.batch_size = 60;
  train_network(*network, corpus.single(), corpus.single(), options, {}, nullptr, context);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].substr(0, 15), "epoch 1, loss 0");
  EXPECT_EQ(notes[0].find("accuracy"), std::string::npos);
  EXPECT_EQ(notes[1].substr(0, 15), "epoch 2, loss 0");
  EXPECT_NE(notes[1].find(", accuracy 0."), std::string::npos);
  EXPECT_EQ(done, 120);
}

}  // namespace
}  // namespace malmoi::neural
