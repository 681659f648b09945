#include "apps/lsa_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"
#include "corpus/tensors.h"
#include "tests/support/stored_models.h"

namespace malmoi::apps {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Three documents, four terms, two dimensions: by hand.
LsaModel sample() {
  LsaModel model;
  topics::Lsa& lsa = model.lsa;
  lsa.options.rank = 2;
  lsa.options.method = topics::SvdMethod::randomized;
  lsa.options.seed = 18446744073709551615U;
  lsa.singular_values = {2.0, 0.30000000000000004};
  lsa.total_variance = 8.0;
  lsa.explained = {0.5, 0.30000000000000004 * 0.30000000000000004 / 8.0};
  lsa.residuals = {0.0, 1e-13};
  lsa.converged = false;
  lsa.terms.resize(4, 2);
  lsa.terms << 0.5F, 0.5F, 0.5F, -0.5F, 0.5F, 0.1F, 0.5F, 0.0F;
  lsa.documents.resize(3, 2);
  lsa.documents << 1.5F, 0.25F, 0.0F, 0.0F, 1.25F, -0.125F;
  model.weighting.options = vectorize::bm25_options(1.5, 0.5);
  model.weighting.documents = 3;
  model.weighting.mean_length = 2.3333333333333335;
  model.weighting.global_weight = {0.1, 1.0, 0.7, 0.0};
  model.terms = {"영화", "new york", "", "a\nb"};
  model.row_ids = {3, 4, 70000};
  model.analyzer = R"({"korean":"word"})";
  model.selection = {.min_df = "1", .max_df = "0.5", .remove_top = 2, .max_features = 7, .where = "label='ㄱ'"};
  return model;
}

void expect_same(const LsaModel& a, const LsaModel& b) {
  EXPECT_EQ(a.lsa.options.rank, b.lsa.options.rank);
  EXPECT_EQ(a.lsa.options.method, b.lsa.options.method);
  EXPECT_EQ(a.lsa.options.tolerance, b.lsa.options.tolerance);
  EXPECT_EQ(a.lsa.options.seed, b.lsa.options.seed);
  EXPECT_EQ(a.lsa.singular_values, b.lsa.singular_values);
  EXPECT_EQ(a.lsa.total_variance, b.lsa.total_variance);
  EXPECT_EQ(a.lsa.explained, b.lsa.explained);
  EXPECT_EQ(a.lsa.residuals, b.lsa.residuals);
  EXPECT_EQ(a.lsa.converged, b.lsa.converged);
  EXPECT_EQ(a.lsa.terms, b.lsa.terms);
  EXPECT_EQ(a.lsa.documents, b.lsa.documents);
  EXPECT_EQ(a.weighting.options.local, b.weighting.options.local);
  EXPECT_EQ(a.weighting.options.global, b.weighting.options.global);
  EXPECT_EQ(a.weighting.options.normalization, b.weighting.options.normalization);
  EXPECT_EQ(a.weighting.options.k1, b.weighting.options.k1);
  EXPECT_EQ(a.weighting.options.b, b.weighting.options.b);
  EXPECT_EQ(a.weighting.documents, b.weighting.documents);
  EXPECT_EQ(a.weighting.mean_length, b.weighting.mean_length);
  EXPECT_EQ(a.weighting.global_weight, b.weighting.global_weight);
  EXPECT_EQ(a.terms, b.terms);
  EXPECT_EQ(a.row_ids, b.row_ids);
  EXPECT_EQ(a.analyzer, b.analyzer);
  EXPECT_EQ(a.selection, b.selection);
}

TEST(LsaModel, ComesBackAsItWasStoredAndGivesTheSameBytesAgain) {
  const corpus::StoredModel stored = to_stored(sample());
  EXPECT_EQ(stored.kind, "lsa");
  EXPECT_EQ(stored.version, 1);
  EXPECT_EQ(stored.checksum, corpus::checksum(stored));
  const LsaModel model = lsa_from_stored(stored, "test");
  expect_same(model, sample());
  EXPECT_EQ(model.fingerprint, stored.checksum);
  EXPECT_EQ(to_stored(model).tensors, stored.tensors);
  EXPECT_EQ(to_stored(model).options, stored.options);
}

TEST(LsaModel, EveryMethodAndWeightComesBack) {
  for (int method = 0; method < 3; ++method) {
    for (int global = 0; global < 7; ++global) {
      LsaModel model = sample();
      model.lsa.options.method = static_cast<topics::SvdMethod>(method);
      model.weighting.options.global = static_cast<vectorize::GlobalWeight>(global);
      model.weighting.options.local = static_cast<vectorize::LocalWeight>(global % 6);
      model.weighting.options.normalization = static_cast<vectorize::Normalization>(global % 4);
      expect_same(lsa_from_stored(to_stored(model), "test"), model);
    }
  }
}

// The layout is plain to other programs: float matrices by rows, with their shapes.
TEST(LsaModel, KeepsItsMatricesAsFloatTensorsWithTheirShapes) {
  const corpus::StoredModel stored = to_stored(sample());
  const corpus::TensorReader tensors(stored.tensors, "test");
  EXPECT_THAT(tensors.at("term_dimensions").shape, ElementsAre(4, 2));
  EXPECT_THAT(tensors.at("document_dimensions").shape, ElementsAre(3, 2));
  EXPECT_THAT(tensors.read<float>("document_dimensions"), ElementsAre(1.5F, 0.25F, 0.0F, 0.0F, 1.25F, -0.125F));
  EXPECT_THAT(tensors.read<double>("singular_values"), ElementsAre(DoubleEq(2), DoubleEq(0.3)));
  const auto fields = nlohmann::json::parse(stored.options);
  EXPECT_EQ(fields["options"]["method"], "randomized");
  EXPECT_EQ(fields["weighting"]["local"], "bm25");
  EXPECT_EQ(fields["weighting"]["normalization"], "none");
  EXPECT_EQ(fields["selection"]["max_features"], 7);
  EXPECT_EQ(fields["documents"], 3);
  EXPECT_EQ(fields["terms"], 4);
}

ErrorCode code_of(const corpus::StoredModel& stored) {
  try {
    (void)lsa_from_stored(stored, "model lsa");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("model lsa: damaged"));
    return error.code();
  }
  ADD_FAILURE() << "was read: " << stored.options;
  return ErrorCode::io;
}

