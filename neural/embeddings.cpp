#include "neural/embeddings.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "vectorize/output_file.h"

namespace malmoi::neural {
namespace {

static_assert(std::endian::native == std::endian::little, "word2vec's binary form is little-endian");

constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostWordBytes = 10'000;
constexpr std::size_t kMostNumberBytes = 32;  // of a number in the text form
constexpr std::int32_t kMostDimensions = 65'536;
constexpr std::string_view kBlanks = " \t\r";

// A file from front to back, never more than a block and one entry of it in memory.
class Source {
 public:
  explicit Source(const std::filesystem::path& path) : path_(path.string()), in_(path, std::ios::binary) {
    if (!in_) throw Error(ErrorCode::not_found, concat("read_vectors: ", path_, " cannot be read"));
    std::error_code error;
    bytes_ = std::filesystem::file_size(path, error);
    if (error) throw Error(ErrorCode::not_found, concat("read_vectors: ", path_, " is no file"));
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// The next `count` bytes without passing over them, fewer at the end. Valid until the next call.
  std::string_view peek(std::size_t count) {
    while (buffer_.size() - at_ < count && in_) {
      buffer_.erase(0, at_);
      passed_ += at_;
      at_ = 0;
      const std::size_t before = buffer_.size();
      buffer_.resize(before + std::max(kBlockBytes, count));
      in_.read(buffer_.data() + before, static_cast<std::streamsize>(buffer_.size() - before));
      if (in_.bad()) throw Error(ErrorCode::io, concat("read_vectors: ", path_, " cannot be read"));
      buffer_.resize(before + static_cast<std::size_t>(in_.gcount()));
    }
    return std::string_view(buffer_).substr(at_, count);
  }
  void pass(std::size_t count) { at_ += count; }

  /// The bytes before the next `end`, which is passed over too. At most `most` of them.
  std::string_view until(char end, std::size_t most) {
    const std::string_view bytes = peek(most + 1);
    const std::size_t length = bytes.find(end);
    if (length == std::string_view::npos) fail("is cut off, or is no file of word vectors");
    pass(length + 1);
    return bytes.substr(0, length);
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorCode::corrupt_data,
                concat("read_vectors: ", path_, " ", problem, " (byte ", passed_ + at_, " of ", bytes_, ")"));
  }

 private:
  std::string path_;
  std::ifstream in_;
  std::uint64_t bytes_ = 0;
  std::string buffer_;
  std::size_t at_ = 0;        // of the buffer
  std::uint64_t passed_ = 0;  // bytes of the file before the buffer
};

// Takes the first piece up to a blank from a line.
std::string_view take_piece(std::string_view& line) {
  const std::size_t length = std::min(line.find_first_of(kBlanks), line.size());
  const std::string_view piece = line.substr(0, length);
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks, length), line.size()));
  return piece;
}

template <typename Number>
bool parse(std::string_view piece, Number& value) {
  const auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
  return error == std::errc() && end == piece.data() + piece.size();
}

// The numbers of a text line; false when it is not exactly so many.
bool parse_values(std::string_view line, std::span<float> values) {
  for (float& value : values) {
    if (!parse(take_piece(line), value)) return false;
  }
  return line.empty();
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

struct Head {
  std::int64_t words = 0;
  std::int32_t dimensions = 0;
};

Head read_head(Source& source) {
  std::string_view line = source.until('\n', 100);
  Head head;
  const bool read = parse(take_piece(line), head.words) && parse(take_piece(line), head.dimensions) && line.empty();
  if (!read || head.words < 0 || head.dimensions < 1 || head.dimensions > kMostDimensions) {
    source.fail("does not begin with the numbers of words and of dimensions");
  }
  // Two bytes a number are the least that either form takes; head.words is bounded first, so nothing overflows.
  const auto least = 2 * static_cast<std::uint64_t>(head.dimensions);
  if (static_cast<std::uint64_t>(head.words) > source.bytes() / least) source.fail("is shorter than it says");
  return head;
}

std::size_t most_line_bytes(const Head& head) {
  return kMostWordBytes + kMostNumberBytes * static_cast<std::size_t>(head.dimensions);
}

// Whether the first entry is a line of text.
bool is_text(Source& source, const Head& head) {
  std::string_view line = source.peek(most_line_bytes(head));
  line = line.substr(0, line.find('\n'));
  std::vector<float> values(static_cast<std::size_t>(head.dimensions));
  (void)take_piece(line);
  return parse_values(line, values);
}

void read_text_entry(Source& source, const Head& head, std::string& word, std::span<float> values) {
  std::string_view line = source.until('\n', most_line_bytes(head));
  word = take_piece(line);
  if (!parse_values(line, values) || !all_finite(values)) {
    source.fail(concat("has no ", head.dimensions, " finite numbers for a word"));
  }
}

void read_binary_entry(Source& source, std::string& word, std::span<float> values) {
  if (source.peek(1) == "\n") source.pass(1);  // gensim writes none between entries
  word = source.until(' ', kMostWordBytes);
  const std::size_t bytes = values.size_bytes();
  const std::string_view part = source.peek(bytes);
  if (part.size() < bytes) source.fail("is shorter than it says");
  std::memcpy(values.data(), part.data(), bytes);
  source.pass(bytes);
  if (!all_finite(values)) source.fail("has a number that is not finite");
}

}  // namespace

