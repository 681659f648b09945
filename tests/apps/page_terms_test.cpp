#include "apps/page/page_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "apps/page/topic_names.h"
#include "tests/apps/small_lda.h"

namespace malmoi::apps {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

std::string proposed(const std::vector<std::string_view>& terms) {
  return propose_name(terms);
}

TEST(TopicNames, AreProposedFromTermsThatDoNotRepeatEachOther) {
  EXPECT_EQ(proposed({"배우", "여배우", "연기", "연기력", "감독", "영화"}), "배우 · 연기 · 감독");
  EXPECT_EQ(proposed({"election", "elections", "elected", "2020", "vote"}), "election · vote · 2020");
  EXPECT_EQ(proposed({"government", "governing", "state"}), "government · state");
  EXPECT_EQ(proposed({"재미있다", "재미없다"}), "재미있다 · 재미없다");
  EXPECT_EQ(proposed({}), "");
  EXPECT_EQ(titled_topic(3, "", "a · b"), "3 a · b");
  EXPECT_EQ(titled_topic(3, "이름", "a · b"), "3 이름");
  EXPECT_EQ(titled_topic(3, "", ""), "3");
}

TEST(TopicRelevance, KeepsTheBestOfEveryLambda) {
  // In topic 0: "a" is most probable, "c" is nowhere else. One term a λ: a at 1, c at 0.
  topics::Lda lda = small_lda();
  lda.term_topics = counts_of({{{0, 60}, {1, 90}}, {{0, 39}, {1, 10}}, {{0, 1}}});
  const topics::TopicModel phi = topics::topic_model(lda);
  const std::vector<std::string> terms = {"a", "b", "c"};
  const std::vector<std::int64_t> tokens = {150, 49, 1};
  const auto columns = relevant_columns({lda, phi, terms, terms, tokens}, 1);
  std::vector<std::int32_t> found;
  for (const Weighted& item : columns[0]) found.push_back(item.index);
  EXPECT_THAT(found, ElementsAre(0, 1, 2));  // all, since a name may want 12; by p(w | k)
  EXPECT_THAT(columns[0][0].value, DoubleNear(60.01 / 100.03, 1e-6));
}

TEST(PageTermList, HasTheTermsOfTopicsFirstThenOthersWithinTheBytes) {
  topics::Lda lda = small_lda();
  lda.term_topics = counts_of({{{0, 5}}, {{1, 9}}, {{0, 7}}});
  const topics::TopicModel phi = topics::topic_model(lda);
  const std::vector<std::string> terms = {"a", "b", "c"};
  const std::vector<std::int64_t> tokens = {5, 9, 7};
  const std::vector<std::vector<Weighted>> columns = {{{0, 0.5}}, {}};
  const PageTermList none = list_terms({lda, phi, terms, terms, tokens}, columns, 0);
  EXPECT_THAT(none.place_of, ElementsAre(0, -1, -1));
  const PageTermList all = list_terms({lda, phi, terms, terms, tokens}, columns, 1000);
  EXPECT_THAT(all.place_of, ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace malmoi::apps
