#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "tokenize/analyzer.h"

namespace malmoi::tokenize {
namespace {

using Json = nlohmann::ordered_json;

// ---- tags -----------------------------------------------------------------------------------------------------------

constexpr std::string_view kUnknown = "UNKNOWN";

struct TagGroup {
  std::string_view name;
  std::string_view tags;  // separated by blanks
};

constexpr std::array<TagGroup, 19> kTagGroups = {{
    {"noun", "NNG NNP NR"},
    {"proper_noun", "NNP"},
    {"bound_noun", "NNB NNBC"},
    {"pronoun", "NP"},
    {"verb", "VV"},
    {"adjective", "VA"},
    {"auxiliary", "VX"},
    {"copula", "VCP VCN"},
    {"adverb", "MAG MAJ"},
    {"determiner", "MM"},
    {"interjection", "IC"},
    {"root", "XR"},
    {"particle", "JKS JKC JKG JKO JKB JKV JKQ JX JC"},
    {"ending", "EP EF EC ETN ETM"},
    {"affix", "XPN XSN XSV XSA"},
    {"foreign", "SL SH"},
    {"number", "SN"},
    {"symbol", "SF SE SSO SSC SC SY"},
    {"content", "NNG NNP NR VV VA VCN MAG XR IC SL SH SN UNKNOWN"},
}};

bool is_tag(std::string_view text) {
  return text == kUnknown || !sejong_tag(text).empty();
}

/// The pieces between separators, blanks at their ends left out.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    std::string_view part = text.substr(begin, end - begin);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string_view> tags_named(std::string_view wanted) {
  if (is_tag(wanted)) return {wanted};
  const auto* group =
      std::find_if(kTagGroups.begin(), kTagGroups.end(), [&](const TagGroup& g) { return g.name == wanted; });
  if (group != kTagGroups.end()) return split(group->tags, ' ');
  if (wanted == "all") return {sejong_tags().begin(), sejong_tags().end()};
  std::string known = "all";
  for (const TagGroup& g : kTagGroups) known += concat(", ", g.name);
  throw Error(ErrorCode::invalid_argument,
              concat("parse_tags: \"", wanted, "\" is no part of speech; there are ", known,
                     ", UNKNOWN and the Sejong tags of mecab-ko-dic (NNG, VV, ...)"));
}

// ---- validation -----------------------------------------------------------------------------------------------------

void require(bool holds, std::string_view field, const std::string& problem) {
  if (!holds) throw Error(ErrorCode::invalid_argument, concat("AnalyzerOptions: ", field, " ", problem));
}

void require_utf8(const std::vector<std::string>& texts, std::string_view field) {
  for (const std::string& text : texts) {
    require(!text.empty() && find_invalid_utf8(text) == std::string_view::npos, field,
            concat("has \"", text, "\", wanted is UTF-8 that is not empty"));
  }
}

}  // namespace

std::vector<std::string> parse_tags(std::string_view names) {
  std::vector<std::string> tags;
  for (const std::string_view wanted : split(names, ',')) {
    for (const std::string_view tag : tags_named(wanted)) {
      if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.emplace_back(tag);
    }
  }
  return tags;
}

std::vector<std::string> content_tags() {
  return parse_tags("content");
}

void validate(const AnalyzerOptions& options) {
  for (const std::string& tag : options.tags) require(is_tag(tag), "tags", concat("has \"", tag, "\", no Sejong tag"));
  for (const UserWord& word : options.user_words) {
    require_utf8({word.word}, "user_words");
    require(is_tag(word.tag), "user_words", concat("has the tag \"", word.tag, "\", no Sejong tag"));
  }
  require(options.gram_min >= 1 && options.gram_max >= options.gram_min && options.gram_max <= 16, "gram_min, gram_max",
          concat("are ", options.gram_min, " and ", options.gram_max, ", wanted is 1 ≤ gram_min ≤ gram_max ≤ 16"));
  require(options.min_length >= 1 && options.max_length >= options.min_length, "min_length, max_length",
          concat("are ", options.min_length, " and ", options.max_length, ", wanted is 1 ≤ min_length ≤ max_length"));
  require(options.repeat_limit >= 0, "repeat_limit", concat("is ", options.repeat_limit, ", wanted is 0 or more"));
  require(options.ngrams >= 1 && options.ngrams <= 16, "ngrams", concat("is ", options.ngrams, ", wanted is 1 to 16"));
  if (options.stop_words) require_utf8(*options.stop_words, "stop_words");
  require_utf8(options.phrases, "phrases");
  for (const std::string& phrase : options.phrases) {
    require(phrase.find(' ') != std::string::npos, "phrases", concat("has \"", phrase, "\" without a blank"));
  }
}

