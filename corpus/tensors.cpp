#include "corpus/tensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/provided_pages.h"
#include "corpus/int8_blocks.h"

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory");

namespace malmoi::corpus {
namespace {

using nlohmann::json;

constexpr std::string_view kNotes = "__metadata__";
constexpr std::string_view kScales = ".scales";
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kAlignment = 8;
constexpr std::size_t kLongestHeader = 100'000'000;  // as the reference implementation

struct TypeName {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<TypeName, 7> kTypes = {
    {{"F64", 8}, {"I64", 8}, {"F32", 4}, {"I32", 4}, {"U16", 2}, {"U8", 1}, {"I8", 1}}};

constexpr std::size_t kLeastQuantized = 256;  // values: below, bytes saved are not worth what is lost

template <typename T>
constexpr TensorType type_of() {
  if constexpr (std::is_same_v<T, double>) return TensorType::f64;
  if constexpr (std::is_same_v<T, std::int64_t>) return TensorType::i64;
  if constexpr (std::is_same_v<T, float>) return TensorType::f32;
  if constexpr (std::is_same_v<T, std::int32_t>) return TensorType::i32;
  if constexpr (std::is_same_v<T, std::uint16_t>) return TensorType::u16;
  if constexpr (std::is_same_v<T, std::int8_t>) return TensorType::i8;
  return TensorType::u8;
}

std::vector<std::int64_t> shape_for(std::size_t count, std::vector<std::int64_t> shape) {
  if (shape.empty()) shape.push_back(static_cast<std::int64_t>(count));
  return shape;
}

std::optional<TensorType> find_type(std::string_view name) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return t.name == name; });
  if (found == kTypes.end()) return std::nullopt;
  return static_cast<TensorType>(found - kTypes.begin());
}

// Elements that a shape stands for; nullopt where the number does not fit or a length is negative.
std::optional<std::size_t> elements(const std::vector<std::int64_t>& shape) {
  std::size_t product = 1;
  for (const std::int64_t length : shape) {
    if (length < 0) return std::nullopt;
    if (__builtin_mul_overflow(product, static_cast<std::size_t>(length), &product)) return std::nullopt;
  }
  return product;
}

template <typename T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

template <typename To, typename From>
std::string converted(std::span<const From> values) {
  std::string bytes(values.size() * sizeof(To), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<To>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(To), &value, sizeof(To));
  }
  return bytes;
}

template <typename T>
std::vector<T> zeros(std::size_t count) {
  std::vector<T> values;
  values.reserve(count);
  provide_pages(values.data(), count * sizeof(T));
  values.resize(count);
  return values;
}

// Calls visit with every element of a tensor of whole numbers.
template <typename From, typename Visit>
void for_each_as(std::string_view bytes, const Visit& visit) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(From)) {
    From value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    visit(static_cast<std::int64_t>(value));
  }
}

std::vector<std::int64_t> shape_from(const json& lengths) {
  std::vector<std::int64_t> shape;
  for (const json& length : lengths) {
    const auto value = length.get<std::uint64_t>();
    shape.push_back(value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                        ? -1
                        : static_cast<std::int64_t>(value));
  }
  return shape;
}

bool is_unsigned_list(const json& list) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [](const json& n) { return n.is_number_unsigned(); });
}

[[noreturn]] void fail(std::string_view what, std::string_view problem) {
  throw Error(ErrorCode::corrupt_data, concat(what, ": damaged: its tensors ", problem));
}

TensorNotes read_notes(std::string_view what, const json& entry) {
  TensorNotes notes;
  if (!entry.is_object()) fail(what, "have notes that cannot be read");
  for (const auto& [title, text] : entry.items()) {
    if (!text.is_string()) fail(what, "have notes that cannot be read");
    notes[title] = text.get<std::string>();
  }
  return notes;
}

struct HeaderEntry {
  const std::string& key;
  const json& value;
};

