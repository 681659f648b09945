#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/labelled_texts.h"
#include "apps/text_classifier.h"
#include "corpus/models.h"
#include "neural/calibration.h"

namespace malmoi::apps {

inline constexpr corpus::ModelKind kClassifierKind{.kind = "classifier", .newest = 4};

/// One pass of training, as learning curves show it.
struct EpochFigures {
  std::int32_t epoch = 0;  ///< from 1
  double training_loss = 0.0;
  std::optional<double> validation_loss = {};
  std::optional<double> validation_accuracy = {};
};

/// Documents of the corpus that a model did not learn from, as they were then.
struct HeldOut {
  std::vector<std::int64_t> row_ids;  ///< ascending
  std::vector<std::int64_t> hashes;   ///< [documents] of the texts: tell whether a document is still the same. Models
                                      ///< up to version 2 have those of text and labels, which are known, too
};

/// A trained classifier as a corpus file keeps it, in the words of the user.
struct ClassifierModel {
  std::string kind;                 ///< what makes it: "softmax"
  std::vector<std::string> labels;  ///< [labels] column k of the probabilities is labels[k]
  LabelSource source;               ///< a separator: documents have several labels
  std::string where;                ///< which documents it was made from, as --where
  std::int64_t trained_on = 0;      ///< documents
  std::uint64_t seed = 1;
  neural::Temperature temperature;  ///< of the log probabilities; fitted on validation documents, steps not stored
  std::vector<float> thresholds;    ///< [labels] where documents have several; else empty
  std::vector<EpochFigures> epochs;
  HeldOut validation;
  HeldOut test;
  std::unique_ptr<TextClassifier> classifier;
  std::string name = {};         ///< in the file it was loaded from
  std::string fingerprint = {};  ///< 16 hexadecimal digits that tell stored models apart; set by loading

  [[nodiscard]] bool several() const noexcept { return !source.separator.empty(); }
};

/// The row of the corpus file; the same model gives the same bytes.
[[nodiscard]] corpus::StoredModel to_stored(const ClassifierModel& model);

/// what        names the model in messages
/// dictionary  folder of the Korean dictionary, read where the model's analysis needs it
/// Throws      corrupt_data when the parts do not fit each other
[[nodiscard]] ClassifierModel classifier_from_stored(const corpus::StoredModel& stored, std::string_view what,
                                                     const std::filesystem::path& dictionary);

/// Reads a model of a corpus file, or the one of a file that `models --export` wrote.
/// name    empty: the only classifier there is
/// Throws  what corpus::load_model throws; not_found where the name is empty and there is none, or more than one
[[nodiscard]] ClassifierModel load_classifier(const std::filesystem::path& file, std::string_view name,
                                              const std::filesystem::path& dictionary);

/// Calibrated probabilities of the labels. [texts × labels]
[[nodiscard]] std::vector<float> probabilities(const ClassifierModel& model, std::span<const std::string_view> texts,
                                               const RunContext& context);

/// All labels, the most probable first, of equal ones the first.
/// found  [labels] probabilities of a document
[[nodiscard]] std::vector<std::size_t> ranked_labels(std::span<const float> found);
/// Those that the model gives the document: the most probable one; where it may have several, all that reach their
/// thresholds, which may be none.
[[nodiscard]] std::vector<std::size_t> given_labels(const ClassifierModel& model, std::span<const float> found);

/// Logits with these probabilities; one that rounded to 0 counts as the least float.
[[nodiscard]] std::vector<float> logarithms(std::span<const float> probabilities);

/// Of documents of a corpus.
[[nodiscard]] HeldOut held_out(const LabelledTexts& texts, std::span<const std::size_t> rows);
/// Places in `texts` of those held out whose text is there unchanged, ascending.
[[nodiscard]] std::vector<std::size_t> find_held_out(const LabelledTexts& texts, const HeldOut& held_out);

}  // namespace malmoi::apps
