// For metrics_peer_test.py: reads "classes CLASSES" or "labels LABELS" and then a document a line, its true class (or a
// mark for each label) and its probabilities; prints the figures, one "name value" a line. Labels are given at 0.5.
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "neural/label_metrics.h"
#include "neural/metrics.h"

namespace malmoi::neural {
namespace {

struct Input {
  bool labels = false;
  std::int32_t columns = 0;
  std::vector<std::int32_t> truth;
  std::vector<float> probabilities;
};

Input read(std::istream& in) {
  Input input;
  std::string kind;
  in >> kind >> input.columns;
  input.labels = kind == "labels";
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    for (std::int32_t i = 0; i < (input.labels ? input.columns : 1); ++i) fields >> input.truth.emplace_back();
    for (std::int32_t i = 0; i < input.columns; ++i) fields >> input.probabilities.emplace_back();
  }
  return input;
}

void print(const std::string& name, std::optional<double> value) {
  if (value) std::cout << name << ' ' << *value << '\n';
}

void print_scores(const std::string& name, const Scores& scores) {
  print(name + ".precision", scores.precision);
  print(name + ".recall", scores.recall);
  print(name + ".f1", scores.f1);
}

void print_shared(const Averages& averages, const std::vector<ClassScores>& classes) {
  print_scores("macro", averages.macro);
  print_scores("micro", averages.micro);
  print_scores("weighted", averages.weighted);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const std::string name = std::to_string(c);
    print_scores(name, classes[c].scores);
    print(name + ".roc_auc", classes[c].roc_auc);
    print(name + ".support", static_cast<double>(classes[c].tally.support));
  }
}

void print_classes(const Input& input) {
  const ClassMetrics metrics = score_classes({input.probabilities, input.columns}, input.truth);
  print("accuracy", metrics.accuracy);
  print("log_loss", metrics.log_loss);
  print("brier", metrics.brier);
  print("roc_auc", metrics.roc_auc);
  print_shared(metrics.averages, metrics.classes);
  for (std::size_t cell = 0; cell < metrics.confusion.size(); ++cell) {
    print("confusion." + std::to_string(cell), static_cast<double>(metrics.confusion[cell]));
  }
}

void print_labels(const Input& input) {
  const std::vector<std::uint8_t> truth(input.truth.begin(), input.truth.end());
  const std::vector<float> thresholds(static_cast<std::size_t>(input.columns), 0.5F);
  const LabelMetrics metrics = score_labels({input.probabilities, input.columns}, truth, thresholds);
  print("subset_accuracy", metrics.subset_accuracy);
  print("hamming_loss", metrics.hamming_loss);
  print_shared(metrics.averages, metrics.labels);
}

}  // namespace
}  // namespace malmoi::neural

int main() {
  try {
    const malmoi::neural::Input input = malmoi::neural::read(std::cin);
    std::cout << std::setprecision(17);
    (input.labels ? malmoi::neural::print_labels : malmoi::neural::print_classes)(input);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
