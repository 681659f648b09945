#include "apps/page/model_history.h"

#include <nlohmann/json.hpp>

#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

std::string text_of(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_empty(const nlohmann::ordered_json& value) {
  return value.is_null() || (value.is_string() && value.get<std::string>().empty()) ||
         (value.is_structured() && value.empty());
}

// As a shell takes it.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=+@%";
  const auto is_plain = [&](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || kPlain.find(c) != std::string_view::npos;
  };
  bool plain = !word.empty();
  for (const char c : word) plain = plain && is_plain(c);
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + '\'';
}

}  // namespace

std::vector<PageOption> model_options(const corpus::Database& database, std::string_view model) {
  corpus::Statement select = database.prepare("SELECT options FROM models WHERE name=?1");
  select.bind(1, model);
  std::vector<PageOption> options;
  if (!select.step()) return options;
  try {
    const auto json = nlohmann::ordered_json::parse(select.text(0));
    for (const char* part : {"options", "selection"}) {
      if (!json.contains(part)) continue;
      for (const auto& [name, value] : json[part].items()) {
        if (!is_empty(value)) options.push_back({name, text_of(value)});
      }
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data, concat("the options of model '", model, "' cannot be read: ", error.what()));
  }
  return options;
}

std::string model_command(const corpus::Database& database, std::string_view model) {
  corpus::Statement select = database.prepare(
      "SELECT runs.command, runs.options FROM models JOIN runs ON models.run=runs.id WHERE models.name=?1");
  select.bind(1, model);
  if (!select.step()) return "";
  std::string command = concat("malmoi ", select.text(0));
  const auto args = nlohmann::json::parse(select.text(1), nullptr, false);
  for (const auto& arg : args) {
    if (arg.is_string()) command += ' ' + quoted(arg.get<std::string>());
  }
  return command;
}

}  // namespace malmoi::apps
