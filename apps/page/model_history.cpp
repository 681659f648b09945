#include "apps/page/model_history.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/command.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using Json = nlohmann::ordered_json;

// A list as flags give it, a,b,c.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && std::none_of(value.begin(), value.end(), [](const Json& item) { return item.is_array(); })) {
    std::string list;
    for (const Json& item : value) list += concat(list.empty() ? "" : ",", text_of(item));
    return list;
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get<std::string>().empty()) ||
         (value.is_structured() && value.empty());
}

// Members of options that are flags of another name; all others are flags with hyphens.
std::string flag_of(std::string name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kOthers = {{{"anneal_sweeps", "anneal"},
                                                                                     {"korean", "analyzer"},
                                                                                     {"characters", "chars"},
                                                                                     {"embedding", "dim"},
                                                                                     {"form", "unicode"},
                                                                                     {"stemmer", "stem"},
                                                                                     {"repeat_limit", "repeat"}}};
  for (const auto& [member, flag] : kOthers) {
    if (name == member) return std::string(flag);
  }
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// Of the analysis; lists of words by their length.
void add_analyzer(const Json& analyzer, std::vector<PageOption>& options) {
  for (const auto& [name, value] : analyzer.items()) {
    if (name == "stop_words" && !value.is_array()) {
      options.push_back({"stop-words", "built-in"});
    } else if (name == "stop_words" || name == "user_words" || name == "phrases") {
      const std::string flag = name == "user_words" ? "user-dictionary" : flag_of(name);
      if (name == "stop_words" || !value.empty()) options.push_back({flag, concat(value.size(), " entries")});
    } else if (name == "gram_min") {
      options.push_back({"grams", concat(value.dump(), '-', analyzer.at("gram_max").dump())});
    } else if (name != "gram_max" && name != "fold_case") {
      options.push_back({name == "tags" ? "pos" : flag_of(name), text_of(value)});
    }
  }
}

// A range of lengths as flags give it, 1-3; parts of parts under the names of both.
void add_options(const Json& part, const std::string& prefix, std::vector<PageOption>& options) {
  const bool range = part.contains("shortest") && part.contains("longest");
  if (range) {
    options.push_back({prefix, concat(part["shortest"].dump(), '-', part["longest"].dump())});
  }
  for (const auto& [name, value] : part.items()) {
    const bool shown_as_range = range && (name == "shortest" || name == "longest");
    const bool no_limit = name == "most" && value == std::numeric_limits<std::int32_t>::max();
    const bool in_the_title = name == "kind" || name == "several";
    if (is_empty(value) || shown_as_range || no_limit || in_the_title) continue;
    if (name == "analysis") {
      add_analyzer(value, options);
    } else if (value.is_object()) {
      add_options(value, flag_of(name), options);
    } else {
      options.push_back({prefix.empty() ? flag_of(name) : concat(prefix, '-', flag_of(name)), text_of(value)});
    }
  }
}

// A row of `runs`.
struct PastRun {
  std::string command;
  std::vector<std::string> args;
  std::string input;

  [[nodiscard]] bool has(std::string_view flag) const {
    return std::find(args.begin(), args.end(), flag) != args.end();
  }
};

std::vector<std::string> words_of(const Json& list) {
  std::vector<std::string> words;
  for (const Json& word : list) {
    if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

// The value behind --save, or =; else the name that the verb gives.
std::string saved_name(const PastRun& run) {
  for (std::size_t i = 0; i < run.args.size(); ++i) {
    if (run.args[i] == "--save" && i + 1 < run.args.size()) return run.args[i + 1];
    if (run.args[i].starts_with("--save=")) return run.args[i].substr(7);
  }
  return run.command;
}

// Runs up to the one that made the model: those that made the corpus what it was, and those that the model went on
// from. The last one is the model's own.
std::vector<PastRun> runs_of(const corpus::Database& database, std::string_view model) {
  corpus::Statement select = database.prepare(
      "SELECT command, runs.options, input FROM runs WHERE id <= (SELECT run FROM models WHERE name=?1) ORDER BY id");
  select.bind(1, model);
  std::vector<PastRun> runs;
  while (select.step()) {
    PastRun run{std::string(select.text(0)), words_of(Json::parse(select.text(1), nullptr, false)),
                std::string(select.text(2))};
    const auto begun = Json::parse(run.input, nullptr, false);
    // A fit that was stopped and resumed is made again by its first command.
    if (begun.is_object() && begun.contains("begun_by")) run.args = words_of(begun["begun_by"]);
    if (run.command == "train") std::erase(run.args, "--resume");  // as if it had never been stopped
    runs.push_back(std::move(run));
  }
  if (runs.empty()) return runs;
  std::vector<PastRun> kept = {runs.back()};
  bool goes_on = runs.back().has("--continue");
  for (auto run = runs.rbegin() + 1; run != runs.rend(); ++run) {
    const bool of_model =
        goes_on && run->command == kept.front().command && saved_name(*run) == saved_name(runs.back());
    if (of_model) goes_on = run->has("--continue");
    if (of_model || run->command == "index" || run->command == "remove") kept.push_back(*run);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace

std::vector<PageOption> model_options(const corpus::Database& database, std::string_view model) {
  corpus::Statement select = database.prepare("SELECT options FROM models WHERE name=?1");
  select.bind(1, model);
  std::vector<PageOption> options;
  if (!select.step()) return options;
  try {
    const auto json = Json::parse(select.text(0));
    for (const char* part : {"options", "weighting", "selection", "source", "linear", "network", "bag", "features"}) {
      if (json.contains(part) && json[part].is_object()) add_options(json[part], {}, options);
    }
    if (json.contains("analyzer") && json["analyzer"].is_string()) {
      const auto analyzer = Json::parse(json["analyzer"].get<std::string>(), nullptr, false);
      if (analyzer.is_object()) add_analyzer(analyzer, options);
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data, concat("the options of model '", model, "' cannot be read: ", error.what()));
  }
  return options;
}

ModelHistory model_history(const corpus::Database& database, std::string_view model) {
  constexpr std::size_t kMost = 20;
  ModelHistory history;
  const std::vector<PastRun> runs = runs_of(database, model);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto input = Json::parse(runs[i].input, nullptr, false);
    if (input.is_object() && input.contains("fingerprint")) {
      history.data += concat(history.data.empty() ? "" : " ", text_of(input["fingerprint"]));
    }
    if (runs.size() > kMost && i >= kMost / 2 && i + kMost / 2 < runs.size()) {
      if (i == kMost / 2) history.commands += concat("# and ", runs.size() - kMost, " more\n");
      continue;
    }
    history.commands +=
        concat("malmoi ", runs[i].command, ' ', shell_words(runs[i].args), i + 1 < runs.size() ? "\n" : "");
  }
  return history;
}

}  // namespace malmoi::apps
