#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace malmoi {

/// What went wrong, for callers that act on it; the message is for people.
enum class ErrorCode { invalid_argument, not_found, corrupt_data, unsupported_version, io, canceled };

/// The only exception type malmoi throws. The message names what was seen, what was wanted and where.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Joins streamable parts into one string; g++ 12 has no std::format.
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

}  // namespace malmoi
