#include "corpus/tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The layout by hand: length of the header, header, data.
std::string layout(const std::string& header, std::string_view data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data);
}

ErrorCode code_of(const std::string& bytes) {
  try {
    const TensorReader reader(bytes, "test");
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "was read: " << bytes.substr(8);
  return ErrorCode::io;
}

std::string small_layout() {
  const std::vector<float> floats = {1.5F, -2, 0, 3, 4, 5};
  const std::vector<double> doubles = {0.1};
  const std::vector<std::int32_t> counts = {7, 8, 300};
  TensorWriter writer;
  writer.add_narrow("counts", std::span(counts));
  writer.add("weights", std::span(floats), {2, 3});
  writer.add("tenth", std::span(doubles));
  return writer.bytes({{"made by", "test"}});
}

TEST(TensorWriter, WritesTheLayoutByHand) {
  const std::vector<std::uint8_t> bytes = {1, 2};
  const std::vector<std::int32_t> wide = {0x01020304};
  TensorWriter writer;
  writer.add("b", std::span(bytes));
  writer.add("w", std::span(wide), {1, 1});
  // The wide one first; the header is filled up with blanks to a multiple of 8.
  const std::string header =
      R"({"w":{"dtype":"I32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  ASSERT_EQ(header.size(), 108U);
  EXPECT_EQ(writer.bytes(), layout(header + "    ", std::string("\4\3\2\1\1\2")));
}

TEST(TensorWriter, TakesTheNarrowestTypeThatHoldsAll) {
  TensorWriter writer;
  const std::vector<std::int64_t> values = {0, 255, 256, 65535, 65536, 2147483647, 2147483648};
  const std::span<const std::int64_t> all(values);
  for (std::size_t n = 1; n <= values.size(); ++n) writer.add_narrow(std::to_string(n), all.first(n));
  writer.add_narrow("0", all.first(0));
  const std::string bytes = writer.bytes();
  const TensorReader reader(bytes, "test");
  const std::vector<TensorType> expected = {TensorType::u8,  TensorType::u8,  TensorType::u8,  TensorType::u16,
                                            TensorType::u16, TensorType::i32, TensorType::i32, TensorType::i64};
  for (std::size_t n = 0; n <= values.size(); ++n) {
    EXPECT_EQ(reader.at(std::to_string(n)).type, expected[n]) << n;
    EXPECT_EQ(reader.read_narrow<std::int64_t>(std::to_string(n), values.back()),
              std::vector<std::int64_t>(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n)));
  }
}

TEST(TensorWriter, RefusesShapesAndNamesThatDoNotFit) {
  const std::vector<float> three = {1, 2, 3};
  const std::vector<std::int32_t> negative = {-1};
  TensorWriter writer;
  writer.add("a", std::span(three), {3, 1});
  EXPECT_THROW(writer.add("b", std::span(three), {2, 2}), Error);
  EXPECT_THROW(writer.add("c", std::span(three), {-3, -1}), Error);
  EXPECT_THROW(writer.add("a", std::span(three)), Error);
  EXPECT_THROW(writer.add("__metadata__", std::span(three)), Error);
  EXPECT_THROW(writer.add_narrow("d", std::span(negative)), Error);
}

TEST(TensorReader, GivesBackWhatWasWritten) {
  const std::string bytes = small_layout();
  const TensorReader reader(bytes, "test");
  EXPECT_THAT(reader.read<float>("weights"), ElementsAre(1.5F, -2, 0, 3, 4, 5));
  EXPECT_THAT(reader.at("weights").shape, ElementsAre(2, 3));
  EXPECT_THAT(reader.read<double>("tenth"), ElementsAre(0.1));
  EXPECT_THAT(reader.read_narrow<std::int32_t>("counts", 300), ElementsAre(7, 8, 300));
  EXPECT_EQ(reader.notes().at("made by"), "test");
  EXPECT_TRUE(reader.has("tenth"));
  EXPECT_FALSE(reader.has("eleventh"));
  for (const TensorView& tensor : reader.all()) {
    EXPECT_EQ(static_cast<std::size_t>(tensor.bytes.data() - bytes.data()) % element_bytes(tensor.type), 0U);
  }
}

TEST(TensorReader, RefusesAnotherTypeAMissingNameAndValuesOutOfRange) {
  const std::string bytes = small_layout();
  const TensorReader reader(bytes, "model lda");
  EXPECT_THROW((void)reader.read<double>("weights"), Error);
  EXPECT_THROW((void)reader.read_narrow<std::int32_t>("weights", 10), Error);
  EXPECT_THROW((void)reader.read_narrow<std::int32_t>("counts", 299), Error);
  try {
    (void)reader.at("gone");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(error.what(), HasSubstr("model lda: damaged: its tensors lack gone"));
  }
}

TEST(TensorReader, RefusesHeadersThatClaimWhatIsNotThere) {
  const std::vector<std::string> headers = {
      "",
      "[]",
      "{",
      R"({"a":1})",
      R"({"a":{"dtype":"F32","shape":[1]}})",
      R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}})",
      R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}})",
      R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})",
      R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}})",
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}})",
      R"({"__metadata__":1,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"__metadata__":{"b":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})"};
  for (const std::string& header : headers) {
    EXPECT_EQ(code_of(layout(header, std::string(4, '\0'))), ErrorCode::corrupt_data) << header;
  }
  const std::string right = R"({"e":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                            R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})";
  const std::string bytes = layout(right, std::string(4, '\0'));
  EXPECT_THAT(TensorReader(bytes, "test").read<float>("a"), ElementsAre(0.0F));
}

