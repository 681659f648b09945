#include "apps/command.h"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <system_error>
#include <thread>

namespace malmoi::apps {
namespace {

// Edits (insert, delete, replace, swap of neighbours) that turn a into b: Damerau 1964, restricted form.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  std::iota(cost[0].begin(), cost[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({replaced, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=+@%";
  const auto is_plain = [&](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || kPlain.find(c) != std::string_view::npos;
  };
  bool plain = !word.empty();
  for (const char c : word) plain = plain && is_plain(c);
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + '\'';
}

void end_progress(Streams& io) {
  if (io.progress) io.progress->finish();
}

}  // namespace

RunContext CommonOptions::run_context(Streams& io) const {
  RunContext context;
  context.threads = threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  context.stop = io.stop;
  if (!quiet) {
    if (!io.progress) io.progress = std::make_unique<ProgressPrinter>(io.err, io.err_columns);
    context.on_progress = [printer = io.progress.get()](const Progress& progress) { printer->update(progress); };
  }
  return context;
}

void show(const Report& report, const CommonOptions& common, Streams& io) {
  end_progress(io);
  render(report, common.format, io.out);
}

void note(std::string_view text, const CommonOptions& common, Streams& io) {
  if (common.quiet) return;
  end_progress(io);
  io.err << printable(text) << '\n';
}

std::string shell_words(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += concat(text.empty() ? "" : " ", quoted(word));
  return text;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  std::string_view nearest;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    const bool begun = word.size() >= 3 && name.starts_with(word);
    const std::size_t edits = begun ? 0 : edit_distance(word, name);
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = name;
  }
  return nearest.empty() ? std::string() : concat("; did you mean ", nearest, "?");
}

std::size_t choice_index(std::string_view flag, std::string_view text, std::span<const std::string_view> names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string list;
  for (const std::string_view name : names) list += concat(list.empty() ? "" : ", ", name);
  throw UsageError(concat(flag, ": '", text, "' is none of ", list, did_you_mean(text, names)));
}

}  // namespace malmoi::apps
