#include "neural/pretraining.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/neural/all_values.h"
#include "tests/support/token_sequences.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kWords = 8;

NetworkOptions options_of(std::string_view kind) {
  return {.kind = kind, .vocabulary = kWords, .labels = 2, .embedding = 16, .hidden = 12};
}

// 1 2 3 1 2 3 … or 3 2 1 3 2 1 …, from any word on: both neighbours are needed to know where it goes, one alone to
// know the next.
TokenSequences circles(std::size_t texts) {
  Rng rng(5);
  std::vector<std::vector<TermId>> rows;
  for (std::size_t t = 0; t < texts; ++t) {
    std::vector<TermId> row;
    const std::size_t begin = rng.uniform_index(3);
    const std::size_t step = 1 + rng.uniform_index(2);
    for (std::size_t i = 0; i < 9; ++i) row.push_back(static_cast<TermId>(1 + (begin + i * step) % 3));
    rows.push_back(row);
  }
  return sequences(rows);
}

TrainOptions train_options(std::int32_t epochs) {
  TrainOptions options;
  options.epochs = epochs;
  options.rate = 0.02;
  options.batches.batch_size = 32;
  return options;
}

std::vector<Real> contexts_of(Network& network, const std::vector<TermId>& text) {
  Graph graph(Mode::evaluate, Rng(1));
  const auto steps = static_cast<std::int32_t>(text.size());
  const Batch batch = {.rows = 1, .steps = text.size(), .ids = text, .lengths = {steps}, .texts = {0}};
  const auto values = network.contexts(graph, batch).value().values();
  return {values.begin(), values.end()};
}

TEST(Pretraining, AContextDoesNotKnowItsOwnWord) {
  std::vector<NetworkOptions> all;
  for (const std::string_view kind : {"rnn", "gru", "lstm"}) {
    all.push_back(options_of(kind));
    all.push_back(options_of(kind));
    all.back().bidirectional = false;
    all.back().layers = 2;
  }
  const std::vector<TermId> text = {1, 2, 3, 4, 5};
  for (const NetworkOptions& options : all) {
    const auto network = make_network(options, Rng(3));
    const std::vector<Real> before = contexts_of(*network, text);
    const std::size_t width = before.size() / text.size();
    EXPECT_EQ(width, options.bidirectional ? 24U : 12U);
    for (std::size_t changed = 0; changed < text.size(); ++changed) {
      std::vector<TermId> other = text;
      other[changed] = 7;
      const std::vector<Real> after = contexts_of(*network, other);
      for (std::size_t place = 0; place < text.size(); ++place) {
        const auto row = [&](const std::vector<Real>& values) {
          return std::span(values).subspan(place * width, width);
        };
        const bool seen = options.bidirectional ? place != changed : place > changed;
        EXPECT_EQ(std::ranges::equal(row(before), row(after)), !seen) << options.kind << ' ' << changed << ' ' << place;
      }
    }
  }
}

TEST(Pretraining, LearnsWhatFollowsFromTheWordsAround) {
  for (const std::string_view kind : {"rnn", "gru", "lstm"}) {
    const auto network = make_network(options_of(kind), Rng(3));
    const auto epochs = pretrain_network(*network, circles(600), train_options(20));
    ASSERT_EQ(epochs.size(), 20U);
    EXPECT_GT(epochs.front().training_loss, 0.5) << kind;
    EXPECT_LT(epochs.back().training_loss, 0.1) << kind;
  }
}

// Texts of one word have nothing around: what is left to learn are the shares of the words, and no loss is below their
// entropy.
TEST(Pretraining, WithoutNeighboursTheLossIsTheEntropyOfTheWords) {
  Rng rng(7);
  std::vector<std::vector<TermId>> texts;
  std::vector<double> counts(kWords, 0.0);
  for (int t = 0; t < 4000; ++t) {
    const std::size_t draw = rng.uniform_index(8);
    const TermId word = draw < 4 ? 1 : draw < 6 ? 2 : draw < 7 ? 3 : 4;
    counts[static_cast<std::size_t>(word)] += 1;
    texts.push_back({word});
  }
  double entropy = 0.0;
  for (const double count : counts) entropy -= count == 0 ? 0.0 : count / 4000 * std::log(count / 4000);
  const auto network = make_network(options_of("gru"), Rng(3));
  const auto epochs = pretrain_network(*network, sequences(texts), train_options(3));
  EXPECT_NEAR(epochs.back().training_loss, entropy, 0.01);
}

