#include "apps/page/document_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/apps/small_lda.h"

namespace malmoi::apps {
namespace {

using ::testing::ElementsAre;

TEST(BestDocuments, HaveTheHighestSharesAndTheLowerRowAmongEquals) {
  topics::Lda lda = small_lda();
  lda.document_topics = {counts_of({{{0, 1}}, {{0, 4}}, {{1, 4}}, {}, {{0, 4}}, {{0, 2}, {1, 2}}})};
  const auto best = best_documents(lda, 3);
  // (4 + ½) / 5, twice, and (1 + ½) / 2
  EXPECT_THAT(best[0], ElementsAre(Weighted{1, 0.9}, Weighted{4, 0.9}, Weighted{0, 0.75}));
  EXPECT_THAT(best[1], ElementsAre(Weighted{2, 0.9}, Weighted{5, 0.5}));
  EXPECT_EQ(best_documents(lda, 3, {.threads = 8}), best);
}

TEST(SampleRows, TakesTheBestFirstThenFromEveryGroup) {
  const std::vector<std::vector<Weighted>> best = {{{7, 0.9}, {8, 0.8}}, {{7, 0.9}, {9, 0.7}}};
  std::vector<std::int32_t> group_of(1000, 0);
  group_of[500] = 1;  // the only one of its group
  group_of[600] = 2;
  const std::vector<DocumentGroups> groups = {{.by = "label", .names = {"a", "b", "c"}, .group_of = group_of}};
  std::vector<bool> has_tokens(1000, true);
  has_tokens[600] = false;
  const auto rows = sample_rows(best, groups, has_tokens, {.documents = 10, .seed = 3});
  ASSERT_EQ(rows.size(), 10U);
  EXPECT_EQ(rows[0], 7U);
  EXPECT_EQ((std::set(rows.begin() + 1, rows.begin() + 3)), (std::set<std::size_t>{8, 9}));
  EXPECT_EQ(rows[4], 500U);
  EXPECT_EQ(std::set(rows.begin(), rows.end()).size(), 10U);
  EXPECT_EQ(rows, sample_rows(best, groups, has_tokens, {.documents = 10, .seed = 3}));
  EXPECT_NE(rows, sample_rows(best, groups, has_tokens, {.documents = 10, .seed = 4}));
  EXPECT_EQ(sample_rows(best, {}, has_tokens, {.documents = 5000, .seed = 3}).size(), 999U);
}

}  // namespace
}  // namespace malmoi::apps
