#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "corpus/base/error.h"
#include "corpus/record_reader.h"

namespace malmoi::corpus {
namespace {

constexpr std::size_t kColumns = 10;
constexpr std::size_t kForm = 1;
constexpr std::size_t kMisc = 9;

enum class WordKind { word, several_words, not_in_text };

/// First column of a word line: `3`, the range `3-4` of a token of several words, or `3.1` for a word not in the text.
struct WordId {
  WordKind kind = WordKind::word;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::optional<WordId> parse_id(std::string_view text) {
  WordId id;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, id.first);
  if (first.ec != std::errc() || id.first < 0) return std::nullopt;
  id.last = id.first;
  if (first.ptr == end) return id;
  if (*first.ptr != '.' && *first.ptr != '-') return std::nullopt;
  id.kind = *first.ptr == '.' ? WordKind::not_in_text : WordKind::several_words;
  const auto last = std::from_chars(first.ptr + 1, end, id.last);
  if (last.ec != std::errc() || last.ptr != end || id.last < 0) return std::nullopt;
  if (id.kind == WordKind::several_words && id.last < id.first) return std::nullopt;
  return id;
}

bool has_no_space_after(std::string_view misc) {
  constexpr std::string_view kMark = "SpaceAfter=No";
  while (true) {
    const std::size_t bar = misc.find('|');
    if (misc.substr(0, bar) == kMark) return true;
    if (bar == std::string_view::npos) return false;
    misc.remove_prefix(bar + 1);
  }
}

/// A sentence is a document: its key is the comment `# sent_id = ...`, its text the comment `# text = ...` or else its
/// tokens with blanks between them but where MISC says SpaceAfter=No. Marks of whole documents (# newdoc) are not used.
class ConlluReader final : public RecordReader {
 public:
  explicit ConlluReader(LineReader& lines) : lines_(lines) {}

  bool read(Document& document) override {
    while (pass_broken_sentence() && find_sentence()) {
      start(document);
      do {
        take_line(document);
      } while (lines_.next() && !lines_.line().text.empty());
      in_sentence_ = false;
      if (last_word_ == 0) continue;  // comments alone
      if (!has_text_) document.text.assign(joined_);
      if (document.key.empty()) set_place_key(document, lines_.name());
      return true;
    }
    return false;
  }

  [[nodiscard]] std::string form() const override { return "CoNLL-U, a document a sentence"; }

 private:
  // After an error the lines up to the next empty one belong to no document.
  bool pass_broken_sentence() {
    while (in_sentence_) {
      if (!lines_.next()) return false;
      in_sentence_ = !lines_.line().text.empty();
    }
    return true;
  }

  bool find_sentence() {
    in_sentence_ = true;
    while (lines_.next()) {
      if (!lines_.line().text.empty()) return true;
    }
    in_sentence_ = false;
    return false;
  }

  void start(Document& document) {
    for (std::string* field : {&document.key, &document.text, &document.label, &document.date, &document.meta}) {
      field->clear();
    }
    document.line = lines_.line().number;
    joined_.clear();
    last_word_ = 0;
    covered_ = 0;
    has_text_ = false;
    space_ = false;
  }

  void take_line(Document& document) {
    const std::string_view text = lines_.line().text;
    if (!text.starts_with('#')) return take_word(text);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return;
    const std::string_view name = trim(text.substr(1, equals - 1));
    const std::string_view value = trim(text.substr(equals + 1));
    if (name == "sent_id") {
      if (value.empty()) lines_.fail(0, "an empty sent_id");
      document.key.assign(value);
    } else if (name == "text") {
      document.text.assign(value);
      has_text_ = true;
    }
  }

  void take_word(std::string_view line) {
    const auto columns = static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t')) + 1;
    if (columns != kColumns) lines_.fail(0, concat(columns, " columns instead of ", kColumns));
    std::array<std::string_view, kColumns> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find('\t'));
      line.remove_prefix(std::min(field.size() + 1, line.size()));
    }
    const auto id = parse_id(fields[0]);
    if (!id) lines_.fail(0, concat("'", fields[0], "' is no word number"));
    if (id->kind == WordKind::not_in_text) return;
    if (id->first != last_word_ + 1) lines_.fail(0, concat("word ", fields[0], " follows word ", last_word_));
    if (id->kind == WordKind::word) last_word_ = id->first;
    if (id->first <= covered_) return;
    covered_ = id->last;
    if (space_) joined_ += ' ';
    joined_.append(fields[kForm]);
    space_ = !has_no_space_after(fields[kMisc]);
  }

  static std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
  }

  LineReader& lines_;
  bool in_sentence_ = false;
  std::string joined_;  // the tokens so far
  bool space_ = false;  // before the next token
  bool has_text_ = false;
  std::int64_t last_word_ = 0;
  std::int64_t covered_ = 0;  // up to this number the words belong to a token that was taken
};

}  // namespace

std::unique_ptr<RecordReader> make_conllu_reader(LineReader& lines) {
  return std::make_unique<ConlluReader>(lines);
}

}  // namespace malmoi::corpus
