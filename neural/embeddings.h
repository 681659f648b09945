#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/string_table.h"
#include "neural/subwords.h"

namespace malmoi::neural {

/// Vectors of words, and of parts of words where they were learned with sub-words; immutable once made.
struct Embeddings {
  StringTable words;                 ///< the most frequent first
  std::vector<std::int64_t> counts;  ///< [words] occurrences; empty where they are not known
  std::int32_t dimensions = 0;
  std::vector<float> vectors;          ///< [words × dimensions]
  std::optional<Subwords> subwords;    ///< that a word of its own vector or none is made of
  std::vector<float> subword_vectors;  ///< [subwords.buckets × dimensions]; empty without

  [[nodiscard]] std::span<const float> vector(std::int32_t word) const {
    return std::span(vectors).subspan(static_cast<std::size_t>(word) * static_cast<std::size_t>(dimensions),
                                      static_cast<std::size_t>(dimensions));
  }
};

/// The vector of a word; one that is not there gets the mean of its known sub-words. Empty: it has none.
[[nodiscard]] std::vector<float> vector_of(const Embeddings& embeddings, std::string_view word);

enum class VectorFormat {
  text,            ///< .vec of fastText and word2vec: "words dimensions", then a word and its numbers a line
  word2vec_binary  ///< the same head, then for each word its bytes, a blank, floats (little-endian), a line end
};

/// Writes the words' vectors; the file appears whole or not at all. Numbers of the text form read back as the same.
/// Throws invalid_argument for a word with a blank or line end in it, and when the file exists and may not be
/// overwritten; io
void write_vectors(const Embeddings& embeddings, VectorFormat format, const std::filesystem::path& path,
                   bool overwrite = false);

/// Reads either form; which one is seen from the first word. Of a word that occurs twice the first vector counts.
/// most_words  reads no more than so many, from the top; 0: all
/// Throws      not_found, io; corrupt_data naming the line or byte for a file that is shorter than it says, has another
///             number of values or one that is no finite number, or is not UTF-8
[[nodiscard]] Embeddings read_vectors(const std::filesystem::path& path, std::int64_t most_words = 0);

}  // namespace malmoi::neural
