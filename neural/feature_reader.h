#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/token_sequences.h"
#include "neural/ngram_finder.h"
#include "neural/text_features.h"

namespace malmoi::neural {

/// One text's row; valid until the next texts are read.
struct FeatureRow {
  std::span<const std::int32_t> columns;  ///< different ones, in any order
  std::span<const float> values;
};

/// One thread's reading of texts, with its buffers. The features must outlive it. Columns come in the order of their
/// first occurrence: sorting them would take longer than all else.
class FeatureReader {
 public:
  /// Texts that are best read together: what one of them waits for in memory comes while the others are computed.
  static constexpr std::size_t kTextsAtOnce = 8;

  explicit FeatureReader(const TextFeatures& features);

  /// Texts [begin, end) and the rows of tokens of the same numbers; either is not looked at where the features are of
  /// the other alone.
  std::span<const FeatureRow> read(std::span<const std::string_view> texts, const TokenSequences& tokens,
                                   std::size_t begin, std::size_t end);

 private:
  struct Cell {
    std::uint64_t key = 0;    ///< number of the view that filled it, feature; of another view: empty
    std::uint32_t place = 0;  ///< in columns_
  };
  void find(std::span<const std::string_view> texts, const TokenSequences& tokens, std::size_t begin, std::size_t end);
  std::size_t count(std::span<const std::int32_t> found, std::int32_t first_column, std::size_t begin);
  void weigh(std::size_t begin, std::size_t end);

  const TextFeatures& features_;
  NgramFinder words_;
  NgramFinder characters_;
  std::vector<float> small_weights_;  ///< [small counts] local weights
  std::vector<Cell> cells_;
  std::uint32_t view_ = 0;
  std::vector<std::size_t> ends_;  ///< [2 × texts + 1] of their words and of their characters, in columns_ and values_
  std::vector<std::int32_t> columns_;
  std::vector<float> values_;
  std::vector<FeatureRow> rows_;
};

}  // namespace malmoi::neural
