#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace malmoi::apps {

/// A value with its type, so that numbers stay numbers in JSON and line up in text.
class Cell {
 public:
  Cell(std::string text) : value_(std::move(text)) {}
  Cell(std::string_view text) : value_(std::string(text)) {}
  Cell(const char* text) : value_(std::string(text)) {}
  Cell(double number) : value_(number) {}
  template <std::integral Integer>
  Cell(Integer number) : value_(static_cast<std::int64_t>(number)) {}

  using Value = std::variant<std::string, double, std::int64_t>;
  [[nodiscard]] const Value& value() const noexcept { return value_; }

 private:
  Value value_;
};

/// One figure about the whole: {"documents", 3000}.
struct Metric {
  std::string name;
  Cell value;
};

struct Table {
  std::string title;                    ///< key in JSON; unique in a report
  std::vector<std::string> columns;     ///< names; keys in JSON, unique in a table
  std::vector<std::vector<Cell>> rows;  ///< each as long as columns
};

/// What a verb found. Order is kept in every format.
struct Report {
  std::vector<Metric> metrics;
  std::vector<Table> tables;
};

enum class Format { text, json, tsv };

/// Writes the report; the same report gives the same bytes.
///
/// text  columns line up by display width (Korean takes two columns), numbers to the right, doubles with about five
///       digits, a column with one number of decimals; texts go through printable()
/// json  {"metrics": {name: value}, "tables": {title: [{column: value}]}}, a row a line; numbers in full, NaN and
///       infinities null, bytes that are not UTF-8 as U+FFFD
/// tsv   numbers in full; tab, newline, carriage return and backslash as \t \n \r \\. Exactly one table: that table
///       alone. Otherwise metrics (name, value) and tables, with a line "# title" above each if there are several
/// Throws invalid_argument for a row of another length than the columns and for a title that occurs twice.
void render(const Report& report, Format format, std::ostream& out);

/// A field of TSV: tab, newline, carriage return and backslash as \t \n \r \\.
[[nodiscard]] std::string tsv_text(std::string_view text);

/// A number with so many digits behind the point.
[[nodiscard]] std::string fixed(double number, int digits);

/// The text as it may go to a terminal: tab, newline and carriage return as a blank, other control characters of ASCII
/// as their pictures (ESC as ␛), C1 and bidirectional controls as \u{9b}, bytes that are not UTF-8 as U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace malmoi::apps
