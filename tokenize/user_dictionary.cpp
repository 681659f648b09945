#include "tokenize/user_dictionary.h"

#include <fcntl.h>
#include <mecab.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "tokenize/best_path.h"
#include "tokenize/normalizer.h"

namespace malmoi::tokenize {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";
constexpr std::size_t kMaxWordBytes = 255;

/// What is wrong with the word, or an empty string.
std::string fault_of(const UserWord& word) {
  if (word.word.empty()) return "empty word";
  if (find_invalid_utf8(word.word) != std::string_view::npos) return "not valid UTF-8";
  if (word.word.size() > kMaxWordBytes) {
    return concat("'", word.word, "' has ", word.word.size(), " bytes, at most ", kMaxWordBytes);
  }
  const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '"'; };
  if (std::ranges::any_of(word.word, forbidden)) {
    return concat("'", word.word, "' has a blank, comma or quote in it, which words cannot have");
  }
  if (sejong_tag(word.tag).empty()) return concat("'", word.tag, "' behind '", word.word, "' is not a Sejong tag");
  return {};
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

/// The line without its comment, which starts with a # at the begin or behind a blank (C# is a word).
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

using Ids = std::unordered_map<std::string, int>;  // by feature

/// left-id.def and right-id.def: "1786 NNP,*,*,*,*,*,*,*" a line.
Ids read_ids(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw Error(ErrorCode::not_found, concat("user words need ", file.string(), ", which cannot be read"));
  Ids ids;
  for (std::string line; std::getline(in, line);) {
    int id = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), id);
    if (error == std::errc() && *rest == ' ') ids.emplace(rest + 1, id);
  }
  return ids;
}

std::optional<int> find_id(const Ids& ids, std::string_view tag, std::string_view final_consonant) {
  const auto found = ids.find(concat(tag, ",*,", final_consonant, ",*,*,*,*,*"));
  return found == ids.end() ? std::nullopt : std::optional(found->second);
}

/// Whether the word, as it is read aloud, ends in a consonant, so that 이, 은 and 을 follow and not 가, 는 and 를.
bool ends_in_consonant(std::string_view word) {
  std::size_t last = word.size() - 1;
  while ((static_cast<unsigned char>(word[last]) & 0xC0U) == 0x80U) --last;
  const char32_t code = decode_utf8(word, last);
  if (code >= 0xAC00 && code <= 0xD7A3) return (code - 0xAC00) % 28 != 0;
  constexpr std::u32string_view kReadWithConsonant = U"013678LMNRlmnr";  // 영 일 삼 육 칠 팔, 엘 엠 엔 알
  return kReadWithConsonant.find(code) != std::u32string_view::npos;
}

/// Costs that mecab-ko-dic itself gives the names in it are 3000 at most for most of them.
constexpr std::int32_t kUsualCost = 3000;
constexpr std::int32_t kLowestCost = -30000;  // MeCab keeps costs in 16 bits

