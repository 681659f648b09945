#include "apps/labelled_texts.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "apps/command.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

using corpus::Document;

constexpr std::string_view kMeta = "meta.";

// Reads one field of documents: "label", "source" or "meta.PATH".
class Field {
 public:
  Field(std::string_view flag, std::string_view name) : name_(name) {
    if (name == "label" || name == "source") return;
    if (!name.starts_with(kMeta) || name.size() == kMeta.size()) {
      throw UsageError(concat(flag, ' ', name, ": give label, source or meta.NAME"));
    }
    std::string pointer;
    for (const char c : name.substr(kMeta.size())) {
      if (c == '.') {
        pointer += '/';
      } else if (c == '~') {
        pointer += "~0";
      } else if (c == '/') {
        pointer += "~1";
      } else {
        pointer += c;
      }
    }
    pointer_ = nlohmann::json::json_pointer(concat('/', pointer));
  }

  // Empty where the document does not have it.
  [[nodiscard]] std::string of(const Document& document) const {
    if (name_ == "label") return document.label;
    if (name_ == "source") return document.source;
    const auto meta = nlohmann::json::parse(document.meta, nullptr, /*allow_exceptions=*/false);
    if (!meta.is_object() || !meta.contains(pointer_)) return {};
    const auto& value = meta.at(pointer_);
    if (value.is_null()) return {};
    return value.is_string() ? value.get<std::string>() : value.dump();
  }

 private:
  std::string name_;
  nlohmann::json::json_pointer pointer_;
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The labels between the separators, each once, in byte order.
std::vector<std::string> several(std::string_view text, std::string_view separator) {
  std::set<std::string, std::less<>> labels;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (const std::string_view label = trimmed(text.substr(0, end)); !label.empty()) labels.emplace(label);
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return {labels.begin(), labels.end()};
}

// Gathers documents that have a label.
class Gathering {
 public:
  explicit Gathering(const LabelSource& source) : separator_(source.separator), label_("--label-field", source.field) {
    if (!source.split_field.empty()) split_.emplace("--split-field", source.split_field);
  }

  void add(const Document& document, std::string name) {
    std::string text = label_.of(document);
    std::vector<std::string> labels;
    if (!separator_.empty()) {
      labels = several(text, separator_);
    } else if (!text.empty()) {
      labels.push_back(std::move(text));
    }
    if (labels.empty()) {
      ++texts_.without_label;
      return;
    }
    texts_.row_ids.push_back(document.id);
    texts_.names.push_back(std::move(name));
    texts_.texts.push_back(document.text);
    texts_.labels.push_back(std::move(labels));
    if (split_) texts_.splits.push_back(split_->of(document));
  }

  LabelledTexts finish(std::string_view field) {
    if (texts_.size() > 0) return std::move(texts_);
    throw Error(ErrorCode::invalid_argument,
                concat("none of the ", texts_.without_label, " documents has a label in the field ", field));
  }

 private:
  std::string separator_;
  Field label_;
  std::optional<Field> split_;
  LabelledTexts texts_;
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Column of every label, for documents whose labels must all be known.
class Columns {
 public:
  explicit Columns(std::span<const std::string> labels) : labels_(labels) {
    for (std::size_t c = 0; c < labels.size(); ++c) columns_.emplace(labels[c], c);
  }

  [[nodiscard]] std::size_t of(const std::string& label, const std::string& document) const {
    const auto found = columns_.find(label);
    if (found != columns_.end()) return found->second;
    std::string known;
    for (const std::string& one : labels_.first(std::min<std::size_t>(labels_.size(), 20))) {
      known += concat(known.empty() ? "" : ", ", one);
    }
    throw Error(ErrorCode::invalid_argument,
                concat("document ", document, " has the label \"", label,
                       "\", which the model does not know; it knows ", known, labels_.size() > 20 ? ", ..." : ""));
  }

 private:
  std::span<const std::string> labels_;
  std::unordered_map<std::string_view, std::size_t> columns_;
};

}  // namespace

std::vector<std::string_view> LabelledTexts::views(std::span<const std::size_t> rows) const {
  std::vector<std::string_view> views;
  views.reserve(rows.size());
  for (const std::size_t row : rows) views.emplace_back(texts[row]);
  return views;
}

LabelledTexts read_labelled(const corpus::Store& store, const corpus::Filter& where, const LabelSource& source) {
  Gathering gathering(source);
  corpus::DocumentCursor cursor = store.documents(where);
  for (Document document; cursor.next(document);) gathering.add(document, name_of(document));
  return gathering.finish(source.field);
}

LabelledTexts read_labelled(corpus::DocumentReader& reader, const LabelSource& source) {
  Gathering gathering(source);
  for (Document document; reader.read(document);) {
    document.id = 0;
    gathering.add(document, document.key.empty() ? concat(document.source, ':', document.line) : document.key);
  }
  return gathering.finish(source.field);
}

std::vector<std::string> distinct_labels(const LabelledTexts& texts) {
  std::set<std::string> found;
  for (const auto& labels : texts.labels) found.insert(labels.begin(), labels.end());
  if (found.size() < 2) {
    throw Error(ErrorCode::invalid_argument,
                concat("all ", texts.size(), " documents have the label \"", *found.begin(), "\"; two are wanted"));
  }
  std::vector<std::string> labels(found.begin(), found.end());
  if (std::ranges::all_of(labels, [](const std::string& label) { return whole_number(label).has_value(); })) {
    std::ranges::stable_sort(labels, {}, [](const std::string& label) { return *whole_number(label); });
  }
  return labels;
}

std::vector<std::int32_t> classes_of(const LabelledTexts& texts, std::span<const std::string> labels) {
  const Columns columns(labels);
  std::vector<std::int32_t> classes;
  classes.reserve(texts.size());
  for (std::size_t row = 0; row < texts.size(); ++row) {
    classes.push_back(static_cast<std::int32_t>(columns.of(texts.labels[row].front(), texts.names[row])));
  }
  return classes;
}

std::vector<std::uint8_t> label_matrix(const LabelledTexts& texts, std::span<const std::string> labels) {
  const Columns columns(labels);
  std::vector<std::uint8_t> matrix(texts.size() * labels.size(), 0);
  for (std::size_t row = 0; row < texts.size(); ++row) {
    for (const std::string& label : texts.labels[row]) {
      matrix[row * labels.size() + columns.of(label, texts.names[row])] = 1;
    }
  }
  return matrix;
}

}  // namespace malmoi::apps
