#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/page/page_data.h"
#include "corpus/base/run_context.h"
#include "corpus/sqlite.h"
#include "topics/topic_model.h"

namespace malmoi::apps {

enum class Period { automatic, day, month, quarter, year, decade };

/// What documents are put into groups by.
struct Grouping {
  std::string field;                  ///< "date", "label" or "meta.PATH"
  Period period = Period::automatic;  ///< of dates: the finest that gives at most 60 periods
  friend bool operator==(const Grouping&, const Grouping&) = default;
};

/// "date", "date:month", "label", "meta.votes". Throws UsageError.
[[nodiscard]] Grouping parse_grouping(std::string_view text);

/// What the documents have in a field; empty where they have none or are gone.
/// documents  ids, ascending
[[nodiscard]] std::vector<std::string> read_field(const corpus::Database& database, std::string_view field,
                                                  std::span<const std::int64_t> documents);

/// The documents of a model in groups.
struct DocumentGroups {
  std::string by = {};
  std::vector<std::string> names = {};
  std::vector<std::int32_t> group_of = {};  ///< [rows]; -1: left out
  std::int64_t left_out = 0;                ///< rows without a value, or with a date that cannot be read
  std::int64_t merged = 0;                  ///< values that make up the last group, "…"; 0: there is no such group
};

/// Dates give periods without a gap from the first to the last; they are read as YYYY, YYYY-MM or YYYY-MM-DD (also with
/// . or /, or as YYYYMMDD), and what follows is passed over. Other fields give a group for each value: the 30 with most
/// documents, as numbers where all are numbers, else by documents.
///
/// values  [rows] as read_field gives them
/// Throws  UsageError for a given period that makes more than 400 groups
[[nodiscard]] DocumentGroups group_documents(const Grouping& grouping, std::span<const std::string> values);

/// The share of each topic in the tokens of each group, as the mean over the samples, with an interval over them:
/// 2.5 % to 97.5 % if there are 40 samples or more, else from the smallest to the largest. It shows how sure the model
/// is of the topics of these tokens, not how well the documents stand for others.
///
/// samples  ≥ 1, each [rows × topics]
[[nodiscard]] PageTrend topic_trend(const DocumentGroups& groups, std::span<const topics::TopicCounts> samples,
                                    std::size_t topics, const RunContext& context = {});

}  // namespace malmoi::apps