TensorView read_entry(std::string_view what, const HeaderEntry& entry, std::string_view data) {
  const json& value = entry.value;
  const bool whole = value.is_object() && value.contains("dtype") && value["dtype"].is_string() &&
                     value.contains("shape") && is_unsigned_list(value["shape"]) && value.contains("data_offsets") &&
                     is_unsigned_list(value["data_offsets"]) && value["data_offsets"].size() == 2;
  if (!whole) fail(what, concat("have no type, shape and place for ", entry.key));
  const auto type = find_type(value["dtype"].get_ref<const std::string&>());
  if (!type) fail(what, concat("have a type for ", entry.key, " that is not known"));
  const auto begin = value["data_offsets"][0].get<std::uint64_t>();
  const auto end = value["data_offsets"][1].get<std::uint64_t>();
  if (begin > end || end > data.size()) fail(what, concat("end before ", entry.key, " does"));
  TensorView tensor{entry.key, *type, shape_from(value["shape"]), data.substr(begin, end - begin)};
  const auto count = elements(tensor.shape);
  const std::size_t width = element_bytes(*type);
  if (!count || tensor.bytes.size() % width != 0 || tensor.bytes.size() / width != *count) {
    fail(what, concat("have a shape for ", entry.key, " that does not fit its bytes"));
  }
  return tensor;
}

// Brings them into the order of their places, which must follow each other from end to end.
void sort_places(std::string_view what, std::vector<TensorView>& tensors, std::string_view data) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    return a.bytes.data() != b.bytes.data() ? a.bytes.data() < b.bytes.data() : a.bytes.size() < b.bytes.size();
  });
  const char* place = data.data();
  for (const TensorView& tensor : tensors) {
    if (tensor.bytes.data() != place) fail(what, "overlap or leave holes");
    place += tensor.bytes.size();
  }
  if (place != data.data() + data.size()) fail(what, "have bytes behind them");
}

}  // namespace

std::string_view name(TensorType type) noexcept {
  return kTypes[static_cast<std::size_t>(type)].name;
}

std::size_t element_bytes(TensorType type) noexcept {
  return kTypes[static_cast<std::size_t>(type)].bytes;
}

// ---- writing -------------------------------------------------------------------------------------------------------

void TensorWriter::add(TensorView tensor) {
  tensor.name.insert(0, prefix_);
  const std::size_t count = tensor.bytes.size() / element_bytes(tensor.type);
  if (elements(tensor.shape) != count) {
    throw Error(ErrorCode::invalid_argument,
                concat("tensor ", tensor.name, ": ", count, " values do not fit its shape"));
  }
  const bool used =
      tensor.name == kNotes ||
      std::any_of(tensors_.begin(), tensors_.end(), [&](const TensorView& other) { return other.name == tensor.name; });
  if (used) throw Error(ErrorCode::invalid_argument, concat("tensor ", tensor.name, ": the name is used already"));
  tensors_.push_back(std::move(tensor));
}

template <typename T>
void TensorWriter::add(std::string name, std::span<const T> values, std::vector<std::int64_t> shape) {
  add({std::move(name), type_of<T>(), shape_for(values.size(), std::move(shape)), bytes_of(values)});
}

template <typename Integer>
void TensorWriter::add_narrow(std::string name, std::span<const Integer> values, std::vector<std::int64_t> shape) {
  std::uint64_t most = 0;
  for (const Integer value : values) {
    if (std::cmp_less(value, 0)) throw Error(ErrorCode::invalid_argument, concat("tensor ", name, ": below 0"));
    most = std::max(most, static_cast<std::uint64_t>(value));
  }
  TensorType type = TensorType::i64;
  if (most <= 0xFF) {
    type = TensorType::u8;
    copies_.push_back(converted<std::uint8_t>(values));
  } else if (most <= 0xFFFF) {
    type = TensorType::u16;
    copies_.push_back(converted<std::uint16_t>(values));
  } else if (most <= 0x7FFFFFFF) {
    type = TensorType::i32;
    copies_.push_back(converted<std::int32_t>(values));
  } else {
    copies_.push_back(converted<std::int64_t>(values));
  }
  add({std::move(name), type, shape_for(values.size(), std::move(shape)), copies_.back()});
}