TEST(TensorReader, EveryShorterInputThrows) {
  const std::string bytes = small_layout();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(code_of(bytes.substr(0, size)), ErrorCode::corrupt_data) << size;
  }
  EXPECT_EQ(code_of(bytes + 'x'), ErrorCode::corrupt_data);
}

// Flips in the data are found by the model's checksum; here a damaged header must never lead outside the bytes.
TEST(TensorReader, AFlippedBitThrowsOrLeavesTheSameDataCovered) {
  const std::string right = small_layout();
  int refused = 0;
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    std::string bytes = right;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    try {
      const TensorReader reader(bytes, "test");
      std::size_t covered = 0;
      for (const TensorView& tensor : reader.all()) covered += tensor.bytes.size();
      EXPECT_EQ(covered, 6 * sizeof(float) + sizeof(double) + 3 * sizeof(std::uint16_t));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(Int8Tensors, LargeArraysOfFloatsComeBackAsNearlyTheSame) {
  std::vector<float> large(256);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<float>(i % 128);  // 127 in every second block
  const std::vector<float> small(255, 0.1F);
  const std::vector<std::int32_t> numbers = {1, -2};
  TensorWriter writer;
  writer.add("large", std::span<const float>(large), {64, 4});
  writer.add("small", std::span<const float>(small));
  writer.add("numbers", std::span<const std::int32_t>(numbers));
  const std::string whole = writer.bytes({{"made by", "test"}});
  const std::string bytes = with_int8(whole, "test");
  EXPECT_LT(bytes.size(), whole.size() - 600);
  const TensorReader reader(bytes, "test");
  EXPECT_EQ(reader.at("large").type, TensorType::i8);
  EXPECT_THAT(reader.at("large").shape, ElementsAre(64, 4));
  const std::vector<float> back = reader.read<float>("large");
  for (std::size_t i = 0; i < large.size(); ++i) EXPECT_NEAR(back[i], large[i], 0.25) << i;
  EXPECT_EQ(back[127], 127.0F);
  EXPECT_EQ(reader.read<float>("small"), small);
  EXPECT_EQ(reader.read<std::int32_t>("numbers"), numbers);
  EXPECT_EQ(reader.notes().at("made by"), "test");
  EXPECT_EQ(with_int8(whole, "test"), bytes);
}

TEST(Int8Tensors, AreNotMadeTwiceOrOfNothing) {
  const std::vector<float> large(20000, 1.0F);
  TensorWriter writer;
  writer.add("large", std::span<const float>(large));
  const std::string bytes = with_int8(writer.bytes(), "test");
  EXPECT_THAT(message_of([&] { (void)with_int8(bytes, "model m"); }), HasSubstr("model m: is int8 already"));
  EXPECT_THAT(message_of([] { (void)with_int8(small_layout(), "model m"); }),
              HasSubstr("model m: has no array of at least 256 floats"));
}

TEST(Int8Tensors, DamagedScalesAreRefused) {
  const std::vector<std::int8_t> values(65, 1);
  const auto read_with = [&](auto scales) {
    TensorWriter writer;
    writer.add({"a", TensorType::i8, {65}, {reinterpret_cast<const char*>(values.data()), values.size()}});
    writer.add("a.scales", std::span(std::as_const(scales)));
    const std::string bytes = writer.bytes();
    return TensorReader(bytes, "model m").read<float>("a");
  };
  EXPECT_EQ(read_with(std::vector<float>{2, 3})[64], 3.0F);
  const float infinite = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& wrong : std::vector<std::vector<float>>{{1}, {1, 2, 3}, {1, -2}, {1, infinite}}) {
    EXPECT_THAT(message_of([&] { (void)read_with(wrong); }), HasSubstr("scales in a.scales that do not fit"));
  }
  EXPECT_THAT(message_of([&] { (void)read_with(std::vector<double>{1, 2}); }), HasSubstr("no floats in a.scales"));
  const std::string alone = layout(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})", "x");
  EXPECT_THAT(message_of([&] { (void)TensorReader(alone, "model m").read<float>("a"); }), HasSubstr("lack a.scales"));
}

TEST(TensorReader, RandomArraysComeBack) {
  Rng rng(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint16_t> shorts(rng.uniform_index(40));
    std::vector<double> doubles(rng.uniform_index(40));
    for (std::uint16_t& value : shorts) value = static_cast<std::uint16_t>(rng.uniform_index(65536));
    for (double& value : doubles) value = rng.uniform() - 0.5;
    TensorWriter writer;
    writer.add("s", std::span<const std::uint16_t>(shorts));
    writer.add("d", std::span<const double>(doubles));
    const std::string bytes = writer.bytes();
    const TensorReader reader(bytes, "test");
    EXPECT_EQ(reader.read<std::uint16_t>("s"), shorts);
    EXPECT_EQ(reader.read<double>("d"), doubles);
  }
}

TEST(TensorReader, APrefixKeepsPartsOfAModelApart) {
  const std::vector<float> first = {1.5F, -2};
  const std::vector<float> second = {3};
  TensorWriter writer;
  writer.set_prefix("member0.");
  writer.add("weights", std::span<const float>(first));
  writer.set_prefix("member1.");
  writer.add("weights", std::span<const float>(second));
  writer.set_prefix({});
  writer.add("weights", std::span<const float>(second));
  const std::string bytes = writer.bytes();
  const TensorReader reader(bytes, "model x");
  EXPECT_EQ(reader.read<float>("member0.weights"), first);
  EXPECT_EQ(reader.part("member0.").read<float>("weights"), first);
  EXPECT_EQ(reader.part("member1.").read<float>("weights"), second);
  EXPECT_EQ(reader.part("member1.").all().size(), 1U);
  EXPECT_THROW((void)reader.part("member2.").at("weights"), Error);
}

}  // namespace
}  // namespace malmoi::corpus
