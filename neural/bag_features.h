#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/subwords.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// Which features ready tokens have. They depend on the terms' texts alone, never on their numbers.
struct BagFeatureOptions {
  UnitRange words = {1, 2};                  ///< n-grams of neighbouring tokens
  std::optional<SubwordOptions> parts = {};  ///< of each token; their number of buckets is not looked at
  std::int32_t buckets = 1 << 22;            ///< all n-grams and parts are hashed into so many; ≥ 1
  std::int32_t min_count = 2;                ///< occurrences that a bucket needs to become a feature; ≥ 1
  bool log_counts = false;                   ///< values are 1 + ln tf in place of tf
  friend bool operator==(const BagFeatureOptions&, const BagFeatureOptions&) = default;
};

/// The buckets that are features: plain data, for storing.
struct BagFeatureData {
  BagFeatureOptions options;
  std::vector<std::int32_t> buckets;  ///< ascending; the place is the column
};

/// Texts in the numbers of some terms.
struct BagTexts {
  const TokenSequences* tokens = nullptr;        ///< a negative number ends an n-gram
  std::span<const std::string_view> terms = {};  ///< UTF-8
};

/// Hashed n-grams and parts of words as columns of a matrix: no vocabulary is needed to read new texts. Immutable.
class BagFeatures {
 public:
  /// Throws corrupt_data: buckets that do not ascend or are out of range
  explicit BagFeatures(BagFeatureData data);

  [[nodiscard]] const BagFeatureData& data() const noexcept { return data_; }
  [[nodiscard]] std::int32_t size() const noexcept { return static_cast<std::int32_t>(data_.buckets.size()); }

  /// [texts × features] counts, or what options make of them, columns ascending. The same for every number of threads.
  /// Throws invalid_argument: a token that is no term, or 2^31 non-zeros and more
  [[nodiscard]] vectorize::SparseMatrix rows(const BagTexts& texts, const RunContext& context = {}) const;

 private:
  BagFeatureData data_;
  std::vector<std::int32_t> columns_;  // [options.buckets] or -1
};

/// Keeps the features that occur often enough in these texts. Throws invalid_argument: an option or token out of range
[[nodiscard]] BagFeatures fit_bag_features(const BagTexts& texts, const BagFeatureOptions& options,
                                           const RunContext& context = {});

}  // namespace malmoi::neural
