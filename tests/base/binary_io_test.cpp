#include "corpus/base/binary_io.h"

#include <gtest/gtest.h>

#include <limits>

#include "corpus/base/rng.h"

namespace malmoi {
namespace {

TEST(Varint, TakesSevenBitsAByte) {
  std::string bytes;
  put_varint(bytes, 0);
  put_varint(bytes, 127);
  put_varint(bytes, 128);
  put_varint(bytes, 300);
  EXPECT_EQ(bytes, std::string("\x00\x7F\x80\x01\xAC\x02", 6));
}

TEST(Varint, ComesBackAsItWasWritten) {
  Rng rng(1);
  std::vector<std::uint64_t> numbers = {0, 1, std::numeric_limits<std::uint64_t>::max()};
  for (int i = 0; i < 1000; ++i) numbers.push_back(rng.bits() >> rng.uniform_index(64));
  std::string bytes;
  for (const std::uint64_t number : numbers) put_varint(bytes, number);
  BinaryReader reader(bytes, "numbers");
  for (const std::uint64_t number : numbers) EXPECT_EQ(reader.varint(), number);
  EXPECT_TRUE(reader.at_end());
}

TEST(BinaryReader, SkipsAsManyNumbersAsItWouldRead) {
  Rng rng(2);
  std::string bytes;
  for (int i = 0; i < 200; ++i) put_varint(bytes, rng.bits() >> rng.uniform_index(64));
  for (std::uint64_t skipped = 0; skipped <= 200; ++skipped) {
    BinaryReader read(bytes, "numbers");
    BinaryReader skip(bytes, "numbers");
    for (std::uint64_t i = 0; i < skipped; ++i) read.varint();
    skip.skip_varints(skipped);
    EXPECT_EQ(skip.remaining(), read.remaining()) << skipped;
  }
}

TEST(BinaryReader, RefusesWhatIsNotThere) {
  BinaryReader cut("\x80", "block 7");
  try {
    cut.varint();
    FAIL() << "a number without an end was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_STREQ(error.what(), "block 7 ends in the middle of a number (byte 1 of 1)");
  }
  EXPECT_THROW(BinaryReader("ab", "x").take(3), Error);
  EXPECT_THROW(BinaryReader("\x80\x80", "x").skip_varints(1), Error);
  const std::string endless(11, '\x80');
  EXPECT_THROW(BinaryReader(endless, "x").varint(), Error);
}

}  // namespace
}  // namespace malmoi
