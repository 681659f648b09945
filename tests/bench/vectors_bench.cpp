// Times and tests word vectors and the bag classifier on prepared tokens; vectors_peers.py runs it beside gensim and
// fastText.
//
// usage: vectors_bench embed TOKENS PAIRS[,PAIRS...] [NAME=VALUE...]
//        vectors_bench bag TRAIN TEST [NAME=VALUE...]
//        vectors_bench texts TRAIN TEST [NAME=VALUE...]
//        vectors_bench morphemes [tags] < TEXTS > TOKENS
//
// TOKENS      a text a line, tokens with blanks between
// TRAIN TEST  the same behind "__label__NAME " (texts: whole texts behind it, which are analysed here)
// NAME=VALUE  threads, seed, epochs, rate, dimensions; embed: window, negatives, min_count, subsample, batch, cbow, hs,
//             hogwild, subwords (jamo=0: without these), glove; bag: ngrams, parts, min_count, buckets, batch, dropout;
//             texts: ngrams, characters, min_df, batch, dropout
// Prints one JSON object: seconds, wall and processor, of the parts of the work, and the quality.
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/string_table.h"
#include "neural/bag_classifier.h"
#include "neural/bag_features.h"
#include "neural/glove.h"
#include "neural/skip_gram.h"
#include "neural/text_features.h"
#include "neural/word_similarity.h"

