#include "apps/lda_fit.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/models.h"

namespace malmoi::apps {
namespace {

using topics::kUnassigned;
using vectorize::DocTermMatrix;

std::string analysis_of(const Workspace& workspace) {
  return workspace.store().setting("analyzer").value_or("");
}

std::int64_t tokens_of(const LdaModel& model) {
  return std::accumulate(model.row_tokens.begin(), model.row_tokens.end(), std::int64_t{0});
}

void require_tokens(const LdaModel& model) {
  const std::int64_t tokens = tokens_of(model);
  if (tokens >= model.lda.options.topics) return;
  throw Error(ErrorCode::invalid_argument, concat(model.lda.options.topics, " topics are more than the ", tokens,
                                                  " tokens of the ", model.terms.size(), " terms"));
}

// The state that an earlier model left of one document: topics of its tokens, by column of that model.
struct OldRow {
  std::span<const std::int32_t> columns;  // ascending
  std::span<const float> counts;
  std::span<const std::uint16_t> topics;  // of all tokens, by column
};

// Documents of an earlier model that are still as they were, by document number.
class OldAssignments {
 public:
  OldAssignments(Workspace& workspace, const LdaModel& old, const RunContext& context)
      : old_(old), now_(input_of(workspace, old.row_ids, old.terms, context)), hashes_(row_hashes(now_.counts)) {
    std::size_t offset = 0;
    for (const std::int64_t tokens : old.row_tokens) {
      offsets_.push_back(offset);
      offset += static_cast<std::size_t>(tokens);
    }
  }

  [[nodiscard]] std::optional<OldRow> find(std::int64_t document) const {
    const auto then = position(old_.row_ids, document);
    const auto now = position(now_.counts.row_ids, document);
    if (!then || !now || old_.row_hashes[*then] != hashes_[*now]) return std::nullopt;
    const auto* begins = now_.counts.values.outerIndexPtr();
    const auto begin = static_cast<std::size_t>(begins[*now]);
    const std::size_t size = static_cast<std::size_t>(begins[*now + 1]) - begin;
    return OldRow{
        {now_.counts.values.innerIndexPtr() + begin, size},
        {now_.counts.values.valuePtr() + begin, size},
        std::span(old_.lda.assignments).subspan(offsets_[*then], static_cast<std::size_t>(old_.row_tokens[*then]))};
  }

 private:
  static std::optional<std::size_t> position(const std::vector<std::int64_t>& ids, std::int64_t id) {
    const auto found = std::lower_bound(ids.begin(), ids.end(), id);
    if (found == ids.end() || *found != id) return std::nullopt;
    return static_cast<std::size_t>(found - ids.begin());
  }

