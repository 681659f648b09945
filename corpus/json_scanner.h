#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::corpus {

/// Where and why a text is not JSON.
struct JsonFault {
  std::size_t position = 0;
  std::string reason;
};

/// A member of the outermost object, as spelled in the text: the key in its quotes.
struct JsonMember {
  std::string_view key;
  std::string_view value;
};

/// Checks that a text is one JSON object (RFC 8259, nothing looser) and finds the values at wanted paths, in one pass
/// that builds nothing. What it gives are views of the text that was scanned.
class JsonScanner {
 public:
  /// paths  member names joined by dots; a member whose own name has dots is found too, arrays are not entered
  explicit JsonScanner(std::vector<std::string> paths);
  JsonScanner(const JsonScanner&) = delete;  // it holds views of its own paths
  JsonScanner& operator=(const JsonScanner&) = delete;
  ~JsonScanner() = default;

  /// text  valid UTF-8
  std::optional<JsonFault> scan(std::string_view text);

  /// The value at each path as spelled in the text, empty where there is none; of equal members the last.
  [[nodiscard]] std::span<const std::string_view> values() const noexcept { return values_; }
  [[nodiscard]] std::span<const JsonMember> members() const noexcept { return members_; }

 private:
  struct Wanted {
    std::size_t path = 0;   // index
    std::string_view rest;  // what is left of the path below the object that is read
  };

  bool fail(std::string_view reason);
  void skip_blanks();
  bool read_value(std::span<const Wanted> wanted);
  bool read_object(std::span<const Wanted> wanted);
  bool read_member(std::span<const Wanted> wanted);
  bool read_array();
  bool read_string();
  bool read_escape();
  bool read_hex4(unsigned& value);
  bool read_number();
  bool read_digits();
  bool read_word(std::string_view word);
  std::string_view key_text(std::string_view quoted);

  std::vector<std::string> paths_;
  std::vector<Wanted> all_;
  std::vector<std::string_view> values_;
  std::vector<JsonMember> members_;
  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string key_;
  JsonFault fault_;
};

/// The text of a scanned JSON string, quotes and escapes undone; false if it has the character U+0000.
bool decode_json_string(std::string_view quoted, std::string& out);

/// Appends text as a JSON string: quotes around it, and escapes where JSON wants them.
void append_json_string(std::string_view text, std::string& out);

/// Empty or of JSON's white space only.
[[nodiscard]] bool is_blank(std::string_view text) noexcept;

}  // namespace malmoi::corpus
