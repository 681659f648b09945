#include "apps/labelled_texts.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "apps/command.h"
#include "corpus/base/error.h"
#include "corpus/split.h"

namespace malmoi::apps {
namespace {

using corpus::Document;

constexpr std::string_view kMeta = "meta.";

// Reads one field of documents: "label", "source" or "meta.PATH".
class Field {
 public:
  Field(std::string_view flag, std::string_view name) : name_(name) {
    require_field(flag, name);
    if (!name.starts_with(kMeta)) return;
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

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  // nullopt where the document lacks it.
  [[nodiscard]] std::optional<std::string> of(const Document& document) const {
    if (name_ == "label") return document.label;
    if (name_ == "source") return document.source;
    const auto meta = nlohmann::json::parse(document.meta, nullptr, /*allow_exceptions=*/false);
    if (!meta.is_object() || !meta.contains(pointer_)) return std::nullopt;
    const auto& value = meta.at(pointer_);
    if (value.is_null()) return std::nullopt;
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

bool has_label(const LabelSet& labels) {
  return labels && !labels->empty();
}

// Gathers documents that have one of the fields.
class Gathering {
 public:
  Gathering(const LabelSource& source, std::span<const std::string> fields, bool keep_unlabelled = false)
      : separator_(source.separator), keep_unlabelled_(keep_unlabelled) {
    for (const std::string& field : fields) fields_.emplace_back("--label-field", field);
    columns_.labels.resize(fields.size());
    if (!source.split_field.empty()) split_.emplace("--split-field", source.split_field);
  }

  void add(const Document& document, std::string name) {
    Labels found;
    for (const Field& field : fields_) found.push_back(labels_in(field, document));
    LabelledTexts& texts = columns_.texts;
    if (std::ranges::none_of(found, &LabelSet::has_value)) {
      ++texts.without_label;
      if (keep_unlabelled_ && !is_held_out(document)) texts.unlabelled.push_back(document.text);
      return;
    }
    texts.row_ids.push_back(document.id);
    texts.names.push_back(std::move(name));
    texts.texts.push_back(document.text);
    for (std::size_t field = 0; field < found.size(); ++field) {
      columns_.labels[field].push_back(std::move(found[field]));
    }
    if (split_) texts.splits.push_back(split_->of(document).value_or(""));
  }

  LabelColumns finish() {
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      if (std::ranges::any_of(columns_.labels[field], has_label)) continue;
      const auto documents = columns_.texts.without_label + static_cast<std::int64_t>(columns_.texts.size());
      if (documents == 0) throw Error(ErrorCode::invalid_argument, "there are no documents");
      throw Error(ErrorCode::invalid_argument,
                  concat("none of the ", documents, " documents has a label in the field ", fields_[field].name()));
    }
    return std::move(columns_);
  }

 private:
  [[nodiscard]] bool is_held_out(const Document& document) const {
    return split_ && corpus::is_held_out_name(split_->of(document).value_or(""));
  }

  [[nodiscard]] LabelSet labels_in(const Field& field, const Document& document) const {
    const std::optional<std::string> text = field.of(document);
    if (!text) return std::nullopt;
    if (!separator_.empty()) return several(*text, separator_);
    return text->empty() ? LabelSet() : LabelSet({*text});
  }

  std::string separator_;
  bool keep_unlabelled_;
  std::vector<Field> fields_;
  std::optional<Field> split_;
  LabelColumns columns_;
};

LabelledTexts only_column(LabelColumns columns) {
  columns.texts.labels = std::move(columns.labels.front());
  return std::move(columns.texts);
}

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

void require_field(std::string_view flag, std::string_view name) {
  if (name == "label" || name == "source" || (name.starts_with(kMeta) && name.size() > kMeta.size())) return;
  throw UsageError(concat(flag, ' ', name, ": give label, source or meta.NAME"));
}

std::vector<std::string_view> LabelledTexts::views(std::span<const std::size_t> rows) const {
  std::vector<std::string_view> views;
  views.reserve(rows.size());
  for (const std::size_t row : rows) views.emplace_back(texts[row]);
  return views;
}

LabelColumns read_labelled(const corpus::Store& store, const corpus::Filter& where, const LabelSource& source,
                           std::span<const std::string> fields, bool keep_unlabelled) {
  Gathering gathering(source, fields, keep_unlabelled);
  corpus::DocumentCursor cursor = store.documents(where);
  for (Document document; cursor.next(document);) gathering.add(document, name_of(document));
  return gathering.finish();
}

LabelledTexts read_labelled(const corpus::Store& store, const corpus::Filter& where, const LabelSource& source) {
  return only_column(read_labelled(store, where, source, {&source.field, 1}));
}

LabelledTexts read_labelled(corpus::DocumentReader& reader, const LabelSource& source) {
  Gathering gathering(source, {&source.field, 1});
  for (Document document; reader.read(document);) {
    document.id = 0;
    gathering.add(document, document.key.empty() ? concat(document.source, ':', document.line) : document.key);
  }
  return only_column(gathering.finish());
}

std::vector<std::string> distinct_labels(const LabelledTexts& texts, std::string_view field) {
  std::set<std::string> found;
  for (const LabelSet& labels : texts.labels) {
    if (labels) found.insert(labels->begin(), labels->end());
  }
  if (found.size() < 2) {
    throw Error(ErrorCode::invalid_argument, concat("in the field ", field, " all documents have the label \"",
                                                    *found.begin(), "\"; two are wanted"));
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
    const LabelSet& of_row = texts.labels[row];
    classes.push_back(of_row ? static_cast<std::int32_t>(columns.of(of_row->front(), texts.names[row])) : -1);
  }
  return classes;
}

std::vector<std::uint8_t> label_matrix(const LabelledTexts& texts, std::span<const std::string> labels) {
  const Columns columns(labels);
  std::vector<std::uint8_t> matrix(texts.size() * labels.size(), 0);
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (!texts.labels[row]) continue;
    for (const std::string& label : *texts.labels[row]) {
      matrix[row * labels.size() + columns.of(label, texts.names[row])] = 1;
    }
  }
  return matrix;
}

}  // namespace malmoi::apps