// ---- JSON -----------------------------------------------------------------------------------------------------------

namespace {

/// Names of the enumerators, in their order.
std::vector<std::string_view> names_of(KoreanUnit) {
  return {"morph", "word", "syllable", "jamo"};
}
std::vector<std::string_view> names_of(CompoundMode) {
  return {"whole", "split", "both"};
}
std::vector<std::string_view> names_of(UnicodeForm) {
  return {"nfc", "nfkc"};
}
std::vector<std::string_view> names_of(Stemmer) {
  return {"none", "english", "porter"};
}
std::vector<std::string_view> names_of(Contractions) {
  return {"keep", "split"};
}
std::vector<std::string_view> names_of(TokenKind) {
  std::vector<std::string_view> names;
  for (int kind = 0; kind < kTokenKinds; ++kind) names.push_back(name(static_cast<TokenKind>(kind)));
  return names;
}

template <typename Value>
Json encode(const Value& value) {
  if constexpr (std::is_enum_v<Value>)
    return std::string(names_of(value)[static_cast<std::size_t>(value)]);
  else
    return value;
}
Json encode(const UserWord& word) {
  return {word.word, word.tag};
}
Json encode(const std::vector<TokenKind>& kinds) {
  Json list = Json::array();
  for (const TokenKind kind : kinds) list.push_back(encode(kind));
  return list;
}
Json encode(const std::vector<UserWord>& words) {
  Json list = Json::array();
  for (const UserWord& word : words) list.push_back(encode(word));
  return list;
}
Json encode(const std::optional<std::vector<std::string>>& words) {
  return words ? Json(*words) : Json(nullptr);
}

template <typename Value>
void decode(const Json& json, Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    const std::vector<std::string_view> names = names_of(value);
    const auto found = std::find(names.begin(), names.end(), json.get<std::string>());
    if (found == names.end()) throw Error(ErrorCode::corrupt_data, concat("has no value ", json.dump()));
    value = static_cast<Value>(found - names.begin());
  } else {
    value = json.get<Value>();
  }
}
void decode(const Json& json, UserWord& word) {
  word = {json.at(0).get<std::string>(), json.at(1).get<std::string>()};
}
void decode(const Json& json, std::vector<TokenKind>& kinds) {
  kinds.clear();
  for (const Json& kind : json) decode(kind, kinds.emplace_back());
}
void decode(const Json& json, std::vector<UserWord>& words) {
  words.clear();
  for (const Json& word : json) decode(word, words.emplace_back());
}
void decode(const Json& json, std::optional<std::vector<std::string>>& words) {
  words.reset();
  if (!json.is_null()) words = json.get<std::vector<std::string>>();
}

/// Calls visit(key, field) for every field, const or not.
template <typename Options, typename Visit>
void for_each_field(Options& options, const Visit& visit) {
  visit("korean", options.korean);
  visit("tags", options.tags);
  visit("compounds", options.compounds);
  visit("user_words", options.user_words);
  visit("gram_min", options.gram_min);
  visit("gram_max", options.gram_max);
  visit("form", options.form);
  visit("fold_case", options.fold_case);
  visit("stemmer", options.stemmer);
  visit("contractions", options.contractions);
  visit("kinds", options.kinds);
  visit("stop_words", options.stop_words);
  visit("min_length", options.min_length);
  visit("max_length", options.max_length);
  visit("repeat_limit", options.repeat_limit);
  visit("ngrams", options.ngrams);
  visit("phrases", options.phrases);
}

}  // namespace

std::string to_json(const AnalyzerOptions& options) {
  Json json;
  for_each_field(options, [&](const char* key, const auto& field) { json[key] = encode(field); });
  return json.dump();
}

AnalyzerOptions analyzer_options_from_json(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw Error(ErrorCode::corrupt_data, "analyzer options: not a JSON object");
  AnalyzerOptions options;
  for_each_field(options, [&](const char* key, auto& field) {
    const auto found = json.find(key);
    if (found == json.end()) return;
    try {
      decode(*found, field);
    } catch (const std::exception& error) {
      throw Error(ErrorCode::corrupt_data, concat("analyzer options: field \"", key, "\": ", error.what()));
    }
    json.erase(found);
  });
  if (!json.empty()) {
    throw Error(ErrorCode::corrupt_data,
                concat("analyzer options: field \"", json.begin().key(), "\" is not known to this version"));
  }
  try {
    validate(options);
  } catch (const Error& error) {
    throw Error(ErrorCode::corrupt_data, concat("analyzer options: ", error.what()));
  }
  return options;
}

}  // namespace malmoi::tokenize
