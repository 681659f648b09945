#include "corpus/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::corpus {
namespace {

using Places = std::vector<std::size_t>;

void validate(const SplitOptions& options) {
  const auto [test, validation] = std::pair(options.test_share, options.validation_share);
  if (test >= 0.0 && validation >= 0.0 && test + validation < 1.0) return;
  throw Error(ErrorCode::invalid_argument, concat("split_documents: shares ", test, " for the test and ", validation,
                                                  " for validation; wanted none below 0 and less than 1 in all"));
}

// Fisher and Yates.
void shuffle(Places& places, Rng rng) {
  for (std::size_t left = places.size(); left > 1; --left) std::swap(places[left - 1], places[rng.uniform_index(left)]);
}

std::size_t share_of(std::size_t documents, double share) {
  return static_cast<std::size_t>(std::llround(share * static_cast<double>(documents)));
}

// How many documents each group gives: its share rounded down, then one more by largest remainders until `wanted` is
// reached; never the last one of those `left`.
std::vector<std::size_t> quotas(std::span<const Places> groups, double share, const std::vector<std::size_t>& left,
                                std::size_t wanted) {
  std::vector<std::size_t> given;
  std::vector<double> remainders;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const double exact = share * static_cast<double>(groups[g].size());
    given.push_back(std::min(static_cast<std::size_t>(exact), left[g] - 1));
    remainders.push_back(exact - static_cast<double>(given.back()));
    wanted -= std::min(wanted, given.back());
  }
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return remainders[a] > remainders[b]; });
  for (const std::size_t g : order) {
    if (wanted == 0) break;
    if (given[g] + 1 >= left[g]) continue;
    ++given[g];
    --wanted;
  }
  return given;
}

// Moves given[g] documents from the end of every group to `part`.
void take(std::vector<Places>& groups, const std::vector<std::size_t>& given, Places& part) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto first = groups[g].end() - static_cast<std::ptrdiff_t>(given[g]);
    part.insert(part.end(), first, groups[g].end());
    groups[g].erase(first, groups[g].end());
  }
}

std::vector<std::size_t> sizes_of(std::span<const Places> groups) {
  std::vector<std::size_t> sizes;
  for (const Places& group : groups) sizes.push_back(group.size());
  return sizes;
}

Split split_classes(std::vector<Places> classes, std::size_t documents, const SplitOptions& options) {
  const std::vector<Places> whole = classes;
  Split split;
  take(classes, quotas(whole, options.test_share, sizes_of(classes), share_of(documents, options.test_share)),
       split.test);
  take(classes,
       quotas(whole, options.validation_share, sizes_of(classes), share_of(documents, options.validation_share)),
       split.validation);
  for (const Places& rest : classes) split.train.insert(split.train.end(), rest.begin(), rest.end());
  return split;
}

// In the order of one shuffle of all; a document that is the last of its class stays.
Split split_all(const std::vector<Places>& classes, std::size_t documents, const SplitOptions& options) {
  std::vector<std::size_t> class_of(documents);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (const std::size_t place : classes[c]) class_of[place] = c;
  }
  std::vector<std::size_t> left = sizes_of(classes);
  Places order(documents);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(order, Rng(options.seed));
  const std::size_t tests = share_of(documents, options.test_share);
  const std::size_t validations = share_of(documents, options.validation_share);
  Split split;
  for (const std::size_t place : order) {
    const bool last = left[class_of[place]] == 1;
    Places& part = last                                    ? split.train
                   : split.test.size() < tests             ? split.test
                   : split.validation.size() < validations ? split.validation
                                                           : split.train;
    // Those that train are never lacking: only the others lower what is left of their class.
    if (&part != &split.train) --left[class_of[place]];
    part.push_back(place);
  }
  return split;
}

void sort_parts(Split& split) {
  for (Places* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
}

// ---- by column -----------------------------------------------------------------------------------------------------

Places* part_named(Split& split, std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower == "train" || lower == "training") return &split.train;
  if (lower == "valid" || lower == "validation" || lower == "val" || lower == "dev") return &split.validation;
  return lower == "test" ? &split.test : nullptr;
}

void draw_validation(Split& split, std::span<const std::string> labels, const SplitOptions& options) {
  std::vector<std::string> own;
  for (const std::size_t place : split.train) own.push_back(labels[place]);
  SplitOptions of_training = options;
  of_training.test_share = 0.0;
  const Split drawn = split_documents(own, of_training);
  const Places all = std::move(split.train);
  split.train.clear();
  for (const std::size_t place : drawn.train) split.train.push_back(all[place]);
  for (const std::size_t place : drawn.validation) split.validation.push_back(all[place]);
}

}  // namespace

Split split_documents(std::span<const std::string> labels, const SplitOptions& options) {
  validate(options);
  if (labels.empty()) throw Error(ErrorCode::invalid_argument, "split_documents: no documents; wanted at least one");
  std::map<std::string_view, Places> by_label;
  for (std::size_t place = 0; place < labels.size(); ++place) by_label[labels[place]].push_back(place);
  std::vector<Places> classes;
  for (auto& [label, places] : by_label) {
    if (options.stratified) shuffle(places, Rng(options.seed).split(classes.size()));
    classes.push_back(std::move(places));
  }
  Split split = options.stratified ? split_classes(std::move(classes), labels.size(), options)
                                   : split_all(classes, labels.size(), options);
  sort_parts(split);
  return split;
}

bool is_part_name(std::string_view name) {
  Split split;
  return part_named(split, name) != nullptr;
}

bool is_held_out_name(std::string_view name) {
  Split split;
  const Places* part = part_named(split, name);
  return part == &split.validation || part == &split.test;
}

Split split_by_column(std::span<const std::string> parts, std::span<const std::string> labels,
                      const SplitOptions& options) {
  validate(options);
  if (parts.size() != labels.size()) {
    throw Error(ErrorCode::invalid_argument, concat("split_by_column: ", parts.size(), " names of parts for ",
                                                    labels.size(), " documents; wanted one each"));
  }
  Split split;
  for (std::size_t place = 0; place < parts.size(); ++place) {
    Places* part = part_named(split, parts[place]);
    if (part == nullptr) {
      throw Error(ErrorCode::invalid_argument, concat("split_by_column: document ", place + 1, " has '", parts[place],
                                                      "' in the column; wanted train, valid (or dev) or test"));
    }
    part->push_back(place);
  }
  if (split.train.empty()) {
    throw Error(ErrorCode::invalid_argument, concat("split_by_column: none of ", parts.size(),
                                                    " documents is to be trained on; wanted some with train"));
  }
  if (split.validation.empty()) draw_validation(split, labels, options);
  return split;
}

}  // namespace malmoi::corpus
