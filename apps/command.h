#pragma once

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "apps/progress.h"
#include "apps/report.h"
#include "corpus/base/error.h"
#include "corpus/base/run_context.h"

namespace malmoi::apps {

/// The command line is wrong: exit 2 instead of 1.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ErrorCode::invalid_argument, message) {}
};

/// What a command reads from and writes to. Tests pass string streams.
struct Streams {
  std::istream& in;
  std::ostream& out;                                    ///< results only
  std::ostream& err;                                    ///< progress, notes, errors
  int err_columns = 0;                                  ///< of the terminal that err is; 0: none
  std::stop_token stop = {};                            ///< Ctrl-C
  std::unique_ptr<ProgressPrinter> progress = nullptr;  ///< made by run_context
};

/// Flags that all verbs have.
struct CommonOptions {
  int threads = 0;  ///< 0: all of the machine
  Format format = Format::text;
  bool quiet = false;
  bool force = false;

  /// How to run a library function: threads, progress on io.err unless quiet, Ctrl-C. io must outlive the result.
  [[nodiscard]] RunContext run_context(Streams& io) const;
};

/// Ends the progress display and writes the results.
void show(const Report& report, const CommonOptions& common, Streams& io);

/// Ends the progress display and writes one line to io.err, unless quiet.
void note(std::string_view text, const CommonOptions& common, Streams& io);

/// Words as a shell reads them, with blanks between, quoted where that is needed.
[[nodiscard]] std::string shell_words(std::span<const std::string> words);

/// "; did you mean terms?" for a word close to one of the names, else empty.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

/// Index of `text` in `names`. Throws UsageError "--korean: 'morhp' is none of morph, word; did you mean morph?".
[[nodiscard]] std::size_t choice_index(std::string_view flag, std::string_view text,
                                       std::span<const std::string_view> names);

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

/// The value whose name is `text`: choose<Format>("--format", text, {{"text", Format::text}, ...}).
template <typename T>
[[nodiscard]] T choose(std::string_view flag, std::string_view text, std::initializer_list<Choice<T>> choices) {
  std::vector<std::string_view> names;
  for (const Choice<T>& choice : choices) names.push_back(choice.name);
  return (choices.begin() + choice_index(flag, text, names))->value;
}

}  // namespace malmoi::apps
