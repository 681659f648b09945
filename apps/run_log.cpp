#include "apps/run_log.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "apps/program.h"

namespace malmoi::apps {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[sizeof "2000-01-01T00:00:00Z"];
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

RunLog::RunLog(std::string_view command, std::span<const std::string> args) : begin_(std::chrono::steady_clock::now()) {
  run_.started = utc_now();
  run_.command = command;
  run_.version = version();
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& arg : args) list.push_back(arg);
  run_.options = list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

corpus::Run RunLog::finish(const Report& report) const {
  corpus::Run run = run_;
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  nlohmann::ordered_json figures = nlohmann::ordered_json::object();
  for (const Metric& metric : report.metrics) {
    std::visit([&](const auto& value) { figures[metric.name] = value; }, metric.value.value());
  }
  for (const Table& table : kept_) {
    nlohmann::ordered_json& rows = figures[table.title] = nlohmann::ordered_json::array();
    for (const std::vector<Cell>& cells : table.rows) {
      nlohmann::ordered_json& row = rows.emplace_back(nlohmann::ordered_json::object());
      for (std::size_t c = 0; c < cells.size(); ++c) {
        std::visit([&](const auto& value) { row[table.columns[c]] = value; }, cells[c].value());
      }
    }
  }
  run.results = figures.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return run;
}

void RunLog::save(const std::filesystem::path& path, const Report& report) const {
  try {
    corpus::Store store(corpus::Database::open(path, {.access = corpus::Access::write, .wait_ms = 0}));
    store.database().execute("PRAGMA synchronous=OFF");  // a log line is not worth waiting for the disk
    store.record(finish(report));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::io) throw;
  }
}

}  // namespace malmoi::apps
