#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "corpus/base/run_context.h"
#include "topics/inference.h"
#include "topics/topic_model.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::topics {

/// How well a model foretells documents. Natural logarithms.
struct HeldOut {
  double log_likelihood = 0.0;       ///< of all tokens that were asked for
  std::int64_t tokens = 0;           ///< asked for
  std::int64_t documents = 0;        ///< with such tokens
  std::int64_t empty_documents = 0;  ///< the others: they change nothing

  /// Further documents.
  HeldOut& operator+=(const HeldOut& other);

  /// 0 where there are no tokens.
  [[nodiscard]] double per_token() const { return tokens == 0 ? 0.0 : log_likelihood / static_cast<double>(tokens); }
  /// exp(-per_token()): as many equally likely words there would be to choose from. Lower is better.
  [[nodiscard]] double perplexity() const { return std::exp(-per_token()); }
};

/// Document completion: the tokens of each document are put in a random order of their own (by options.seed); shares
/// are inferred on the first half, rounded down, and the rest is scored by log Σ_k φ(w, k) share(k).
///
/// counts  [documents × terms] that the model was not fitted to, columns = rows of φ
/// Throws  as infer_topics. A term of which every φ is 0 gives -infinity.
/// Source  Wallach, Murray, Salakhutdinov and Mimno, ICML 2009, section 5; Rosen-Zvi et al. 2004
[[nodiscard]] HeldOut document_completion(const TopicModel& model, const vectorize::DocTermMatrix& counts,
                                          const InferenceOptions& options, const RunContext& context = {});

struct LeftToRightOptions {
  std::int32_t particles = 20;  ///< topic assignments that are carried along; ≥ 1
  /// Earlier tokens whose topic each step draws anew, in turn. Without a limit a document costs O(tokens²).
  std::int32_t redraws = std::numeric_limits<std::int32_t>::max();
  bool selection = true;  ///< particles that foretold the token badly give way to copies of the others
  std::uint64_t seed = 1;
};

/// The left-to-right estimate of log p(w | φ, α), whole documents without their topics: of each token in turn (in a
/// random order by options.seed) the probability given the tokens before it, averaged over the particles.
///
/// With selection the estimate of the probability of each document is unbiased for any number of particles and redraws,
/// so that of the logarithm is a little low. Without it this is the published algorithm, whose particles are not quite
/// from the posterior: it keeps a bias of either sign however many there are.
///
/// Every token counts as one, whatever the model's weights.
///
/// counts  as for document_completion; throws as it, and for particles < 1 or redraws < 0
/// Cost    O(particles × topics / 16 × Σ tokens × min(tokens / 2, redraws))
/// Source  Wallach et al. 2009, algorithm 3; selection as in the fully adapted particle filter of Pitt and Shephard,
///         JASA 94, 1999
[[nodiscard]] HeldOut left_to_right(const TopicModel& model, const vectorize::DocTermMatrix& counts,
                                    const LeftToRightOptions& options, const RunContext& context = {});

/// The fit to documents whose shares are known: Σ log Σ_k φ(w, k) share(k) over all tokens. Not held out: more topics
/// always fit better.
///
/// shares  [documents × topics]
/// Throws  invalid_argument: not counts, sizes that differ; canceled
[[nodiscard]] HeldOut point_log_likelihood(const TopicModel& model, const DenseMatrix& shares,
                                           const vectorize::DocTermMatrix& counts, const RunContext& context = {});

/// The same of the fitted documents, with their mean_shares.
[[nodiscard]] HeldOut point_log_likelihood(const TopicModel& model, const DocumentTopics& documents,
                                           const vectorize::DocTermMatrix& counts, const RunContext& context = {});

}  // namespace malmoi::topics
