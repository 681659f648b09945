#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/json_scanner.h"
#include "corpus/record_reader.h"

namespace malmoi::corpus {
namespace {

/// A field's place in the record; with `quoted` the quotes around it are left out and each quote in it is doubled.
struct Field {
  std::size_t begin = 0;
  std::size_t size = 0;
  bool quoted = false;
};

std::optional<std::size_t> parse_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Reads CSV (RFC 4180) and TSV: the separator makes the difference. In TSV a record is a line, and a quote that opens
/// a field counts only if its partner closes the field on the same line; otherwise it is text, as in any other place.
class DelimitedReader final : public RecordReader {
 public:
  DelimitedReader(LineReader& lines, const ReaderOptions& options, char separator)
      : lines_(lines), separator_(separator) {
    first_waits_ = take_record();
    if (!first_waits_) return;
    std::vector<std::string> names;
    for (const Field& field : fields_) append(field, names.emplace_back());
    width_ = names.size();
    has_header_ = find_header(options, names);
    first_waits_ = !has_header_;
    if (!has_header_) {
      for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i + 1);
    }
    choose_columns(options, names);
  }

  bool read(Document& document) override {
    if (!std::exchange(first_waits_, false) && !take_record()) return false;
    if (fields_.size() != width_) {
      lines_.fail(0, concat(fields_.size(), " columns instead of ", width_));
    }
    fill(document);
    return true;
  }

  [[nodiscard]] std::string form() const override {
    return concat(separator_ == ',' ? "CSV" : "TSV", has_header_ ? " with header" : " without header");
  }
  [[nodiscard]] std::string fields() const override { return describe(chosen_); }

 private:
  struct MetaColumn {
    std::size_t column = 0;
    std::string key;  // as JSON
  };

  // Columns named by anything but numbers are named by a header; where none is named it has one of the usual names.
  bool find_header(const ReaderOptions& options, const std::vector<std::string>& names) const {
    std::vector<std::string> given = options.meta_fields;
    given.insert(given.end(), {options.id_field, options.text_field, options.label_field, options.date_field});
    std::erase_if(given, [](const std::string& name) { return name.empty() || name == "*"; });
    if (given.empty()) return !describe(choose_fields(options, names)).empty();
    return std::any_of(given.begin(), given.end(), [&](const std::string& name) {
      return !parse_number(name) || std::find(names.begin(), names.end(), name) != names.end();
    });
  }

  void choose_columns(const ReaderOptions& options, const std::vector<std::string>& names) {
    chosen_ = choose_fields(options, names);
    if (chosen_.text.empty() && width_ == 1) chosen_.text = names.front();
    if (chosen_.text.empty() && has_header_) throw_no_text_field(lines_.name(), names);
    if (chosen_.text.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  concat(lines_.name(), ": ", width_, " columns and no header that is known: ",
                         "name the text with --text-field (a number counts from 1)"));
    }
    text_ = *column(chosen_.text, names);
    id_ = column(chosen_.id, names);
    label_ = column(chosen_.label, names);
    date_ = column(chosen_.date, names);
    const auto used = [&](std::size_t i) { return i == text_ || i == id_ || i == label_ || i == date_; };
    for (const std::string& name : options.meta_fields) {
      if (name != "*") add_meta(*column(name, names), names);
    }
    if (std::find(options.meta_fields.begin(), options.meta_fields.end(), "*") == options.meta_fields.end()) return;
    for (std::size_t i = 0; i < width_; ++i) {
      if (!used(i)) add_meta(i, names);
    }
  }

  void add_meta(std::size_t index, const std::vector<std::string>& names) {
    const auto same = [&](const MetaColumn& other) { return other.column == index; };
    if (std::any_of(meta_.begin(), meta_.end(), same)) return;
    meta_.push_back({index, {}});
    append_json_string(names[index], meta_.back().key);
  }

  // A name, or with its first meaning taken a number from 1.
  std::optional<std::size_t> column(const std::string& wanted, const std::vector<std::string>& names) const {
    if (wanted.empty()) return std::nullopt;
    const auto named = std::find(names.begin(), names.end(), wanted);
    if (named != names.end()) return static_cast<std::size_t>(named - names.begin());
    const auto number = parse_number(wanted);
    if (number && *number >= 1 && *number <= names.size()) return *number - 1;
    throw Error(ErrorCode::invalid_argument,
                concat(lines_.name(), ": no column '", wanted, "' among ", names.size(),
                       has_header_ ? ": " + join(names) : std::string(" columns without header")));
  }

