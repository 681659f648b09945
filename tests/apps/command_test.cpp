#include "apps/command.h"

#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <thread>

namespace malmoi::apps {
namespace {

struct TestStreams {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams io{.in = in, .out = out, .err = err};
};

constexpr std::array<std::string_view, 5> kVerbs = {"index", "info", "terms", "tokens", "similar"};

TEST(ShellWords, AreQuotedWhereAShellWouldReadThemOtherwise) {
  const std::vector<std::string> words = {"lda", "my corpus.malmoi", "--where", "label=1", "it's", "", "영화", "a;b",
                                          "$x"};
  EXPECT_EQ(shell_words(words), "lda 'my corpus.malmoi' --where label=1 'it'\\''s' '' 영화 'a;b' '$x'");
  EXPECT_EQ(shell_words({}), "");
}

TEST(DidYouMean, NamesTheNearestWordWithinAThirdOfItsLength) {
  EXPECT_EQ(did_you_mean("idnex", kVerbs), "; did you mean index?");
  EXPECT_EQ(did_you_mean("simlar", kVerbs), "; did you mean similar?");
  EXPECT_EQ(did_you_mean("sim", kVerbs), "; did you mean similar?");
  EXPECT_EQ(did_you_mean("trems", kVerbs), "; did you mean terms?");
}

TEST(DidYouMean, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("train", kVerbs), "");
  EXPECT_EQ(did_you_mean("x", kVerbs), "");
  EXPECT_EQ(did_you_mean("", kVerbs), "");
}

TEST(CommonOptions, UsesAllThreadsUnlessTold) {
  TestStreams streams;
  EXPECT_EQ(CommonOptions{}.run_context(streams.io).threads, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_EQ(CommonOptions{.threads = 3}.run_context(streams.io).threads, 3);
}

TEST(CommonOptions, QuietCommandsReportNoProgress) {
  TestStreams streams;
  EXPECT_FALSE(CommonOptions{.quiet = true}.run_context(streams.io).on_progress);
  EXPECT_TRUE(CommonOptions{}.run_context(streams.io).on_progress);
}

TEST(CommonOptions, PassesOnTheRequestToStop) {
  TestStreams streams;
  std::stop_source source;
  streams.io.stop = source.get_token();
  const RunContext context = CommonOptions{}.run_context(streams.io);
  EXPECT_FALSE(context.stop.stop_requested());
  source.request_stop();
  EXPECT_TRUE(context.stop.stop_requested());
}

TEST(Show, ErasesTheProgressLineFirst) {
  TestStreams streams;
  auto now = std::chrono::steady_clock::time_point{};
  streams.io.progress = std::make_unique<ProgressPrinter>(streams.err, 80, [&] { return now; });
  streams.io.progress->update({"reading", 0, 2});
  now += std::chrono::seconds(1);
  streams.io.progress->update({"reading", 1, 2});
  show({.metrics = {{"documents", 2}}, .tables = {}}, {}, streams.io);
  EXPECT_TRUE(streams.err.str().ends_with("\r\x1b[K"));
  EXPECT_EQ(streams.out.str(), "documents  2\n");
}

TEST(Note, GoesToTheErrorStreamUnlessQuiet) {
  TestStreams streams;
  note("a.tsv: TSV with header", {}, streams.io);
  note("never seen", {.quiet = true}, streams.io);
  EXPECT_EQ(streams.err.str(), "a.tsv: TSV with header\n");
  EXPECT_EQ(streams.out.str(), "");
}

}  // namespace
}  // namespace malmoi::apps
