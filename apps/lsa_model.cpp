#include "apps/lsa_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/store.h"
#include "corpus/tensors.h"

namespace malmoi::apps {
namespace {

using corpus::TensorReader;
using corpus::TensorWriter;
using nlohmann::ordered_json;
using topics::DenseMatrix;
using topics::LsaOptions;
using vectorize::TermWeighting;

constexpr std::array<std::string_view, 3> kMethods = {"lanczos", "randomized", "full"};
constexpr std::array<std::string_view, 6> kLocalWeights = {"binary",    "count",       "log",
                                                           "augmented", "log_average", "bm25"};
constexpr std::array<std::string_view, 7> kGlobalWeights = {"none",          "smooth",  "unsmoothed", "classic",
                                                            "probabilistic", "entropy", "bm25"};
constexpr std::array<std::string_view, 4> kNormalizations = {"none", "l1", "l2", "max"};
constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();

template <typename T, std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, T value) {
  return names[static_cast<std::size_t>(value)];
}

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

void add_matrix(TensorWriter& writer, const std::string& name, const DenseMatrix& matrix) {
  const auto size = static_cast<std::size_t>(matrix.size());
  writer.add(name, std::span<const float>(matrix.data(), size), {matrix.rows(), matrix.cols()});
}

std::string tensors_of(const LsaModel& model) {
  std::string text;
  std::vector<std::size_t> lengths;
  for (const std::string& term : model.terms) {
    text += term;
    lengths.push_back(term.size());
  }
  TensorWriter writer;
  writer.add("singular_values", std::span<const double>(model.lsa.singular_values));
  writer.add("residuals", std::span<const double>(model.lsa.residuals));
  writer.add("global_weight", std::span<const double>(model.weighting.global_weight));
  add_matrix(writer, "term_dimensions", model.lsa.terms);
  add_matrix(writer, "document_dimensions", model.lsa.documents);
  writer.add_narrow("row_ids", std::span<const std::int64_t>(model.row_ids));
  writer.add_narrow("terms.lengths", std::span<const std::size_t>(lengths));
  writer.add("terms.text", std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  return writer.bytes();
}

// ---- reading -------------------------------------------------------------------------------------------------------

template <typename T>
bool finite(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

bool finite_from_0(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value >= 0; });
}

// Reads the parts of a stored model, and sees to it that they fit each other.
class Reading {
 public:
  Reading(const corpus::StoredModel& stored, std::string_view what)
      : what_(what), fields_(nlohmann::json::parse(stored.options)), tensors_(stored.tensors, what_) {}

