// Trains and tests the linear text classifiers on the shared data; linear_peers.py runs it beside scikit-learn.
//
// usage: linear_bench DATASET [THREADS] [MODELS...]
//
// DATASET  nsmc        150,000 reviews, tested on 50,000
//          news        20 Newsgroups by date, full text; news-body: without headers, footers and quotes
//          polarity    English sentences, ten-fold cross-validation: means over the folds
//          petitions   17 labels, tested on the last month
// MODELS   default, words (the same without n-grams of characters), softmax, bayes (complement); default: all.
//          `valid` before them tests on every tenth document of the training part, for choosing defaults: then the
//          test part is not read
// Prints one line of tab-separated figures a model: data set, model, threads, accuracy and macro F1 in percent, seconds
// of the analysis, of the features, of the training and of predicting from ready tokens, tested documents a processor
// second on one thread, features, MB of the model's weights, peak MB of the process.
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/newsgroup_text.h"
#include "neural/linear_classifier.h"
#include "neural/metrics.h"
#include "neural/naive_bayes.h"
#include "neural/text_features.h"

namespace malmoi::neural {
namespace {

const std::string kData = MALMOI_SOURCE_DIR "/../shared/data/";
constexpr int kFolds = 10;

struct Texts {
  std::vector<std::string> texts;
  std::vector<std::int32_t> labels;
  void add(std::string text, std::int32_t label) {
    texts.push_back(std::move(text));
    labels.push_back(label);
  }
  [[nodiscard]] std::vector<std::string_view> views() const { return {texts.begin(), texts.end()}; }
};

struct Split {
  Texts train;
  Texts test;
};

struct DataSet {
  std::vector<Split> splits;
  std::int32_t classes = 2;
};

std::string read_file(const std::string& name) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen((kData + name).c_str(), "rb"), gzclose);
  if (!file) throw Error(ErrorCode::io, concat(kData, name, " cannot be read"));
  std::string bytes;
  std::vector<char> block(1U << 20U);
  for (int count = 0; (count = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()))) > 0;) {
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
  return bytes;
}

void for_each_line(const std::string& bytes, const std::function<void(std::string_view)>& visit) {
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    visit(std::string_view(bytes).substr(begin, end - begin));
    begin = end + 1;
  }
}

// Three columns with a header; text and label are two of them.
Texts read_columns(const std::string& name, std::size_t text, std::size_t label) {
  Texts texts;
  bool header = true;
  for_each_line(read_file(name), [&](std::string_view line) {
    if (std::exchange(header, false)) return;
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    const std::string_view columns[] = {line.substr(0, first), line.substr(first + 1, second - first - 1),
                                        line.substr(second + 1)};
    texts.add(std::string(columns[text]), columns[label] == "1" ? 1 : 0);
  });
  return texts;
}

// Labels are numbered in the order of their first occurrence.
using Numbers = std::map<std::string, std::int32_t>;

void read_objects(const std::string& name, const std::function<void(const nlohmann::json&)>& visit) {
  for_each_line(read_file(name), [&](std::string_view line) { visit(nlohmann::json::parse(line)); });
}

std::int32_t number_of(const std::string& label, Numbers& numbers) {
  return numbers.emplace(label, static_cast<std::int32_t>(numbers.size())).first->second;
}

DataSet read_news(bool body_only, bool with_test) {
  DataSet data{{{}}, 0};
  Numbers numbers;
  const auto read_part = [&](const std::string& part, Texts& texts) {
    read_objects("20news/" + part + ".jsonl.gz", [&](const nlohmann::json& object) {
      const auto text = object["text"].get<std::string>();
      texts.add(body_only ? corpus::strip_newsgroup_post(text) : text, number_of(object["label"], numbers));
    });
  };
  read_part("train", data.splits[0].train);
  if (with_test) read_part("test", data.splits[0].test);
  data.classes = static_cast<std::int32_t>(numbers.size());
  return data;
}

DataSet read_petitions() {
  DataSet data{{{}}, 0};
  Numbers numbers;
  read_objects("ko_petitions/petitions.jsonl.gz", [&](const nlohmann::json& object) {
    Texts& part = object["month"] == "2019-07" ? data.splits[0].test : data.splits[0].train;
    part.add(object["title"].get<std::string>() + "\n" + object["text"].get<std::string>(),
             number_of(object["label"], numbers));
  });
  data.classes = static_cast<std::int32_t>(numbers.size());
  return data;
}

// Every tenth document is tested, beginning with `fold`.
Split fold_of(const Texts& texts, int fold) {
  Split split;
  for (std::size_t i = 0; i < texts.texts.size(); ++i) {
    Texts& part = static_cast<int>(i % kFolds) == fold ? split.test : split.train;
    part.add(texts.texts[i], texts.labels[i]);
  }
  return split;
}

