#include "vectorize/vocabulary.h"

#include <gtest/gtest.h>

#include "corpus/base/error.h"
#include "tests/vectorize/matrices.h"

namespace malmoi::vectorize {
namespace {

// 0 "a": 3 documents, 4 tokens; 1 "b": 2, 2; 2 "c": 1, 1; 3 "d": 1, 2.
Vocabulary letters() {
  return corpus_of({"a b", "a a c", "b a", "d d"}).vocabulary();
}

using Ids = std::vector<TermId>;

TEST(Vocabulary, CountsDocumentsAndOccurrencesOfEachTerm) {
  const Vocabulary vocabulary = letters();
  ASSERT_EQ(vocabulary.size(), 4);
  EXPECT_EQ(vocabulary.find("d"), 3);
  EXPECT_EQ(vocabulary.find("e"), std::nullopt);
  EXPECT_EQ(vocabulary.term(1), "b");
  EXPECT_EQ(vocabulary.documents(0), 3);
  EXPECT_EQ(vocabulary.occurrences(0), 4);
  EXPECT_EQ(vocabulary.documents(3), 1);
  EXPECT_EQ(vocabulary.occurrences(3), 2);
}

TEST(Vocabulary, RefusesCountsThatDoNotFit) {
  EXPECT_THROW(Vocabulary(StringTable(), {{1, 1}}), Error);
  StringTable table;
  table.intern("a");
  EXPECT_THROW(Vocabulary(std::move(table), {{2, 1}}), Error);
}

TEST(CountDocuments, RefusesTermsOutsideTheVocabulary) {
  EXPECT_THROW((void)count_documents({{1}, {0, 1}, {3}}, 3), Error);
  EXPECT_THROW((void)count_documents({{1}, {0, 1}, {-1}}, 3), Error);
}

TEST(SelectTerms, KeepsAllByDefault) {
  EXPECT_EQ(select_terms(letters(), 4, {}), (Ids{0, 1, 2, 3}));
}

TEST(SelectTerms, BoundsDocumentFrequencyByCountOrShare) {
  EXPECT_EQ(select_terms(letters(), 4, {.min_df = {2}}), (Ids{0, 1}));
  EXPECT_EQ(select_terms(letters(), 4, {.min_df = {0.5, true}}), (Ids{0, 1}));
  EXPECT_EQ(select_terms(letters(), 4, {.min_df = {0.51, true}}), (Ids{0}));
  EXPECT_EQ(select_terms(letters(), 4, {.max_df = {2}}), (Ids{1, 2, 3}));
  EXPECT_EQ(select_terms(letters(), 4, {.max_df = {0.25, true}}), (Ids{2, 3}));
}

TEST(SelectTerms, KeepsTheMostFrequentAndAmongEqualsTheFirst) {
  EXPECT_EQ(select_terms(letters(), 4, {.max_features = 2}), (Ids{0, 1}));  // b and d both occur twice
  EXPECT_EQ(select_terms(letters(), 4, {.max_features = 3}), (Ids{0, 1, 3}));
  EXPECT_EQ(select_terms(letters(), 4, {.max_df = {2}, .max_features = 1}), (Ids{1}));
  EXPECT_EQ(select_terms(letters(), 4, {.max_features = 9}), (Ids{0, 1, 2, 3}));
}

TEST(SelectTerms, KeepsListedTermsInOrderOfTheirNumbers) {
  EXPECT_EQ(select_terms(letters(), 4, {.only = {{"d", "nowhere", "b", "d"}}}), (Ids{1, 3}));
  EXPECT_EQ(select_terms(letters(), 4, {.only = std::vector<std::string>{}}), Ids{});
}

TEST(SelectTerms, RefusesBoundsWithoutMeaning) {
  EXPECT_THROW((void)select_terms(letters(), 4, {.min_df = {1.5, true}}), Error);
  EXPECT_THROW((void)select_terms(letters(), 4, {.max_df = {-1}}), Error);
  EXPECT_THROW((void)select_terms(letters(), 4, {.max_features = 0}), Error);
}

}  // namespace
}  // namespace malmoi::vectorize
