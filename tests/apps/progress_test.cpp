#include "apps/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace malmoi::apps {
namespace {

using std::chrono::milliseconds;

struct Display {
  explicit Display(int columns) : printer(out, columns, [this] { return now; }) {}

  std::string after(milliseconds passed, const Progress& progress) {
    now += passed;
    out.str("");
    printer.update(progress);
    return out.str();
  }

  std::chrono::steady_clock::time_point now{};
  std::ostringstream out;
  ProgressPrinter printer;
};

TEST(ProgressPrinter, DrawsOneLineThatIsErasedAtTheEnd) {
  Display display(80);
  EXPECT_EQ(display.after(milliseconds(0), {"indexing", 0, 150000}), "");
  EXPECT_EQ(display.after(milliseconds(2000), {"indexing", 67500, 150000}),
            "\rindexing [#########...........] 45% 67.5k/150k 33.8k/s 0:03 left\x1b[K");
  display.out.str("");
  display.printer.finish();
  EXPECT_EQ(display.out.str(), "\r\x1b[K");
  display.out.str("");
  display.printer.finish();
  EXPECT_EQ(display.out.str(), "");
}

TEST(ProgressPrinter, RedrawsAtMostTenTimesASecond) {
  Display display(80);
  int drawn = 0;
  for (int tick = 0; tick <= 1000; ++tick) {
    if (!display.after(milliseconds(1), {"reading", tick, 1000}).empty()) ++drawn;
  }
  EXPECT_EQ(drawn, 9);  // at 200, 300, … 1000 ms
}

TEST(ProgressPrinter, ShowsCountAndRateWithoutATotal) {
  Display display(80);
  display.after(milliseconds(0), {"reading", 0, 0});
  EXPECT_EQ(display.after(milliseconds(4000), {"reading", 3996, 0}), "\rreading 4.00k 999/s\x1b[K");
}

TEST(ProgressPrinter, StartsTheClockAnewForEachStage) {
  Display display(80);
  display.after(milliseconds(0), {"one", 0, 10});
  EXPECT_NE(display.after(milliseconds(500), {"one", 5, 10}), "");
  EXPECT_EQ(display.after(milliseconds(500), {"two", 100, 300}), "");
  EXPECT_EQ(display.after(milliseconds(1000), {"two", 200, 300}),
            "\rtwo [#############.......] 66% 200/300 100/s 0:01 left\x1b[K");
}

TEST(ProgressPrinter, WritesALineNowAndThenWhereThereIsNoTerminal) {
  Display display(0);
  EXPECT_EQ(display.after(milliseconds(0), {"fit", 0, 14'628'807}), "");
  EXPECT_EQ(display.after(milliseconds(4999), {"fit", 1000, 14'628'807}), "");
  EXPECT_EQ(display.after(milliseconds(1), {"fit", 5000, 14'628'807}), "fit 0% 5.00k/14.6M 1.00k/s 4:03:44 left\n");
  EXPECT_EQ(display.after(milliseconds(4999), {"fit", 9000, 14'628'807}), "");
  display.out.str("");
  display.printer.finish();
  EXPECT_EQ(display.out.str(), "");
}

TEST(ProgressPrinter, ShowsANoteBehindTheTimeAndTakesItsRoomFromTheBar) {
  Display display(80);
  const Progress begin{"lda", 0, 441'000'000, "-9.00 log-likelihood a token"};
  display.after(milliseconds(0), begin);
  EXPECT_EQ(display.after(milliseconds(2000), {"lda", 220'500'000, 441'000'000, "-8.12 log-likelihood a token"}),
            "\rlda [######......] 50% 220M/441M 110M/s 0:02 left, -8.12 log-likelihood a token\x1b[K");
  EXPECT_EQ(display.after(milliseconds(2000), {"lda", 220'500'000, 441'000'000, "short"}),
            "\rlda [##########..........] 50% 220M/441M 55.1M/s 0:04 left, short\x1b[K");
  Display file(0);
  file.after(milliseconds(0), begin);
  EXPECT_EQ(file.after(milliseconds(5000), {"lda", 5000, 10000, "-8.12 log-likelihood a token"}),
            "lda 50% 5.00k/10.0k 1.00k/s 0:05 left, -8.12 log-likelihood a token\n");
}

TEST(ProgressPrinter, LeavesTheBarOutWhereANoteNeedsItsRoom) {
  const Progress begin{"training", 0, 1'350'000};
  const Progress later{"training", 1'215'000, 1'350'000, "epoch 9, loss 0.589, accuracy 0.731"};
  Display narrow(80);
  narrow.after(milliseconds(0), begin);
  EXPECT_EQ(narrow.after(milliseconds(100'000), later),
            "\rtraining 90% 1.22M/1.35M 12.2k/s 0:12 left, epoch 9, loss 0.589, accuracy 0.731\x1b[K");
  Display wide(100);
  wide.after(milliseconds(0), begin);
  EXPECT_EQ(wide.after(milliseconds(100'000), later),
            "\rtraining [###############..] 90% 1.22M/1.35M 12.2k/s 0:12 left, epoch 9, loss 0.589, accuracy "
            "0.731\x1b[K");
}

TEST(ProgressPrinter, StaysWithinALineOfTheTerminal) {
  Display display(80);
  const std::string stage = "문서를 나누어 세고 어휘를 만들어 저장하는 중이며 아직 오래 걸립니다";
  display.after(milliseconds(0), {stage, 0, 10});
  const std::string drawn = display.after(milliseconds(1000), {stage, 5, 10});
  EXPECT_TRUE(drawn.starts_with("\r" + stage));
  EXPECT_TRUE(drawn.ends_with(" 50% 5/10 5/\x1b[K")) << drawn;  // 67 columns, no room for a bar, then what fits
}

}  // namespace
}  // namespace malmoi::apps