DataSet read_data(const std::string& name, bool validate) {
  DataSet data;
  if (name == "nsmc") {
    data.splits = {{read_columns("nsmc/ratings_train.txt", 1, 2), {}}};
    if (!validate) data.splits[0].test = read_columns("nsmc/ratings_test.txt", 1, 2);
  } else if (name == "news" || name == "news-body") {
    data = read_news(name == "news-body", !validate);
  } else if (name == "petitions") {
    data = read_petitions();
  } else if (name == "polarity") {
    const Texts all = read_columns("en_sentiment/sentence_polarity.tsv", 2, 1);
    for (int fold = 0; fold < kFolds; ++fold) data.splits.push_back(fold_of(all, fold));
    return data;
  } else {
    throw Error(ErrorCode::invalid_argument, concat("no data set \"", name, "\""));
  }
  if (validate) data.splits = {fold_of(data.splits[0].train, 9)};
  return data;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Figures {
  double accuracy = 0.0;
  double macro_f1 = 0.0;
  double analysis = 0.0;
  double features = 0.0;
  double training = 0.0;
  double predicting = 0.0;
  double rate = 0.0;
  std::int32_t columns = 0;
  double megabytes = 0.0;
};

// A split with its features, which all models share.
struct Prepared {
  FittedFeatures fitted;
  TokenSequences test_tokens;
  Figures figures;
};

Prepared prepare(const Split& split, const FeatureOptions& options, const RunContext& context) {
  const tokenize::Analyzer analyzer(options.analysis, MALMOI_SHARE_DIR "/mecab-ko-dic");
  const std::vector<std::string_view> texts = split.train.views();
  TokenizedTexts tokens;
  const double analysis = seconds_of([&] { tokens = tokenize_texts(texts, analyzer, options.tags, context); });
  const auto start = std::chrono::steady_clock::now();
  Prepared prepared{fit_features(texts, std::move(tokens), options, context), {}, {}};
  prepared.figures.analysis = analysis;
  prepared.figures.features = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  prepared.test_tokens =
      tokenize_texts(split.test.views(), analyzer, options.tags, prepared.fitted.features.terms(), context);
  return prepared;
}

LinearModel fit_model(const std::string& name, const Prepared& prepared, std::span<const std::int32_t> labels,
                      std::int32_t classes, const RunContext& context) {
  if (name == "default" || name == "words") return fit_linear(prepared.fitted.rows, labels, classes, {}, context).model;
  if (name == "softmax") {
    return fit_linear(prepared.fitted.rows, labels, classes, {.loss = LinearLoss::logistic, .c = 2.0}, context).model;
  }
  if (name == "bayes") {
    return fit_bayes(prepared.fitted.rows, labels, classes, {.kind = BayesKind::complement}, context);
  }
  throw Error(ErrorCode::invalid_argument, concat("no model \"", name, "\""));
}

Figures measure(const std::string& name, const Split& split, const Prepared& prepared, std::int32_t classes,
                const RunContext& context) {
  Figures figures = prepared.figures;
  LinearModel model;
  figures.training = seconds_of([&] { model = fit_model(name, prepared, split.train.labels, classes, context); });
  const TextFeatures& features = prepared.fitted.features;
  const std::vector<std::string_view> texts = split.test.views();
  std::vector<float> probabilities;
  figures.predicting =
      seconds_of([&] { probabilities = predict_texts(features, model, texts, prepared.test_tokens, context); });
  std::clock_t least = std::numeric_limits<std::clock_t>::max();
  for (int round = 0; round < 3; ++round) {
    const std::clock_t start = std::clock();
    probabilities = predict_texts(features, model, texts, prepared.test_tokens, {.threads = 1});
    least = std::min(least, std::clock() - start);
  }
  const ClassMetrics metrics = score_classes({probabilities, classes}, split.test.labels, context);
  figures.accuracy = 100.0 * metrics.accuracy;
  figures.macro_f1 = 100.0 * metrics.averages.macro.f1;
  figures.rate = static_cast<double>(texts.size()) * CLOCKS_PER_SEC / static_cast<double>(least);
  figures.columns = features.size();
  figures.megabytes = static_cast<double>(model.weights.size() * sizeof(float)) / 1048576.0;
  return figures;
}

void print(const std::string& data, const std::string& model, int threads, std::span<const Figures> all) {
  const auto mean = [&](const auto& member) {
    double sum = 0.0;
    for (const Figures& one : all) sum += static_cast<double>(one.*member);
    return sum / static_cast<double>(all.size());
  };
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << data << '\t' << model << '\t' << threads;
  for (const auto member : {&Figures::accuracy, &Figures::macro_f1, &Figures::analysis, &Figures::features,
                            &Figures::training, &Figures::predicting, &Figures::rate}) {
    std::cout << '\t' << mean(member);
  }
  std::cout << '\t' << mean(&Figures::columns) << '\t' << mean(&Figures::megabytes) << '\t'
            << static_cast<double>(usage.ru_maxrss) / 1024.0 << std::endl;
}

void run(const std::string& name, int threads, std::vector<std::string> models) {
  const bool validate = !models.empty() && models.front() == "valid";
  if (validate) models.erase(models.begin());
  if (models.empty()) models = {"default", "words", "softmax", "bayes"};
  const DataSet data = read_data(name, validate);
  const RunContext context{.threads = threads};
  std::map<std::string, std::vector<Figures>> figures;
  for (const Split& split : data.splits) {
    const Prepared prepared = prepare(split, {}, context);
    for (const std::string& model : models) {
      if (model == "words") {
        const Prepared of_words = prepare(split, {.characters = {}}, context);
        figures[model].push_back(measure(model, split, of_words, data.classes, context));
      } else {
        figures[model].push_back(measure(model, split, prepared, data.classes, context));
      }
    }
  }
  std::cout
      << "data\tmodel\tthreads\taccuracy\tmacro_f1\tanalysis\tfeatures\ttraining\tpredicting\tper_second\tcolumns\t"
         "model_mb\tpeak_mb\n";
  for (const std::string& model : models) print(name, model, threads, figures[model]);
}

}  // namespace
}  // namespace malmoi::neural

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: linear_bench nsmc|news|news-body|polarity|petitions [THREADS] [valid] [MODELS...]\n";
    return 2;
  }
  try {
    malmoi::neural::run(argv[1], argc > 2 ? std::stoi(argv[2]) : 2, {argv + std::min(argc, 3), argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
