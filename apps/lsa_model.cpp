#include "apps/lsa_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/model_parts.h"
#include "corpus/base/error.h"
#include "corpus/store.h"

namespace malmoi::apps {
namespace {

using nlohmann::ordered_json;
using topics::LsaOptions;
using vectorize::TermWeighting;

constexpr std::array<std::string_view, 3> kMethods = {"lanczos", "randomized", "full"};
constexpr std::array<std::string_view, 6> kLocalWeights = {"binary",    "count",       "log",
                                                           "augmented", "log_average", "bm25"};
constexpr std::array<std::string_view, 7> kGlobalWeights = {"none",          "smooth",  "unsmoothed", "classic",
                                                            "probabilistic", "entropy", "bm25"};
constexpr std::array<std::string_view, 4> kNormalizations = {"none", "l1", "l2", "max"};

// ---- writing -------------------------------------------------------------------------------------------------------

ordered_json options_json(const LsaOptions& options) {
  return {{"rank", options.rank},
          {"method", name_of(kMethods, options.method)},
          {"tolerance", options.tolerance},
          {"basis", options.basis},
          {"restarts", options.restarts},
          {"oversampling", options.oversampling},
          {"power_iterations", options.power_iterations},
          {"seed", options.seed}};
}

ordered_json weighting_json(const TermWeighting& weighting) {
  return {{"local", name_of(kLocalWeights, weighting.options.local)},
          {"global", name_of(kGlobalWeights, weighting.options.global)},
          {"normalization", name_of(kNormalizations, weighting.options.normalization)},
          {"k1", weighting.options.k1},
          {"b", weighting.options.b},
          {"documents", weighting.documents},
          {"mean_length", weighting.mean_length}};
}

void add_tensors(ModelWriter& writer, const LsaModel& model) {
  corpus::TensorWriter& tensors = writer.tensors();
  tensors.add("singular_values", std::span<const double>(model.lsa.singular_values));
  tensors.add("residuals", std::span<const double>(model.lsa.residuals));
  tensors.add("global_weight", std::span<const double>(model.weighting.global_weight));
  writer.add_matrix("term_dimensions", model.lsa.terms);
  writer.add_matrix("document_dimensions", model.lsa.documents);
  tensors.add_narrow("row_ids", std::span<const std::int64_t>(model.row_ids));
  writer.add_strings("terms", model.terms);
}

// ---- reading -------------------------------------------------------------------------------------------------------

bool finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

bool finite_from_0(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value >= 0; });
}

void read_options(const ModelReader& reader, LsaOptions& options) {
  const ModelFields from = reader.fields("options");
  from.take("rank", options.rank);
  from.take("method", kMethods, options.method);
  from.take("tolerance", options.tolerance);
  from.take("basis", options.basis);
  from.take("restarts", options.restarts);
  from.take("oversampling", options.oversampling);
  from.take("power_iterations", options.power_iterations);
  from.take("seed", options.seed);
  reader.require(options.rank >= 1, "rank");
}

void read_weighting(const ModelReader& reader, LsaModel& model) {
  const ModelFields from = reader.fields("weighting");
  TermWeighting& weighting = model.weighting;
  from.take("local", kLocalWeights, weighting.options.local);
  from.take("global", kGlobalWeights, weighting.options.global);
  from.take("normalization", kNormalizations, weighting.options.normalization);
  from.take("k1", weighting.options.k1);
  from.take("b", weighting.options.b);
  from.take("documents", weighting.documents);
  from.take("mean_length", weighting.mean_length);
  weighting.global_weight = reader.tensors().read<double>("global_weight");
  reader.require(weighting.options.k1 >= 0 && weighting.options.b >= 0 && weighting.options.b <= 1, "k1");
  reader.require(std::cmp_equal(weighting.documents, model.row_ids.size()) && weighting.mean_length >= 0, "weighting");
  reader.require(weighting.global_weight.size() == model.terms.size() && finite(weighting.global_weight),
                 "global_weight");
}

void read_fit(const ModelReader& reader, LsaModel& model) {
  topics::Lsa& lsa = model.lsa;
  const auto rank = static_cast<std::size_t>(lsa.options.rank);
  reader.fields("fit").take("total_variance", lsa.total_variance);
  reader.fields("fit").take("converged", lsa.converged);
  lsa.singular_values = reader.tensors().read<double>("singular_values");
  lsa.residuals = reader.tensors().read<double>("residuals");
  reader.require(lsa.singular_values.size() == rank && finite_from_0(lsa.singular_values) &&
                     std::is_sorted(lsa.singular_values.rbegin(), lsa.singular_values.rend()),
                 "singular_values");
  reader.require(lsa.residuals.size() == rank && finite_from_0(lsa.residuals), "residuals");
  reader.require(lsa.total_variance >= 0, "total_variance");
  for (const double value : lsa.singular_values) {  // as fit_lsa
    lsa.explained.push_back(lsa.total_variance > 0 ? value * value / lsa.total_variance : 0.0);
  }
  lsa.terms = reader.matrix("term_dimensions", model.terms.size(), rank);
  lsa.documents = reader.matrix("document_dimensions", model.row_ids.size(), rank);
}

}  // namespace

corpus::StoredModel to_stored(const LsaModel& model) {
  const ordered_json fields = {
      {"options", options_json(model.lsa.options)},
      {"weighting", weighting_json(model.weighting)},
      {"selection", ordered_json::parse(to_json(model.selection))},
      {"documents", model.row_ids.size()},
      {"terms", model.terms.size()},
      {"fit", {{"total_variance", model.lsa.total_variance}, {"converged", model.lsa.converged}}},
      {"analyzer", model.analyzer}};
  ModelWriter writer;
  add_tensors(writer, model);
  return writer.stored(kLsaKind, fields);
}

LsaModel lsa_from_stored(const corpus::StoredModel& stored, std::string_view what) {
  const ModelReader reader(stored, what);
  LsaModel model;
  model.terms = reader.strings("terms");
  model.row_ids = reader.ascending("row_ids");
  read_options(reader, model.lsa.options);
  read_weighting(reader, model);
  read_fit(reader, model);
  reader.fields().take("analyzer", model.analyzer);
  model.selection = term_selection_from_json(reader.fields().dump("selection"));
  model.fingerprint = stored.checksum;
  return model;
}

bool is_lsa_model(const corpus::Store& store, std::string_view name) {
  const std::vector<corpus::ModelEntry> models = store.models();
  return std::any_of(models.begin(), models.end(), [&](const corpus::ModelEntry& entry) {
    return entry.name == name && entry.kind == kLsaKind.kind;
  });
}

LsaModel load_lsa_model(Workspace& workspace, std::string_view name) {
  LsaModel model =
      lsa_from_stored(corpus::load_model(workspace.store().database(), name, kLsaKind), concat("model \"", name, "\""));
  model.term_ids = term_ids_of(workspace, model.terms);
  model.words = workspace.whole_words(model.terms);
  return model;
}

}  // namespace malmoi::apps
