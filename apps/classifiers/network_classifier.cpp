#include "apps/classifiers/network_classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "apps/classifiers/network.h"
#include "apps/dictionary.h"
#include "corpus/base/error.h"
#include "neural/text_units.h"
#include "neural/trainer.h"

namespace malmoi::apps {
namespace {

using neural::NetworkOptions;
using neural::NetworkSetting;
using nlohmann::ordered_json;

class NetworkTextClassifier : public TextClassifier {
 public:
  explicit NetworkTextClassifier(NetworkParts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                 const RunContext& context) const override {
    const auto loss = parts_.several ? neural::Loss::binary_cross_entropy : neural::Loss::softmax_cross_entropy;
    return neural::predict_network(*parts_.network, ids_of(texts, *parts_.analyzer, parts_.words, context), loss,
                                   {.batch_size = 64, .max_length = parts_.max_length}, context);
  }

  [[nodiscard]] std::vector<Evidence> explain(std::string_view text, std::int32_t label) const override {
    return explain_by_occlusion(*this, text, label);
  }

  void save(ModelWriter& writer, ordered_json& fields) const override {
    const NetworkOptions& options = parts_.options;
    fields["options"] = parts_.learned;
    ordered_json& network = fields["network"] = {{"kind", options.kind}, {"embedding", options.embedding}};
    for (const NetworkSetting& setting : neural::network_kind(options.kind).settings) {
      std::visit([&](auto member) { network[std::string(setting.name)] = options.*member; }, setting.member);
    }
    network["several"] = parts_.several;
    network["max_length"] = parts_.max_length;
    network["analysis"] = ordered_json::parse(tokenize::to_json(parts_.analyzer->options()));
    const StringTable& words = parts_.words.terms;
    std::vector<std::string> terms;
    terms.reserve(parts_.words.size());
    for (std::int32_t term = 0; term < words.size(); ++term) terms.emplace_back(words.at(term));
    writer.add_strings("network.words", terms);
    for (const neural::Parameter* parameter : parts_.network->parameters()) {
      const auto sizes = parameter->value.shape().sizes();
      writer.tensors().add(concat("network.", parameter->name), parameter->value.values(),
                           std::vector<std::int64_t>(sizes.begin(), sizes.end()));
    }
  }

  [[nodiscard]] std::int64_t parameters() const override {
    std::size_t count = 0;
    for (const neural::Parameter* parameter : parts_.network->parameters()) count += parameter->value.size();
    return static_cast<std::int64_t>(count);
  }

 private:
  NetworkParts parts_;
};

// ---- reading -------------------------------------------------------------------------------------------------------

NetworkOptions read_options(const ModelReader& reader, std::int32_t labels) {
  const ModelFields from = reader.fields("network");
  std::string name;
  from.take("kind", name);
  const auto kinds = neural::network_kinds();
  const auto kind = std::ranges::find(kinds, name, &neural::NetworkKind::name);
  reader.require(kind != kinds.end(), "kind");
  NetworkOptions options = kind->defaults;
  options.kind = kind->name;
  from.take("embedding", options.embedding);
  for (const NetworkSetting& setting : kind->settings) {
    std::visit([&](auto member) { from.take(setting.name, options.*member); }, setting.member);
  }
  options.labels = static_cast<std::size_t>(labels);
  return options;
}

// Sizes that the stored arrays do not have would be allocated before it shows that they are wrong.
void check_sizes(const ModelReader& reader, const NetworkOptions& options) {
  double stored = 0;
  for (const corpus::TensorView& tensor : reader.tensors().all()) {
    stored += static_cast<double>(tensor.bytes.size() / element_bytes(tensor.type));
  }
  reader.require(neural::network_kind(options.kind).least_parameters(options) <= stored, "network");
}

}  // namespace

TokenSequences ids_of(std::span<const std::string_view> texts, const tokenize::Analyzer& analyzer,
                      const WordList& words, const RunContext& context) {
  TokenSequences ids = neural::tokenize_texts(texts, analyzer, neural::TermTags::korean, words.terms, context);
  for (TermId& id : ids.terms) ++id;
  return ids;
}

std::unique_ptr<TextClassifier> make_network_classifier(NetworkParts parts) {
  return std::make_unique<NetworkTextClassifier>(std::move(parts));
}

std::unique_ptr<TextClassifier> read_network_classifier(const ModelReader& reader, std::int32_t labels,
                                                        const std::filesystem::path& dictionary) {
  NetworkOptions options = read_options(reader, labels);
  WordList words;
  const std::vector<std::string> terms = reader.strings("network.words");
  for (const std::string& term : terms) words.terms.intern(term);
  reader.require(std::cmp_equal(words.terms.size(), terms.size()), "network.words");
  options.vocabulary = words.size();
  check_sizes(reader, options);
  const ModelFields from = reader.fields("network");
  bool several = false;
  std::size_t max_length = 0;
  from.take("several", several);
  from.take("max_length", max_length);
  reader.require(max_length >= 1, "max_length");
  std::unique_ptr<neural::Network> network;
  try {
    network = neural::make_network(options, Rng(0));
  } catch (const Error&) {
    reader.require(false, "network");
  }
  for (neural::Parameter* parameter : network->parameters()) {
    const std::vector<float> values = reader.tensors().read<float>(concat("network.", parameter->name));
    const bool finite = std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
    reader.require(finite && values.size() == parameter->value.size(), parameter->name);
    std::ranges::copy(values, parameter->value.data());
  }
  auto analyzer = make_analyzer(tokenize::analyzer_options_from_json(from.dump("analysis")), dictionary);
  return make_network_classifier({.options = std::move(options),
                                  .several = several,
                                  .max_length = max_length,
                                  .words = std::move(words),
                                  .analyzer = std::move(analyzer),
                                  .network = std::move(network),
                                  .learned = reader.fields().json("options")});
}

}  // namespace malmoi::apps
