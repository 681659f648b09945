#pragma once

#include <span>
#include <string>
#include <string_view>

#include "apps/command.h"

namespace malmoi::apps {

/// A command of the program. run throws Error, and UsageError for wrong arguments.
struct Verb {
  std::string_view name;
  std::string_view summary;  ///< one line for `malmoi --help`
  void (*run)(std::span<const std::string> args, Streams& io);
};

/// The version of the program, e.g. "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

/// Runs `malmoi ARGS...` with these verbs; also --help, --version and `help VERB`. Errors go to io.err in one line.
/// Returns 0 done, 1 Error, 2 UsageError, 130 interrupted.
[[nodiscard]] int run_program(std::span<const Verb> verbs, std::span<const std::string> args, Streams& io);

}  // namespace malmoi::apps
