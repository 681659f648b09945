#include "apps/classifier_evaluation.h"

#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/filter.h"

namespace malmoi::apps {
namespace {

LabelledTexts picked(LabelledTexts texts, std::span<const std::size_t> rows) {
  LabelledTexts kept;
  kept.without_label = texts.without_label;
  for (const std::size_t row : rows) {
    kept.row_ids.push_back(texts.row_ids[row]);
    kept.names.push_back(std::move(texts.names[row]));
    kept.texts.push_back(std::move(texts.texts[row]));
    kept.labels.push_back(std::move(texts.labels[row]));
  }
  return kept;
}

}  // namespace

EvaluationTexts held_out_texts(const corpus::Store& store, const ClassifierModel& model, const LabelSource& source) {
  const bool tested = !model.test.row_ids.empty();
  const HeldOut& wanted = tested ? model.test : model.validation;
  EvaluationTexts held_out{{}, tested ? "test" : "validation", wanted.row_ids.size()};
  const bool labelled = !store.matching(corpus::parse_filter(concat(source.field, ">\"\""))).empty();
  if (!labelled) return held_out;
  LabelledTexts texts = read_labelled(store, {}, source);
  const std::vector<std::size_t> rows = find_held_out(texts, wanted);
  held_out.texts = picked(std::move(texts), rows);
  return held_out;
}

Measured measure(const ClassifierModel& model, LabelledTexts texts, const neural::BootstrapOptions& bootstrap,
                 const RunContext& context) {
  Measured measured;
  measured.texts = std::move(texts);
  const std::vector<std::string_view> views(measured.texts.texts.begin(), measured.texts.texts.end());
  measured.probabilities = probabilities(model, views, context);
  const neural::ClassRows rows{measured.probabilities, static_cast<std::int32_t>(model.labels.size())};
  const bool intervals = bootstrap.draws > 0;
  if (model.several()) {
    measured.table = label_matrix(measured.texts, model.labels);
    measured.of_labels = neural::score_labels(rows, measured.table, model.thresholds, context);
    if (intervals) {
      measured.label_intervals = neural::label_intervals(rows, measured.table, model.thresholds, bootstrap, context);
    }
    return measured;
  }
  measured.classes = classes_of(measured.texts, model.labels);
  measured.of_classes = neural::score_classes(rows, measured.classes, context);
  if (intervals) measured.class_intervals = neural::class_intervals(rows, measured.classes, bootstrap, context);
  return measured;
}

}  // namespace malmoi::apps
