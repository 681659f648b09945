#include "apps/text_classifier.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

void Spread::add(std::size_t begin, std::size_t end, double weight) {
  std::size_t bytes = 0;
  for (std::size_t i = begin; i < end; ++i) bytes += is_blank(text_[i]) ? 0 : 1;
  if (bytes == 0) return;
  for (std::size_t i = begin; i < end; ++i) {
    if (!is_blank(text_[i])) weights_[i] += weight / static_cast<double>(bytes);
  }
}

std::vector<Evidence> Spread::words() const {
  std::vector<Evidence> words;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (is_blank(text_[i])) continue;
    if (words.empty() || words.back().end != i) words.push_back({.begin = i, .end = i, .weight = 0.0});
    words.back().end = i + 1;
    words.back().weight += weights_[i];
  }
  return words;
}

std::vector<Evidence> explain_by_occlusion(const TextClassifier& classifier, std::string_view text,
                                           std::int32_t label) {
  std::vector<Evidence> words = Spread(text).words();
  std::vector<std::string> texts;
  for (const Evidence& word : words) texts.push_back(concat(text.substr(0, word.begin), text.substr(word.end)));
  texts.emplace_back(text);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<float> found = classifier.probabilities(views, {});
  const std::size_t labels = found.size() / views.size();
  const auto odds = [&](std::size_t row) {
    const auto p = static_cast<double>(found[row * labels + static_cast<std::size_t>(label)]);
    return std::log(std::max(p, 1e-7)) - std::log(std::max(1 - p, 1e-7));
  };
  for (std::size_t w = 0; w < words.size(); ++w) words[w].weight = odds(words.size()) - odds(w);
  return words;
}

}  // namespace malmoi::apps
