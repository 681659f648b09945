#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/report.h"
#include "corpus/store.h"

namespace malmoi::apps {

/// The row that a verb leaves in the table `runs`: made when the verb starts, so that it knows how long it took.
class RunLog {
 public:
  RunLog(std::string_view command, std::span<const std::string> args);

  void set_seed(std::int64_t seed) { run_.seed = seed; }
  /// Rows that belong to the results, under the title of their table.
  void keep(Table table) { kept_.push_back(std::move(table)); }
  void set_input(std::string json) { run_.input = std::move(json); }

  /// The words behind the verb: a JSON list.
  [[nodiscard]] const std::string& arguments() const noexcept { return run_.options; }

  /// When the verb began: UTC, ISO 8601.
  [[nodiscard]] const std::string& started() const noexcept { return run_.started; }

  /// The row, with the figures of the report as results.
  [[nodiscard]] corpus::Run finish(const Report& report) const;

  /// Writes the row to a corpus that the verb only read. A file that cannot be written, or that another program is
  /// writing, goes without: reading must always work.
  void save(const std::filesystem::path& path, const Report& report) const;

 private:
  corpus::Run run_;
  std::vector<Table> kept_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace malmoi::apps
