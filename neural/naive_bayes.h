#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "neural/linear_model.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::neural {

/// n(k, j): sum of feature j over the rows of class k; a: smoothing.
enum class BayesKind {
  multinomial,  ///< θ(k, j) = (n(k, j) + a) / Σ_j; score ln P(k) + Σ_j x(j) ln θ(k, j)
  complement,   ///< of all rows but those of k; score -Σ_j x(j) ln θ (Rennie et al., ICML 2003, without its weighting
                ///< of the input, which is FeatureWeight's business), no prior
  bernoulli     ///< p(k, j) = (rows of k that hold j + a) / (rows of k + 2 a); absent features count as well
};

struct BayesOptions {
  BayesKind kind = BayesKind::multinomial;
  double smoothing = 1.0;  ///< > 0 (Laplace: 1)
};

/// Naive Bayes as the linear classifier that it is; its probabilities are those of Bayes' theorem (complement: the
/// softmax of the scores, as scikit-learn gives it).
///
/// rows    [documents × features], not negative
/// labels  [documents] in [0, classes); every class has at least one
/// Throws  invalid_argument: a value, size, label or option out of range
[[nodiscard]] LinearModel fit_bayes(const vectorize::SparseMatrix& rows, std::span<const std::int32_t> labels,
                                    std::int32_t classes, const BayesOptions& options, const RunContext& context = {});

}  // namespace malmoi::neural