  LsaModel model() {
    LsaModel model;
    read_terms(model);
    model.row_ids = tensors_.read_narrow<std::int64_t>("row_ids", kAnyNumber);
    require(std::is_sorted(model.row_ids.begin(), model.row_ids.end()), "row_ids");
    read_options(model.lsa.options);
    read_weighting(model);
    read_fit(model);
    model.analyzer = fields_.at("analyzer").get<std::string>();
    model.selection = term_selection_from_json(fields_.at("selection").dump());
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
  void take_choice(const nlohmann::json& from, const char* name, const std::array<std::string_view, N>& names,
                   T& into) const {
    const auto* found = std::find(names.begin(), names.end(), from.at(name).get<std::string>());
    require(found != names.end(), name);
    into = static_cast<T>(found - names.begin());
  }

  void read_terms(LsaModel& model) const {
    const auto lengths = tensors_.read_narrow<std::size_t>("terms.lengths", kAnyNumber);
    const auto text = tensors_.read<std::uint8_t>("terms.text");
    std::size_t begin = 0;
    for (const std::size_t length : lengths) {
      require(length <= text.size() - begin, "terms");
      const auto first = text.begin() + static_cast<std::ptrdiff_t>(begin);
      model.terms.emplace_back(first, first + static_cast<std::ptrdiff_t>(length));
      begin += length;
    }
    require(begin == text.size() && std::in_range<std::int32_t>(lengths.size()), "terms");
  }

  void read_options(LsaOptions& options) const {
    const nlohmann::json& from = fields_.at("options");
    take(from, "rank", options.rank);
    take_choice(from, "method", kMethods, options.method);
    take(from, "tolerance", options.tolerance);
    take(from, "basis", options.basis);
    take(from, "restarts", options.restarts);
    take(from, "oversampling", options.oversampling);
    take(from, "power_iterations", options.power_iterations);
    take(from, "seed", options.seed);
    require(options.rank >= 1, "rank");
  }

  void read_weighting(LsaModel& model) const {
    const nlohmann::json& from = fields_.at("weighting");
    TermWeighting& weighting = model.weighting;
    take_choice(from, "local", kLocalWeights, weighting.options.local);
    take_choice(from, "global", kGlobalWeights, weighting.options.global);
    take_choice(from, "normalization", kNormalizations, weighting.options.normalization);
    take(from, "k1", weighting.options.k1);
    take(from, "b", weighting.options.b);
    take(from, "documents", weighting.documents);
    take(from, "mean_length", weighting.mean_length);
    weighting.global_weight = tensors_.read<double>("global_weight");
    require(weighting.options.k1 >= 0 && weighting.options.b >= 0 && weighting.options.b <= 1, "k1");
    require(std::cmp_equal(weighting.documents, model.row_ids.size()) && weighting.mean_length >= 0, "weighting");
    require(weighting.global_weight.size() == model.terms.size() && finite(weighting.global_weight), "global_weight");
  }

  [[nodiscard]] DenseMatrix matrix(const std::string& name, std::size_t rows, std::size_t columns) const {
    const std::vector<std::int64_t>& shape = tensors_.at(name).shape;
    require(shape.size() == 2 && std::cmp_equal(shape[0], rows) && std::cmp_equal(shape[1], columns), name);
    const auto values = tensors_.read<float>(name);
    require(finite(values), name);
    DenseMatrix matrix(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
    std::copy(values.begin(), values.end(), matrix.data());
    return matrix;
  }

  void read_fit(LsaModel& model) const {
    topics::Lsa& lsa = model.lsa;
    const auto rank = static_cast<std::size_t>(lsa.options.rank);
    take(fields_.at("fit"), "total_variance", lsa.total_variance);
    take(fields_.at("fit"), "converged", lsa.converged);
    lsa.singular_values = tensors_.read<double>("singular_values");
    lsa.residuals = tensors_.read<double>("residuals");
    require(lsa.singular_values.size() == rank && finite_from_0(lsa.singular_values) &&
                std::is_sorted(lsa.singular_values.rbegin(), lsa.singular_values.rend()),
            "singular_values");
    require(lsa.residuals.size() == rank && finite_from_0(lsa.residuals), "residuals");
    require(lsa.total_variance >= 0, "total_variance");
    for (const double value : lsa.singular_values) {  // as fit_lsa
      lsa.explained.push_back(lsa.total_variance > 0 ? value * value / lsa.total_variance : 0.0);
    }
    lsa.terms = matrix("term_dimensions", model.terms.size(), rank);
    lsa.documents = matrix("document_dimensions", model.row_ids.size(), rank);
  }

  std::string what_;
  nlohmann::json fields_;
  TensorReader tensors_;
};

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
  corpus::StoredModel stored{.kind = std::string(kLsaKind.kind),
                             .version = kLsaKind.newest,
                             .options = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                             .tensors = tensors_of(model)};
  stored.checksum = corpus::checksum(stored);
  return stored;
}

LsaModel lsa_from_stored(const corpus::StoredModel& stored, std::string_view what) {
  try {
    LsaModel model = Reading(stored, what).model();
    model.fingerprint = stored.checksum;
    return model;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data, concat(what, ": damaged: its options cannot be read: ", error.what()));
  }
}

LsaModel load_lsa_model(Workspace& workspace, std::string_view name) {
  LsaModel model =
      lsa_from_stored(corpus::load_model(workspace.store().database(), name, kLsaKind), concat("model \"", name, "\""));
  const vectorize::Vocabulary& vocabulary = workspace.vocabulary();
  for (const std::string& term : model.terms) model.term_ids.push_back(vocabulary.find(term).value_or(-1));
  return model;
}

void save_lsa(const std::filesystem::path& corpus, corpus::StoredModel stored, const corpus::Run& run,
              const LsaSaving& saving) {
  corpus::Store store = corpus::Store::open(corpus, corpus::Access::write);
  corpus::Database& database = store.database();
  database.execute("PRAGMA busy_timeout=3600000");  // an hour, as for lda: the work must not be lost
  corpus::Transaction transaction(database);
  store.record(run);
  stored.run = database.query_integer("SELECT last_insert_rowid()");
  corpus::save_model(database, saving.name, stored, {.overwrite = saving.overwrite});
  corpus::remove_document_topics(database, saving.name);
  corpus::set_model_note(database, corpus::kTopicNames, saving.name, "");
  transaction.commit();
}

}  // namespace malmoi::apps
