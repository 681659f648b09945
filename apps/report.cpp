#include "apps/report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <span>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

void validate(const Report& report) {
  std::set<std::string_view> titles;
  for (const Table& table : report.tables) {
    if (!titles.insert(table.title).second) {
      throw Error(ErrorCode::invalid_argument, concat("render: two tables have the title '", table.title, "'"));
    }
    for (const auto& row : table.rows) {
      if (row.size() == table.columns.size()) continue;
      throw Error(ErrorCode::invalid_argument, concat("render: a row of table '", table.title, "' has ", row.size(),
                                                      " cells, wanted ", table.columns.size()));
    }
  }
}

bool is_number(const Cell& cell) {
  return !std::holds_alternative<std::string>(cell.value());
}

std::string shortest(auto number) {  // reads back as the same number
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.begin(), buffer.end(), number).ptr};
}

// ---- numbers for people --------------------------------------------------------------------------------------------

constexpr int kDigits = 5;  // of the largest number in a column

// Decimals that give the largest number of the column kDigits digits; none if all are whole.
int decimals_of(std::span<const Cell> cells) {
  double largest = 0.0;
  bool whole = true;
  for (const Cell& cell : cells) {
    const double* number = std::get_if<double>(&cell.value());
    if (number == nullptr || !std::isfinite(*number)) continue;
    largest = std::max(largest, std::abs(*number));
    whole = whole && *number == std::trunc(*number);
  }
  if (whole) return 0;
  const int before_point = largest < 1.0 ? 1 : static_cast<int>(std::log10(largest)) + 1;
  return std::max(1, kDigits - before_point);
}

std::string rounded(double number, int decimals) {
  if (!std::isfinite(number)) return shortest(number);
  const double magnitude = std::abs(number);
  const bool vanishes = number != 0.0 && magnitude < 0.5 * std::pow(10.0, -decimals);
  const bool endless = magnitude >= 1e15;
  std::array<char, 64> buffer{};
  const auto end = vanishes || endless
                       ? std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific, 2)
                       : std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::fixed, decimals);
  return {buffer.data(), end.ptr};
}

std::string text_of(const Cell& cell, int decimals) {
  if (const auto* text = std::get_if<std::string>(&cell.value())) return printable(*text);
  if (const auto* number = std::get_if<double>(&cell.value())) return rounded(*number, decimals);
  return shortest(std::get<std::int64_t>(cell.value()));
}

// ---- text ----------------------------------------------------------------------------------------------------------

struct TextCell {
  std::string text;
  bool right = false;
};
using TextRow = std::vector<TextCell>;

void write_padded(const TextCell& cell, int width, bool last, std::ostream& out) {
  const std::string blanks(static_cast<std::size_t>(std::max(0, width - display_width(cell.text))), ' ');
  if (cell.right) out << blanks;
  out << cell.text;
  if (!cell.right && !last) out << blanks;
}

void write_rows(const std::vector<TextRow>& rows, std::ostream& out) {
  std::vector<int> widths(rows.empty() ? 0 : rows.front().size(), 0);
  for (const TextRow& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c].text));
  }
  for (const TextRow& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) out << "  ";
      write_padded(row[c], widths[c], c + 1 == row.size(), out);
    }
    out << '\n';
  }
}

// A text value hangs over, so that a long path does not push all numbers to the right.
void write_text(const std::vector<Metric>& metrics, std::ostream& out) {
  std::vector<TextRow> rows;
  int number_width = 0;
  for (const Metric& metric : metrics) {
    const TextCell value{text_of(metric.value, decimals_of({&metric.value, 1})), is_number(metric.value)};
    if (value.right) number_width = std::max(number_width, display_width(value.text));
    rows.push_back({{printable(metric.name), false}, value});
  }
  for (TextRow& row : rows) {
    if (!row[1].right) continue;
    const auto missing = static_cast<std::size_t>(number_width - display_width(row[1].text));
    row[1] = {std::string(missing, ' ') + row[1].text, false};
  }
  write_rows(rows, out);
}

void write_text(const Table& table, std::ostream& out) {
  std::vector<TextRow> rows(table.rows.size() + 1);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::vector<Cell> column;
    for (const auto& row : table.rows) column.push_back(row[c]);
    const int decimals = decimals_of(column);
    const bool numbers = !column.empty() && std::all_of(column.begin(), column.end(), is_number);
    rows[0].push_back({printable(table.columns[c]), numbers});
    for (std::size_t r = 0; r < column.size(); ++r) {
      rows[r + 1].push_back({text_of(column[r], decimals), is_number(column[r])});
    }
  }
  write_rows(rows, out);
  if (table.rows.empty()) out << "(none)\n";
}

void render_text(const Report& report, std::ostream& out) {
  write_text(report.metrics, out);
  bool first = report.metrics.empty();
  for (const Table& table : report.tables) {
    if (!first) out << '\n';
    first = false;
    if (report.tables.size() > 1) out << "# " << printable(table.title) << '\n';
    write_text(table, out);
  }
}

