#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "corpus/line_reader.h"
#include "corpus/readers.h"
#include "tests/corpus/reader_testing.h"

namespace malmoi::corpus {
namespace {

using namespace testing_support;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// What has come of an input so far.
struct Arrived {
  std::deque<std::string> pieces;
  bool ended = false;
};

// An input that comes in pieces. Reading where nothing is there would wait for ever.
class Pieces final : public ByteSource {
 public:
  explicit Pieces(Arrived& arrived) : arrived_(arrived) {}

  std::size_t read(std::span<char> into) override {
    if (arrived_.pieces.empty()) {
      EXPECT_TRUE(arrived_.ended) << "it would wait";
      return 0;
    }
    const std::size_t count = arrived_.pieces.front().copy(into.data(), into.size());
    arrived_.pieces.pop_front();
    return count;
  }
  [[nodiscard]] bool ready(int /*milliseconds*/) const override { return arrived_.ended || !arrived_.pieces.empty(); }
  [[nodiscard]] std::int64_t bytes_read() const override { return 0; }

 private:
  Arrived& arrived_;
};

TEST(LineReader, SaysWhetherALineIsThere) {
  Arrived arrived{.pieces = {"one\ntw"}};
  LineReader lines(std::make_unique<Pieces>(arrived), "-", "UTF-8", {.live = true});
  EXPECT_TRUE(lines.line_is_there());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.line().text, "one");
  EXPECT_FALSE(lines.line_is_there());
  arrived.pieces = {"o", "\nthree\nlast"};
  EXPECT_TRUE(lines.line_is_there());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.line().text, "two");
  EXPECT_EQ(lines.line().number, 2);
  EXPECT_TRUE(lines.line_is_there());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.line().text, "three");
  EXPECT_FALSE(lines.line_is_there());
  arrived.ended = true;
  EXPECT_TRUE(lines.line_is_there());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.line().text, "last");
  EXPECT_EQ(lines.line().byte, 14);
  EXPECT_TRUE(lines.line_is_there());
  EXPECT_FALSE(lines.next());
}

/// Gives a file as standard input as long as it lives.
class StandardInput {
 public:
  explicit StandardInput(const std::string& path) : saved_(dup(STDIN_FILENO)) {
    const int file = open(path.c_str(), O_RDONLY);
    dup2(file, STDIN_FILENO);
    close(file);
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

TEST(OpenReader, GoesByTheName) {
  EXPECT_THAT(texts(read_content("a.csv", "text\n\"x\"\n")), ElementsAre("x"));
  EXPECT_THAT(texts(read_content("a.TSV", "text\tlabel\nx,y\t1\n")), ElementsAre("x,y"));
  EXPECT_THAT(texts(read_content("a.ndjson", "{\"text\":\"x\"}\n")), ElementsAre("x"));
  EXPECT_THAT(texts(read_content("a.csv.gz", gzip("text\n\"x\"\n"))), ElementsAre("x"));
}

TEST(OpenReader, GuessesByContentWhereTheNameSaysNothing) {
  const std::string line = "1\tLet\t_\t_\t_\t_\t_\t_\t_\t_\n";
  EXPECT_THAT(texts(read_content("a.txt", "id\ttext\n1\tx\n")), ElementsAre("x")) << "equal tabs: TSV";
  EXPECT_THAT(texts(read_content("a.dat", "\n {\"text\":\"x\"}\n")), ElementsAre("x"));
  EXPECT_THAT(texts(read_content("a.dat", "# text = x\n" + line + "\n" + line)), ElementsAre("x", "Let"));
  EXPECT_THAT(texts(read_content("a.txt", "one\tx\ntwo\n{3}\n")), ElementsAre("one\tx", "two", "{3}")) << "else lines";
  EXPECT_THAT(texts(read_content("a.txt", "")), SizeIs(0));
}

TEST(OpenReader, StripsPostsOfEveryForm) {
  const std::string post = "From: a@b\nSubject: x\n\nA wrote:\n> old\nnew words\n--\nB\n";
  const ReaderOptions options{.strip = Strip::newsgroup};
  const TemporaryFolder folder;
  write_file(folder, "posts/1", post);
  EXPECT_THAT(texts(read_all({(folder / "posts").string()}, options)), ElementsAre("new words"));
  EXPECT_THAT(texts(read_content("a.csv", "id,text\n1,\"" + post + "\"\n", options)), ElementsAre("new words"));
  const std::string line = R"({"text":"From: a\n\n> old\nnew words"})";
  EXPECT_THAT(texts(read_content("a.jsonl", line + "\n", options)), ElementsAre("new words"));
  EXPECT_THAT(texts(read_content("a.jsonl", line + "\n")), ElementsAre("From: a\n\n> old\nnew words"));
}

TEST(OpenReader, SaysWhatStrippingLeftEmpty) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder, "a.tsv", "id\ttext\n1\tone line\n2\t\n");
  const auto reader = open_reader({path}, {.strip = Strip::newsgroup});
  EXPECT_THAT(texts(read_all(*reader)), ElementsAre("", ""));
  EXPECT_THAT(reader->notes(), ElementsAre(HasSubstr("text = text; without headers, footers and quotes"),
                                           "documents left empty without headers, footers and quotes: 1"));
}

