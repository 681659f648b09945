#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace malmoi::neural {

/// Sixteen floats: rows are whole lines, so that every loop over one is a loop over whole vectors.
struct alignas(64) RowLine {
  float values[16] = {};
};

/// A table of rows of floats, zero at first. Behind the dimensions a row is filled up with zeros, which every update
/// below keeps zero.
class RowTable {
 public:
  RowTable() = default;
  RowTable(std::size_t rows, std::int32_t dimensions);

  [[nodiscard]] float* row(std::size_t r) noexcept { return lines_[r * width_].values; }
  [[nodiscard]] const float* row(std::size_t r) const noexcept { return lines_[r * width_].values; }
  [[nodiscard]] std::size_t rows() const noexcept { return width_ == 0 ? 0 : lines_.size() / width_; }
  [[nodiscard]] std::size_t width() const noexcept { return width_; }  ///< lines of a row
  [[nodiscard]] std::int32_t dimensions() const noexcept { return dimensions_; }

 private:
  std::int32_t dimensions_ = 0;
  std::size_t width_ = 0;
  std::vector<RowLine> lines_;
};

/// Draws each value of a row evenly from [-bound, bound), from a stream of the row's own.
void fill_uniform(RowTable& table, float bound, std::uint64_t seed);

/// The rows end to end without what they are filled up with: [rows × dimensions].
[[nodiscard]] std::vector<float> packed(const RowTable& table);
/// The other way. values: [rows × dimensions]
[[nodiscard]] RowTable unpacked(std::span<const float> values, std::int32_t dimensions);

// Sums of products of rows of `width` lines. The order of every sum is fixed.

[[nodiscard]] float dot(const float* a, const float* b, std::size_t width);
/// to += scale · row
void add_scaled(float* to, float scale, const float* row, std::size_t width);
/// row *= scale
void multiply(float* row, float scale, std::size_t width);

/// Rows are taken in fours where they can be: each value that is loaded then serves four products.
inline constexpr std::size_t kRowGroup = 4;

/// A row of zeros, as wide as any, to fill up a group.
[[nodiscard]] const float* zero_row() noexcept;

/// to[i] = row · rows[i] for a group of rows
void dot_group(const float* row, const float* const* rows, std::size_t width, float* to);
/// to += Σ scales[i] · rows[i] for a group of rows
void add_group(float* to, const float* scales, const float* const* rows, std::size_t width);

/// 1 / (1 + e^-x) of each value, to about 1e-7 · (1 + |x|) of it.
void apply_sigmoid(std::span<RowLine> values);

}  // namespace malmoi::neural
