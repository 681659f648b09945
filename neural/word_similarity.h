#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/embeddings.h"
#include "neural/row_table.h"

namespace malmoi::neural {

struct WordNeighbor {
  std::int32_t word = 0;
  float score = 0.0F;
  friend bool operator==(const WordNeighbor&, const WordNeighbor&) = default;
};

/// How the fourth word d of "a is to b as c is to d" is found, all vectors of length 1.
enum class AnalogyMethod {
  cos_add,  ///< largest cos(d, b - a + c) (3CosAdd)
  cos_mul   ///< largest s(d, b) s(d, c) / (s(d, a) + 0.001) with s = (cos + 1) / 2 (3CosMul; Levy and Goldberg 2014)
};

/// Three words and, in a question of a test, the answer.
struct Analogy {
  std::string a, b, c, d;
};

/// The word as the embeddings have it: as written, or case-folded (NFKC); if they have neither, as written.
[[nodiscard]] std::string known_form(const Embeddings& embeddings, std::string_view word);

/// The words of some embeddings by their directions. The embeddings must outlive it. Immutable.
class WordSpace {
 public:
  explicit WordSpace(const Embeddings& embeddings);

  [[nodiscard]] const Embeddings& embeddings() const noexcept { return *embeddings_; }

  /// The words whose vectors have the largest cosine with a word's, best first; among equal ones the more frequent.
  /// The word itself is left out. One that is not there is taken by its sub-words.
  /// Throws  invalid_argument: k < 1; not_found: a word that has no vector
  [[nodiscard]] std::vector<WordNeighbor> nearest(std::string_view word, std::int32_t k,
                                                  const RunContext& context = {}) const;
  [[nodiscard]] std::vector<WordNeighbor> nearest(std::span<const float> vector, std::int32_t k,
                                                  const RunContext& context = {}) const;

  /// The best words for d; a, b and c are left out. Throws as nearest.
  [[nodiscard]] std::vector<WordNeighbor> analogy(const Analogy& question, AnalogyMethod method, std::int32_t k,
                                                  const RunContext& context = {}) const;

  /// Row of a word's direction: of length 1, or 0 for a zero vector.
  [[nodiscard]] const float* direction(std::int32_t word) const { return rows_.row(static_cast<std::size_t>(word)); }
  [[nodiscard]] std::size_t width() const { return rows_.width(); }  ///< lines of a row

 private:
  [[nodiscard]] RowTable directions_of(std::span<const std::string_view> words) const;
  [[nodiscard]] std::vector<WordNeighbor> best(std::span<const float> scores, std::int32_t k,
                                               std::span<const std::string_view> left_out) const;
  [[nodiscard]] std::vector<float> cosines(const float* direction, const RunContext& context) const;

  const Embeddings* embeddings_;
  RowTable rows_;
};

/// Two words and how alike people find them.
struct WordPair {
  std::string first, second;
  double score = 0.0;
};

/// Reads a word pair file: lines "word TAB word TAB number"; a first line without a number is a head.
/// Throws  not_found; corrupt_data naming the line
[[nodiscard]] std::vector<WordPair> read_word_pairs(const std::filesystem::path& path);

struct PairScores {
  double spearman = std::numeric_limits<double>::quiet_NaN();  ///< rank correlation of people's scores and cosines,
                                                               ///< ties by their mean rank; NaN where it is not
                                                               ///< defined: fewer than two pairs, or all alike
  std::int64_t pairs = 0;
  std::int64_t covered = 0;  ///< pairs that both words of have a vector: only they count
};

/// A word that is not there as written is looked up case-folded, then by its sub-words.
[[nodiscard]] PairScores score_pairs(const Embeddings& embeddings, std::span<const WordPair> pairs);

struct AnalogySection {
  std::string name;
  std::vector<Analogy> questions;
};

/// Reads an analogy file: lines ": section" and "a b c d". Throws not_found; corrupt_data naming the line
[[nodiscard]] std::vector<AnalogySection> read_analogies(const std::filesystem::path& path);

struct AnalogyScores {
  std::string section;
  std::int64_t questions = 0;
  std::int64_t covered = 0;  ///< questions whose four words are there, as written or case-folded
  std::int64_t right = 0;    ///< of them: the best word is the answer
};

/// One result a section; the same for every number of threads.
[[nodiscard]] std::vector<AnalogyScores> score_analogies(const WordSpace& space,
                                                         std::span<const AnalogySection> sections, AnalogyMethod method,
                                                         const RunContext& context = {});

}  // namespace malmoi::neural
