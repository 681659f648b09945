#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/topic_input.h"
#include "apps/workspace.h"
#include "corpus/models.h"
#include "topics/lda.h"

namespace malmoi::apps {

inline constexpr corpus::ModelKind kLdaKind{.kind = "lda", .newest = 2};

/// A latent Dirichlet allocation with what it was made of: what a corpus file keeps, in the words of the user.
///
/// Topics are numbered from 0, columns of terms and rows of documents as when it was fitted; none ever gets another
/// number.
struct LdaModel {
  topics::Lda lda;
  std::vector<std::string> terms;        ///< [terms] column w of the counts is terms[w]
  std::vector<std::int64_t> row_ids;     ///< [documents] row r is the document of this number; ascending
  std::vector<std::int64_t> row_tokens;  ///< [documents] tokens of the selected terms
  std::vector<std::int64_t> row_hashes;  ///< [documents] tell whether a document has still the same tokens
  std::string analyzer;                  ///< JSON: the analysis of the corpus
  TermSelection selection;
  bool replaces = false;                ///< of a checkpoint: the finished model may replace one of its name
  bool keeps_names = false;             ///< of a checkpoint: the topics are those of the model that it goes on with
  std::string begun_by = {};            ///< of a checkpoint: JSON list, the words of the command that began the fit
  std::vector<TermId> term_ids = {};    ///< [terms] in the corpus it was loaded for, -1: not there; not stored
  std::vector<std::string> words = {};  ///< [terms] Workspace::whole_words; empty: the terms; not stored
  std::string fingerprint = {};         ///< 16 hexadecimal digits that tell stored models apart; set by loading

  /// [terms] of which names are made
  [[nodiscard]] const std::vector<std::string>& naming_words() const noexcept { return words.empty() ? terms : words; }
  [[nodiscard]] bool finished() const noexcept { return lda.sweeps == lda.options.iterations && lda.rounds == 0; }
};

/// A new model of this input, still to be fitted.
[[nodiscard]] LdaModel describe(const TopicInput& input, const TermSelection& selection, std::string analyzer);

/// The row of the corpus file; the same model gives the same bytes. options is JSON with the parts "options" (all of
/// LdaOptions), "selection", "analyzer", "fit" (beta, sweeps ...), "documents", "terms", "tokens".
[[nodiscard]] corpus::StoredModel to_stored(const LdaModel& model);
/// The same with `lda` in the place of model.lda, which may be large.
[[nodiscard]] corpus::StoredModel to_stored(const LdaModel& model, const topics::Lda& lda);

/// Throws corrupt_data when the parts do not fit each other: a model from elsewhere can never lead outside an array.
/// what  names the model in messages
[[nodiscard]] LdaModel lda_from_stored(const corpus::StoredModel& stored, std::string_view what);

/// Reads a finished model of the corpus, with the numbers that its terms have there. Throws what corpus::load_model
/// throws, and invalid_argument for a checkpoint of a fit that is not finished.
[[nodiscard]] LdaModel load_lda_model(Workspace& workspace, std::string_view name);

/// The row under which an unfinished fit lies: NAME.checkpoint.
[[nodiscard]] std::string checkpoint_name(std::string_view model);

/// Tokens of each term in the documents that were fitted, by weight, at least 1: as the topics have them, whatever has
/// become of the documents since. [terms]
[[nodiscard]] std::vector<std::int64_t> term_tokens(const topics::Lda& lda);

/// Share of all tokens (by weight) that each topic holds, over the samples; sums to 1. [topics]
[[nodiscard]] std::vector<double> topic_shares(const topics::Lda& lda);

}  // namespace malmoi::apps
