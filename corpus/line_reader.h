#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "corpus/base/error.h"
#include "corpus/byte_source.h"
#include "corpus/encoding.h"

namespace malmoi::corpus {

/// A record that cannot be read: "name:line: byte N: reason". What follows it can still be read.
class BadRecord : public Error {
 public:
  BadRecord(const std::string& name, std::int64_t line, std::int64_t byte, std::string reason);
  [[nodiscard]] std::int64_t line() const noexcept { return line_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  std::int64_t line_;
  std::string reason_;
};

/// A line, or several that make one record.
struct Line {
  std::string_view text;    ///< valid UTF-8 without NUL and without the last line end; valid until the next call
  std::int64_t number = 0;  ///< from 1
  std::int64_t byte = 0;    ///< where it starts in the file as it is encoded (in the unpacked data for gzip)
};

/// How much is read at once; changes the time, never the lines.
struct ReadSizes {
  std::size_t block = std::size_t{1} << 18U;   ///< bytes
  std::size_t sample = std::size_t{1} << 16U;  ///< bytes that encoding and form are guessed from
  bool live =
      false;  ///< the sample ends sooner, behind a whole line, where the input pauses: it changes what is guessed
};

/// Splits an input into lines of valid UTF-8 (ends: LF, CR LF). Memory is bounded by the longest record.
class LineReader {
 public:
  /// name      for messages
  /// encoding  see find_encoding
  LineReader(std::unique_ptr<ByteSource> source, std::string name, const std::string& encoding, ReadSizes sizes = {});

  /// Goes to the next line; false at the end. Throws BadRecord for bytes that are no text (the line is passed then).
  bool next();
  /// Whether next() need not wait for input: a whole line is there, or the end. line() is no longer valid.
  [[nodiscard]] bool line_is_there();
  /// Makes the line longer by its end and the line after it; false at the end of the input. Throws as next().
  bool extend();
  /// Takes all that is left as one line, line ends included. Throws as next().
  void take_rest();

  [[nodiscard]] const Line& line() const noexcept { return line_; }
  /// Throws BadRecord for the line; `position` is where in its text.
  [[noreturn]] void fail(std::size_t position, const std::string& reason) const;

  /// The first lines, whole, as far as the sample goes but at least one; before next() is called. May hold any bytes.
  [[nodiscard]] std::string_view sample() const noexcept { return sample_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& encoding() const noexcept { return encoding_; }
  [[nodiscard]] std::int64_t bytes_read() const { return source_->bytes_read(); }

 private:
  void take_sample(const std::string& encoding);
  bool pauses() const;
  std::optional<std::size_t> find_line_feed(std::size_t from) const;
  std::optional<std::size_t> take_line();
  bool fill();
  void make_room();
  void set_text(std::size_t from, std::size_t end);
  void check(std::size_t from, std::size_t end);
  void decode(std::size_t from, std::size_t end);
  [[noreturn]] void fail_at(std::size_t from, std::size_t position, const std::string& reason);

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::string encoding_;
  ReadSizes sizes_;
  std::optional<Decoder> decoder_;  // none for UTF-8
  std::string line_feed_ = "\n";

  // Positions in the buffer: record_ ≤ next_ ≤ filled_ ≤ capacity_.
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t record_ = 0;  // start of the line that was given last
  std::size_t next_ = 0;    // start of the line behind it
  std::size_t filled_ = 0;
  std::size_t checked_ = 0;  // up to here the bytes are known to be valid UTF-8 without NUL
  std::int64_t base_ = 0;    // offset in the file of the start of the buffer
  bool at_end_ = false;

  Line line_;
  std::int64_t lines_ = 0;
  std::string decoded_;  // text of the line where the input is not UTF-8
  std::string decoded_sample_;
  std::string_view sample_;
};

}  // namespace malmoi::corpus
