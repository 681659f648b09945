#include "corpus/newsgroup_text.h"

#include <gtest/gtest.h>

namespace malmoi::corpus {
namespace {

constexpr std::string_view kPost =
    "From: a@b (A)\nSubject: X\n\nIn article <1> B writes:\n> old words\nNew words,\n\nmore of them.\n-- \nA\nB said: "
    "no\n";

TEST(NewsgroupText, LeavesWhatTheAuthorWroteThere) {
  EXPECT_EQ(strip_newsgroup_post(kPost), "New words,\n\nmore of them.");
}

TEST(NewsgroupText, TakesOutOnlyWhatIsAskedFor) {
  EXPECT_EQ(strip_newsgroup_post(kPost, {.header = false, .footer = false, .quotes = false}), kPost);
  EXPECT_EQ(strip_newsgroup_post("a\nwrote: b\n| c\n >d\n", {.header = false, .footer = false}), "a\n >d\n");
  EXPECT_EQ(strip_newsgroup_post("x\n\ny\n\nz", {.footer = false, .quotes = false}), "y\n\nz");
}

TEST(NewsgroupText, FindsTheHeaderOfLinesThatEndAsInMail) {
  EXPECT_EQ(strip_newsgroup_post("From: a\r\nSubject: x\r\n\r\nWords\r\n> old\r\nmore\r\n-- \r\nA\r\n"),
            "Words\r\nmore\r");
}

// scikit-learn's functions give the same on these.
TEST(NewsgroupText, FollowsScikitLearnAtTheEdges) {
  const NewsgroupRemoval footer{.header = false, .quotes = false};
  EXPECT_EQ(strip_newsgroup_post("no empty line\nat all"), "");
  EXPECT_EQ(strip_newsgroup_post("", footer), "");
  EXPECT_EQ(strip_newsgroup_post("one line\n", footer), "one line\n");
  EXPECT_EQ(strip_newsgroup_post("--\nbehind the first line", footer), "--\nbehind the first line");
  EXPECT_EQ(strip_newsgroup_post("a\n---\nb\n \nc\n\n", footer), "a\n---\nb");
  EXPECT_EQ(strip_newsgroup_post("> quoted", {.header = false, .footer = false}), "");
}

}  // namespace
}  // namespace malmoi::corpus
