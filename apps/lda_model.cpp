#include "apps/lda_model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "apps/model_parts.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using nlohmann::ordered_json;
using topics::LdaOptions;
using topics::TermWeight;
using topics::TopicCounts;

constexpr std::array<std::string_view, 3> kAlphaPriors = {"fixed", "symmetric", "asymmetric"};
constexpr std::array<std::string_view, 3> kTermWeights = {"one", "idf", "pmi"};
constexpr std::int64_t kMostTopics = 32767;

// ---- writing -------------------------------------------------------------------------------------------------------

ordered_json options_json(const LdaOptions& options, const std::vector<std::string>& terms) {
  ordered_json seed_words = ordered_json::array();
  for (const topics::SeedWord& seed : options.seed_words) {
    seed_words.push_back({seed.topic, terms[static_cast<std::size_t>(seed.column)]});
  }
  return {{"topics", options.topics},
          {"alpha", topics::first_alpha(options)},
          {"beta", options.beta},
          {"alpha_prior", name_of(kAlphaPriors, options.alpha_prior)},
          {"learn_beta", options.learn_beta},
          {"iterations", options.iterations},
          {"anneal_sweeps", options.anneal_sweeps},
          {"anneal_share", options.anneal_share},
          {"burn_in", options.burn_in},
          {"prior_interval", options.prior_interval},
          {"samples", options.samples},
          {"sample_interval", options.sample_interval},
          {"term_weight", name_of(kTermWeights, options.term_weight)},
          {"seed_words", std::move(seed_words)},
          {"seed_weight", options.seed_weight},
          {"shards", options.shards},
          {"seed", options.seed}};
}

ordered_json fit_json(const topics::Lda& lda) {
  return {{"beta", lda.beta},     {"unit", lda.unit},       {"sweeps", lda.sweeps},
          {"rounds", lda.rounds}, {"samples", lda.samples}, {"round_log_likelihood", lda.round_log_likelihood}};
}

void add_counts(corpus::TensorWriter& writer, const std::string& name, const TopicCounts& counts) {
  std::vector<std::size_t> lengths(counts.rows());
  for (std::size_t row = 0; row < lengths.size(); ++row) lengths[row] = counts.offsets[row + 1] - counts.offsets[row];
  writer.add_narrow(name + ".lengths", std::span<const std::size_t>(lengths));
  writer.add_narrow(name + ".topics", std::span<const std::uint16_t>(counts.topics));
  writer.add_narrow(name + ".counts", std::span<const std::int32_t>(counts.counts));
}

std::string sample_name(std::size_t sample) {
  return concat("document_topics.", sample);
}

void add_tensors(ModelWriter& writer, const LdaModel& model, const topics::Lda& lda) {
  corpus::TensorWriter& tensors = writer.tensors();
  tensors.add("alpha", std::span<const double>(lda.alpha));
  tensors.add("log_likelihood", std::span<const double>(lda.log_likelihood));
  tensors.add("row_hashes", std::span<const std::int64_t>(model.row_hashes));
  tensors.add_narrow("row_ids", std::span<const std::int64_t>(model.row_ids));
  tensors.add_narrow("row_tokens", std::span<const std::int64_t>(model.row_tokens));
  writer.add_strings("terms", model.terms);
  add_counts(tensors, "term_topics", lda.term_topics);
  for (std::size_t sample = 0; sample < lda.document_topics.size(); ++sample) {
    add_counts(tensors, sample_name(sample), lda.document_topics[sample]);
  }
  tensors.add_narrow("assignments", std::span<const std::uint16_t>(lda.assignments));
  if (!lda.weights.figures.empty()) {
    tensors.add("term_figures", std::span<const double>(lda.weights.figures));
  }
}

// ---- reading -------------------------------------------------------------------------------------------------------

void read_options(const ModelReader& reader, std::int64_t version, LdaModel& model) {
  const ModelFields from = reader.fields("options");
  LdaOptions& options = model.lda.options;
  from.take("topics", options.topics);
  from.take("alpha", options.alpha.emplace());
  from.take("beta", options.beta);
  from.take("alpha_prior", kAlphaPriors, options.alpha_prior);
  from.take("learn_beta", options.learn_beta);
  from.take("iterations", options.iterations);
  options.anneal_sweeps = 0;
  if (version > 1) {  // there was no annealing before
    from.take("anneal_sweeps", options.anneal_sweeps);
    from.take("anneal_share", options.anneal_share);
  }
  from.take("burn_in", options.burn_in);
  from.take("prior_interval", options.prior_interval);
  from.take("samples", options.samples);
  from.take("sample_interval", options.sample_interval);
  from.take("term_weight", kTermWeights, options.term_weight);
  from.take("seed_weight", options.seed_weight);
  from.take("shards", options.shards);
  from.take("seed", options.seed);
  reader.require(options.topics >= 1 && options.topics <= kMostTopics, "topics");
  for (const nlohmann::json& seed : from.json("seed_words")) {
    reader.require(seed.is_array() && seed.size() == 2 && seed[0].is_number_integer() && seed[1].is_string(),
                   "seed_words");
    const auto term = std::find(model.terms.begin(), model.terms.end(), seed[1].get<std::string>());
    const auto topic = seed[0].get<std::int64_t>();
    reader.require(term != model.terms.end() && topic >= 0 && topic < options.topics, "seed_words");
    options.seed_words.push_back(
        {static_cast<std::int32_t>(term - model.terms.begin()), static_cast<std::int32_t>(topic)});
  }
}

