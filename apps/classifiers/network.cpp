#include "apps/classifiers/network.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/classifiers/network_classifier.h"
#include "apps/command.h"
#include "apps/dictionary.h"
#include "apps/embedding_model.h"
#include "apps/parse.h"
#include "corpus/base/error.h"
#include "neural/linear_classifier.h"
#include "neural/pretraining.h"
#include "neural/text_units.h"
#include "neural/trainer.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using neural::NetworkKind;
using neural::NetworkOptions;
using neural::NetworkSetting;
using neural::TermTags;
using nlohmann::ordered_json;

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

using Sizes = std::vector<std::size_t>;

std::string text_of(const Sizes& sizes) {
  std::string text;
  for (const std::size_t size : sizes) text += concat(text.empty() ? "" : ",", size);
  return text;
}

// Numbers from 1 to 100 with commas between them.
Sizes sizes_in(std::string_view flag, std::string_view text) {
  Sizes sizes;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view size = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(size.size() + 1, rest.size()));
    const double value = parse_number(flag, size);
    require_flag(value >= 1 && value <= 100 && value == std::floor(value), concat(flag, ' ', text),
                 "a list of numbers from 1 to 100, such as 3,4,5,");
    sizes.push_back(static_cast<std::size_t>(value));
  }
  return sizes;
}

// A whole number of at least 1; Boost would read -1 as a very large size.
auto* size_flag(std::string name, std::size_t& into) {
  return po::value<std::int64_t>()->default_value(static_cast<std::int64_t>(into))->notifier([&into, name](auto value) {
    require_at_least(name, value, 1);
    into = static_cast<std::size_t>(value);
  });
}

class NetworkTrainer : public ClassifierTrainer {
 public:
  explicit NetworkTrainer(const NetworkKind& kind) : kind_(kind), options_(kind.defaults) {
    options_.kind = kind.name;
    given_.resize(kind.settings.size());
    train_.rate = kind.rate;
    train_.batches.max_length = 200;
    train_.optimizer.rule = neural::UpdateRule::adamw;
    train_.optimizer.l2 = 0.01;
    train_.optimizer.clip_norm = 1.0;
  }

  void add_to(po::options_description& flags) override {
    add_network_flags(flags);
    auto add = flags.add_options();
    add("epochs", po::value<std::int32_t>()->notifier([this](std::int32_t epochs) { epochs_ = epochs; }),
        "passes over the training documents, at most (default: 10 to 40, the more the fewer they are)");
    if (kind_.has_contexts != nullptr) {
      add("pretrain", po::value(&pretrain_)->default_value(pretrain_),
          "passes beforehand over the training documents and those without a label, in which it learns to guess every "
          "word from those around it; 0: none");
    }
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
    const auto is_share = [](double value) { return value >= 0 && value < 1; };
    const auto is_amount = [](double value) { return value >= 0 && std::isfinite(value); };
    const neural::OptimizerOptions& optimizer = train_.optimizer;
    require_flag(is_share(options_.dropout), concat("--dropout ", options_.dropout), "0 to below 1");
    require_at_least("--epochs", epochs_.value_or(1), 1);
    require_at_least("--patience", train_.patience, 0);
    require_at_least("--pretrain", pretrain_, 0);
    require_flag(pretrain_ == 0 || kind_.has_contexts(network_options()), concat("--pretrain ", pretrain_),
                 "--layers 1 or --one-direction");
    require_positive("--rate", train_.rate);
    require_flag(is_share(train_.warm_up), concat("--warm-up ", train_.warm_up), "0 to below 1");
    require_flag(is_amount(optimizer.l2), concat("--decay ", optimizer.l2), "at least 0");
    require_flag(is_amount(optimizer.clip_norm), concat("--clip ", optimizer.clip_norm), "at least 0");
    require_flag(is_share(train_.label_smoothing), concat("--label-smoothing ", train_.label_smoothing),
                 "0 to below 1");
    require_flag(!several || train_.label_smoothing == 0, concat("--label-smoothing ", train_.label_smoothing),
                 "0 with --label-separator");
    require_at_least("--min-count", min_count_, 1);
    require_at_least("--max-words", max_words_, 1);
    (void)balanced();
    (void)network_options();
  }

