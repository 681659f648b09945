#include "apps/classifiers/bag.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/dictionary.h"
#include "apps/parse.h"
#include "corpus/base/error.h"
#include "neural/bag_classifier.h"
#include "neural/bag_features.h"
#include "neural/text_units.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using neural::BagFeatureOptions;
using neural::BagFeatures;
using neural::BagLoss;
using neural::BagModel;
using neural::BagOptions;
using neural::TermTags;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kLosses = {"softmax", "hierarchical", "sigmoid"};

std::vector<std::string_view> views_of(const StringTable& terms) {
  std::vector<std::string_view> views;
  views.reserve(static_cast<std::size_t>(terms.size()));
  for (std::int32_t term = 0; term < terms.size(); ++term) views.push_back(terms.at(term));
  return views;
}

ordered_json parts_json(const std::optional<neural::SubwordOptions>& parts) {
  if (!parts) return nullptr;
  return {
      {"syllables", to_json(parts->syllables)}, {"jamo", to_json(parts->jamo)}, {"letters", to_json(parts->letters)}};
}

class BagTextClassifier : public TextClassifier {
 public:
  BagTextClassifier(BagFeatures features, BagModel model, std::unique_ptr<tokenize::Analyzer> analyzer,
                    ordered_json learned)
      : features_(std::move(features)),
        model_(std::move(model)),
        analyzer_(std::move(analyzer)),
        learned_(std::move(learned)) {}

  [[nodiscard]] std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                 const RunContext& context) const override {
    const neural::TokenizedTexts read = neural::tokenize_texts(texts, *analyzer_, TermTags::none, context);
    const std::vector<std::string_view> terms = views_of(read.terms);
    return neural::predict_bag(model_, features_.rows({&read.tokens, terms}, context), context);
  }

  [[nodiscard]] std::vector<Evidence> explain(std::string_view text, std::int32_t label) const override {
    return explain_by_occlusion(*this, text, label);
  }

  void save(ModelWriter& writer, ordered_json& fields) const override {
    const BagFeatureOptions& options = features_.data().options;
    fields["options"] = learned_;
    fields["bag"] = {{"loss", name_of(kLosses, model_.loss)},
                     {"dimensions", model_.dimensions},
                     {"words", to_json(options.words)},
                     {"parts", parts_json(options.parts)},
                     {"buckets", options.buckets},
                     {"min_count", options.min_count},
                     {"log_counts", options.log_counts},
                     {"analysis", ordered_json::parse(tokenize::to_json(analyzer_->options()))}};
    writer.tensors().add("bag.buckets", std::span<const std::int32_t>(features_.data().buckets));
    writer.tensors().add("bag.vectors", std::span<const float>(model_.vectors), {model_.features, model_.dimensions});
    writer.tensors().add("bag.outputs", std::span<const float>(model_.outputs));
    writer.tensors().add_narrow("bag.counts", std::span<const std::int64_t>(model_.counts));
  }

  [[nodiscard]] std::int64_t parameters() const override {
    return static_cast<std::int64_t>(model_.vectors.size() + model_.outputs.size());
  }

 private:
  BagFeatures features_;
  BagModel model_;
  std::unique_ptr<tokenize::Analyzer> analyzer_;
  ordered_json learned_;  // options of the training, for people
};

class BagTrainer : public ClassifierTrainer {
 public:
  BagTrainer() {
    features_.parts.emplace();
    options_.rate = 1;       // fastText's 0.1 is too little for texts of many features, whose mean is small
    options_.dropout = 0.3;  // some hundred texts a label are learned by heart without it
  }