  const LdaModel& old_;
  TopicInput now_;
  std::vector<std::int64_t> hashes_;
  std::vector<std::size_t> offsets_;  // of the documents in old_.lda.assignments
};

// Topics of the tokens of an old row that are of this old column.
std::span<const std::uint16_t> topics_of(const OldRow& row, std::int32_t column) {
  std::size_t offset = 0;
  for (std::size_t i = 0; i < row.columns.size() && row.columns[i] <= column; ++i) {
    const auto count = static_cast<std::size_t>(row.counts[i]);
    if (row.columns[i] == column) return row.topics.subspan(offset, count);
    offset += count;
  }
  return {};
}

// For each column now, the column that its term had then, -1 for a new term.
std::vector<std::int32_t> old_columns(const LdaModel& old, const TopicInput& input, TermId terms) {
  const std::vector<std::int32_t> by_id = columns_of(old.term_ids, terms);
  std::vector<std::int32_t> columns;
  for (const TermId id : input.term_ids) columns.push_back(by_id[static_cast<std::size_t>(id)]);
  return columns;
}

std::vector<std::uint16_t> carried_over(const OldAssignments& old, const DocTermMatrix& counts,
                                        const std::vector<std::int32_t>& columns) {
  std::vector<std::uint16_t> assignments;
  for (Eigen::Index row = 0; row < counts.values.rows(); ++row) {
    const auto known = old.find(counts.row_ids[static_cast<std::size_t>(row)]);
    for (vectorize::SparseMatrix::InnerIterator cell(counts.values, row); cell; ++cell) {
      const auto count = static_cast<std::size_t>(cell.value());
      const std::int32_t column = columns[static_cast<std::size_t>(cell.col())];
      const auto topics = known && column >= 0 ? topics_of(*known, column) : std::span<const std::uint16_t>{};
      if (topics.size() == count) {
        assignments.insert(assignments.end(), topics.begin(), topics.end());
      } else {
        assignments.insert(assignments.end(), count, kUnassigned);
      }
    }
  }
  return assignments;
}

// Seed words of the earlier model that are still among the terms.
std::vector<topics::SeedWord> carried_seeds(const LdaModel& old, const std::vector<std::int32_t>& columns) {
  std::vector<topics::SeedWord> seeds;
  for (const topics::SeedWord& seed : old.lda.options.seed_words) {
    const auto found = std::find(columns.begin(), columns.end(), seed.column);
    if (found != columns.end()) seeds.push_back({static_cast<std::int32_t>(found - columns.begin()), seed.topic});
  }
  return seeds;
}

// Another program may be writing for minutes: a checkpoint now and then is not worth waiting or ending for, the next
// one will do. Only the one of a fit that is being stopped has no next.
void save_checkpoint(const corpus::StoredModel& stored, const Checkpoints& checkpoints, bool last) {
  try {
    corpus::Store store = corpus::Store::open(checkpoints.corpus, corpus::Access::write);
    if (!last) store.database().execute("PRAGMA busy_timeout=0");
    corpus::Transaction transaction(store.database());
    corpus::save_model(store.database(), checkpoint_name(checkpoints.name), stored, {.overwrite = true});
    transaction.commit();
  } catch (const Error& error) {
    if (last || error.code() != ErrorCode::io) throw;
  }
}

}  // namespace

LdaTask new_lda(Workspace& workspace, const TermSelection& selection, const LdaFlags& flags,
                const RunContext& context) {
  const std::vector<SeedList> seeds = flags.seed_lists();  // a wrong file fails before any work
  TopicInput input = select_input(workspace, selection, context);
  LdaTask task{.model = describe(input, selection, analysis_of(workspace)), .counts = std::move(input.counts)};
  topics::LdaOptions& options = task.model.lda.options;
  options = flags.options();
  options.seed_words = find_seed_words(workspace, seeds, task.model.terms, options.topics);
  require_tokens(task.model);
  return task;
}

LdaTask resumed_lda(Workspace& workspace, const std::string& name, const RunContext& context) {
  const std::string place = checkpoint_name(name);
  const corpus::Database& database = workspace.store().database();
  if (!corpus::has_model(database, place)) {
    throw Error(ErrorCode::not_found, concat("there is no checkpoint of a model \"", name, "\" to go on from"));
  }
  LdaTask task;
  task.model = lda_from_stored(corpus::load_model(database, place, kLdaKind), concat("model \"", place, "\""));
  TopicInput input = input_of(workspace, task.model.row_ids, task.model.terms, context);
  if (input.counts.row_ids != task.model.row_ids || row_hashes(input.counts) != task.model.row_hashes) {
    throw Error(ErrorCode::invalid_argument, concat("the documents of the checkpoint of \"", name,
                                                    "\" are no longer as they were (some were "
                                                    "removed or analysed anew): start again with --force"));
  }
  task.model.term_ids = std::move(input.term_ids);
  task.counts = std::move(input.counts);
  task.from = std::move(task.model.lda);
  task.model.lda = {};
  task.model.lda.options = task.from->options;
  return task;
}

LdaTask continued_lda(Workspace& workspace, const std::string& name, const LdaFlags& flags, const RunContext& context) {
  constexpr std::int32_t kIterations = 100;
  const LdaModel old = load_lda_model(workspace, name);
  TopicInput input = select_input(workspace, old.selection, context);
  const std::vector<std::int32_t> columns = old_columns(old, input, workspace.vocabulary().size());
  LdaTask task{.model = describe(input, old.selection, analysis_of(workspace)), .counts = std::move(input.counts)};
  topics::LdaOptions options = old.lda.options;
  options.iterations = kIterations;
  options.burn_in = 0;
  options.anneal_sweeps = 0;
  options.samples = topics::LdaOptions{}.samples;
  ++options.seed;
  task.model.lda.options = flags.options(options);
  task.model.lda.options.seed_words = carried_seeds(old, columns);
  task.model.replaces = true;
  task.model.keeps_names = true;
  require_tokens(task.model);
  task.assignments = carried_over(OldAssignments(workspace, old, context), task.counts, columns);
  task.alpha = old.lda.alpha;
  task.beta = old.lda.beta;
  return task;
}

LdaModel run_lda_task(LdaTask task, const Checkpoints& checkpoints, const RunContext& context) {
  LdaModel model = std::move(task.model);
  topics::LdaStart start;
  start.from = task.from ? &*task.from : nullptr;
  start.assignments = std::move(task.assignments);
  start.alpha = std::move(task.alpha);
  start.beta = task.beta;
  start.save_seconds = checkpoints.every_seconds;
  start.save = [&](const topics::Lda& lda) {
    save_checkpoint(to_stored(model, lda), checkpoints, context.stop.stop_requested());
  };
  const topics::LdaOptions options = model.lda.options;
  model.lda = topics::fit_lda(std::move(task.counts), options, start, context);
  return model;
}

void save_lda(const std::filesystem::path& corpus, const corpus::StoredModel& stored, const corpus::Run& run,
              const LdaSaving& saving) {
  corpus::Store store = corpus::Store::open(corpus, corpus::Access::write);
  corpus::Database& database = store.database();
  database.execute("PRAGMA busy_timeout=3600000");  // an hour: what may have taken a night must not be lost
  corpus::Transaction transaction(database);
  store.record(run);
  corpus::StoredModel model = stored;
  model.run = database.query_integer("SELECT last_insert_rowid()");
  corpus::save_model(database, saving.name, model, {.overwrite = saving.overwrite});
  corpus::remove_document_topics(database, saving.name);
  if (!saving.keep_names) corpus::set_model_note(database, corpus::kTopicNames, saving.name, "");
  const std::string checkpoint = checkpoint_name(saving.name);
  if (corpus::has_model(database, checkpoint)) corpus::remove_model(database, checkpoint);
  transaction.commit();
}

}  // namespace malmoi::apps
