#include "apps/page/topic_names.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "corpus/models.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kMostCharacters = 100;
constexpr std::size_t kTermsInName = 3;

void validate(std::string_view name) {
  if (find_invalid_utf8(name) != std::string_view::npos) {
    throw Error(ErrorCode::invalid_argument, "the name of a topic is not UTF-8");
  }
  std::size_t characters = 0;
  for (std::size_t position = 0; position < name.size(); ++characters) {
    const char32_t code = decode_utf8(name, position);
    if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) {
      throw Error(ErrorCode::invalid_argument, "the name of a topic holds a control character");
    }
  }
  if (characters > kMostCharacters) {
    throw Error(ErrorCode::invalid_argument,
                concat("the name of a topic has ", characters, " characters, wanted at most ", kMostCharacters));
  }
}

std::u32string characters_of(std::string_view text) {
  std::u32string codes;
  if (find_invalid_utf8(text) != std::string_view::npos) return codes;
  for (std::size_t position = 0; position < text.size();) codes += decode_utf8(text, position);
  return codes;
}

// One in the other, or alike for at least four characters and two thirds of the shorter one.
bool repeats(std::string_view a, std::string_view b) {
  if (a.find(b) != std::string_view::npos || b.find(a) != std::string_view::npos) return true;
  constexpr std::size_t kStem = 4;
  const std::u32string left = characters_of(a);
  const std::u32string right = characters_of(b);
  const std::size_t shorter = std::min(left.size(), right.size());
  const auto alike = static_cast<std::size_t>(
      std::mismatch(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(shorter), right.begin()).first -
      left.begin());
  return alike >= kStem && 3 * alike >= 2 * shorter;
}

bool is_number(std::string_view term) {
  return term.find_first_not_of("0123456789.,:-%") == std::string_view::npos;
}

void choose_terms(std::span<const std::string_view> terms, bool numbers, std::vector<std::string_view>& chosen) {
  for (const std::string_view term : terms) {
    if (chosen.size() == kTermsInName) return;
    if (term.empty() || is_number(term) != numbers) continue;
    if (std::none_of(chosen.begin(), chosen.end(), [&](std::string_view other) { return repeats(term, other); })) {
      chosen.push_back(term);
    }
  }
}

}  // namespace

std::vector<std::string> load_topic_names(const corpus::Database& database, std::string_view model,
                                          std::size_t topics) {
  std::vector<std::string> names(topics);
  const auto note = corpus::model_note(database, corpus::kTopicNames, model);
  if (!note) return names;
  try {
    const auto json = nlohmann::json::parse(*note);
    for (const auto& [key, name] : json.items()) {
      std::size_t topic = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), topic);
      if (error == std::errc() && end == key.data() + key.size() && topic < topics) names[topic] = name;
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data,
                concat("the names of the topics of '", model, "' cannot be read: ", error.what()));
  }
  return names;
}

void save_topic_names(corpus::Database& database, std::string_view model, std::span<const std::string> names) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t topic = 0; topic < names.size(); ++topic) {
    validate(names[topic]);
    if (!names[topic].empty()) json[std::to_string(topic)] = names[topic];
  }
  corpus::set_model_note(database, corpus::kTopicNames, model, json.empty() ? "" : json.dump());
}

std::string propose_name(std::span<const std::string_view> terms) {
  std::vector<std::string_view> chosen;
  choose_terms(terms, false, chosen);
  choose_terms(terms, true, chosen);
  std::string name;
  for (const std::string_view term : chosen) {
    if (!name.empty()) name += " · ";
    name += term;
  }
  return name;
}

std::string titled_topic(std::size_t topic, std::string_view name, std::string_view proposal) {
  const std::string_view text = name.empty() ? proposal : name;
  return text.empty() ? std::to_string(topic) : concat(topic, " ", text);
}

}  // namespace malmoi::apps
