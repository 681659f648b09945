#include "apps/lda_model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/tensors.h"

namespace malmoi::apps {
namespace {

using corpus::TensorReader;
using corpus::TensorWriter;
using nlohmann::ordered_json;
using topics::LdaOptions;
using topics::TopicCounts;

constexpr std::array<std::string_view, 3> kAlphaPriors = {"fixed", "symmetric", "asymmetric"};
constexpr std::array<std::string_view, 3> kTermWeights = {"one", "idf", "pmi"};
constexpr std::int64_t kMostTopics = 32767;
constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();

// ---- writing -------------------------------------------------------------------------------------------------------

ordered_json options_json(const LdaOptions& options, const std::vector<std::string>& terms) {
  ordered_json seed_words = ordered_json::array();
  for (const topics::SeedWord& seed : options.seed_words) {
    seed_words.push_back({seed.topic, terms[static_cast<std::size_t>(seed.column)]});
  }
  return {{"topics", options.topics},
          {"alpha", options.alpha},
          {"beta", options.beta},
          {"alpha_prior", kAlphaPriors[static_cast<std::size_t>(options.alpha_prior)]},
          {"learn_beta", options.learn_beta},
          {"iterations", options.iterations},
          {"burn_in", options.burn_in},
          {"prior_interval", options.prior_interval},
          {"samples", options.samples},
          {"sample_interval", options.sample_interval},
          {"term_weight", kTermWeights[static_cast<std::size_t>(options.term_weight)]},
          {"seed_words", std::move(seed_words)},
          {"seed_weight", options.seed_weight},
          {"shards", options.shards},
          {"seed", options.seed}};
}

ordered_json fit_json(const topics::Lda& lda) {
  return {{"beta", lda.beta},     {"unit", lda.unit},       {"sweeps", lda.sweeps},
          {"rounds", lda.rounds}, {"samples", lda.samples}, {"round_log_likelihood", lda.round_log_likelihood}};
}

void add_counts(TensorWriter& writer, const std::string& name, const TopicCounts& counts) {
  std::vector<std::size_t> lengths(counts.rows());
  for (std::size_t row = 0; row < lengths.size(); ++row) lengths[row] = counts.offsets[row + 1] - counts.offsets[row];
  writer.add_narrow(name + ".lengths", std::span<const std::size_t>(lengths));
  writer.add_narrow(name + ".topics", std::span<const std::uint16_t>(counts.topics));
  writer.add_narrow(name + ".counts", std::span<const std::int32_t>(counts.counts));
}

std::string sample_name(std::size_t sample) {
  return concat("document_topics.", sample);
}

std::string tensors_of(const LdaModel& model, const topics::Lda& lda) {
  std::string text;
  std::vector<std::size_t> lengths;
  for (const std::string& term : model.terms) {
    text += term;
    lengths.push_back(term.size());
  }
  TensorWriter writer;
  writer.add("alpha", std::span<const double>(lda.alpha));
  writer.add("log_likelihood", std::span<const double>(lda.log_likelihood));
  writer.add("row_hashes", std::span<const std::int64_t>(model.row_hashes));
  writer.add_narrow("row_ids", std::span<const std::int64_t>(model.row_ids));
  writer.add_narrow("row_tokens", std::span<const std::int64_t>(model.row_tokens));
  writer.add_narrow("terms.lengths", std::span<const std::size_t>(lengths));
  writer.add("terms.text", std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  add_counts(writer, "term_topics", lda.term_topics);
  for (std::size_t sample = 0; sample < lda.document_topics.size(); ++sample) {
    add_counts(writer, sample_name(sample), lda.document_topics[sample]);
  }
  writer.add_narrow("assignments", std::span<const std::uint16_t>(lda.assignments));
  return writer.bytes();
}

// ---- reading -------------------------------------------------------------------------------------------------------

// Reads the parts of a stored model, and sees to it that they fit each other.
class Reading {
 public:
  Reading(const corpus::StoredModel& stored, std::string_view what)
      : what_(what), fields_(nlohmann::json::parse(stored.options)), tensors_(stored.tensors, what_) {}

  LdaModel model() {
    LdaModel model;
    read_terms(model);
    read_options(model);
    read_fit(model.lda);
    read_rows(model);
    read_counts(model);
    model.analyzer = fields_.at("analyzer").get<std::string>();
    model.selection = term_selection_from_json(fields_.at("selection").dump());
    if (!model.finished()) {
      take(fields_.at("checkpoint"), "replaces", model.replaces);
      take(fields_.at("checkpoint"), "keeps_names", model.keeps_names);
    }
    return model;
  }

 private:
  void require(bool holds, std::string_view part) const {
    if (!holds) throw Error(ErrorCode::corrupt_data, concat(what_, ": damaged: ", part, " does not fit the rest"));
  }

  template <typename T>
  static void take(const nlohmann::json& from, const char* name, T& into) {
    into = from.at(name).get<T>();
  }

  template <typename T, std::size_t N>
  void take(const char* name, const std::array<std::string_view, N>& names, T& into) const {
    const auto text = fields_.at("options").at(name).get<std::string>();
    const auto* found = std::find(names.begin(), names.end(), text);
    require(found != names.end(), name);
    into = static_cast<T>(found - names.begin());
  }

  void read_terms(LdaModel& model) const {
    const auto lengths = tensors_.read_narrow<std::size_t>("terms.lengths", kAnyNumber);
    const auto text = tensors_.read<std::uint8_t>("terms.text");
    std::size_t begin = 0;
    for (const std::size_t length : lengths) {
      require(length <= text.size() - begin, "terms");
      const auto first = text.begin() + static_cast<std::ptrdiff_t>(begin);
      model.terms.emplace_back(first, first + static_cast<std::ptrdiff_t>(length));
      begin += length;
    }
    require(begin == text.size() && lengths.size() <= std::numeric_limits<std::int32_t>::max(), "terms");
  }

  void read_options(LdaModel& model) const {
    const nlohmann::json& from = fields_.at("options");
    LdaOptions& options = model.lda.options;
    take(from, "topics", options.topics);
    take(from, "alpha", options.alpha);
    take(from, "beta", options.beta);
    take("alpha_prior", kAlphaPriors, options.alpha_prior);
    take(from, "learn_beta", options.learn_beta);
    take(from, "iterations", options.iterations);
    take(from, "burn_in", options.burn_in);
    take(from, "prior_interval", options.prior_interval);
    take(from, "samples", options.samples);
    take(from, "sample_interval", options.sample_interval);
    take("term_weight", kTermWeights, options.term_weight);
    take(from, "seed_weight", options.seed_weight);
    take(from, "shards", options.shards);
    take(from, "seed", options.seed);
    require(options.topics >= 1 && options.topics <= kMostTopics, "topics");
    for (const nlohmann::json& seed : from.at("seed_words")) {
      const auto term = std::find(model.terms.begin(), model.terms.end(), seed.at(1).get<std::string>());
      const auto topic = seed.at(0).get<std::int32_t>();
      require(term != model.terms.end() && topic >= 0 && topic < options.topics, "seed_words");
      options.seed_words.push_back({static_cast<std::int32_t>(term - model.terms.begin()), topic});
    }
  }

  void read_fit(topics::Lda& lda) const {
    const nlohmann::json& from = fields_.at("fit");
    take(from, "beta", lda.beta);
    take(from, "unit", lda.unit);
    take(from, "sweeps", lda.sweeps);
    take(from, "rounds", lda.rounds);
    take(from, "samples", lda.samples);
    take(from, "round_log_likelihood", lda.round_log_likelihood);
    lda.alpha = tensors_.read<double>("alpha");
    lda.log_likelihood = tensors_.read<double>("log_likelihood");
    const bool positive = std::all_of(lda.alpha.begin(), lda.alpha.end(), [](double a) { return a > 0; });
    require(std::cmp_equal(lda.alpha.size(), lda.options.topics) && positive && lda.beta > 0, "alpha");
    require(lda.unit >= 1 && lda.rounds >= 0 && lda.sweeps >= 0 && lda.sweeps <= lda.options.iterations, "fit");
  }

  void read_rows(LdaModel& model) const {
    model.row_ids = tensors_.read_narrow<std::int64_t>("row_ids", kAnyNumber);
    model.row_tokens = tensors_.read_narrow<std::int64_t>("row_tokens", std::numeric_limits<std::int32_t>::max());
    model.row_hashes = tensors_.read<std::int64_t>("row_hashes");
    require(std::is_sorted(model.row_ids.begin(), model.row_ids.end()), "row_ids");
    require(model.row_tokens.size() == model.row_ids.size(), "row_tokens");
    require(model.row_hashes.size() == model.row_ids.size(), "row_hashes");
  }

  [[nodiscard]] TopicCounts counts(const std::string& name, std::size_t rows, std::int64_t most_topic) const {
    TopicCounts counts;
    counts.topics = tensors_.read_narrow<std::uint16_t>(name + ".topics", most_topic);
    counts.counts = tensors_.read_narrow<std::int32_t>(name + ".counts", std::numeric_limits<std::int32_t>::max());
    const auto lengths = tensors_.read_narrow<std::size_t>(name + ".lengths", kAnyNumber);
    require(lengths.size() == rows && counts.topics.size() == counts.counts.size(), name);
    counts.offsets.reserve(rows + 1);
    for (const std::size_t length : lengths) {
      require(length <= counts.topics.size() - counts.offsets.back(), name);
      counts.offsets.push_back(counts.offsets.back() + length);
    }
    require(counts.offsets.back() == counts.topics.size(), name);
    return counts;
  }

  void read_counts(LdaModel& model) const {
    topics::Lda& lda = model.lda;
    const std::int64_t last = lda.options.topics - 1;
    const bool none_yet = lda.samples == 0 && tensors_.at("term_topics.lengths").bytes.empty();
    lda.term_topics = counts("term_topics", none_yet ? 0 : model.terms.size(), last);
    for (std::size_t sample = 0; tensors_.has(sample_name(sample) + ".topics"); ++sample) {
      lda.document_topics.push_back(counts(sample_name(sample), model.row_ids.size(), last));
    }
    require(std::cmp_equal(lda.document_topics.size(), lda.samples), "samples");
    lda.assignments = tensors_.read_narrow<std::uint16_t>("assignments", last);
    const auto tokens = std::accumulate(model.row_tokens.begin(), model.row_tokens.end(), std::int64_t{0});
    require(std::cmp_equal(lda.assignments.size(), tokens), "assignments");
  }

  std::string what_;
  nlohmann::json fields_;
  TensorReader tensors_;
};

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
    fields["checkpoint"] = {{"replaces", model.replaces}, {"keeps_names", model.keeps_names}};
  }
  corpus::StoredModel stored{.kind = std::string(kLdaKind.kind),
                             .version = kLdaKind.newest,
                             .options = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                             .tensors = tensors_of(model, lda)};
  stored.checksum = corpus::checksum(stored);
  return stored;
}

LdaModel lda_from_stored(const corpus::StoredModel& stored, std::string_view what) {
  try {
    LdaModel model = Reading(stored, what).model();
    model.fingerprint = stored.checksum;
    return model;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data, concat(what, ": damaged: its options cannot be read: ", error.what()));
  }
}

LdaModel load_lda_model(Workspace& workspace, std::string_view name) {
  LdaModel model =
      lda_from_stored(corpus::load_model(workspace.store().database(), name, kLdaKind), concat("model \"", name, "\""));
  if (!model.finished()) {
    throw Error(ErrorCode::invalid_argument, concat("model \"", name,
                                                    "\" is the checkpoint of a fit that was stopped "
                                                    "after ",
                                                    model.lda.sweeps, " of ", model.lda.options.iterations,
                                                    " sweeps; `malmoi lda CORPUS --resume` goes on"));
  }
  const vectorize::Vocabulary& vocabulary = workspace.vocabulary();
  for (const std::string& term : model.terms) model.term_ids.push_back(vocabulary.find(term).value_or(-1));
  return model;
}

std::string checkpoint_name(std::string_view model) {
  return concat(model, ".checkpoint");
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
