#include "apps/page/trends.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "apps/command.h"
#include "corpus/base/error.h"
#include "corpus/base/parallel.h"

namespace malmoi::apps {
namespace {

constexpr std::int64_t kMostPeriods = 60;
constexpr std::int64_t kMostGivenPeriods = 400;
constexpr std::size_t kMostValues = 30;
constexpr std::size_t kQuantileSamples = 40;
constexpr std::string_view kMeta = "meta.";

// ---- dates ---------------------------------------------------------------------------------------------------------

struct Date {
  int year = 0;
  int month = 0;  // 0: not given
  int day = 0;
};

std::optional<int> read_digits(std::string_view text, std::size_t begin, std::size_t count) {
  if (text.size() < begin + count) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + begin + count, value);
  if (error != std::errc() || end != text.data() + begin + count || text[begin] == '-') return std::nullopt;
  return value;
}

std::optional<Date> parse_date(std::string_view text) {
  const auto year = read_digits(text, 0, 4);
  if (!year) return std::nullopt;
  Date date{.year = *year};
  const bool packed = read_digits(text, 4, 4).has_value();
  const bool separated = text.size() > 4 && (text[4] == '-' || text[4] == '.' || text[4] == '/');
  if (!packed && !separated) return date;
  const auto month = read_digits(text, packed ? 4 : 5, 2);
  if (!month || *month < 1 || *month > 12) return date;
  date.month = *month;
  const auto day = read_digits(text, packed ? 6 : 8, 2);
  if (day && *day >= 1 && *day <= 31 && (packed || text[7] == text[4])) date.day = *day;
  return date;
}

constexpr std::array kPeriods = {Period::day, Period::month, Period::quarter, Period::year, Period::decade};

bool is_precise(const Date& date, Period period) {
  if (period == Period::day) return date.day > 0;
  return (period != Period::month && period != Period::quarter) || date.month > 0;
}

// Number of the period; neighbours follow each other.
std::int64_t period_of(const Date& date, Period period) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::sys_days;
  using std::chrono::year;
  switch (period) {
    case Period::day:
      return sys_days(year(date.year) / month(static_cast<unsigned>(date.month)) / day(static_cast<unsigned>(date.day)))
          .time_since_epoch()
          .count();
    case Period::month:
      return date.year * 12 + date.month - 1;
    case Period::quarter:
      return date.year * 4 + (date.month - 1) / 3;
    case Period::decade:
      return date.year / 10;
    default:
      return date.year;
  }
}

std::string padded(std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::string period_name(std::int64_t number, Period period) {
  switch (period) {
    case Period::day: {
      const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(number))};
      return padded(static_cast<int>(day.year()), 4) + '-' + padded(static_cast<unsigned>(day.month()), 2) + '-' +
             padded(static_cast<unsigned>(day.day()), 2);
    }
    case Period::month:
      return padded(number / 12, 4) + '-' + padded(number % 12 + 1, 2);
    case Period::quarter:
      return padded(number / 4, 4) + "-Q" + std::to_string(number % 4 + 1);
    case Period::decade:
      return padded(number * 10, 4) + 's';
    default:
      return padded(number, 4);
  }
}

// Periods from the first to the last date.
struct Span {
  std::int64_t first = 0;
  std::int64_t last = -1;
  std::int64_t dates = 0;  // that are precise enough

  [[nodiscard]] std::int64_t periods() const noexcept { return last - first + 1; }
};

Span span_of(std::span<const std::optional<Date>> dates, Period period) {
  Span span;
  for (const auto& date : dates) {
    if (!date || !is_precise(*date, period)) continue;
    const std::int64_t number = period_of(*date, period);
    span.first = span.dates == 0 ? number : std::min(span.first, number);
    span.last = span.dates == 0 ? number : std::max(span.last, number);
    ++span.dates;
  }
  return span;
}