  void add_to(po::options_description& flags) override {
    auto add = flags.add_options();
    add("words", po::value(&features_.words.longest)->default_value(features_.words.longest)->value_name("MAX"),
        "n-grams of up to so many words (Korean: morphemes); 0: none");
    add("no-parts", po::bool_switch(&no_parts_), "no parts of words (syllables, jamo, letters)");
    add("buckets", po::value(&features_.buckets)->default_value(features_.buckets), "features are hashed into so many");
    add("min-count", po::value(&features_.min_count)->default_value(features_.min_count),
        "rarer features are left out");
    add("weight", po::value(&weight_)->default_value(weight_),
        "of a feature that occurs tf times: count (tf), log (1 + ln tf)");
    add("dim", po::value(&options_.dimensions)->default_value(options_.dimensions), "numbers of a vector");
    add("epochs", po::value<std::int32_t>()->notifier([this](std::int32_t epochs) { epochs_ = epochs; }),
        "passes over the training documents (default: 5 to 25, the more the fewer they are)");
    add("rate", po::value(&options_.rate)->default_value(options_.rate), "learning rate at the start");
    add("dropout", po::value(&options_.dropout)->default_value(options_.dropout),
        "share of a document's features left out at random in each epoch");
    add("batch", po::value(&options_.batch)->default_value(options_.batch), "documents whose features change together");
    add("loss", po::value(&loss_)->default_value(loss_), "softmax, hierarchical (for many labels)");
  }

  void check(bool several) const override {
    constexpr std::int32_t kMostDimensions = 4096;
    require_at_least("--words", features_.words.longest, 0);
    require_at_least("--buckets", features_.buckets, 1);
    require_at_least("--min-count", features_.min_count, 1);
    require_flag(options_.dimensions >= 1 && options_.dimensions <= kMostDimensions,
                 concat("--dim ", options_.dimensions), concat("1 to ", kMostDimensions));
    require_at_least("--epochs", epochs_.value_or(1), 1);
    require_positive("--rate", options_.rate);
    require_flag(options_.dropout >= 0 && options_.dropout < 1, concat("--dropout ", options_.dropout), "0 to below 1");
    require_at_least("--batch", options_.batch, 1);
    (void)log_counts();
    const BagLoss chosen = loss();
    if (no_parts_ && features_.words.longest < 1) throw UsageError("--words 0 --no-parts: one of them is wanted");
    if (several && chosen == BagLoss::hierarchical) {
      throw UsageError("--loss hierarchical gives one label a document; leave it out with --label-separator");
    }
  }

  [[nodiscard]] TrainedClassifier train(const TrainingTask& task, const RunContext& context) const override {
    BagOptions options = options_;
    options.loss = loss();
    options.seed = task.seed;
    options.epochs = epochs_.value_or(enough_epochs(task.train.texts.size()));
    BagFeatureOptions features = features_;
    features.log_counts = log_counts();
    if (features.words.longest < 1) features.words = {};
    if (no_parts_) features.parts.reset();
    auto analyzer = make_analyzer(task.analysis, task.dictionary);
    const neural::TokenizedTexts read = neural::tokenize_texts(task.train.texts, *analyzer, TermTags::none, context);
    const std::vector<std::string_view> terms = views_of(read.terms);
    BagFeatures fitted = neural::fit_bag_features({&read.tokens, terms}, features, context);
    if (fitted.size() == 0) {
      throw Error(ErrorCode::invalid_argument, concat("--min-count ", features_.min_count, ": no feature of the ",
                                                      task.train.texts.size(), " documents to train on is left"));
    }
    neural::BagFit fit = fit_rows(fitted.rows({&read.tokens, terms}, context), task, options, context);
    if (fit.rate < options.rate && task.on_note) {
      task.on_note(concat("--rate ", options.rate, ": the loss was not finite; it was learned with ", fit.rate));
    }
    std::vector<EpochFigures> epochs;
    for (const double loss : fit.losses) {
      epochs.push_back({.epoch = static_cast<std::int32_t>(epochs.size()) + 1, .training_loss = loss});
    }
    ordered_json learned = {
        {"epochs", options.epochs}, {"rate", fit.rate}, {"dropout", options.dropout}, {"batch", options.batch}};
    return {std::make_unique<BagTextClassifier>(std::move(fitted), std::move(fit.model), std::move(analyzer),
                                                std::move(learned)),
            std::move(epochs)};
  }

  [[nodiscard]] SearchSpace search_space(bool /*several*/, std::size_t /*documents*/) const override {
    return {.flags = {{.name = "rate", .low = 0.02, .high = 1},
                      {.name = "epochs", .values = {"3", "5", "10", "20"}},
                      {.name = "dim", .values = {"10", "20", "50", "100"}},
                      {.name = "words", .values = {"1", "2", "3"}},
                      {.name = "dropout", .values = {"0", "0.2", "0.4", "0.6"}},
                      {.name = "min-count", .values = {"1", "2", "5"}},
                      {.name = "weight", .values = {"count", "log"}}}};
  }

