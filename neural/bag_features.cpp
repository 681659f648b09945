#include "neural/bag_features.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/string_table.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kTextsPerChunk = 512;
constexpr std::size_t kTermsPerChunk = 1024;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 32U)) * 0xD6E8FEB86659FD93ULL;
  return z ^ (z >> 32U);
}

std::int32_t bucket_of(std::uint64_t hash, std::int32_t buckets) {
  return static_cast<std::int32_t>((mix(hash) >> 32U) * static_cast<std::uint64_t>(buckets) >> 32U);
}

// What the terms that occur in some texts give: the hash that n-grams are made of, and the buckets of their parts.
class TermFeatures {
 public:
  TermFeatures(const BagTexts& texts, const BagFeatureOptions& options, const RunContext& context)
      : hashes_(texts.terms.size()), parts_(options.parts ? texts.terms.size() : 0) {
    std::vector<std::uint8_t> used(texts.terms.size(), 0);
    for (const TermId term : texts.tokens->terms) {
      if (term >= 0 && static_cast<std::size_t>(term) >= used.size()) {
        throw Error(ErrorCode::invalid_argument, concat("bag features: term ", term, " of ", used.size()));
      }
      if (term >= 0) used[static_cast<std::size_t>(term)] = 1;
    }
    parallel_for(used.size(), kTermsPerChunk, context, [&](const Chunk& chunk) {
      for (std::size_t t = chunk.begin; t < chunk.end; ++t) {
        if (used[t] != 0) read_term(t, texts.terms[t], options);
      }
    });
  }

  [[nodiscard]] std::uint64_t hash(TermId term) const { return hashes_[static_cast<std::size_t>(term)]; }
  [[nodiscard]] std::span<const std::int32_t> parts(TermId term) const {
    return parts_.empty() ? std::span<const std::int32_t>() : parts_[static_cast<std::size_t>(term)];
  }

 private:
  void read_term(std::size_t t, std::string_view text, const BagFeatureOptions& options) {
    hashes_[t] = hash_bytes(text);
    if (!options.parts) return;
    SubwordOptions parts = *options.parts;
    parts.buckets = options.buckets;
    append_subwords(text, parts, parts_[t]);
  }

  std::vector<std::uint64_t> hashes_;
  std::vector<std::vector<std::int32_t>> parts_;
};

// Calls emit(bucket) for each feature of a text.
template <typename Emit>
void for_each_bucket(std::span<const TermId> tokens, const TermFeatures& terms, const BagFeatureOptions& options,
                     const Emit& emit) {
  for (std::size_t begin = 0; begin < tokens.size(); ++begin) {
    if (tokens[begin] < 0) continue;
    for (const std::int32_t bucket : terms.parts(tokens[begin])) emit(bucket);
    std::uint64_t hash = 0;
    for (std::int32_t n = 1; n <= options.words.longest; ++n) {
      const std::size_t at = begin + static_cast<std::size_t>(n) - 1;
      if (at >= tokens.size() || tokens[at] < 0) break;
      hash = mix(hash * 0x9E3779B97F4A7C15ULL + terms.hash(tokens[at]) + static_cast<std::uint64_t>(n));
      if (n >= options.words.shortest) emit(bucket_of(hash, options.buckets));
    }
  }
}

void validate(const BagFeatureOptions& options) {
  if (options.buckets < 1 || options.min_count < 1 || options.words.longest < 0 ||
      (options.words.longest > 0 && (options.words.shortest < 1 || options.words.shortest > options.words.longest))) {
    throw Error(ErrorCode::invalid_argument,
                concat("fit_bag_features: ", options.buckets, " buckets, min_count ", options.min_count,
                       ", n-grams of ", options.words.shortest, " to ", options.words.longest,
                       " words; wanted ≥ 1 of each and 1 ≤ shortest ≤ longest, or longest 0 for none"));
  }
  if (options.parts) validate("fit_bag_features", *options.parts);
}

struct ChunkRows {
  std::vector<std::int32_t> lengths;
  std::vector<std::int32_t> columns;
  std::vector<float> counts;
};

