#include "corpus/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Documents in memory with the columns that filters use:
///  1  key a,      label 0,     2019-01-02, news.tsv 1,  n=88 ok=true tag=x  user.age=5
///  2  key "b b",  label 1,     2019-06-30, news.tsv 2,  n=1000 ok=false "my field"=1.50 "user.age"=7
///  3  key c,      label 10,    2020-01-01, chat.tsv 1,  n="77" tag="10 %"
///  4  key 가,     label neg,   no date,    chat.tsv 2,  no metadata
///  5  key e,      no label,    2019,       chat.tsv 3,  n=null tag="O'Brien; DROP"
class Documents {
 public:
  Documents() {
    sqlite3* raw = nullptr;
    sqlite3_open(":memory:", &raw);
    database_.reset(raw);
    execute(R"sql(
      CREATE TABLE sources(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
      CREATE TABLE documents(id INTEGER PRIMARY KEY, key TEXT, label TEXT, date TEXT, source INTEGER, line INTEGER,
                             meta TEXT, text TEXT NOT NULL);
      INSERT INTO sources VALUES(1, 'data/news.tsv'), (2, 'data/chat.tsv');
      INSERT INTO documents VALUES
        (1, 'a', '0', '2019-01-02', 1, 1, '{"n":88,"ok":true,"tag":"x","user":{"age":5}}', 'good film'),
        (2, 'b b', '1', '2019-06-30', 1, 2, '{"n":1000,"ok":false,"my field":1.50,"user.age":7}', 'bad film'),
        (3, 'c', '10', '2020-01-01', 2, 1, '{"n":"77","tag":"10 %"}', '좋은 영화'),
        (4, '가', 'neg', NULL, 2, 2, NULL, ''),
        (5, 'e', '', '2019', 2, 3, '{"n":null,"tag":"O''Brien; DROP"}', 'x');)sql");
  }

  [[nodiscard]] std::vector<int> matching(std::string_view text) const {
    const Filter filter = parse_filter(text);
    const std::string sql =
        "SELECT id FROM documents" + (filter.sql.empty() ? "" : " WHERE " + filter.sql) + " ORDER BY id";
    sqlite3_stmt* raw = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &raw, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(database_.get());
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw, sqlite3_finalize);
    EXPECT_EQ(sqlite3_bind_parameter_count(raw), static_cast<int>(filter.values.size())) << sql;
    int place = 0;
    for (const std::string& value : filter.values) {
      sqlite3_bind_text(raw, ++place, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    }
    std::vector<int> ids;
    int status = SQLITE_ROW;
    while ((status = sqlite3_step(raw)) == SQLITE_ROW) ids.push_back(sqlite3_column_int(raw, 0));
    EXPECT_EQ(status, SQLITE_DONE) << sql << ": " << sqlite3_errmsg(database_.get());
    return ids;
  }

 private:
  void execute(const char* sql) { EXPECT_EQ(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr), SQLITE_OK); }

  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database_{nullptr, sqlite3_close};
};

TEST(Filter, OfNothingIsEveryDocument) {
  EXPECT_EQ(parse_filter("").sql, "");
  EXPECT_THAT(Documents().matching("  \t"), ElementsAre(1, 2, 3, 4, 5));
}

TEST(Filter, ComparesNumbersAsNumbersAndTextAsText) {
  const Documents documents;
  EXPECT_THAT(documents.matching("label=0"), ElementsAre(1));
  EXPECT_THAT(documents.matching("label=00"), ElementsAre(1)) << "equal as numbers";
  EXPECT_THAT(documents.matching("label>2"), ElementsAre(3, 4)) << "10 as a number, neg as text";
  EXPECT_THAT(documents.matching("label<9"), ElementsAre(1, 2)) << "10 is more";
  EXPECT_THAT(documents.matching("label<=1.0"), ElementsAre(1, 2));
  EXPECT_THAT(documents.matching("label=neg"), ElementsAre(4));
  EXPECT_THAT(documents.matching("key='b b'"), ElementsAre(2));
  EXPECT_THAT(documents.matching("key!=\"b b\""), ElementsAre(1, 3, 4, 5));
  EXPECT_THAT(documents.matching("key=가"), ElementsAre(4));
  EXPECT_THAT(documents.matching("id<=2"), ElementsAre(1, 2));
  EXPECT_THAT(documents.matching("id>=2.5, line=3"), ElementsAre(5));
}

TEST(Filter, ComparesDatesAsText) {
  const Documents documents;
  EXPECT_THAT(documents.matching("date>=2019-01 and date<2019-07"), ElementsAre(1, 2));
  EXPECT_THAT(documents.matching("date>=2019"), ElementsAre(1, 2, 3, 5)) << "a year is a number, dates are not";
  EXPECT_THAT(documents.matching("date<2019-06"), ElementsAre(1, 5));
}

