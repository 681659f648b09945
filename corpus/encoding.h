#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace malmoi::corpus {

/// How an input's bytes spell text.
struct Encoding {
  std::string name;           ///< "UTF-8", "UTF-16LE", "CP949" or another name that Decoder knows
  std::size_t bom_bytes = 0;  ///< byte order mark in front of the text
};

/// What encoding an input has, told from its first bytes.
///
/// wanted   "auto" or a name; UTF-16 and UTF-32 look for the byte order. EUC-KR, CP949, MS949, UHC and KS_C_5601 are
/// one:
///          Microsoft's superset, as on the web.
/// auto     byte order mark; UTF-16 if many bytes are 0 on one side of the pairs; UTF-8 if valid or nearly so (a stray
///          byte is then an error of its record); CP949 if that gives mostly Hangul; else what ICU detects
/// Throws   invalid_argument for a name that ICU does not know
Encoding find_encoding(std::string_view sample, const std::string& wanted);

/// Bytes that have no meaning in their encoding.
struct DecodeFault {
  std::size_t position = 0;
  std::size_t length = 0;
};

/// Turns text of one encoding into UTF-8; refuses what is malformed instead of replacing it.
class Decoder {
 public:
  /// Throws invalid_argument for an unknown name or an encoding whose line feed cannot be found by its bytes.
  explicit Decoder(const std::string& encoding);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// The bytes of a line feed: 0A, for UTF-16 and UTF-32 two or four bytes.
  [[nodiscard]] std::string_view line_feed() const noexcept;

  /// Appends to `out` in UTF-8 what comes before the first fault. Throws corrupt_data for more than 512 MiB at once.
  std::optional<DecodeFault> decode(std::string_view bytes, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace malmoi::corpus