TEST(OpenReader, ReadsOneDocumentALineOrAFile) {
  EXPECT_THAT(texts(read_content("a.txt", "one\r\n\ntwo", {.from = InputForm::lines})), ElementsAre("one", "", "two"));
  const TemporaryFolder folder;
  const std::string path = write_file(folder, "a.txt", "\xEF\xBB\xBFone\r\n\ntwo\n");
  const auto documents = read_all({path}, {.from = InputForm::text});
  ASSERT_THAT(documents, SizeIs(1));
  EXPECT_EQ(documents[0].text, "one\r\n\ntwo\n") << "kept whole, but for the byte order mark";
  EXPECT_EQ(documents[0].key, path);
  EXPECT_EQ(documents[0].line, 0);
  EXPECT_THAT(texts(read_content("a", "", {.from = InputForm::text})), ElementsAre(""))
      << "an empty file is a document";
}

TEST(OpenReader, ReadsAFolderInByteOrderOfThePaths) {
  const TemporaryFolder folder;
  for (const char* name : {"in/b.txt", "in/a/z.txt", "in/B", "in/c.jsonl", "in/.hidden", "in/.git/x", "in/a-.txt.gz"}) {
    write_file(folder, name, std::string(name).ends_with("jsonl") ? "{\"text\":\"json\"}\n" : name);
  }
  write_file(folder, "in/a-.txt.gz", gzip("packed"));
  fs::create_directory_symlink(folder / "in", folder / "in/loop");
  const std::string in = (folder / "in").string();
  const auto reader = open_reader({in}, {});
  const auto documents = read_all(*reader);
  EXPECT_THAT(texts(documents), ElementsAre("in/B", "packed", "in/a/z.txt", "in/b.txt", "json"));
  EXPECT_EQ(documents[2].key, in + "/a/z.txt");
  EXPECT_EQ(documents[2].source, in + "/a/z.txt");
  EXPECT_EQ(documents[4].key, in + "/c.jsonl:1");
  EXPECT_THAT(reader->notes(),
              ElementsAre(in + ": each file is one document, UTF-8", in + "/c.jsonl: JSON Lines, UTF-8; text = text"));
}

TEST(OpenReader, ReadsSeveralInputsEachInItsOwnForm) {
  const TemporaryFolder folder;
  const std::string tsv = write_file(folder, "a.tsv", "id\ttext\n1\tx\n");
  const std::string lines = write_file(folder, "b.txt", "y\nz\n");
  const auto reader = open_reader({tsv, lines}, {});
  const auto documents = read_all(*reader);
  EXPECT_THAT(texts(documents), ElementsAre("x", "y", "z"));
  EXPECT_EQ(documents[2].key, lines + ":2");
  EXPECT_THAT(reader->notes(), ElementsAre(tsv + ": TSV with header, UTF-8; id = id, text = text",
                                           lines + ": one document a line, UTF-8"));
  EXPECT_EQ(reader->bytes_total(), 16);
  EXPECT_EQ(reader->bytes_read(), 16);
}

TEST(OpenReader, ReadsStandardInput) {
  const TemporaryFolder folder;
  const StandardInput input(write_file(folder, "in", "text\tlabel\nx\t1\n"));
  const auto reader = open_reader({"-"}, {});
  const auto documents = read_all(*reader);
  ASSERT_THAT(documents, SizeIs(1));
  EXPECT_EQ(documents[0].key, "");
  EXPECT_EQ(documents[0].source, "-");
  EXPECT_EQ(documents[0].text, "x");
  EXPECT_EQ(reader->bytes_total(), 0);
}

