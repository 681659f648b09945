#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"

namespace malmoi::topics {

/// How well the top words of a topic go together in texts. P: share of the windows that hold a word or both words of a
/// pair; ε = 1e-12; logarithms are natural. The formulas are those of gensim 4.2's CoherenceModel.
enum class CoherenceMeasure {
  u_mass,  ///< mean of log((P(i, j) + ε) / P(j)) over pairs, j before i in the topic; windows are whole documents
           ///< (Mimno et al. 2011)
  c_uci,   ///< mean of log((P(i, j) + ε) / (P(i) P(j))), pointwise mutual information (Newman et al. 2010)
  c_npmi,  ///< mean of the same / -log(P(i, j) + ε), in about [-1, 1] (Aletras and Stevenson 2013)
  c_v,     ///< mean cosine between a word's NPMI with all words of the topic, itself among them, and the sum of these
           ///< vectors (Röder, Both and Hinneburg 2015)
};

/// Which windows hold a word that comes several times.
enum class WindowRule {
  gensim,  ///< as gensim counts: when an occurrence leaves the window the word is gone, though another may be within,
           ///< until the next one enters. Needed to compare with figures of other studies.
  exact,   ///< all that hold it
};

struct CoherenceOptions {
  std::int32_t window = 0;  ///< tokens; 0: the measure's own, 10 for c_uci and c_npmi, 110 for c_v. u_mass has none.
  WindowRule rule = WindowRule::gensim;
};

/// The coherence of every topic in the texts. A window moves over a document by one token; a document not longer than
/// the window is one window. Empty documents have none; only u_mass counts them as documents (they change ε alone).
///
/// topics   top words of each, best first, without repeats
/// Returns  [topics], never NaN. Words that occur in no text are left out, as gensim does with words that its
/// dictionary
///          lacks; 0 when fewer than two are left. A pair that never comes together counts with P(i, j) = 0: log ε
///          stands for it in the formulas, -1 with NPMI.
/// Throws   invalid_argument: window < 0, a word twice in a topic or < 0; canceled
/// Cost     O(tokens + occurrences of top words × their partners in topics), whatever the window; memory: for each of
/// up
///          to 32 parts of the corpus 8 bytes a pair
[[nodiscard]] std::vector<double> coherence(const TokenSequences& texts, std::span<const std::vector<TermId>> topics,
                                            CoherenceMeasure measure, const CoherenceOptions& options = {},
                                            const RunContext& context = {});

}  // namespace malmoi::topics
