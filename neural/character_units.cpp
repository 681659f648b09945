#include "neural/character_units.h"

#include <string>

#include "corpus/base/utf8.h"
#include "tokenize/normalizer.h"

namespace malmoi::neural {
namespace {

// White_Space of Unicode 15 without U+0020's equivalents being special: NFKC turns most of them into it.
bool is_white_space(char32_t code) {
  return code == 0x20 || (code >= 0x09 && code <= 0x0D) || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
         code == 0x3000;
}

// Appends the characters of one text.
class Writer {
 public:
  Writer(std::string_view text, bool break_words, std::vector<std::int32_t>& units, std::vector<ByteSpan>* spans)
      : text_(text), break_words_(break_words), units_(units), spans_(spans) {}

  void write() {
    std::size_t position = 0;
    std::size_t gap = 0;  // where the white space before the next word begins
    bool first = true;
    while (position < text_.size()) {
      const std::size_t begin = position;
      while (position < text_.size() && !at_white_space(position)) position += utf8_length(text_[position]);
      if (position > begin) {
        blank({gap, begin}, first);
        first = false;
        word({begin, position});
        gap = position;
      }
      while (position < text_.size() && at_white_space(position)) position += utf8_length(text_[position]);
    }
    if (!first) append(U' ', {gap, text_.size()});
  }

 private:
  [[nodiscard]] bool at_white_space(std::size_t position) const {
    const auto byte = static_cast<unsigned char>(text_[position]);
    if (byte < 0x80) return is_white_space(byte);
    return is_white_space(decode_utf8(text_, position));
  }

  void append(char32_t code, ByteSpan span) {
    units_.push_back(static_cast<std::int32_t>(code));
    if (spans_ != nullptr) spans_->push_back(span);
  }

  void blank(ByteSpan span, bool first) {
    if (break_words_ && !first) {
      append(U' ', span);
      units_.push_back(-1);
      if (spans_ != nullptr) spans_->push_back(span);
    }
    append(U' ', span);
  }

  void word(ByteSpan span) {
    if (by_plain_letters(span)) return;
    tokenize::fold_token(text_.substr(span.begin, span.end - span.begin), tokenize::UnicodeForm::nfkc, true, folded_);
    if (spans_ != nullptr && by_letters(span)) return;
    for (std::size_t i = 0; i < folded_.size();) append(decode_utf8(folded_, i), span);
  }

  // Writes a word of ASCII and Hangul syllables alone, which nothing folds but A to Z; otherwise writes nothing.
  bool by_plain_letters(ByteSpan span) {
    const std::size_t before = units_.size();
    const std::size_t before_spans = spans_ == nullptr ? 0 : spans_->size();
    for (std::size_t i = span.begin; i < span.end;) {
      const std::size_t begin = i;
      const char32_t code = decode_utf8(text_, i);
      if (code >= 0x80 && (code < 0xAC00 || code > 0xD7A3)) {
        units_.resize(before);
        if (spans_ != nullptr) spans_->resize(before_spans);
        return false;
      }
      append(code >= U'A' && code <= U'Z' ? code + (U'a' - U'A') : code, {begin, i});
    }
    return true;
  }

  // Writes the word letter by letter where that comes to the same; otherwise writes nothing.
  bool by_letters(ByteSpan span) {
    std::string letters;
    std::string letter;
    for (std::size_t i = span.begin; i < span.end; i += utf8_length(text_[i])) {
      tokenize::fold_token(text_.substr(i, utf8_length(text_[i])), tokenize::UnicodeForm::nfkc, true, letter);
      letters += letter;
    }
    if (letters != folded_) return false;
    for (std::size_t i = span.begin; i < span.end; i += utf8_length(text_[i])) {
      const std::size_t length = utf8_length(text_[i]);
      tokenize::fold_token(text_.substr(i, length), tokenize::UnicodeForm::nfkc, true, letter);
      for (std::size_t l = 0; l < letter.size();) append(decode_utf8(letter, l), {i, i + length});
    }
    return true;
  }

  std::string_view text_;
  bool break_words_;
  std::vector<std::int32_t>& units_;
  std::vector<ByteSpan>* spans_;
  std::string folded_;
};

}  // namespace

void append_characters(std::string_view text, bool break_words, std::vector<std::int32_t>& units,
                       std::vector<ByteSpan>* spans) {
  Writer(text, break_words, units, spans).write();
}

}  // namespace malmoi::neural
