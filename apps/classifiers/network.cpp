#include "apps/classifiers/network.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/command.h"
#include "apps/dictionary.h"
#include "apps/embedding_model.h"
#include "apps/parse.h"
#include "corpus/base/error.h"
#include "neural/linear_classifier.h"
#include "neural/text_units.h"
#include "neural/trainer.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using neural::NetworkKind;
using neural::NetworkOptions;
using neural::TermTags;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kKinds = {"mlp", "rnn", "lstm", "gru", "cnn", "transformer"};

// The words that a network knows, as it numbers them: 0 stands for all others.
struct WordList {
  StringTable terms;  // number of a word less 1

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(terms.size()) + 1; }
};

// Words that occur at least so often, the most frequent first, at most so many.
WordList frequent_words(const neural::TokenizedTexts& texts, std::int64_t min_count, std::int64_t most) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(texts.terms.size()), 0);
  for (const TermId term : texts.tokens.terms) ++counts[static_cast<std::size_t>(term)];
  std::vector<std::int32_t> order;
  for (std::int32_t term = 0; term < texts.terms.size(); ++term) {
    if (counts[static_cast<std::size_t>(term)] >= min_count) order.push_back(term);
  }
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::int32_t term) { return counts[static_cast<std::size_t>(term)]; });
  if (std::cmp_less(most, order.size())) order.resize(static_cast<std::size_t>(most));
  WordList words;
  for (const std::int32_t term : order) words.terms.intern(texts.terms.at(term));
  return words;
}

TokenSequences ids_of(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                      const WordList& words, const RunContext& context) {
  TokenSequences ids = neural::tokenize_texts(texts, analyzer, TermTags::korean, words.terms, context);
  for (TermId& id : ids.terms) ++id;
  return ids;
}

// A morpheme without its tag: 하/VV as 하. Other words stay as they are.
std::string_view untagged(std::string_view word) {
  const std::size_t slash = word.rfind('/');
  if (slash == 0 || slash == std::string_view::npos) return word;
  const std::string_view tag = word.substr(slash + 1);
  const bool tagged = std::ranges::all_of(tag, [](char c) { return (c >= 'A' && c <= 'Z') || c == '+'; });
  return tagged && !tag.empty() ? word.substr(0, slash) : word;
}

// Puts vectors that were learned elsewhere to the words that have one; the others keep theirs. Returns how many have.
std::int64_t take_vectors(const neural::Embeddings& learned, const WordList& words, neural::Tensor& vectors) {
  const std::size_t columns = vectors.shape()[1];
  std::int64_t taken = 0;
  for (std::int32_t word = 0; word < words.terms.size(); ++word) {
    const std::string_view term = words.terms.at(word);
    const std::string_view known = learned.words.find(term) ? term : untagged(term);
    const std::vector<float> vector = vector_of(learned, known);
    if (vector.empty()) continue;
    std::ranges::copy(vector, vectors.data() + (static_cast<std::size_t>(word) + 1) * columns);
    ++taken;
  }
  return taken;
}

class NetworkTextClassifier : public TextClassifier {
 public:
  NetworkTextClassifier(NetworkOptions options, bool several, std::size_t max_length, WordList words,
                        std::unique_ptr<tokenize::Analyzer> analyzer)
      : options_(std::move(options)),
        several_(several),
        batches_{.batch_size = 64, .max_length = max_length},
        words_(std::move(words)),
        analyzer_(std::move(analyzer)) {}

  void take(std::unique_ptr<neural::Network> network, ordered_json learned) {
    network_ = std::move(network);
    learned_ = std::move(learned);
  }

