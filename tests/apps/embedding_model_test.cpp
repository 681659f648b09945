#include "apps/embedding_model.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "tests/support/stored_models.h"

namespace malmoi::apps {
namespace {

// Three words of two dimensions, and two parts of words: by hand.
EmbeddingModel sample() {
  EmbeddingModel model;
  neural::Embeddings& embeddings = model.embeddings;
  for (const std::string_view word : {"영화", "new york", "film"}) embeddings.words.intern(word);
  embeddings.counts = {70000, 30, 2};
  embeddings.dimensions = 2;
  embeddings.vectors = {1.5F, 0.25F, 0.0F, -1.0F, 1e-30F, 3.0F};
  embeddings.subwords =
      neural::Subwords{.options = {.syllables = {1, 2}, .letters = {4, 4}, .buckets = 100}, .buckets = {3, 99}};
  embeddings.subword_vectors = {0.5F, 0.5F, -0.5F, 2.0F};
  model.options = R"({"model":"skip-gram","epochs":5})";
  return model;
}

ErrorCode code_of(const corpus::StoredModel& stored) {
  try {
    (void)embedding_from_stored(stored, "test");
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::io;
}

TEST(EmbeddingModel, ComesBackAsItWasStored) {
  const EmbeddingModel model = sample();
  const EmbeddingModel back = embedding_from_stored(to_stored(model), "test");
  const neural::Embeddings& a = model.embeddings;
  const neural::Embeddings& b = back.embeddings;
  ASSERT_EQ(b.words.size(), 3);
  for (std::int32_t word = 0; word < 3; ++word) EXPECT_EQ(a.words.at(word), b.words.at(word));
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_EQ(a.dimensions, b.dimensions);
  EXPECT_EQ(a.vectors, b.vectors);
  EXPECT_EQ(a.subwords->options, b.subwords->options);
  EXPECT_EQ(a.subwords->buckets, b.subwords->buckets);
  EXPECT_EQ(a.subword_vectors, b.subword_vectors);
  EXPECT_EQ(to_stored(back).tensors, to_stored(model).tensors);
}

TEST(EmbeddingModel, VectorsOfAFileHaveNeitherCountsNorParts) {
  EmbeddingModel model = sample();
  model.embeddings.counts.clear();
  model.embeddings.subwords.reset();
  model.embeddings.subword_vectors.clear();
  const EmbeddingModel back = embedding_from_stored(to_stored(model), "test");
  EXPECT_TRUE(back.embeddings.counts.empty());
  EXPECT_FALSE(back.embeddings.subwords);
  EXPECT_EQ(back.embeddings.vectors, model.embeddings.vectors);
}

TEST(EmbeddingModel, PartsThatDoNotFitAreRefused) {
  const std::vector<std::function<void(neural::Embeddings&)>> faults = {
      [](auto& e) { e.counts.pop_back(); },
      [](auto& e) { e.vectors[3] = std::numeric_limits<float>::quiet_NaN(); },
      [](auto& e) { e.words.intern("more"), e.vectors.resize(8), e.counts.clear(), e.dimensions = 1; },
      [](auto& e) {
        e.subwords->buckets = {3, 3};
      },
      [](auto& e) {
        e.subwords->buckets = {99, 3};
      },
      [](auto& e) {
        e.subwords->buckets = {3, 100};
      },
      [](auto& e) {
        e.subwords->buckets = {-1, 3};
      },
      [](auto& e) {
        e.subwords->options.jamo = {5, 3};
      },
      [](auto& e) { e.subword_vectors.resize(2); },
      [](auto& e) { e.subword_vectors[0] = std::numeric_limits<float>::infinity(); }};
  for (std::size_t i = 0; i < faults.size(); ++i) {
    EmbeddingModel model = sample();
    faults[i](model.embeddings);
    try {
      EXPECT_EQ(code_of(to_stored(model)), ErrorCode::corrupt_data) << "fault " << i;
    } catch (const Error& error) {  // the writer sees it already
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << "fault " << i;
    }
  }
}

TEST(EmbeddingModel, DamageIsFoundOrHarmless) {
  const auto use = [](const corpus::StoredModel& stored) {
    const EmbeddingModel model = embedding_from_stored(stored, "test");
    (void)neural::vector_of(model.embeddings, "film");
    (void)neural::vector_of(model.embeddings, "영화관");
  };
  EXPECT_GT(testing::expect_damage_is_found(to_stored(sample()), {}, use), 300);
}

}  // namespace
}  // namespace malmoi::apps
