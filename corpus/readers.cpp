#include "corpus/readers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/input_files.h"
#include "corpus/newsgroup_text.h"
#include "corpus/record_reader.h"

namespace malmoi::corpus {
namespace {

constexpr std::size_t kMostListed = 1000;  // skipped records that are kept, more are counted

/// The form that a file's name tells, or automatic.
InputForm form_of_name(std::string_view name) {
  struct Ending {
    std::string_view text;
    InputForm form;
  };
  constexpr std::array<Ending, 5> kEndings = {{{".csv", InputForm::csv},
                                               {".tsv", InputForm::tsv},
                                               {".jsonl", InputForm::jsonl},
                                               {".ndjson", InputForm::jsonl},
                                               {".conllu", InputForm::conllu}}};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower.ends_with(".gz")) lower.resize(lower.size() - 3);
  const auto* found = std::find_if(kEndings.begin(), kEndings.end(),
                                   [&](const Ending& ending) { return lower.ends_with(ending.text); });
  return found == kEndings.end() ? InputForm::automatic : found->form;
}

InputForm choose_form(const InputFile& file, const LineReader& lines, InputForm wanted) {
  if (wanted != InputForm::automatic) return wanted;
  const InputForm named = form_of_name(file.path);
  if (named != InputForm::automatic) return named;
  return file.in_folder ? InputForm::text : guess_form(lines.sample(), InputForm::lines);
}

class InputsReader final : public DocumentReader {
 public:
  InputsReader(const std::vector<std::string>& inputs, ReaderOptions options, ReadSizes sizes)
      : files_(find_input_files(inputs)), options_(std::move(options)), sizes_(sizes) {
    for (const InputFile& file : files_) {
      bytes_total_ += file.bytes;
      has_standard_input_ = has_standard_input_ || file.path == "-";
    }
    sizes_.live = sizes_.live || options_.live;
    open_next();
  }

  bool read(Document& document) override {
    while (records_) {
      if (read_record(document)) {
        document.source = lines_->name();
        if (options_.strip == Strip::newsgroup) strip_post(document.text);
        return true;
      }
      close();
      open_next();
      if (!records_ && emptied_ > 0) {
        notes_.push_back(concat("documents left empty without headers, footers and quotes: ", emptied_));
      }
    }
    return false;
  }

  [[nodiscard]] bool ready() override { return !lines_ || lines_->line_is_there(); }
  [[nodiscard]] const std::vector<SkippedRecord>& skipped() const override { return skipped_; }
  [[nodiscard]] std::int64_t skipped_count() const override { return skipped_count_; }
  [[nodiscard]] const std::vector<std::string>& notes() const override { return notes_; }
  [[nodiscard]] std::int64_t bytes_read() const override { return bytes_closed_ + (lines_ ? lines_->bytes_read() : 0); }
  [[nodiscard]] std::int64_t bytes_total() const override { return has_standard_input_ ? 0 : bytes_total_; }

 private:
  void open_next() {
    if (next_file_ == files_.size()) return;
    const InputFile& file = files_[next_file_++];
    lines_ = std::make_unique<LineReader>(open_byte_source(file.path), file.path, options_.encoding, sizes_);
    records_ = make_record_reader(choose_form(file, *lines_, options_.from), *lines_, options_);
    add_note(file);
  }

  // The next good record of the open input. A file that cannot be opened, its header included, is never skipped.
  bool read_record(Document& document) {
    while (true) {
      try {
        return records_->read(document);
      } catch (const BadRecord& bad) {
        if (options_.on_error == OnError::stop) throw;
        ++skipped_count_;
        if (skipped_.size() < kMostListed) skipped_.push_back({lines_->name(), bad.line(), bad.reason()});
      }
    }
  }

  void strip_post(std::string& text) {
    const bool was_empty = text.empty();
    text = strip_newsgroup_post(text);
    emptied_ += !was_empty && text.empty() ? 1 : 0;
  }

  void close() {
    bytes_closed_ += lines_->bytes_read();
    records_.reset();
    lines_.reset();
  }

  // Files of one folder that are read alike share a note.
  void add_note(const InputFile& file) {
    const std::string fields = records_->fields();
    std::string what = concat(records_->form(), ", ", lines_->encoding(), fields.empty() ? "" : "; ", fields,
                              options_.strip == Strip::newsgroup ? "; without headers, footers and quotes" : "");
    const bool same_folder = file.in_folder && noted_input_ == file.named;
    if (same_folder && what == noted_what_) return;
    const bool names_folder = file.in_folder && !same_folder;
    notes_.push_back(concat(names_folder ? file.named : file.path, ": ", names_folder ? "each file is " : "", what));
    noted_input_ = file.named;
    noted_what_ = std::move(what);
  }

  std::vector<InputFile> files_;
  ReaderOptions options_;
  ReadSizes sizes_;
  std::size_t next_file_ = 0;
  std::int64_t bytes_total_ = 0;
  std::int64_t bytes_closed_ = 0;
  bool has_standard_input_ = false;
  std::unique_ptr<LineReader> lines_;
  std::unique_ptr<RecordReader> records_;  // refers to lines_
  std::vector<SkippedRecord> skipped_;
  std::int64_t skipped_count_ = 0;
  std::int64_t emptied_ = 0;
  std::vector<std::string> notes_;
  std::string noted_input_;
  std::string noted_what_;
};

}  // namespace

std::unique_ptr<DocumentReader> open_reader(const std::vector<std::string>& inputs, const ReaderOptions& options) {
  return open_reader(inputs, options, ReadSizes{});
}

std::unique_ptr<DocumentReader> open_reader(const std::vector<std::string>& inputs, const ReaderOptions& options,
                                            ReadSizes sizes) {
  return std::make_unique<InputsReader>(inputs, options, sizes);
}

}  // namespace malmoi::corpus
