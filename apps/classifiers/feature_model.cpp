#include "apps/classifiers/feature_model.h"

#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "corpus/base/error.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using neural::CharacterScope;
using neural::FeatureNorm;
using neural::FeatureOptions;
using neural::FeatureWeight;
using neural::NgramOptions;
using neural::NgramTree;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 2> kTags = {"none", "korean"};
constexpr std::array<std::string_view, 2> kScopes = {"word", "text"};
constexpr std::array<std::string_view, 4> kWeights = {"binary", "count", "log", "tfidf"};
constexpr std::array<std::string_view, 3> kNorms = {"none", "view", "whole"};

constexpr int kLongestNgram = 100;

int length(std::string_view flag, std::string_view text) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && value >= 1 && value <= kLongestNgram) {
    return value;
  }
  throw UsageError(concat(flag, ": give a length or a range from 1 to ", kLongestNgram, ", such as 1-3, or none"));
}

// "1-3", "2" or "none".
std::optional<NgramOptions> range(std::string_view flag, std::string_view text, const NgramOptions& limits) {
  if (text == "none") return std::nullopt;
  NgramOptions options = limits;
  const std::size_t dash = text.find('-');
  options.shortest = length(flag, text.substr(0, dash));
  options.longest = dash == std::string_view::npos ? options.shortest : length(flag, text.substr(dash + 1));
  if (options.shortest > options.longest) throw UsageError(concat(flag, ' ', text, ": the shorter length comes first"));
  return options;
}

// ---- stored form ---------------------------------------------------------------------------------------------------

ordered_json ngrams_json(const std::optional<NgramOptions>& options) {
  if (!options) return nullptr;
  return {{"shortest", options->shortest},
          {"longest", options->longest},
          {"min_df", options->min_df},
          {"max_df", options->max_df},
          {"most", options->most}};
}

std::optional<NgramOptions> read_ngrams(const ModelFields& fields, std::string_view name) {
  if (fields.json(name).is_null()) return std::nullopt;
  const ModelFields from = fields.object(name);
  NgramOptions options;
  from.take("shortest", options.shortest);
  from.take("longest", options.longest);
  from.take("min_df", options.min_df);
  from.take("max_df", options.max_df);
  from.take("most", options.most);
  return options;
}

void add(ModelWriter& writer, const std::string& name, const NgramTree& tree) {
  writer.tensors().add(name + ".parents", std::span<const std::int32_t>(tree.parents));
  writer.tensors().add_narrow(name + ".units", std::span<const std::int32_t>(tree.units));
}

NgramTree read_tree(const ModelReader& reader, const std::string& name, std::int32_t features) {
  NgramTree tree;
  tree.parents = reader.tensors().read<std::int32_t>(name + ".parents");
  tree.units = reader.tensors().read_narrow<std::int32_t>(name + ".units", std::numeric_limits<std::int32_t>::max());
  tree.features = features;
  return tree;  // what does not fit is found by NgramIndex
}

FeatureOptions read_options(const ModelReader& reader) {
  const ModelFields from = reader.fields("features");
  FeatureOptions options;
  options.analysis = tokenize::analyzer_options_from_json(from.dump("analysis"));
  from.take("tags", kTags, options.tags);
  options.words = read_ngrams(from, "words");
  options.characters = read_ngrams(from, "characters");
  from.take("scope", kScopes, options.scope);
  from.take("weight", kWeights, options.weight);
  from.take("norm", kNorms, options.norm);
  return options;
}

}  // namespace

void FeatureFlags::add_to(po::options_description& flags) {
  auto add = flags.add_options();
  add("words", po::value(&words_)->default_value(words_)->value_name("MIN-MAX"),
      "lengths of the n-grams of words (Korean: of morphemes with their tags), or none");
  add("chars", po::value(&characters_)->default_value(characters_)->value_name("MIN-MAX"),
      "lengths of the n-grams of characters, or none");
  add("chars-within", po::value(&scope_)->default_value(scope_), "text, or word: they do not go on into the next word");
  add("weight", po::value(&weight_)->default_value(weight_),
      "binary, count, log (1 + ln tf), tfidf (that times the inverse document frequency)");
  add("norm", po::value(&norm_)->default_value(norm_),
      "what is scaled to length 1: none, view (words and characters each), whole");
  add("min-df", po::value(&min_df_)->default_value(min_df_), "n-grams in fewer documents are left out");
  add("max-df", po::value(&max_df_)->default_value(max_df_), "n-grams in more documents are left out");
  add("max-features", po::value<std::int32_t>()->notifier([this](std::int32_t value) { max_features_ = value; }),
      "keep so many n-grams of words and so many of characters, those in most documents");
}

