#include "corpus/record_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "corpus/base/error.h"
#include "corpus/json_scanner.h"

namespace malmoi::corpus {
namespace {

constexpr std::array<std::string_view, 2> kIdNames = {"id", "key"};
constexpr std::array<std::string_view, 5> kTextNames = {"text", "document", "content", "review", "sentence"};
constexpr std::array<std::string_view, 3> kLabelNames = {"label", "category", "class"};
constexpr std::array<std::string_view, 1> kDateNames = {"date"};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string choose(const std::string& given, std::span<const std::string_view> usual,
                   std::span<const std::string> present) {
  if (!given.empty()) return given;
  for (const std::string_view name : usual) {
    const auto found = std::find_if(present.begin(), present.end(),
                                    [&](const std::string& field) { return equal_ignoring_case(field, name); });
    if (found != present.end()) return *found;
  }
  return {};
}

/// Passes over the lines of a sample, without their ends.
class SampleLines {
 public:
  explicit SampleLines(std::string_view sample) : rest_(sample) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string_view rest_;
};

bool looks_like_jsonl(std::string_view sample) {
  SampleLines lines(sample);
  JsonScanner scanner({});
  while (const auto line = lines.next()) {
    if (!is_blank(*line)) return !scanner.scan(*line) && line->find('{') == line->find_first_not_of(" \t");
  }
  return false;
}

bool looks_like_conllu(std::string_view sample) {
  SampleLines lines(sample);
  while (const auto line = lines.next()) {
    if (line->empty() || line->starts_with('#')) continue;
    return std::count(line->begin(), line->end(), '\t') == 9 && line->starts_with('1');
  }
  return false;
}

bool looks_like_tsv(std::string_view sample) {
  SampleLines lines(sample);
  std::ptrdiff_t wanted = 0;
  while (const auto line = lines.next()) {
    if (line->empty()) continue;
    const auto tabs = std::count(line->begin(), line->end(), '\t');
    if (wanted == 0) wanted = tabs;
    if (tabs == 0 || tabs != wanted) return false;
  }
  return wanted > 0;
}

void refuse_fields(const std::string& input, std::string_view form, const ReaderOptions& options) {
  for (const std::string* field : {&options.id_field, &options.text_field, &options.label_field, &options.date_field}) {
    if (!field->empty()) {
      throw Error(ErrorCode::invalid_argument, concat(input, ": read as ", form, ", which has no field '", *field,
                                                      "': fields are for CSV, TSV and JSON Lines"));
    }
  }
  if (!options.meta_fields.empty()) {
    throw Error(ErrorCode::invalid_argument, concat(input, ": read as ", form, ", which has no metadata fields"));
  }
}

}  // namespace

std::unique_ptr<RecordReader> make_record_reader(InputForm form, LineReader& lines, const ReaderOptions& options) {
  switch (form) {
    case InputForm::csv:
      return make_delimited_reader(lines, options, ',');
    case InputForm::tsv:
      return make_delimited_reader(lines, options, '\t');
    case InputForm::jsonl:
      return make_jsonl_reader(lines, options);
    case InputForm::conllu:
      refuse_fields(lines.name(), "CoNLL-U", options);
      return make_conllu_reader(lines);
    case InputForm::lines:
      refuse_fields(lines.name(), "one document a line", options);
      return make_lines_reader(lines);
    case InputForm::text:
      refuse_fields(lines.name(), "one document", options);
      return make_text_reader(lines);
    case InputForm::automatic:
      break;
  }
  throw Error(ErrorCode::invalid_argument, "make_record_reader: the form of an input must be known");
}

InputForm guess_form(std::string_view sample, InputForm otherwise) {
  if (looks_like_jsonl(sample)) return InputForm::jsonl;
  if (looks_like_conllu(sample)) return InputForm::conllu;
  if (looks_like_tsv(sample)) return InputForm::tsv;
  return otherwise;
}

FieldNames choose_fields(const ReaderOptions& options, std::span<const std::string> present) {
  return {.id = choose(options.id_field, kIdNames, present),
          .text = choose(options.text_field, kTextNames, present),
          .label = choose(options.label_field, kLabelNames, present),
          .date = choose(options.date_field, kDateNames, present)};
}

std::string describe(const FieldNames& fields) {
  std::string out;
  const auto add = [&](std::string_view role, const std::string& name) {
    if (!name.empty()) out += concat(out.empty() ? "" : ", ", role, " = ", name);
  };
  add("id", fields.id);
  add("text", fields.text);
  add("label", fields.label);
  add("date", fields.date);
  return out;
}

void throw_no_text_field(const std::string& input, std::span<const std::string> present) {
  throw Error(ErrorCode::invalid_argument,
              concat(input, ": no field named text, document, content, review or sentence among ", join(present),
                     ": name the text with --text-field"));
}

std::string join(std::span<const std::string> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

void set_place_key(Document& document, const std::string& input) {
  document.key.clear();
  if (input == "-") return;
  std::array<char, 20> digits = {};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), document.line).ptr;
  document.key.append(input).append(1, ':').append(digits.data(), end);
}

}  // namespace malmoi::corpus
