#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "corpus/base/text_arena.h"

namespace malmoi {

/// 64-bit hash of a byte string, the same on every machine (it decides where a term lies in a corpus file).
[[nodiscard]] std::uint64_t hash_bytes(std::string_view text) noexcept;

/// Distinct strings, numbered 0, 1, 2, ... in the order they came. Open addressing; strings stay where they are.
class StringTable {
 public:
  StringTable();

  /// The number of the string; adds it when it is new.
  std::int32_t intern(std::string_view text) { return intern(text, hash_bytes(text)); }
  std::int32_t intern(std::string_view text, std::uint64_t hash);

  [[nodiscard]] std::optional<std::int32_t> find(std::string_view text) const;

  /// For every string of `others` its number here, or -1; fetches ahead, so that a large table costs little more than
  /// a small one.
  void find_all(const StringTable& others, std::vector<std::int32_t>& ids) const;

  [[nodiscard]] std::string_view at(std::int32_t id) const { return texts_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::uint64_t hash(std::int32_t id) const { return hashes_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::int32_t size() const noexcept { return static_cast<std::int32_t>(texts_.size()); }

  void clear();                       ///< forgets all strings, keeps the memory
  void reserve(std::size_t strings);  ///< avoids growing step by step

 private:
  struct Slot {
    std::uint32_t tag = 0;  ///< high half of the hash
    std::int32_t id = -1;   ///< -1: empty
  };
  [[nodiscard]] std::size_t probe(std::string_view text, std::uint64_t hash) const;
  void rehash(std::size_t capacity);

  TextArena arena_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Slot> slots_;  ///< a power of two, at most half full
};

}  // namespace malmoi
