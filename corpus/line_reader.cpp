#include "corpus/line_reader.h"

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <utility>

#include "corpus/base/utf8.h"

namespace malmoi::corpus {
namespace {

std::string hex_bytes(std::string_view bytes) {
  std::ostringstream out;
  out << std::hex << std::uppercase << std::setfill('0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out << (i == 0 ? "0x" : " 0x") << std::setw(2) << static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
  }
  return out.str();
}

std::string invalid_reason(std::string_view encoding, std::string_view bytes) {
  std::string reason = concat("not valid ", encoding, " (", hex_bytes(bytes), ")");
  if (encoding == "UTF-8") reason += "; give --encoding if the file is not UTF-8";
  return reason;
}

constexpr const char* kNulReason = "a NUL byte, which no text has";

}  // namespace

BadRecord::BadRecord(const std::string& name, std::int64_t line, std::int64_t byte, std::string reason)
    : Error(ErrorCode::corrupt_data, concat(name, ":", line, ": byte ", byte, ": ", reason)),
      line_(line),
      reason_(std::move(reason)) {}

LineReader::LineReader(std::unique_ptr<ByteSource> source, std::string name, const std::string& encoding,
                       ReadSizes sizes)
    : source_(std::move(source)), name_(std::move(name)), sizes_(sizes) {
  take_sample(encoding);
}

void LineReader::take_sample(const std::string& encoding) {
  while (filled_ < sizes_.sample && !pauses() && fill()) {
  }
  const std::size_t size = std::min(filled_, sizes_.sample);
  const Encoding found = find_encoding({buffer_.get(), size}, encoding);
  encoding_ = found.name;
  record_ = next_ = checked_ = found.bom_bytes;
  if (encoding_ != "UTF-8") {
    decoder_.emplace(encoding_);
    line_feed_ = decoder_->line_feed();
  }
  std::size_t end = at_end_ ? filled_ : record_;
  for (auto found_end = find_line_feed(end); found_end && *found_end < size; found_end = find_line_feed(end)) {
    end = *found_end + line_feed_.size();
  }
  if (end == record_ && take_line()) {  // a first line longer than the sample
    end = next_;
    next_ = record_;
  }
  sample_ = {buffer_.get() + record_, end - record_};
  if (decoder_) {
    decoder_->decode(sample_, decoded_sample_);
    sample_ = decoded_sample_;
  }
}

bool LineReader::next() {
  record_ = next_;
  const auto end = take_line();
  if (!end) return false;
  ++lines_;
  line_ = {{}, lines_, base_ + static_cast<std::int64_t>(record_)};
  decoded_.clear();
  set_text(record_, *end);
  return true;
}

// Of an input that is read as it comes: there is a line, and nothing has followed for a while.
bool LineReader::pauses() const {
  constexpr int kMilliseconds = 200;
  return sizes_.live && std::string_view(buffer_.get(), filled_).find('\n') != std::string_view::npos &&
         !source_->ready(kMilliseconds);
}

bool LineReader::line_is_there() {
  record_ = next_;
  while (!at_end_ && !find_line_feed(next_)) {
    if (!source_->ready(0)) return false;
    (void)fill();
  }
  return true;
}

bool LineReader::extend() {
  const std::size_t before = next_ - record_;
  const auto end = take_line();
  if (!end) {
    if (!decoder_) line_.text = {buffer_.get() + record_, line_.text.size()};  // looking further may have moved it
    return false;
  }
  ++lines_;
  if (decoder_) decoded_ += '\n';
  set_text(record_ + before, *end);
  return true;
}

void LineReader::take_rest() {
  record_ = next_;
  while (fill()) {
  }
  next_ = filled_;
  line_ = {{}, ++lines_, base_ + static_cast<std::int64_t>(record_)};
  decoded_.clear();
  if (decoder_) {
    decode(record_, filled_);
    line_.text = decoded_;
  } else {
    check(record_, filled_);
    line_.text = {buffer_.get() + record_, filled_ - record_};
  }
}

void LineReader::fail(std::size_t position, const std::string& reason) const {
  const std::string_view before = line_.text.substr(0, position);
  const auto byte = line_.byte + (decoder_ ? 0 : static_cast<std::int64_t>(position));
  throw BadRecord(name_, line_.number + std::count(before.begin(), before.end(), '\n'), byte, reason);
}

// Moves next_ behind the line that starts there and returns where the line ends; nothing at the end of the input.
// The record moves to the start of the buffer when more must be read.
std::optional<std::size_t> LineReader::take_line() {
  std::size_t searched = next_ - record_;
  while (true) {
    if (const auto line_feed = find_line_feed(record_ + searched)) {
      next_ = *line_feed + line_feed_.size();
      return line_feed;
    }
    searched = filled_ - record_ - (filled_ - record_) % line_feed_.size();
    if (fill()) continue;
    if (next_ == filled_) return std::nullopt;
    next_ = filled_;
    return filled_;
  }
}

std::optional<std::size_t> LineReader::find_line_feed(std::size_t from) const {
  const std::string_view bytes(buffer_.get(), filled_);
  const std::size_t unit = line_feed_.size();
  std::size_t at = bytes.find(line_feed_, from);
  // The buffer may start anywhere in the file, but always between code units.
  while (at != std::string_view::npos && (at - record_) % unit != 0) at = bytes.find(line_feed_, at + 1);
  return at == std::string_view::npos ? std::nullopt : std::optional(at);
}

bool LineReader::fill() {
  if (at_end_) return false;
  make_room();
  const std::size_t count = source_->read({buffer_.get() + filled_, sizes_.block});
  at_end_ = count == 0;
  filled_ += count;
  return !at_end_;
}

// Room for a block behind what is there; what lies before the record is dropped.
void LineReader::make_room() {
  if (record_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + record_, filled_ - record_);
    base_ += static_cast<std::int64_t>(record_);
    next_ -= record_;
    filled_ -= record_;
    checked_ -= std::min(checked_, record_);
    record_ = 0;
  }
  if (capacity_ - filled_ >= sizes_.block) return;
  capacity_ = std::max(capacity_ * 2, filled_ + sizes_.block);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
  std::copy_n(buffer_.get(), filled_, larger.get());
  buffer_ = std::move(larger);
}

