#include "vectorize/similarity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "corpus/base/error.h"
#include "tests/vectorize/matrices.h"
#include "vectorize/weighting.h"

namespace malmoi::vectorize {

void PrintTo(const Neighbor& neighbor, std::ostream* out) {
  *out << neighbor.row << ": " << neighbor.score;
}

namespace {

using Neighbors = std::vector<Neighbor>;

constexpr Metric kMetrics[] = {Metric::cosine,    Metric::jaccard,   Metric::weighted_jaccard,
                               Metric::euclidean, Metric::manhattan, Metric::minkowski};

SparseVector vector(const std::vector<float>& values) {
  return sparse({values}).row(0);
}

// The plain twin: every formula as similarity.h states it, over all terms.
float plain_score(std::span<const float> a, std::span<const float> b, const SimilarityOptions& options) {
  double dot = 0.0, squares_a = 0.0, squares_b = 0.0, shared = 0.0, either = 0.0, least = 0.0, most = 0.0, powers = 0.0;
  const double p = options.metric == Metric::euclidean ? 2.0 : options.metric == Metric::manhattan ? 1.0 : options.p;
  for (std::size_t t = 0; t < a.size(); ++t) {
    const double x = a[t];
    const double y = b[t];
    dot += x * y;
    squares_a += x * x;
    squares_b += y * y;
    shared += x != 0.0 && y != 0.0 ? 1 : 0;
    either += x != 0.0 || y != 0.0 ? 1 : 0;
    least += std::min(x, y);
    most += std::max(x, y);
    powers += std::pow(std::abs(x - y), p);
  }
  const auto ratio = [](double x, double y, double if_none) { return static_cast<float>(y == 0.0 ? if_none : x / y); };
  switch (options.metric) {
    case Metric::cosine:
      return ratio(dot, std::sqrt(squares_a) * std::sqrt(squares_b), 0.0);
    case Metric::jaccard:
      return ratio(shared, either, 1.0);
    case Metric::weighted_jaccard:
      return ratio(least, most, 1.0);
    default:
      return static_cast<float>(std::pow(powers, 1.0 / p));
  }
}

using Rows = std::vector<std::vector<float>>;

Rows plain_rows(const SparseMatrix& matrix) {
  Rows rows(static_cast<std::size_t>(matrix.rows()), std::vector<float>(static_cast<std::size_t>(matrix.cols())));
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    for (SparseMatrix::InnerIterator entry(matrix, r); entry; ++entry) {
      rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(entry.col())] = entry.value();
    }
  }
  return rows;
}

// All other rows, with a full sort.
Neighbors plain_nearest(const Rows& rows, std::size_t query, const SimilarityOptions& options) {
  Neighbors neighbors;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (r != query) neighbors.push_back({static_cast<std::int32_t>(r), plain_score(rows[query], rows[r], options)});
  }
  const bool higher = higher_is_better(options.metric);
  std::stable_sort(neighbors.begin(), neighbors.end(), [&](const Neighbor& a, const Neighbor& b) {
    return higher ? a.score > b.score : a.score < b.score;
  });
  return neighbors;
}

// Scores agree within a float's rounding; where two scores are that near, either order is right.
void expect_same(const Neighbors& found, const Neighbors& all, std::size_t wanted) {
  ASSERT_EQ(found.size(), wanted);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const float tolerance = 4e-7F * std::max(1.0F, std::abs(all[i].score));
    ASSERT_NEAR(found[i].score, all[i].score, tolerance) << "place " << i;
    const auto same_row = [&](const Neighbor& other) { return other.row == found[i].row; };
    const auto own = std::find_if(all.begin(), all.end(), same_row);
    ASSERT_NE(own, all.end());
    ASSERT_NEAR(found[i].score, own->score, tolerance) << "row " << found[i].row;
  }
}

SparseMatrix random_weights(std::uint64_t seed, std::size_t rows, std::size_t longest) {
  const DocTermMatrix matrix = count_terms(random_tokens(seed, rows, 300, longest), 300);
  return apply_weighting(fit_weighting(matrix, {}), matrix).values;
}

TEST(NearestRows, OrdersByScoreAndBreaksTiesByRow) {
  const Neighbors expected = {{0, 1.0F}, {2, 1.0F}};
  EXPECT_EQ(nearest_rows(sparse({{0, 1}, {1, 0}, {0, 1}}), vector({0, 1}), {.k = 2}), expected);
}