  [[nodiscard]] std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                 const RunContext& context) const override {
    const auto loss = several_ ? neural::Loss::binary_cross_entropy : neural::Loss::softmax_cross_entropy;
    return neural::predict_network(*network_, ids_of(texts, *analyzer_, words_, context), loss, batches_, context);
  }

  [[nodiscard]] std::vector<Evidence> explain(std::string_view text, std::int32_t label) const override {
    return explain_by_occlusion(*this, text, label);
  }

  void save(ModelWriter& writer, ordered_json& fields) const override {
    fields["options"] = learned_;
    fields["network"] = {{"kind", name_of(kKinds, options_.kind)},
                         {"embedding", options_.embedding},
                         {"hidden", options_.hidden},
                         {"layers", options_.layers},
                         {"bidirectional", options_.bidirectional},
                         {"heads", options_.heads},
                         {"windows", options_.windows},
                         {"filters", options_.filters},
                         {"several", several_},
                         {"max_length", batches_.max_length},
                         {"analysis", ordered_json::parse(tokenize::to_json(analyzer_->options()))}};
    std::vector<std::string> terms;
    terms.reserve(words_.size());
    for (std::int32_t term = 0; term < words_.terms.size(); ++term) terms.emplace_back(words_.terms.at(term));
    writer.add_strings("network.words", terms);
    for (const neural::Parameter* parameter : network_->parameters()) {
      const auto sizes = parameter->value.shape().sizes();
      writer.tensors().add(concat("network.", parameter->name), parameter->value.values(),
                           std::vector<std::int64_t>(sizes.begin(), sizes.end()));
    }
  }

  [[nodiscard]] std::int64_t parameters() const override {
    std::size_t count = 0;
    for (const neural::Parameter* parameter : network_->parameters()) count += parameter->value.size();
    return static_cast<std::int64_t>(count);
  }

  [[nodiscard]] const neural::BatchOptions& batches() const noexcept { return batches_; }

 private:
  NetworkOptions options_;
  bool several_;
  neural::BatchOptions batches_;
  WordList words_;
  std::unique_ptr<tokenize::Analyzer> analyzer_;
  std::unique_ptr<neural::Network> network_;
  ordered_json learned_;  // options of the training, for people
};

// ---- training ------------------------------------------------------------------------------------------------------

// A whole number of at least 1; Boost would read -1 as a very large size.
auto* size_flag(std::string_view name, std::size_t& into) {
  return po::value<std::int64_t>()->default_value(static_cast<std::int64_t>(into))->notifier([&into, name](auto value) {
    if (value < 1) throw UsageError(concat(name, ' ', value, ": at least 1 is wanted"));
    into = static_cast<std::size_t>(value);
  });
}

class NetworkTrainer : public ClassifierTrainer {
 public:
  explicit NetworkTrainer(NetworkKind kind) {
    options_.kind = kind;
    if (kind == NetworkKind::cnn || kind == NetworkKind::mlp) options_.dropout = 0.5;
    if (kind == NetworkKind::transformer) {
      options_.dropout = 0.1;
      options_.hidden = 4 * options_.embedding;
    }
    train_.batches.max_length = 200;
    train_.optimizer.rule = neural::UpdateRule::adamw;
    train_.optimizer.l2 = 0.01;
    train_.optimizer.clip_norm = 1.0;
  }

  void add_to(po::options_description& flags) override {
    add_network_flags(flags);
    auto add = flags.add_options();
    add("epochs", po::value(&train_.epochs)->default_value(train_.epochs),
        "passes over the training documents, at most");
    add("patience", po::value(&train_.patience)->default_value(train_.patience),
        "epochs without a better validation loss before it ends");
    add("batch", size_flag("--batch", train_.batches.batch_size), "documents of one step");
    add("rate", po::value(&train_.rate)->default_value(train_.rate), "learning rate at its highest");
    add("warm-up", po::value(&train_.warm_up)->default_value(train_.warm_up), "share of the steps in which it rises");
    add("decay", po::value(&train_.optimizer.l2)->default_value(train_.optimizer.l2), "decay of weights (AdamW)");
    add("clip", po::value(&train_.optimizer.clip_norm)->default_value(train_.optimizer.clip_norm),
        "longest gradient; 0: any");
    add("label-smoothing", po::value(&train_.label_smoothing)->default_value(train_.label_smoothing),
        "share of the target that is spread over all labels");
    add("class-weights", po::value(&class_weights_)->default_value(class_weights_),
        "none, or balanced: rare classes count as much as frequent ones (with --label-separator: the documents that "
        "have a label as much as those that do not)");
    add("max-length", size_flag("--max-length", train_.batches.max_length), "tokens of a document that are read");
    add("min-count", po::value(&min_count_)->default_value(min_count_), "rarer words are all one unknown word");
    add("max-words", po::value(&max_words_)->default_value(max_words_), "so many words are known, the most frequent");
    add("vectors", po::value(&vectors_),
        "word vectors to start from, instead of --dim random numbers: a model that `embed` made, or a file (.vec, "
        "word2vec). Plain `embed` learns from the held-out texts, too; `embed --where` leaves them out");
  }