void read_fit(const ModelReader& reader, topics::Lda& lda) {
  const ModelFields from = reader.fields("fit");
  from.take("beta", lda.beta);
  from.take("unit", lda.unit);
  from.take("sweeps", lda.sweeps);
  from.take("rounds", lda.rounds);
  from.take("samples", lda.samples);
  from.take("round_log_likelihood", lda.round_log_likelihood);
  lda.alpha = reader.tensors().read<double>("alpha");
  lda.log_likelihood = reader.tensors().read<double>("log_likelihood");
  const bool positive = std::all_of(lda.alpha.begin(), lda.alpha.end(), [](double a) { return a > 0; });
  reader.require(std::cmp_equal(lda.alpha.size(), lda.options.topics) && positive && lda.beta > 0, "alpha");
  reader.require(lda.unit >= 1 && lda.rounds >= 0 && lda.sweeps >= 0 && lda.sweeps <= lda.options.iterations, "fit");
}

// What tokens weigh. Older models lack it: the documents that are read with them have tokens of weight 1.
void read_weights(const ModelReader& reader, LdaModel& model) {
  topics::TokenWeights& weights = model.lda.weights;
  if (!reader.tensors().has("term_figures")) return;
  weights.kind = model.lda.options.term_weight;
  weights.figures = reader.tensors().read<double>("term_figures");
  const bool sound = std::all_of(weights.figures.begin(), weights.figures.end(),
                                 [](double figure) { return figure >= 0 && figure < 1e15; });
  reader.require(weights.kind != TermWeight::one && weights.figures.size() == model.terms.size() && sound,
                 "term_figures");
}

void read_rows(const ModelReader& reader, LdaModel& model) {
  model.row_ids = reader.ascending("row_ids");
  model.row_tokens = reader.tensors().read_narrow<std::int64_t>("row_tokens", std::numeric_limits<std::int32_t>::max());
  model.row_hashes = reader.tensors().read<std::int64_t>("row_hashes");
  reader.require(model.row_tokens.size() == model.row_ids.size(), "row_tokens");
  reader.require(model.row_hashes.size() == model.row_ids.size(), "row_hashes");
}

// most_topic  the last one that the model has
TopicCounts read_counts(const ModelReader& reader, const std::string& name, std::size_t rows, std::int64_t most_topic) {
  const corpus::TensorReader& tensors = reader.tensors();
  TopicCounts counts;
  counts.topics = tensors.read_narrow<std::uint16_t>(name + ".topics", most_topic);
  counts.counts = tensors.read_narrow<std::int32_t>(name + ".counts", std::numeric_limits<std::int32_t>::max());
  const auto lengths = tensors.read_narrow<std::size_t>(name + ".lengths", ModelReader::kAnyNumber);
  reader.require(lengths.size() == rows && counts.topics.size() == counts.counts.size(), name);
  counts.offsets.reserve(rows + 1);
  for (const std::size_t length : lengths) {
    reader.require(length <= counts.topics.size() - counts.offsets.back(), name);
    counts.offsets.push_back(counts.offsets.back() + length);
  }
  reader.require(counts.offsets.back() == counts.topics.size(), name);
  return counts;
}

void read_topics(const ModelReader& reader, LdaModel& model) {
  topics::Lda& lda = model.lda;
  const std::int64_t last = lda.options.topics - 1;
  const corpus::TensorReader& tensors = reader.tensors();
  const bool none_yet = lda.samples == 0 && tensors.at("term_topics.lengths").bytes.empty();
  lda.term_topics = read_counts(reader, "term_topics", none_yet ? 0 : model.terms.size(), last);
  for (std::size_t sample = 0; tensors.has(sample_name(sample) + ".topics"); ++sample) {
    lda.document_topics.push_back(read_counts(reader, sample_name(sample), model.row_ids.size(), last));
  }
  reader.require(std::cmp_equal(lda.document_topics.size(), lda.samples), "samples");
  lda.assignments = tensors.read_narrow<std::uint16_t>("assignments", topics::kUnassigned);
  for (const std::uint16_t topic : lda.assignments) {  // of a checkpoint, tokens may still be without one
    reader.require(topic <= last || (topic == topics::kUnassigned && !model.finished()), "assignments");
  }
  const auto tokens = std::accumulate(model.row_tokens.begin(), model.row_tokens.end(), std::int64_t{0});
  reader.require(std::cmp_equal(lda.assignments.size(), tokens), "assignments");
}

}  // namespace

