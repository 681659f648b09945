#include "vectorize/vocabulary.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::vectorize {
namespace {

void validate(const Frequency& frequency, std::string_view name) {
  const double highest = frequency.share ? 1.0 : HUGE_VAL;
  if (!std::isfinite(frequency.value) || frequency.value < 0.0 || frequency.value > highest) {
    throw Error(ErrorCode::invalid_argument,
                concat("select_terms: ", name, " = ", frequency.value,
                       frequency.share ? " is not a share in [0, 1]" : " is not a number of documents"));
  }
}

double bound(const Frequency& frequency, std::int64_t documents) {
  return frequency.share ? frequency.value * static_cast<double>(documents) : frequency.value;
}

std::vector<TermId> candidates(const Vocabulary& vocabulary, const PruneOptions& options) {
  std::vector<TermId> ids;
  if (!options.only) {
    ids.resize(static_cast<std::size_t>(vocabulary.size()));
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<TermId>(i);
    return ids;
  }
  for (const std::string& term : *options.only) {
    if (const auto id = vocabulary.find(term)) ids.push_back(*id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void keep_most_frequent(std::vector<TermId>& ids, const Vocabulary& vocabulary, std::int32_t most) {
  if (ids.size() <= static_cast<std::size_t>(most)) return;
  const auto kept = ids.begin() + most;
  std::nth_element(ids.begin(), kept - 1, ids.end(), [&](TermId a, TermId b) {
    const std::int64_t left = vocabulary.occurrences(a);
    const std::int64_t right = vocabulary.occurrences(b);
    return left != right ? left > right : a < b;
  });
  ids.erase(kept, ids.end());
  std::sort(ids.begin(), ids.end());
}

}  // namespace

Vocabulary::Vocabulary(StringTable terms, std::vector<TermCounts> counts)
    : terms_(std::move(terms)), counts_(std::move(counts)) {
  if (counts_.size() != static_cast<std::size_t>(terms_.size())) {
    throw Error(ErrorCode::invalid_argument,
                concat("Vocabulary: ", terms_.size(), " terms but counts for ", counts_.size()));
  }
  for (const TermCounts& count : counts_) {
    if (count.documents < 0 || count.occurrences < count.documents) {
      throw Error(ErrorCode::invalid_argument, concat("Vocabulary: ", count.occurrences, " occurrences in ",
                                                      count.documents, " documents cannot be"));
    }
  }
}

std::vector<TermCounts> count_documents(const TokenSequences& tokens, TermId terms) {
  std::vector<TermCounts> counts(static_cast<std::size_t>(terms));
  std::vector<std::size_t> last_row(counts.size(), tokens.rows());  // no row has this number
  for (std::size_t row = 0; row < tokens.rows(); ++row) {
    for (const TermId id : tokens.row(row)) {
      if (id < 0 || id >= terms) {
        throw Error(ErrorCode::invalid_argument,
                    concat("count_documents: row ", row, " holds term ", id, " of a vocabulary of ", terms));
      }
      const auto term = static_cast<std::size_t>(id);
      ++counts[term].occurrences;
      if (std::exchange(last_row[term], row) != row) ++counts[term].documents;
    }
  }
  return counts;
}

std::vector<TermId> select_terms(const Vocabulary& vocabulary, std::int64_t documents, const PruneOptions& options) {
  validate(options.min_df, "min_df");
  validate(options.max_df, "max_df");
  if (options.max_features && *options.max_features < 1) {
    throw Error(ErrorCode::invalid_argument,
                concat("select_terms: max_features = ", *options.max_features, ", wanted at least 1"));
  }
  const double least = bound(options.min_df, documents);
  const double most = bound(options.max_df, documents);
  std::vector<TermId> ids = candidates(vocabulary, options);
  std::erase_if(ids, [&](TermId id) {
    const double df = vocabulary.documents(id);
    return df < least || df > most;
  });
  if (options.max_features) keep_most_frequent(ids, vocabulary, *options.max_features);
  return ids;
}

}  // namespace malmoi::vectorize
