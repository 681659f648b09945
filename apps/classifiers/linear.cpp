#include "apps/classifiers/linear.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/classifiers/feature_model.h"
#include "apps/command.h"
#include "apps/dictionary.h"
#include "apps/parse.h"
#include "neural/linear_classifier.h"
#include "neural/naive_bayes.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using neural::BayesKind;
using neural::BayesOptions;
using neural::LinearLoss;
using neural::LinearModel;
using neural::LinearOptions;
using neural::TextFeatures;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 2> kLinks = {"softmax", "sigmoid"};

class LinearTextClassifier : public TextClassifier {
 public:
  LinearTextClassifier(TextFeatures features, LinearModel model, std::unique_ptr<tokenize::Analyzer> analyzer,
                       ordered_json learned)
      : features_(std::move(features)),
        model_(std::move(model)),
        analyzer_(std::move(analyzer)),
        learned_(std::move(learned)) {}

  [[nodiscard]] std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                 const RunContext& context) const override {
    return neural::predict_texts(features_, model_, texts, tokens_of(texts, context), context);
  }

  [[nodiscard]] std::vector<Evidence> explain(std::string_view text, std::int32_t label) const override {
    const std::array texts = {text};
    const auto row = features_.rows(texts, tokens_of(texts, {}));
    const auto occurrences = features_.occurrences(text, *analyzer_);
    std::vector<double> times(static_cast<std::size_t>(features_.size()), 0.0);
    for (const auto& one : occurrences) ++times[static_cast<std::size_t>(one.feature)];
    Spread spread(text);
    for (const auto& one : occurrences) {
      const double value = model_.presence ? 1.0 : static_cast<double>(row.coeff(0, one.feature));
      spread.add(one.begin, one.end, value * weight(one.feature, label) / times[static_cast<std::size_t>(one.feature)]);
    }
    return spread.words();
  }

  void save(ModelWriter& writer, ordered_json& fields) const override {
    fields["options"] = learned_;
    fields["linear"] = {
        {"link", name_of(kLinks, model_.link)}, {"presence", model_.presence}, {"sharpness", model_.sharpness}};
    save_features(features_, writer, fields);
    writer.tensors().add("weights", std::span<const float>(model_.weights), {model_.features, model_.outputs()});
    writer.tensors().add("bias", std::span<const float>(model_.bias));
  }

  [[nodiscard]] std::int64_t parameters() const override {
    return static_cast<std::int64_t>(model_.weights.size() + model_.bias.size());
  }

 private:
  [[nodiscard]] TokenSequences tokens_of(std::span<const std::string_view> texts, const RunContext& context) const {
    const neural::FeatureOptions& options = features_.options();
    if (!options.words) return {};
    return neural::tokenize_texts(texts, *analyzer_, options.tags, features_.terms(), context);
  }

  // What one unit of the feature adds to the score of the label.
  [[nodiscard]] double weight(std::int32_t feature, std::int32_t label) const {
    const auto outputs = static_cast<std::size_t>(model_.outputs());
    const float* weights = model_.weights.data() + static_cast<std::size_t>(feature) * outputs;
    if (outputs == 1 && model_.classes == 2) return label == 1 ? weights[0] : -weights[0];
    return weights[label];
  }

  TextFeatures features_;
  LinearModel model_;
  std::unique_ptr<tokenize::Analyzer> analyzer_;
  ordered_json learned_;  // options of the training, for people
};

// Features of the training texts, and what a kind of linear model makes of them.
class LinearTrainer : public ClassifierTrainer {
 public:
  void add_to(po::options_description& flags) override {
    features_.add_to(flags);
    add_model_flags(flags);
  }

  void check(bool several) const override {
    (void)features_.options({});
    check_model(several);
  }

  [[nodiscard]] TrainedClassifier train(const TrainingTask& task, const RunContext& context) const override {
    auto analyzer = make_analyzer(task.analysis, task.dictionary);
    const neural::FeatureOptions options = features_.options(analyzer->options());
    neural::TokenizedTexts tokens;
    if (options.words) tokens = neural::tokenize_texts(task.train.texts, *analyzer, options.tags, context);
    neural::FittedFeatures fitted = neural::fit_features(task.train.texts, std::move(tokens), options, context);
    features_.require_some(fitted.features.size(), task.train.texts.size());
    ordered_json learned;
    LinearModel model = fit(fitted.rows, task, learned, context);
    return {std::make_unique<LinearTextClassifier>(std::move(fitted.features), std::move(model), std::move(analyzer),
                                                   std::move(learned))};
  }

