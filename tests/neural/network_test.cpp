#include "neural/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/error.h"
#include "neural/ops.h"

namespace malmoi::neural {
namespace {

NetworkOptions small(std::string_view kind) {
  return {.kind = kind,
          .vocabulary = 20,
          .labels = 3,
          .embedding = 8,
          .hidden = 6,
          .layers = 2,
          .heads = 2,
          .windows = {2, 3},
          .filters = 5};
}

Batch batch_of(const std::vector<std::vector<TermId>>& texts, std::size_t steps) {
  Batch batch;
  batch.rows = texts.size();
  batch.steps = steps;
  batch.ids.assign(batch.rows * steps, -1);
  for (std::size_t r = 0; r < texts.size(); ++r) {
    std::ranges::copy(texts[r], batch.ids.begin() + static_cast<std::ptrdiff_t>(r * steps));
    batch.lengths.push_back(static_cast<std::int32_t>(texts[r].size()));
    batch.texts.push_back(r);
  }
  return batch;
}

std::vector<Real> logits_of(Network& network, const Batch& batch) {
  Graph graph(Mode::evaluate, Rng(1));
  const auto values = network.logits(graph, batch).value().values();
  return {values.begin(), values.end()};
}

std::vector<std::string> names_of_kinds() {
  std::vector<std::string> names;
  for (const NetworkKind& kind : network_kinds()) names.emplace_back(kind.name);
  return names;
}

class NetworkOf : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Kinds, NetworkOf, ::testing::ValuesIn(names_of_kinds()),
                         [](const auto& of) { return of.param; });

TEST_P(NetworkOf, GivesARowTheSameLogitsWhateverIsPaddedBehindIt) {
  const auto network = make_network(small(GetParam()), Rng(7));
  const auto alone = logits_of(*network, batch_of({{1, 2, 3, 4}}, 4));
  const auto beside = logits_of(*network, batch_of({{1, 2, 3, 4}, {5, 6, 7, 8, 9, 10, 11}}, 7));
  ASSERT_EQ(alone.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(alone[k], beside[k], 1e-5) << k;
}

TEST_P(NetworkOf, TakesATextWithoutWords) {
  const auto network = make_network(small(GetParam()), Rng(7));
  for (const Real logit : logits_of(*network, batch_of({{}}, 1))) EXPECT_TRUE(std::isfinite(logit));
}

TEST_P(NetworkOf, GivesEveryParameterAGradient) {
  const auto network = make_network(small(GetParam()), Rng(7));
  Graph graph(Mode::train, Rng(2));
  graph.backward(sum(square(network->logits(graph, batch_of({{1, 2, 3, 4, 5}, {6, 7, 8}}, 5)))));
  for (Parameter* parameter : network->parameters()) {
    if (parameter->frozen) continue;
    EXPECT_NE(parameter->form, GradientForm::none) << parameter->name;
  }
}

TEST_P(NetworkOf, HasParametersWithNamesOfTheirOwn) {
  const auto network = make_network(small(GetParam()), Rng(7));
  std::set<std::string> names;
  for (const Parameter* parameter : network->parameters()) EXPECT_TRUE(names.insert(parameter->name).second);
  EXPECT_EQ(network->parameters().front()->name, "embedding.weight");
}

// A damaged file is refused by this bound before anything of its sizes is made.
TEST_P(NetworkOf, HasAtLeastAsManyParametersAsItsBound) {
  const NetworkOptions options = small(GetParam());
  const auto network = make_network(options, Rng(7));
  double parameters = 0;
  for (const Parameter* parameter : network->parameters()) parameters += static_cast<double>(parameter->value.size());
  const double bound = network_kind(GetParam()).least_parameters(options);
  EXPECT_LE(bound, parameters);
  EXPECT_GT(bound, parameters / 8);
}

TEST_P(NetworkOf, RefusesASettingOutOfRange) {
  for (const NetworkSetting& setting : network_kind(GetParam()).settings) {
    NetworkOptions options = small(GetParam());
    if (const auto* size = std::get_if<std::size_t NetworkOptions::*>(&setting.member)) options.*(*size) = 0;
    if (const auto* list = std::get_if<std::vector<std::size_t> NetworkOptions::*>(&setting.member)) {
      (options.*(*list)).push_back(0);
    }
    if (std::holds_alternative<bool NetworkOptions::*>(setting.member)) continue;
    try {
      (void)make_network(options, Rng(1));
      ADD_FAILURE() << setting.name;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()), concat("make_network: ", setting.name, " is 0, wanted is at least 1"));
    }
  }
}

TEST(MakeNetwork, NamesTheOptionOutOfRange) {
  NetworkOptions options = small("transformer");
  options.heads = 3;
  try {
    (void)make_network(options, Rng(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "make_network: heads is 3, wanted is a divisor of the embedding's 8");
  }
  options = small("lstm");
  options.dropout = 1;
  EXPECT_THROW((void)make_network(options, Rng(1)), Error);
  options.kind = "perceptron";
  EXPECT_THROW((void)make_network(options, Rng(1)), Error);
}

}  // namespace
}  // namespace malmoi::neural