// Parts that do not fit each other, with a right checksum: from a faulty or hostile program.
TEST(LsaModel, PartsThatDoNotFitAreRefused) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::function<void(LsaModel&)>> faults = {
      [](LsaModel& m) { m.lsa.options.rank = 3; },
      [](LsaModel& m) { m.lsa.options.rank = 0; },
      [](LsaModel& m) { m.lsa.options.rank = -2; },
      [](LsaModel& m) { m.lsa.singular_values.pop_back(); },
      [](LsaModel& m) {
        m.lsa.singular_values = {1, 2};
      },
      [](LsaModel& m) { m.lsa.singular_values[1] = -1; },
      [](LsaModel& m) { m.lsa.singular_values[0] = std::numeric_limits<double>::infinity(); },
      [](LsaModel& m) { m.lsa.residuals.push_back(0); },
      [](LsaModel& m) { m.lsa.residuals[0] = static_cast<double>(kNan); },
      [](LsaModel& m) { m.lsa.total_variance = -1; },
      [](LsaModel& m) { m.lsa.terms.conservativeResize(3, 2); },
      [](LsaModel& m) { m.lsa.terms.conservativeResize(4, 1); },
      [](LsaModel& m) {
        m.lsa.terms.resize(2, 4);
        m.lsa.terms.setZero();
      },
      [](LsaModel& m) { m.lsa.terms(1, 1) = kNan; },
      [](LsaModel& m) { m.lsa.documents.conservativeResize(2, 2); },
      [](LsaModel& m) { m.lsa.documents(2, 0) = kNan; },
      [](LsaModel& m) { m.terms.pop_back(); },
      [](LsaModel& m) { m.row_ids.pop_back(); },
      [](LsaModel& m) {
        m.row_ids = {4, 3, 5};
      },
      [](LsaModel& m) { m.weighting.global_weight.pop_back(); },
      [](LsaModel& m) { m.weighting.global_weight[0] = static_cast<double>(kNan); },
      [](LsaModel& m) { m.weighting.documents = 4; },
      [](LsaModel& m) { m.weighting.options.b = 2; },
      [](LsaModel& m) { m.weighting.mean_length = -1; }};
  for (std::size_t i = 0; i < faults.size(); ++i) {
    LsaModel model = sample();
    faults[i](model);
    EXPECT_EQ(code_of(to_stored(model)), ErrorCode::corrupt_data) << "fault " << i;
  }
}

TEST(LsaModel, EveryShorterAndEveryFlippedTextThrowsOrReadsSafely) {
  const auto read = [](const corpus::StoredModel& stored) { (void)lsa_from_stored(stored, "test"); };
  EXPECT_GT(testing::expect_damage_is_found(to_stored(sample()), {}, read), 300);
}

// The golden files of (lsa, 1): a model that was stored by this version is read by every later one, and the sample
// gives the same bytes.
TEST(LsaModel, ReadsTheGoldenFileOfVersion1) {
  const corpus::StoredModel golden = testing::golden_model("lsa", 1);
  expect_same(lsa_from_stored(golden, "golden"), sample());
  EXPECT_EQ(corpus::checksum(golden), "47660f93173ba6b7");
  EXPECT_EQ(to_stored(sample()).tensors, golden.tensors);
  EXPECT_EQ(to_stored(sample()).options, golden.options);
}

}  // namespace
}  // namespace malmoi::apps