// One row: equal columns become one with their number, tf.
void append_row(std::vector<std::int32_t>& found, bool log_counts, ChunkRows& rows) {
  std::sort(found.begin(), found.end());
  const std::size_t before = rows.columns.size();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i > 0 && found[i] == found[i - 1]) {
      rows.counts.back() += 1.0F;
      continue;
    }
    rows.columns.push_back(found[i]);
    rows.counts.push_back(1.0F);
  }
  rows.lengths.push_back(static_cast<std::int32_t>(rows.columns.size() - before));
  if (!log_counts) return;
  for (float& count : std::span(rows.counts).subspan(before)) count = 1.0F + std::log(count);
}

vectorize::SparseMatrix join(std::span<const ChunkRows> parts, std::size_t rows, std::int32_t columns) {
  std::size_t values = 0;
  for (const ChunkRows& part : parts) values += part.columns.size();
  if (values > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::invalid_argument, concat("bag features: ", values, " values, wanted fewer than 2^31"));
  }
  vectorize::SparseMatrix matrix(static_cast<Eigen::Index>(rows), columns);
  matrix.resizeNonZeros(static_cast<Eigen::Index>(values));
  std::int32_t* offset = matrix.outerIndexPtr();
  std::size_t at = 0;
  *offset = 0;
  for (const ChunkRows& part : parts) {
    for (const std::int32_t length : part.lengths) {
      offset[1] = offset[0] + length;
      ++offset;
    }
    std::copy(part.columns.begin(), part.columns.end(), matrix.innerIndexPtr() + at);
    std::copy(part.counts.begin(), part.counts.end(), matrix.valuePtr() + at);
    at += part.columns.size();
  }
  return matrix;
}

}  // namespace

BagFeatures::BagFeatures(BagFeatureData data) : data_(std::move(data)) {
  validate(data_.options);
  columns_.assign(static_cast<std::size_t>(data_.options.buckets), -1);
  for (std::size_t i = 0; i < data_.buckets.size(); ++i) {
    const std::int32_t bucket = data_.buckets[i];
    if (bucket < 0 || bucket >= data_.options.buckets || (i > 0 && bucket <= data_.buckets[i - 1])) {
      throw Error(ErrorCode::corrupt_data,
                  concat("bag features: bucket ", bucket, " of ", data_.options.buckets, ", wanted ascending ones"));
    }
    columns_[static_cast<std::size_t>(bucket)] = static_cast<std::int32_t>(i);
  }
}

vectorize::SparseMatrix BagFeatures::rows(const BagTexts& texts, const RunContext& context) const {
  const TermFeatures terms(texts, data_.options, context);
  const std::size_t count = texts.tokens->rows();
  std::vector<ChunkRows> parts(chunk_count(count, kTextsPerChunk));
  parallel_for(count, kTextsPerChunk, context, [&](const Chunk& chunk) {
    std::vector<std::int32_t> found;
    for (std::size_t r = chunk.begin; r < chunk.end; ++r) {
      found.clear();
      for_each_bucket(texts.tokens->row(r), terms, data_.options, [&](std::int32_t bucket) {
        const std::int32_t column = columns_[static_cast<std::size_t>(bucket)];
        if (column >= 0) found.push_back(column);
      });
      append_row(found, data_.options.log_counts, parts[chunk.index]);
    }
  });
  return join(parts, count, size());
}

BagFeatures fit_bag_features(const BagTexts& texts, const BagFeatureOptions& options, const RunContext& context) {
  validate(options);
  const TermFeatures terms(texts, options, context);
  std::vector<std::int32_t> counts(static_cast<std::size_t>(options.buckets), 0);
  for (std::size_t r = 0; r < texts.tokens->rows(); ++r) {
    if (r % kTextsPerChunk == 0) throw_if_stopped(context);
    for_each_bucket(texts.tokens->row(r), terms, options, [&](std::int32_t bucket) {
      std::int32_t& n = counts[static_cast<std::size_t>(bucket)];
      if (n < options.min_count) ++n;
    });
  }
  BagFeatureData data;
  data.options = options;
  for (std::int32_t bucket = 0; bucket < options.buckets; ++bucket) {
    if (counts[static_cast<std::size_t>(bucket)] >= options.min_count) data.buckets.push_back(bucket);
  }
  return BagFeatures(std::move(data));
}

}  // namespace malmoi::neural
