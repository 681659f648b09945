#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::corpus {

/// Types of a tensor's elements, widest first.
enum class TensorType { f64, i64, f32, i32, u16, u8 };

/// A named array somewhere in memory: little-endian, row-major.
struct TensorView {
  std::string name;
  TensorType type = TensorType::u8;
  std::vector<std::int64_t> shape;
  std::string_view bytes;  ///< product of shape × bytes of an element
};

/// Text that goes with the tensors ("__metadata__" in the layout).
using TensorNotes = std::map<std::string, std::string>;

/// Puts named arrays into the safetensors layout (github.com/huggingface/safetensors): 8 bytes length of the header,
/// the header as JSON {name: {dtype, shape, data_offsets}}, the data without holes. The widest types come first, so
/// that every array begins at a multiple of its element; otherwise in the order they were added.
class TensorWriter {
 public:
  /// An array of double, int64, float, int32, uint16 or uint8. The values must live until bytes().
  /// shape  empty: one dimension. Throws invalid_argument where it does not fit the values, or for a name used twice.
  template <typename T>
  void add(std::string name, std::span<const T> values, std::vector<std::int64_t> shape = {});

  /// Whole numbers ≥ 0 as the narrowest of uint8, uint16, int32, int64 that holds all of them; they are copied.
  /// Integer is uint8, uint16, int32, int64 or size_t.
  template <typename Integer>
  void add_narrow(std::string name, std::span<const Integer> values, std::vector<std::int64_t> shape = {});

  /// The whole layout; the same arrays give the same bytes.
  [[nodiscard]] std::string bytes(const TensorNotes& notes = {}) const;

 private:
  void add_view(TensorView view, std::size_t count);

  std::vector<TensorView> tensors_;
  std::deque<std::string> copies_;  // of narrowed arrays; a deque so that the views stay valid
};

/// Reads the layout. Everything in the header is checked before anything is allocated for it.
class TensorReader {
 public:
  /// bytes  must outlive the reader
  /// what   names the data in error messages, e.g. "model lda"
  /// Throws corrupt_data for anything that is not the layout, holes and overlaps included.
  TensorReader(std::string_view bytes, std::string what);

  [[nodiscard]] const std::vector<TensorView>& all() const noexcept { return tensors_; }  ///< by place in the data
  [[nodiscard]] const TensorNotes& notes() const noexcept { return notes_; }
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  /// Throws corrupt_data when there is none of this name.
  [[nodiscard]] const TensorView& at(std::string_view name) const;

  /// The values, which must be stored as T. Throws corrupt_data otherwise.
  template <typename T>
  [[nodiscard]] std::vector<T> read(std::string_view name) const;

  /// Whole numbers, stored as whatever type. Throws corrupt_data where one is negative or above `most`.
  template <typename Integer>
  [[nodiscard]] std::vector<Integer> read_narrow(std::string_view name, std::int64_t most) const;

 private:
  std::string what_;
  std::vector<TensorView> tensors_;
  TensorNotes notes_;
};

/// As the layout names it: "F32".
[[nodiscard]] std::string_view name(TensorType type) noexcept;
[[nodiscard]] std::size_t element_bytes(TensorType type) noexcept;

}  // namespace malmoi::corpus
