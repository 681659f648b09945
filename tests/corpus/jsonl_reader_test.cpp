#include "tests/corpus/reader_testing.h"

namespace malmoi::corpus {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JsonlReader, ReadsTheUsualFields) {
  const auto documents =
      read_content("r.jsonl",
                   "{\"id\": \"a\", \"text\": \"첫 \\\"글\\\"\\n\", \"label\": \"x\", \"date\": \"2019-01-02\"}\r\n"
                   "\n"
                   "{\"id\": 2, \"text\": \"\", \"label\": true}\n"
                   "{\"id\": 3.50, \"text\": \"t\", \"label\": null}");
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[0].text, "첫 \"글\"\n");
  EXPECT_EQ(documents[0].date, "2019-01-02");
  EXPECT_EQ(documents[1].key, "2");
  EXPECT_EQ(documents[1].label, "true");
  EXPECT_EQ(documents[1].line, 3);
  EXPECT_EQ(documents[1].date, "") << "a missing field is empty";
  EXPECT_EQ(documents[2].key, "3.50") << "numbers stay as spelled";
  EXPECT_EQ(documents[2].label, "") << "null is missing";
}

TEST(JsonlReader, FollowsDottedPathsAndKeepsMetadataAsSpelled) {
  const auto documents = read_content(
      "r.jsonl", R"({"a":{"body":"t","n":1.50},"user":{"age":5},"tags":["x", "y"],"ok":true,"empty":null})",
      {.text_field = "a.body", .meta_fields = {"user.age", "tags", "none", "a.n"}});
  EXPECT_EQ(documents.at(0).text, "t");
  EXPECT_EQ(documents.at(0).meta, R"({"user.age":5,"tags":["x", "y"],"a.n":1.50})");
}

TEST(JsonlReader, KeepsAllOtherMembersForAStar) {
  const auto documents =
      read_content("r.jsonl", R"({"id":1,"text":"t","n":2,"b":{"c":false}})", {.meta_fields = {"*"}});
  EXPECT_EQ(documents.at(0).meta, R"({"n":2,"b":{"c":false}})");
}

TEST(JsonlReader, NamesLineByteAndReason) {
  const std::string good = "{\"text\":\"a\"}\n";  // 13 bytes
  EXPECT_EQ(read_error("r.jsonl", good + "{\"text\":\"a\",}\n"),
            "r.jsonl:2: byte 25: not valid JSON: a member name in quotes is wanted");
  EXPECT_EQ(read_error("r.jsonl", good + "{\"body\":\"a\"}\n"),
            "r.jsonl:2: byte 13: no field 'text', which holds the text");
  EXPECT_EQ(read_error("r.jsonl", good + "{\"text\":null}\n"),
            "r.jsonl:2: byte 13: no field 'text', which holds the text");
  EXPECT_EQ(read_error("r.jsonl", good + "{\"text\":[1]}\n"),
            "r.jsonl:2: byte 21: field 'text' is an object or a list, not a text");
  EXPECT_THAT(read_error("r.jsonl", good + "{\"text\":\"a\\u0000\"}\n"), HasSubstr("has the character \\u0000"));
  EXPECT_EQ(read_error("r.jsonl", "{\"id\":1,\"text\":\"a\"}\n{\"id\":\"\",\"text\":\"a\"}\n"),
            "r.jsonl:2: byte 20: no id in field 'id'");
  EXPECT_EQ(read_error("r.jsonl", "[1]\n"), "r.jsonl:1: byte 0: not valid JSON: an object is wanted");
}

TEST(JsonlReader, ListsTheFieldsWhenNoneIsTheText) {
  const std::string message =
      error_of(ErrorCode::invalid_argument, [] { read_content("r.jsonl", "broken\n{\"a\":1,\"b\":2}\n", {}); });
  EXPECT_THAT(message, HasSubstr("among a and b: name the text with --text-field"));
}

TEST(JsonlReader, SkipsAndListsBadLinesOnRequest) {
  const TemporaryFolder folder;
  const auto reader =
      open_reader({write_file(folder, "r.jsonl", "oops\n{\"text\":\"a\"}\n{\"text\":\"b\"\n{\"text\":\"c\"}\n")},
                  {.on_error = OnError::skip});
  EXPECT_THAT(texts(read_all(*reader)), ElementsAre("a", "c"));
  EXPECT_EQ(reader->skipped_count(), 2);
  EXPECT_EQ(reader->skipped().at(1).line, 3);
}

TEST(JsonlReader, ReadsALineLongerThanTheSample) {
  const std::string text(300000, 'x');
  EXPECT_THAT(texts(read_content("r.jsonl", "{\"review\":\"" + text + "\"}\n")), ElementsAre(text));
}

TEST(JsonlReader, ReadsTwentyNewsgroups) {
  const std::vector<std::string> paths = {shared_file("20news/train.jsonl.gz"), shared_file("20news/test.jsonl.gz")};
  if (!std::filesystem::exists(paths[0])) GTEST_SKIP() << "the shared corpora are not here: " << paths[0];
  const auto reader = open_reader(paths, {});
  Document document;
  std::size_t count = 0;
  while (reader->read(document)) {
    ++count;
    ASSERT_FALSE(document.text.empty() || document.label.empty() || document.key.empty()) << document.line;
  }
  EXPECT_EQ(count, 18846U);
  EXPECT_EQ(reader->bytes_read(), 5341701 + 8370125);
  EXPECT_EQ(reader->bytes_total(), 5341701 + 8370125);
}

}  // namespace
}  // namespace malmoi::corpus
