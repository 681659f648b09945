#include "apps/model_space.h"

#include <algorithm>
#include <utility>

#include "apps/embedding_model.h"
#include "apps/topic_input.h"
#include "corpus/base/error.h"
#include "topics/lda.h"
#include "vectorize/weighting.h"

namespace malmoi::apps {
namespace {

using topics::DenseMatrix;
using vectorize::DocTermMatrix;

LsaModel projection_of(Workspace& workspace, const neural::Embeddings& embeddings) {
  LsaModel model;
  for (TermId word = 0; word < embeddings.words.size(); ++word) model.terms.emplace_back(embeddings.words.at(word));
  model.lsa.terms =
      Eigen::Map<const DenseMatrix>(embeddings.vectors.data(), embeddings.words.size(), embeddings.dimensions);
  TopicInput input = input_of(workspace, workspace.store().matching({}), model.terms, {});
  model.term_ids = std::move(input.term_ids);
  model.weighting = vectorize::fit_weighting(input.counts, {.normalization = vectorize::Normalization::l1});
  return model;
}

std::vector<float> row_of(const DenseMatrix& matrix, Eigen::Index row) {
  const float* begin = matrix.data() + row * matrix.cols();
  return {begin, begin + matrix.cols()};
}

}  // namespace

ModelSpace load_model_space(Workspace& workspace, SpaceKind kind, std::string_view model) {
  if (kind == SpaceKind::lda) return space_of(load_lda_model(workspace, model));
  ModelSpace space;
  space.lsa = kind == SpaceKind::lsa
                  ? load_lsa_model(workspace, model)
                  : projection_of(workspace, load_embedding(workspace.store().database().path(), model).embeddings);
  space.terms = space.lsa->terms;
  space.term_ids = space.lsa->term_ids;
  return space;
}

ModelSpace space_of(LdaModel model) {
  ModelSpace space;
  space.lda = topics::topic_model(model.lda);
  space.terms = std::move(model.terms);
  space.term_ids = std::move(model.term_ids);
  return space;
}

DenseMatrix places_of(const ModelSpace& space, const DocTermMatrix& counts, const topics::InferenceOptions& options,
                      const RunContext& context) {
  if (space.lda) return topics::infer_topics(*space.lda, counts, options, context);
  const DocTermMatrix rows = vectorize::apply_weighting(space.lsa->weighting, counts, context);
  return topics::fold_in(space.lsa->lsa, rows.values, context);
}

PlacedDocuments place_documents(Workspace& workspace, const ModelSpace& space, std::span<const std::int64_t> ids,
                                const RunContext& context) {
  const DocTermMatrix counts = input_of(workspace, ids, space.terms, context).counts;
  const DenseMatrix places = places_of(space, counts, {}, context);
  const auto* begins = counts.values.outerIndexPtr();
  std::vector<Eigen::Index> kept;
  PlacedDocuments documents;
  for (Eigen::Index row = 0; row < places.rows(); ++row) {
    if (begins[row] == begins[row + 1]) continue;
    kept.push_back(row);
    documents.row_ids.push_back(counts.row_ids[static_cast<std::size_t>(row)]);
  }
  documents.places.resize(static_cast<Eigen::Index>(kept.size()), places.cols());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const float* begin = places.data() + kept[i] * places.cols();
    std::copy(begin, begin + places.cols(), documents.places.data() + static_cast<Eigen::Index>(i) * places.cols());
  }
  return documents;
}

std::vector<float> place_text(Workspace& workspace, const ModelSpace& space, std::string_view text) {
  const TokenSequences all = workspace.tokens_of(text);
  const std::vector<std::int32_t> columns = columns_of(space.term_ids, workspace.vocabulary().size());
  TokenSequences known;
  known.row_ids = all.row_ids;
  for (const TermId term : all.row(0)) {
    const std::int32_t column = columns[static_cast<std::size_t>(term)];
    if (column >= 0) known.terms.push_back(column);
  }
  if (known.terms.empty()) throw Error(ErrorCode::invalid_argument, "the text has no term that the model knows");
  known.offsets.push_back(known.terms.size());
  return row_of(places_of(space, vectorize::count_terms(known, static_cast<TermId>(space.terms.size())), {}, {}), 0);
}

std::vector<vectorize::Neighbor> nearest_terms(const LsaModel& model, std::string_view term, std::int32_t k,
                                               const RunContext& context) {
  const auto found = std::find(model.terms.begin(), model.terms.end(), term);
  if (found == model.terms.end()) {
    throw Error(ErrorCode::invalid_argument, concat("the term \"", term, "\" is not among the ", model.terms.size(),
                                                    " of the model; `malmoi tokens` shows how a text is analysed"));
  }
  const auto column = static_cast<std::int32_t>(found - model.terms.begin());
  const DenseMatrix places = topics::term_places(model.lsa);
  const std::int32_t one_more = k < vectorize::SimilarityOptions::kNoLimit ? k + 1 : k;  // itself will be among them
  auto neighbors = topics::nearest(places, row_of(places, column), one_more, context);
  std::erase_if(neighbors, [column](const vectorize::Neighbor& neighbor) { return neighbor.row == column; });
  neighbors.resize(std::min(neighbors.size(), static_cast<std::size_t>(k)));
  return neighbors;
}

}  // namespace malmoi::apps
