#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "apps/topic_input.h"
#include "apps/workspace.h"
#include "corpus/models.h"
#include "topics/lsa.h"
#include "vectorize/weighting.h"

namespace malmoi::apps {

inline constexpr corpus::ModelKind kLsaKind{.kind = "lsa", .newest = 1};

/// A latent semantic analysis with what it was made of: what a corpus file keeps.
///
/// Dimensions are numbered from 0, columns of terms and rows of documents as when it was fitted.
struct LsaModel {
  topics::Lsa lsa;
  vectorize::TermWeighting weighting;  ///< of the matrix; queries and other documents are weighted by its figures
  std::vector<std::string> terms;      ///< [terms] column w of the matrix is terms[w]
  std::vector<std::int64_t> row_ids;   ///< [documents] row r is the document of this number; ascending
  std::string analyzer;                ///< JSON: the analysis of the corpus
  TermSelection selection;
  std::vector<TermId> term_ids = {};    ///< [terms] in the corpus it was loaded for, -1: not there; not stored
  std::vector<std::string> words = {};  ///< [terms] Workspace::whole_words; empty: the terms; not stored
  std::string fingerprint = {};         ///< 16 hexadecimal digits that tell stored models apart; set by loading

  /// [terms] of which names are made
  [[nodiscard]] const std::vector<std::string>& naming_words() const noexcept { return words.empty() ? terms : words; }
};

/// The row of the corpus file; the same model gives the same bytes. options is JSON with the parts "options" (all of
/// LsaOptions), "weighting", "selection", "fit", "documents", "terms", "analyzer".
[[nodiscard]] corpus::StoredModel to_stored(const LsaModel& model);

/// Throws corrupt_data when the parts do not fit each other: a model from elsewhere can never lead outside an array.
/// what  names the model in messages
[[nodiscard]] LsaModel lsa_from_stored(const corpus::StoredModel& stored, std::string_view what);

/// Whether there is a model of this name and it is of this kind.
[[nodiscard]] bool is_lsa_model(const corpus::Store& store, std::string_view name);

/// Reads a model of the corpus, with the numbers that its terms have there. Throws what corpus::load_model throws.
[[nodiscard]] LsaModel load_lsa_model(Workspace& workspace, std::string_view name);

}  // namespace malmoi::apps
