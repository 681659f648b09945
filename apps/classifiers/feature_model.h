#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "apps/model_parts.h"
#include "neural/text_features.h"

namespace boost::program_options {
class options_description;
}

namespace malmoi::apps {

/// --words --chars ... --norm: which features a text has. Must outlive the parsing.
class FeatureFlags {
 public:
  void add_to(boost::program_options::options_description& flags);
  /// Throws UsageError for a value that is none of the choices.
  [[nodiscard]] neural::FeatureOptions options(const tokenize::AnalyzerOptions& analysis) const;
  /// Throws invalid_argument naming the flags that have left no feature.
  void require_some(std::int32_t features, std::size_t documents) const;

 private:
  std::string words_ = "1-3";
  std::string characters_ = "1-5";
  std::string scope_ = "word";
  std::string weight_ = "tfidf";
  std::string norm_ = "view";
  std::int32_t min_df_ = 2;
  std::string max_df_ = "100%";
  std::optional<std::int32_t> max_features_;
};

/// Whether all of many numbers are finite: without leaving at the first that is not, by vectors.
[[nodiscard]] bool all_finite(std::span<const float> values);

/// Features as parts of a model: options under "features", arrays under "features.*".
void save_features(const neural::TextFeatures& features, ModelWriter& writer, nlohmann::ordered_json& fields);
/// Throws corrupt_data.
[[nodiscard]] neural::TextFeatures read_features(const ModelReader& reader);

}  // namespace malmoi::apps
