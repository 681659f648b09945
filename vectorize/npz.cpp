#include "vectorize/npz.h"

#include <zlib.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/error.h"

namespace malmoi::vectorize {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

template <std::unsigned_integral Number>
void put(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFFU));
}

// Raw deflate, as zip wants it. Level 1: sparse matrices shrink little more at higher levels.
std::string deflated(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error(ErrorCode::io, "zlib cannot be started: out of memory");
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  // zlib reads through a pointer that is not const for historical reasons; it does not write there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int state = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  if (state != Z_STREAM_END) throw Error(ErrorCode::io, concat("zlib cannot compress: state ", state));
  out.resize(stream.total_out);
  return out;
}

// A zip archive without the 64-bit extensions (PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16).
class ZipWriter {
 public:
  explicit ZipWriter(OutputFile& out) : out_(out) {}

  void add(std::string_view name, std::string_view bytes) {
    constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() - (std::size_t{1} << 24U);
    if (bytes.size() > kMost) {
      throw Error(ErrorCode::invalid_argument, concat(out_.path().string(), ": ", name, " takes ", bytes.size(),
                                                      " bytes, too much for .npz; Matrix Market has no such limit"));
    }
    const std::string packed = deflated(bytes);
    if (offset_ + packed.size() > kMost) {
      throw Error(ErrorCode::invalid_argument,
                  concat(out_.path().string(), ": too large for .npz; Matrix Market has no such limit"));
    }
    const std::string common = entry(bytes, packed.size(), name.size());
    put(directory_, std::uint32_t{0x02014B50});
    put(directory_, kVersion);
    directory_ += common;
    directory_.append(10, '\0');  // comment, disk, attributes
    put(directory_, static_cast<std::uint32_t>(offset_));
    directory_ += name;
    ++entries_;

    std::string header;
    put(header, std::uint32_t{0x04034B50});
    header += common;
    header += name;
    write(header);
    write(packed);
  }

  void finish() {
    std::string end;
    put(end, std::uint32_t{0x06054B50});
    put(end, std::uint32_t{0});  // this disk, disk of the directory
    put(end, entries_);
    put(end, entries_);
    put(end, static_cast<std::uint32_t>(directory_.size()));
    put(end, static_cast<std::uint32_t>(offset_));
    put(end, std::uint16_t{0});
    out_.write(directory_);
    out_.write(end);
  }

 private:
  static constexpr std::uint16_t kVersion = 20;  // 2.0: deflate

  // The fields that local header and directory share. The date is fixed, so that equal matrices make equal files.
  static std::string entry(std::string_view bytes, std::size_t packed, std::size_t name_size) {
    constexpr std::uint16_t kDeflated = 8;
    constexpr std::uint16_t kFirstOf1980 = 1U << 5U | 1U;
    std::string out;
    put(out, kVersion);
    put(out, std::uint16_t{0});
    put(out, kDeflated);
    put(out, std::uint16_t{0});
    put(out, kFirstOf1980);
    put(out, static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())));
    put(out, static_cast<std::uint32_t>(packed));
    put(out, static_cast<std::uint32_t>(bytes.size()));
    put(out, static_cast<std::uint16_t>(name_size));
    put(out, std::uint16_t{0});
    return out;
  }

  void write(std::string_view bytes) {
    out_.write(bytes);
    offset_ += bytes.size();
  }

  OutputFile& out_;  // outlives this object
  std::string directory_;
  std::size_t offset_ = 0;
  std::uint16_t entries_ = 0;
};

// NumPy's .npy format 1.0: magic, header length, a Python dictionary padded to 64 bytes, the array.
std::string npy(std::string_view type, std::string_view shape, std::string_view bytes) {
  std::string header = concat("{'descr': '", type, "', 'fortran_order': False, 'shape': ", shape, ", }");
  constexpr std::size_t kPrefix = 10;
  header.append(63 - (kPrefix + header.size()) % 64, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  put(out, static_cast<std::uint16_t>(header.size()));
  return out.append(header).append(bytes);
}

template <typename Number>
std::string npy(std::string_view type, std::span<const Number> values) {
  return npy(type, concat('(', values.size(), ",)"),
             {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

}  // namespace

void write_npz(OutputFile& out, const SparseMatrix& matrix, Weighting weighting) {
  const auto entries = static_cast<std::size_t>(matrix.nonZeros());
  const std::span<const float> values(matrix.valuePtr(), entries);
  const std::array<std::int64_t, 2> shape = {matrix.rows(), matrix.cols()};
  ZipWriter zip(out);
  zip.add("indices.npy", npy<std::int32_t>("<i4", {matrix.innerIndexPtr(), entries}));
  zip.add("indptr.npy",
          npy<std::int32_t>("<i4", {matrix.outerIndexPtr(), static_cast<std::size_t>(matrix.rows()) + 1}));
  zip.add("format.npy", npy("|S3", "()", "csr"));
  zip.add("shape.npy", npy<std::int64_t>("<i8", shape));
  if (weighting == Weighting::count) {
    const std::vector<std::int32_t> counts(values.begin(), values.end());
    zip.add("data.npy", npy<std::int32_t>("<i4", counts));
  } else {
    zip.add("data.npy", npy<float>("<f4", values));
  }
  zip.finish();
}

}  // namespace malmoi::vectorize