namespace malmoi::neural {
namespace {

using Settings = std::map<std::string, std::string>;

// Sets the value where the settings have it.
template <typename Number>
void take(const Settings& settings, const std::string& name, Number& value) {
  const auto found = settings.find(name);
  if (found != settings.end()) value = static_cast<Number>(std::stod(found->second));
}

bool has(const Settings& settings, const std::string& name) {
  int value = 0;
  take(settings, name, value);
  return value != 0;
}

RunContext context_of(const Settings& settings) {
  RunContext context;
  take(settings, "threads", context.threads);
  return context;
}

// Seconds since the last question, by name.
class Clock {
 public:
  void lap(const std::string& name, nlohmann::ordered_json& out) {
    const auto wall = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    out[name + "_seconds"] = std::chrono::duration<double>(wall - wall_).count();
    out[name + "_processor_seconds"] = static_cast<double>(processor - processor_) / CLOCKS_PER_SEC;
    wall_ = std::chrono::steady_clock::now();
    processor_ = std::clock();
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t processor_ = std::clock();
};

struct Texts {
  std::vector<std::string> lines;
  std::vector<std::int32_t> labels;
};

// Labels are numbered in the order of their first occurrence.
Texts read_texts(const std::string& path, bool labelled, StringTable& labels) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(ErrorCode::io, concat(path, " cannot be read"));
  Texts texts;
  for (std::string line; std::getline(in, line);) {
    const std::size_t end = labelled ? std::min(line.find(' '), line.size()) : 0;
    texts.labels.push_back(labelled ? labels.intern(std::string_view(line).substr(0, end)) : 0);
    texts.lines.push_back(line.substr(std::min(line.size(), end + (labelled ? 1 : 0))));
  }
  return texts;
}

TokenSequences split(const Texts& texts, StringTable& terms) {
  TokenSequences tokens;
  for (const std::string& line : texts.lines) {
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      if (end > at) tokens.terms.push_back(terms.intern(std::string_view(line).substr(at, end - at)));
      at = end + 1;
    }
    tokens.row_ids.push_back(static_cast<std::int64_t>(tokens.row_ids.size()));
    tokens.offsets.push_back(tokens.terms.size());
  }
  return tokens;
}

std::vector<std::string_view> all_of(const StringTable& terms) {
  std::vector<std::string_view> texts;
  for (std::int32_t t = 0; t < terms.size(); ++t) texts.push_back(terms.at(t));
  return texts;
}

EmbeddingFit embed(const TokenSequences& tokens, const StringTable& terms, const Settings& settings) {
  if (has(settings, "glove")) {
    GloveOptions options;
    take(settings, "seed", options.seed);
    take(settings, "epochs", options.epochs);
    take(settings, "rate", options.rate);
    take(settings, "dimensions", options.dimensions);
    take(settings, "window", options.window);
    return fit_glove(tokens, all_of(terms), options, context_of(settings));
  }
  EmbeddingOptions options;
  take(settings, "seed", options.seed);
  take(settings, "epochs", options.epochs);
  take(settings, "rate", options.rate);
  take(settings, "dimensions", options.dimensions);
  take(settings, "window", options.window);
  take(settings, "negatives", options.negatives);
  take(settings, "min_count", options.min_count);
  take(settings, "subsample", options.subsample);
  take(settings, "batch", options.batch);
  options.hogwild = has(settings, "hogwild");
  if (has(settings, "cbow")) options.model = WordModel::cbow;
  if (has(settings, "hs")) options.loss = WordLoss::hierarchical_softmax;
  if (has(settings, "subwords")) {
    options.subwords.emplace();
    take(settings, "jamo", options.subwords->jamo.longest);
  }
  return fit_embeddings(tokens, all_of(terms), options, context_of(settings));
}

void run_embed(const std::string& path, std::string_view pair_files, const Settings& settings,
               nlohmann::ordered_json& out) {
  StringTable terms;
  StringTable labels;
  const TokenSequences tokens = split(read_texts(path, false, labels), terms);
  Clock clock;
  const EmbeddingFit fit = embed(tokens, terms, settings);
  clock.lap("fit", out);
  const double read = static_cast<double>(tokens.terms.size() * fit.losses.size());
  out["words_per_second"] = read / out["fit_seconds"].get<double>();
  out["words_per_processor_second"] = read / out["fit_processor_seconds"].get<double>();
  out["words"] = fit.embeddings.words.size();
  out["losses"] = fit.losses;
  for (std::size_t at = 0; at < pair_files.size();) {
    const std::size_t end = std::min(pair_files.find(',', at), pair_files.size());
    const PairScores scores = score_pairs(fit.embeddings, read_word_pairs(pair_files.substr(at, end - at)));
    out["spearman"].push_back(scores.spearman);
    out["covered"].push_back(scores.covered);
    at = end + 1;
  }
}

double accuracy(const std::vector<float>& probabilities, std::span<const std::int32_t> labels, std::size_t classes) {
  std::size_t right = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const auto begin = probabilities.begin() + static_cast<std::ptrdiff_t>(r * classes);
    right += std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) - begin == labels[r] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

struct Rows {
  vectorize::SparseMatrix train;
  vectorize::SparseMatrix test;
};

void fit_and_test(const Rows& rows, const Texts& train, const Texts& test, const Settings& settings,
                  nlohmann::ordered_json& out) {
  BagOptions options;
  take(settings, "seed", options.seed);
  take(settings, "epochs", options.epochs);
  take(settings, "rate", options.rate);
  take(settings, "dimensions", options.dimensions);
  take(settings, "batch", options.batch);
  take(settings, "dropout", options.dropout);
  const auto classes = *std::max_element(train.labels.begin(), train.labels.end()) + 1;
  Clock clock;
  const BagFit fit = fit_bag(rows.train, train.labels, classes, options, context_of(settings));
  clock.lap("fit", out);
  const std::vector<float> probabilities = predict_bag(fit.model, rows.test, context_of(settings));
  clock.lap("predict", out);
  out["features"] = fit.model.features;
  out["values_a_row"] = static_cast<double>(rows.train.nonZeros()) / static_cast<double>(rows.train.rows());
  out["losses"] = fit.losses;
  out["accuracy"] = accuracy(probabilities, test.labels, static_cast<std::size_t>(classes));
}

void run_bag(const std::string& train_path, const std::string& test_path, const Settings& settings,
             nlohmann::ordered_json& out) {
  Clock clock;
  StringTable labels;
  const Texts train = read_texts(train_path, true, labels);
  const Texts test = read_texts(test_path, true, labels);
  StringTable terms;
  const TokenSequences train_tokens = split(train, terms);
  const TokenSequences test_tokens = split(test, terms);
  clock.lap("read", out);
  BagFeatureOptions options;
  take(settings, "ngrams", options.words.longest);
  take(settings, "min_count", options.min_count);
  take(settings, "buckets", options.buckets);
  if (has(settings, "parts")) options.parts.emplace();
  const std::vector<std::string_view> views = all_of(terms);
  const BagFeatures features = fit_bag_features({&train_tokens, views}, options, context_of(settings));
  Rows rows;
  rows.train = features.rows({&train_tokens, views}, context_of(settings));
  clock.lap("features", out);
  rows.test = features.rows({&test_tokens, views}, context_of(settings));
  clock.lap("test_features", out);
  fit_and_test(rows, train, test, settings, out);
}

void run_texts(const std::string& train_path, const std::string& test_path, const Settings& settings,
               nlohmann::ordered_json& out) {
  Clock clock;
  StringTable labels;
  const Texts train = read_texts(train_path, true, labels);
  const Texts test = read_texts(test_path, true, labels);
  FeatureOptions options;
  options.weight = FeatureWeight::count;
  options.norm = FeatureNorm::none;
  take(settings, "ngrams", options.words->longest);
  take(settings, "characters", options.characters->longest);
  take(settings, "min_df", options.words->min_df);
  take(settings, "min_df", options.characters->min_df);
  if (options.characters->longest == 0) options.characters.reset();
  const RunContext context = context_of(settings);
  const tokenize::Analyzer analyzer(options.analysis, MALMOI_SHARE_DIR "/mecab-ko-dic");
  const std::vector<std::string_view> views(train.lines.begin(), train.lines.end());
  const std::vector<std::string_view> test_views(test.lines.begin(), test.lines.end());
  TokenizedTexts tokens = tokenize_texts(views, analyzer, options.tags, context);
  clock.lap("analysis", out);
  FittedFeatures fitted = fit_features(views, std::move(tokens), options, context);
  clock.lap("features", out);
  Rows rows;
  rows.train.swap(fitted.rows);
  rows.test = fitted.features.rows(
      test_views, tokenize_texts(test_views, analyzer, options.tags, fitted.features.terms(), context), context);
  clock.lap("test_features", out);
  fit_and_test(rows, train, test, settings, out);
}

void print_morphemes(bool tags) {
  const tokenize::Analyzer analyzer(classification_analysis(), MALMOI_SHARE_DIR "/mecab-ko-dic");
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  const TokenizedTexts texts =
      tokenize_texts(views, analyzer, tags ? TermTags::korean : TermTags::none, {.threads = 2});
  for (std::size_t r = 0; r < texts.tokens.rows(); ++r) {
    std::string_view blank;
    for (const TermId term : texts.tokens.row(r)) std::cout << std::exchange(blank, " ") << texts.terms.at(term);
    std::cout << '\n';
  }
}

int run(std::span<const std::string> arguments) {
  const std::string task = arguments.empty() ? "" : arguments[0];
  if (task == "morphemes") {
    print_morphemes(arguments.size() > 1);
    return 0;
  }
  if (arguments.size() < 3 || (task != "embed" && task != "bag" && task != "texts")) {
    std::cerr << "usage: vectors_bench embed TOKENS PAIRS[,PAIRS...] | bag TRAIN TEST | texts TRAIN TEST  "
                 "[NAME=VALUE...]\n       vectors_bench morphemes [tags] < TEXTS > TOKENS\n";
    return 2;
  }
  Settings settings;
  for (const std::string& argument : arguments.subspan(3)) {
    const std::size_t equals = std::min(argument.find('='), argument.size() - 1);
    settings[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  nlohmann::ordered_json out;
  if (task == "embed") run_embed(arguments[1], arguments[2], settings, out);
  if (task == "bag") run_bag(arguments[1], arguments[2], settings, out);
  if (task == "texts") run_texts(arguments[1], arguments[2], settings, out);
  std::cout << out.dump() << '\n';
  return 0;
}

}  // namespace
}  // namespace malmoi::neural

int main(int argc, char** argv) {
  try {
    return malmoi::neural::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
