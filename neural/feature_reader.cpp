#include "neural/feature_reader.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "neural/character_units.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kSmallCounts = 16;
constexpr std::size_t kFewestCells = 512;

float local_weight(FeatureWeight weight, float count) {
  switch (weight) {
    case FeatureWeight::binary:
      return 1.0F;
    case FeatureWeight::count:
      return count;
    case FeatureWeight::log:
    case FeatureWeight::tf_idf:
      break;
  }
  return count == 1.0F ? 1.0F : static_cast<float>(1.0 + std::log(static_cast<double>(count)));
}

void normalize(std::span<float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  if (sum == 0.0) return;
  const auto scale = static_cast<float>(1.0 / std::sqrt(sum));
  for (float& value : values) value *= scale;
}

}  // namespace

FeatureReader::FeatureReader(const TextFeatures& features)
    : features_(features), words_(features.words()), characters_(features.characters()) {
  for (std::size_t count = 0; count < kSmallCounts; ++count) {
    small_weights_.push_back(local_weight(features.options().weight, static_cast<float>(count)));
  }
}

std::span<const FeatureRow> FeatureReader::read(std::span<const std::string_view> texts, const TokenSequences& tokens,
                                                std::size_t begin, std::size_t end) {
  find(texts, tokens, begin, end);
  const std::size_t most = words_.found() + characters_.found();
  if (columns_.size() < most) {
    columns_.resize(most);
    values_.resize(most);
  }
  ends_.assign(1, 0);
  const FeatureOptions& options = features_.options();
  for (std::size_t t = 0; t < end - begin; ++t) {
    ends_.push_back(options.words ? count(words_.features(t), 0, ends_.back()) : ends_.back());
    ends_.push_back(options.characters ? count(characters_.features(t), features_.words().features(), ends_.back())
                                       : ends_.back());
  }
  rows_.clear();
  for (std::size_t t = 0; t < end - begin; ++t) {
    weigh(ends_[2 * t], ends_[2 * t + 1]);
    weigh(ends_[2 * t + 1], ends_[2 * t + 2]);
    const std::size_t size = ends_[2 * t + 2] - ends_[2 * t];
    const std::span<float> values = std::span(values_).subspan(ends_[2 * t], size);
    if (options.norm == FeatureNorm::whole) normalize(values);
    rows_.push_back({std::span(columns_).subspan(ends_[2 * t], size), values});
  }
  return rows_;
}

void FeatureReader::find(std::span<const std::string_view> texts, const TokenSequences& tokens, std::size_t begin,
                         std::size_t end) {
  words_.clear();
  characters_.clear();
  const FeatureOptions& options = features_.options();
  for (std::size_t t = begin; t < end; ++t) {
    if (options.words) {
      const auto row = tokens.row(t);
      words_.units().insert(words_.units().end(), row.begin(), row.end());
      words_.end_sequence();
    }
    if (options.characters) {
      append_characters(texts[t], options.scope == CharacterScope::word, characters_.units());
      characters_.end_sequence();
    }
  }
  words_.find();
  characters_.find();
}

// Writes the different ones of the features found, and how often each is there, from a place on; returns where they
// end. A small hash table that stays in the cache tells which were seen.
std::size_t FeatureReader::count(std::span<const std::int32_t> found, std::int32_t first_column, std::size_t begin) {
  if (cells_.size() < 2 * found.size()) {
    cells_.assign(std::bit_ceil(std::max(kFewestCells, 2 * found.size())), {});
  }
  if (++view_ == 0) {  // the numbers are used up: none may be taken for an old one
    std::fill(cells_.begin(), cells_.end(), Cell{});
    view_ = 1;
  }
  const std::size_t mask = cells_.size() - 1;
  Cell* const cells = cells_.data();
  std::int32_t* const columns = columns_.data();
  float* const values = values_.data();
  const float* const global = features_.global().data();
  const std::uint64_t view = std::uint64_t{view_} << 32U;
  std::size_t end = begin;
  for (const std::int32_t feature : found) {
    const std::uint64_t key = view | static_cast<std::uint32_t>(feature);
    std::size_t at = static_cast<std::uint32_t>(feature) * 0x9E3779B1U >> 7U & mask;
    while (cells[at].key != key && cells[at].key >= view) at = (at + 1) & mask;
    if (cells[at].key == key) {
      values[cells[at].place] += 1.0F;
      continue;
    }
    cells[at] = {key, static_cast<std::uint32_t>(end)};
    columns[end] = feature + first_column;
    values[end] = 1.0F;
    __builtin_prefetch(global + columns[end]);
    ++end;
  }
  return end;
}

void FeatureReader::weigh(std::size_t begin, std::size_t end) {
  const FeatureOptions& options = features_.options();
  const float* const global = features_.global().data();
  for (std::size_t i = begin; i < end; ++i) {
    const float count = values_[i];
    const float local = count < static_cast<float>(kSmallCounts) ? small_weights_[static_cast<std::size_t>(count)]
                                                                 : local_weight(options.weight, count);
    values_[i] = local * global[static_cast<std::size_t>(columns_[i])];
  }
  if (options.norm == FeatureNorm::view) normalize(std::span(values_).subspan(begin, end - begin));
}

}  // namespace malmoi::neural
