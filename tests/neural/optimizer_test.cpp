#include "neural/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "neural/initializer.h"
#include "neural/kernels.h"
#include "neural/learning_rate.h"
#include "neural/ops.h"
#include "tests/support/gradient_error.h"
#include "tests/support/tensor_near.h"

namespace malmoi::neural {
namespace {

void set_gradient(Parameter& parameter, const Tensor& gradient) {
  parameter.grad = gradient;
  parameter.form = GradientForm::dense;
}

// Three steps of rate 0.1 on three weights; the same with torch.optim gives the figures in the tests.
Tensor three_steps(OptimizerOptions options) {
  const std::vector<Tensor> gradients = {Tensor({3}, {0.1F, -0.2F, 0.3F}), Tensor({3}, {-0.4F, 0.5F, 0.6F}),
                                         Tensor({3}, {0.7F, 0, -0.8F})};
  Parameter w{.name = "w", .value = Tensor({3}, {1, -2, 0.5})};
  options.l2 = 0.01;
  Optimizer optimizer({&w}, options);
  for (const Tensor& gradient : gradients) {
    set_gradient(w, gradient);
    optimizer.step(0.1);
  }
  EXPECT_EQ(optimizer.steps(), 3);
  return w.value;
}

constexpr double kFloatNear = 2e-6;  // the gradients above are floats

TEST(Optimizer, EveryRuleAgreesWithPyTorch) {
  const auto check = [](UpdateRule rule, const std::vector<double>& expected) {
    SCOPED_TRACE(static_cast<int>(rule));
    expect_near(three_steps({.rule = rule}), expected, kFloatNear);
  };
  check(UpdateRule::sgd, {0.956982989, -2.023995978, 0.4886214695});
  check(UpdateRule::momentum, {0.973292789, -2.029615578, 0.3820713695});
  check(UpdateRule::nesterov, {0.932933412551, -2.050675125102, 0.3827377848005});
  check(UpdateRule::adagrad, {0.909464367785522, -1.98717781393134, 0.386963207898616});
  check(UpdateRule::rmsprop, {0.100059405447348, -1.87723307673255, -0.61623521779796});
  check(UpdateRule::adam, {0.918587100464016, -1.96823470923517, 0.303762860990575});
  check(UpdateRule::adamw, {0.919988501679501, -1.97256657364072, 0.303320161351778});
}

TEST(Optimizer, PenaltyOfAbsoluteValuesPullsTowardsZero) {
  Parameter w{.name = "w", .value = Tensor({3}, {1, -2, 0})};
  Optimizer optimizer({&w}, {.rule = UpdateRule::sgd, .l1 = 0.5});
  set_gradient(w, Tensor({3}));
  optimizer.step(0.1);
  expect_near(w.value, {0.95, -1.95, 0}, 1e-6);
}

TEST(Optimizer, ClipsByTheNormOfAllGradientsTogether) {
  Parameter a{.name = "a", .value = Tensor({1}, {0})};
  Parameter b{.name = "b", .value = Tensor({1}, {0})};
  Optimizer optimizer({&a, &b}, {.rule = UpdateRule::sgd, .clip_norm = 1});
  set_gradient(a, Tensor({1}, {3}));
  set_gradient(b, Tensor({1}, {4}));
  EXPECT_EQ(optimizer.step(1), 5.0);
  expect_near(a.value, {-0.6}, 1e-6);
  expect_near(b.value, {-0.8}, 1e-6);
  set_gradient(a, Tensor({1}, {0.5}));
  EXPECT_EQ(optimizer.step(1), 0.5);
  expect_near(a.value, {-1.1}, 1e-6);
}

TEST(Optimizer, AGradientThatIsNotFiniteChangesNothing) {
  Parameter w{.name = "w", .value = Tensor({2}, {1, 2})};
  Optimizer optimizer({&w}, {});
  set_gradient(w, Tensor({2}, {1, std::numeric_limits<Real>::quiet_NaN()}));
  EXPECT_TRUE(std::isnan(optimizer.step(0.1)));
  EXPECT_EQ(w.value, Tensor({2}, {1, 2}));
  EXPECT_EQ(optimizer.steps(), 0);
  EXPECT_EQ(w.form, GradientForm::none);
}

// Steps on a table of wide rows, of which half are gathered each time; with the gradient as rows or in full.
Tensor table_steps(const OptimizerOptions& options, bool in_full) {
  Parameter table{.name = "table", .value = random_tensor({24, 40}, 1)};
  Optimizer optimizer({&table}, options);
  Graph graph(Mode::train, Rng(1));
  for (std::int32_t step = 0; step < 5; ++step) {
    graph.restart(Rng(1));
    std::vector<std::int32_t> ids;
    for (std::int32_t i = 0; i < 12; ++i) ids.push_back((step + 2 * i) % 24);
    graph.backward(weighted_sum(square(gather(graph.parameter(table), ids))));
    if (in_full) table.dense_gradient();
    optimizer.step(0.1);
  }
  return table.value;
}

TEST(Optimizer, RowsAreUpdatedExactlyBySgdAndAdagrad) {
  for (const UpdateRule rule : {UpdateRule::sgd, UpdateRule::adagrad}) {
    EXPECT_EQ(table_steps({.rule = rule}, false), table_steps({.rule = rule}, true));
  }
}

TEST(Optimizer, RowsThatAreTouchedInEveryStepMoveAsInFullAndOthersNever) {
  for (const UpdateRule rule :
       {UpdateRule::momentum, UpdateRule::nesterov, UpdateRule::rmsprop, UpdateRule::adam, UpdateRule::adamw}) {
    const OptimizerOptions options{.rule = rule, .l2 = 0.1};
    const Tensor start = random_tensor({5, 33}, 1);
    Parameter table{.name = "table", .value = start};
    Parameter full = table;
    Optimizer lazy({&table}, options);
    Optimizer dense({&full}, options);
    Graph graph(Mode::train, Rng(1));
    for (const auto& [parameter, optimizer] : {std::pair(&table, &lazy), std::pair(&full, &dense)}) {
      for (int step = 0; step < 4; ++step) {
        graph.restart(Rng(1));
        graph.backward(weighted_sum(square(gather(graph.parameter(*parameter), std::vector<std::int32_t>{0, 3, 0}))));
        if (parameter == &full) parameter->dense_gradient();
        optimizer->step(0.01);
      }
    }
    for (std::size_t i = 0; i < start.size(); ++i) {
      const bool touched = i / 33 == 0 || i / 33 == 3;
      EXPECT_EQ(table.value[i], touched ? full.value[i] : start[i]) << static_cast<int>(rule) << ' ' << i;
    }
  }
}

// m, s and the weight of a row move when it is touched alone; the corrections count all steps.
TEST(Optimizer, LazyAdamLeavesUntouchedRowsAlone) {
  Parameter table{.name = "table", .value = Tensor({3, 1}, {1, 1, 1})};
  Optimizer optimizer({&table}, {.rule = UpdateRule::adam});
  const auto touch = [&](std::vector<std::int32_t> rows, const Tensor& gradient) {
    table.grad_rows = std::move(rows);
    table.grad = gradient;
    table.form = GradientForm::rows;
    optimizer.step(0.1);
  };
  touch({0, 2}, Tensor({2, 1}, {0.5, 0.25}));
  touch({2}, Tensor({1, 1}, {-0.5}));
  // Row 2: m = 0.9 · 0.025 - 0.05 = -0.0275, s = 0.999 · 0.0000625 + 0.00025 = 0.0003124375
  const double corrected = -0.0275 / (1 - 0.81) / (std::sqrt(0.0003124375 / (1 - 0.998001)) + 1e-8);
  expect_near(table.value, {0.9, 1, 0.9 - 0.1 * corrected}, 2e-5);
}

TEST(Optimizer, GoesOnFromItsStateWithTheSameBytes) {
  const OptimizerOptions options{.rule = UpdateRule::adamw, .l2 = 0.1};
  Parameter whole{.name = "w", .value = random_tensor({50}, 1)};
  Parameter split = whole;
  Optimizer first({&whole}, options);
  OptimizerState state;
  const auto run = [](Optimizer& optimizer, Parameter& p, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seed = from; seed < to; ++seed) {
      set_gradient(p, random_tensor({50}, seed));
      optimizer.step(0.01);
    }
  };
  run(first, whole, 0, 10);
  {
    Optimizer half({&split}, options);
    run(half, split, 0, 5);
    state = half.state();
  }
  Optimizer rest({&split}, options);
  rest.restore(state);
  run(rest, split, 5, 10);
  EXPECT_EQ(whole.value, split.value);
  ASSERT_EQ(state.moments.size(), 2U);
  EXPECT_EQ(state.moments[1].name, "w.second");
  state.moments[0].value = Tensor({3});
  EXPECT_EQ(error_of([&] { rest.restore(state); }),
            "Optimizer::restore: 2 moments, wanted the 2 of these parameters in their order, with their shapes");
}

TEST(Optimizer, RefusesEqualNamesAndLeavesFrozenParametersAlone) {
  Parameter a{.name = "w", .value = Tensor({1})};
  Parameter b{.name = "w", .value = Tensor({1}), .frozen = true};
  EXPECT_EQ(error_of([&] { Optimizer({&a, &b}, {}); }), "Optimizer: two parameters named \"w\"");
  b.name = "b";
  Optimizer optimizer({&a, &b}, {});
  set_gradient(b, Tensor({1}, {1}));
  optimizer.step(1);
  EXPECT_EQ(b.value, Tensor({1}));
  EXPECT_NE(error_of([&] { Optimizer({&a}, {.beta1 = 1}); }).find("beta1 1"), std::string::npos);
}

TEST(LearningRate, FollowsItsShapeAfterTheWarmUp) {
  const LearningRate cosine{.rate = 2, .shape = RateShape::cosine, .warm_up = 4, .total = 10, .least = 0.1};
  EXPECT_DOUBLE_EQ(rate_at(cosine, 0), 0.5);
  EXPECT_DOUBLE_EQ(rate_at(cosine, 3), 2);
  EXPECT_DOUBLE_EQ(rate_at(cosine, 4), 2);
  EXPECT_DOUBLE_EQ(rate_at(cosine, 9), 2 * 0.55);
  EXPECT_DOUBLE_EQ(rate_at(cosine, 14), 0.2);
  EXPECT_DOUBLE_EQ(rate_at(cosine, 100), 0.2);
  const LearningRate step{.rate = 1, .shape = RateShape::step, .interval = 3, .factor = 0.5};
  EXPECT_DOUBLE_EQ(rate_at(step, 2), 1);
  EXPECT_DOUBLE_EQ(rate_at(step, 3), 0.5);
  EXPECT_DOUBLE_EQ(rate_at(step, 8), 0.25);
  const LearningRate line{.rate = 1, .shape = RateShape::linear, .total = 4};
  EXPECT_DOUBLE_EQ(rate_at(line, 1), 0.75);
  EXPECT_DOUBLE_EQ(rate_at(line, 9), 0);
  EXPECT_DOUBLE_EQ(rate_at({.rate = 3}, 1000), 3);
  EXPECT_NO_THROW(validate(cosine));
  EXPECT_NE(error_of([] { validate({.rate = 0}); }), "no error");
}

TEST(Plateau, ScalesDownAfterLooksWithoutBetterment) {
  Plateau plateau{.options = {.factor = 0.5, .patience = 1, .min_change = 0.01, .least = 0.2}};
  EXPECT_EQ(plateau.look(1.0), 1.0);
  EXPECT_EQ(plateau.look(0.9), 1.0);
  EXPECT_EQ(plateau.look(0.895), 1.0);  // less than one in a hundred better
  EXPECT_EQ(plateau.look(NAN), 0.5);
  EXPECT_EQ(plateau.look(0.8), 0.5);
  for (int i = 0; i < 10; ++i) plateau.look(0.8);
  EXPECT_EQ(plateau.scale, 0.2);
}

struct Moments {
  double mean = 0;
  double variance = 0;
  double greatest = 0;
};

Moments moments_of(const Tensor& t) {
  Moments m;
  for (const Real v : t.values()) m.mean += double{v} / static_cast<double>(t.size());
  for (const Real v : t.values()) {
    m.variance += (double{v} - m.mean) * (double{v} - m.mean) / static_cast<double>(t.size());
    m.greatest = std::max(m.greatest, std::abs(double{v}));
  }
  return m;
}

TEST(Initializer, DrawsWithTheVarianceOfItsName) {
  const auto check = [](InitialValues values, double variance) {
    Rng rng(1);
    const Moments m = moments_of(initial_tensor({3, 100, 200}, values, rng, 2));  // fan in 300, fan out 600
    EXPECT_NEAR(m.mean, 0, 4 * std::sqrt(variance / 60000));
    EXPECT_NEAR(m.variance, variance, 0.03 * variance);
    return m.greatest;
  };
  check(InitialValues::normal, 4);
  EXPECT_LE(check(InitialValues::uniform, 4.0 / 3), 2.0);
  check(InitialValues::xavier_normal, 4 * 2.0 / 900);
  EXPECT_LE(check(InitialValues::xavier_uniform, 4 * 2.0 / 900), 2 * std::sqrt(6.0 / 900) + 1e-6);
  check(InitialValues::he_normal, 4 * 2.0 / 300);
  EXPECT_LE(check(InitialValues::he_uniform, 4 * 2.0 / 300), 2 * std::sqrt(6.0 / 300) + 1e-6);
  Rng rng(1);
  EXPECT_EQ(initial_tensor({2}, InitialValues::zero, rng), Tensor({2}));
  EXPECT_EQ(initial_tensor({2}, InitialValues::one, rng), Tensor({2}, 1));
}

// The greatest distance of the products of rows from those of orthogonal ones of this length.
double distance_from_orthogonal(const Tensor& rows, double length) {
  double worst = 0;
  const std::size_t n = rows.shape().cols();
  for (std::size_t i = 0; i < rows.shape().rows(); ++i) {
    for (std::size_t j = 0; j < rows.shape().rows(); ++j) {
      const double product = double{row_dot(rows.data() + i * n, rows.data() + j * n, n)};
      worst = std::max(worst, std::abs(product - (i == j ? length * length : 0)));
    }
  }
  return worst;
}

TEST(Initializer, OrthogonalMatricesHaveOrthonormalColumnsOrRows) {
  Rng rng(1);
  EXPECT_LT(distance_from_orthogonal(initial_tensor({7, 40}, InitialValues::orthogonal, rng), 1), 1e-6);
  Graph graph(Mode::evaluate, Rng(1));
  const Tensor tall = initial_tensor({40, 7}, InitialValues::orthogonal, rng, 3);
  EXPECT_LT(distance_from_orthogonal(transpose(graph.input(tall)).value(), 3), 1e-5);
  EXPECT_NE(error_of([&] { (void)initial_tensor({7}, InitialValues::orthogonal, rng); }), "no error");
}

}  // namespace
}  // namespace malmoi::neural