  void check(bool several) const override {
    const auto require = [](bool holds, std::string_view flag, auto value, std::string_view wanted) {
      if (!holds) throw UsageError(concat(flag, ' ', value, ": ", wanted, " is wanted"));
    };
    const auto is_share = [](double value) { return value >= 0 && value < 1; };
    const auto is_amount = [](double value) { return value >= 0 && std::isfinite(value); };
    const neural::OptimizerOptions& optimizer = train_.optimizer;
    require(is_share(options_.dropout), "--dropout", options_.dropout, "0 to below 1");
    require(train_.epochs >= 1, "--epochs", train_.epochs, "at least 1");
    require(train_.patience >= 0, "--patience", train_.patience, "at least 0");
    require(train_.rate > 0 && std::isfinite(train_.rate), "--rate", train_.rate, "more than 0");
    require(is_share(train_.warm_up), "--warm-up", train_.warm_up, "0 to below 1");
    require(is_amount(optimizer.l2), "--decay", optimizer.l2, "at least 0");
    require(is_amount(optimizer.clip_norm), "--clip", optimizer.clip_norm, "at least 0");
    require(is_share(train_.label_smoothing), "--label-smoothing", train_.label_smoothing, "0 to below 1");
    require(!several || train_.label_smoothing == 0, "--label-smoothing", train_.label_smoothing,
            "with --label-separator 0");
    require(min_count_ >= 1, "--min-count", min_count_, "at least 1");
    require(max_words_ >= 1, "--max-words", max_words_, "at least 1");
    (void)balanced();
    (void)network_options();
  }

  [[nodiscard]] TrainedClassifier train(const TrainingTask& task, const RunContext& context) const override {
    const neural::TrainOptions options = train_options(task);
    const NetworkOptions given = network_options();
    const std::optional<neural::Embeddings> vectors = first_vectors(task.corpus);
    auto analyzer = make_analyzer(task.analysis, task.dictionary);
    const neural::TokenizedTexts read = neural::tokenize_texts(task.train.texts, *analyzer, TermTags::korean, context);
    WordList words = frequent_words(read, min_count_, max_words_);
    if (words.terms.size() == 0) {
      throw Error(ErrorCode::invalid_argument, concat("--min-count ", min_count_, ": no word of the ",
                                                      task.train.texts.size(), " documents to train on is left"));
    }
    const TokenSequences training = ids_of(task.train.texts, *analyzer, words, context);
    const TokenSequences validation = ids_of(task.validation.texts, *analyzer, words, context);
    NetworkOptions network_options = given;
    network_options.vocabulary = words.size();
    network_options.labels = static_cast<std::size_t>(task.labels);
    if (vectors) network_options.embedding = static_cast<std::size_t>(vectors->dimensions);
    auto network = neural::make_network(network_options, Rng(task.seed));
    if (vectors) {
      const std::int64_t taken = take_vectors(*vectors, words, network->parameters().front()->value);
      if (task.on_note)
        task.on_note(concat(taken, " of ", words.terms.size(), " words begin with a vector of ", vectors_));
    }
    const neural::TrainResult result =
        neural::train_network(*network, {training, task.train.classes, task.train.table},
                              {validation, task.validation.classes, task.validation.table}, options,
                              {.after_epoch = task.on_epoch, .on_note = task.on_note}, task.start, context);
    auto classifier = std::make_unique<NetworkTextClassifier>(
        network_options, task.train.classes.empty(), options.batches.max_length, std::move(words), std::move(analyzer));
    classifier->take(std::move(network), learned(options, result));
    return {std::move(classifier), epochs_of(result)};
  }

  [[nodiscard]] SearchSpace search_space(bool several) const override {
    SearchSpace space{.flags = {{.name = "rate", .low = 0.0002, .high = 0.005},
                                {.name = "decay", .low = 0.001, .high = 0.3},
                                {.name = "dim", .values = {"64", "128", "256"}},
                                {.name = "dropout", .values = {"0.1", "0.2", "0.3", "0.4", "0.5", "0.6"}},
                                {.name = "batch", .values = {"32", "64", "128"}},
                                {.name = "label-smoothing", .values = {"0", "0.05", "0.1"}},
                                {.name = "min-count", .values = {"1", "2", "3"}}},
                      .epochs = train_.epochs};
    if (several) std::erase_if(space.flags, [](const SearchedFlag& flag) { return flag.name == "label-smoothing"; });
    if (options_.kind == NetworkKind::cnn) {
      space.flags.push_back({.name = "filters", .values = {"50", "100", "200"}});
      space.flags.push_back({.name = "windows", .values = {"2,3", "3,4,5", "2,3,4,5"}});
      return space;
    }
    space.flags.push_back({.name = "hidden", .values = {"64", "128", "256"}});
    space.flags.push_back({.name = "layers", .values = {"1", "2"}});
    if (options_.kind == NetworkKind::transformer) space.flags.push_back({.name = "heads", .values = {"2", "4", "8"}});
    return space;
  }

