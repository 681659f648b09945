#include <array>
#include <cstdint>

#include "tests/corpus/reader_testing.h"

namespace malmoi::corpus {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TsvReader, ReadsTheColumnsThatTheHeaderNames) {
  const auto documents = read_content("r.tsv", "id\tdocument\tlabel\n7\t좋은 영화\t1\n8\t\t0\n");
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].key, "7");
  EXPECT_EQ(documents[0].text, "좋은 영화");
  EXPECT_EQ(documents[0].label, "1");
  EXPECT_EQ(documents[0].line, 2);
  EXPECT_EQ(documents[0].meta, "");
  EXPECT_EQ(documents[1].text, "") << "an empty document is a document";
  EXPECT_EQ(documents[1].key, "8");
}

TEST(TsvReader, UndoesOneLevelOfQuotesAsInNsmc) {
  const auto documents = read_content("r.tsv",
                                      "id\tdocument\tlabel\n"
                                      "1\t\"\"\"다 보고나면 \"\"\"\"ㅈ같다.\"\"\"\"\"\"\"\t1\n");
  EXPECT_THAT(texts(documents), ElementsAre("\"다 보고나면 \"\"ㅈ같다.\"\"\""));
}

TEST(TsvReader, TakesStrayQuotesAsText) {
  const auto documents = read_content("r.tsv",
                                      "text\tlabel\n"
                                      "a \"b\" c\t1\n"       // in the middle
                                      "\"never closed\t2\n"  // at the start
                                      "\"closed\" too early\t3\n"
                                      "\"\t4\n"
                                      "ends with\"\t5\n"
                                      "\"a\tb\"\t6\n");  // properly closed, with the separator inside
  EXPECT_THAT(texts(documents),
              ElementsAre("a \"b\" c", "\"never closed", "\"closed\" too early", "\"", "ends with\"", "a\tb"));
  EXPECT_EQ(documents[2].label, "3");
}

TEST(TsvReader, EndsEveryRecordWithItsLine) {
  EXPECT_EQ(texts(read_content("r.tsv", "text\tlabel\n\"a\t1\nb\"\t2\n")), (std::vector<std::string>{"\"a", "b\""}));
}

TEST(CsvReader, FollowsRfc4180) {
  const auto documents = read_content("r.csv",
                                      "id,text,label\r\n"
                                      "1,plain,x\r\n"
                                      "2,\"comma, and \"\"quotes\"\"\",y\r\n"
                                      "3,\"two\r\nlines\",\"\"\r\n"
                                      "4,\"\",\r\n"
                                      "5,it\"s,z");
  EXPECT_THAT(texts(documents), ElementsAre("plain", "comma, and \"quotes\"", "two\r\nlines", "", "it\"s"));
  EXPECT_EQ(documents[2].line, 4);
  EXPECT_EQ(documents[3].line, 6) << "the record before it took two lines";
  EXPECT_EQ(documents[4].label, "z");
}

TEST(CsvReader, NamesTheLineWhereAnUnclosedQuoteOpens) {
  EXPECT_EQ(read_error("r.csv", "id,text\n1,a\n2,\"b\n3,c\n"),
            "r.csv:3: byte 14: the quote that opens here is never closed");
  EXPECT_EQ(read_error("r.csv", "id,text\n\"1\n1\",\"b\n3,c\n"),
            "r.csv:3: byte 14: the quote that opens here is never closed");
}

TEST(CsvReader, RefusesTextBehindAClosingQuote) {
  EXPECT_THAT(read_error("r.csv", "id,text\n1,\"a\"b\n"), HasSubstr("r.csv:2: byte 13: text behind a closing quote"));
}

TEST(DelimitedReader, NamesFileLineByteAndBothCountsOfColumns) {
  EXPECT_EQ(read_error("r.tsv", "id\ttext\n1\ta\n2\tb\tc\n"), "r.tsv:3: byte 12: 3 columns instead of 2");
  EXPECT_EQ(read_error("r.csv", "id,text\n1\n"), "r.csv:2: byte 8: 1 columns instead of 2");
}

TEST(DelimitedReader, PassesOverEmptyLinesWhereARecordHasSeveralColumns) {
  EXPECT_THAT(texts(read_content("r.csv", "id,text\n\n1,a\n\n2,b\n\n")), ElementsAre("a", "b"));
  EXPECT_THAT(texts(read_content("r.csv", "text\na\n\nb\n")), ElementsAre("a", "", "b")) << "but not of a lone column";
}

TEST(DelimitedReader, CountsColumnsFromOneWithoutHeader) {
  const auto documents =
      read_content("r.tsv", "x\tfirst\t5\ny\tsecond\t6\n", {.id_field = "1", .text_field = "2", .meta_fields = {"3"}});
  EXPECT_THAT(texts(documents), ElementsAre("first", "second"));
  EXPECT_EQ(documents[1].key, "y");
  EXPECT_EQ(documents[1].meta, R"({"3":"6"})");
  EXPECT_THAT(texts(read_content("r.csv", "\"one, only\"\nanother\n")), ElementsAre("one, only", "another"));
}

