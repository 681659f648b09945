#include "corpus/base/string_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace malmoi {
namespace {

constexpr std::uint64_t kPrime1 = 0xA0761D6478BD642FULL;
constexpr std::uint64_t kPrime2 = 0xE7037ED1A0B428DBULL;

// Folded 64 × 64 → 128 bit product, the mixing step of wyhash (Wang Yi, public domain).
std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <typename Word>
std::uint64_t load(const char* bytes) noexcept {
  Word value = 0;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    value = sizeof value == 8 ? static_cast<Word>(__builtin_bswap64(value))
                              : static_cast<Word>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  }
  return value;
}

// All of at most 8 bytes in one word; reads that overlap spare a branch for each length.
std::uint64_t load_short(const char* bytes, std::size_t size) noexcept {
  if (size == 8) return load<std::uint64_t>(bytes);
  if (size >= 4) return load<std::uint32_t>(bytes) | (load<std::uint32_t>(bytes + size - 4) << 32U);
  if (size == 0) return 0;
  const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
  return at(0) | (at(size / 2) << 8U) | (at(size - 1) << 16U);
}

// Equality of strings of equal length; terms are short, and a call of memcmp takes longer than the comparison.
bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
  if (size > 24) return std::memcmp(a, b, size) == 0;
  if (size <= 8) return load_short(a, size) == load_short(b, size);
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    if (load<std::uint64_t>(a + i) != load<std::uint64_t>(b + i)) return false;
  }
  return load<std::uint64_t>(a + size - 8) == load<std::uint64_t>(b + size - 8);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view text) noexcept {
  std::uint64_t state = kPrime2 ^ text.size();
  const char* bytes = text.data();
  std::size_t left = text.size();
  for (; left > 8; left -= 8, bytes += 8) state = fold(state ^ load<std::uint64_t>(bytes), kPrime1);
  state = fold(state ^ load_short(bytes, left), kPrime1);
  return fold(state ^ kPrime1, kPrime2);
}

StringTable::StringTable() : slots_(64) {}

std::size_t StringTable::probe(std::string_view text, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  std::size_t place = static_cast<std::size_t>(hash) & mask;
  const auto holds_another = [&](const Slot& slot) {
    if (slot.tag != tag) return true;
    const std::string_view there = at(slot.id);
    return there.size() != text.size() || !same_bytes(there.data(), text.data(), text.size());
  };
  while (slots_[place].id >= 0 && holds_another(slots_[place])) place = (place + 1) & mask;
  return place;
}

std::int32_t StringTable::intern(std::string_view text, std::uint64_t hash) {
  std::size_t place = probe(text, hash);
  if (slots_[place].id >= 0) return slots_[place].id;
  if ((texts_.size() + 1) * 2 > slots_.size()) {
    rehash(slots_.size() * 2);
    place = probe(text, hash);
  }
  const std::int32_t id = size();
  texts_.push_back(arena_.keep(text));
  hashes_.push_back(hash);
  slots_[place] = {static_cast<std::uint32_t>(hash >> 32U), id};
  return id;
}

std::optional<std::int32_t> StringTable::find(std::string_view text) const {
  const std::int32_t id = slots_[probe(text, hash_bytes(text))].id;
  if (id < 0) return std::nullopt;
  return id;
}

void StringTable::find_all(const StringTable& others, std::vector<std::int32_t>& ids) const {
  // A probe waits for three places in memory in turn: the slot, the view, the text. Each is asked for some strings
  // ahead of its use.
  constexpr std::size_t kSlotAhead = 24;
  constexpr std::size_t kViewAhead = 16;
  constexpr std::size_t kTextAhead = 8;
  const std::size_t count = others.texts_.size();
  const std::size_t mask = slots_.size() - 1;
  const auto first_id = [&](std::size_t i) { return slots_[static_cast<std::size_t>(others.hashes_[i]) & mask].id; };
  ids.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kSlotAhead < count)
      __builtin_prefetch(&slots_[static_cast<std::size_t>(others.hashes_[i + kSlotAhead]) & mask]);
    if (i + kViewAhead < count) {
      if (const std::int32_t id = first_id(i + kViewAhead); id >= 0)
        __builtin_prefetch(&texts_[static_cast<std::size_t>(id)]);
    }
    if (i + kTextAhead < count) {
      if (const std::int32_t id = first_id(i + kTextAhead); id >= 0) __builtin_prefetch(at(id).data());
    }
    ids[i] = slots_[probe(others.texts_[i], others.hashes_[i])].id;
  }
}

void StringTable::clear() {
  arena_.clear();
  texts_.clear();
  hashes_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot{});
}

void StringTable::reserve(std::size_t strings) {
  texts_.reserve(strings);
  hashes_.reserve(strings);
  const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(64, strings * 2));
  if (capacity > slots_.size()) rehash(capacity);
}

void StringTable::rehash(std::size_t capacity) {
  slots_.assign(capacity, {});
  const std::size_t mask = capacity - 1;
  for (std::int32_t id = 0; id < size(); ++id) {
    std::size_t place = static_cast<std::size_t>(hash(id)) & mask;
    while (slots_[place].id >= 0) place = (place + 1) & mask;
    slots_[place] = {static_cast<std::uint32_t>(hash(id) >> 32U), id};
  }
}

}  // namespace malmoi
