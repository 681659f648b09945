#include "apps/progress.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ostream>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

using std::chrono::milliseconds;

constexpr int kBarColumns = 20;
constexpr int kShortestBar = 4;
constexpr milliseconds kFirstDraw(200);
constexpr milliseconds kRedraw(100);
constexpr milliseconds kLineEvery(5000);

// Three digits: 950, 67.5k, 150k, 14.6M.
std::string short_count(double count) {
  constexpr std::array<const char*, 5> kUnits = {"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  while (count >= 999.5 && unit + 1 < kUnits.size()) {
    count /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2;
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.begin(), buffer.end(), count, std::chars_format::fixed, decimals).ptr;
  return std::string(buffer.data(), end) + kUnits[unit];
}

std::string duration(double seconds) {  // 0:07, 12:40, 1:02:03
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  const auto two = [](std::int64_t n) { return concat(n < 10 ? "0" : "", n); };
  if (whole < 3600) return concat(whole / 60, ':', two(whole % 60));
  return concat(whole / 3600, ':', two(whole / 60 % 60), ':', two(whole % 60));
}

std::string bar(double share, int columns) {
  const auto full = static_cast<std::size_t>(share * columns);
  return concat('[', std::string(full, '#'), std::string(static_cast<std::size_t>(columns) - full, '.'), ']');
}

}  // namespace

// The last column stays free: a terminal may wrap there.
ProgressPrinter::ProgressPrinter(std::ostream& out, int columns, Clock now)
    : out_(out), columns_(std::max(columns - 1, 0)), now_(std::move(now)) {}

void ProgressPrinter::update(const Progress& progress) {
  const auto now = now_();
  if (progress.stage != stage_) {
    stage_ = progress.stage;
    begin_done_ = progress.done;
    begin_ = now;
    next_ = now + (columns_ > 0 ? kFirstDraw : kLineEvery);
  }
  if (now < next_) return;
  next_ = now + (columns_ > 0 ? kRedraw : kLineEvery);
  const std::string text = line(progress, std::chrono::duration<double>(now - begin_).count());
  if (columns_ > 0) {
    out_ << '\r' << fit_width(text, columns_) << "\x1b[K" << std::flush;
    shown_ = true;
  } else {
    out_ << text << std::endl;
  }
}

void ProgressPrinter::finish() {
  if (shown_) out_ << "\r\x1b[K" << std::flush;
  shown_ = false;
}

std::string ProgressPrinter::line(const Progress& progress, double seconds) const {
  const auto done = static_cast<double>(progress.done);
  const auto total = static_cast<double>(progress.total);
  const double rate = (done - static_cast<double>(begin_done_)) / seconds;
  const double share = progress.total > 0 ? std::clamp(done / total, 0.0, 1.0) : 0.0;
  std::string text;
  if (progress.total > 0) {
    text = concat(static_cast<int>(share * 100), "% ", short_count(done), '/', short_count(total));
  } else {
    text = short_count(done);
  }
  text += concat(' ', short_count(rate), "/s");
  if (progress.total > 0 && rate > 0) text += concat(' ', duration(std::max(0.0, total - done) / rate), " left");
  if (!progress.note.empty()) text += concat(", ", progress.note);
  if (columns_ == 0 || progress.total <= 0) return concat(progress.stage, ' ', text);
  const int room = columns_ - display_width(progress.stage) - display_width(text) - 4;  // the bar has what is left
  if (room < kShortestBar) return concat(progress.stage, ' ', text);
  return concat(progress.stage, ' ', bar(share, std::min(room, kBarColumns)), ' ', text);
}

}  // namespace malmoi::apps