std::vector<float> vector_of(const Embeddings& embeddings, std::string_view word) {
  if (const auto known = embeddings.words.find(word)) {
    const auto vector = embeddings.vector(*known);
    return {vector.begin(), vector.end()};
  }
  std::vector<std::int32_t> rows;
  if (embeddings.subwords) append_known_rows(word, *embeddings.subwords, rows);
  if (rows.empty()) return {};
  const auto dimensions = static_cast<std::size_t>(embeddings.dimensions);
  std::vector<float> mean(dimensions, 0.0F);
  for (const std::int32_t row : rows) {
    const float* const vector = embeddings.subword_vectors.data() + static_cast<std::size_t>(row) * dimensions;
    for (std::size_t d = 0; d < dimensions; ++d) mean[d] += vector[d] / static_cast<float>(rows.size());
  }
  return mean;
}

void write_vectors(const Embeddings& embeddings, VectorFormat format, const std::filesystem::path& path,
                   bool overwrite) {
  vectorize::OutputFile out(path, overwrite);
  out.number(embeddings.words.size());
  out.write(" ");
  out.number(embeddings.dimensions);
  out.write("\n");
  for (std::int32_t w = 0; w < embeddings.words.size(); ++w) {
    const std::string_view word = embeddings.words.at(w);
    if (word.empty() || word.find_first_of(" \t\r\n") != std::string_view::npos) {
      throw Error(ErrorCode::invalid_argument, concat("write_vectors: the word '", word,
                                                      "' is empty or has a blank in it, which the form has no "
                                                      "place for"));
    }
    out.write(word);
    const std::span<const float> vector = embeddings.vector(w);
    if (format == VectorFormat::word2vec_binary) {
      out.write(" ");
      out.write({reinterpret_cast<const char*>(vector.data()), vector.size_bytes()});
    } else {
      for (const float value : vector) {
        out.write(" ");
        out.number(value);
      }
    }
    out.write("\n");
  }
  out.commit();
}

Embeddings read_vectors(const std::filesystem::path& path, std::int64_t most_words) {
  Source source(path);
  const Head head = read_head(source);
  const std::int64_t words = most_words > 0 ? std::min(most_words, head.words) : head.words;
  Embeddings embeddings;
  embeddings.dimensions = head.dimensions;
  const auto dimensions = static_cast<std::size_t>(head.dimensions);
  embeddings.vectors.reserve(static_cast<std::size_t>(words) * dimensions);
  const bool text = words > 0 && is_text(source, head);
  std::vector<float> values(dimensions);
  std::string word;
  for (std::int64_t i = 0; i < words; ++i) {
    if (text) {
      read_text_entry(source, head, word, values);
    } else {
      read_binary_entry(source, word, values);
    }
    if (word.empty() || find_invalid_utf8(word) != std::string_view::npos) source.fail("has a word that is not UTF-8");
    const std::int32_t before = embeddings.words.size();
    if (embeddings.words.intern(word) < before) continue;
    embeddings.vectors.insert(embeddings.vectors.end(), values.begin(), values.end());
  }
  return embeddings;
}

}  // namespace malmoi::neural
