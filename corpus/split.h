#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::corpus {

struct SplitOptions {
  double test_share = 0.1;        ///< of all documents; ≥ 0
  double validation_share = 0.1;  ///< likewise; both together less than 1
  std::uint64_t seed = 1;
  bool stratified = true;  ///< every class is divided by the shares; otherwise they hold for all documents together
};

/// Places of documents in the list that was split, ascending; every one is in one part.
struct Split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> test;
  friend bool operator==(const Split&, const Split&) = default;
};

/// Draws the parts at random. Every class keeps at least one document to train on: a class of one is only there, one of
/// two gives at most one away, first to the test.
///
/// labels   of the documents; an empty one is a class like the others
/// Returns  test and validation of round(share × documents), fewer where too many classes are small. Stratified, a
/// class
///          gives its share rounded down and the largest remainders one more (of equal ones the first label by byte
///          order). The test depends on labels, seed and its own share alone.
/// Throws   invalid_argument: no documents, a share out of range
[[nodiscard]] Split split_documents(std::span<const std::string> labels, const SplitOptions& options);

/// Whether split_by_column knows the name.
[[nodiscard]] bool is_part_name(std::string_view name);
/// Whether it is that of validation or test documents.
[[nodiscard]] bool is_held_out_name(std::string_view name);

/// Takes the parts from a column: train or training; valid, validation, val or dev; test. Capitals do not matter. Where
/// the column names no validation document, options.validation_share of the training ones is drawn as split_documents
/// does; the test is never drawn from.
///
/// parts    a name for each document
/// Throws   invalid_argument: another name, sizes that differ, no training document, a share out of range
[[nodiscard]] Split split_by_column(std::span<const std::string> parts, std::span<const std::string> labels,
                                    const SplitOptions& options);

}  // namespace malmoi::corpus
