#pragma once

#include <stop_token>

namespace malmoi::apps {

/// From now on the first SIGINT or SIGTERM asks to stop through the token, with a line on standard error; the second
/// ends the program at once. Call it once, before any other thread is started: threads inherit the blocked signals.
/// Writing to a closed pipe ends the program quietly.
/// Throws io if the watching thread cannot be started.
[[nodiscard]] std::stop_token stop_on_signals();

}  // namespace malmoi::apps
