#include "neural/data_loader.h"

#include <algorithm>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

template <typename T>
void shuffle(std::span<T> values, Rng rng) {  // Fisher and Yates
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.uniform_index(i)]);
}

}  // namespace

DataLoader::DataLoader(const TokenSequences& tokens, BatchOptions options) : tokens_(tokens), options_(options) {
  if (options.batch_size == 0 || options.max_length == 0) {
    throw Error(ErrorCode::invalid_argument, concat("DataLoader: batch_size is ", options.batch_size,
                                                    ", max_length is ", options.max_length, "; at least 1 is wanted"));
  }
}

std::size_t DataLoader::length(std::size_t row) const {
  return std::min(tokens_.row(row).size(), options_.max_length);
}

std::vector<std::vector<std::size_t>> DataLoader::cut(std::span<const std::size_t> rows) const {
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < rows.size(); begin += options_.batch_size) {
    const auto batch = rows.subspan(begin, std::min(options_.batch_size, rows.size() - begin));
    batches.emplace_back(batch.begin(), batch.end());
  }
  return batches;
}

std::vector<std::vector<std::size_t>> DataLoader::shuffled(std::span<const std::size_t> rows, std::uint64_t seed,
                                                           std::uint64_t epoch) const {
  std::vector<std::size_t> order(rows.begin(), rows.end());
  const Rng rng = Rng(seed).split(epoch);
  shuffle(std::span(order), rng.split(0));
  const std::size_t stretch = kSortedBatches * options_.batch_size;
  for (std::size_t begin = 0; begin < order.size(); begin += stretch) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stretch, order.size()));
    std::stable_sort(first, last, [&](std::size_t a, std::size_t b) { return length(a) < length(b); });
  }
  std::vector<std::vector<std::size_t>> batches = cut(order);
  shuffle(std::span(batches), rng.split(1));
  return batches;
}

std::vector<std::vector<std::size_t>> DataLoader::in_order_of_length(std::span<const std::size_t> rows) const {
  std::vector<std::size_t> order(rows.begin(), rows.end());
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return length(a) < length(b); });
  return cut(order);
}

void DataLoader::fill(std::span<const std::size_t> rows, Batch& batch) const {
  batch.rows = rows.size();
  batch.texts.assign(rows.begin(), rows.end());
  batch.lengths.clear();
  batch.steps = 1;
  for (const std::size_t row : rows) {
    batch.lengths.push_back(static_cast<std::int32_t>(length(row)));
    batch.steps = std::max(batch.steps, length(row));
  }
  batch.ids.assign(batch.rows * batch.steps, -1);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::ranges::copy(tokens_.row(rows[r]).first(length(rows[r])),
                      batch.ids.begin() + static_cast<std::ptrdiff_t>(r * batch.steps));
  }
}

}  // namespace malmoi::neural
