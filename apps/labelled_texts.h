#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/readers.h"
#include "corpus/store.h"

namespace malmoi::apps {

/// Where the classes of a document stand.
struct LabelSource {
  std::string field = "label";   ///< "label", or "meta.PATH" as filters name it
  std::string separator = {};    ///< between the labels of a document that has several; empty: it has one
  std::string split_field = {};  ///< "meta.PATH" or "source" that says train, valid or test; empty: none
};

/// Throws UsageError unless `name`, given by `flag`, is label, source or meta.NAME.
void require_field(std::string_view flag, std::string_view name);

/// Labels of a document: one, unless there is a separator; then any number of them, none included. nullopt: it lacks
/// the field.
using LabelSet = std::optional<std::vector<std::string>>;
/// [documents]
using Labels = std::vector<LabelSet>;

/// Documents that have labels, in the order of the corpus or of the input.
struct LabelledTexts {
  std::vector<std::int64_t> row_ids;    ///< [documents] numbers in the corpus; 0: not of the corpus
  std::vector<std::string> names;       ///< [documents] what they are called
  std::vector<std::string> texts;       ///< [documents]
  Labels labels;                        ///< nullopt only of a document that has some in another field (LabelColumns)
  std::vector<std::string> splits;      ///< [documents] value of the split field; empty vector without one
  std::int64_t without_label = 0;       ///< documents that were left out: they lack the field
  std::vector<std::string> unlabelled;  ///< what they say, if asked for, without those held out by the split field

  [[nodiscard]] std::size_t size() const noexcept { return texts.size(); }
  [[nodiscard]] std::vector<std::string_view> views(std::span<const std::size_t> rows) const;
};

/// Documents that have a label in one field at least of several.
struct LabelColumns {
  LabelledTexts texts;         ///< without labels
  std::vector<Labels> labels;  ///< [fields]
};

/// Of the corpus' documents that pass the filter.
/// With a separator a document whose field is empty has no label, and counts; one that lacks the field is left out. The
/// field `label` is never lacking: a corpus does not tell an empty one from none. Without a separator an empty field
/// counts as lacking.
/// Throws invalid_argument for a field that is none of those named, and when no document has a label.
[[nodiscard]] LabelledTexts read_labelled(const corpus::Store& store, const corpus::Filter& where,
                                          const LabelSource& source);
/// The same of several fields in one reading; source.field is not looked at. Throws where a field has no label at all.
/// keep_unlabelled  documents that lack all fields are wanted, too
[[nodiscard]] LabelColumns read_labelled(const corpus::Store& store, const corpus::Filter& where,
                                         const LabelSource& source, std::span<const std::string> fields,
                                         bool keep_unlabelled = false);
/// Of an input. The reader is read to its end.
[[nodiscard]] LabelledTexts read_labelled(corpus::DocumentReader& reader, const LabelSource& source);

/// All labels there are, in byte order; whole numbers by their value. At least two, or invalid_argument naming the
/// field.
[[nodiscard]] std::vector<std::string> distinct_labels(const LabelledTexts& texts, std::string_view field);

/// The class of each document that has one label: its index in `labels`; -1 of one that lacks the field.
/// Throws invalid_argument naming the document whose label is none of them.
[[nodiscard]] std::vector<std::int32_t> classes_of(const LabelledTexts& texts, std::span<const std::string> labels);
/// The same for several labels: [documents × labels] of 0 and 1, row-major.
[[nodiscard]] std::vector<std::uint8_t> label_matrix(const LabelledTexts& texts, std::span<const std::string> labels);

}  // namespace malmoi::apps