  // Finds the fields of the next record. Empty lines hold no record where a record has several columns.
  bool take_record() {
    do {
      if (!lines_.next()) return false;
    } while (width_ != 1 && lines_.line().text.empty());
    fields_.clear();
    for (std::size_t at = 0;; ++at) {
      at = take_field(at);
      if (at == lines_.line().text.size()) return true;
    }
  }

  // Finds the field that starts at `begin`; returns where its separator or the record's end is.
  std::size_t take_field(std::size_t begin) {
    std::string_view text = lines_.line().text;
    if (begin < text.size() && text[begin] == '"') {
      const auto closing = separator_ == ',' ? close_csv_quote(begin) : closing_quote(begin + 1);
      text = lines_.line().text;
      if (closing && (*closing + 1 == text.size() || text[*closing + 1] == separator_)) {
        fields_.push_back({begin + 1, *closing - begin - 1, true});
        return *closing + 1;
      }
      if (separator_ == ',') lines_.fail(*closing + 1, "text behind a closing quote; quotes within quotes are doubled");
    }
    const std::size_t end = std::min(text.find(separator_, begin), text.size());
    fields_.push_back({begin, end - begin, false});
    return end;
  }

  [[nodiscard]] std::optional<std::size_t> closing_quote(std::size_t from) const {
    const std::string_view text = lines_.line().text;
    while (true) {
      const std::size_t quote = text.find('"', from);
      if (quote == std::string_view::npos) return std::nullopt;
      if (quote + 1 == text.size() || text[quote + 1] != '"') return quote;
      from = quote + 2;
    }
  }

  // Takes more lines into the record until the quote at `opening` has its partner.
  std::size_t close_csv_quote(std::size_t opening) {
    std::size_t from = opening + 1;
    while (true) {
      if (const auto closing = closing_quote(from)) return *closing;
      from = std::max(from, lines_.line().text.size());
      if (!lines_.extend()) lines_.fail(opening, "the quote that opens here is never closed");
    }
  }

  void append(const Field& field, std::string& out) const {
    std::string_view text = lines_.line().text.substr(field.begin, field.size);
    if (field.quoted) {
      for (std::size_t quote = text.find('"'); quote != std::string_view::npos; quote = text.find('"')) {
        out.append(text.substr(0, quote + 1));
        text.remove_prefix(quote + 2);
      }
    }
    out.append(text);
  }

  void set(std::string& out, std::optional<std::size_t> column) const {
    out.clear();
    if (column) append(fields_[*column], out);
  }

  void fill(Document& document) {
    document.line = lines_.line().number;
    set(document.text, text_);
    set(document.label, label_);
    set(document.date, date_);
    if (id_) {
      set(document.key, id_);
      if (document.key.empty()) lines_.fail(fields_[*id_].begin, concat("no id in column ", chosen_.id));
    } else {
      set_place_key(document, lines_.name());
    }
    document.meta.clear();
    for (const MetaColumn& meta : meta_) {
      document.meta.append(document.meta.empty() ? "{" : ",").append(meta.key).append(1, ':');
      value_.clear();
      append(fields_[meta.column], value_);
      append_json_string(value_, document.meta);
    }
    if (!meta_.empty()) document.meta += '}';
  }

  LineReader& lines_;
  char separator_;
  bool has_header_ = false;
  bool first_waits_ = false;  // the first record is split and not yet given
  std::size_t width_ = 0;
  FieldNames chosen_;
  std::size_t text_ = 0;
  std::optional<std::size_t> id_;
  std::optional<std::size_t> label_;
  std::optional<std::size_t> date_;
  std::vector<MetaColumn> meta_;
  std::vector<Field> fields_;
  std::string value_;
};

}  // namespace

std::unique_ptr<RecordReader> make_delimited_reader(LineReader& lines, const ReaderOptions& options, char separator) {
  return std::make_unique<DelimitedReader>(lines, options, separator);
}

}  // namespace malmoi::corpus
