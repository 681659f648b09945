#include <unicode/ucnv.h>

#include "tests/corpus/reader_testing.h"

namespace malmoi::corpus {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kText =
    "text\tlabel\n영화 정말 재미있다! great\t1\n똠방각하 펲시콜라 뷁\t0\nplain ascii\t1\n\"두 \"\"인용\"\"\"\t0\n";
const std::vector<std::string> kTexts = {"영화 정말 재미있다! great", "똠방각하 펲시콜라 뷁", "plain ascii",
                                         "두 \"인용\""};

std::string encoded(const std::string& utf8, const char* encoding) {
  UErrorCode status = U_ZERO_ERROR;
  std::string out(utf8.size() * 4 + 16, '\0');
  const int size = ucnv_convert(encoding, "UTF-8", out.data(), static_cast<int>(out.size()), utf8.data(),
                                static_cast<int>(utf8.size()), &status);
  EXPECT_TRUE(U_SUCCESS(status)) << encoding;
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string note(std::string_view content, const ReaderOptions& options = {}) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder, "a.tsv", content);
  return open_reader({path}, options)->notes().at(0).substr(path.size());
}

TEST(EncodingReader, TellsEncodingsByTheirMarks) {
  for (const char* name : {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "UTF-8"}) {
    const std::string content = encoded("\uFEFF" + kText, name);
    EXPECT_EQ(texts(read_content("a.tsv", content)), kTexts) << name;
    EXPECT_THAT(note(content), HasSubstr(name));
    EXPECT_EQ(texts(read_content("a.tsv", content, {.encoding = name})), kTexts) << name << " given, and marked";
  }
}

TEST(EncodingReader, TellsUtf16WithoutMarkAndCp949) {
  for (const char* name : {"UTF-16LE", "UTF-16BE"}) {
    EXPECT_EQ(texts(read_content("a.tsv", encoded(kText, name))), kTexts) << name;
  }
  EXPECT_EQ(texts(read_content("a.tsv", encoded(kText, "windows-949"))), kTexts);
  EXPECT_THAT(note(encoded(kText, "windows-949")), HasSubstr("CP949"));
  EXPECT_THAT(texts(read_content("a.txt", encoded("가\n", "windows-949"))), ElementsAre("가")) << "short as it is";
}

TEST(EncodingReader, ReadsTheEncodingGiven) {
  for (const char* name : {"CP949", "cp949", "EUC-KR", "ms949", "KS_C_5601-1987"}) {
    EXPECT_EQ(texts(read_content("a.tsv", encoded(kText, "windows-949"), {.encoding = name})), kTexts) << name;
  }
  EXPECT_EQ(texts(read_content("a.tsv", encoded(kText, "UTF-16LE"), {.encoding = "UTF-16"})), kTexts);
  EXPECT_THAT(texts(read_content("a.txt", "caf\xE9\n", {.encoding = "ISO-8859-1"})), ElementsAre("café"));
  EXPECT_THAT(error_of(ErrorCode::invalid_argument, [] { read_content("a.txt", "x", {.encoding = "klingon"}); }),
              HasSubstr("unknown encoding 'klingon'"));
}

TEST(EncodingReader, LetsIcuTellOtherEncodings) {
  const std::string french =
      "Les élèves étaient très fatigués après la journée passée à l'école, où ils avaient répété la pièce de "
      "théâtre.\n";
  EXPECT_THAT(texts(read_content("a.txt", encoded(french, "ISO-8859-1"))),
              ElementsAre(french.substr(0, french.size() - 1)));
}

TEST(EncodingReader, ReadsWholeFilesInAnyEncoding) {
  EXPECT_THAT(texts(read_content("a", encoded("\uFEFF한글\r\n둘\n", "UTF-16BE"), {.from = InputForm::text})),
              ElementsAre("한글\r\n둘\n"));
}

TEST(EncodingReader, ReadsCsvRecordsOverSeveralLinesInUtf16) {
  // U+0A0A and U+0D0A have bytes that look like line ends.
  const std::string content = encoded("id,text\r\n1,\"\u0A0A\r\n\u0D0Ax\"\r\n2,y\r\n", "UTF-16LE");
  const auto documents = read_content("a.csv", content, {.encoding = "UTF-16LE"});
  EXPECT_THAT(texts(documents), ElementsAre("\u0A0A\r\n\u0D0Ax", "y"));
  EXPECT_EQ(documents[1].line, 4);
}

TEST(EncodingReader, AShortTextWithOneBadByteIsStillUtf8) {
  EXPECT_THAT(read_error("a.txt", "정말 재밌게 봤어요\xFF\n"), HasSubstr("UTF-8"));
}

TEST(EncodingReader, NamesTheByteThatIsNotUtf8) {
  EXPECT_EQ(read_error("reviews.tsv", "text\tlabel\n한글은 여기 있다 이만큼 있다\t1\nab\xB0\xA1\t1\n"),
            "reviews.tsv:3: byte 56: not valid UTF-8 (0xB0 0xA1); give --encoding if the file is not UTF-8");
  EXPECT_EQ(read_error("a.txt", "ok\nx\xFF\n", {.encoding = "UTF-8"}),
            "a.txt:2: byte 4: not valid UTF-8 (0xFF); give --encoding if the file is not UTF-8");
  EXPECT_EQ(read_error("a", "ok\nok\nx\xFF\n", {.from = InputForm::text, .encoding = "UTF-8"}),
            "a:3: byte 7: not valid UTF-8 (0xFF 0x0A); give --encoding if the file is not UTF-8");
}

TEST(EncodingReader, NamesTheByteThatOtherEncodingsDoNotHave) {
  const std::string content = encoded("가나\n다", "windows-949") + "\xB0 \nx\n";
  EXPECT_THAT(read_error("a.txt", content, {.encoding = "CP949"}), HasSubstr("a.txt:2: byte 7: not valid CP949 (0xB0"));
  EXPECT_THAT(read_error("a.txt", "x\n" + content.substr(0, 1) + "\ny\n", {.encoding = "CP949"}),
              HasSubstr("a.txt:2: byte 2: not valid CP949 (0xB0)"))
      << "cut by the line end";
  std::string wide = encoded("ab\ncd\n", "UTF-16LE");
  wide[9] = '\xD8';  // 'd' becomes half a surrogate pair
  EXPECT_THAT(read_error("a.txt", wide, {.encoding = "UTF-16LE"}), HasSubstr("a.txt:2: byte 8: not valid UTF-16LE"));
  EXPECT_THAT(read_error("a", wide, {.from = InputForm::text, .encoding = "UTF-16LE"}), HasSubstr("a:2: byte 8: "));
}

TEST(EncodingReader, SkipsBadLinesOnly) {
  EXPECT_THAT(
      texts(read_content("a.txt", "a\n\xFF\nb\xFF\nc\nd\xE0\x80\n", {.encoding = "UTF-8", .on_error = OnError::skip})),
      ElementsAre("a", "c"));
  EXPECT_THAT(texts(read_content("a.txt", "a\n\xB0 \nb\xB0\nc\n", {.encoding = "CP949", .on_error = OnError::skip})),
              ElementsAre("a", "c"));
}

TEST(EncodingReader, RefusesNulBytes) {
  using namespace std::string_view_literals;
  EXPECT_EQ(read_error("a.txt", "a line of text\nand x\0 one\n"sv, {.encoding = "UTF-8"}),
            "a.txt:2: byte 20: a NUL byte, which no text has");
}

}  // namespace
}  // namespace malmoi::corpus
