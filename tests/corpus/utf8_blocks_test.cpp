#include <gtest/gtest.h>

#include <string>

#include "corpus/base/utf8.h"

namespace malmoi {
namespace {

// Texts shorter than 16 bytes are checked byte by byte, longer ones 16 bytes at once: both must see the same fault, for
// all lead bytes with all second bytes, wherever they stand.
TEST(FindInvalidUtf8, SeesInLongTextsWhatItSeesInShortOnes) {
  for (unsigned lead = 0x80; lead <= 0xFF; ++lead) {
    for (unsigned second = 0; second <= 0xFF; ++second) {
      for (const char* rest : {"", "\x80", "\x80\x80", "\x80\x80\x80", "a", "\x80z", "\xC3\xA9"}) {
        std::string piece = {static_cast<char>(lead), static_cast<char>(second)};
        piece += rest;
        const std::size_t expected = find_invalid_utf8(piece);
        for (std::size_t before = 14; before <= 33; ++before) {
          const std::string text = std::string(before, 'x') + piece + std::string(17, 'y');
          const std::size_t seen = find_invalid_utf8(text);
          // Behind a piece that is cut off there is 'y' here and the end there: both are a fault at the lead.
          ASSERT_EQ(seen, expected == std::string::npos ? expected : before + expected)
              << lead << " " << second << " " << rest << " " << before;
        }
      }
    }
  }
}

}  // namespace
}  // namespace malmoi