LdaModel describe(const TopicInput& input, const TermSelection& selection, std::string analyzer) {
  LdaModel model;
  model.terms = input.terms;
  model.term_ids = input.term_ids;
  model.row_ids = input.counts.row_ids;
  model.row_tokens = row_tokens(input.counts);
  model.row_hashes = row_hashes(input.counts);
  model.analyzer = std::move(analyzer);
  model.selection = selection;
  return model;
}

corpus::StoredModel to_stored(const LdaModel& model) {
  return to_stored(model, model.lda);
}

corpus::StoredModel to_stored(const LdaModel& model, const topics::Lda& lda) {
  ordered_json fields = {{"options", options_json(lda.options, model.terms)},
                         {"selection", ordered_json::parse(to_json(model.selection))},
                         {"documents", model.row_ids.size()},
                         {"terms", model.terms.size()},
                         {"tokens", lda.assignments.size()},
                         {"fit", fit_json(lda)},
                         {"analyzer", model.analyzer}};
  if (lda.sweeps < lda.options.iterations || lda.rounds > 0) {
    fields["checkpoint"] = {
        {"replaces", model.replaces}, {"keeps_names", model.keeps_names}, {"begun_by", model.begun_by}};
  }
  ModelWriter writer;
  add_tensors(writer, model, lda);
  return writer.stored(kLdaKind, fields);
}

LdaModel lda_from_stored(const corpus::StoredModel& stored, std::string_view what) {
  const ModelReader reader(stored, what);
  LdaModel model;
  model.terms = reader.strings("terms");
  read_options(reader, stored.version, model);
  read_fit(reader, model.lda);
  read_weights(reader, model);
  read_rows(reader, model);
  read_topics(reader, model);
  reader.fields().take("analyzer", model.analyzer);
  model.selection = term_selection_from_json(reader.fields().dump("selection"));
  if (!model.finished()) {
    reader.fields("checkpoint").take("replaces", model.replaces);
    reader.fields("checkpoint").take("keeps_names", model.keeps_names);
    if (reader.fields().json("checkpoint").contains("begun_by")) {  // not in those of older versions
      reader.fields("checkpoint").take("begun_by", model.begun_by);
    }
  }
  model.fingerprint = stored.checksum;
  return model;
}

LdaModel load_lda_model(Workspace& workspace, std::string_view name) {
  LdaModel model =
      lda_from_stored(corpus::load_model(workspace.store().database(), name, kLdaKind), concat("model \"", name, "\""));
  if (!model.finished()) {
    throw Error(ErrorCode::invalid_argument,
                concat("model \"", name, "\" is the checkpoint of a fit that was stopped after ", model.lda.sweeps,
                       " of ", model.lda.options.iterations, " sweeps; `malmoi lda CORPUS --save ",
                       name.substr(0, name.rfind(corpus::kCheckpointSuffix)), " --resume` goes on"));
  }
  model.term_ids = term_ids_of(workspace, model.terms);
  model.words = workspace.whole_words(model.terms);
  return model;
}

std::string checkpoint_name(std::string_view model) {
  return concat(model, corpus::kCheckpointSuffix);
}

std::vector<std::int64_t> term_tokens(const topics::Lda& lda) {
  std::vector<std::int64_t> tokens;
  const auto one = static_cast<double>(lda.unit) * lda.samples;
  for (std::size_t term = 0; term < lda.term_topics.rows(); ++term) {
    const auto counts = lda.term_topics.row_counts(term);
    tokens.push_back(std::max<std::int64_t>(std::llround(std::accumulate(counts.begin(), counts.end(), 0.0) / one), 1));
  }
  return tokens;
}

std::vector<double> topic_shares(const topics::Lda& lda) {
  std::vector<double> shares(lda.alpha.size(), 0.0);
  double all = 0;
  for (std::size_t i = 0; i < lda.term_topics.topics.size(); ++i) {
    const double count = lda.term_topics.counts[i];
    shares[lda.term_topics.topics[i]] += count;
    all += count;
  }
  for (double& share : shares) share = all > 0 ? share / all : 1.0 / static_cast<double>(shares.size());
  return shares;
}

}  // namespace malmoi::apps
