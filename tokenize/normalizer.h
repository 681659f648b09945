#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::tokenize {

enum class UnicodeForm { nfc, nfkc };

/// Text in NFC with the way back to the bytes it came from.
class NormalizedText {
 public:
  /// text  valid UTF-8; when it is in NFC already (checked first, without copying) view() is the text itself,
  ///       which must then outlive this object
  explicit NormalizedText(std::string_view text);

  [[nodiscard]] std::string_view view() const noexcept { return mapped_ ? std::string_view(text_) : original_; }
  [[nodiscard]] bool changed() const noexcept { return mapped_; }

  /// The byte of the original text where the piece that starts (or ends) at this byte of view() starts (or ends).
  [[nodiscard]] std::uint32_t original_begin(std::uint32_t position) const {
    return mapped_ ? mapped_begin(position) : position;
  }
  [[nodiscard]] std::uint32_t original_end(std::uint32_t position) const {
    return mapped_ ? mapped_end(position) : position;
  }

 private:
  struct Span {  ///< view() bytes [begin, end) came from original bytes [source_begin, source_end)
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t source_begin = 0;
    std::uint32_t source_end = 0;
    bool unchanged = true;
  };
  [[nodiscard]] const Span& span_at(std::uint32_t position) const;
  [[nodiscard]] std::uint32_t mapped_begin(std::uint32_t position) const;
  [[nodiscard]] std::uint32_t mapped_end(std::uint32_t position) const;

  std::string_view original_;
  std::string text_;
  std::vector<Span> spans_;
  bool mapped_ = false;
};

/// Folds one token: the Unicode form, full case folding when asked, isolated conjoining and half-width jamo to
/// compatibility jamo (ᄏ, ﾻ → ㅋ), typographic apostrophes to '. Compatibility jamo are never composed into syllables.
/// `out` is replaced.
void fold_token(std::string_view token, UnicodeForm form, bool fold_case, std::string& out);

}  // namespace malmoi::tokenize