TEST(OpenReader, UnpacksStandardInput) {
  const TemporaryFolder folder;
  const StandardInput input(write_file(folder, "in", gzip("one\ntwo\n")));
  EXPECT_THAT(texts(read_all({"-"})), ElementsAre("one", "two"));
}

TEST(OpenReader, RefusesInputsThatItCannotRead) {
  const TemporaryFolder folder;
  const auto message = [&](ErrorCode code, const std::vector<std::string>& inputs) {
    return error_of(code, [&] { read_all(inputs); });
  };
  EXPECT_EQ(message(ErrorCode::not_found, {(folder / "none.csv").string()}), "none.csv: no such file or folder");
  EXPECT_EQ(message(ErrorCode::invalid_argument, {}), "open_reader: no input is given");
  EXPECT_EQ(message(ErrorCode::invalid_argument, {"-", "-"}), "open_reader: standard input (-) is given twice");
  fs::create_directory(folder / "empty");
  EXPECT_EQ(message(ErrorCode::invalid_argument, {(folder / "empty").string()}), "empty: the folder holds no files");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(message(ErrorCode::invalid_argument, {(folder / "pipe").string()}),
              HasSubstr("pipe: neither a file nor"));
  if (geteuid() != 0) {  // root may read everything
    const std::string path = write_file(folder, "secret.txt", "x");
    fs::permissions(path, fs::perms::none);
    EXPECT_EQ(message(ErrorCode::io, {path}), "secret.txt: cannot be opened: Permission denied");
  }
}

TEST(OpenReader, LooksForAllInputsBeforeItReadsOne) {
  const TemporaryFolder folder;
  const std::string good = write_file(folder, "a.txt", "x\n");
  EXPECT_EQ(error_of(ErrorCode::not_found,
                     [&] {
                       open_reader({good, (folder / "b").string()}, {});
                     }),
            "b: no such file or folder");
}

TEST(OpenReader, RefusesFieldsWhereTheFormHasNone) {
  EXPECT_THAT(error_of(ErrorCode::invalid_argument, [] { read_content("a.txt", "x\n", {.label_field = "label"}); }),
              HasSubstr("a.txt: read as one document a line, which has no field 'label'"));
  EXPECT_THAT(error_of(ErrorCode::invalid_argument, [] { read_content("a.conllu", "", {.meta_fields = {"*"}}); }),
              HasSubstr("no metadata fields"));
}

TEST(OpenReader, RefusesDamagedGzipEvenWhenRecordsAreSkipped) {
  const std::string packed = gzip("one\ntwo\nthree and some more text\n");
  const ReaderOptions skip = {.on_error = OnError::skip};
  EXPECT_EQ(read_error("a.txt.gz", packed.substr(0, packed.size() - 3), skip),
            "a.txt.gz ends before the end of its gzip data: the file is truncated");
  std::string wrong = packed;
  wrong[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT(read_error("a.txt.gz", wrong, skip), HasSubstr("a.txt.gz has damaged gzip data near its byte"));
  EXPECT_EQ(read_error("a.txt.gz", "plain\n", skip), "a.txt.gz is not gzip data, as its name says");
  EXPECT_THAT(read_error("a.txt.gz", packed + "rest", skip), HasSubstr("has damaged gzip data"));
}

TEST(OpenReader, JoinsGzipMembers) {
  EXPECT_THAT(texts(read_content("a.txt.gz", gzip("one\ntw") + gzip("") + gzip("o\nthree"))),
              ElementsAre("one", "two", "three"));
  EXPECT_THAT(texts(read_content("a.gz", gzip(""))), SizeIs(0));
}

TEST(OpenReader, CountsAllSkippedRecordsAndListsTheFirstThousand) {
  const TemporaryFolder folder;
  std::string content = "{\"text\":\"a\"}\n";
  for (int i = 0; i < 1500; ++i) content += "{\n";
  const auto reader = open_reader({write_file(folder, "a.jsonl", content)}, {.on_error = OnError::skip});
  EXPECT_THAT(read_all(*reader), SizeIs(1));
  EXPECT_EQ(reader->skipped_count(), 1500);
  EXPECT_THAT(reader->skipped(), SizeIs(1000));
}

TEST(OpenReader, LeavesTheNumberOfADocumentAlone) {
  const TemporaryFolder folder;
  const auto reader = open_reader({write_file(folder, "a.txt", "x\n")}, {});
  Document document;
  document.id = 42;
  ASSERT_TRUE(reader->read(document));
  EXPECT_EQ(document.id, 42);
}

}  // namespace
}  // namespace malmoi::corpus