TEST(NearestRows, KnowsTheMetrics) {
  const SparseMatrix rows = sparse({{2, 0, 1}});
  const SparseVector query = vector({1, 3, 0});
  const auto score = [&](Metric metric, double p = 3.0) {
    return nearest_rows(rows, query, {.metric = metric, .p = p}).at(0).score;
  };
  EXPECT_FLOAT_EQ(score(Metric::cosine), 2.0F / std::sqrt(50.0F));
  EXPECT_FLOAT_EQ(score(Metric::jaccard), 1.0F / 3.0F);
  EXPECT_FLOAT_EQ(score(Metric::weighted_jaccard), 1.0F / 6.0F);
  EXPECT_FLOAT_EQ(score(Metric::euclidean), std::sqrt(11.0F));
  EXPECT_FLOAT_EQ(score(Metric::manhattan), 5.0F);
  EXPECT_FLOAT_EQ(score(Metric::minkowski, 3.0), std::cbrt(29.0F));
  EXPECT_FLOAT_EQ(score(Metric::minkowski, 1.0), 5.0F);
}

TEST(NearestRows, IdenticalDocumentsScoreExactlyOneOrZero) {
  const SparseMatrix rows = random_weights(/*seed=*/11, 50, 20);
  for (const Metric metric : kMetrics) {
    for (Eigen::Index r = 0; r < rows.rows(); ++r) {
      if (rows.row(r).nonZeros() == 0) continue;
      const Neighbor best = nearest_rows(rows, rows.row(r), {.metric = metric, .p = 7.5, .k = 1}).at(0);
      EXPECT_EQ(best.score, higher_is_better(metric) ? 1.0F : 0.0F) << "metric " << static_cast<int>(metric);
    }
  }
}

TEST(NearestRows, NearlyEqualDocumentsKeepTheirSmallDistance) {
  const SparseMatrix rows = sparse({{1000.0F, 1.0F}});
  const SparseVector query = vector({1000.0F, 1.0001F});
  const float apart = 1.0001F - 1.0F;
  for (const Metric metric : {Metric::euclidean, Metric::manhattan, Metric::minkowski}) {
    EXPECT_FLOAT_EQ(nearest_rows(rows, query, {.metric = metric, .p = 4.0}).at(0).score, apart);
  }
}

TEST(NearestRows, DefinesTheScoresOfEmptyDocuments) {
  const SparseMatrix rows = sparse({{0, 0}, {3, 4}});
  const auto scores = [&](Metric metric) { return nearest_rows(rows, vector({0, 0}), {.metric = metric}); };
  EXPECT_EQ(scores(Metric::cosine), (Neighbors{{0, 0.0F}, {1, 0.0F}}));
  EXPECT_EQ(scores(Metric::jaccard), (Neighbors{{0, 1.0F}, {1, 0.0F}}));
  EXPECT_EQ(scores(Metric::weighted_jaccard), (Neighbors{{0, 1.0F}, {1, 0.0F}}));
  EXPECT_EQ(scores(Metric::euclidean), (Neighbors{{0, 0.0F}, {1, 5.0F}}));
  EXPECT_EQ(scores(Metric::manhattan), (Neighbors{{0, 0.0F}, {1, 7.0F}}));
}

TEST(NearestRows, GivesAllRowsWhenThereAreFewerThanK) {
  EXPECT_EQ(nearest_rows(sparse({{1, 0}, {0, 1}}), vector({1, 0}), {.k = 100}).size(), 2U);
  EXPECT_EQ(nearest_rows(SparseMatrix(0, 2), vector({1, 0}), {}).size(), 0U);
}

TEST(NearestRows, KeepsWhatReachesTheThreshold) {
  const SparseMatrix rows = sparse({{1, 0}, {0, 1}, {3, 4}});
  EXPECT_EQ(nearest_rows(rows, vector({1, 0}), {.threshold = 0.6F}), (Neighbors{{0, 1.0F}, {2, 0.6F}}));
  EXPECT_EQ(nearest_rows(rows, vector({1, 0}), {.metric = Metric::manhattan, .threshold = 2.0F}),
            (Neighbors{{0, 0.0F}, {1, 2.0F}}));
}

TEST(NearestRows, RefusesWhatHasNoMeaning) {
  const SparseMatrix rows = sparse({{1, -2}});
  const SparseVector query = vector({1, 0});
  EXPECT_THROW((void)nearest_rows(rows, vector({1, 0, 0}), {}), Error);
  EXPECT_THROW((void)nearest_rows(rows, query, {.k = 0}), Error);
  EXPECT_THROW((void)nearest_rows(rows, query, {.metric = Metric::minkowski, .p = 0.5}), Error);
  EXPECT_THROW((void)nearest_rows(rows, query, {.metric = Metric::weighted_jaccard}), Error);
  EXPECT_THROW((void)nearest_rows(rows, query, {.threshold = std::nanf("")}), Error);
  EXPECT_THROW((void)nearest_rows(sparse({{std::numeric_limits<float>::infinity(), 0}}), query, {}), Error);
}

