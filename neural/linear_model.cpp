#include "neural/linear_model.h"

#include <algorithm>
#include <cmath>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kRowsPerChunk = 256;
constexpr std::size_t kAhead = 16;  // features whose weights are asked for before their turn

float sigmoid(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

std::size_t output_count(const LinearModel& model) {
  return static_cast<std::size_t>(model.outputs());
}

}  // namespace

void score_row(const LinearModel& model, const FeatureRow& row, std::span<float> scores) {
  const std::size_t outputs = output_count(model);
  const float* const weights = model.weights.data();
  const std::size_t size = row.columns.size();
  const auto fetch_ahead = [&](std::size_t i) {
    if (i + kAhead < size) __builtin_prefetch(weights + static_cast<std::size_t>(row.columns[i + kAhead]) * outputs);
  };
  const auto value = [&](std::size_t i) {
    return model.presence ? static_cast<float>(row.values[i] != 0.0F) : row.values[i];
  };
  if (outputs == 1) {  // the sum stays in a register
    float score = model.bias[0];
    for (std::size_t i = 0; i < size; ++i) {
      fetch_ahead(i);
      score += value(i) * weights[row.columns[i]];
    }
    scores[0] = score;
    return;
  }
  std::copy(model.bias.begin(), model.bias.end(), scores.begin());
  for (std::size_t i = 0; i < size; ++i) {
    fetch_ahead(i);
    const float x = value(i);
    const float* const w = weights + static_cast<std::size_t>(row.columns[i]) * outputs;
    for (std::size_t k = 0; k < outputs; ++k) scores[k] += x * w[k];
  }
}

void to_probabilities(const LinearModel& model, std::span<const float> scores, std::span<float> probabilities) {
  if (model.link == Link::sigmoid) {
    std::transform(scores.begin(), scores.end(), probabilities.begin(),
                   [&](float score) { return sigmoid(model.sharpness * score); });
    return;
  }
  if (scores.size() == 1) {
    probabilities[1] = sigmoid(model.sharpness * scores[0]);
    probabilities[0] = sigmoid(-model.sharpness * scores[0]);
    return;
  }
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0.0F;
  for (std::size_t k = 0; k < scores.size(); ++k)
    sum += probabilities[k] = std::exp(model.sharpness * (scores[k] - largest));
  for (std::size_t k = 0; k < scores.size(); ++k) probabilities[k] /= sum;
}

std::vector<float> score_rows(const LinearModel& model, const vectorize::SparseMatrix& rows,
                              const RunContext& context) {
  if (rows.cols() != model.features) {
    throw Error(ErrorCode::invalid_argument,
                concat("score_rows: rows of ", rows.cols(), " features, a model of ", model.features));
  }
  const std::size_t outputs = output_count(model);
  std::vector<float> scores(static_cast<std::size_t>(rows.rows()) * outputs);
  const std::int32_t* ends = rows.outerIndexPtr();
  parallel_for(static_cast<std::size_t>(rows.rows()), kRowsPerChunk, context, [&](const Chunk& chunk) {
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      const auto size = static_cast<std::size_t>(ends[i + 1] - ends[i]);
      score_row(model, {{rows.innerIndexPtr() + ends[i], size}, {rows.valuePtr() + ends[i], size}},
                std::span(scores).subspan(i * outputs, outputs));
    }
  });
  return scores;
}

std::vector<float> predict_texts(const TextFeatures& features, const LinearModel& model,
                                 std::span<const std::string_view> texts, const TokenSequences& tokens,
                                 const RunContext& context) {
  const bool of_words = features.options().words.has_value();
  if (features.size() != model.features || (of_words && tokens.rows() != texts.size())) {
    throw Error(ErrorCode::invalid_argument,
                concat("predict_texts: ", features.size(), " features, a model of ", model.features, "; ", texts.size(),
                       " texts, tokens of ", tokens.rows()));
  }
  const auto classes = static_cast<std::size_t>(model.classes);
  std::vector<float> probabilities(texts.size() * classes);
  parallel_for(texts.size(), kRowsPerChunk, context, [&](const Chunk& chunk) {
    FeatureReader reader(features);
    std::vector<float> scores(output_count(model));
    for (std::size_t t = chunk.begin; t < chunk.end;) {
      const std::size_t end = std::min(t + FeatureReader::kTextsAtOnce, chunk.end);
      for (const FeatureRow& row : reader.read(texts, tokens, t, end)) {
        score_row(model, row, scores);
        to_probabilities(model, scores, std::span(probabilities).subspan(t++ * classes, classes));
      }
    }
  });
  return probabilities;
}

}  // namespace malmoi::neural
