#include "corpus/base/rng.h"
#include "corpus/base/utf8.h"
#include "tests/corpus/reader_testing.h"
#include "tests/support/random_text.h"

namespace malmoi::corpus {
namespace {

using namespace testing_support;

struct Sample {
  std::string name;
  std::string content;
  InputForm form = InputForm::automatic;
  std::string encoding = "UTF-8";
};

std::string word_line(const std::string& text) {
  return "1\t" + text + "\t_\t_\t_\t_\t_\t_\t_\t_\n";
}

/// A small input of each form and kind of bytes.
std::vector<Sample> samples() {
  std::string lines;
  std::string csv = "id,text,label\n";
  std::string tsv = "id\ttext\tlabel\r\n";
  std::string jsonl;
  std::string conllu;
  for (int i = 0; i < 12; ++i) {
    const std::string text = concat(i % 3 == 0 ? "한국어 문장 " : "some words, ", i);
    const std::string quoted = concat('"', text, i % 2 == 0 ? "\n\"\"둘\"\"\"" : "\"");
    lines += concat(text, "\n");
    csv += concat(i, ",", quoted, ",", i, "\n");
    tsv += concat(i, "\t\"", text, "\"\"\"\t", i, "\r\n");
    jsonl += concat("{\"id\":", i, ",\"text\":\"", text, "\\n\\u00e9\",\"m\":[1,{\"a\":null}]}\n");
    const std::string comment = i % 2 == 0 ? concat("# text = ", text, "\n") : "";
    conllu += concat("# sent_id = ", i, "\n", comment, word_line(text), "\n");
  }
  std::string wide;
  for (const char c : std::string("id\ttext\n1\tone\n2\ttwo\n")) wide.append({c, '\0'});
  return {{"a.txt", lines, InputForm::lines},
          {"b.txt", lines, InputForm::text},
          {"a.csv", csv, InputForm::csv},
          {"a.tsv", tsv, InputForm::tsv},
          {"a.jsonl", jsonl, InputForm::jsonl},
          {"a.conllu", conllu, InputForm::conllu},
          {"a.gz", gzip(csv), InputForm::csv},
          {"w.tsv", wide, InputForm::tsv, "UTF-16LE"},
          {"k.txt", "\xB0\xA1\xB3\xAA\n\xB4\xD9\n", InputForm::lines, "CP949"}};
}

/// Reads to the end or an Error; whatever is read must be text.
void read_damaged(const std::string& path, const ReaderOptions& options) {
  try {
    const auto reader = open_reader({path}, options);
    Document document;
    for (int count = 0; reader->read(document); ++count) {
      ASSERT_LT(count, 10000) << path;
      for (const std::string* field : {&document.text, &document.key, &document.label, &document.meta}) {
        ASSERT_EQ(find_invalid_utf8(*field), std::string::npos);
        ASSERT_EQ(field->find('\0'), std::string::npos);
      }
    }
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()), "");
  }
}

TEST(DamagedInput, ThrowsAnErrorOrGivesText) {
  const TemporaryFolder folder;
  Rng rng(3);
  for (const Sample& sample : samples()) {
    for (int round = 0; round < 300; ++round) {
      std::string content = sample.content;
      if (round % 3 == 0) content.resize(rng.uniform_index(content.size()));
      for (std::size_t flips = round % 3 == 1 ? 1 : 3; flips > 0 && !content.empty() && round % 3 != 0; --flips) {
        content[rng.uniform_index(content.size())] ^= static_cast<char>(1U << rng.uniform_index(8));
      }
      const std::string path = write_file(folder, sample.name, content);
      const bool guesses = round % 2 == 0;
      read_damaged(path, {.from = guesses ? InputForm::automatic : sample.form,
                          .encoding = guesses ? "auto" : sample.encoding,
                          .on_error = round % 5 == 0 ? OnError::stop : OnError::skip});
    }
  }
}

TEST(DamagedInput, TruncatedGzipIsNeverTakenForTheWhole) {
  const std::string packed = gzip("id,text\n1,one\n2,two\n");
  for (std::size_t size = 2; size < packed.size(); ++size) {
    EXPECT_THROW(read_content("a.csv.gz", packed.substr(0, size)), Error) << size;
  }
}

struct Outcome {
  std::vector<Document> documents;
  std::vector<std::string> skipped;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << ::testing::PrintToString(outcome.documents) << ::testing::PrintToString(outcome.skipped) << outcome.error;
}

Outcome read_with(const std::string& path, const ReaderOptions& options, ReadSizes sizes) {
  Outcome outcome;
  try {
    const auto reader = open_reader({path}, options, sizes);
    outcome.documents = read_all(*reader);
    for (const SkippedRecord& record : reader->skipped()) {
      outcome.skipped.push_back(std::to_string(record.line) + " " + record.reason);
    }
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  return outcome;
}

TEST(ReadSizes, ChangeNoDocumentAndNoError) {
  const TemporaryFolder folder;
  Rng rng(4);
  for (const Sample& sample : samples()) {
    for (int round = 0; round < 40; ++round) {
      std::string content = sample.content;
      // Damaged gzip may show at other records first, depending on how much is unpacked at once.
      if (round > 0 && sample.name != "a.gz")
        content[rng.uniform_index(content.size())] ^= static_cast<char>(1U << rng.uniform_index(8));
      const std::string path = write_file(folder, sample.name, content);
      const bool has_fields =
          sample.form == InputForm::csv || sample.form == InputForm::tsv || sample.form == InputForm::jsonl;
      const ReaderOptions options = {.from = sample.form,
                                     .id_field = has_fields ? "id" : "",
                                     .text_field = has_fields ? "text" : "",
                                     .encoding = sample.encoding,
                                     .on_error = round % 2 == 0 ? OnError::stop : OnError::skip};
      const Outcome whole = read_with(path, options, {});
      EXPECT_EQ(read_with(path, options, {.block = 1, .sample = 1}), whole) << sample.name << " round " << round;
      EXPECT_EQ(read_with(path, options, {.block = 7, .sample = 64}), whole) << sample.name << " round " << round;
      EXPECT_TRUE(round > 0 || !whole.documents.empty()) << sample.name;
    }
  }
}

std::string csv_quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

TEST(CsvReader, GivesBackRandomTextThatWasQuoted) {
  const TemporaryFolder folder;
  Rng rng(6);
  std::string content = "text,label\n";
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    expected.push_back(testing::random_text(rng, rng.uniform_index(40)));
    content += csv_quoted(expected.back()) + ",x\n";
  }
  const std::string path = write_file(folder, "a.csv", content);
  EXPECT_EQ(texts(read_all({path})), expected);
}

}  // namespace
}  // namespace malmoi::corpus