  [[nodiscard]] SearchSpace search_space(bool /*several*/, std::size_t /*documents*/) const override {
    SearchSpace space{.flags = model_search()};
    space.flags.insert(space.flags.end(), {{.name = "words", .values = {"1", "1-2", "1-3"}},
                                           {.name = "chars", .values = {"1-3", "1-4", "1-5", "2-6"}},
                                           {.name = "chars-within", .values = {"word", "text"}},
                                           {.name = "weight", .values = {"binary", "log", "tfidf"}},
                                           {.name = "min-df", .values = {"1", "2", "3", "5"}}});
    return space;
  }

  [[nodiscard]] bool learns_from_validation() const override { return true; }

 protected:
  virtual void add_model_flags(po::options_description& flags) = 0;
  [[nodiscard]] virtual std::vector<SearchedFlag> model_search() const = 0;
  // Throws UsageError.
  virtual void check_model(bool several) const = 0;
  // Writes the options down in `learned`.
  [[nodiscard]] virtual LinearModel fit(const vectorize::SparseMatrix& rows, const TrainingTask& task,
                                        ordered_json& learned, const RunContext& context) const = 0;

 private:
  FeatureFlags features_;
};

// ---- softmax -------------------------------------------------------------------------------------------------------

class SoftmaxTrainer : public LinearTrainer {
 private:
  void add_model_flags(po::options_description& flags) override {
    auto add = flags.add_options();
    add("loss", po::value(&loss_)->default_value(loss_),
        "logistic (regression), hinge (support vector machine, squared hinge)");
    add("c", po::value(&options_.c)->default_value(options_.c),
        "weight of the losses beside the penalty on large weights");
    add("log-ratio", po::value(&log_ratio_)->default_value(log_ratio_),
        "features times their naive Bayes log-count ratio, counts smoothed by this; none: plain features");
    add("class-weights", po::value(&class_weights_)->default_value(class_weights_),
        "none, or balanced: rare classes count as much as frequent ones (with --label-separator: the documents that "
        "have a label as much as those that do not)");
  }

  [[nodiscard]] std::vector<SearchedFlag> model_search() const override {
    return {{.name = "loss", .values = {"logistic", "hinge"}},
            {.name = "c", .low = 0.01, .high = 10},
            {.name = "log-ratio", .values = {"none", "0.1", "0.5", "1"}},
            {.name = "norm", .values = {"view", "whole"}},
            {.name = "class-weights", .values = {"none", "balanced"}}};
  }

  [[nodiscard]] LinearOptions options() const {
    LinearOptions options = options_;
    options.loss =
        choose<LinearLoss>("--loss", loss_, {{"logistic", LinearLoss::logistic}, {"hinge", LinearLoss::squared_hinge}});
    require_positive("--c", options.c);
    options.log_ratio.reset();
    if (log_ratio_ != "none") options.log_ratio = parse_number("--log-ratio", log_ratio_);
    if (options.log_ratio && !(*options.log_ratio > 0)) throw UsageError("--log-ratio: more than 0 is wanted, or none");
    return options;
  }

  [[nodiscard]] bool balanced() const {
    return choose<bool>("--class-weights", class_weights_, {{"none", false}, {"balanced", true}});
  }

  void check_model(bool /*several*/) const override {
    (void)options();
    (void)balanced();
  }

  [[nodiscard]] LinearModel fit(const vectorize::SparseMatrix& rows, const TrainingTask& task, ordered_json& learned,
                                const RunContext& context) const override {
    LinearOptions given = options();
    given.seed = task.seed;
    if (balanced()) {
      given.class_weights = task.train.table.empty() ? neural::balanced_weights(task.train.classes, task.labels)
                                                     : neural::balanced_label_weights(task.train.table, task.labels);
    }
    neural::LinearFit fitted = task.train.table.empty()
                                   ? neural::fit_linear(rows, task.train.classes, task.labels, given, context)
                                   : neural::fit_linear_labels(rows, task.train.table, task.labels, given, context);
    learned = {{"loss", loss_},
               {"c", given.c},
               {"log_ratio", log_ratio_},
               {"class_weights", class_weights_},
               {"iterations", fitted.iterations},
               {"converged", fitted.converged}};
    return std::move(fitted.model);
  }

