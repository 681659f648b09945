#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

namespace malmoi {

/// How far a stage has come. total = 0: not known beforehand.
struct Progress {
  std::string_view stage;
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string_view note = {};  ///< a figure of the moment: "-7.95 log-likelihood a token"
};

/// How to run, never what to compute: any thread count gives the same result.
struct RunContext {
  int threads = 1;
  std::function<void(const Progress&)> on_progress = {};  ///< called from one thread at a time
  std::stop_token stop = {};                              ///< ask to end: functions throw ErrorCode::canceled

  void report(const Progress& progress) const {
    if (on_progress) on_progress(progress);
  }
};

/// Throws ErrorCode::canceled when the caller asked to stop.
void throw_if_stopped(const RunContext& context);

}  // namespace malmoi
