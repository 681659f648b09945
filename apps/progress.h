#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

#include "corpus/base/run_context.h"

namespace malmoi::apps {

/// Shows how far a command is: on a terminal one line that is redrawn, elsewhere a line now and then.
/// Short stages show nothing.
class ProgressPrinter {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// out must outlive the printer. columns  of the terminal; 0: it is none
  ProgressPrinter(std::ostream& out, int columns, Clock now = std::chrono::steady_clock::now);

  void update(const Progress& progress);

  /// Takes the line off the terminal, so that other text may follow.
  void finish();

 private:
  [[nodiscard]] std::string line(const Progress& progress, double seconds) const;

  std::ostream& out_;
  int columns_;  // a line may have
  bool shown_ = false;
  Clock now_;
  std::string stage_;
  std::int64_t begin_done_ = 0;  ///< of the stage, when it was first heard of
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace malmoi::apps