  [[nodiscard]] TrainedClassifier train(const TrainingTask& task, const RunContext& context) const override {
    const neural::TrainOptions options = train_options(task);
    NetworkOptions network_options = this->network_options();
    const std::optional<neural::Embeddings> vectors = first_vectors(task.corpus);
    if (vectors) network_options.embedding = static_cast<std::size_t>(vectors->dimensions);
    network_options.labels = static_cast<std::size_t>(task.labels);
    network_options.vocabulary = 1;
    (void)neural::make_network(network_options, Rng(0));  // what does not fit shows before texts are read
    auto analyzer = make_analyzer(task.analysis, task.dictionary);
    const bool reads_more = pretrain_ > 0 && !task.unlabelled.empty();
    std::vector<std::string_view> texts(task.train.texts.begin(), task.train.texts.end());
    if (reads_more) texts.insert(texts.end(), task.unlabelled.begin(), task.unlabelled.end());
    WordList words =
        frequent_words(neural::tokenize_texts(texts, *analyzer, TermTags::korean, context), min_count_, max_words_);
    if (words.terms.size() == 0) {
      throw Error(ErrorCode::invalid_argument, concat("--min-count ", min_count_, ": no word of the ", texts.size(),
                                                      " documents to train on is left"));
    }
    const TokenSequences training = ids_of(task.train.texts, *analyzer, words, context);
    const TokenSequences validation = ids_of(task.validation.texts, *analyzer, words, context);
    network_options.vocabulary = words.size();
    auto network = neural::make_network(network_options, Rng(task.seed));
    if (vectors) {
      const std::int64_t taken = take_vectors(*vectors, words, network->parameters().front()->value);
      if (task.on_note)
        task.on_note(concat(taken, " of ", words.terms.size(), " words begin with a vector of ", vectors_));
    }
    neural::TrainHooks hooks{.on_note = task.on_note};
    if (task.on_epoch) hooks.after_epoch = [&](const neural::TrainState& state) { task.on_epoch(0, state); };
    const bool goes_on = !task.starts.empty() && !task.starts.front().epochs.empty();
    if (pretrain_ > 0 && !goes_on) {
      pretrain(*network, reads_more ? ids_of(texts, *analyzer, words, context) : training, options, hooks, context);
    }
    const neural::TrainResult result =
        neural::train_network(*network, {training, task.train.classes, task.train.table},
                              {validation, task.validation.classes, task.validation.table}, options, hooks,
                              goes_on ? &task.starts.front() : nullptr, context);
    return {make_network_classifier({.options = network_options,
                                     .several = task.train.classes.empty(),
                                     .max_length = options.batches.max_length,
                                     .words = std::move(words),
                                     .analyzer = std::move(analyzer),
                                     .network = std::move(network),
                                     .learned = learned(options, result)}),
            epochs_of(result)};
  }

  [[nodiscard]] SearchSpace search_space(bool several, std::size_t documents) const override {
    SearchSpace space{.flags = {{.name = "rate", .low = 0.0002, .high = 0.005},
                                {.name = "decay", .low = 0.001, .high = 0.3},
                                {.name = "dim", .values = {"64", "128", "256"}},
                                {.name = "dropout", .values = {"0.1", "0.2", "0.3", "0.4", "0.5", "0.6"}},
                                {.name = "batch", .values = {"32", "64", "128"}},
                                {.name = "label-smoothing", .values = {"0", "0.05", "0.1"}},
                                {.name = "min-count", .values = {"1", "2", "3"}}},
                      .epochs = epochs(documents)};
    if (several) std::erase_if(space.flags, [](const SearchedFlag& flag) { return flag.name == "label-smoothing"; });
    for (const NetworkSetting& setting : kind_.settings) {
      if (setting.searched.empty() || (pretrain_ > 0 && !pretrains_with_all(setting))) continue;
      space.flags.push_back({.name = setting.flag, .values = setting.searched});
    }
    return space;
  }

  [[nodiscard]] bool learns_from_validation() const override { return false; }
  [[nodiscard]] bool reads_unlabelled() const override { return pretrain_ > 0; }
  [[nodiscard]] bool can_resume() const override { return true; }