FeatureOptions FeatureFlags::options(const tokenize::AnalyzerOptions& analysis) const {
  require_at_least("--min-df", min_df_, 1);
  require_at_least("--max-features", max_features_.value_or(1), 1);
  const vectorize::Frequency most = parse_frequency("--max-df", max_df_);
  if (!most.share || most.value <= 0)
    throw UsageError(concat("--max-df ", max_df_, ": give a share such as 0.5 or 50%"));
  NgramOptions limits;
  limits.min_df = min_df_;
  limits.max_df = most.value;
  limits.most = max_features_.value_or(limits.most);
  FeatureOptions options;
  options.analysis = analysis;
  options.words = range("--words", words_, limits);
  options.characters = range("--chars", characters_, limits);
  if (!options.words && !options.characters) throw UsageError("--words none --chars none: one of them is wanted");
  options.scope = choose<CharacterScope>("--chars-within", scope_,
                                         {{"word", CharacterScope::word}, {"text", CharacterScope::text}});
  options.weight = choose<FeatureWeight>("--weight", weight_,
                                         {{"binary", FeatureWeight::binary},
                                          {"count", FeatureWeight::count},
                                          {"log", FeatureWeight::log},
                                          {"tfidf", FeatureWeight::tf_idf}});
  options.norm = choose<FeatureNorm>(
      "--norm", norm_, {{"none", FeatureNorm::none}, {"view", FeatureNorm::view}, {"whole", FeatureNorm::whole}});
  return options;
}

void FeatureFlags::require_some(std::int32_t features, std::size_t documents) const {
  if (features > 0) return;
  throw Error(ErrorCode::invalid_argument,
              concat("--min-df ", min_df_, " --max-df ", max_df_, " --words ", words_, " --chars ", characters_,
                     ": no n-gram of the ", documents, " documents to train on is left"));
}

bool all_finite(std::span<const float> values) {
  bool finite = true;
  for (const float value : values) finite &= std::isfinite(value);
  return finite;
}

void save_features(const neural::TextFeatures& features, ModelWriter& writer, ordered_json& fields) {
  const FeatureOptions& options = features.options();
  fields["features"] = {{"words_features", features.words().features()},
                        {"characters_features", features.characters().features()},
                        {"tags", name_of(kTags, options.tags)},
                        {"words", ngrams_json(options.words)},
                        {"characters", ngrams_json(options.characters)},
                        {"scope", name_of(kScopes, options.scope)},
                        {"weight", name_of(kWeights, options.weight)},
                        {"norm", name_of(kNorms, options.norm)},
                        {"analysis", ordered_json::parse(tokenize::to_json(options.analysis))}};
  std::vector<std::string> terms;
  terms.reserve(static_cast<std::size_t>(features.terms().size()));
  for (std::int32_t term = 0; term < features.terms().size(); ++term) terms.emplace_back(features.terms().at(term));
  writer.add_strings("features.terms", terms);
  add(writer, "features.words", features.words().tree());
  add(writer, "features.characters", features.characters().tree());
  writer.tensors().add("features.global", features.global());
}

neural::TextFeatures read_features(const ModelReader& reader) {
  neural::FeatureData data;
  data.options = read_options(reader);
  const std::vector<std::string> terms = reader.strings("features.terms");
  data.terms.reserve(terms.size());
  for (const std::string& term : terms) data.terms.intern(term);
  const ModelFields from = reader.fields("features");
  std::int32_t features = 0;
  from.take("words_features", features);
  data.words = read_tree(reader, "features.words", features);
  from.take("characters_features", features);
  data.characters = read_tree(reader, "features.characters", features);
  data.global = reader.tensors().read<float>("features.global");
  reader.require(all_finite(data.global), "features.global");
  return neural::TextFeatures(std::move(data));
}

}  // namespace malmoi::apps
