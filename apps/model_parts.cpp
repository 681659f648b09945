#include "apps/model_parts.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

std::unique_ptr<const nlohmann::json> parse(const std::string& options, const std::string& what) {
  auto parsed =
      std::make_unique<const nlohmann::json>(nlohmann::json::parse(options, nullptr, /*allow_exceptions=*/false));
  if (parsed->is_object()) return parsed;
  throw Error(ErrorCode::corrupt_data, concat(what, ": damaged: its options are no JSON object"));
}

}  // namespace

ModelFields::ModelFields(const nlohmann::json& object, std::string place)
    : object_(&object), place_(std::move(place)) {}

void ModelFields::fail(std::string_view name, std::string_view wanted) const {
  throw Error(ErrorCode::corrupt_data, concat(place_, ": ", name, " is not ", wanted));
}

bool ModelFields::has(std::string_view name) const {
  return object_->contains(std::string(name));
}

const nlohmann::json& ModelFields::json(std::string_view name) const {
  const auto found = object_->find(std::string(name));
  if (found == object_->end()) fail(name, "there");
  return *found;
}

ModelFields ModelFields::object(std::string_view name) const {
  const nlohmann::json& field = json(name);
  if (!field.is_object()) fail(name, "an object");
  return {field, concat(place_, '.', name)};
}

std::string ModelFields::dump(std::string_view name) const {
  return json(name).dump();
}

void ModelFields::take(std::string_view name, bool& into) const {
  const nlohmann::json& field = json(name);
  if (!field.is_boolean()) fail(name, "true or false");
  into = field.get<bool>();
}

void ModelFields::take(std::string_view name, double& into) const {
  const nlohmann::json& field = json(name);
  if (!field.is_number()) fail(name, "a number");
  into = field.get<double>();
}

void ModelFields::take(std::string_view name, std::string& into) const {
  const nlohmann::json& field = json(name);
  if (!field.is_string()) fail(name, "a text");
  into = field.get<std::string>();
}

void ModelFields::take(std::string_view name, neural::UnitRange& into) const {
  const ModelFields from = object(name);
  from.take("shortest", into.shortest);
  from.take("longest", into.longest);
}

void ModelFields::take(std::string_view name, std::vector<std::size_t>& into) const {
  const nlohmann::json& list = json(name);
  if (!list.is_array()) fail(name, "a list");
  into.clear();
  for (const nlohmann::json& value : list) {
    if (!value.is_number_unsigned()) fail(name, "whole numbers");
    into.push_back(value.get<std::size_t>());
  }
}

nlohmann::ordered_json to_json(const neural::UnitRange& range) {
  return {{"shortest", range.shortest}, {"longest", range.longest}};
}

std::int64_t ModelFields::integer(std::string_view name, std::int64_t least, std::int64_t most) const {
  const nlohmann::json& field = json(name);
  const bool fits =
      field.is_number_unsigned() ? std::cmp_less_equal(field.get<std::uint64_t>(), most) : field.is_number_integer();
  if (!fits || field.get<std::int64_t>() < least || field.get<std::int64_t>() > most) {
    fail(name, concat("a whole number from ", least, " to ", most));
  }
  return field.get<std::int64_t>();
}

std::uint64_t ModelFields::natural(std::string_view name, std::uint64_t most) const {
  const nlohmann::json& field = json(name);
  if (!field.is_number_unsigned() || field.get<std::uint64_t>() > most) {
    fail(name, concat("a whole number from 0 to ", most));
  }
  return field.get<std::uint64_t>();
}

std::size_t ModelFields::choice(std::string_view name, std::span<const std::string_view> names) const {
  std::string text;
  take(name, text);
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) fail(name, "known to this version");
  return static_cast<std::size_t>(found - names.begin());
}

ModelReader::ModelReader(const corpus::StoredModel& stored, std::string_view what)
    : what_(what), json_(parse(stored.options, what_)), tensors_(stored.tensors, what_) {}

ModelReader::ModelReader(std::string what, std::unique_ptr<const nlohmann::json> json, corpus::TensorReader tensors)
    : what_(std::move(what)), json_(std::move(json)), tensors_(std::move(tensors)) {}

