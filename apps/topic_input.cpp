#include "apps/topic_input.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "corpus/base/error.h"
#include "corpus/base/string_table.h"
#include "corpus/filter.h"
#include "corpus/token_blocks.h"

namespace malmoi::apps {
namespace {

using vectorize::DocTermMatrix;

void validate(const TermSelection& selection) {
  require_at_least("--remove-top", selection.remove_top, 0);
  require_at_least("--max-features", selection.max_features.value_or(1), 1);
}

// Ascending. The most frequent terms are those with most tokens; among equals the lower number counts as the higher.
std::vector<TermId> select(const vectorize::Vocabulary& vocabulary, std::int64_t documents,
                           const TermSelection& selection) {
  vectorize::PruneOptions prune;
  prune.min_df = parse_frequency("--min-df", selection.min_df);
  prune.max_df = parse_frequency("--max-df", selection.max_df);
  std::vector<TermId> terms = vectorize::select_terms(vocabulary, documents, prune);
  std::erase_if(terms, [&](TermId id) { return vocabulary.occurrences(id) == 0; });
  std::stable_sort(terms.begin(), terms.end(),
                   [&](TermId a, TermId b) { return vocabulary.occurrences(a) > vocabulary.occurrences(b); });
  terms.erase(terms.begin(), terms.begin() + std::min<std::ptrdiff_t>(selection.remove_top, std::ssize(terms)));
  if (selection.max_features && std::cmp_less(*selection.max_features, terms.size())) {
    terms.resize(static_cast<std::size_t>(*selection.max_features));
  }
  std::sort(terms.begin(), terms.end());
  return terms;
}

std::span<const std::int32_t> columns_in(const DocTermMatrix& counts, Eigen::Index row) {
  const auto* begins = counts.values.outerIndexPtr();
  return {counts.values.innerIndexPtr() + begins[row], static_cast<std::size_t>(begins[row + 1] - begins[row])};
}

std::span<const float> values_in(const DocTermMatrix& counts, Eigen::Index row) {
  const auto* begins = counts.values.outerIndexPtr();
  return {counts.values.valuePtr() + begins[row], static_cast<std::size_t>(begins[row + 1] - begins[row])};
}

template <typename T>
std::uint64_t hash_of(std::span<const T> values) {
  return hash_bytes({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

}  // namespace

std::string to_json(const TermSelection& selection) {
  nlohmann::ordered_json json = {{"min_df", selection.min_df},
                                 {"max_df", selection.max_df},
                                 {"remove_top", selection.remove_top},
                                 {"max_features", nullptr},
                                 {"where", selection.where}};
  if (selection.max_features) json["max_features"] = *selection.max_features;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TermSelection term_selection_from_json(std::string_view json) {
  try {
    const auto fields = nlohmann::json::parse(json);
    TermSelection selection;
    selection.min_df = fields.at("min_df").get<std::string>();
    selection.max_df = fields.at("max_df").get<std::string>();
    selection.remove_top = fields.at("remove_top").get<std::int32_t>();
    if (!fields.at("max_features").is_null()) selection.max_features = fields.at("max_features").get<std::int32_t>();
    selection.where = fields.at("where").get<std::string>();
    return selection;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data, concat("the selection of terms cannot be read: ", error.what()));
  }
}

TopicInput select_input(Workspace& workspace, const TermSelection& selection, const RunContext& context) {
  validate(selection);
  const corpus::Filter filter = selection.where.empty() ? corpus::Filter{} : corpus::parse_filter(selection.where);
  TopicInput input;
  input.counts = workspace.counts(filter, context);
  const vectorize::Vocabulary vocabulary = workspace.vocabulary_of(input.counts);
  const auto documents = static_cast<std::int64_t>(input.counts.row_ids.size());
  if (documents == 0) throw Error(ErrorCode::invalid_argument, "there are no documents to learn from");
  input.term_ids = select(vocabulary, documents, selection);
  if (input.term_ids.empty()) {
    throw Error(ErrorCode::invalid_argument,
                concat("no term of the ", documents, " documents is left: --min-df is ", selection.min_df,
                       ", --max-df ", selection.max_df, ", --remove-top ", selection.remove_top));
  }
  for (const TermId id : input.term_ids) input.terms.emplace_back(vocabulary.term(id));
  input.counts.values = vectorize::compact_columns(input.counts.values, input.term_ids, context);
  return input;
}

TopicInput input_of(Workspace& workspace, std::span<const std::int64_t> documents, std::vector<std::string> terms,
                    const RunContext& context) {
  TopicInput input;
  input.term_ids = term_ids_of(workspace, terms);
  const std::vector<std::int32_t> columns = columns_of(input.term_ids, workspace.vocabulary().size());
  const TokenSequences all = corpus::load_tokens(workspace.store().database(), documents);
  TokenSequences kept;
  kept.row_ids = all.row_ids;
  for (std::size_t row = 0; row < all.rows(); ++row) {
    for (const TermId term : all.row(row)) {
      const std::int32_t column = columns[static_cast<std::size_t>(term)];
      if (column >= 0) kept.terms.push_back(column);
    }
    kept.offsets.push_back(kept.terms.size());
  }
  input.counts = vectorize::count_terms(kept, static_cast<TermId>(terms.size()), context);
  input.terms = std::move(terms);
  return input;
}

std::vector<TermId> term_ids_of(Workspace& workspace, std::span<const std::string> terms) {
  const vectorize::Vocabulary& vocabulary = workspace.vocabulary();
  std::vector<TermId> ids;
  ids.reserve(terms.size());
  for (const std::string& term : terms) ids.push_back(vocabulary.find(term).value_or(-1));
  return ids;
}

std::vector<std::int32_t> columns_of(std::span<const TermId> term_ids, TermId terms) {
  std::vector<std::int32_t> columns(static_cast<std::size_t>(terms), -1);
  for (std::size_t column = 0; column < term_ids.size(); ++column) {
    if (term_ids[column] >= 0) columns[static_cast<std::size_t>(term_ids[column])] = static_cast<std::int32_t>(column);
  }
  return columns;
}

std::vector<std::int64_t> row_hashes(const DocTermMatrix& counts) {
  std::vector<std::int64_t> hashes;
  hashes.reserve(static_cast<std::size_t>(counts.values.rows()));
  for (Eigen::Index row = 0; row < counts.values.rows(); ++row) {
    const std::uint64_t hash = hash_of(columns_in(counts, row)) * 3 + hash_of(values_in(counts, row));
    hashes.push_back(static_cast<std::int64_t>(hash >> 1U));  // ≥ 0
  }
  return hashes;
}

std::vector<std::int64_t> row_tokens(const DocTermMatrix& counts) {
  std::vector<std::int64_t> tokens;
  tokens.reserve(static_cast<std::size_t>(counts.values.rows()));
  for (Eigen::Index row = 0; row < counts.values.rows(); ++row) {
    double sum = 0;
    for (const float count : values_in(counts, row)) sum += static_cast<double>(count);
    tokens.push_back(static_cast<std::int64_t>(sum));
  }
  return tokens;
}

}  // namespace malmoi::apps
