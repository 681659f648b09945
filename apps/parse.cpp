#include "apps/parse.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <ostream>
#include <string>
#include <vector>

#include "corpus/base/utf8.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr int kMostThreads = 1024;
constexpr auto kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;

struct Argument {
  std::string name;
  bool repeated = false;
};

std::vector<Argument> arguments_of(const Usage& usage) {
  std::vector<Argument> arguments;
  for (std::string_view name : usage.arguments) {
    if (name.empty()) break;
    const bool repeated = name.ends_with("...");
    if (repeated) name.remove_suffix(3);
    arguments.push_back({std::string(name), repeated});
  }
  return arguments;
}

bool is_argument(const std::vector<Argument>& arguments, std::string_view name) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const Argument& one) { return one.name == name; });
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return text;
}

po::options_description common_flags(CommonOptions& common, bool& help) {
  const auto set_format = [&common](const std::string& text) {
    common.format =
        choose<Format>("--format", text, {{"text", Format::text}, {"json", Format::json}, {"tsv", Format::tsv}});
  };
  po::options_description flags;
  auto add = flags.add_options();
  add("threads", po::value(&common.threads)->default_value(common.threads)->value_name("N"),
      "threads to use, 0 for all; the result does not depend on it");
  add("format", po::value<std::string>()->default_value("text")->value_name("text|json|tsv")->notifier(set_format),
      "form of what is printed");
  add("quiet", po::bool_switch(&common.quiet), "no progress and no notes");
  add("force", po::bool_switch(&common.force), "overwrite files and models that exist");
  add("help,h", po::bool_switch(&help), "show this text");
  return flags;
}

// ---- help ----------------------------------------------------------------------------------------------------------

constexpr int kHelpColumns = 100;
constexpr int kLeftColumns = 28;

struct HelpLine {
  std::string left;
  std::string right;
};

// Boost writes a default with all its digits: "X (=0.29999999999999999)" becomes "X (=0.3)".
std::string tidy_default(std::string parameter) {
  const std::size_t begin = parameter.find("(=");
  if (begin == std::string::npos || parameter.find('.', begin) == std::string::npos) return parameter;
  const char* first = parameter.data() + begin + 2;
  const char* last = parameter.data() + parameter.size() - 1;
  double number = 0.0;
  if (const auto read = std::from_chars(first, last, number); read.ec != std::errc() || read.ptr != last) {
    return parameter;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number, std::chars_format::general, 6).ptr;
  return parameter.substr(0, begin + 2) + std::string(digits.data(), end) + ")";
}

HelpLine flag_line(const po::option_description& flag) {
  const std::string shortest = flag.canonical_display_name(po::command_line_style::allow_dash_for_short);
  std::string left = shortest.starts_with('-') ? shortest + ", " : "";
  left += "--" + flag.long_name();
  const std::string parameter = tidy_default(flag.format_parameter());
  if (!parameter.empty()) left += " " + parameter;
  return {left, flag.description()};
}

void print_wrapped(std::string_view text, int indent, std::ostream& out) {
  int column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const int width = display_width(word);
    if (column > indent && column + 1 + width > kHelpColumns) {
      out << '\n' << std::string(static_cast<std::size_t>(indent), ' ');
      column = indent;
    }
    if (column > indent) out << ' ';
    out << word;
    column += width + (column > indent ? 1 : 0);
  }
  out << '\n';
}

void print_section(std::string_view title, const std::vector<HelpLine>& lines, std::ostream& out) {
  if (lines.empty()) return;
  out << '\n' << title << ":\n";
  for (const HelpLine& line : lines) {
    const int width = display_width(line.left);
    out << "  " << line.left;
    if (width + 2 > kLeftColumns)
      out << '\n' << std::string(kLeftColumns + 2, ' ');
    else
      out << std::string(static_cast<std::size_t>(kLeftColumns - width), ' ');
    print_wrapped(line.right, kLeftColumns + 2, out);
  }
}

void print_examples(std::string_view examples, std::ostream& out) {
  if (!examples.empty()) out << "\nExamples:\n";
  while (!examples.empty()) {
    const std::string_view line = examples.substr(0, examples.find('\n'));
    examples.remove_prefix(std::min(examples.size(), line.size() + 1));
    out << "  " << line << '\n';
  }
}

