#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/string_table.h"

struct sb_stemmer;

namespace malmoi::tokenize {

/// Snowball: English (Porter 2), Porter.
enum class Stemmer { none, english, porter };

/// An English contraction taken apart: do + n't, we + 'll, John + 's.
struct Contraction {
  std::uint32_t split = 0;  ///< byte of the word where its second part starts
  std::string_view first;   ///< the first part as a term: can (can't), will (won't), shall (shan't), else its letters
  std::string_view second;  ///< not, are, have, will, would, am; empty for 's, which is dropped
};

/// Takes a word of lower-case ASCII letters and ' apart. 's is dropped whatever it stands for (it's → it, John's →
/// john); 'd gives would, though it may be had. nullopt for other words. The views are into `word` or static.
[[nodiscard]] std::optional<Contraction> split_contraction(std::string_view word);

/// Snowball stems, each word stemmed once. One a thread.
class WordStemmer {
 public:
  /// kind  english or porter
  explicit WordStemmer(Stemmer kind);
  ~WordStemmer();
  WordStemmer(const WordStemmer&) = delete;
  WordStemmer& operator=(const WordStemmer&) = delete;

  /// The stem of a lower-case ASCII word; lives until the next call.
  std::string_view stem(std::string_view word);

 private:
  sb_stemmer* stemmer_;
  StringTable words_;  ///< words seen, and by the same number
  std::vector<std::int32_t> stem_ids_;
  StringTable stems_;
};

}  // namespace malmoi::tokenize
