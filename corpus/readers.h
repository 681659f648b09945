#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "corpus/document.h"

namespace malmoi::corpus {

/// Form of an input. `text`: a file is a document. `lines`: a line is a document.
enum class InputForm { automatic, text, lines, csv, tsv, jsonl, conllu };

enum class OnError { stop, skip };

/// What is taken out of every document's text. `newsgroup`: headers, footers and quotes, by strip_newsgroup_post.
enum class Strip { none, newsgroup };

struct ReaderOptions {
  InputForm from = InputForm::automatic;
  std::string id_field =
      {};  ///< column name, column number from 1, or dotted JSON path; empty: guessed, see open_reader
  std::string text_field = {};
  std::string label_field = {};
  std::string date_field = {};
  std::vector<std::string> meta_fields = {};  ///< kept as a JSON object; "*" keeps all columns not used otherwise
  std::string encoding = "auto";              ///< "auto" or any name that ICU knows: UTF-8, UTF-16, CP949, EUC-KR, ...
  OnError on_error = OnError::stop;
  Strip strip = Strip::none;
  bool live = false;  ///< documents are wanted as they come: form and encoding are guessed from what is there when the
                      ///< input pauses behind a line
};

/// A record that could not be read, with --on-error skip.
struct SkippedRecord {
  std::string source;
  std::int64_t line = 0;
  std::string reason;
};

/// A stream of documents from files, folders, .gz of each, or standard input; memory is bounded by the longest record
/// (for `text` that is the longest file).
class DocumentReader {
 public:
  virtual ~DocumentReader() = default;

  /// Fills the document (its strings' memory is reused; id is left alone); false at the end.
  /// Throws corrupt_data "file:line: byte N: reason" for a malformed record unless on_error is skip; io.
  virtual bool read(Document& document) = 0;

  /// Whether read() need not wait for input that has not come yet: its first line is there, or the end. A record that
  /// goes on behind that line may still be waited for.
  [[nodiscard]] virtual bool ready() = 0;

  /// What was skipped so far: the first thousand records; skipped_count() counts all.
  [[nodiscard]] virtual const std::vector<SkippedRecord>& skipped() const = 0;
  [[nodiscard]] virtual std::int64_t skipped_count() const = 0;

  /// What was guessed, one sentence an input: "reviews.txt: TSV with header, UTF-8; id = id, text = document". Behind
  /// the last document also of how many texts stripping left nothing.
  [[nodiscard]] virtual const std::vector<std::string>& notes() const = 0;

  /// Bytes of the input files read so far (compressed bytes for .gz), and in all; total is 0 when standard input is
  /// used.
  [[nodiscard]] virtual std::int64_t bytes_read() const = 0;
  [[nodiscard]] virtual std::int64_t bytes_total() const = 0;
};

/// Opens inputs: file names, folder names (read recursively in byte order of their paths, without hidden files and
/// without following links to folders), "-" for standard input. Data that starts as gzip is unpacked.
///
/// Automatic form goes by the name (.csv .tsv .jsonl .ndjson .conllu, .gz behind each), for others by the first 64 KiB:
/// a line of a JSON object, CoNLL-U comment lines and ten columns, tabs in equal number on each line, else `lines`. A
/// folder's files are `text` each unless the name says otherwise.
/// Fields not named are guessed by header (JSON Lines: by the first object): id | key; text | document | content |
/// review | sentence; label | category | class; date. Numbers count columns from 1; a CSV/TSV without any of the
/// names sought, or with columns given as numbers only, has no header and a lone column is the text.
/// Encoding "auto": BOM, else UTF-8 if valid or nearly so, else CP949 if that gives Hangul, else ICU's detection, all
/// on the first 64 KiB.
///
/// CSV      RFC 4180; a quoted field may span lines
/// TSV      the same quotes, but a record is a line; an opening quote that nothing closes at the field's end is text
/// jsonl    strict JSON; label, date and id may be numbers or truth values, metadata keeps its JSON form
/// conllu   a sentence is a document: key from sent_id, text from text or else the joined tokens
/// Empty lines hold no record in jsonl and in CSV/TSV of several columns; elsewhere they are empty documents.
/// Keys are the id field's values, which must not be empty; without one "path:line", for `text` the path, for standard
/// input nothing. A byte in a message counts from 0 in the (unpacked) file: the place of the fault in UTF-8 and where
/// decoding failed, else where the line starts.
///
/// The first input is opened at once, others when their turn comes; all are looked for at once.
/// Throws not_found for an input that does not exist, invalid_argument for a field that an input does not have, an
/// unknown encoding, a special file, io, corrupt_data for damaged gzip (which on_error does not skip).
std::unique_ptr<DocumentReader> open_reader(const std::vector<std::string>& inputs, const ReaderOptions& options);

}  // namespace malmoi::corpus
