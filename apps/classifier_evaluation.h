#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/classifier_model.h"
#include "apps/labelled_texts.h"
#include "corpus/store.h"
#include "neural/label_metrics.h"
#include "neural/metrics.h"

namespace malmoi::apps {

/// Documents to measure a classifier on.
struct EvaluationTexts {
  LabelledTexts texts;
  std::string documents;  ///< what they are: "test", "validation", "chosen", "input"
  std::size_t of = 0;     ///< documents that were held out, of which these are still there; else 0
};

/// The documents of a corpus that were held out when the model was trained: those for the test, or where it has none,
/// those for the validation. Empty texts: the corpus has none of them, or not as they were.
/// source  where the labels stand, and without a split field
[[nodiscard]] EvaluationTexts held_out_texts(const corpus::Store& store, const ClassifierModel& model,
                                             const LabelSource& source);

/// What was measured, and what it was measured on.
struct Measured {
  LabelledTexts texts;
  std::vector<float> probabilities;   ///< [documents × labels]
  std::vector<std::int32_t> classes;  ///< [documents] true ones, where a document has one label
  std::vector<std::uint8_t> table;    ///< [documents × labels] where it may have several
  std::optional<neural::ClassMetrics> of_classes = {};
  std::optional<neural::ClassIntervals> class_intervals = {};
  std::optional<neural::LabelMetrics> of_labels = {};
  std::optional<neural::LabelIntervals> label_intervals = {};
};

/// bootstrap  draws = 0: no intervals
/// Throws     invalid_argument naming a document with a label that the model does not know
[[nodiscard]] Measured measure(const ClassifierModel& model, LabelledTexts texts,
                               const neural::BootstrapOptions& bootstrap, const RunContext& context);

}  // namespace malmoi::apps