/// How much less than what the dictionary makes of it a word costs. A word that falls apart there has to win wherever
/// it stands: of 630 phrases with 63 new words all but 2 come out right with 1000, 5 do not with 500. A word that is in
/// the dictionary with another tag has to win against that only; with more than 500, 국회 tears up 국회의원.
std::int32_t margin(std::string_view word, bool falls_apart) {
  const auto length = static_cast<std::int32_t>(
      std::ranges::count_if(word, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  return falls_apart ? 1000 * length * length : 500 * length;
}

struct WordIds {
  int left = 0;
  int right = 0;
};

class RowWriter {
 public:
  RowWriter(const MeCab::Model& model, const ConnectionCosts& costs, const std::filesystem::path& folder)
      : costs_(costs),
        path_(model, costs, {}),
        left_(read_ids(folder / "left-id.def")),
        right_(read_ids(folder / "right-id.def")) {}

  /// The row of one word; empty if the dictionary has it.
  std::string row(const UserWord& word) {
    const std::string_view consonant = ends_in_consonant(word.word) ? "T" : "F";
    const WordIds ids = ids_of(word, consonant);
    const std::vector<PathWord>& parts = path_.find(word.word);
    if (parts.size() == 1 && parts[0].known && is_plain(parts[0].feature, word.tag)) return {};
    const int edges =
        costs_.before(static_cast<std::size_t>(ids.left))[0] + costs_.before(0)[static_cast<std::size_t>(ids.right)];
    const std::int32_t needed = path_.cost() - edges - margin(word.word, parts.size() > 1);
    const std::int32_t cost = std::clamp(needed, kLowestCost, kUsualCost);
    return concat(word.word, ',', ids.left, ',', ids.right, ',', cost, ',', word.tag, ",*,", consonant, ',', word.word,
                  ",*,*,*,*\n");
  }

 private:
  WordIds ids_of(const UserWord& word, std::string_view consonant) const {
    const std::optional<int> left = find_id(left_, word.tag, "*");
    std::optional<int> right = find_id(right_, word.tag, consonant);
    if (!right) right = find_id(right_, word.tag, "*");
    if (!left || !right) {
      throw Error(ErrorCode::invalid_argument,
                  concat("user word '", word.word, "': the dictionary takes no new words with tag ", word.tag));
    }
    return {*left, *right};
  }

  /// Whether the feature is just that of a word with this tag, and not a compound or an inflected form.
  static bool is_plain(std::string_view feature, std::string_view tag) {
    return feature.starts_with(concat(tag, ',')) && feature.ends_with(",*,*,*,*");
  }

  const ConnectionCosts& costs_;
  BestPath path_;
  Ids left_;
  Ids right_;
};

/// Runs mecab_dict_index in a process of its own: it prints to stdout, and calls exit() if something is wrong.
/// The other threads of this process do not exist there, which glibc's malloc and stdio are prepared for.
/// Returns the exit status, or -1 if it was killed.
int run_dict_index(std::vector<std::string> arguments, const std::filesystem::path& log) {
  std::vector<char*> argv(arguments.size());
  std::ranges::transform(arguments, argv.begin(), [](std::string& argument) { return argument.data(); });
  const pid_t child = ::fork();
  if (child < 0) throw Error(ErrorCode::io, concat("cannot start mecab_dict_index: ", std::strerror(errno)));
  if (child == 0) {
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0 || ::dup2(out, STDOUT_FILENO) < 0 || ::dup2(out, STDERR_FILENO) < 0) ::_exit(127);
    ::_exit(mecab_dict_index(static_cast<int>(argv.size()), argv.data()));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw Error(ErrorCode::io, concat("lost mecab_dict_index: ", std::strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::vector<UserWord> parse_user_words(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<UserWord> words;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(without_comment(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const std::size_t blank = std::min(line.find_first_of(kBlanks), line.size());
    UserWord word{.word = std::string(line.substr(0, blank))};
    if (blank < line.size()) word.tag = trim(line.substr(blank));
    if (const std::string fault = fault_of(word); !fault.empty()) {
      throw Error(ErrorCode::invalid_argument, concat("user dictionary line ", number, ": ", fault));
    }
    words.push_back(std::move(word));
  }
  return words;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "malmoi-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCode::io, concat("cannot make a temporary folder ", name, ": ", std::strerror(errno)));
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

std::string user_dictionary_rows(std::span<const UserWord> words, const MeCab::Model& model,
                                 const ConnectionCosts& costs, const std::filesystem::path& folder) {
  RowWriter writer(model, costs, folder);
  std::vector<std::string> rows;
  for (const UserWord& word : words) {
    if (const std::string fault = fault_of(word); !fault.empty()) {
      throw Error(ErrorCode::invalid_argument, concat("user word: ", fault));
    }
    const NormalizedText composed(word.word);
    rows.push_back(writer.row({std::string(composed.view()), word.tag}));
  }
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  std::string joined;
  for (const std::string& row : rows) joined += row;
  return joined;
}

std::filesystem::path compile_user_dictionary(const std::string& rows, const std::filesystem::path& folder,
                                              const std::filesystem::path& work) {
  const std::filesystem::path csv = work / "user.csv";
  std::filesystem::path compiled = work / "user.dic";
  const std::filesystem::path log = work / "log";
  std::ofstream out(csv, std::ios::binary);
  out << rows;
  out.close();
  if (!out) throw Error(ErrorCode::io, concat("cannot write ", csv.string()));
  const int status = run_dict_index(
      {"mecab-dict-index", "-d", folder.string(), "-u", compiled.string(), "-f", "utf-8", "-t", "utf-8", csv.string()},
      log);
  if (status != 0 || !std::filesystem::exists(compiled)) {
    throw Error(ErrorCode::corrupt_data, concat("mecab_dict_index on the user words, against ", folder.string(),
                                                ", ended with ", status, ": ", read_file(log)));
  }
  return compiled;
}

}  // namespace malmoi::tokenize