  std::string loss_ = "hinge";
  std::string log_ratio_ = "0.5";
  std::string class_weights_ = "none";
  LinearOptions options_;
};

// ---- bayes ---------------------------------------------------------------------------------------------------------

class BayesTrainer : public LinearTrainer {
 private:
  void add_model_flags(po::options_description& flags) override {
    auto add = flags.add_options();
    add("model", po::value(&model_)->default_value(model_),
        "complement (Rennie et al., ICML 2003), multinomial, bernoulli");
    add("smoothing", po::value(&options_.smoothing)->default_value(options_.smoothing), "added to every count");
  }

  [[nodiscard]] std::vector<SearchedFlag> model_search() const override {
    return {{.name = "model", .values = {"multinomial", "complement", "bernoulli"}},
            {.name = "smoothing", .low = 0.01, .high = 3},
            {.name = "norm", .values = {"none", "view"}}};
  }

  [[nodiscard]] BayesOptions options() const {
    BayesOptions options = options_;
    options.kind = choose<BayesKind>("--model", model_,
                                     {{"multinomial", BayesKind::multinomial},
                                      {"complement", BayesKind::complement},
                                      {"bernoulli", BayesKind::bernoulli}});
    if (!(options.smoothing > 0 && options.smoothing <= 1e6)) throw UsageError("--smoothing: 0 < it <= 1e6 is wanted");
    return options;
  }

  void check_model(bool several) const override {
    if (several) {
      throw UsageError("--kind bayes gives one label a document; with --label-separator take --kind softmax");
    }
    (void)options();
  }

  [[nodiscard]] LinearModel fit(const vectorize::SparseMatrix& rows, const TrainingTask& task, ordered_json& learned,
                                const RunContext& context) const override {
    require_documents(task);
    learned = {{"model", model_}, {"smoothing", options_.smoothing}};
    return neural::fit_bayes(rows, task.train.classes, task.labels, options(), context);
  }

  // A label of a split field may stand in the test alone.
  static void require_documents(const TrainingTask& task) {
    for (std::int32_t label = 0; label < task.labels; ++label) {
      if (std::ranges::find(task.train.classes, label) != task.train.classes.end()) continue;
      throw Error(ErrorCode::invalid_argument,
                  concat("--kind bayes: none of the documents to train on has the label \"",
                         task.names[static_cast<std::size_t>(label)], '"'));
    }
  }

  std::string model_ = "complement";  // with two classes much like multinomial, with many better
  BayesOptions options_;
};

}  // namespace

std::unique_ptr<ClassifierTrainer> make_softmax_trainer() {
  return std::make_unique<SoftmaxTrainer>();
}

std::unique_ptr<ClassifierTrainer> make_bayes_trainer() {
  return std::make_unique<BayesTrainer>();
}

std::unique_ptr<TextClassifier> read_linear_classifier(const ModelReader& reader, std::int32_t labels,
                                                       const std::filesystem::path& dictionary) {
  TextFeatures features = read_features(reader);
  LinearModel model;
  model.features = features.size();
  model.classes = labels;
  const ModelFields from = reader.fields("linear");
  from.take("link", kLinks, model.link);
  from.take("presence", model.presence);
  double number = 0;
  from.take("sharpness", number);
  model.sharpness = static_cast<float>(number);
  model.weights = reader.tensors().read<float>("weights");
  model.bias = reader.tensors().read<float>("bias");
  const auto outputs = static_cast<std::size_t>(model.outputs());
  reader.require(model.weights.size() == static_cast<std::size_t>(model.features) * outputs, "weights");
  reader.require(model.bias.size() == outputs, "bias");
  reader.require(all_finite(model.weights) && all_finite(model.bias), "weights");
  auto analyzer = make_analyzer(features.options().analysis, dictionary);
  return std::make_unique<LinearTextClassifier>(std::move(features), std::move(model), std::move(analyzer),
                                                reader.fields().json("options"));
}

}  // namespace malmoi::apps