// The finest period that nearly all dates can be put into and that does not give too many.
Period choose_period(std::span<const std::optional<Date>> dates) {
  constexpr double kNearlyAll = 0.95;
  const auto all = static_cast<double>(span_of(dates, Period::decade).dates);
  for (const Period period : kPeriods) {
    const Span span = span_of(dates, period);
    if (static_cast<double>(span.dates) >= kNearlyAll * all && span.periods() <= kMostPeriods) return period;
  }
  return Period::decade;
}

DocumentGroups group_dates(Period period, std::span<const std::string> values) {
  std::vector<std::optional<Date>> dates;
  dates.reserve(values.size());
  for (const std::string& value : values) dates.push_back(parse_date(value));
  if (period == Period::automatic) period = choose_period(dates);
  const Span span = span_of(dates, period);
  if (span.periods() > kMostGivenPeriods) {
    throw UsageError(concat("--by date: the dates from ", period_name(span.first, period), " to ",
                            period_name(span.last, period), " make ", span.periods(),
                            " groups; give a longer period, such as date:year"));
  }
  DocumentGroups groups{.by = "date"};
  for (std::int64_t number = span.first; number <= span.last; ++number) {
    groups.names.push_back(period_name(number, period));
  }
  for (const auto& date : dates) {
    const bool known = date && is_precise(*date, period);
    groups.group_of.push_back(known ? static_cast<std::int32_t>(period_of(*date, period) - span.first) : -1);
    groups.left_out += known ? 0 : 1;
  }
  return groups;
}

// ---- other values --------------------------------------------------------------------------------------------------

