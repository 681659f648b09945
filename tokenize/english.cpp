#include "tokenize/english.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>

#include "corpus/base/error.h"

namespace malmoi::tokenize {
namespace {

struct Ending {
  std::string_view letters;
  std::string_view term;
};

constexpr std::array<Ending, 7> kEndings = {
    {{"n't", "not"}, {"'re", "are"}, {"'ve", "have"}, {"'ll", "will"}, {"'m", "am"}, {"'d", "would"}, {"'s", ""}}};
constexpr std::array<Ending, 3> kIrregular = {{{"ca", "can"}, {"wo", "will"}, {"sha", "shall"}}};  // before n't

constexpr std::int32_t kMaxCachedWords = 1 << 16;

}  // namespace

std::optional<Contraction> split_contraction(std::string_view word) {
  for (const Ending& ending : kEndings) {
    if (word.size() <= ending.letters.size() || !word.ends_with(ending.letters)) continue;
    const std::string_view base = word.substr(0, word.size() - ending.letters.size());
    Contraction found = {static_cast<std::uint32_t>(base.size()), base, ending.term};
    if (ending.letters == "n't") {
      const auto* irregular =
          std::find_if(kIrregular.begin(), kIrregular.end(), [&](const Ending& e) { return e.letters == base; });
      if (irregular != kIrregular.end()) found.first = irregular->term;
    }
    return found;
  }
  return std::nullopt;
}

WordStemmer::WordStemmer(Stemmer kind)
    : stemmer_(sb_stemmer_new(kind == Stemmer::porter ? "porter" : "english", nullptr)) {
  if (stemmer_ == nullptr) throw Error(ErrorCode::invalid_argument, "WordStemmer: libstemmer has no English stemmer");
}

WordStemmer::~WordStemmer() {
  sb_stemmer_delete(stemmer_);
}

std::string_view WordStemmer::stem(std::string_view word) {
  if (words_.size() >= kMaxCachedWords) {
    words_.clear();
    stems_.clear();
    stem_ids_.clear();
  }
  const auto id = static_cast<std::size_t>(words_.intern(word));
  if (id == stem_ids_.size()) {
    const sb_symbol* stem =
        sb_stemmer_stem(stemmer_, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    if (stem == nullptr) throw Error(ErrorCode::io, concat("WordStemmer: no memory for the stem of \"", word, "\""));
    const auto length = static_cast<std::size_t>(sb_stemmer_length(stemmer_));
    stem_ids_.push_back(stems_.intern({reinterpret_cast<const char*>(stem), length}));
  }
  return stems_.at(stem_ids_[id]);
}

}  // namespace malmoi::tokenize
