#include "apps/program.h"

#include <algorithm>
#include <exception>
#include <new>
#include <ostream>
#include <vector>

namespace malmoi::apps {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells say it

void print_help(std::span<const Verb> verbs, std::ostream& out) {
  out << "malmoi VERB [arguments]\n\n"
         "Korean and English text analysis: from raw text to search, matrices and models in one SQLite "
         "file.\n\nVerbs:\n";
  std::size_t width = 0;
  for (const Verb& verb : verbs) width = std::max(width, verb.name.size());
  for (const Verb& verb : verbs) {
    out << "  " << verb.name << std::string(width + 2 - verb.name.size(), ' ') << verb.summary << '\n';
  }
  out << "\n`malmoi VERB --help` explains a verb with examples; `malmoi --version` prints the version.\n";
}

const Verb& find_verb(std::span<const Verb> verbs, std::string_view name) {
  const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.name == name; });
  if (found != verbs.end()) return *found;
  std::vector<std::string_view> names = {"help"};
  for (const Verb& verb : verbs) names.push_back(verb.name);
  throw UsageError(concat("unknown verb '", name, "'", did_you_mean(name, names)));
}

void dispatch(std::span<const Verb> verbs, std::span<const std::string> args, Streams& io) {
  if (args.empty()) throw UsageError("a verb is missing");
  const std::string& first = args.front();
  if (first == "--version") {
    io.out << "malmoi " << version() << '\n';
  } else if (first == "--help" || first == "-h" || (first == "help" && args.size() == 1)) {
    print_help(verbs, io.out);
  } else if (first == "help") {
    const std::vector<std::string> help = {"--help"};
    find_verb(verbs, args[1]).run(help, io);
  } else {
    find_verb(verbs, first).run(args.subspan(1), io);
  }
  if (!io.out.flush()) throw Error(ErrorCode::io, "the results could not be written to standard output");
}

// "malmoi index", or "malmoi" when no verb was understood.
std::string command_name(std::span<const Verb> verbs, std::span<const std::string> args) {
  const bool known = !args.empty() && std::any_of(verbs.begin(), verbs.end(),
                                                  [&](const Verb& verb) { return verb.name == args.front(); });
  return known ? "malmoi " + args.front() : "malmoi";
}

int fail(int status, std::string_view command, std::string_view message, Streams& io) {
  if (io.progress) io.progress->finish();
  io.out.flush();
  io.err << command << ": " << printable(message) << '\n';
  if (status == kWrongUsage) io.err << "`" << command << " --help` shows how it is used\n";
  return status;
}

}  // namespace

std::string_view version() noexcept {
  return MALMOI_VERSION;
}

int run_program(std::span<const Verb> verbs, std::span<const std::string> args, Streams& io) {
  const std::string command = command_name(verbs, args);
  try {
    dispatch(verbs, args, io);
    if (io.progress) io.progress->finish();
    return kDone;
  } catch (const UsageError& error) {
    return fail(kWrongUsage, command, error.what(), io);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::canceled) return fail(kInterrupted, command, "interrupted", io);
    return fail(kFailed, command, error.what(), io);
  } catch (const std::bad_alloc&) {
    return fail(kFailed, command, "not enough memory", io);
  } catch (const std::exception& error) {
    return fail(kFailed, command, error.what(), io);
  }
}

}  // namespace malmoi::apps
