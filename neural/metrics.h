#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/bootstrap.h"

namespace malmoi::neural {

/// Numbers of documents for classes, [documents × classes] by rows: probabilities or logits. A view: their owner
/// outlives it.
struct ClassRows {
  std::span<const float> values;
  std::int32_t classes = 0;
};

/// How often a class was right, was predicted, and is true.
struct Tally {
  std::int64_t hits = 0;
  std::int64_t predicted = 0;
  std::int64_t support = 0;
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// hits / predicted, hits / support and 2 hits / (predicted + support); 0 / 0 is 0, as with scikit-learn's
/// zero_division=0.
struct Scores {
  double precision = 0.0;
  double recall = 0.0;
  double f1 = 0.0;
};
[[nodiscard]] Scores scores_of(const Tally& tally);

struct Averages {
  Scores macro;     ///< mean over the classes that averages_of counts
  Scores micro;     ///< of the tallies' sums; all three are the accuracy where every document has one class
  Scores weighted;  ///< mean weighted by support; 0 without any
};
/// What the macro average makes of a class that no document has and none is predicted to have.
enum class AbsentClass {
  left_out,  ///< as scikit-learn does with one class a document
  zero       ///< counts with 0, as scikit-learn does with tables of labels
};
[[nodiscard]] Averages averages_of(std::span<const Tally> tallies, AbsentClass absent);

struct ClassScores {
  Tally tally;
  Scores scores;
  std::optional<double> roc_auc;  ///< against all other classes; empty where one side has no documents
};

/// Documents whose confidence, the largest probability, is in one of equal parts of (0, 1].
struct ReliabilityBin {
  std::int64_t documents = 0;
  double confidence = 0.0;  ///< mean; 0 in an empty bin
  double accuracy = 0.0;    ///< likewise
};
inline constexpr std::int32_t kReliabilityBins = 15;

struct ClassMetrics {
  std::int64_t documents = 0;
  double accuracy = 0.0;
  double log_loss = 0.0;  ///< mean of -ln p(true class); p below 2^-23 counts as 2^-23, as for scikit-learn's float32
  double brier = 0.0;     ///< mean over documents of Σ (p - [is true])²: in [0, 2], with two classes twice what is
                          ///< common for one probability (Brier 1950)
  double calibration_error = 0.0;  ///< expected, over kReliabilityBins (Guo et al., ICML 2017)
  std::optional<double> roc_auc;   ///< two classes: of class 1; more: mean of the classes that have one
  Averages averages;
  std::vector<ClassScores> classes;
  std::vector<std::int64_t> confusion;  ///< [true × predicted]
  std::vector<ReliabilityBin> bins;     ///< [kReliabilityBins]; part i is (i / 15, (i + 1) / 15]
};

/// The most probable class of every document; of equal ones the lowest. Throws as score_classes.
[[nodiscard]] std::vector<std::int32_t> most_probable(const ClassRows& probabilities);

/// Figures of a classifier that gives every document one class.
/// Macro averages leave classes out that are neither in truth nor predicted.
///
/// probabilities   at least two classes
/// truth           [documents] in [0, classes)
/// Throws   invalid_argument: no documents, sizes that do not fit, a class out of range, a probability outside [0, 1]
///          (10^-4 beside it are rounding) or NaN
[[nodiscard]] ClassMetrics score_classes(const ClassRows& probabilities, std::span<const std::int32_t> truth,
                                         const RunContext& context = {});

/// Ends of intervals: every figure of low and high stands where ClassMetrics has it, tallies included as they are in
/// the data; confusion and bins are left empty. An interval of the calibration error lies high: a resample of a
/// calibrated model has an error, too.
struct ClassIntervals {
  ClassMetrics low;
  ClassMetrics high;
};

/// Intervals of the figures of score_classes by `bootstrap`. A resample without a class has no ROC-AUC for it.
[[nodiscard]] ClassIntervals class_intervals(const ClassRows& probabilities, std::span<const std::int32_t> truth,
                                             const BootstrapOptions& options, const RunContext& context = {});

}  // namespace malmoi::neural
