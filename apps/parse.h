#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "apps/command.h"
#include "corpus/base/error.h"

namespace boost::program_options {
class options_description;
}

namespace malmoi::apps {

/// What `malmoi VERB --help` says besides the flags.
struct Usage {
  std::string_view verb;
  std::string_view summary;                        ///< what the verb does; paragraphs end with a newline
  std::array<std::string_view, 4> arguments = {};  ///< flags given by position, in order; the last may end in "..."
  std::string_view examples = {};                  ///< one command a line
};

/// Reads the arguments behind the verb into the variables that `flags` is bound to.
/// Adds the common flags. Flags are written out in full; `--` ends them; a flag named in usage.arguments is only given
/// by position, and is optional unless its value is required().
///
/// Returns nullopt when --help was asked for, which has been printed to io.out
/// Throws  UsageError
[[nodiscard]] std::optional<CommonOptions> parse(const Usage& usage,
                                                 const boost::program_options::options_description& flags,
                                                 std::span<const std::string> args, Streams& io);

/// Reads words that are flags and their values alone, such as those inside of another flag's value. Throws UsageError.
void parse_flags(const boost::program_options::options_description& flags, std::span<const std::string> words);

/// Throws UsageError "--rate 0: more than 0 is wanted" unless it holds.
/// given  the flag with its value: "--rate 0"
void require_flag(bool holds, std::string_view given, std::string_view wanted);
/// The same for the two commonest bounds; a number that is not finite is not more than 0.
template <typename Number>
void require_at_least(std::string_view flag, Number value, std::type_identity_t<Number> least) {
  require_flag(value >= least, concat(flag, ' ', value), concat("at least ", least));
}
void require_positive(std::string_view flag, double value);

/// The number in a flag's value. Throws UsageError naming the flag.
[[nodiscard]] double parse_number(std::string_view flag, std::string_view text);

}  // namespace malmoi::apps