// ---- JSON ----------------------------------------------------------------------------------------------------------

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_value(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell.value())) return json_text(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&cell.value())) return shortest(*whole);
  const double number = std::get<double>(cell.value());
  if (!std::isfinite(number)) return "null";
  std::string text = shortest(number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";  // readers keep it a floating-point number
  return text;
}

void write_json(const Table& table, std::ostream& out) {
  std::vector<std::string> keys;
  for (const std::string& column : table.columns) keys.push_back(json_text(column));
  out << "    " << json_text(table.title) << ": [";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    out << (r > 0 ? ",\n      {" : "\n      {");
    for (std::size_t c = 0; c < keys.size(); ++c) {
      out << (c > 0 ? ", " : "") << keys[c] << ": " << json_value(table.rows[r][c]);
    }
    out << '}';
  }
  out << (table.rows.empty() ? "]" : "\n    ]");
}

void render_json(const Report& report, std::ostream& out) {
  out << "{\n  \"metrics\": {";
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    const Metric& metric = report.metrics[m];
    out << (m > 0 ? ",\n    " : "\n    ") << json_text(metric.name) << ": " << json_value(metric.value);
  }
  out << (report.metrics.empty() ? "},\n  \"tables\": {" : "\n  },\n  \"tables\": {");
  for (std::size_t t = 0; t < report.tables.size(); ++t) {
    out << (t > 0 ? ",\n" : "\n");
    write_json(report.tables[t], out);
  }
  out << (report.tables.empty() ? "}\n}\n" : "\n  }\n}\n");
}

// ---- TSV -----------------------------------------------------------------------------------------------------------

std::string tsv_value(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell.value())) return tsv_text(*text);
  if (const auto* number = std::get_if<double>(&cell.value())) return shortest(*number);
  return shortest(std::get<std::int64_t>(cell.value()));
}

void write_tsv(const Table& table, std::ostream& out) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) out << (c > 0 ? "\t" : "") << tsv_text(table.columns[c]);
  out << '\n';
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) out << (c > 0 ? "\t" : "") << tsv_value(row[c]);
    out << '\n';
  }
}

void render_tsv(const Report& report, std::ostream& out) {
  if (report.tables.size() == 1) return write_tsv(report.tables.front(), out);
  if (!report.metrics.empty()) {
    Table metrics{.title = "metrics", .columns = {"name", "value"}, .rows = {}};
    for (const Metric& metric : report.metrics) metrics.rows.push_back({metric.name, metric.value});
    if (!report.tables.empty()) out << "# metrics\n";
    write_tsv(metrics, out);
  }
  for (const Table& table : report.tables) {
    out << "# " << tsv_text(table.title) << '\n';
    write_tsv(table, out);
  }
}

// ---- control characters --------------------------------------------------------------------------------------------

// Characters that move the cursor or reorder what is around them, beyond ASCII.
bool moves_or_reorders(char32_t code) {
  return (code >= 0x80 && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void append_printable(std::string& out, char32_t code) {
  constexpr char32_t kPictures = 0x2400;
  if (code == '\t' || code == '\n' || code == '\r') {
    out += ' ';
  } else if (code < 0x20) {
    append_utf8(out, kPictures + code);
  } else if (code == 0x7F) {
    append_utf8(out, kPictures + 0x21);
  } else if (moves_or_reorders(code)) {
    std::array<char, 8> hex{};
    const auto end = std::to_chars(hex.begin(), hex.end(), static_cast<std::uint32_t>(code), 16).ptr;
    out += concat("\\u{", std::string_view(hex.data(), end), '}');
  } else {
    append_utf8(out, code);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t invalid = find_invalid_utf8(text);
    const std::string_view valid = text.substr(0, invalid);
    for (std::size_t position = 0; position < valid.size();) append_printable(out, decode_utf8(valid, position));
    if (invalid == std::string_view::npos) break;
    append_utf8(out, 0xFFFD);
    text.remove_prefix(invalid + 1);
  }
  return out;
}

void render(const Report& report, Format format, std::ostream& out) {
  validate(report);
  switch (format) {
    case Format::text:
      return render_text(report, out);
    case Format::json:
      return render_json(report, out);
    case Format::tsv:
      return render_tsv(report, out);
  }
}

std::string fixed(double number, int digits) {
  std::array<char, 400> buffer{};  // the greatest double has 309 digits before the point
  const auto end = std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::fixed, digits);
  return {buffer.data(), end.ptr};
}

std::string tsv_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\t':
        escaped += "\\t";
        break;
      case '\n':
        escaped += "\\n";
        break;
      case '\r':
        escaped += "\\r";
        break;
      case '\\':
        escaped += "\\\\";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace malmoi::apps
