#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/lda_model.h"
#include "apps/lsa_model.h"
#include "apps/workspace.h"
#include "topics/inference.h"
#include "topics/topic_model.h"
#include "vectorize/doc_term_matrix.h"
#include "vectorize/similarity.h"

namespace malmoi::apps {

enum class SpaceKind {
  lsa,       ///< dimensions of a latent semantic analysis: documents and texts are folded in
  lda,       ///< shares of topics, inferred
  embedding  ///< means of word vectors, weighted by the words' idf in the corpus; words without a vector do not count
};

/// The space of a stored model, in which documents and texts lie and are compared by cosine.
struct ModelSpace {
  /// One of the two. An embedding is an LSA here, since a weighted mean of word vectors is a folded-in document: the
  /// vectors stand for lsa.terms, and the weights of a document sum to 1.
  std::optional<LsaModel> lsa;
  std::optional<topics::TopicModel> lda;  ///< φ and α
  std::vector<std::string> terms;         ///< [terms]
  std::vector<TermId> term_ids;           ///< [terms] in the corpus, -1: not there

  [[nodiscard]] std::size_t dimensions() const {
    return static_cast<std::size_t>(lda ? lda->topics() : lsa->lsa.terms.cols());
  }
};

/// Throws what load_lsa_model, load_lda_model and load_embedding throw.
[[nodiscard]] ModelSpace load_model_space(Workspace& workspace, SpaceKind kind, std::string_view model);
[[nodiscard]] ModelSpace space_of(LdaModel model);

/// Documents in a space [documents × dimensions]. A document without terms of the model has the prior's shares of
/// topics, and lies at 0 elsewhere.
/// counts  [documents × terms of the space]
[[nodiscard]] topics::DenseMatrix places_of(const ModelSpace& space, const vectorize::DocTermMatrix& counts,
                                            const topics::InferenceOptions& options, const RunContext& context);

/// Documents in a space, those alone that have a term of the model.
struct PlacedDocuments {
  topics::DenseMatrix places;         ///< [documents × dimensions]
  std::vector<std::int64_t> row_ids;  ///< [documents] ascending
};

/// The documents as the corpus has them now, in the model or not; ids ascending. Topics of LDA are drawn with seed 1,
/// each document by itself: it has the same place whatever is placed with it.
[[nodiscard]] PlacedDocuments place_documents(Workspace& workspace, const ModelSpace& space,
                                              std::span<const std::int64_t> ids, const RunContext& context);

/// Place of a text [dimensions]. Throws invalid_argument when it has no term of the model.
[[nodiscard]] std::vector<float> place_text(Workspace& workspace, const ModelSpace& space, std::string_view text);

/// The terms nearest to a term in the space of an LSA, best first, without itself; neighbours are columns.
/// Throws invalid_argument for a term that the model does not have.
[[nodiscard]] std::vector<vectorize::Neighbor> nearest_terms(const LsaModel& model, std::string_view term,
                                                             std::int32_t k, const RunContext& context);

}  // namespace malmoi::apps