// 5,000 rows make three tiles; documents of up to 60 of 300 terms make both lists and dense columns.
TEST(AllPairs, IsNearestRowsWithoutTheRowItself) {
  const SparseMatrix rows = random_weights(/*seed=*/12, 5000, 60);
  for (const Metric metric : kMetrics) {
    const NeighborTable table = all_pairs(rows, {.metric = metric, .k = 7}, {.threads = 2});
    ASSERT_EQ(table.rows(), 5000U);
    for (std::size_t r = 0; r < table.rows(); r += 97) {
      const auto row = static_cast<Eigen::Index>(r);
      Neighbors expected = nearest_rows(rows, rows.row(row), {.metric = metric, .k = 8});
      std::erase_if(expected, [&](const Neighbor& neighbor) { return neighbor.row == row; });
      expected.resize(7);
      ASSERT_EQ(Neighbors(table.row(r).begin(), table.row(r).end()), expected)
          << "metric " << static_cast<int>(metric) << ", row " << r;
    }
  }
}

TEST(AllPairs, AgreesWithTheFormulasOverAllTerms) {
  for (const std::size_t longest : {3U, 40U}) {  // many ties, empty and equal documents; then overlapping ones
    const SparseMatrix rows = random_weights(/*seed=*/13, 300, longest);
    const Rows plain = plain_rows(rows);
    for (const Metric metric : kMetrics) {
      const SimilarityOptions options{.metric = metric, .k = 12};
      const NeighborTable table = all_pairs(rows, options);
      for (std::size_t r = 0; r < table.rows(); ++r) {
        SCOPED_TRACE(testing::Message() << "metric " << static_cast<int>(metric) << ", row " << r);
        expect_same({table.row(r).begin(), table.row(r).end()}, plain_nearest(plain, r, options), 12);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(AllPairs, FindsEveryPairThatReachesAThreshold) {
  const SparseMatrix rows = random_weights(/*seed=*/14, 400, 12);
  for (const Metric metric : kMetrics) {
    for (const float threshold : {0.0F, 0.35F, 0.9F}) {
      const SimilarityOptions options{.metric = metric, .k = SimilarityOptions::kNoLimit, .threshold = threshold};
      const NeighborTable table = all_pairs(rows, options);
      for (Eigen::Index r = 0; r < rows.rows(); ++r) {
        Neighbors expected = nearest_rows(rows, rows.row(r), options);
        std::erase_if(expected, [&](const Neighbor& neighbor) { return neighbor.row == r; });
        const auto found = table.row(static_cast<std::size_t>(r));
        ASSERT_EQ(Neighbors(found.begin(), found.end()), expected);
      }
    }
  }
}

TEST(AllPairs, TakesNegativeValues) {
  const SparseMatrix rows = sparse({{1, 0}, {-1, 0.5F}, {-1, 0}, {0, 0}});
  const NeighborTable table = all_pairs(rows, {.k = 3});
  const Neighbors expected = {{3, 0.0F}, {1, -1.0F / std::sqrt(1.25F)}, {2, -1.0F}};
  EXPECT_EQ(Neighbors(table.row(0).begin(), table.row(0).end()), expected);
}

TEST(AllPairs, IsTheSameOnAnyNumberOfThreads) {
  const SparseMatrix rows = random_weights(/*seed=*/15, 1500, 30);
  for (const Metric metric : kMetrics) {
    const NeighborTable one = all_pairs(rows, {.metric = metric}, {.threads = 1});
    const NeighborTable eight = all_pairs(rows, {.metric = metric}, {.threads = 8});
    EXPECT_EQ(one.offsets, eight.offsets);
    EXPECT_EQ(one.neighbors, eight.neighbors);
  }
}

TEST(AllPairs, HandlesCorporaOfNoneAndOne) {
  EXPECT_EQ(all_pairs(SparseMatrix(0, 5), {}).rows(), 0U);
  const NeighborTable one = all_pairs(sparse({{1, 2}}), {});
  EXPECT_EQ(one.rows(), 1U);
  EXPECT_EQ(one.neighbors.size(), 0U);
}

TEST(AllPairs, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW((void)all_pairs(sparse({{1}, {1}}), {}, {.stop = source.get_token()}), Error);
}

}  // namespace
}  // namespace malmoi::vectorize
