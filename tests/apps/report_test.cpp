#include "apps/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

std::string rendered(const Report& report, Format format) {
  std::ostringstream out;
  render(report, format, out);
  return out.str();
}

Report one_table(std::vector<std::string> columns, std::vector<std::vector<Cell>> rows) {
  return {.metrics = {}, .tables = {{"t", std::move(columns), std::move(rows)}}};
}

const Report kTerms = {
    .metrics = {{"documents", 3000}, {"terms", 12}, {"file", "영화.malmoi"}, {"mean length", 7.25}},
    .tables = {
        {"terms", {"term", "count", "share"}, {{"영화", 1200, 0.4}, {"cinema", 7, 0.0023333}, {"한", 12, 0.5}}}}};

TEST(Report, AlignsKoreanByDisplayWidthAndNumbersToTheRight) {
  EXPECT_EQ(rendered(kTerms, Format::text),
            "documents      3000\n"
            "terms            12\n"
            "file         영화.malmoi\n"
            "mean length  7.2500\n"
            "\n"
            "term    count   share\n"
            "영화     1200  0.4000\n"
            "cinema      7  0.0023\n"
            "한         12  0.5000\n");
}

TEST(Report, WritesJsonWithKeysInOrderAndARowALine) {
  EXPECT_EQ(rendered(kTerms, Format::json),
            R"({
  "metrics": {
    "documents": 3000,
    "terms": 12,
    "file": "영화.malmoi",
    "mean length": 7.25
  },
  "tables": {
    "terms": [
      {"term": "영화", "count": 1200, "share": 0.4},
      {"term": "cinema", "count": 7, "share": 0.0023333},
      {"term": "한", "count": 12, "share": 0.5}
    ]
  }
}
)");
}

TEST(Report, WritesASingleTableAloneInTsv) {
  EXPECT_EQ(rendered(kTerms, Format::tsv), "term\tcount\tshare\n영화\t1200\t0.4\ncinema\t7\t0.0023333\n한\t12\t0.5\n");
}

TEST(Report, MarksTheBlocksOfTsvWhenThereAreSeveral) {
  Report report = kTerms;
  report.metrics.erase(report.metrics.begin() + 1, report.metrics.end());
  report.tables.push_back({"labels", {"label"}, {{"0"}}});
  EXPECT_EQ(rendered(report, Format::tsv),
            "# metrics\nname\tvalue\ndocuments\t3000\n"
            "# terms\nterm\tcount\tshare\n영화\t1200\t0.4\ncinema\t7\t0.0023333\n한\t12\t0.5\n"
            "# labels\nlabel\n0\n");
  report.tables.clear();
  EXPECT_EQ(rendered(report, Format::tsv), "name\tvalue\ndocuments\t3000\n");
}

TEST(Report, TitlesTablesOfTextOnlyWhenThereAreSeveral) {
  const Report report = {.metrics = {}, .tables = {{"a", {"x"}, {{1}}}, {"b", {"y"}, {}}}};
  EXPECT_EQ(rendered(report, Format::text), "# a\nx\n1\n\n# b\ny\n(none)\n");
}

TEST(Report, AnEmptyReportIsValidInEveryFormat) {
  EXPECT_EQ(rendered({}, Format::text), "");
  EXPECT_EQ(rendered({}, Format::tsv), "");
  EXPECT_EQ(rendered({}, Format::json), "{\n  \"metrics\": {},\n  \"tables\": {}\n}\n");
  EXPECT_EQ(rendered(one_table({"x"}, {}), Format::json),
            "{\n  \"metrics\": {},\n  \"tables\": {\n    \"t\": []\n  }\n}\n");
}

TEST(Report, GivesAColumnOneNumberOfDecimals) {
  EXPECT_EQ(rendered(one_table({"x"}, {{0.5}, {0.25}, {-0.125}}), Format::text),
            "      x\n 0.5000\n 0.2500\n-0.1250\n");
  EXPECT_EQ(rendered(one_table({"x"}, {{1234.56}, {0.25}}), Format::text), "     x\n1234.6\n   0.2\n");
  EXPECT_EQ(rendered(one_table({"x"}, {{3.0}, {12.0}}), Format::text), " x\n 3\n12\n");
  EXPECT_EQ(rendered(one_table({"p"}, {{0.05}, {1.25e-9}, {0.0}}), Format::text),
            "       p\n  0.0500\n1.25e-09\n  0.0000\n");
  EXPECT_EQ(rendered(one_table({"x"}, {{1e300}}), Format::text), "        x\n1.00e+300\n");
}

