#include "tokenize/stop_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tokenize/normalizer.h"

namespace malmoi::tokenize {
namespace {

constexpr StopList kLists[] = {StopList::english, StopList::korean_words, StopList::korean_morphemes};

bool has(StopList list, std::string_view word) {
  return std::ranges::binary_search(built_in_stop_words(list), word);
}

TEST(StopWords, AreSortedOnceEachAndFolded) {
  for (const StopList list : kLists) {
    const auto words = built_in_stop_words(list);
    ASSERT_GT(words.size(), 50U);
    EXPECT_TRUE(std::ranges::is_sorted(words, std::ranges::less_equal{}));
    for (const std::string_view word : words) {
      std::string folded;
      fold_token(word, UnicodeForm::nfkc, /*fold_case=*/true, folded);
      EXPECT_EQ(word, folded);
    }
  }
}

TEST(StopWords, HaveTheWordsThatBuildSentences) {
  for (const std::string_view word : {"the", "of", "and", "would", "they're", "'ll", "herself"}) {
    EXPECT_TRUE(has(StopList::english, word)) << word;
  }
  for (const std::string_view word : {"그리고", "하지만", "그", "것은", "나는"}) {
    EXPECT_TRUE(has(StopList::korean_words, word)) << word;
  }
  for (const std::string_view word : {"하다", "되다", "있다", "이다", "것", "수", "때"}) {
    EXPECT_TRUE(has(StopList::korean_morphemes, word)) << word;
  }
}

TEST(StopWords, KeepTheWordsThatDenyAndShortNouns) {
  for (const std::string_view word :
       {"no", "not", "nor", "never", "none", "without", "n't", "don't", "can't", "good"}) {
    EXPECT_FALSE(has(StopList::english, word)) << word;
  }
  for (const std::string_view word : {"안", "못", "없다", "아니다", "않다", "말", "눈", "집", "일"}) {
    EXPECT_FALSE(has(StopList::korean_words, word)) << word;
    EXPECT_FALSE(has(StopList::korean_morphemes, word)) << word;
  }
}

}  // namespace
}  // namespace malmoi::tokenize