TEST(Pretraining, OneWordIsGuessedAtOnceAndUnknownOnesAreNot) {
  const auto network = make_network(options_of("gru"), Rng(3));
  TrainOptions options = train_options(1);
  options.batches.batch_size = 1;
  const auto epochs = pretrain_network(*network, sequences({{1, 1}, {0}, {0, 1, -1}}), options);
  EXPECT_EQ(epochs.back().training_loss, 0);
}

TEST(Pretraining, GivesTheSameForEveryNumberOfThreads) {
  const TokenSequences texts = circles(100);
  std::vector<std::vector<Real>> found;
  for (const int threads : {1, 3}) {
    const auto network = make_network(options_of("gru"), Rng(3));
    pretrain_network(*network, texts, train_options(2), {}, {.threads = threads});
    found.push_back(all_values(*network));
  }
  EXPECT_EQ(found[0], found[1]);
}

TEST(Pretraining, LabelsAreLearnedFromFewerTextsAfterIt) {
  const auto rising = [](const TokenSequences& texts) {
    std::vector<std::int32_t> classes;
    for (std::size_t row = 0; row < texts.rows(); ++row) {
      classes.push_back((texts.row(row)[1] - texts.row(row)[0] + 3) % 3 == 1 ? 1 : 0);
    }
    return classes;
  };
  const TokenSequences few = circles(24);
  const TokenSequences test = circles(300);
  const std::vector<std::int32_t> few_classes = rising(few);
  const std::vector<std::int32_t> test_classes = rising(test);
  const auto loss_after = [&](std::int32_t pretraining) {
    NetworkOptions options = options_of("gru");
    options.dropout = 0;
    const auto network = make_network(options, Rng(3));
    if (pretraining > 0) pretrain_network(*network, circles(600), train_options(pretraining));
    train_network(*network, {few, few_classes, {}}, {{}, {}, {}}, train_options(3));
    return evaluate_network(*network, {test, test_classes, {}}, {}).loss;
  };
  EXPECT_LT(loss_after(5), 0.5 * loss_after(0));
}

TEST(Pretraining, SaysThatItIsWhatNeverBecomesFinite) {
  const auto network = make_network(options_of("gru"), Rng(3));
  std::ranges::fill(network->parameters().front()->value.values(), std::numeric_limits<Real>::quiet_NaN());
  EXPECT_THAT([&] { pretrain_network(*network, circles(10), train_options(1)); },
              ::testing::ThrowsMessage<Error>(::testing::StartsWith("pretraining: the loss is not finite")));
}

TEST(Pretraining, RefusesWhatCannotGuess) {
  const TokenSequences texts = circles(10);
  NetworkOptions deep = options_of("gru");
  deep.layers = 2;
  EXPECT_FALSE(network_kind("gru").has_contexts(deep));
  EXPECT_EQ(network_kind("cnn").has_contexts, nullptr);
  for (const NetworkOptions& options : {options_of("cnn"), options_of("transformer"), options_of("mlp"), deep}) {
    const auto network = make_network(options, Rng(3));
    EXPECT_THROW(pretrain_network(*network, texts, train_options(1)), Error) << options.kind;
  }
  const auto network = make_network(options_of("gru"), Rng(3));
  EXPECT_THROW(pretrain_network(*network, sequences({{0, 0}, {-1}}), train_options(1)), Error);
  EXPECT_THROW(pretrain_network(*network, sequences({{static_cast<TermId>(kWords)}}), train_options(1)), Error);
  EXPECT_THROW(pretrain_network(*network, texts, train_options(0)), Error);
}

}  // namespace
}  // namespace malmoi::neural
