#include "apps/embedding_model.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/model_parts.h"
#include "corpus/base/error.h"
#include "corpus/store.h"
#include "neural/word_similarity.h"

namespace malmoi::apps {
namespace {

using neural::Embeddings;
using neural::Subwords;
using nlohmann::ordered_json;

ordered_json subwords_json(const std::optional<Subwords>& subwords) {
  if (!subwords) return nullptr;
  return {{"syllables", to_json(subwords->options.syllables)},
          {"jamo", to_json(subwords->options.jamo)},
          {"letters", to_json(subwords->options.letters)},
          {"buckets", subwords->options.buckets}};
}

std::vector<float> read_floats(const ModelReader& reader, const std::string& name, std::size_t rows,
                               std::size_t columns) {
  std::vector<float> values = reader.tensors().read<float>(name);
  const bool finite = std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  reader.require(finite && columns > 0 && values.size() / columns == rows && values.size() % columns == 0, name);
  return values;
}

void read_subwords(const ModelReader& reader, Embeddings& embeddings) {
  if (reader.fields().json("subwords").is_null()) return;
  const ModelFields from = reader.fields("subwords");
  Subwords& subwords = embeddings.subwords.emplace();
  from.take("syllables", subwords.options.syllables);
  from.take("jamo", subwords.options.jamo);
  from.take("letters", subwords.options.letters);
  from.take("buckets", subwords.options.buckets);
  try {
    neural::validate("embedding", subwords.options);
  } catch (const Error&) {
    reader.require(false, "subwords");
  }
  subwords.buckets = reader.tensors().read<std::int32_t>("subword_buckets");
  reader.require(std::ranges::adjacent_find(subwords.buckets, std::ranges::greater_equal{}) == subwords.buckets.end(),
                 "subword_buckets");
  reader.require(
      subwords.buckets.empty() || (subwords.buckets.front() >= 0 && subwords.buckets.back() < subwords.options.buckets),
      "subword_buckets");
  embeddings.subword_vectors =
      read_floats(reader, "subword_vectors", subwords.buckets.size(), static_cast<std::size_t>(embeddings.dimensions));
}

}  // namespace

corpus::StoredModel to_stored(const EmbeddingModel& model) {
  const Embeddings& embeddings = model.embeddings;
  const ordered_json fields = {{"options", ordered_json::parse(model.options)},
                               {"dimensions", embeddings.dimensions},
                               {"subwords", subwords_json(embeddings.subwords)}};
  std::vector<std::string> words;
  words.reserve(static_cast<std::size_t>(embeddings.words.size()));
  for (std::int32_t word = 0; word < embeddings.words.size(); ++word) words.emplace_back(embeddings.words.at(word));
  ModelWriter writer;
  writer.add_strings("words", words);
  writer.tensors().add_narrow("counts", std::span<const std::int64_t>(embeddings.counts));
  writer.tensors().add("vectors", std::span<const float>(embeddings.vectors),
                       {embeddings.words.size(), embeddings.dimensions});
  if (embeddings.subwords) {
    writer.tensors().add("subword_buckets", std::span<const std::int32_t>(embeddings.subwords->buckets));
    writer.tensors().add("subword_vectors", std::span<const float>(embeddings.subword_vectors));
  }
  return writer.stored(kEmbeddingKind, fields);
}

EmbeddingModel embedding_from_stored(const corpus::StoredModel& stored, std::string_view what) {
  const ModelReader reader(stored, what);
  EmbeddingModel model;
  model.options = reader.fields().dump("options");
  Embeddings& embeddings = model.embeddings;
  reader.fields().take("dimensions", embeddings.dimensions);
  reader.require(embeddings.dimensions >= 1, "dimensions");
  const std::vector<std::string> words = reader.strings("words");
  for (const std::string& word : words) embeddings.words.intern(word);
  reader.require(std::cmp_equal(embeddings.words.size(), words.size()), "words");
  embeddings.counts = reader.tensors().read_narrow<std::int64_t>("counts", ModelReader::kAnyNumber);
  reader.require(embeddings.counts.empty() || embeddings.counts.size() == words.size(), "counts");
  embeddings.vectors = read_floats(reader, "vectors", words.size(), static_cast<std::size_t>(embeddings.dimensions));
  read_subwords(reader, embeddings);
  model.fingerprint = stored.checksum;
  return model;
}

EmbeddingModel load_embedding(const std::filesystem::path& corpus, std::string_view name) {
  const corpus::Store store = corpus::Store::open(corpus);
  EmbeddingModel model =
      embedding_from_stored(corpus::load_model(store.database(), name, kEmbeddingKind), concat("model \"", name, '"'));
  model.name = name;
  return model;
}

std::string looked_up(const neural::Embeddings& embeddings, Workspace& workspace, std::string_view word) {
  std::string form = neural::known_form(embeddings, word);
  if (embeddings.words.find(form)) return form;
  const std::optional<std::string> term = workspace.term_of(word);
  return term && embeddings.words.find(*term) ? *term : form;
}

}  // namespace malmoi::apps