std::optional<double> number_of(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

DocumentGroups group_values(const std::string& field, std::span<const std::string> values) {
  std::map<std::string_view, std::int64_t> counts;
  for (const std::string& value : values) {
    if (!value.empty()) ++counts[value];
  }
  std::vector<std::string_view> kept;
  kept.reserve(counts.size());
  for (const auto& [value, documents] : counts) kept.push_back(value);
  std::stable_sort(kept.begin(), kept.end(), [&](auto a, auto b) { return counts.at(a) > counts.at(b); });
  const std::size_t merged = kept.size() - std::min(kept.size(), kMostValues);
  kept.resize(kept.size() - merged);
  if (std::all_of(kept.begin(), kept.end(), [](std::string_view value) { return number_of(value).has_value(); })) {
    std::stable_sort(kept.begin(), kept.end(), [](auto a, auto b) { return *number_of(a) < *number_of(b); });
  }
  DocumentGroups groups{.by = field, .merged = static_cast<std::int64_t>(merged)};
  std::map<std::string_view, std::int32_t> group_of;
  for (const std::string_view value : kept) {
    group_of.emplace(value, static_cast<std::int32_t>(groups.names.size()));
    groups.names.emplace_back(value);
  }
  const auto others = static_cast<std::int32_t>(kept.size());
  if (merged > 0) groups.names.emplace_back("…");
  for (const std::string& value : values) {
    const auto found = group_of.find(value);
    groups.left_out += value.empty() ? 1 : 0;
    groups.group_of.push_back(value.empty() ? -1 : found == group_of.end() ? others : found->second);
  }
  return groups;
}

// ---- shares --------------------------------------------------------------------------------------------------------

// [groups × topics] of one sample; NaN in groups without tokens
std::vector<double> group_shares(const DocumentGroups& groups, const topics::TopicCounts& sample, std::size_t topics) {
  std::vector<double> shares(groups.names.size() * topics);
  std::vector<double> totals(groups.names.size());
  for (std::size_t row = 0; row < sample.rows(); ++row) {
    if (groups.group_of[row] < 0) continue;
    const auto group = static_cast<std::size_t>(groups.group_of[row]);
    const auto row_topics = sample.row_topics(row);
    const auto row_counts = sample.row_counts(row);
    for (std::size_t i = 0; i < row_topics.size(); ++i) {
      shares[group * topics + row_topics[i]] += row_counts[i];
      totals[group] += row_counts[i];
    }
  }
  for (std::size_t i = 0; i < shares.size(); ++i) {
    shares[i] = totals[i / topics] > 0.0 ? shares[i] / totals[i / topics] : kUndefined;
  }
  return shares;
}

// Linear between the two neighbours in order. values: sorted
double quantile(std::span<const double> values, double level) {
  const double place = level * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

Grouping parse_grouping(std::string_view text) {
  const std::string_view field = text.substr(0, text.find(':'));
  Grouping grouping{.field = std::string(text)};
  if (field == "date") {
    grouping.field = "date";
    if (field.size() == text.size()) return grouping;
    grouping.period = choose<Period>("--by date", text.substr(field.size() + 1),
                                     {{"day", Period::day},
                                      {"month", Period::month},
                                      {"quarter", Period::quarter},
                                      {"year", Period::year},
                                      {"decade", Period::decade}});
    return grouping;
  }
  const bool is_meta =
      text.starts_with(kMeta) && text.size() > kMeta.size() && text.find('"') == std::string_view::npos;
  if (text != "label" && !is_meta) {
    throw UsageError(concat("--by ", text, ": give date, date:month, label or meta.NAME"));
  }
  return grouping;
}

std::vector<std::string> read_field(const corpus::Database& database, std::string_view field,
                                    std::span<const std::int64_t> documents) {
  std::string sql(field);
  std::string path;
  if (field.starts_with(kMeta)) {
    path = "$";  // meta.a.b is $."a"."b"
    for (std::string_view rest = field.substr(kMeta.size() - 1); !rest.empty();) {
      const std::size_t end = std::min(rest.find('.', 1), rest.size());
      path += concat(".\"", rest.substr(1, end - 1), '"');
      rest.remove_prefix(end);
    }
    sql = "CASE json_type(meta,?1) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE json_extract(meta,?1) END";
  }
  corpus::Statement select = database.prepare(concat("SELECT id,", sql, " FROM documents ORDER BY id"));
  if (!path.empty()) select.bind(1, path);
  std::vector<std::string> values(documents.size());
  std::size_t row = 0;
  while (row < documents.size() && select.step()) {
    const std::int64_t id = select.integer(0);
    while (row < documents.size() && documents[row] < id) ++row;
    if (row < documents.size() && documents[row] == id) values[row++] = select.text(1);
  }
  return values;
}

DocumentGroups group_documents(const Grouping& grouping, std::span<const std::string> values) {
  return grouping.field == "date" ? group_dates(grouping.period, values) : group_values(grouping.field, values);
}

PageTrend topic_trend(const DocumentGroups& groups, std::span<const topics::TopicCounts> samples, std::size_t topics,
                      const RunContext& context) {
  PageTrend trend{.by = groups.by, .groups = groups.names, .left_out = groups.left_out, .merged = groups.merged};
  trend.samples = static_cast<std::int32_t>(samples.size());
  trend.quantiles = samples.size() >= kQuantileSamples;
  trend.documents.resize(groups.names.size());
  for (const std::int32_t group : groups.group_of) {
    if (group >= 0) ++trend.documents[static_cast<std::size_t>(group)];
  }
  std::vector<std::vector<double>> shares(samples.size());
  parallel_for(samples.size(), 1, context,
               [&](const Chunk& chunk) { shares[chunk.index] = group_shares(groups, samples[chunk.index], topics); });
  const std::vector<std::vector<double>> empty(topics, std::vector<double>(groups.names.size(), kUndefined));
  trend.share = empty;
  const bool interval = samples.size() > 1;
  if (interval) trend.low = trend.high = empty;
  std::vector<double> values(samples.size());
  for (std::size_t cell = 0; cell < topics * groups.names.size(); ++cell) {
    const std::size_t topic = cell % topics;
    const std::size_t group = cell / topics;
    for (std::size_t s = 0; s < samples.size(); ++s) values[s] = shares[s][cell];
    if (std::isnan(values[0])) continue;  // no tokens: the same in all samples
    std::sort(values.begin(), values.end());
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    trend.share[topic][group] = sum / static_cast<double>(values.size());
    if (!interval) continue;
    trend.low[topic][group] = trend.quantiles ? quantile(values, 0.025) : values.front();
    trend.high[topic][group] = trend.quantiles ? quantile(values, 0.975) : values.back();
  }
  return trend;
}

}  // namespace malmoi::apps
