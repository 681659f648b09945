#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "apps/lsa_model.h"
#include "apps/page/page_data.h"
#include "apps/report.h"
#include "topics/topic_model.h"

namespace malmoi::apps {

/// The rows with the highest and the lowest values of a column, at most `most` on each side of 0, from the highest to
/// the lowest, ties by number; none at 0.
[[nodiscard]] std::vector<Weighted> poles_of(const topics::DenseMatrix& matrix, std::size_t column, std::size_t most);

/// "배우 · 연기 ↔ 음악 · 노래": the terms of both poles, the second only where it is marked.
/// poles  of the terms, as poles_of gives them
[[nodiscard]] std::string propose_dimension_name(std::span<const std::string> terms, std::span<const Weighted> poles);

/// The user's name of each dimension, or else one made of its terms. [dimensions]
/// names  [dimensions] empty where there is none
[[nodiscard]] std::vector<std::string> dimension_titles(const LsaModel& model, std::span<const std::string> names);

struct DimensionTableOptions {
  std::size_t dimensions = std::numeric_limits<std::size_t>::max();  ///< the first ones
  std::size_t terms = 5;                                             ///< of each pole
};

/// dimension, name, singular_value, explained, residual, positive_terms, negative_terms.
/// names  [dimensions] the user's, empty where there is none: a proposal takes its place
[[nodiscard]] Table dimensions_table(const LsaModel& model, std::span<const std::string> names,
                                     const DimensionTableOptions& options);

}  // namespace malmoi::apps
