#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/classifier_model.h"
#include "apps/classifier_report.h"
#include "apps/classifiers.h"
#include "apps/corpus_flags.h"
#include "apps/labelled_texts.h"
#include "corpus/split.h"
#include "corpus/store.h"
#include "tokenize/analyzer.h"

namespace malmoi::apps {

// What `train` and `tune` share: the same flags give both the same documents in the same parts.

struct TrainingOptions {
  std::vector<std::string> fields;  ///< where labels stand; one classifier each
  LabelSource source;               ///< of the first field
  std::string where;
  corpus::SplitOptions split;    ///< its seed is that of all random numbers
  bool full_analysis = true;     ///< everything in the text counts; otherwise as the corpus was indexed
  bool keep_unlabelled = false;  ///< for trainers that read them
  std::filesystem::path dictionary;
};

/// --label-field ... --seed, --dictionary. Must outlive the parsing.
class TrainingFlags {
 public:
  void add_to(boost::program_options::options_description& flags);
  [[nodiscard]] TrainingOptions options() const;  ///< throws UsageError

 private:
  std::vector<std::string> fields_ = {"label"};
  LabelSource source_;
  std::string where_;
  std::optional<std::string> test_;  // 10% where it is not given
  std::string validation_ = "10%";
  std::string analysis_ = "full";
  std::int64_t seed_ = 1;
  DictionaryFlag dictionary_;
};

/// The kind that --kind names, before the arguments are parsed: it decides which flags there are.
/// Throws UsageError for a name that is none.
[[nodiscard]] const ClassifierKind& kind_in(std::span<const std::string> args);
/// A line for each kind, for --help.
[[nodiscard]] std::string describe_kinds();

/// Some of the documents, as a kind learns from them and figures are computed from.
struct TrainingPart {
  std::vector<std::string_view> texts;
  std::vector<std::int32_t> classes;
  std::vector<std::uint8_t> table;

  [[nodiscard]] TrainingTexts view() const { return {texts, classes, table}; }
};

/// The labelled documents of a corpus, read once and divided once: a document is in the same part for every field.
class TrainingDocuments {
 public:
  /// Selects the first field. Throws what read_labelled, distinct_labels and split_documents throw.
  TrainingDocuments(const corpus::Store& store, TrainingOptions options);

  /// From now on labels and parts are those of another field, without the documents that lack it.
  void select(std::size_t field);

  [[nodiscard]] const LabelledTexts& texts() const noexcept { return columns_.texts; }
  [[nodiscard]] bool several() const noexcept { return !source_.separator.empty(); }
  [[nodiscard]] const std::string& field() const noexcept { return source_.field; }
  /// Of the field that is selected: documents that lack it, and those that have none of several labels.
  [[nodiscard]] std::int64_t left_out() const;
  [[nodiscard]] std::int64_t without_labels() const;
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return labels_; }
  [[nodiscard]] const corpus::Split& split() const noexcept { return split_; }

  /// rows  of texts(), none of which lacks the field. A view of this object.
  [[nodiscard]] TrainingPart part(std::span<const std::size_t> rows) const;
  /// About so many of the documents to train on, drawn by label; ascending.
  [[nodiscard]] std::vector<std::size_t> sample(std::int64_t documents) const;

  /// All but the documents that have a label.
  [[nodiscard]] TrainingTask task() const;

  /// Learns from task.train and calibrates on task.validation: one label by a temperature, several by thresholds.
  /// Throws what the trainer throws.
  [[nodiscard]] ClassifierModel fit(const ClassifierKind& kind, const ClassifierTrainer& trainer,
                                    const TrainingTask& task, const RunContext& context) const;

 private:
  TrainingOptions options_;
  std::filesystem::path corpus_;
  tokenize::AnalyzerOptions analysis_;
  LabelColumns columns_;
  std::vector<std::string_view> unlabelled_;
  corpus::Split all_parts_;  // of all fields
  // of the field that is selected
  LabelSource source_;
  std::vector<std::string> labels_;
  std::vector<std::int32_t> classes_;
  std::vector<std::uint8_t> table_;
  corpus::Split split_;
};

[[nodiscard]] ClassifierFigures score(const ClassifierModel& model, const TrainingPart& documents,
                                      const RunContext& context);

}  // namespace malmoi::apps
