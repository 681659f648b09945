#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/report.h"

namespace malmoi::apps {

/// What the numbers are called that say where a document lies.
struct PlaceTerms {
  std::string_view one;     ///< a column; in JSON a key
  std::string_view number;  ///< likewise
  std::string_view list;    ///< keys in JSON
  std::string_view numbers;
};
inline constexpr PlaceTerms kTopics{"topic", "share", "topics", "shares"};
inline constexpr PlaceTerms kDimensions{"dimension", "value", "dimensions", "values"};

struct PlaceOptions {
  PlaceTerms terms;
  std::span<const std::string> titles;  ///< [dimensions] of topics or dimensions; not needed for `all`
  std::size_t dimensions = 0;
  bool all = false;      ///< a line a document with all numbers; else one for each of the largest
  std::size_t most = 3;  ///< so many
  double least = 0.0;    ///< and those at least so far from 0
};

/// A document in a space.
struct PlacedDocument {
  std::string_view name;
  std::int64_t tokens = 0;         ///< of terms that the model has
  std::span<const float> numbers;  ///< [dimensions]
};

/// The numbers that are the farthest from 0, the farthest first, ties by number: of topics the largest shares.
[[nodiscard]] std::vector<std::size_t> largest_places(std::span<const float> numbers, std::size_t most, double least);

/// Writes documents as lines: text and tsv with tabs between, json an object a line.
class PlaceWriter {
 public:
  /// What the options refer to must outlive it.
  PlaceWriter(const PlaceOptions& options, Format format) : options_(options), format_(format) {}

  [[nodiscard]] std::string head() const;  ///< names of the columns; nothing for json
  void write(const PlacedDocument& document, std::string& out) const;

 private:
  [[nodiscard]] std::string shown(std::string_view text) const;
  [[nodiscard]] std::string shown(float number) const;
  void write_json(const PlacedDocument& document, std::string& out) const;

  PlaceOptions options_;
  Format format_;
};

}  // namespace malmoi::apps
