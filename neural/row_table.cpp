#include "neural/row_table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "corpus/base/rng.h"

namespace malmoi::neural {
namespace {

constexpr std::size_t kLine = 16;
using Line __attribute__((vector_size(64))) = float;
using LineBits __attribute__((vector_size(64))) = std::int32_t;

Line load(const float* from) {
  return *reinterpret_cast<const Line*>(from);
}
void store(float* to, const Line& value) {
  *reinterpret_cast<Line*>(to) = value;
}

constexpr std::size_t kMostLines = 256;

float sum_of(const Line& line) {
  using Half __attribute__((vector_size(32))) = float;
  using Quarter __attribute__((vector_size(16))) = float;
  Half half[2];
  std::memcpy(half, &line, sizeof line);
  half[0] += half[1];
  Quarter quarter[2];
  std::memcpy(quarter, half, sizeof quarter);
  quarter[0] += quarter[1];
  return (quarter[0][0] + quarter[0][1]) + (quarter[0][2] + quarter[0][3]);
}

// 1 / (1 + e^-x) to about 1e-7: e^-x = 2^whole · 2^part with a polynomial for the part in [-1/2, 1/2].
Line sigmoid(const Line& x) {
  constexpr float kMost = 80.0F;         // beyond, e^x leaves the range of float
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to whole numbers
  constexpr float kLog2E = 1.44269504088896341F;
  const Line low = x < -kMost ? Line{} - kMost : x;
  const Line y = (low > kMost ? Line{} + kMost : low) * -kLog2E;
  const Line shifted = y + kRound;
  const Line part = y - (shifted - kRound);
  Line power = Line{} + 1.5403530e-4F;  // Taylor's coefficients ln(2)^k / k!
  for (const float c : {1.3333558e-3F, 9.6181291e-3F, 5.5504109e-2F, 2.4022651e-1F, 6.9314718e-1F, 1.0F}) {
    power = power * part + c;
  }
  LineBits bits;
  LineBits whole;
  std::memcpy(&bits, &power, sizeof bits);
  std::memcpy(&whole, &shifted, sizeof whole);
  bits += whole << 23;  // the low bits of `shifted` are the whole number
  std::memcpy(&power, &bits, sizeof power);
  return 1.0F / (1.0F + power);
}

}  // namespace

RowTable::RowTable(std::size_t rows, std::int32_t dimensions)
    : dimensions_(dimensions),
      width_((static_cast<std::size_t>(dimensions) + kLine - 1) / kLine),
      lines_(rows * width_) {
  assert(width_ <= kMostLines);
}

void fill_uniform(RowTable& table, float bound, std::uint64_t seed) {
  const Rng rng(seed);
  for (std::size_t r = 0; r < table.rows(); ++r) {
    Rng stream = rng.split(r);
    float* const row = table.row(r);
    for (std::int32_t i = 0; i < table.dimensions(); ++i) {
      row[i] = static_cast<float>(2 * stream.uniform() - 1) * bound;
    }
  }
}

std::vector<float> packed(const RowTable& table) {
  const auto dimensions = static_cast<std::size_t>(table.dimensions());
  std::vector<float> values(table.rows() * dimensions);
  for (std::size_t r = 0; r < table.rows(); ++r) std::copy_n(table.row(r), dimensions, &values[r * dimensions]);
  return values;
}

RowTable unpacked(std::span<const float> values, std::int32_t dimensions) {
  const auto length = static_cast<std::size_t>(dimensions);
  RowTable table(values.size() / length, dimensions);
  for (std::size_t r = 0; r < table.rows(); ++r) std::copy_n(&values[r * length], length, table.row(r));
  return table;
}

float dot(const float* a, const float* b, std::size_t width) {
  Line sum = {};
  for (std::size_t i = 0; i < width * kLine; i += kLine) sum += load(a + i) * load(b + i);
  return sum_of(sum);
}

void add_scaled(float* to, float scale, const float* row, std::size_t width) {
  for (std::size_t i = 0; i < width * kLine; i += kLine) store(to + i, load(to + i) + scale * load(row + i));
}

void multiply(float* row, float scale, std::size_t width) {
  for (std::size_t i = 0; i < width * kLine; i += kLine) store(row + i, load(row + i) * scale);
}

void dot_group(const float* row, const float* const* rows, std::size_t width, float* to) {
  Line sums[kRowGroup] = {};
  for (std::size_t i = 0; i < width * kLine; i += kLine) {
    const Line value = load(row + i);
    for (std::size_t r = 0; r < kRowGroup; ++r) sums[r] += value * load(rows[r] + i);
  }
  for (std::size_t r = 0; r < kRowGroup; ++r) to[r] = sum_of(sums[r]);
}

void add_group(float* to, const float* scales, const float* const* rows, std::size_t width) {
  for (std::size_t i = 0; i < width * kLine; i += kLine) {
    const Line low = scales[0] * load(rows[0] + i) + scales[1] * load(rows[1] + i);
    const Line high = scales[2] * load(rows[2] + i) + scales[3] * load(rows[3] + i);
    store(to + i, load(to + i) + (low + high));
  }
}

void apply_sigmoid(std::span<RowLine> values) {
  for (RowLine& line : values) store(line.values, sigmoid(load(line.values)));
}

const float* zero_row() noexcept {
  static constexpr RowLine kZero[kMostLines] = {};
  return kZero->values;
}

}  // namespace malmoi::neural
