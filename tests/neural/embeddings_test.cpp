#include "neural/embeddings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::neural {
namespace {

Embeddings random_embeddings(std::int32_t words, std::int32_t dimensions) {
  Embeddings embeddings;
  embeddings.dimensions = dimensions;
  Rng rng(4);
  for (std::int32_t w = 0; w < words; ++w) {
    embeddings.words.intern(w % 2 == 0 ? concat("낱말", w) : concat("word", w));
    for (std::int32_t i = 0; i < dimensions; ++i) {
      embeddings.vectors.push_back(
          static_cast<float>((rng.uniform() - 0.5) * std::exp2(static_cast<double>(rng.uniform_index(40))) * 1e-6));
    }
  }
  return embeddings;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::io;
}

TEST(Embeddings, ComeBackFromBothFormsToTheBit) {
  const testing::TemporaryFolder folder;
  const Embeddings embeddings = random_embeddings(50, 7);
  for (const VectorFormat format : {VectorFormat::text, VectorFormat::word2vec_binary}) {
    write_vectors(embeddings, format, folder / "vectors", true);
    const Embeddings read = read_vectors(folder / "vectors");
    ASSERT_EQ(read.words.size(), 50);
    EXPECT_EQ(read.words.at(49), "word49");
    EXPECT_EQ(read.dimensions, 7);
    EXPECT_EQ(read.vectors, embeddings.vectors);
    EXPECT_EQ(read_vectors(folder / "vectors", 3).words.size(), 3);
  }
}

TEST(Embeddings, ReadWhatOtherProgramsWrite) {
  const testing::TemporaryFolder folder;
  // word2vec puts a blank behind every number; a word that occurs twice keeps its first vector.
  const Embeddings text = read_vectors(folder.write("a.vec", "3 2\r\n</s> 0.5 -1e-3 \r\n영화 1 2 \na 3 4\n"));
  EXPECT_EQ(text.vectors, (std::vector<float>{0.5F, -1e-3F, 1, 2, 3, 4}));
  EXPECT_EQ(read_vectors(folder.write("b.vec", "3 1\na 1\na 2\nb 3\n")).vectors, (std::vector<float>{1, 3}));
  // gensim writes no line ends between binary entries.
  const float values[] = {1.5F, -2.0F, 0.25F, 8.0F};
  std::string bytes = "2 2\nab ";
  bytes.append(reinterpret_cast<const char*>(values), 8)
      .append("c ")
      .append(reinterpret_cast<const char*>(values + 2), 8);
  const Embeddings binary = read_vectors(folder.write("c.bin", bytes));
  EXPECT_EQ(binary.words.at(1), "c");
  EXPECT_EQ(binary.vectors, (std::vector<float>{1.5F, -2.0F, 0.25F, 8.0F}));
}

TEST(Embeddings, RefuseDamagedFiles) {
  const testing::TemporaryFolder folder;
  const auto refused = [&](std::string_view bytes) {
    const auto path = folder.write("damaged", bytes);
    EXPECT_EQ(code_of([&] { (void)read_vectors(path); }), ErrorCode::corrupt_data) << bytes;
  };
  refused("");
  refused("words 3\na 1 2 3\n");
  refused("1 0\na\n");
  refused("-1 2\na 1 2\n");
  refused("99999999999 300\na 1 2\n");  // more than the file can hold: refused before anything is allocated
  refused("2 2\na 1 2\nb 1\n");
  refused("2 2\na 1 2\nb 1 2 3\n");
  refused("2 2\na 1 2\nb 1 x\n");
  refused("2 2\na 1 2\nb 1 nan\n");
  refused("2 2\na 1 2\n\xFF\xFE 1 2\n");
  refused("2 2\na 1 2\n");
  EXPECT_EQ(code_of([&] { (void)read_vectors(folder / "absent"); }), ErrorCode::not_found);
  try {
    (void)read_vectors(folder.write("nan.vec", "2 2\na 1 nan\nb 1 2\n"));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("has no 2 finite numbers for a word"), std::string::npos) << error.what();
  }
}

TEST(Embeddings, RefuseEveryTruncationOfAFile) {
  const testing::TemporaryFolder folder;
  for (const VectorFormat format : {VectorFormat::text, VectorFormat::word2vec_binary}) {
    write_vectors(random_embeddings(3, 2), format, folder / "vectors", true);
    const std::string bytes = read_bytes(folder / "vectors");
    // The last line end is no loss in the binary form.
    for (std::size_t length = 0; length + 1 < bytes.size(); ++length) {
      const auto path = folder.write("part", std::string_view(bytes).substr(0, length));
      EXPECT_EQ(code_of([&] { (void)read_vectors(path); }), ErrorCode::corrupt_data) << length;
    }
  }
}

TEST(Embeddings, WithFlippedBitsAreReadOrRefusedButNothingElse) {
  const testing::TemporaryFolder folder;
  for (const VectorFormat format : {VectorFormat::text, VectorFormat::word2vec_binary}) {
    write_vectors(random_embeddings(5, 3), format, folder / "vectors", true);
    const std::string bytes = read_bytes(folder / "vectors");
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      try {
        const Embeddings read = read_vectors(folder.write("damaged", damaged));
        EXPECT_EQ(read.vectors.size(),
                  static_cast<std::size_t>(read.words.size()) * static_cast<std::size_t>(read.dimensions));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
      }
    }
  }
}

TEST(Embeddings, RefuseWordsTheFormsHaveNoPlaceFor) {
  const testing::TemporaryFolder folder;
  Embeddings embeddings = random_embeddings(2, 2);
  write_vectors(embeddings, VectorFormat::text, folder / "vectors");
  EXPECT_EQ(code_of([&] { write_vectors(embeddings, VectorFormat::text, folder / "vectors"); }),
            ErrorCode::invalid_argument);  // exists
  embeddings.words.intern("new york");
  embeddings.vectors.resize(6);
  EXPECT_EQ(code_of([&] { write_vectors(embeddings, VectorFormat::text, folder / "other"); }),
            ErrorCode::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

TEST(Embeddings, GiveWordsThatAreNotThereTheMeanOfTheirKnownParts) {
  Embeddings embeddings;
  embeddings.dimensions = 2;
  embeddings.words.intern("cat");
  embeddings.vectors = {1, 1};
  EXPECT_TRUE(vector_of(embeddings, "cats").empty());
  const std::vector<std::string_view> words = {"cat"};
  SubwordLists lists = list_subwords(words, {.letters = {3, 3}});  // <ca, cat, at>
  ASSERT_EQ(lists.subwords.buckets.size(), 3U);
  embeddings.subwords = lists.subwords;
  embeddings.subword_vectors.assign(6, 0.0F);
  const auto set = [&](std::size_t part, float x) {
    embeddings.subword_vectors[static_cast<std::size_t>(lists.of(0)[part]) * 2] = x;
  };
  set(0, 4.0F);
  set(1, 6.0F);
  set(2, 100.0F);
  EXPECT_EQ(vector_of(embeddings, "cat"), (std::vector<float>{1, 1}));
  EXPECT_EQ(vector_of(embeddings, "cats"), (std::vector<float>{5, 0}));  // of <ca and cat
  EXPECT_TRUE(vector_of(embeddings, "dog").empty());
}

}  // namespace
}  // namespace malmoi::neural