  [[nodiscard]] bool learns_from_validation() const override { return false; }
  [[nodiscard]] bool can_resume() const override { return true; }

 private:
  void add_network_flags(po::options_description& flags) {
    auto add = flags.add_options();
    add("dim", size_flag("--dim", options_.embedding), "numbers of a word vector");
    add("dropout", po::value(&options_.dropout)->default_value(options_.dropout),
        "share of word vectors and of what goes into the last layer that is left out at random");
    switch (options_.kind) {
      case NetworkKind::cnn:
        add("windows", po::value(&windows_)->default_value(windows_), "widths in words");
        add("filters", size_flag("--filters", options_.filters), "of each width");
        return;
      case NetworkKind::transformer:
        add("heads", size_flag("--heads", options_.heads), "of attention");
        break;
      case NetworkKind::rnn:
      case NetworkKind::lstm:
      case NetworkKind::gru:
        add("one-direction", po::bool_switch(&one_direction_), "from the beginning to the end only");
        break;
      case NetworkKind::mlp:
        break;
    }
    const bool directions = options_.kind != NetworkKind::mlp && options_.kind != NetworkKind::transformer;
    add("hidden", size_flag("--hidden", options_.hidden),
        directions ? "numbers of a hidden layer (of each direction)" : "numbers of a hidden layer");
    add("layers", size_flag("--layers", options_.layers), "hidden layers");
  }

  [[nodiscard]] NetworkOptions network_options() const {
    NetworkOptions options = options_;
    options.bidirectional = !one_direction_;
    options.windows.clear();
    for (std::string_view rest = windows_; !rest.empty();) {
      const std::string_view width = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(width.size() + 1, rest.size()));
      const double value = parse_number("--windows", width);
      if (!(value >= 1 && value <= 100 && value == std::floor(value))) {
        throw UsageError(concat("--windows ", windows_, ": give widths from 1 to 100, such as 3,4,5"));
      }
      options.windows.push_back(static_cast<std::size_t>(value));
    }
    return options;
  }

  [[nodiscard]] neural::TrainOptions train_options(const TrainingTask& task) const {
    neural::TrainOptions options = train_;
    options.seed = task.seed;
    options.pause_after = task.pause_after;
    if (balanced()) {
      options.class_weights = task.train.table.empty() ? neural::balanced_weights(task.train.classes, task.labels)
                                                       : neural::balanced_label_weights(task.train.table, task.labels);
    }
    return options;
  }

  [[nodiscard]] bool balanced() const {
    return choose<bool>("--class-weights", class_weights_, {{"none", false}, {"balanced", true}});
  }

  [[nodiscard]] ordered_json learned(const neural::TrainOptions& options, const neural::TrainResult& result) const {
    return {{"vectors", vectors_},
            {"epochs", options.epochs},
            {"patience", options.patience},
            {"batch", options.batches.batch_size},
            {"rate", options.rate},
            {"warm_up", options.warm_up},
            {"decay", options.optimizer.l2},
            {"clip", options.optimizer.clip_norm},
            {"label_smoothing", options.label_smoothing},
            {"best_epoch", result.best_epoch + 1}};
  }

  // What --vectors names: a file, or a model of the corpus.
  [[nodiscard]] std::optional<neural::Embeddings> first_vectors(const std::filesystem::path& corpus) const {
    if (vectors_.empty()) return std::nullopt;
    if (std::filesystem::exists(vectors_)) return neural::read_vectors(vectors_);
    try {
      return load_embedding(corpus, vectors_).embeddings;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
      throw Error(ErrorCode::not_found, concat("--vectors ", vectors_, ": there is no such file, and ", error.what()));
    }
  }

  static std::vector<EpochFigures> epochs_of(const neural::TrainResult& result) {
    std::vector<EpochFigures> figures;
    for (const neural::EpochResult& one : result.epochs) {
      figures.push_back({.epoch = static_cast<std::int32_t>(figures.size()) + 1,
                         .training_loss = one.training_loss,
                         .validation_loss = one.validation_loss,
                         .validation_accuracy = one.validation_accuracy});
    }
    return figures;
  }

  NetworkOptions options_;
  neural::TrainOptions train_;
  std::string windows_ = "3,4,5";
  std::string class_weights_ = "none";
  bool one_direction_ = false;
  std::string vectors_;
  std::int64_t min_count_ = 2;
  std::int64_t max_words_ = 100'000;
};