  // Its epochs are fixed beforehand: nothing is chosen by the validation documents.
  [[nodiscard]] bool learns_from_validation() const override { return true; }

 private:
  // Vectors begin near zero and leave it slowly: what counts is how many documents are met in all.
  static std::int32_t enough_epochs(std::size_t documents) {
    constexpr std::size_t kDocuments = 250'000;
    return static_cast<std::int32_t>(std::clamp<std::size_t>(kDocuments / std::max<std::size_t>(documents, 1), 5, 25));
  }

  [[nodiscard]] bool log_counts() const { return choose<bool>("--weight", weight_, {{"count", false}, {"log", true}}); }

  [[nodiscard]] BagLoss loss() const {
    return choose<BagLoss>("--loss", loss_, {{"softmax", BagLoss::softmax}, {"hierarchical", BagLoss::hierarchical}});
  }

  static neural::BagFit fit_rows(const vectorize::SparseMatrix& rows, const TrainingTask& task, BagOptions options,
                                 const RunContext& context) {
    try {
      if (task.train.table.empty()) return neural::fit_bag(rows, task.train.classes, task.labels, options, context);
      options.loss = BagLoss::sigmoid;
      return neural::fit_bag_labels(rows, task.train.table, task.labels, options, context);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      throw Error(error.code(), concat("--rate ", options.rate, ": ", error.what()));
    }
  }

  BagFeatureOptions features_;
  BagOptions options_;
  std::optional<std::int32_t> epochs_;
  std::string loss_ = "softmax";
  std::string weight_ = "log";  // long texts: a word that comes back says less each time
  bool no_parts_ = false;
};

}  // namespace

std::unique_ptr<ClassifierTrainer> make_bag_trainer() {
  return std::make_unique<BagTrainer>();
}

std::unique_ptr<TextClassifier> read_bag_classifier(const ModelReader& reader, std::int32_t labels,
                                                    const std::filesystem::path& dictionary) {
  const ModelFields from = reader.fields("bag");
  neural::BagFeatureData data;
  from.take("words", data.options.words);
  if (!from.json("parts").is_null()) {
    const ModelFields parts = from.object("parts");
    data.options.parts.emplace();
    parts.take("syllables", data.options.parts->syllables);
    parts.take("jamo", data.options.parts->jamo);
    parts.take("letters", data.options.parts->letters);
  }
  from.take("buckets", data.options.buckets);
  from.take("min_count", data.options.min_count);
  if (from.has("log_counts")) from.take("log_counts", data.options.log_counts);
  data.buckets = reader.tensors().read<std::int32_t>("bag.buckets");
  std::optional<BagFeatures> features;
  try {
    features.emplace(std::move(data));
  } catch (const Error&) {
    reader.require(false, "bag");
  }
  BagModel model;
  from.take("loss", kLosses, model.loss);
  from.take("dimensions", model.dimensions);
  model.features = features->size();
  model.classes = labels;
  model.vectors = reader.tensors().read<float>("bag.vectors");
  model.outputs = reader.tensors().read<float>("bag.outputs");
  model.counts = reader.tensors().read_narrow<std::int64_t>("bag.counts", ModelReader::kAnyNumber);
  const auto finite = [](float value) { return std::isfinite(value); };
  const auto dimensions = static_cast<std::size_t>(std::max(model.dimensions, 0));
  const auto outputs = static_cast<std::size_t>(model.loss == BagLoss::hierarchical ? labels - 1 : labels);
  reader.require(dimensions >= 1 && model.vectors.size() == static_cast<std::size_t>(model.features) * dimensions,
                 "bag.vectors");
  reader.require(model.outputs.size() == outputs * dimensions, "bag.outputs");
  reader.require(std::cmp_equal(model.counts.size(), labels), "bag.counts");
  reader.require(std::ranges::all_of(model.vectors, finite) && std::ranges::all_of(model.outputs, finite), "bag");
  auto analyzer = make_analyzer(tokenize::analyzer_options_from_json(from.dump("analysis")), dictionary);
  return std::make_unique<BagTextClassifier>(std::move(*features), std::move(model), std::move(analyzer),
                                             reader.fields().json("options"));
}

}  // namespace malmoi::apps
