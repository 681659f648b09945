#include "corpus/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::corpus {
namespace {

constexpr int kDeepest = 10;           // parentheses and nots; the stack of SQLite's parser has 100 places
constexpr int kMostComparisons = 200;  // SQLite allows expressions 1,000 deep

/// A number in decimal notation, as SQLite reads it too.
bool is_number(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// A piece of SQL with the values for its ? marks in order.
struct Sql {
  std::string text;
  std::vector<std::string> values = {};

  Sql& operator+=(const Sql& other) {
    text += other.text;
    values.insert(values.end(), other.values.begin(), other.values.end());
    return *this;
  }
};

Sql bound(std::string_view value) {
  return {"?", {std::string(value)}};
}

Sql operator+(Sql a, const Sql& b) {
  return std::move(a += b);
}

struct Column {
  std::string_view field;
  std::string_view sql;  // NULL where the document does not have the field
  bool is_integer = false;
};

constexpr std::array<Column, 7> kColumns = {{{"id", "documents.id", true},
                                             {"key", "nullif(documents.key,'')"},
                                             {"label", "nullif(documents.label,'')"},
                                             {"date", "nullif(documents.date,'')"},
                                             {"source", "(SELECT path FROM sources WHERE sources.id=documents.source)"},
                                             {"line", "documents.line", true},
                                             {"text", "nullif(documents.text,'')"}}};

constexpr std::string_view kMeta = "meta.";

struct Field {
  Sql sql;
  bool is_integer = false;
};

/// JSON path of SQLite for the names in the path, which hold no quote.
std::string json_path(std::string_view path, bool split) {
  std::string out = "$.\"";
  for (const char c : path) {
    if (split && c == '.') {
      out += "\".\"";
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// json_extract gives truth values as 1 and 0.
Sql json_value(const std::string& path) {
  return Sql{
      "CASE json_type(nullif(documents.meta,''),?) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
      "ELSE json_extract(nullif(documents.meta,''),?) END",
      {path, path}};
}

/// A member whose own name is the path, else the one that its parts lead to.
Sql meta_value(std::string_view path) {
  Sql whole = json_value(json_path(path, false));
  if (path.find('.') == std::string_view::npos) return Sql{"("} + whole + Sql{")"};
  return Sql{"coalesce("} + whole + Sql{","} + json_value(json_path(path, true)) + Sql{")"};
}

/// A comparison that is 1 or 0, never NULL, so that `not` means the opposite.
Sql compare(const Field& field, std::string_view op, std::string_view value) {
  const Sql& x = field.sql;
  if (value.empty() && op == "=") return x + Sql{" IS NULL"};
  if (value.empty() && op == "!=") return x + Sql{" IS NOT NULL"};
  if (op == "~") return Sql{"ifnull(instr("} + x + Sql{","} + bound(value) + Sql{")>0,0)"};
  const Sql sign = {std::string(op)};
  const Sql otherwise = {op == "!=" ? ",1)" : ",0)"};
  const Sql number = Sql{"CAST("} + bound(value) + Sql{" AS REAL)"};
  if (field.is_integer) return Sql{"ifnull("} + x + sign + number + otherwise;
  const Sql as_text = Sql{"CAST("} + x + Sql{" AS TEXT)"} + sign + bound(value);
  if (!is_number(value)) return Sql{"ifnull("} + as_text + otherwise;
  // A comparison with a REAL turns text that is a number as a whole into one; other text is larger than any number.
  return Sql{"ifnull(CASE WHEN "} + x + Sql{"<=CAST(9e999 AS REAL) THEN "} + x + sign + number + Sql{" ELSE "} +
         as_text + Sql{" END"} + otherwise;
}

/// Recursive descent: any := all (or all)* ; all := one ((and | ,) one)* ; one := not one | ( any ) | field op value.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Sql parse() {
    if (const std::size_t invalid = find_invalid_utf8(text_); invalid != std::string_view::npos) {
      at_ = invalid;
      fail("not valid UTF-8");
    }
    skip_blanks();
    if (at_ == text_.size()) return {};
    Sql sql = parse_any();
    if (at_ != text_.size()) fail("and, or or the end is wanted");
    return sql;
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw Error(ErrorCode::invalid_argument, concat("filter '", text_, "': byte ", at_, ": ", reason));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool is_bare(char c) {
    return !is_blank(c) && std::string_view("=!<>~,()'\"").find(c) == std::string_view::npos;
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    skip_blanks();
    return true;
  }

  // A word of the language in any case.
  bool take_word(std::string_view word) {
    const std::size_t begin = at_;
    const std::string_view seen = parse_bare();
    const bool same = std::equal(seen.begin(), seen.end(), word.begin(), word.end(),
                                 [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
    if (same) {
      skip_blanks();
    } else {
      at_ = begin;
    }
    return same;
  }

  Sql parse_any() {
    Sql sql = parse_all();
    bool joined = false;
    for (; take_word("or"); joined = true) sql = std::move(sql) + Sql{" OR "} + parse_all();
    return joined ? Sql{"("} + sql + Sql{")"} : sql;
  }

  Sql parse_all() {
    Sql sql = parse_one();
    bool joined = false;
    for (; take(',') || take_word("and"); joined = true) sql = std::move(sql) + Sql{" AND "} + parse_one();
    return joined ? Sql{"("} + sql + Sql{")"} : sql;
  }

  Sql parse_one() {
    if (depth_ == kDeepest) fail(concat("nested deeper than ", kDeepest));
    ++depth_;
    Sql sql;
    if (take_word("not")) {
      sql = Sql{"NOT "} + parse_one();
    } else if (take('(')) {
      sql = parse_any();
      if (!take(')')) fail("')' is wanted");
    } else {
      sql = parse_comparison();
    }
    --depth_;
    return sql;
  }

  Sql parse_comparison() {
    if (++comparisons_ > kMostComparisons) fail(concat("more than ", kMostComparisons, " comparisons"));
    const Field field = parse_field();
    skip_blanks();
    const std::string_view op = parse_operator();
    skip_blanks();
    const std::size_t begin = at_;
    const std::string value = parse_value();
    if (field.is_integer && !is_number(value)) {
      at_ = begin;
      fail(concat("a number is wanted, not '", value, "'"));
    }
    skip_blanks();
    return Sql{"("} + compare(field, op, value) + Sql{")"};
  }

  std::string_view parse_bare() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_bare(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Field parse_field() {
    const std::size_t begin = at_;
    const std::string_view name = parse_bare();
    const auto* column =
        std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& c) { return c.field == name; });
    if (column != kColumns.end()) return {{std::string(column->sql)}, column->is_integer};
    if (name.starts_with(kMeta)) {
      std::string path(name.substr(kMeta.size()));
      if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) path += parse_quoted();
      if (!path.empty() && path.find('"') == std::string::npos) return {meta_value(path)};
    }
    at_ = begin;
    fail("a field is wanted: id, key, label, date, source, line, text or meta.NAME");
  }

  std::string_view parse_operator() {
    constexpr std::array<std::string_view, 7> kOperators = {"!=", "<=", ">=", "=", "<", ">", "~"};
    for (const std::string_view op : kOperators) {
      if (!text_.substr(at_).starts_with(op)) continue;
      at_ += op.size();
      return op;
    }
    fail("one of = != < <= > >= ~ is wanted");
  }

  std::string parse_value() {
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) return parse_quoted();
    const std::string_view bare = parse_bare();
    if (bare.empty()) fail("a value is wanted; with blanks or operators in it, in quotes");
    return std::string(bare);
  }

  std::string parse_quoted() {
    const std::size_t opening = at_;
    const char quote = text_[at_++];
    std::string value;
    while (true) {
      const std::size_t end = text_.find(quote, at_);
      if (end == std::string_view::npos) {
        at_ = opening;
        fail("the quote that opens here is never closed");
      }
      value.append(text_.substr(at_, end - at_));
      at_ = end + 1;
      if (at_ == text_.size() || text_[at_] != quote) return value;
      value += quote;
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int comparisons_ = 0;
};

}  // namespace

Filter parse_filter(std::string_view text) {
  Sql sql = Parser(text).parse();
  return {std::move(sql.text), std::move(sql.values)};
}

}  // namespace malmoi::corpus
