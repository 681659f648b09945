#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/json_scanner.h"
#include "corpus/record_reader.h"

namespace malmoi::corpus {
namespace {

/// Names in the first whole object of the sample.
std::vector<std::string> sample_names(std::string_view sample) {
  JsonScanner scanner({});
  std::vector<std::string> names;
  while (!sample.empty() && names.empty()) {
    const std::size_t end = std::min(sample.find('\n'), sample.size() - 1);
    if (!scanner.scan(sample.substr(0, end + 1))) {
      for (const JsonMember& member : scanner.members()) decode_json_string(member.key, names.emplace_back());
    }
    sample.remove_prefix(end + 1);
  }
  return names;
}

std::vector<std::string> wanted_paths(const FieldNames& fields, const ReaderOptions& options) {
  std::vector<std::string> paths = {fields.id, fields.text, fields.label, fields.date};
  std::copy_if(options.meta_fields.begin(), options.meta_fields.end(), std::back_inserter(paths),
               [](const std::string& name) { return name != "*"; });
  return paths;
}

/// A line is a document; blank lines hold none.
class JsonlReader final : public RecordReader {
 public:
  JsonlReader(LineReader& lines, FieldNames fields, const ReaderOptions& options)
      : lines_(lines),
        fields_(std::move(fields)),
        paths_(wanted_paths(fields_, options)),
        scanner_(paths_),
        keep_all_(paths_.size() < kFirstMeta + options.meta_fields.size()) {
    for (const std::string& path : paths_) append_json_string(path, json_keys_.emplace_back());
  }

  bool read(Document& document) override {
    do {
      if (!lines_.next()) return false;
    } while (is_blank(lines_.line().text));
    if (const auto fault = scanner_.scan(lines_.line().text)) lines_.fail(fault->position, fault->reason);
    document.line = lines_.line().number;
    if (!set(document.text, kText)) lines_.fail(0, concat("no field '", fields_.text, "', which holds the text"));
    set(document.label, kLabel);
    set(document.date, kDate);
    if (fields_.id.empty()) {
      set_place_key(document, lines_.name());
    } else if (!set(document.key, kId) || document.key.empty()) {
      lines_.fail(0, concat("no id in field '", fields_.id, "'"));
    }
    set_meta(document.meta);
    return true;
  }

  [[nodiscard]] std::string form() const override { return "JSON Lines"; }
  [[nodiscard]] std::string fields() const override { return describe(fields_); }

 private:
  // Places of the paths: the four fields, then metadata.
  static constexpr std::size_t kId = 0;
  static constexpr std::size_t kText = 1;
  static constexpr std::size_t kLabel = 2;
  static constexpr std::size_t kDate = 3;
  static constexpr std::size_t kFirstMeta = 4;

  // A string's text, numbers and truth values as spelled; false where the field is missing or null.
  bool set(std::string& out, std::size_t field) {
    out.clear();
    const std::string_view value = scanner_.values()[field];
    if (value.empty() || value == "null") return false;
    if (value.front() == '{' || value.front() == '[') {
      lines_.fail(position(value), concat("field '", paths_[field], "' is an object or a list, not a text"));
    }
    if (value.front() != '"') {
      out.assign(value);
    } else if (!decode_json_string(value, out)) {
      lines_.fail(position(value), concat("field '", paths_[field], "' has the character \\u0000, which no text has"));
    }
    return true;
  }

  void set_meta(std::string& out) const {
    out.clear();
    for (std::size_t i = kFirstMeta; i < paths_.size(); ++i) add_meta(json_keys_[i], scanner_.values()[i], out);
    if (keep_all_) {
      const auto members = scanner_.members();
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (!is_used(members[i].key)) add_meta(members[i].key, members[i].value, out);
      }
    }
    if (!out.empty()) out += '}';
  }

  static void add_meta(std::string_view key, std::string_view value, std::string& out) {
    if (value.empty()) return;
    out.append(out.empty() ? "{" : ",").append(key).append(1, ':').append(value);
  }

  [[nodiscard]] bool is_used(std::string_view key) const {
    return std::find(json_keys_.begin(), json_keys_.end(), key) != json_keys_.end();
  }

  [[nodiscard]] std::size_t position(std::string_view value) const {
    return static_cast<std::size_t>(value.data() - lines_.line().text.data());
  }

  LineReader& lines_;
  FieldNames fields_;
  std::vector<std::string> paths_;
  std::vector<std::string> json_keys_;
  JsonScanner scanner_;
  bool keep_all_;
};

}  // namespace

std::unique_ptr<RecordReader> make_jsonl_reader(LineReader& lines, const ReaderOptions& options) {
  const std::vector<std::string> names = sample_names(lines.sample());
  FieldNames fields = choose_fields(options, names);
  if (fields.text.empty() && !names.empty()) throw_no_text_field(lines.name(), names);
  if (fields.text.empty()) fields.text = "text";
  return std::make_unique<JsonlReader>(lines, std::move(fields), options);
}

}  // namespace malmoi::corpus
