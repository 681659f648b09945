#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/feature_reader.h"
#include "neural/text_features.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// How scores become probabilities.
enum class Link {
  softmax,  ///< of the classes of one label: they sum to 1. With two classes there is one score, that of class 1
  sigmoid   ///< of each label alone
};

/// A linear classifier of sparse rows, plain data: score(k) = bias(k) + Σ_j x(j) weights(j, k).
struct LinearModel {
  std::int32_t features = 0;
  std::int32_t classes = 0;
  Link link = Link::softmax;
  bool presence = false;       ///< x(j) is taken for 1 wherever it is not 0 (Bernoulli naive Bayes)
  float sharpness = 1.0F;      ///< probabilities are those of sharpness × score
  std::vector<float> weights;  ///< [features × outputs]: the weights of one feature lie together
  std::vector<float> bias;     ///< [outputs]

  /// Scores of a row: one for each class, but one alone for two classes of one label.
  [[nodiscard]] std::int32_t outputs() const noexcept { return link == Link::softmax && classes == 2 ? 1 : classes; }
};

/// Scores of one row. scores: [outputs], replaced
void score_row(const LinearModel& model, const FeatureRow& row, std::span<float> scores);

/// Probabilities of the classes from a row's scores. probabilities: [classes], replaced
void to_probabilities(const LinearModel& model, std::span<const float> scores, std::span<float> probabilities);

/// Scores of all rows. [rows × outputs]; the same for every number of threads
/// Throws invalid_argument: the matrix has other columns than the model features
[[nodiscard]] std::vector<float> score_rows(const LinearModel& model, const vectorize::SparseMatrix& rows,
                                            const RunContext& context = {});

/// Probabilities of texts, features and all, without a matrix between. [texts × classes]
/// tokens  as TextFeatures::rows wants them
[[nodiscard]] std::vector<float> predict_texts(const TextFeatures& features, const LinearModel& model,
                                               std::span<const std::string_view> texts, const TokenSequences& tokens,
                                               const RunContext& context = {});

}  // namespace malmoi::neural
