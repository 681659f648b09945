#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/classifier_training.h"
#include "corpus/base/run_context.h"

namespace malmoi::apps {

enum class SearchMetric { log_loss, accuracy, macro_f1 };

struct FlagSearchOptions {
  std::int32_t trials = 20;  ///< ≥ 1
  std::int32_t factor = 3;   ///< one of so many trials goes on with so many times the budget; ≥ 2
  SearchMetric metric = SearchMetric::log_loss;
  std::vector<std::string> fixed = {};  ///< flags of the kind, with their values, that all trials have
  std::uint64_t seed = 1;
  std::function<void(const std::string&)> on_note = {};  ///< is told why a trial failed
};

struct Trial {
  std::int32_t number = 0;              ///< from 1
  std::vector<std::string> flags = {};  ///< what was drawn: {"--c", "0.3", ...}; of the first trial nothing
  std::int64_t budget = 0;              ///< what it had in its last round
  ClassifierFigures figures = {};       ///< on the validation documents after it; NaN: its training failed
  double seconds = 0.0;                 ///< of all rounds
  std::vector<double> curve = {};       ///< [rounds it was in] the metric
};

struct FlagSearchResult {
  bool epochs = false;                ///< budgets are epochs; otherwise documents
  std::vector<std::int64_t> budgets;  ///< [rounds], ascending
  std::vector<Trial> trials;          ///< the best first: by failure, budget, metric and number
  bool stopped = false;               ///< asked to stop before the end; trials are those that were measured
};

/// Random search for the flags of a kind by successive halving: in each round all trials that are left train with the
/// same budget, and the best go on to the next, with the first trial for comparison. A network goes on with its state
/// after the epochs it has had, with the learning rates of the whole training; other kinds begin anew with more
/// documents. Trials learn from the documents to train on, are calibrated and measured on those for validation; the
/// test documents are not looked at.
///
/// Returns  the same for every context.threads, seconds aside
/// Throws   UsageError where fixed flags do not fit; invalid_argument: no documents for validation, an option out of
///          range; what the training throws if all trials of a round fail
/// Source   Jamieson and Talwalkar, AISTATS 2016 (the budgets grow to the whole, as in a bracket of Hyperband, Li et
///          al., JMLR 2018)
[[nodiscard]] FlagSearchResult search_flags(const ClassifierKind& kind, const TrainingDocuments& documents,
                                            const FlagSearchOptions& options, const RunContext& context);

}  // namespace malmoi::apps