TEST(Filter, FollowsMetadata) {
  const Documents documents;
  EXPECT_THAT(documents.matching("meta.n>80"), ElementsAre(1, 2));
  EXPECT_THAT(documents.matching("meta.n>9"), ElementsAre(1, 2, 3)) << "a text that is a number counts as one";
  EXPECT_THAT(documents.matching("meta.ok=true"), ElementsAre(1));
  EXPECT_THAT(documents.matching("meta.ok!=true"), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(documents.matching("meta.user.age>=5"), ElementsAre(1, 2)) << "nested, or a name with a dot";
  EXPECT_THAT(documents.matching("meta.\"my field\"=1.5"), ElementsAre(2));
  EXPECT_THAT(documents.matching("meta.tag='10 %'"), ElementsAre(3));
  EXPECT_THAT(documents.matching("meta.user~age"), ElementsAre(1)) << "an object is its JSON text";
}

TEST(Filter, FindsPartsOfFields) {
  const Documents documents;
  EXPECT_THAT(documents.matching("source~news"), ElementsAre(1, 2));
  EXPECT_THAT(documents.matching("source=data/chat.tsv"), ElementsAre(3, 4, 5));
  EXPECT_THAT(documents.matching("text~영화"), ElementsAre(3));
  EXPECT_THAT(documents.matching("text ~ film and not text~bad"), ElementsAre(1));
  EXPECT_THAT(documents.matching("label~1"), ElementsAre(2, 3));
}

TEST(Filter, MatchesMissingFieldsOnlyWithUnequal) {
  const Documents documents;
  EXPECT_THAT(documents.matching("label!=0"), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(documents.matching("not label=0"), ElementsAre(2, 3, 4, 5)) << "not is the opposite";
  EXPECT_THAT(documents.matching("not label!=0"), ElementsAre(1));
  EXPECT_THAT(documents.matching("date<3000"), ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(documents.matching("meta.n!=77"), ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(documents.matching("label=''"), ElementsAre(5)) << "asks whether it is missing";
  EXPECT_THAT(documents.matching("date!=''"), ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(documents.matching("meta.n=''"), ElementsAre(4, 5));
}

TEST(Filter, JoinsWithTheUsualPrecedence) {
  const Documents documents;
  EXPECT_THAT(documents.matching("label=0 or label=1 and line=2"), ElementsAre(1, 2));
  EXPECT_THAT(documents.matching("(label=0 or label=1) and line=2"), ElementsAre(2));
  EXPECT_THAT(documents.matching("label=0 , line=2 or id=5"), ElementsAre(5));
  EXPECT_THAT(documents.matching("NOT (id=1 OR not(id<4)) AND key!=c"), ElementsAre(2));
}

TEST(Filter, BindsEveryValue) {
  const Documents documents;
  EXPECT_THAT(documents.matching("meta.tag=\"O'Brien; DROP\""), ElementsAre(5));
  EXPECT_THAT(documents.matching("meta.tag='O''Brien; DROP'"), ElementsAre(5));
  EXPECT_THAT(documents.matching("key='x'' OR 1=1 --'"), ElementsAre());
  const Filter filter = parse_filter("meta.zzz='yyy' and key=\"www\"");
  for (const char* word : {"zzz", "yyy", "www"}) EXPECT_THAT(filter.sql, ::testing::Not(HasSubstr(word)));
}

TEST(Filter, SaysWhereItIsNotUnderstood) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      parse_filter(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message("label=0 and"),
            "filter 'label=0 and': byte 11: a field is wanted: id, key, label, date, source, line, text or meta.NAME");
  EXPECT_THAT(message("lable=0"), HasSubstr("byte 0: a field is wanted"));
  EXPECT_THAT(message("meta.=1"), HasSubstr("byte 0: a field is wanted"));
  EXPECT_THAT(message("meta.'a\"b'=1"), HasSubstr("byte 0: a field is wanted"));
  EXPECT_THAT(message("label"), HasSubstr("byte 5: one of = != < <= > >= ~ is wanted"));
  EXPECT_THAT(message("label="), HasSubstr("byte 6: a value is wanted"));
  EXPECT_THAT(message("label='x"), HasSubstr("byte 6: the quote that opens here is never closed"));
  EXPECT_THAT(message("(label=0"), HasSubstr("byte 8: ')' is wanted"));
  EXPECT_THAT(message("label=0)"), HasSubstr("byte 7: and, or or the end is wanted"));
  EXPECT_THAT(message("label=0 label=1"), HasSubstr("byte 8: and, or or the end is wanted"));
  EXPECT_THAT(message("id<abc"), HasSubstr("byte 3: a number is wanted, not 'abc'"));
  EXPECT_THAT(message("key=\xFF"), HasSubstr("byte 4: not valid UTF-8"));
  EXPECT_THAT(message(std::string(1000, '(') + "id=1"), HasSubstr("nested deeper than 10"));
}

TEST(Filter, StaysWithinTheLimitsOfSqlite) {
  const Documents documents;
  std::string longest = "meta.a.b>1";
  for (int i = 1; i < 200; ++i) longest += " and meta.a.b>1";
  EXPECT_THAT(documents.matching(longest), ElementsAre());
  EXPECT_THROW(parse_filter(longest + " and id=1"), Error);
  std::string deepest = "meta.a.b>1";
  for (int i = 1; i < 10; ++i) deepest.insert(0, i % 2 == 0 ? "id=1 or id=1 and not " : "id=1 or id=1 and (");
  for (int i = 1; i < 10; i += 2) deepest += ")";
  EXPECT_THAT(documents.matching(deepest), ElementsAre(1));
  deepest = "meta.a.b>1";
  for (int i = 1; i < 10; ++i) deepest.insert(0, "id=1 or id=1 and (").append(")");
  EXPECT_THAT(documents.matching(deepest), ElementsAre(1));
}

TEST(Filter, OfAnyTextIsRefusedOrGoodSql) {
  const Documents documents;
  const std::vector<std::string> pieces = {"label", "meta.n", "meta.a.b", "id", "=",   "!=", "<",   ">=", "~",
                                           "'x'",   "\"",     "'",        "0",  "1e5", "-3", "and", "or", "not",
                                           "(",     ")",      ",",        " ",  "가",  ";",  "--",  "?"};
  Rng rng(9);
  int accepted = 0;
  for (int round = 0; round < 30000; ++round) {
    std::string text;
    for (std::size_t i = 1 + rng.uniform_index(9); i > 0; --i) text += pieces[rng.uniform_index(pieces.size())] + " ";
    try {
      (void)parse_filter(text);
    } catch (const Error&) {
      continue;
    }
    ++accepted;
    (void)documents.matching(text);
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace malmoi::corpus
