#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/readers.h"
#include "corpus/record_reader.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::corpus {

inline bool operator==(const Document& a, const Document& b) {
  return a.key == b.key && a.text == b.text && a.label == b.label && a.date == b.date && a.meta == b.meta &&
         a.source == b.source && a.line == b.line;
}

inline void PrintTo(const Document& d, std::ostream* out) {
  *out << d.source << ":" << d.line << " key=" << d.key << " label=" << d.label << " date=" << d.date
       << " meta=" << d.meta << " text=" << d.text;
}

namespace testing_support {

using malmoi::testing::TemporaryFolder;

/// Writes a file into the folder, and the folders of its name before; returns its path.
inline std::string write_file(const TemporaryFolder& folder, std::string_view name, std::string_view content) {
  std::filesystem::create_directories((folder / name).parent_path());
  return folder.write(name, content).string();
}

inline std::string gzip(std::string_view content) {
  z_stream stream = {};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::vector<Document> read_all(DocumentReader& reader) {
  std::vector<Document> documents;
  Document document;
  while (reader.read(document)) documents.push_back(document);
  return documents;
}

inline std::vector<Document> read_all(const std::vector<std::string>& inputs, const ReaderOptions& options = {}) {
  return read_all(*open_reader(inputs, options));
}

/// Reads one file of this content and name.
inline std::vector<Document> read_content(std::string_view name, std::string_view content,
                                          const ReaderOptions& options = {}) {
  const TemporaryFolder folder;
  return read_all({write_file(folder, name, content)}, options);
}

inline std::vector<std::string> texts(const std::vector<Document>& documents) {
  std::vector<std::string> out;
  out.reserve(documents.size());
  for (const Document& document : documents) out.push_back(document.text);
  return out;
}

/// The message of the Error that the call throws, without the folder of the file; fails the test if there is none.
template <typename Call>
std::string error_of(ErrorCode code, Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    std::string message = error.what();
    constexpr std::string_view kFolder = "/malmoi-test-XXXXXX/";
    const std::size_t folder = message.find(kFolder.substr(0, 13));
    return folder == std::string::npos ? message : message.substr(folder + kFolder.size());
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

inline std::string read_error(std::string_view name, std::string_view content, const ReaderOptions& options = {}) {
  return error_of(ErrorCode::corrupt_data, [&] { read_content(name, content, options); });
}

/// A file of the shared corpora, which are beside the source folder where they are at all.
inline std::string shared_file(std::string_view name) {
  return std::string(MALMOI_SOURCE_DIR) + "/../shared/data/" + std::string(name);
}

}  // namespace testing_support
}  // namespace malmoi::corpus
