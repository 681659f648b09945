#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "corpus/document.h"
#include "corpus/line_reader.h"
#include "corpus/readers.h"

namespace malmoi::corpus {

/// Reads the records of one input of known form.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  /// Fills all of the document but id and source; false at the end. Throws BadRecord, after which reading can go on.
  virtual bool read(Document& document) = 0;

  /// What the input is read as, for people: "TSV with header"; "id = id, text = document".
  [[nodiscard]] virtual std::string form() const = 0;
  [[nodiscard]] virtual std::string fields() const { return {}; }
};

/// A reader for each form but automatic; `lines` must outlive it.
/// Throws invalid_argument for a field that the input does not have.
std::unique_ptr<RecordReader> make_record_reader(InputForm form, LineReader& lines, const ReaderOptions& options);

std::unique_ptr<RecordReader> make_text_reader(LineReader& lines);
std::unique_ptr<RecordReader> make_lines_reader(LineReader& lines);
std::unique_ptr<RecordReader> make_delimited_reader(LineReader& lines, const ReaderOptions& options, char separator);
std::unique_ptr<RecordReader> make_jsonl_reader(LineReader& lines, const ReaderOptions& options);
std::unique_ptr<RecordReader> make_conllu_reader(LineReader& lines);

/// Form of an input told from its first lines: jsonl, conllu, tsv or `otherwise`.
InputForm guess_form(std::string_view sample, InputForm otherwise);

/// As the public open_reader, with sizes for tests: they change no document.
std::unique_ptr<DocumentReader> open_reader(const std::vector<std::string>& inputs, const ReaderOptions& options,
                                            ReadSizes sizes);

/// Names of the fields to use; empty for those that an input does not have.
struct FieldNames {
  std::string id;
  std::string text;
  std::string label;
  std::string date;
};

/// The names given, and where none is given the first of the usual names that is present (ASCII case does not matter).
FieldNames choose_fields(const ReaderOptions& options, std::span<const std::string> present);

/// "id = id, text = document".
std::string describe(const FieldNames& fields);

/// The message for an input without a text field: what was looked for, what there is.
[[noreturn]] void throw_no_text_field(const std::string& input, std::span<const std::string> present);

/// "a, b and c", for messages.
std::string join(std::span<const std::string> names);

/// "path:line", or nothing for standard input: the key of a record without an id.
void set_place_key(Document& document, const std::string& input);

}  // namespace malmoi::corpus