// Gives the line the text [record_, end), of which [from, end) is new.
void LineReader::set_text(std::size_t from, std::size_t end) {
  if (decoder_) {
    decode(from, end);
    line_.text = decoded_;
  } else {
    if (end > checked_) check(from, end);
    line_.text = {buffer_.get() + record_, end - record_};
  }
  if (line_.text.ends_with('\r')) line_.text.remove_suffix(1);
}

// Checks up to `end` and, since many bytes at once are quicker, the whole lines that lie behind it in the buffer.
void LineReader::check(std::size_t from, std::size_t end) {
  const std::string_view unchecked(buffer_.get() + checked_, filled_ - checked_);
  const std::size_t last = unchecked.rfind('\n');
  const std::size_t ahead = last == std::string_view::npos ? end : std::max(end, checked_ + last);
  std::string_view bytes = unchecked.substr(0, ahead - checked_);
  const std::size_t invalid = find_invalid_utf8(bytes);
  bytes = bytes.substr(0, invalid);
  const std::size_t nul = bytes.find('\0');
  checked_ += std::min(bytes.size(), nul);
  if (checked_ >= end) return;
  if (nul != std::string_view::npos) fail_at(from, checked_, kNulReason);
  const std::size_t shown = std::min<std::size_t>(2, end - checked_);
  fail_at(from, checked_, invalid_reason(encoding_, {buffer_.get() + checked_, shown}));
}

void LineReader::decode(std::size_t from, std::size_t end) {
  const std::size_t before = decoded_.size();
  const std::string_view bytes(buffer_.get() + from, end - from);
  if (const auto fault = decoder_->decode(bytes, decoded_)) {
    fail_at(from, from + fault->position, invalid_reason(encoding_, bytes.substr(fault->position, fault->length)));
  }
  if (decoded_.find('\0', before) != std::string::npos) fail_at(from, from, kNulReason);
}

// The fault lies at `position`, in the line that starts at `from` or, where many are taken at once, in a later one.
void LineReader::fail_at(std::size_t from, std::size_t position, const std::string& reason) {
  std::int64_t number = lines_;
  for (auto end = find_line_feed(from); end && *end < position; end = find_line_feed(*end + line_feed_.size()))
    ++number;
  checked_ = next_;
  throw BadRecord(name_, number, base_ + static_cast<std::int64_t>(position), reason);
}

}  // namespace malmoi::corpus