void TensorWriter::add_int8(const std::string& name, std::span<const float> values, std::vector<std::int64_t> shape) {
  const Int8Blocks blocks = to_int8(values);
  const auto add_copy = [&](std::string part, auto numbers, std::vector<std::int64_t> lengths) {
    copies_.emplace_back(bytes_of(numbers));
    add({std::move(part), type_of<typename decltype(numbers)::value_type>(), std::move(lengths), copies_.back()});
  };
  add_copy(name, std::span(blocks.values), shape_for(values.size(), std::move(shape)));
  add_copy(name + std::string(kScales), std::span(blocks.scales), shape_for(blocks.scales.size(), {}));
}

std::string TensorWriter::bytes(const TensorNotes& notes) const {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors_) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    return element_bytes(a->type) > element_bytes(b->type);
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!notes.empty()) header[std::string(kNotes)] = notes;
  std::size_t end = 0;
  for (const TensorView* tensor : order) {
    const std::size_t begin = end;
    end += tensor->bytes.size();
    header[tensor->name] = {{"dtype", name(tensor->type)}, {"shape", tensor->shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');

  const std::uint64_t length = text.size();
  std::string all(kLengthBytes, '\0');
  std::memcpy(all.data(), &length, kLengthBytes);
  all.reserve(kLengthBytes + text.size() + end);
  all += text;
  for (const TensorView* tensor : order) all += tensor->bytes;
  return all;
}

// ---- reading -------------------------------------------------------------------------------------------------------

TensorReader::TensorReader(std::string_view bytes, std::string what) : what_(std::move(what)) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) fail(what_, "end before their header");
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes || length > kLongestHeader) fail(what_, "end within their header");
  const std::string_view header = bytes.substr(kLengthBytes, static_cast<std::size_t>(length));
  const std::string_view data = bytes.substr(kLengthBytes + header.size());
  const json entries = json::parse(header, nullptr, false);
  if (!entries.is_object()) fail(what_, "have a header that cannot be read");
  for (const auto& [key, entry] : entries.items()) {
    if (key == kNotes) {
      notes_ = read_notes(what_, entry);
    } else {
      tensors_.push_back(read_entry(what_, {key, entry}, data));
    }
  }
  sort_places(what_, tensors_, data);
}

bool TensorReader::has(std::string_view name) const noexcept {
  return std::any_of(tensors_.begin(), tensors_.end(), [&](const TensorView& tensor) { return tensor.name == name; });
}

TensorReader TensorReader::part(std::string_view prefix) const {
  TensorReader part(concat(what_, ": ", prefix));
  for (const TensorView& tensor : tensors_) {
    if (!tensor.name.starts_with(prefix)) continue;
    part.tensors_.push_back({tensor.name.substr(prefix.size()), tensor.type, tensor.shape, tensor.bytes});
  }
  return part;
}

const TensorView& TensorReader::at(std::string_view name) const {
  const auto found =
      std::find_if(tensors_.begin(), tensors_.end(), [&](const TensorView& tensor) { return tensor.name == name; });
  if (found == tensors_.end()) fail(what_, concat("lack ", name));
  return *found;
}

template <typename T>
std::vector<T> TensorReader::read(std::string_view name) const {
  const TensorView& tensor = at(name);
  if constexpr (std::is_same_v<T, float>) {
    if (tensor.type == TensorType::i8) return read_int8(tensor);
  }
  if (tensor.type != type_of<T>()) fail(what_, concat("have ", corpus::name(tensor.type), " for ", name));
  std::vector<T> values = zeros<T>(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::vector<float> TensorReader::read_int8(const TensorView& tensor) const {
  const std::string scales_name = tensor.name + std::string(kScales);
  if (at(scales_name).type != TensorType::f32) fail(what_, concat("have no floats in ", scales_name));
  Int8Blocks blocks{read<std::int8_t>(tensor.name), read<float>(scales_name)};
  const bool fit = blocks.scales.size() == int8_scales(blocks.values.size()) &&
                   std::all_of(blocks.scales.begin(), blocks.scales.end(),
                               [](float scale) { return std::isfinite(scale) && scale >= 0; });
  if (!fit) fail(what_, concat("have scales in ", scales_name, " that do not fit"));
  return from_int8(blocks);
}

template <typename Integer>
std::vector<Integer> TensorReader::read_narrow(std::string_view name, std::int64_t most) const {
  const TensorView& tensor = at(name);
  std::vector<Integer> values = zeros<Integer>(tensor.bytes.size() / element_bytes(tensor.type));
  const std::uint64_t limit = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(most, 0)),
                                       static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()));
  Integer* next = values.data();
  const auto keep = [&](std::int64_t value) {
    if (static_cast<std::uint64_t>(value) > limit) {  // numbers below 0 are greater as well
      fail(what_, concat("have ", value, " in ", name, ", more than ", most, " or below 0"));
    }
    *next++ = static_cast<Integer>(value);
  };
  switch (tensor.type) {
    case TensorType::u8:
      for_each_as<std::uint8_t>(tensor.bytes, keep);
      break;
    case TensorType::u16:
      for_each_as<std::uint16_t>(tensor.bytes, keep);
      break;
    case TensorType::i32:
      for_each_as<std::int32_t>(tensor.bytes, keep);
      break;
    case TensorType::i64:
      for_each_as<std::int64_t>(tensor.bytes, keep);
      break;
    default:
      fail(what_, concat("have ", corpus::name(tensor.type), " for ", name));
  }
  return values;
}

