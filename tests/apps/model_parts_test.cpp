#include "apps/model_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using ::testing::HasSubstr;

constexpr corpus::ModelKind kKind{.kind = "test", .newest = 3};
constexpr std::array<std::string_view, 2> kColours = {"red", "blue"};
enum class Colour { red, blue };

corpus::StoredModel model_of(const nlohmann::ordered_json& fields) {
  return ModelWriter().stored(kKind, fields);
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ModelParts, ComeBackAsTheyWereWritten) {
  const std::vector<std::string> labels = {"긍정", "", "a\nb"};
  const std::vector<std::string> none;
  topics::DenseMatrix matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  const std::vector<std::int64_t> rows = {3, 3, 70000};
  ModelWriter writer;
  writer.add_strings("labels", labels);
  writer.add_strings("none", none);
  writer.add_matrix("weights", matrix);
  writer.tensors().add_narrow("rows", std::span<const std::int64_t>(rows));
  const corpus::StoredModel stored = writer.stored(kKind, {{"options", {{"seed", 18446744073709551615U}}}});
  EXPECT_EQ(stored.kind, "test");
  EXPECT_EQ(stored.version, 3);
  EXPECT_EQ(stored.checksum, corpus::checksum(stored));
  const ModelReader reader(stored, "model m");
  EXPECT_EQ(reader.strings("labels"), labels);
  EXPECT_EQ(reader.strings("none"), none);
  EXPECT_EQ(reader.matrix("weights", 2, 3), matrix);
  EXPECT_EQ(reader.ascending("rows"), rows);
  std::uint64_t seed = 0;
  reader.fields("options").take("seed", seed);
  EXPECT_EQ(seed, 18446744073709551615U);
}

TEST(ModelParts, FieldsAreTakenAsWhatTheyAre) {
  const corpus::StoredModel stored = model_of({{"n", -5}, {"x", 2}, {"on", true}, {"name", "ㄱ"}, {"colour", "blue"}});
  const ModelReader reader(stored, "m");
  std::int32_t n = 0;
  double x = 0;
  bool on = false;
  std::string name;
  Colour colour = Colour::red;
  reader.fields().take("n", n);
  reader.fields().take("x", x);
  reader.fields().take("on", on);
  reader.fields().take("name", name);
  reader.fields().take("colour", kColours, colour);
  EXPECT_EQ(n, -5);
  EXPECT_EQ(x, 2.0);
  EXPECT_TRUE(on);
  EXPECT_EQ(name, "ㄱ");
  EXPECT_EQ(colour, Colour::blue);
  EXPECT_EQ(name_of(kColours, colour), "blue");
  EXPECT_TRUE(reader.fields().has("n"));
  EXPECT_FALSE(reader.fields().has("m"));
}

TEST(ModelParts, AFieldOfAnotherTypeOrOutOfItsTypesRangeIsDamage) {
  const corpus::StoredModel stored =
      model_of({{"part", {{"big", 4294967296}, {"minus", -1}, {"half", 0.5}, {"text", "1"}, {"list", {1}}}}});
  const ModelReader reader(stored, "model m");
  const ModelFields fields = reader.fields("part");
  std::int32_t n = 0;
  std::uint32_t u = 0;
  double x = 0;
  bool on = false;
  std::string text;
  Colour colour = Colour::red;
  EXPECT_EQ(message_of([&] { fields.take("big", n); }),
            "model m: damaged: options.part: big is not a whole number from -2147483648 to 2147483647");
  EXPECT_THAT(message_of([&] { fields.take("big", u); }), HasSubstr("0 to 4294967295"));
  EXPECT_THAT(message_of([&] { fields.take("minus", u); }), HasSubstr("minus is not a whole number"));
  EXPECT_THAT(message_of([&] { fields.take("half", n); }), HasSubstr("half is not a whole number"));
  EXPECT_THAT(message_of([&] { fields.take("text", x); }), HasSubstr("text is not a number"));
  EXPECT_THAT(message_of([&] { fields.take("list", on); }), HasSubstr("list is not true or false"));
  EXPECT_THAT(message_of([&] { fields.take("half", text); }), HasSubstr("half is not a text"));
  EXPECT_THAT(message_of([&] { fields.take("text", kColours, colour); }), HasSubstr("text is not known"));
  EXPECT_THAT(message_of([&] { (void)fields.object("list"); }), HasSubstr("list is not an object"));
  EXPECT_EQ(message_of([&] { fields.take("gone", n); }), "model m: damaged: options.part: gone is not there");
}

TEST(ModelParts, OptionsThatAreNoObjectAreDamage) {
  for (const std::string_view options : {"", "[]", "3", "{\"a\":", "null"}) {
    corpus::StoredModel stored = model_of(nlohmann::ordered_json::object());
    stored.options = options;
    EXPECT_EQ(message_of([&] { ModelReader(stored, "m"); }), "m: damaged: its options are no JSON object") << options;
  }
}

TEST(ModelParts, ArraysThatDoNotFitAreDamage) {
  const std::vector<std::size_t> lengths = {3, 2};
  const std::vector<std::uint8_t> text = {'a', 'b', 'c', 'd'};
  const std::vector<std::int64_t> falling = {2, 1};
  topics::DenseMatrix matrix(1, 2);
  matrix << 1, std::numeric_limits<float>::infinity();
  ModelWriter writer;
  writer.tensors().add_narrow("short.lengths", std::span<const std::size_t>(lengths));
  writer.tensors().add("short.text", std::span<const std::uint8_t>(text));
  writer.tensors().add_narrow("long.lengths", std::span(lengths).first(1));
  writer.tensors().add("long.text", std::span<const std::uint8_t>(text));
  writer.tensors().add_narrow("falling", std::span<const std::int64_t>(falling));
  writer.add_matrix("infinite", matrix);
  const corpus::StoredModel stored = writer.stored(kKind, nlohmann::ordered_json::object());
  const ModelReader reader(stored, "m");
  EXPECT_EQ(message_of([&] { (void)reader.strings("short"); }), "m: damaged: short does not fit the rest");
  EXPECT_EQ(message_of([&] { (void)reader.strings("long"); }), "m: damaged: long does not fit the rest");
  EXPECT_EQ(message_of([&] { (void)reader.ascending("falling"); }), "m: damaged: falling does not fit the rest");
  EXPECT_EQ(message_of([&] { (void)reader.matrix("infinite", 1, 2); }), "m: damaged: infinite does not fit the rest");
  EXPECT_EQ(message_of([&] { (void)reader.matrix("infinite", 2, 1); }), "m: damaged: infinite does not fit the rest");
}

}  // namespace
}  // namespace malmoi::apps
