#include "corpus/record_reader.h"

namespace malmoi::corpus {
namespace {

void set_plain(Document& document, std::string_view text) {
  document.text.assign(text);
  document.label.clear();
  document.date.clear();
  document.meta.clear();
}

/// A file is a document, kept to the last line end.
class TextReader final : public RecordReader {
 public:
  explicit TextReader(LineReader& lines) : lines_(lines) {}

  bool read(Document& document) override {
    if (done_) return false;
    done_ = true;
    lines_.take_rest();
    set_plain(document, lines_.line().text);
    document.line = 0;
    document.key = lines_.name() == "-" ? std::string() : lines_.name();
    return true;
  }

  [[nodiscard]] std::string form() const override { return "one document"; }

 private:
  LineReader& lines_;
  bool done_ = false;
};

/// A line is a document; an empty line is an empty document.
class LinesReader final : public RecordReader {
 public:
  explicit LinesReader(LineReader& lines) : lines_(lines) {}

  bool read(Document& document) override {
    if (!lines_.next()) return false;
    set_plain(document, lines_.line().text);
    document.line = lines_.line().number;
    set_place_key(document, lines_.name());
    return true;
  }

  [[nodiscard]] std::string form() const override { return "one document a line"; }

 private:
  LineReader& lines_;
};

}  // namespace

std::unique_ptr<RecordReader> make_text_reader(LineReader& lines) {
  return std::make_unique<TextReader>(lines);
}

std::unique_ptr<RecordReader> make_lines_reader(LineReader& lines) {
  return std::make_unique<LinesReader>(lines);
}

}  // namespace malmoi::corpus
