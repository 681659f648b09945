#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malmoi::corpus {

/// Types of a tensor's elements, widest first.
enum class TensorType { f64, i64, f32, i32, u16, u8, i8 };

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

  /// Floats as int8: two tensors, NAME (I8) and NAME.scales (F32), as Int8Blocks has them; they are copied.
  void add_int8(const std::string& name, std::span<const float> values, std::vector<std::int64_t> shape = {});

  /// Names of what is added from now on begin with this.
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

  /// A tensor as another layout has it; its bytes must live until bytes().
  void add(TensorView tensor);

  /// The whole layout; the same arrays give the same bytes.
  [[nodiscard]] std::string bytes(const TensorNotes& notes = {}) const;

 private:
  std::string prefix_;
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
  /// The tensors whose names begin with this, by the rest of their names. The bytes must outlive it, too.
  [[nodiscard]] TensorReader part(std::string_view prefix) const;
  /// Throws corrupt_data when there is none of this name.
  [[nodiscard]] const TensorView& at(std::string_view name) const;

  /// The values, which must be stored as T, or for float by add_int8. Throws corrupt_data otherwise.
  template <typename T>
  [[nodiscard]] std::vector<T> read(std::string_view name) const;

  /// Whole numbers, stored as whatever type. Throws corrupt_data where one is negative or above `most`.
  template <typename Integer>
  [[nodiscard]] std::vector<Integer> read_narrow(std::string_view name, std::int64_t most) const;

 private:
  explicit TensorReader(std::string what) : what_(std::move(what)) {}
  [[nodiscard]] std::vector<float> read_int8(const TensorView& tensor) const;

  std::string what_;
  std::vector<TensorView> tensors_;
  TensorNotes notes_;
};

/// The layout once more with every F32 tensor of at least 256 values as int8: about a quarter of the size.
/// what    names it in error messages
/// Throws  corrupt_data; invalid_argument where there is no such tensor, one holds a value that is not finite, or it is
///         int8 already
[[nodiscard]] std::string with_int8(std::string_view layout, const std::string& what);

/// As the layout names it: "F32".
[[nodiscard]] std::string_view name(TensorType type) noexcept;
[[nodiscard]] std::size_t element_bytes(TensorType type) noexcept;

}  // namespace malmoi::corpus