void print_help(const Usage& usage, const po::options_description& flags, const po::options_description& common,
                std::ostream& out) {
  const std::vector<Argument> arguments = arguments_of(usage);
  std::vector<HelpLine> positions;
  out << "malmoi " << usage.verb;
  for (const Argument& argument : arguments) {
    const po::option_description& flag = flags.find(argument.name, false);
    const std::string shown = upper(argument.name) + (argument.repeated ? "..." : "");
    out << ' ' << (flag.semantic()->is_required() ? shown : "[" + shown + "]");
    positions.push_back({upper(argument.name), flag.description()});
  }
  out << " [options]\n\n" << usage.summary << (usage.summary.ends_with('\n') ? "" : "\n");
  std::vector<HelpLine> own;
  for (const auto& flag : flags.options()) {
    if (!is_argument(arguments, flag->long_name())) own.push_back(flag_line(*flag));
  }
  std::vector<HelpLine> shared;
  for (const auto& flag : common.options()) shared.push_back(flag_line(*flag));
  print_section("Arguments", positions, out);
  print_section("Options", own, out);
  print_section("Common options", shared, out);
  print_examples(usage.examples, out);
}

// ---- parsing -------------------------------------------------------------------------------------------------------

[[noreturn]] void refuse_unknown(const std::string& word, const po::options_description& known,
                                 const std::vector<Argument>& arguments) {
  const std::string flag = word.substr(0, word.find('='));
  std::vector<std::string> names;
  for (const auto& option : known.options()) {
    if (!is_argument(arguments, option->long_name())) names.push_back("--" + option->long_name());
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::string hint = did_you_mean(flag, views);
  if (hint.empty() && !arguments.empty()) hint = "; behind -- everything is an argument, whatever it starts with";
  throw UsageError(concat("unknown option '", flag, "'", hint));
}

// Boost takes the next word as the value even when it is a flag: `--output --force`.
void require_value(const po::option& option, const po::options_description& known) {
  if (option.position_key != -1 || option.original_tokens.size() < 2) return;
  const std::string& value = option.original_tokens[1];
  if (!value.starts_with("--") || known.find_nothrow(value.substr(2), false) == nullptr) return;
  throw UsageError(concat("--", option.string_key, " needs a value, but ", value, " is an option (--",
                          option.string_key, "=", value, " would take it as the value)"));
}

po::parsed_options parse_words(const std::vector<Argument>& arguments, const po::options_description& known,
                               std::span<const std::string> args) {
  po::positional_options_description positions;
  for (const Argument& argument : arguments) positions.add(argument.name.c_str(), argument.repeated ? -1 : 1);
  po::parsed_options parsed = po::command_line_parser(std::vector<std::string>(args.begin(), args.end()))
                                  .options(known)
                                  .positional(positions)
                                  .style(kStyle)
                                  .run();
  for (const po::option& option : parsed.options) {
    const bool named = option.position_key == -1;
    if (named && is_argument(arguments, option.string_key)) refuse_unknown("--" + option.string_key, known, arguments);
    require_value(option, known);
  }
  return parsed;
}

// To be called while an error of Boost is handled: says it in our words.
[[noreturn]] void refuse(const po::options_description& known, const std::vector<Argument>& arguments) {
  try {
    throw;
  } catch (const po::unknown_option& error) {
    refuse_unknown(error.get_option_name(), known, arguments);
  } catch (const po::required_option& error) {
    const std::string name = error.get_option_name().substr(2);
    throw UsageError(concat(is_argument(arguments, name) ? upper(name) : "--" + name, " is missing"));
  } catch (const po::too_many_positional_options_error&) {
    throw UsageError(arguments.empty() ? "takes no arguments, options only" : "too many arguments");
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

std::optional<CommonOptions> parse(const Usage& usage, const po::options_description& flags,
                                   std::span<const std::string> args, Streams& io) {
  CommonOptions common;
  bool help = false;
  const po::options_description shared = common_flags(common, help);
  po::options_description known;
  known.add(flags).add(shared);
  const std::vector<Argument> arguments = arguments_of(usage);
  try {
    po::variables_map values;
    po::store(parse_words(arguments, known, args), values);
    if (values["help"].as<bool>()) {
      print_help(usage, flags, shared, io.out);
      return std::nullopt;
    }
    po::notify(values);
  } catch (const po::error&) {
    refuse(known, arguments);
  }
  if (common.threads < 0 || common.threads > kMostThreads) {
    throw UsageError(concat("--threads ", common.threads, ": wanted 0 to ", kMostThreads));
  }
  return common;
}

void parse_flags(const po::options_description& flags, std::span<const std::string> words) {
  try {
    po::variables_map values;
    po::store(parse_words({}, flags, words), values);
    po::notify(values);
  } catch (const po::error&) {
    refuse(flags, {});
  }
}

void require_flag(bool holds, std::string_view given, std::string_view wanted) {
  if (!holds) throw UsageError(concat(given, ": ", wanted, " is wanted"));
}

void require_positive(std::string_view flag, double value) {
  require_flag(std::isfinite(value) && value > 0, concat(flag, ' ', value), "more than 0");
}

double parse_number(std::string_view flag, std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    throw UsageError(concat(flag, ": '", text, "' is not a number"));
  }
  return value;
}

}  // namespace malmoi::apps
