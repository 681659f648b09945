#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/classifier_model.h"
#include "apps/text_classifier.h"
#include "corpus/base/run_context.h"
#include "neural/trainer.h"
#include "tokenize/analyzer.h"

namespace boost::program_options {
class options_description;
}

namespace malmoi::apps {

/// Texts with their labels, as kinds learn from them. Views: their owner outlives the training.
struct TrainingTexts {
  std::span<const std::string_view> texts;
  std::span<const std::int32_t> classes;  ///< [texts] where a text has one label; else empty
  std::span<const std::uint8_t> table;    ///< [texts × labels] of 0 and 1 where it may have several; else empty
};

/// What a kind is given to learn with.
struct TrainingTask {
  TrainingTexts train;
  TrainingTexts validation;                           ///< may be empty
  std::span<const std::string_view> unlabelled = {};  ///< further texts, of a kind that reads them
  std::int32_t labels = 0;
  std::span<const std::string> names = {};  ///< [labels] for messages
  std::uint64_t seed = 1;
  tokenize::AnalyzerOptions analysis;                    ///< how texts are read
  std::filesystem::path dictionary;                      ///< folder of the Korean dictionary
  std::filesystem::path corpus;                          ///< whose word vectors may be taken
  std::function<void(const std::string&)> on_note = {};  ///< is told what the user should know
  /// For checkpoints, of kinds that can resume; networks of an ensemble are told apart by its members' numbers, from 0.
  std::function<void(std::size_t member, const neural::TrainState&)> on_epoch = {};
  std::span<const neural::TrainState> starts = {};  ///< [members] where to go on; none or no epochs: from the beginning
  std::int32_t pause_after = std::numeric_limits<std::int32_t>::max();  ///< epochs, of kinds that can resume
};

struct TrainedClassifier {
  std::unique_ptr<TextClassifier> classifier;
  std::vector<EpochFigures> epochs = {};
};

/// A flag with the values that `tune` tries: some, or numbers from low to high whose logarithms are uniform.
struct SearchedFlag {
  std::string_view name;
  std::vector<std::string_view> values = {};
  double low = 0.0;
  double high = 0.0;
};

/// What `tune` varies of a kind. All combinations fit each other.
struct SearchSpace {
  std::vector<SearchedFlag> flags;
  std::int32_t epochs = 0;  ///< of a whole training that can resume; else 0
};

/// A way to make a classifier: its flags, training, and reading back.
class ClassifierTrainer {
 public:
  virtual ~ClassifierTrainer() = default;
  /// Binds the flags that only this kind has.
  virtual void add_to(boost::program_options::options_description& flags) = 0;
  /// Throws UsageError naming the flag whose value does not fit, before any text is read.
  /// several  documents may have several labels
  virtual void check(bool several) const = 0;
  /// Throws UsageError where flags and documents do not fit; invalid_argument where nothing is left to learn from.
  [[nodiscard]] virtual TrainedClassifier train(const TrainingTask& task, const RunContext& context) const = 0;
  /// With the flags given. documents: how many there are to train on
  [[nodiscard]] virtual SearchSpace search_space(bool several, std::size_t documents) const = 0;
  /// Whether documents without a label teach it something, too. After check().
  [[nodiscard]] virtual bool reads_unlabelled() const { return false; }
  /// Whether it can go on from the state after an epoch.
  [[nodiscard]] virtual bool can_resume() const { return false; }
  /// True: validation documents only calibrate, so that they are learned from in the end.
  [[nodiscard]] virtual bool learns_from_validation() const = 0;
};

struct ClassifierKind {
  std::string_view name;
  std::string_view summary;
  std::function<std::unique_ptr<ClassifierTrainer>()> make_trainer;
  std::unique_ptr<TextClassifier> (*read)(const ModelReader& reader, std::int32_t labels,
                                          const std::filesystem::path& dictionary);
};

/// All kinds, in the order of `train --help`.
[[nodiscard]] std::span<const ClassifierKind> classifier_kinds();

/// A trainer of the kind with flags that only this kind has: {"--c", "0.1"}. Throws UsageError.
[[nodiscard]] std::unique_ptr<ClassifierTrainer> make_trainer(const ClassifierKind& kind,
                                                              const std::vector<std::string>& flags);

}  // namespace malmoi::apps
