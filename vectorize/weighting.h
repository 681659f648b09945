#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "corpus/base/run_context.h"
#include "vectorize/doc_term_matrix.h"

namespace malmoi::vectorize {

// A weight is local(tf) × global(df), then the row is normalised. tf: count of the term in the document; N: documents;
// df: documents with the term. Logarithms are natural.

enum class LocalWeight {
  binary,       ///< 1                                               SMART b
  count,        ///< tf                                              SMART n
  log,          ///< 1 + ln tf  (scikit-learn's sublinear_tf)        SMART l
  augmented,    ///< 0.5 + 0.5 tf / largest tf of the document       SMART a
  log_average,  ///< (1 + ln tf) / (1 + ln mean tf of the document)  SMART L
  bm25          ///< tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length)), Robertson and Zaragoza 2009
};

enum class GlobalWeight {
  none,           ///< 1                                     SMART n
  smooth,         ///< ln((1 + N) / (1 + df)) + 1            scikit-learn's default
  unsmoothed,     ///< ln(N / df) + 1                        scikit-learn's smooth_idf=False
  classic,        ///< ln(N / df)                            SMART t
  probabilistic,  ///< max(0, ln((N - df) / df))             SMART p
  entropy,        ///< 1 + Σ p ln p / ln N over documents, p = tf / occurrences (Dumais 1991); 1 when N < 2
  bm25            ///< ln(1 + (N - df + 0.5) / (df + 0.5))   as Lucene: never negative
};

enum class Normalization { none, l1, l2, max };  ///< SMART n, -, c, -; an empty row stays empty

/// The defaults are those of scikit-learn's TfidfVectorizer.
struct WeightingOptions {
  LocalWeight local = LocalWeight::count;
  GlobalWeight global = GlobalWeight::smooth;
  Normalization normalization = Normalization::l2;
  double k1 = 1.2;  ///< of LocalWeight::bm25, finite and ≥ 0
  double b = 0.75;  ///< of LocalWeight::bm25, in [0, 1]
};

/// BM25 document weights: their sum over a query's terms is the document's score.
[[nodiscard]] WeightingOptions bm25_options(double k1 = 1.2, double b = 0.75);

/// Three SMART letters, e.g. "ltc": local b n l a L, global n t p, normalisation n c (Manning, Raghavan and Schütze
/// 2008, figure 6.15, with natural logarithms). Throws invalid_argument, naming the letter.
[[nodiscard]] WeightingOptions parse_smart(std::string_view letters);

/// A weighting fitted to a corpus; immutable. Queries and new documents are weighted by the corpus' own figures.
struct TermWeighting {
  WeightingOptions options;
  std::int64_t documents = 0;         ///< N, empty documents included
  double mean_length = 0.0;           ///< tokens a document
  std::vector<double> global_weight;  ///< [terms]; of a term in no document: what the formula gives for df = 0 where it
                                      ///< is finite, otherwise 0
};

/// Learns the figures of a corpus from its counts.
/// Throws invalid_argument: counts.weighting is not count, or k1 or b out of range
[[nodiscard]] TermWeighting fit_weighting(const DocTermMatrix& counts, const WeightingOptions& options,
                                          const RunContext& context = {});

/// Weights documents or queries: counts in, weights out, computed in double and stored as float.
/// counts  [any rows × terms of the fitted corpus]
/// Throws invalid_argument: counts.weighting is not count, or the number of terms differs
[[nodiscard]] DocTermMatrix apply_weighting(const TermWeighting& weighting, const DocTermMatrix& counts,
                                            const RunContext& context = {});

}  // namespace malmoi::vectorize
