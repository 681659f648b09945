#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::vectorize {

/// Counts of two events x and y among `total` observations; both ≤ total, joint ≤ both.
struct Contingency {
  std::int64_t joint = 0;
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t total = 0;
};

// Measures of association. E = x · y / total is the joint count expected of independent events. Where x, y or total is
// 0 there is nothing to measure: all give 0.

/// log2(joint / E), Church and Hanks 1990; -infinity when joint = 0.
[[nodiscard]] double pmi(const Contingency& counts);
/// pmi / -log2(joint / total) in [-1, 1], Bouma 2009; -1 when joint = 0, 1 when the events always come together.
[[nodiscard]] double npmi(const Contingency& counts);
/// Dunning's G² = 2 Σ O ln(O / E) over the four cells (Dunning 1993). Never negative.
[[nodiscard]] double log_likelihood(const Contingency& counts);
/// Pearson's χ² over the four cells without continuity correction; 0 when a marginal is empty.
[[nodiscard]] double chi_squared(const Contingency& counts);
/// (joint - E) / √joint, Church et al. 1991; 0 when joint = 0.
[[nodiscard]] double t_score(const Contingency& counts);

enum class Association { pmi, npmi, log_likelihood, chi_squared, t_score };
[[nodiscard]] double associate(Association measure, const Contingency& counts);

struct CollocationOptions {
  int window = 2;  ///< tokens from the first to the second word of a pair at most; 2: neighbours only; ≥ 2
  std::int64_t min_count = 5;  ///< pairs seen less often are left out; ≥ 1
  Association measure = Association::log_likelihood;
  double min_score = -std::numeric_limits<double>::infinity();  ///< pairs that score less are left out
};

/// An ordered pair of words that come near each other.
struct Collocation {
  TermId first = 0;
  TermId second = 0;
  Contingency counts;  ///< of pairs: x begin with `first`, y end with `second`, in all `total` within the window
  double score = 0.0;  ///< by the chosen measure
};

/// The pairs of the corpus, best first, then by joint count, then by term numbers. Pairs never cross documents. With
/// window = 2 and a bound on npmi or log-likelihood these are the phrases worth treating as one term; for association
/// in either direction (log_likelihood, chi_squared) only pairs that come more often than expected are given.
///
/// Throws  invalid_argument: window < 2, min_count < 1
/// Cost    O(n log n) time and 16 bytes each for the n = tokens · (window - 1) pairs of a chunk of documents
[[nodiscard]] std::vector<Collocation> collocations(const TokenSequences& tokens, const CollocationOptions& options,
                                                    const RunContext& context = {});

/// How much more (or less) often a term occurs in one group of documents than in another.
struct Keyness {
  TermId term = 0;
  std::int64_t target = 0;      ///< occurrences in the target documents
  std::int64_t reference = 0;   ///< occurrences in the others
  double log_likelihood = 0.0;  ///< G² over the four cells; negative when the term is rarer in the target
  double chi_squared = 0.0;     ///< likewise signed
  double log_ratio = 0.0;       ///< log2 of the ratio of relative frequencies, 0.5 added to a zero count (Hardie 2014)
};

/// Keyness of every term that occurs, most typical of the target first (log_likelihood descending, then term).
/// in_target  [rows] of counts: 1 for the target, 0 for the reference
/// Throws     invalid_argument: not counts, sizes differ, a group without tokens
[[nodiscard]] std::vector<Keyness> keyness(const DocTermMatrix& counts, const std::vector<bool>& in_target);

/// How evenly a term is spread over the documents.
struct Dispersion {
  std::int32_t documents = 0;
  std::int64_t occurrences = 0;
  double document_share = 0.0;  ///< documents / all documents
  double dp = 0.0;  ///< deviation of proportions: 0 spread as the tokens are, towards 1 in one small document
};

/// Dispersion of every term: Gries' DP = ½ Σ |share of the term's occurrences - share of all tokens| over documents
/// (Gries 2008). A term that does not occur has DP 0. Throws invalid_argument for anything but counts.
[[nodiscard]] std::vector<Dispersion> dispersion(const DocTermMatrix& counts);

}  // namespace malmoi::vectorize