ModelReader::~ModelReader() = default;

ModelReader ModelReader::part(const std::string& name) const {
  const nlohmann::json& object = fields().json(name);
  require(object.is_object(), name);
  return {concat(what_, ": ", name), std::make_unique<const nlohmann::json>(object), tensors_.part(name + '.')};
}

ModelFields ModelReader::fields() const {
  return {*json_, concat(what_, ": damaged: options")};
}

ModelFields ModelReader::fields(std::string_view name) const {
  return fields().object(name);
}

void ModelReader::require(bool holds, std::string_view part) const {
  if (!holds) throw Error(ErrorCode::corrupt_data, concat(what_, ": damaged: ", part, " does not fit the rest"));
}

std::vector<std::string> ModelReader::strings(const std::string& name) const {
  const auto lengths = tensors_.read_narrow<std::size_t>(name + ".lengths", kAnyNumber);
  const auto text = tensors_.read<std::uint8_t>(name + ".text");
  std::vector<std::string> strings;
  strings.reserve(lengths.size());
  auto next = text.begin();
  for (const std::size_t length : lengths) {
    require(std::cmp_less_equal(length, text.end() - next), name);
    const auto end = next + static_cast<std::ptrdiff_t>(length);
    strings.emplace_back(next, end);
    next = end;
  }
  require(next == text.end() && std::in_range<std::int32_t>(lengths.size()), name);
  return strings;
}

topics::DenseMatrix ModelReader::matrix(const std::string& name, std::size_t rows, std::size_t columns) const {
  const std::vector<std::int64_t>& shape = tensors_.at(name).shape;
  require(shape.size() == 2 && std::cmp_equal(shape[0], rows) && std::cmp_equal(shape[1], columns), name);
  const auto values = tensors_.read<float>(name);
  require(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }), name);
  topics::DenseMatrix matrix(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
  std::copy(values.begin(), values.end(), matrix.data());
  return matrix;
}

std::vector<std::int64_t> ModelReader::ascending(const std::string& name) const {
  auto numbers = tensors_.read_narrow<std::int64_t>(name, kAnyNumber);
  require(std::is_sorted(numbers.begin(), numbers.end()), name);
  return numbers;
}

void ModelWriter::add_strings(const std::string& name, std::span<const std::string> strings) {
  std::string& text = texts_.emplace_back();
  std::vector<std::size_t> lengths;
  lengths.reserve(strings.size());
  for (const std::string& string : strings) {
    text += string;
    lengths.push_back(string.size());
  }
  tensors_.add_narrow(name + ".lengths", std::span<const std::size_t>(lengths));
  tensors_.add(name + ".text", std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void ModelWriter::add_matrix(const std::string& name, const topics::DenseMatrix& matrix) {
  const auto size = static_cast<std::size_t>(matrix.size());
  tensors_.add(name, std::span<const float>(matrix.data(), size), {matrix.rows(), matrix.cols()});
}

corpus::StoredModel ModelWriter::stored(const corpus::ModelKind& kind, const nlohmann::ordered_json& fields) const {
  corpus::StoredModel stored{.kind = std::string(kind.kind),
                             .version = kind.newest,
                             .options = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                             .tensors = tensors_.bytes()};
  stored.checksum = corpus::checksum(stored);
  return stored;
}

void save_with_run(const std::filesystem::path& corpus, std::span<NamedModel> models, const corpus::Run& run,
                   bool overwrite) {
  corpus::Store store = corpus::Store::open(corpus, corpus::Access::write);
  corpus::Database& database = store.database();
  database.execute("PRAGMA busy_timeout=3600000");  // an hour: the work must not be lost
  corpus::Transaction transaction(database);
  store.record(run);
  const std::int64_t id = database.query_integer("SELECT last_insert_rowid()");
  for (NamedModel& model : models) {
    model.stored.run = id;
    corpus::save_model(database, model.name, model.stored, {.overwrite = overwrite});
    corpus::remove_document_topics(database, model.name);
    corpus::set_model_note(database, corpus::kTopicNames, model.name, "");
  }
  transaction.commit();
}

}  // namespace malmoi::apps