 private:
  void add_network_flags(po::options_description& flags) {
    auto add = flags.add_options();
    add("dim", size_flag("--dim", options_.embedding), "numbers of a word vector");
    add("dropout", po::value(&options_.dropout)->default_value(options_.dropout),
        "share of word vectors and of what goes into the last layer that is left out at random");
    for (std::size_t i = 0; i < kind_.settings.size(); ++i) {
      const std::string flag(kind_.settings[i].flag);
      const std::string meaning(kind_.settings[i].meaning);
      if (const auto* size = std::get_if<std::size_t NetworkOptions::*>(&kind_.settings[i].member)) {
        add(flag.c_str(), size_flag(concat("--", flag), options_.*(*size)), meaning.c_str());
      } else if (const auto* list = std::get_if<Sizes NetworkOptions::*>(&kind_.settings[i].member)) {
        given_[i].list = text_of(options_.*(*list));
        add(flag.c_str(), po::value(&given_[i].list)->default_value(given_[i].list), meaning.c_str());
      } else {
        add(flag.c_str(), po::bool_switch(&given_[i].off), meaning.c_str());
      }
    }
  }

  // Whether it could guess words with every value that is searched.
  [[nodiscard]] bool pretrains_with_all(const NetworkSetting& setting) const {
    const auto* const size = std::get_if<std::size_t NetworkOptions::*>(&setting.member);
    return size == nullptr || std::ranges::all_of(setting.searched, [&](std::string_view value) {
             NetworkOptions options = network_options();
             options.*(*size) = static_cast<std::size_t>(parse_number(setting.flag, value));
             return kind_.has_contexts(options);
           });
  }

  [[nodiscard]] NetworkOptions network_options() const {
    NetworkOptions options = options_;
    for (std::size_t i = 0; i < kind_.settings.size(); ++i) {
      const NetworkSetting& setting = kind_.settings[i];
      if (const auto* list = std::get_if<Sizes NetworkOptions::*>(&setting.member)) {
        options.*(*list) = sizes_in(concat("--", setting.flag), given_[i].list);
      } else if (const auto* truth = std::get_if<bool NetworkOptions::*>(&setting.member)) {
        options.*(*truth) = !given_[i].off;
      }
    }
    return options;
  }

  // It takes so many steps to learn anything; `patience` ends those that teach nothing more.
  [[nodiscard]] std::int32_t epochs(std::size_t documents) const {
    constexpr std::size_t kSteps = 6'000;
    const std::size_t size = train_.batches.batch_size;
    const std::size_t steps = std::max<std::size_t>((documents + size - 1) / size, 1);  // of an epoch
    return epochs_.value_or(static_cast<std::int32_t>(std::clamp<std::size_t>(kSteps / steps, 10, 40)));
  }

  [[nodiscard]] neural::TrainOptions train_options(const TrainingTask& task) const {
    neural::TrainOptions options = train_;
    options.epochs = epochs(task.train.texts.size());
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
    ordered_json fields{{"vectors", vectors_},
                        {"epochs", options.epochs},
                        {"patience", options.patience},
                        {"batch", options.batches.batch_size},
                        {"rate", options.rate},
                        {"warm_up", options.warm_up},
                        {"decay", options.optimizer.l2},
                        {"clip", options.optimizer.clip_norm},
                        {"label_smoothing", options.label_smoothing},
                        {"best_epoch", result.best_epoch + 1}};
    if (kind_.has_contexts != nullptr) fields["pretrain"] = pretrain_;
    return fields;
  }

  void pretrain(neural::Network& network, const TokenSequences& texts, const neural::TrainOptions& training,
                const neural::TrainHooks& hooks, const RunContext& context) const {
    neural::TrainOptions options = training;
    options.epochs = pretrain_;
    options.pause_after = pretrain_;
    (void)neural::pretrain_network(network, texts, options, {.on_note = hooks.on_note}, context);
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

  // The flag of a setting that is no size.
  struct Given {
    bool off = false;
    std::string list;
  };

  const NetworkKind& kind_;
  NetworkOptions options_;
  std::vector<Given> given_;  // [settings]
  neural::TrainOptions train_;
  std::optional<std::int32_t> epochs_;
  std::string class_weights_ = "none";
  std::string vectors_;
  std::int32_t pretrain_ = 0;
  std::int64_t min_count_ = 2;
  std::int64_t max_words_ = 100'000;
};

}  // namespace

std::unique_ptr<ClassifierTrainer> make_network_trainer(const NetworkKind& kind) {
  return std::make_unique<NetworkTrainer>(kind);
}

}  // namespace malmoi::apps
