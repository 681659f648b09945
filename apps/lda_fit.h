#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/lda_model.h"
#include "apps/topic_flags.h"
#include "apps/workspace.h"
#include "corpus/store.h"

namespace malmoi::apps {

/// A fit that is ready to be run.
struct LdaTask {
  LdaModel model;  ///< all but model.lda; model.lda.options is what is to be fitted
  vectorize::DocTermMatrix counts;
  std::optional<topics::Lda> from = {};         ///< the state to go on from
  std::vector<std::uint16_t> assignments = {};  ///< or these, with what was learned of the priors
  std::vector<double> alpha = {};
  std::optional<double> beta = {};
};

/// Throws invalid_argument when there are fewer tokens than topics, besides what select_input and find_seed_words
/// throw.
[[nodiscard]] LdaTask new_lda(Workspace& workspace, const TermSelection& selection, const LdaFlags& flags,
                              const RunContext& context);

/// Goes on from the checkpoint of the model, with its options, to the bytes that the fit would have had without a stop.
/// Throws not_found without a checkpoint, invalid_argument when its documents are no longer as they were.
[[nodiscard]] LdaTask resumed_lda(Workspace& workspace, const std::string& name, const RunContext& context);

/// Goes on with a finished model on the documents that there are now, selected as then: tokens of documents that are as
/// they were keep their topics, the others are drawn. Options are those of the model but for what is given; 100
/// iterations, no burn-in, and the next seed, unless they are given.
[[nodiscard]] LdaTask continued_lda(Workspace& workspace, const std::string& name, const LdaFlags& flags,
                                    const RunContext& context);

/// Where unfinished fits are kept.
struct Checkpoints {
  std::filesystem::path corpus;
  std::string name;  ///< of the model
  double every_seconds = 60;
};

/// Fits, with checkpoints. Throws canceled when asked to stop, after a checkpoint.
[[nodiscard]] LdaModel run_lda_task(LdaTask task, const Checkpoints& checkpoints, const RunContext& context);

struct LdaSaving {
  std::string name;
  bool overwrite = false;
  bool keep_names = false;  ///< names that the user gave to topics stay
};

/// Writes the model and its run and removes its checkpoint, all or nothing. What was stored of documents' topics for a
/// model of this name goes.
void save_lda(const std::filesystem::path& corpus, const corpus::StoredModel& stored, const corpus::Run& run,
              const LdaSaving& saving);

}  // namespace malmoi::apps
