#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/page/page_data.h"
#include "neural/bootstrap.h"
#include "neural/calibration.h"
#include "neural/label_metrics.h"
#include "neural/metrics.h"

namespace malmoi::apps {

/// An epoch of the training; NaN: not measured.
struct PageEpoch {
  std::int32_t epoch = 0;  ///< from 1
  double training_loss = kUndefined;
  double validation_loss = kUndefined;
  double validation_accuracy = kUndefined;
};

/// A document with what the classifier made of it.
struct ScoredDocument {
  std::string id = {};
  std::string text = {};
  bool cut = false;                          ///< the text goes on
  std::vector<std::int32_t> truth = {};      ///< of one label a document: one
  std::vector<std::int32_t> predicted = {};  ///< likewise
  double probability = kUndefined;           ///< of the predicted class; NaN with several labels
  double true_probability = kUndefined;      ///< likewise, of the true class
};

/// What the page about a classifier shows. Either `classes` or `multi_label` is there.
struct ClassifierPage {
  std::string language = "ko";  ///< of the interface at the start: ko or en
  PageHead head = {};           ///< without figures: those of the metrics are shown
  std::vector<std::string> labels = {};
  std::optional<neural::ClassMetrics> classes = {};
  std::optional<neural::ClassIntervals> class_intervals = {};
  std::optional<neural::LabelMetrics> multi_label = {};
  std::optional<neural::LabelIntervals> label_intervals = {};
  std::vector<float> thresholds = {};  ///< [labels] with multi_label
  double level = 0.95;                 ///< of the intervals
  std::vector<PageEpoch> epochs = {};
  std::optional<std::int32_t> best_epoch = {};
  std::optional<neural::Temperature> temperature = {};
  std::vector<ScoredDocument> documents = {};  ///< worst first: choose_documents gives the order
};

/// Which documents a page holds: the 100 worst mistakes, then of every cell of the confusion matrix the worst, then the
/// second ones and so on, until there are `most`. Worst is the least probable true class; equal ones stand by number.
/// Returns their places, worst first. Throws as neural::score_classes.
[[nodiscard]] std::vector<std::size_t> choose_documents(const neural::ClassRows& probabilities,
                                                        std::span<const std::int32_t> truth, std::size_t most);

/// One HTML file that needs nothing else; nothing in the data can run in it. Throws invalid_argument: neither classes
/// nor multi_label, or another number of labels or thresholds.
[[nodiscard]] std::string classifier_page(const ClassifierPage& page);

/// The data of the page as JSON, safe in a script element as to_json of page_data.h is.
[[nodiscard]] std::string to_json(const ClassifierPage& page);

}  // namespace malmoi::apps