TEST(DelimitedReader, TakesGivenNamesAndGuessesTheOthersWithoutRegardToCase) {
  const auto documents = read_content("r.csv", "Key,Review,stars,Date\na,good,5,2019-01-02\n",
                                      {.label_field = "stars", .meta_fields = {"*"}});
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].key, "a");
  EXPECT_EQ(documents[0].text, "good");
  EXPECT_EQ(documents[0].label, "5");
  EXPECT_EQ(documents[0].date, "2019-01-02");
  EXPECT_EQ(documents[0].meta, "");
}

TEST(DelimitedReader, KeepsMetadataAsJson) {
  const auto all = read_content("r.csv", "text,\"a \"\"b\"\"\",c\nt,\"x\ty\",2\n", {.meta_fields = {"*"}});
  EXPECT_EQ(all.at(0).meta, R"({"a \"b\"":"x\ty","c":"2"})");
  const auto one = read_content("r.csv", "text,b,c\nt,1,2\n", {.meta_fields = {"c", "c"}});
  EXPECT_EQ(one.at(0).meta, R"({"c":"2"})");
}

TEST(DelimitedReader, MakesKeysOfPathAndLineWhereNoIdIs) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder, "r.tsv", "text\tlabel\na\t1\nb\t2\n");
  const auto documents = read_all({path});
  EXPECT_EQ(documents.at(0).key, path + ":2");
  EXPECT_EQ(documents.at(1).key, path + ":3");
  EXPECT_EQ(documents.at(1).source, path);
}

TEST(DelimitedReader, RefusesAnEmptyId) {
  EXPECT_EQ(read_error("r.tsv", "id\ttext\n1\ta\n\tb\n"), "r.tsv:3: byte 12: no id in column id");
}

TEST(DelimitedReader, SaysWhichColumnIsMissing) {
  const auto message = [](std::string_view content, const ReaderOptions& options) {
    return error_of(ErrorCode::invalid_argument, [&] { read_content("r.csv", content, options); });
  };
  EXPECT_EQ(message("id,text\n", {.label_field = "stars"}), "r.csv: no column 'stars' among 2: id and text");
  EXPECT_EQ(message("a,b\n1,2\n", {}),
            "r.csv: 2 columns and no header that is known: name the text with --text-field (a number counts from 1)");
  EXPECT_EQ(message("a,b\n1,2\n", {.text_field = "3"}), "r.csv: no column '3' among 2 columns without header");
  EXPECT_THAT(message("id,ko,en\n", {}), HasSubstr("r.csv: no field named text, document, content, review or sentence "
                                                   "among id, ko and en"));
}

TEST(DelimitedReader, ReadsNothingFromAnEmptyFileOrALoneHeader) {
  EXPECT_TRUE(read_content("r.tsv", "").empty());
  EXPECT_TRUE(read_content("r.csv", "id,text").empty());
}

TEST(DelimitedReader, SkipsAndListsBadRecordsOnRequest) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder, "r.csv", "id,text\n1,a\n2\n3,\"x\"y\n4,\xFF\n5,b\n6,\"open\n7,c\n");
  const auto reader = open_reader({path}, {.encoding = "UTF-8", .on_error = OnError::skip});
  EXPECT_THAT(texts(read_all(*reader)), ElementsAre("a", "b"));
  EXPECT_EQ(reader->skipped_count(), 4);
  ASSERT_EQ(reader->skipped().size(), 4U);
  EXPECT_EQ(reader->skipped()[0].source, path);
  EXPECT_EQ(reader->skipped()[0].line, 3);
  EXPECT_EQ(reader->skipped()[0].reason, "1 columns instead of 2");
  EXPECT_EQ(reader->skipped()[2].line, 5);
  EXPECT_EQ(reader->skipped()[3].line, 7);
}

// The hash and the counts were computed with Python's csv module (delimiter tab) on the same files.
struct NsmcFile {
  const char* name;
  std::size_t documents;
  std::size_t empty;
  std::uint64_t hash;
};

TEST(TsvReader, ReadsNsmcAsPythonDoes) {
  constexpr std::array<NsmcFile, 2> kFiles = {{{"nsmc/ratings_train.txt", 150000, 5, 0x88848dc2b962555bULL},
                                               {"nsmc/ratings_test.txt", 50000, 3, 0x1188014772b6ac02ULL}}};
  for (const NsmcFile& file : kFiles) {
    const std::string path = shared_file(file.name);
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "the shared corpora are not here: " << path;
    const auto reader = open_reader({path}, {});
    std::size_t count = 0;
    std::size_t empty = 0;
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    Document document;
    while (reader->read(document)) {
      ++count;
      empty += document.text.empty() ? 1U : 0U;
      for (const char byte : document.key + '\0' + document.text + '\0' + document.label + '\n') {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
      }
    }
    EXPECT_EQ(count, file.documents);
    EXPECT_EQ(empty, file.empty);
    EXPECT_EQ(hash, file.hash);
    EXPECT_THAT(reader->notes(),
                ElementsAre(path + ": TSV with header, UTF-8; id = id, text = document, label = label"));
    EXPECT_EQ(reader->bytes_read(), reader->bytes_total());
  }
}

}  // namespace
}  // namespace malmoi::corpus
