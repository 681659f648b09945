#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/token_sequences.h"

namespace malmoi::neural {

/// Some texts side by side, as sequence models read them.
struct Batch {
  std::size_t rows = 0;
  std::size_t steps = 0;              ///< of the longest text, at least 1
  std::vector<TermId> ids;            ///< [rows × steps] numbers in the vocabulary; -1: unknown, or behind the end
  std::vector<std::int32_t> lengths;  ///< [rows] tokens
  std::vector<std::size_t> texts;     ///< [rows] which row of the tokens each is
};

struct BatchOptions {
  std::size_t batch_size = 64;
  std::size_t max_length = 256;  ///< tokens; of a longer text the beginning counts
};

/// Makes batches of texts of like length, so that little is padded.
///
/// The tokens must outlive it. What it gives follows from the tokens, the options and the arguments alone.
class DataLoader {
 public:
  /// Throws invalid_argument: batch_size or max_length 0.
  DataLoader(const TokenSequences& tokens, BatchOptions options);

  /// The batches of an epoch, each a list of rows of the tokens: every row once. Rows are shuffled, sorted by length
  /// within stretches of kSortedBatches batches, and the batches are shuffled again: neighbours in a batch are alike in
  /// length, but not always the same.
  [[nodiscard]] std::vector<std::vector<std::size_t>> shuffled(std::span<const std::size_t> rows, std::uint64_t seed,
                                                               std::uint64_t epoch) const;
  /// For prediction: rows by length, no shuffling.
  [[nodiscard]] std::vector<std::vector<std::size_t>> in_order_of_length(std::span<const std::size_t> rows) const;

  void fill(std::span<const std::size_t> rows, Batch& batch) const;

  static constexpr std::size_t kSortedBatches = 50;

 private:
  [[nodiscard]] std::size_t length(std::size_t row) const;
  [[nodiscard]] std::vector<std::vector<std::size_t>> cut(std::span<const std::size_t> rows) const;

  const TokenSequences& tokens_;
  BatchOptions options_;
};

}  // namespace malmoi::neural