TEST(Report, WritesNumbersInFullForPrograms) {
  const Report report = one_table({"x", "y"}, {{0.1 + 0.2, std::numeric_limits<std::int64_t>::min()}, {2.0, 0}});
  EXPECT_EQ(rendered(report, Format::tsv), "x\ty\n0.30000000000000004\t-9223372036854775808\n2\t0\n");
  const auto rows = nlohmann::json::parse(rendered(report, Format::json))["tables"]["t"];
  EXPECT_EQ(rows[0]["x"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(rows[0]["y"].get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(rows[1]["x"].is_number_float());
}

TEST(Report, ShowsWhatIsNoNumber) {
  const Report report = one_table({"x"}, {{std::nan("")}, {std::numeric_limits<double>::infinity()}, {1.0}});
  EXPECT_EQ(rendered(report, Format::text), "  x\nnan\ninf\n  1\n");
  EXPECT_EQ(rendered(report, Format::tsv), "x\nnan\ninf\n1\n");
  const auto rows = nlohmann::json::parse(rendered(report, Format::json))["tables"]["t"];
  EXPECT_TRUE(rows[0]["x"].is_null());
  EXPECT_TRUE(rows[1]["x"].is_null());
}

TEST(Report, EscapesTabsAndLinesInTsv) {
  EXPECT_EQ(rendered(one_table({"a\tb", "c"}, {{"1\t2\n3\r4\\5", "끝"}}), Format::tsv),
            "a\\tb\tc\n1\\t2\\n3\\r4\\\\5\t끝\n");
}

TEST(Report, KeepsControlCharactersOffTheTerminal) {
  EXPECT_EQ(rendered(one_table({"x"}, {{"\x1b[31m빨강\x07"}}), Format::text), "x\n␛[31m빨강␇\n");
  EXPECT_EQ(printable("a\tb\r\nc\x7f"), "a b  c␡");
  EXPECT_EQ(printable("\u009b31m \u202eabc \u2028"), "\\u{9b}31m \\u{202e}abc \\u{2028}");
  EXPECT_EQ(printable("좋다 👍🏽 한글"), "좋다 👍🏽 한글");
  EXPECT_EQ(printable("\xed\x95\x9c\xff글\xc3"), "한\ufffd글\ufffd");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "␀");
}

TEST(Report, RefusesRowsAndTitlesThatDoNotFit) {
  EXPECT_THROW(rendered(one_table({"a", "b"}, {{1}}), Format::tsv), Error);
  EXPECT_THROW(rendered({.metrics = {}, .tables = {{"t", {}, {}}, {"t", {}, {}}}}, Format::json), Error);
}

std::string random_bytes(Rng& rng) {
  std::string bytes;
  for (std::size_t n = rng.uniform_index(24); n > 0; --n) bytes.push_back(static_cast<char>(rng.uniform_index(256)));
  return bytes;
}

TEST(Report, AnyBytesGiveParsableOutput) {
  Rng rng(7);
  for (int round = 0; round < 2000; ++round) {
    const std::string bytes = random_bytes(rng);
    const Report report = one_table({"a", "b"}, {{bytes, round}});
    const auto row = nlohmann::json::parse(rendered(report, Format::json))["tables"]["t"][0];
    EXPECT_EQ(row["b"].get<int>(), round);
    if (find_invalid_utf8(bytes) == std::string_view::npos) {
      EXPECT_EQ(row["a"].get<std::string>(), bytes);
    }

    const std::string tsv = rendered(report, Format::tsv);
    EXPECT_EQ(std::count(tsv.begin(), tsv.end(), '\t'), 2);
    EXPECT_EQ(std::count(tsv.begin(), tsv.end(), '\n'), 2);

    const std::string safe = printable(bytes);
    EXPECT_EQ(find_invalid_utf8(safe), std::string_view::npos);
    EXPECT_TRUE(std::all_of(safe.begin(), safe.end(), [](char c) { return c < 0 || (c >= 0x20 && c != 0x7F); }));
  }
}

}  // namespace
}  // namespace malmoi::apps
