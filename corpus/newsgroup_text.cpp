#include "corpus/newsgroup_text.h"

#include <algorithm>
#include <array>
#include <vector>

namespace malmoi::corpus {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r\x1c\x1d\x1e\x1f";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

std::string_view without_header(std::string_view text) {
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
    const std::string_view rest = text.substr(end + 1);
    if (rest.starts_with('\n')) return rest.substr(1);
    if (rest.starts_with("\r\n")) return rest.substr(2);
  }
  return {};
}

// The last line that is empty or of hyphens, and all behind it; a first line of that kind does not count.
std::string_view without_footer(std::string_view text) {
  const std::string_view trimmed = trim(text);
  for (std::size_t end = trimmed.size(); end != std::string_view::npos && end > 0;) {
    const std::size_t before = trimmed.rfind('\n', end - 1);
    if (before == std::string_view::npos) return text;
    const std::string_view line = trim(trimmed.substr(before + 1, end - before - 1));
    if (line.find_first_not_of('-') == std::string_view::npos) return trimmed.substr(0, before);
    end = before;
  }
  return text;
}

bool is_quoting(std::string_view line) {
  constexpr std::array<std::string_view, 5> kAnywhere = {"writes in", "writes:", "wrote:", "says:", "said:"};
  constexpr std::array<std::string_view, 4> kAtBegin = {"In article", "Quoted from", "|", ">"};
  return std::any_of(kAnywhere.begin(), kAnywhere.end(),
                     [&](std::string_view mark) { return line.find(mark) != std::string_view::npos; }) ||
         std::any_of(kAtBegin.begin(), kAtBegin.end(), [&](std::string_view mark) { return line.starts_with(mark); });
}

std::string without_quotes(std::string_view text) {
  std::string kept;
  bool first = true;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (is_quoting(line)) continue;
    if (!first) kept.push_back('\n');
    kept.append(line);
    first = false;
  }
  return kept;
}

}  // namespace

std::string strip_newsgroup_post(std::string_view post, const NewsgroupRemoval& removal) {
  if (removal.header) post = without_header(post);
  if (removal.footer) post = without_footer(post);
  return removal.quotes ? without_quotes(post) : std::string(post);
}

}  // namespace malmoi::corpus
