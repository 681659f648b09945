#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/models.h"
#include "corpus/store.h"
#include "corpus/tensors.h"
#include "neural/subwords.h"
#include "topics/topic_model.h"

// What all kinds of models share on their way into a corpus file and back: JSON fields and named arrays. Whatever is
// read is checked, so that a damaged or hostile model ends in corrupt_data and never leads outside an array.
namespace malmoi::apps {

/// Whole numbers of any width; bool is none.
template <typename T>
concept ModelInteger = std::integral<T> && !std::same_as<T, bool>;

/// An object of a model's options. Every function throws corrupt_data, naming the field, where there is none of that
/// name or it holds something else.
class ModelFields {
 public:
  /// object  must outlive this
  /// place   begins messages: `model "lda": damaged: options`
  ModelFields(const nlohmann::json& object, std::string place);

  [[nodiscard]] ModelFields object(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  /// For lists and other shapes; nlohmann's errors are for the caller to avoid: check before taking.
  [[nodiscard]] const nlohmann::json& json(std::string_view name) const;
  /// The text of the field as JSON.
  [[nodiscard]] std::string dump(std::string_view name) const;

  template <ModelInteger T>
  void take(std::string_view name, T& into) const {
    if constexpr (std::is_signed_v<T>) {
      into = static_cast<T>(integer(name, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    } else {
      into = static_cast<T>(natural(name, std::numeric_limits<T>::max()));
    }
  }
  void take(std::string_view name, bool& into) const;
  void take(std::string_view name, double& into) const;
  void take(std::string_view name, std::string& into) const;
  void take(std::string_view name, neural::UnitRange& into) const;
  void take(std::string_view name, std::vector<std::size_t>& into) const;
  /// One of an enum's names, in the order of its values.
  template <typename Enum, std::size_t N>
  void take(std::string_view name, const std::array<std::string_view, N>& names, Enum& into) const {
    into = static_cast<Enum>(choice(name, names));
  }

 private:
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::uint64_t natural(std::string_view name, std::uint64_t most) const;
  [[nodiscard]] std::size_t choice(std::string_view name, std::span<const std::string_view> names) const;
  [[noreturn]] void fail(std::string_view name, std::string_view wanted) const;

  const nlohmann::json* object_;
  std::string place_;
};

/// What ModelFields takes as a range.
[[nodiscard]] nlohmann::ordered_json to_json(const neural::UnitRange& range);

/// The name of an enum's value: the counterpart of ModelFields::take.
template <typename Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

/// Reads the parts of a stored model.
class ModelReader {
 public:
  static constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int64_t>::max();

  /// stored  must outlive this
  /// what    names the model in messages
  /// Throws corrupt_data: options that are no JSON object, tensors that are not the layout
  ModelReader(const corpus::StoredModel& stored, std::string_view what);
  ~ModelReader();
  ModelReader(const ModelReader&) = delete;
  ModelReader& operator=(const ModelReader&) = delete;

  [[nodiscard]] ModelFields fields() const;                       ///< all of the options
  [[nodiscard]] ModelFields fields(std::string_view name) const;  ///< an object among them
  [[nodiscard]] const corpus::TensorReader& tensors() const noexcept { return tensors_; }
  /// A model within the model: the object of this name, and the arrays whose names begin with it and a full stop.
  [[nodiscard]] ModelReader part(const std::string& name) const;

  /// Throws corrupt_data, saying that `part` does not fit the rest, unless it holds.
  void require(bool holds, std::string_view part) const;

  /// What ModelWriter::add_strings has written.
  [[nodiscard]] std::vector<std::string> strings(const std::string& name) const;
  /// Finite numbers of this shape.
  [[nodiscard]] topics::DenseMatrix matrix(const std::string& name, std::size_t rows, std::size_t columns) const;
  /// Ascending numbers from 0.
  [[nodiscard]] std::vector<std::int64_t> ascending(const std::string& name) const;

 private:
  ModelReader(std::string what, std::unique_ptr<const nlohmann::json> json, corpus::TensorReader tensors);

  std::string what_;
  std::unique_ptr<const nlohmann::json> json_;
  corpus::TensorReader tensors_;
};

/// Puts the parts of a model together.
class ModelWriter {
 public:
  /// Arrays of numbers; what is added must live until stored().
  [[nodiscard]] corpus::TensorWriter& tensors() noexcept { return tensors_; }
  /// Two tensors, NAME.lengths and NAME.text; copied.
  void add_strings(const std::string& name, std::span<const std::string> strings);
  void add_matrix(const std::string& name, const topics::DenseMatrix& matrix);

  /// The model with its checksum; the same parts give the same bytes. What is no UTF-8 in fields is replaced.
  [[nodiscard]] corpus::StoredModel stored(const corpus::ModelKind& kind, const nlohmann::ordered_json& fields) const;

 private:
  corpus::TensorWriter tensors_;
  std::deque<std::string> texts_;  // a deque so that views of them stay valid
};

struct NamedModel {
  std::string name;
  corpus::StoredModel stored;
};

/// Writes models and the run that made them, all or nothing, waiting for other programs if need be. What people added
/// to models of these names, and topics of documents, go.
void save_with_run(const std::filesystem::path& corpus, std::span<NamedModel> models, const corpus::Run& run,
                   bool overwrite);

}  // namespace malmoi::apps