// ---- reading -------------------------------------------------------------------------------------------------------

NetworkOptions read_options(const ModelReader& reader, std::int32_t labels) {
  const ModelFields from = reader.fields("network");
  NetworkOptions options;
  from.take("kind", kKinds, options.kind);
  from.take("embedding", options.embedding);
  from.take("hidden", options.hidden);
  from.take("layers", options.layers);
  from.take("bidirectional", options.bidirectional);
  from.take("heads", options.heads);
  from.take("filters", options.filters);
  const nlohmann::json& windows = from.json("windows");
  reader.require(windows.is_array(), "windows");
  options.windows.clear();
  for (const nlohmann::json& window : windows) {
    reader.require(window.is_number_unsigned(), "windows");
    options.windows.push_back(window.get<std::size_t>());
  }
  options.labels = static_cast<std::size_t>(labels);
  return options;
}

// Sizes that the stored arrays do not have would be allocated before it shows that they are wrong.
void check_sizes(const ModelReader& reader, const NetworkOptions& options) {
  std::size_t stored = 0;
  for (const corpus::TensorView& tensor : reader.tensors().all()) {
    stored += tensor.bytes.size() / element_bytes(tensor.type);
  }
  const auto fits = [&](std::size_t a, std::size_t b) {
    return b <= stored && a <= stored / std::max<std::size_t>(b, 1);
  };
  reader.require(fits(options.vocabulary, options.embedding), "network.embedding");
  reader.require(options.layers <= 1000 && options.windows.size() <= 1000 && fits(options.hidden, 1), "network");
  reader.require(options.kind == NetworkKind::cnn || fits(options.hidden, options.hidden) ||
                     options.kind == NetworkKind::transformer,
                 "network.hidden");
  for (const std::size_t window : options.windows) {
    reader.require(options.kind != NetworkKind::cnn ||
                       (fits(window, options.embedding) && fits(window * options.embedding, options.filters)),
                   "network.windows");
  }
}

}  // namespace

std::unique_ptr<ClassifierTrainer> make_network_trainer(NetworkKind kind) {
  return std::make_unique<NetworkTrainer>(kind);
}

std::unique_ptr<TextClassifier> read_network_classifier(const ModelReader& reader, std::int32_t labels,
                                                        const std::filesystem::path& dictionary) {
  NetworkOptions options = read_options(reader, labels);
  WordList words;
  const std::vector<std::string> terms = reader.strings("network.words");
  for (const std::string& term : terms) words.terms.intern(term);
  reader.require(std::cmp_equal(words.terms.size(), terms.size()), "network.words");
  options.vocabulary = words.size();
  check_sizes(reader, options);
  const ModelFields from = reader.fields("network");
  bool several = false;
  std::size_t max_length = 0;
  from.take("several", several);
  from.take("max_length", max_length);
  reader.require(max_length >= 1, "max_length");
  std::unique_ptr<neural::Network> network;
  try {
    network = neural::make_network(options, Rng(0));
  } catch (const Error&) {
    reader.require(false, "network");
  }
  for (neural::Parameter* parameter : network->parameters()) {
    const std::vector<float> values = reader.tensors().read<float>(concat("network.", parameter->name));
    const bool finite = std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
    reader.require(finite && values.size() == parameter->value.size(), parameter->name);
    std::ranges::copy(values, parameter->value.data());
  }
  auto analyzer = make_analyzer(tokenize::analyzer_options_from_json(from.dump("analysis")), dictionary);
  auto classifier =
      std::make_unique<NetworkTextClassifier>(options, several, max_length, std::move(words), std::move(analyzer));
  classifier->take(std::move(network), reader.fields().json("options"));
  return classifier;
}

}  // namespace malmoi::apps
