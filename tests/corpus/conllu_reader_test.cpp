#include "tests/corpus/reader_testing.h"

namespace malmoi::corpus {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string word(const std::string& id, const std::string& form, const std::string& misc = "_") {
  return id + "\t" + form + "\t_\t_\t_\t_\t_\t_\t_\t" + misc + "\n";
}

TEST(ConlluReader, TakesKeyAndTextFromTheComments) {
  const auto documents =
      read_content("r.conllu", "# newdoc id = d\n# sent_id = s-1\n# text = 제일 가까운 곳\n" + word("1", "제일") +
                                   "\n\n" + "# sent_id = s-2\n# text = a = b\n" + word("1", "a"));
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0].key, "s-1");
  EXPECT_EQ(documents[0].text, "제일 가까운 곳");
  EXPECT_EQ(documents[0].line, 1);
  EXPECT_EQ(documents[1].text, "a = b");
  EXPECT_EQ(documents[1].line, 7);
}

TEST(ConlluReader, JoinsTheTokensWhereThereIsNoText) {
  const auto documents = read_content(
      "r.conllu", word("1", "Let", "SpaceAfter=No|X=1") + word("2", "'s") + word("3-4", "don't", "X=1|SpaceAfter=No") +
                      word("3", "do") + word("4", "n't") + word("4.1", "hidden") + word("5", "!") + word("6", "Go"));
  EXPECT_THAT(texts(documents), ElementsAre("Let's don't! Go"));
  EXPECT_THAT(documents.at(0).key, HasSubstr("r.conllu:1"));
}

TEST(ConlluReader, RefusesWhatIsNoWordLine) {
  EXPECT_EQ(read_error("r.conllu", word("1", "a") + "2\tb\n"), "r.conllu:2: byte 20: 2 columns instead of 10");
  EXPECT_EQ(read_error("r.conllu", word("x", "a")), "r.conllu:1: byte 0: 'x' is no word number");
  EXPECT_EQ(read_error("r.conllu", word("3-2", "a")), "r.conllu:1: byte 0: '3-2' is no word number");
  EXPECT_EQ(read_error("r.conllu", word("1", "a") + word("1", "b")), "r.conllu:2: byte 20: word 1 follows word 1");
  EXPECT_EQ(read_error("r.conllu", "# sent_id =\n" + word("1", "a")), "r.conllu:1: byte 0: an empty sent_id");
}

TEST(ConlluReader, SkipsAWholeSentenceForABadLine) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder, "r.conllu",
                                      word("1", "a") + "bad\n" + word("2", "b") + "\n" + word("1", "c") + "\n\xFF\n" +
                                          word("1", "d") + "\n" + word("1", "e"));
  const auto reader = open_reader({path}, {.encoding = "UTF-8", .on_error = OnError::skip});
  EXPECT_THAT(texts(read_all(*reader)), ElementsAre("c", "e"));
  EXPECT_EQ(reader->skipped_count(), 2);
  EXPECT_EQ(reader->skipped().at(0).line, 2);
  EXPECT_EQ(reader->skipped().at(1).line, 7);
}

TEST(ConlluReader, PassesOverCommentsWithoutWords) {
  EXPECT_THAT(texts(read_content("r.conllu", "# licence = free\n\n" + word("1", "a") + "\n# the end\n")),
              ElementsAre("a"));
}

TEST(ConlluReader, TextCommentsOfUniversalDependenciesAgreeWithTheJoinedTokens) {
  const std::string path = shared_file("ud/ko_gsd-ud-dev.conllu.gz");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the shared corpora are not here: " << path;
  const auto documents = read_all({path});
  ASSERT_EQ(documents.size(), 950U);
  EXPECT_EQ(documents[0].key, "dev-s1");
  EXPECT_EQ(documents[0].text, "제일 가까운 스타벅스가 어디 있지");

  std::string unpacked;
  {
    const auto source = open_byte_source(path);
    std::string block(1U << 16U, '\0');
    while (const std::size_t count = source->read(block)) unpacked.append(block, 0, count);
  }
  for (std::size_t at = unpacked.find("# text ="); at != std::string::npos; at = unpacked.find("# text =")) {
    unpacked.erase(at, unpacked.find('\n', at) + 1 - at);
  }
  EXPECT_EQ(texts(read_content("no_text.conllu", unpacked)), texts(documents));
}

}  // namespace
}  // namespace malmoi::corpus
