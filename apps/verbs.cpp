#include "apps/verbs.h"

#include <array>

namespace malmoi::apps {

std::span<const Verb> verbs() noexcept {
  static constexpr std::array kVerbs = {
      Verb{"index", "read documents, analyse and store them", run_index},
      Verb{"remove", "take documents out of a corpus", run_remove},
      Verb{"info", "what a corpus holds", run_info},
      Verb{"tokens", "show how a text is analysed, and why tokens are dropped", run_tokens},
      Verb{"terms", "frequent terms, keyness between labels, collocations", run_terms},
      Verb{"kwic", "keyword in context", run_kwic},
      Verb{"search", "ranked full-text search", run_search},
      Verb{"similar", "nearest documents by cosine, Euclidean, Jaccard ...", run_similar},
      Verb{"matrix", "write the document-term matrix, weighted as you like", run_matrix},
      Verb{"lda", "learn topics and store the model", run_lda},
      Verb{"lsa", "latent semantic analysis, stored as a model", run_lsa},
      Verb{"topics", "topics as text, their names, figures and best documents", run_topics},
      Verb{"infer", "topics of new documents, or of those in the corpus", run_infer},
      Verb{"choose-topics", "how many topics: fits with several numbers and seeds, measured", run_choose_topics},
      Verb{"report", "write the interactive HTML report on a model", run_report},
      Verb{"embed", "learn word vectors, or take them from a file", run_embed},
      Verb{"nearest", "words with the nearest vectors", run_nearest},
      Verb{"analogy", "A is to B as C is to ...", run_analogy},
      Verb{"wordsim", "how well word vectors agree with people", run_wordsim},
      Verb{"train", "train a text classifier and store it as a model", run_train},
      Verb{"tune", "search for good options of a classifier", run_tune},
      Verb{"evaluate", "how good a classifier is: accuracy, F1, calibration ...", run_evaluate},
      Verb{"predict", "labels of new documents, and which words decided", run_predict},
      Verb{"models", "list, show, export, import, rename, delete models", run_models},
  };
  return kVerbs;
}

}  // namespace malmoi::apps