std::string with_int8(std::string_view layout, const std::string& what) {
  const TensorReader reader(layout, what);
  TensorWriter writer;
  bool any = false;
  for (const TensorView& tensor : reader.all()) {
    if (tensor.type == TensorType::i8) throw Error(ErrorCode::invalid_argument, concat(what, ": is int8 already"));
    if (tensor.type == TensorType::f32 && tensor.bytes.size() >= kLeastQuantized * sizeof(float)) {
      writer.add_int8(tensor.name, reader.read<float>(tensor.name), tensor.shape);
      any = true;
    } else {
      writer.add(tensor);
    }
  }
  if (any) return writer.bytes(reader.notes());
  throw Error(ErrorCode::invalid_argument,
              concat(what, ": has no array of at least ", kLeastQuantized, " floats that could be stored as int8"));
}

template void TensorWriter::add(std::string, std::span<const double>, std::vector<std::int64_t>);
template void TensorWriter::add(std::string, std::span<const std::int64_t>, std::vector<std::int64_t>);
template void TensorWriter::add(std::string, std::span<const float>, std::vector<std::int64_t>);
template void TensorWriter::add(std::string, std::span<const std::int32_t>, std::vector<std::int64_t>);
template void TensorWriter::add(std::string, std::span<const std::uint16_t>, std::vector<std::int64_t>);
template void TensorWriter::add(std::string, std::span<const std::uint8_t>, std::vector<std::int64_t>);
template void TensorWriter::add_narrow(std::string, std::span<const std::uint8_t>, std::vector<std::int64_t>);
template void TensorWriter::add_narrow(std::string, std::span<const std::uint16_t>, std::vector<std::int64_t>);
template void TensorWriter::add_narrow(std::string, std::span<const std::int32_t>, std::vector<std::int64_t>);
template void TensorWriter::add_narrow(std::string, std::span<const std::int64_t>, std::vector<std::int64_t>);
template void TensorWriter::add_narrow(std::string, std::span<const std::size_t>, std::vector<std::int64_t>);
template std::vector<double> TensorReader::read(std::string_view) const;
template std::vector<std::int64_t> TensorReader::read(std::string_view) const;
template std::vector<float> TensorReader::read(std::string_view) const;
template std::vector<std::int32_t> TensorReader::read(std::string_view) const;
template std::vector<std::uint16_t> TensorReader::read(std::string_view) const;
template std::vector<std::uint8_t> TensorReader::read(std::string_view) const;
template std::vector<std::int8_t> TensorReader::read(std::string_view) const;
template std::vector<std::uint16_t> TensorReader::read_narrow(std::string_view, std::int64_t) const;
template std::vector<std::int32_t> TensorReader::read_narrow(std::string_view, std::int64_t) const;
template std::vector<std::int64_t> TensorReader::read_narrow(std::string_view, std::int64_t) const;
template std::vector<std::size_t> TensorReader::read_narrow(std::string_view, std::int64_t) const;

}  // namespace malmoi::corpus
