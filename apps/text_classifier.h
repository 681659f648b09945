#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "apps/model_parts.h"
#include "corpus/base/run_context.h"

namespace malmoi::apps {

/// A stretch of a text with what it adds to the score of a label.
struct Evidence {
  std::size_t begin = 0;  ///< bytes of the text
  std::size_t end = 0;
  double weight = 0.0;
};

/// A fitted text classifier with all it needs to read texts; immutable, shared by threads. The model is chosen at run
/// time, so this is where kinds differ: one is a file classifiers/<kind>.cpp and a line in classifiers.cpp.
class TextClassifier {
 public:
  virtual ~TextClassifier() = default;

  /// Probabilities of the labels, [texts × labels] by rows: of one label a text they sum to 1. A text gets the same
  /// ones whatever stands beside it.
  [[nodiscard]] virtual std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                         const RunContext& context) const = 0;

  /// What in the text speaks for a label (above 0) and against it: stretches in text order that do not overlap.
  [[nodiscard]] virtual std::vector<Evidence> explain(std::string_view text, std::int32_t label) const = 0;

  /// Adds what the model is made of; the arrays live as long as this object.
  virtual void save(ModelWriter& writer, nlohmann::ordered_json& fields) const = 0;

  /// Numbers that were learned.
  [[nodiscard]] virtual std::int64_t parameters() const = 0;
};

/// Gathers what stretches of a text add, which may overlap, as evidence of its words (between white space). A stretch's
/// weight is spread evenly over its bytes that are no white space.
class Spread {
 public:
  /// text  must outlive it
  explicit Spread(std::string_view text) : text_(text), weights_(text.size(), 0.0) {}
  void add(std::size_t begin, std::size_t end, double weight);
  [[nodiscard]] std::vector<Evidence> words() const;

 private:
  std::string_view text_;
  std::vector<double> weights_;  // of each byte
};

/// The words of a text (between white space), each with how much the logarithm of the label's odds falls when it is
/// left out: for models that do not add up.
[[nodiscard]] std::vector<Evidence> explain_by_occlusion(const TextClassifier& classifier, std::string_view text,
                                                         std::int32_t label);

}  // namespace malmoi::apps
